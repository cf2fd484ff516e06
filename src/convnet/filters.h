// Filters of convolutions: rounded to whole numbers, and put together where neighbouring taps meet the same voxel.
#pragma once

#include <optional>

#include "convnet/graph.h"

namespace shapslice::convnet {

// Fills in `whole` and `scales` from `values`: with these scales an output channel, or where there are none with the
// largest value of a channel as 127.
void round_filters(Filters& filters, const std::optional<std::vector<float>>& scales = std::nullopt);

// A 3x3x3 convolution (padding 1, stride 1) of an image that was doubled by nearest neighbour is, for each of the eight
// phases of an output voxel (even or odd along k, j and i), a 2x2x2 convolution of the image before: where two taps
// meet the same voxel, their weights are added.
//
//     doubled   a a b b c c          even voxel: (w0) a + (w1 + w2) b
//     taps     w0 w1 w2              odd voxel:  (w0 + w1) b + (w2) c
//
// 8 products in place of 27. The filters for `inputs` channels from `first_input` on, at a phase; no bias.
Filters doubled_filters(const Filters& filters, int first_input, int inputs, const std::array<int, 3>& phase);

// The four parts of Winograd's F(2, 3) along i (kernels/winograd_row.h) of filters three taps wide, for `inputs`
// channels from `first_input` on: one tap wide each, in whole numbers of half the scale. No bias, no floats.
std::array<Filters, 4> winograd_filters(const Filters& filters, int first_input, int inputs);

// The largest sum of weights' sizes that one output has, over `inputs` channels from `first_input` on.
double largest_weight_sum(const Filters& filters, int first_input, int inputs);

}  // namespace shapslice::convnet
