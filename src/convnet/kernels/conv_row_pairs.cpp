#include "convnet/kernels/conv_row_loop.h"

namespace shapslice::convnet {

namespace {

// A lane multiplies two channels of 16 bits and adds their products in 32.
struct Pairs {
    using Element = std::int16_t;
    using Vector = i16x8;
    using Sum = i32x4;
    static constexpr int kGroup = 2;
    static constexpr int kVoxelBlock = 4;
    static Vector splat(const Element* from) { return __builtin_bit_cast(Vector, splat_bits(from)); }
    static Sum add(Vector weights, Vector values, Sum sum) { return sum + dot_pairs(weights, values); }
    static f32x4 to_float(Sum sum) { return __builtin_convertvector(sum, f32x4); }
};

}  // namespace

void convolve_row(const RowConvolution<std::int16_t>& row) {
    convolve_outputs<Pairs>(row);
}

}  // namespace shapslice::convnet
