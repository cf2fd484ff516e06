// The weights of a convolution as the file holds them.
#pragma once

#include <optional>

#include "convnet/graph.h"

namespace shapslice::convnet {

// Of a Conv, or of a ConvTranspose where `transposed`; the bias is left at zeros. None where they are no finite
// constants over three axes, or larger than this engine takes (limits.h). Int8 weights behind DequantizeLinear are
// taken as they are.
std::optional<Filters> read_filters(const Network& network, const onnx::NodeProto& node, bool transposed);

}  // namespace shapslice::convnet
