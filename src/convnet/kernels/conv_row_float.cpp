#include "convnet/kernels/conv_row_loop.h"

namespace shapslice::convnet {

namespace {

// A lane multiplies one channel.
struct Floats {
    using Element = float;
    using Vector = f32x4;
    using Sum = f32x4;
    static constexpr int kGroup = 1;
    static constexpr int kVoxelBlock = 4;
    static Vector splat(const Element* from) { return convnet::splat(*from); }
    static Sum add(Vector weights, Vector values, Sum sum) { return multiply_add(weights, values, sum); }
    static f32x4 to_float(Sum sum) { return sum; }
};

}  // namespace

void convolve_row(const RowConvolution<float>& row) {
    convolve_outputs<Floats>(row);
}

}  // namespace shapslice::convnet
