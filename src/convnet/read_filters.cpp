#include "convnet/read_filters.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "convnet/filters.h"
#include "convnet/limits.h"

namespace shapslice::convnet {

namespace {

template <class T>
std::vector<T> elements(const Weights& weights) {
    std::vector<T> values(weights.count());
    std::memcpy(values.data(), weights.elements.data(), values.size() * sizeof(T));
    return values;
}

// Scales an output channel of weights that the file holds in int8, where it does.
std::optional<std::vector<float>> stored_scales(const Network& network, const std::string& weights,
                                                std::int64_t output_axis, int outputs) {
    const onnx::NodeProto* node = network.producer(weights);
    if (!node || node->op_type() != "DequantizeLinear" || node->input_size() < 2) return std::nullopt;
    const auto whole = network.constant(node->input(0));
    const auto scale = network.constant(node->input(1));
    if (!whole || whole->type != onnx::TensorProto::INT8 || !scale || scale->type != onnx::TensorProto::FLOAT)
        return std::nullopt;
    if (node->input_size() > 2 && !node->input(2).empty()) {
        const auto zero = network.constant(node->input(2));
        if (!zero || std::any_of(zero->elements.begin(), zero->elements.end(), [](char z) { return z != 0; }))
            return std::nullopt;
    }
    auto values = elements<float>(*scale);
    if (values.size() == 1) return std::vector<float>(static_cast<std::size_t>(outputs), values[0]);
    if (attribute(*node, "axis", std::int64_t{1}) != output_axis) return std::nullopt;
    return values.size() == static_cast<std::size_t>(outputs) ? std::optional(values) : std::nullopt;
}

// [input][output][taps] to [output][input][taps].
std::vector<float> outputs_first(const std::vector<float>& from, int inputs, int outputs, int taps) {
    std::vector<float> to(from.size());
    const auto tap_count = static_cast<std::size_t>(taps);
    for (std::size_t i = 0; i < static_cast<std::size_t>(inputs); ++i) {
        for (std::size_t o = 0; o < static_cast<std::size_t>(outputs); ++o) {
            std::copy_n(from.data() + (i * static_cast<std::size_t>(outputs) + o) * tap_count, tap_count,
                        to.data() + (o * static_cast<std::size_t>(inputs) + i) * tap_count);
        }
    }
    return to;
}

}  // namespace

std::optional<Filters> read_filters(const Network& network, const onnx::NodeProto& node, bool transposed) {
    if (node.input_size() < 2) return std::nullopt;
    const auto weights = network.constant(node.input(1));
    if (!weights || weights->type != onnx::TensorProto::FLOAT || weights->extents.size() != 5) return std::nullopt;
    for (const std::int64_t extent : weights->extents) {
        if (extent < 1 || extent > kMostChannels) return std::nullopt;
    }
    Filters made;
    made.outputs = static_cast<int>(weights->extents[transposed ? 1 : 0]);
    made.inputs = static_cast<int>(weights->extents[transposed ? 0 : 1]);
    for (std::size_t n = 0; n < 3; ++n) {
        made.kernel[n] = static_cast<int>(weights->extents[n + 2]);
        if (made.kernel[n] > kLargestKernel) return std::nullopt;
    }
    made.values = elements<float>(*weights);
    if (!std::all_of(made.values.begin(), made.values.end(), [](float w) { return std::isfinite(w); }))
        return std::nullopt;
    if (transposed) made.values = outputs_first(made.values, made.inputs, made.outputs, made.taps());
    round_filters(made, stored_scales(network, node.input(1), transposed ? 1 : 0, made.outputs));
    made.bias.assign(static_cast<std::size_t>(made.outputs), 0.0f);
    return made;
}

}  // namespace shapslice::convnet
