// Small tensors of numbers that a graph computes from the shapes of its volumes: sizes to resize to, lengths of rows,
// shapes to reshape to, amounts to pad by. They are worked out while the graph is read, by ONNX's rules of arithmetic.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "network/network.h"

namespace shapslice::convnet {

struct Numbers {
    Extents extents;  // none: a single number
    std::vector<double> values;
    bool whole = false;  // integers: division cuts

    // The only element, where there is one.
    std::optional<double> single() const { return values.size() == 1 ? std::optional(values[0]) : std::nullopt; }
};

using FindNumbers = std::function<std::optional<Numbers>(const std::string&)>;
// Extents of a volume, batch first, or none where the tensor is no volume.
using FindExtents = std::function<std::optional<Extents>(const std::string&)>;

// A constant as numbers; none where it is of another type, or larger than shapes and per-channel values are.
std::optional<Numbers> numbers_of(const Weights& weights);

// Along one axis the elements that a Slice keeps, by index.
struct AxisCut {
    std::size_t axis = 0;
    Extents indices;
};
// What a Slice node keeps of a tensor of these extents; none where its bounds are not known beforehand.
std::optional<std::vector<AxisCut>> read_slice(const onnx::NodeProto& node, const Extents& extents,
                                               const FindNumbers& numbers);

// What the node computes; none where it is no arithmetic on shapes.
std::optional<Numbers> fold(const onnx::NodeProto& node, const FindNumbers& numbers, const FindExtents& extents);

}  // namespace shapslice::convnet
