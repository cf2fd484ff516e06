// Rows made from several stored rows without weights of a network: pooling, linear interpolation, products.
#pragma once

#include <span>

#include "convnet/graph.h"

namespace shapslice::convnet {

// The largest or mean value within a kernel, for each of `voxels` output voxels and each channel (a multiple of four).
// Rows are the kernel's depth x height rows of the input that lie inside of it, from their first voxel; padding is not
// looked at, and counts in a mean only where that is said.
//
//     output voxel v:   over rows, and over input voxels v * stride - pad_low ... + kernel width - 1
struct RowPooling {
    std::span<const float* const> rows;
    int width = 0;  // of the input
    int channels = 0;
    int kernel = 1;
    int stride = 1;
    int pad_low = 0;
    PoolKind kind = PoolKind::largest;
    int counted_rows = 0;  // of a mean: those of the kernel that count, in the image or not
    int counted_from = 0;  // of a mean: voxels along the row that count, [from, to)
    int counted_to = 0;
};
void pool_row(const RowPooling& pooling, int voxels, float* to);

// Linear interpolation along three axes from four rows: slices `low` and `high`, in each row `low` and `high`.
//
//     rows:  | slice low, row low | slice low, row high | slice high, row low | slice high, row high |
struct RowInterpolation {
    std::array<const float*, 4> rows{};
    float share_k = 0;  // of the slice `high`
    float share_j = 0;  // of the rows `high`
    int channels = 0;   // a multiple of four
};
void interpolate_row(const RowInterpolation& interpolation, std::span<const LinearTap> taps, float* to);

// `row` times `factors`, in place: [voxel][channel], channels a multiple of four; with `one_for_all` each voxel's first
// channel of `factors` alone, which has four.
void multiply_row(float* row, const float* factors, int voxels, int channels, bool one_for_all);

}  // namespace shapslice::convnet
