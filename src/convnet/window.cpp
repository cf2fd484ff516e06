#include "convnet/window.h"

#include <algorithm>

#include "convnet/limits.h"

namespace shapslice::convnet {

std::array<int, 3> Window::outputs(const std::array<int, 3>& inputs) const {
    std::array<int, 3> made{};
    for (std::size_t n = 0; n < 3; ++n) {
        const int span = inputs[n] + pad_low[n] + pad_high[n] - kernel[n];
        made[n] = span < 0 ? 0 : span / stride[n] + 1;
        if (!ceil) continue;
        const bool left_over = span < 0 ? span > -stride[n] : span % stride[n] != 0;
        if (left_over && made[n] * stride[n] < inputs[n] + pad_low[n]) ++made[n];
    }
    return made;
}

std::array<int, 3> Window::transposed_outputs(const std::array<int, 3>& inputs, const std::array<int, 3>& more) const {
    std::array<int, 3> made{};
    for (std::size_t n = 0; n < 3; ++n)
        made[n] = std::max(0, (inputs[n] - 1) * stride[n] + kernel[n] + more[n] - pad_low[n] - pad_high[n]);
    return made;
}

std::optional<Window> read_window(const onnx::NodeProto& node, const std::array<int, 3>& kernel) {
    const std::string padding = attribute(node, "auto_pad", "NOTSET");
    const Extents dilations = attribute(node, "dilations", Extents{1, 1, 1});
    const Extents strides = attribute(node, "strides", Extents{1, 1, 1});
    const Extents pads = attribute(node, "pads", Extents(6, 0));
    const Extents written = attribute(node, "kernel_shape", Extents(kernel.begin(), kernel.end()));
    if ((padding != "NOTSET" && padding != "VALID") || dilations != Extents{1, 1, 1} || strides.size() != 3 ||
        pads.size() != 6 || written.size() != 3)
        return std::nullopt;
    Window window;
    for (std::size_t n = 0; n < 3; ++n) {
        const bool sane = written[n] >= 1 && written[n] <= kLargestKernel && strides[n] >= 1 &&
                          strides[n] <= kLargestKernel && pads[n] >= 0 && pads[n] < written[n] && pads[n + 3] >= 0 &&
                          pads[n + 3] < written[n];
        if (!sane) return std::nullopt;
        window.kernel[n] = static_cast<int>(written[n]);
        window.stride[n] = static_cast<int>(strides[n]);
        window.pad_low[n] = padding == "VALID" ? 0 : static_cast<int>(pads[n]);
        window.pad_high[n] = padding == "VALID" ? 0 : static_cast<int>(pads[n + 3]);
    }
    return window;
}

}  // namespace shapslice::convnet
