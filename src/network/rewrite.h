// Puts what ONNX Runtime's WebGPU provider refuses, or its kernels get wrong, into operators that run and are right.
#pragma once

#include <map>
#include <string>

#include "network/network.h"

namespace shapslice {

// How many nodes were put otherwise, by operator.
using Rewritten = std::map<std::string, int>;

// In place, in this order. What is not taken is left alone: it then runs, or fails by name, where the graph does.
//
// - ConvTranspose, any kernel, stride, padding and dilation: each of the stride's phases is a convolution of its own,
// all
//   of them one Conv, whose channels are then moved into space. With kernel = stride that is a 1x1x1 Conv.
// - Grouped and depthwise Conv: one Conv a group, on its share of the channels.
// - GroupNormalization: Reshape, InstanceNormalization, Reshape, scale and bias.
// - InstanceNormalization over 3-D images, one at a time: means of rows, then of slices, then of the volume, and
//   BatchNormalization with them. The runtime's own kernel adds up a channel in float32 one voxel after another, most
//   of them the same background, whose rounding errors all point one way: on a real case logits were off by up to 0.39
//   in WebAssembly and 0.036 natively, against float64; so they are by 1.5e-4 and 3e-5, in no more time.
Rewritten rewrite(Network& network);

}  // namespace shapslice
