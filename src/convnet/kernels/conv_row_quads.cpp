#include "convnet/kernels/conv_row_loop.h"

namespace shapslice::convnet {

namespace {

// A lane multiplies four channels of 8 bits and adds their products in 32.
struct Quads {
    using Element = std::int8_t;
    using Vector = i8x16;
    using Sum = i32x4;
    static constexpr int kGroup = 4;
    static constexpr int kVoxelBlock = 6;
    static Vector splat(const Element* from) { return __builtin_bit_cast(Vector, splat_bits(from)); }
    static Sum add(Vector weights, Vector values, Sum sum) { return add_dot_quads(weights, values, sum); }
    static f32x4 to_float(Sum sum) { return __builtin_convertvector(sum, f32x4); }
};

}  // namespace

void convolve_row(const RowConvolution<std::int8_t>& row) {
    convolve_outputs<Quads>(row);
}

}  // namespace shapslice::convnet
