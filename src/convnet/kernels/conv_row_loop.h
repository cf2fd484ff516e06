// The loop of conv_row.h, for the three kinds of numbers. `Arithmetic` says how a group is loaded, multiplied and
// added:
//   Element, Vector, Sum; kGroup: elements a lane takes; kVoxelBlock: voxels at once, 6 at most; splat(Element*);
//   add(weights, values, sum); to_float(sum).
#pragma once

#include <algorithm>

#include "convnet/kernels/conv_row.h"
#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

// kVoxels neighbouring voxels and one block of 4 * kVectors outputs.
template <class Arithmetic, int kVoxels, int kVectors>
void convolve_block(const RowConvolution<typename Arithmetic::Element>& row,
                    const typename Arithmetic::Element* weights, int first_voxel, int first_output) {
    using Vector = typename Arithmetic::Vector;
    constexpr int kVectorElements = kLanes * Arithmetic::kGroup;
    typename Arithmetic::Sum sums[kVoxels][kVectors] = {};
    for (int r = 0; r < row.row_count; ++r) {
        const auto* values = row.rows[r] + first_voxel * row.step;
        for (int at = 0; at < row.run; at += Arithmetic::kGroup) {
            Vector w[kVectors];
            for (int n = 0; n < kVectors; ++n) w[n] = load<Vector>(weights + n * kVectorElements);
            weights += kVectors * kVectorElements;
            for (int v = 0; v < kVoxels; ++v) {
                const Vector value = Arithmetic::splat(values + v * row.step + at);
                for (int n = 0; n < kVectors; ++n) sums[v][n] = Arithmetic::add(w[n], value, sums[v][n]);
            }
        }
    }
    for (int n = 0; n < kVectors; ++n) {
        const int output = first_output + n * kLanes;
        const f32x4 scale = load<f32x4>(row.scales + output);
        const f32x4 offset = load<f32x4>(row.offsets + output);
        for (int v = 0; v < kVoxels; ++v) {
            float* place = row.to + (first_voxel + v) * row.to_step + output;
            const f32x4 sum = Arithmetic::to_float(sums[v][n]) * scale + offset;
            store(place, row.accumulate ? load<f32x4>(place) + sum : sum);
        }
    }
}

template <class Arithmetic, int kVectors>
void convolve_voxels(const RowConvolution<typename Arithmetic::Element>& row,
                     const typename Arithmetic::Element* weights, int first_output) {
    // Blocks of even size: 10 voxels are two blocks of 5, not one of 6 and a slow one of 4.
    const int blocks = (row.voxels + Arithmetic::kVoxelBlock - 1) / Arithmetic::kVoxelBlock;
    for (int block = 0, first = 0; block < blocks; ++block) {
        const int voxels = (row.voxels - first) / (blocks - block);
        switch (voxels) {
            case 1:
                convolve_block<Arithmetic, 1, kVectors>(row, weights, first, first_output);
                break;
            case 2:
                convolve_block<Arithmetic, 2, kVectors>(row, weights, first, first_output);
                break;
            case 3:
                convolve_block<Arithmetic, 3, kVectors>(row, weights, first, first_output);
                break;
            case 4:
                convolve_block<Arithmetic, 4, kVectors>(row, weights, first, first_output);
                break;
            case 5:
                convolve_block<Arithmetic, 5, kVectors>(row, weights, first, first_output);
                break;
            default:
                convolve_block<Arithmetic, 6, kVectors>(row, weights, first, first_output);
                break;
        }
        first += voxels;
    }
}

template <class Arithmetic>
void convolve_outputs(const RowConvolution<typename Arithmetic::Element>& row) {
    const auto* weights = row.weights;
    for (int first = 0; first < row.outputs; first += kOutputBlock) {
        const int outputs = std::min(kOutputBlock, row.outputs - first);
        if (outputs == kOutputBlock) {
            convolve_voxels<Arithmetic, 2>(row, weights, first);
        } else {
            convolve_voxels<Arithmetic, 1>(row, weights, first);
        }
        weights += row.row_count * row.run * outputs;
    }
}

}  // namespace shapslice::convnet
