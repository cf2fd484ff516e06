#include "convnet/phases.h"

#include <algorithm>

namespace shapslice::convnet {

namespace {

// Taps phase, phase + stride, ... of a kernel.
int taps_of(int kernel, int stride, int phase) {
    return std::max(1, (kernel - phase + stride - 1) / stride);
}

}  // namespace

std::vector<Phase> phases_of(int kernel, int stride, int pad_low, int outputs) {
    std::vector<Phase> made;
    for (int phase = 0; phase < stride; ++phase) {
        // Input voxel q meets the phase's first tap at output voxel q * stride + phase - pad_low.
        const int least = pad_low > phase ? (pad_low - phase + stride - 1) / stride : 0;
        Phase each;
        each.taps = taps_of(kernel, stride, phase);
        each.first_input = least - (each.taps - 1);
        each.first_output = least * stride + phase - pad_low;
        each.count = std::max(0, (outputs - each.first_output + stride - 1) / stride);
        made.push_back(each);
    }
    return made;
}

Filters phase_filters(const Filters& filters, const std::array<int, 3>& stride, const std::array<int, 3>& phase) {
    Filters made{filters.outputs, filters.inputs, {}, {}, {}, filters.scales, {}};
    for (std::size_t n = 0; n < 3; ++n) made.kernel[n] = taps_of(filters.kernel[n], stride[n], phase[n]);
    // The last of a phase's taps meets the first of its input voxels.
    const auto tap = [&](std::size_t axis, int at) {
        return phase[axis] + (made.kernel[axis] - 1 - at) * stride[axis];
    };
    for (int row = 0; row < filters.outputs * filters.inputs; ++row) {
        for (int k = 0; k < made.kernel[0]; ++k) {
            for (int j = 0; j < made.kernel[1]; ++j) {
                for (int i = 0; i < made.kernel[2]; ++i) {
                    const std::array<int, 3> t{tap(0, k), tap(1, j), tap(2, i)};
                    const bool there = t[0] < filters.kernel[0] && t[1] < filters.kernel[1] && t[2] < filters.kernel[2];
                    const auto at = static_cast<std::size_t>(
                        ((row * filters.kernel[0] + t[0]) * filters.kernel[1] + t[1]) * filters.kernel[2] + t[2]);
                    made.values.push_back(there ? filters.values[at] : 0);
                    made.whole.push_back(there ? filters.whole[at] : std::int16_t{0});
                }
            }
        }
    }
    return made;
}

}  // namespace shapslice::convnet
