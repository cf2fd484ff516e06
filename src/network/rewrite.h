// Puts what ONNX Runtime's WebGPU provider refuses, or its kernels get wrong, into operators that run and are right.
#pragma once

#include <map>
#include <string>

#include "network/network.h"

namespace shapslice {

// How many nodes were put otherwise, by operator.
using Rewritten = std::map<std::string, int>;

// In place. Every function leaves alone what it does not take: that then runs, or fails by name, where the graph does.
//
// ConvTranspose, any kernel, stride, padding and dilation: each of the stride's phases is a convolution of its own, all
// of them one Conv, whose channels are then moved into space. With kernel = stride that is a 1x1x1 Conv.
int rewrite_transposed_convolutions(Network& network);
// Grouped and depthwise Conv: one Conv a group, on its share of the channels.
int rewrite_grouped_convolutions(Network& network);
// GroupNormalization: Reshape, InstanceNormalization, Reshape, scale and bias.
int rewrite_group_normalisations(Network& network);
// InstanceNormalization over 3-D images, one at a time: means of rows, then of slices, then of the volume, and
// BatchNormalization with them. The runtime's own kernel adds up a channel in float32 one voxel after another: on a
// real case logits were off by up to 0.39.
int rewrite_instance_normalisations(Network& network);

// All of them, in that order.
Rewritten rewrite(Network& network);

}  // namespace shapslice
