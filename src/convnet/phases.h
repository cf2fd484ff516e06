// A transposed convolution as convolutions: the output voxels of one phase, every `stride`-th along each axis, see the
// same taps, and neighbours among them see neighbouring input voxels.
//
//     stride 2, kernel 3, pad 1        input    a       b       c
//                                      output  y0  y1  y2  y3  y4  ...
//     phase 0: one tap                 y0 = w1 a          y2 = w1 b          y4 = w1 c
//     phase 1: two taps                y1 = w2 a + w0 b   y3 = w2 b + w0 c
//
// A phase that no tap reaches has one tap whose weight is 0.
#pragma once

#include <array>
#include <vector>

#include "convnet/graph.h"

namespace shapslice::convnet {

// Along one axis. Output voxel first_output + n * stride, for n of 0 to count - 1, is the sum over taps of input voxels
// first_input + n on, as many as there are taps; those beyond the image are 0.
struct Phase {
    int taps = 1;
    int first_input = 0;
    int first_output = 0;
    int count = 0;
};

// As many phases as the stride has voxels: the phase of output voxel o is (o + pad_low) % stride.
std::vector<Phase> phases_of(int kernel, int stride, int pad_low, int outputs);

// The filters of a phase, as those of a convolution: no bias.
Filters phase_filters(const Filters& filters, const std::array<int, 3>& stride, const std::array<int, 3>& phase);

}  // namespace shapslice::convnet
