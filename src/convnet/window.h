// Where a convolution or pooling looks, over three axes.
#pragma once

#include <array>
#include <optional>

#include "network/network.h"

namespace shapslice::convnet {

// Axes in the graph's order, slowest first.
struct Window {
    std::array<int, 3> kernel{1, 1, 1};
    std::array<int, 3> stride{1, 1, 1};
    std::array<int, 3> pad_low{0, 0, 0};
    std::array<int, 3> pad_high{0, 0, 0};

    bool ceil = false;  // pooling: a window that reaches beyond the padding counts, if it begins before that

    // Extents of the result; 0 where the kernel does not fit.
    std::array<int, 3> outputs(const std::array<int, 3>& inputs) const;
    // Extents of a transposed convolution's result, `more` added at the high end; 0 where nothing is left.
    std::array<int, 3> transposed_outputs(const std::array<int, 3>& inputs, const std::array<int, 3>& more) const;
};

// A node's window, with `kernel` where it names none; none where it is dilated, padded by rule, or larger than this
// engine takes (limits.h).
std::optional<Window> read_window(const onnx::NodeProto& node, const std::array<int, 3>& kernel);

}  // namespace shapslice::convnet
