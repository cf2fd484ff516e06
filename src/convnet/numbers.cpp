#include "convnet/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>

namespace shapslice::convnet {

namespace {

constexpr std::size_t kMostNumbers = 1 << 16;

template <class T>
void append(const Weights& weights, std::vector<double>& values) {
    for (std::size_t n = 0; n < weights.count(); ++n) {
        T value;
        std::memcpy(&value, weights.elements.data() + n * sizeof value, sizeof value);
        values.push_back(static_cast<double>(value));
    }
}

Numbers row(std::vector<double> values, bool whole) {
    return {{static_cast<std::int64_t>(values.size())}, std::move(values), whole};
}

std::optional<Numbers> fold_shape(const onnx::NodeProto& node, const Extents& extents) {
    const auto rank = static_cast<std::int64_t>(extents.size());
    const auto place = [rank](std::int64_t at) { return std::clamp(at < 0 ? at + rank : at, std::int64_t{0}, rank); };
    const std::int64_t start = place(attribute(node, "start", std::int64_t{0}));
    const std::int64_t end = place(attribute(node, "end", rank));
    std::vector<double> values;
    for (std::int64_t n = start; n < end; ++n)
        values.push_back(static_cast<double>(extents[static_cast<std::size_t>(n)]));
    return row(std::move(values), true);
}

// One operation on two numbers, or on rows of which one may be a single number.
std::optional<Numbers> fold_pair(const std::string& operation, const Numbers& a, const Numbers& b) {
    if (a.values.size() != b.values.size() && a.values.size() != 1 && b.values.size() != 1) return std::nullopt;
    if (a.extents.size() > 1 || b.extents.size() > 1) return std::nullopt;
    Numbers made = a.values.size() >= b.values.size() ? a : b;
    made.whole = a.whole && b.whole;
    for (std::size_t n = 0; n < made.values.size(); ++n) {
        const double x = a.values[a.values.size() == 1 ? 0 : n];
        const double y = b.values[b.values.size() == 1 ? 0 : n];
        if (operation == "Div" && y == 0) return std::nullopt;
        made.values[n] = operation == "Add" ? x + y : operation == "Sub" ? x - y : operation == "Mul" ? x * y : x / y;
        if (made.whole) made.values[n] = std::trunc(made.values[n]);
    }
    return made;
}

std::optional<Numbers> fold_gather(const onnx::NodeProto& node, const Numbers& from, const Numbers& indices) {
    if (from.extents.size() != 1 || attribute(node, "axis", std::int64_t{0}) != 0) return std::nullopt;
    Numbers made{indices.extents, {}, from.whole};
    for (double index : indices.values) {
        if (index < 0) index += static_cast<double>(from.values.size());
        if (!(index >= 0 && index < static_cast<double>(from.values.size()))) return std::nullopt;
        made.values.push_back(from.values[static_cast<std::size_t>(index)]);
    }
    return made;
}

std::optional<Numbers> fold_slice(const onnx::NodeProto& node, const FindNumbers& numbers) {
    const auto from = numbers(node.input(0));
    if (!from || from->extents.size() != 1 || node.input_size() < 3) return std::nullopt;
    const auto start = numbers(node.input(1));
    const auto end = numbers(node.input(2));
    const auto step = node.input_size() > 4 ? numbers(node.input(4)) : row({1}, true);
    if (!start || !end || !step || step->single() != 1 || !start->single() || !end->single() || !start->whole ||
        !end->whole)
        return std::nullopt;
    const auto length = static_cast<double>(from->values.size());
    const auto place = [length](double at) {
        return static_cast<std::ptrdiff_t>(std::clamp(at < 0 ? at + length : at, 0.0, length));
    };
    const std::ptrdiff_t low = place(*start->single());
    const std::ptrdiff_t high = std::max(low, place(*end->single()));
    return row({from->values.begin() + low, from->values.begin() + high}, from->whole);
}

std::optional<Numbers> fold_concat(const onnx::NodeProto& node, const FindNumbers& numbers) {
    Numbers made = row({}, true);
    for (const std::string& name : node.input()) {
        const auto part = numbers(name);
        if (!part || part->extents.size() != 1) return std::nullopt;
        made.values.insert(made.values.end(), part->values.begin(), part->values.end());
        made.whole = made.whole && part->whole;
    }
    return row(std::move(made.values), made.whole);
}

std::optional<Numbers> fold_filled(const onnx::NodeProto& node, const Numbers& shape) {
    double value = 0;
    for (const auto& each : node.attribute()) {
        if (each.name() != "value" || !each.has_t()) continue;
        // Network reads tensors by name only; a single float is all that is written here.
        const auto& tensor = each.t();
        if (tensor.data_type() != onnx::TensorProto::FLOAT) return std::nullopt;
        float filled = 0;
        if (tensor.has_raw_data() && tensor.raw_data().size() == sizeof filled) {
            std::memcpy(&filled, tensor.raw_data().data(), sizeof filled);
        } else if (tensor.float_data_size() == 1) {
            filled = tensor.float_data(0);
        } else {
            return std::nullopt;
        }
        value = static_cast<double>(filled);
    }
    Numbers made;
    double count = 1;
    for (const double extent : shape.values) {
        count *= extent;
        if (!(extent >= 0 && count <= static_cast<double>(kMostNumbers))) return std::nullopt;
        if (extent > static_cast<double>(kMostNumbers)) return std::nullopt;
        made.extents.push_back(static_cast<std::int64_t>(extent));
    }
    made.values.assign(static_cast<std::size_t>(count), value);
    return made;
}

}  // namespace

std::optional<Numbers> numbers_of(const Weights& weights) {
    if (weights.count() > kMostNumbers) return std::nullopt;
    Numbers made{weights.extents, {}, weights.type != onnx::TensorProto::FLOAT};
    if (weights.type == onnx::TensorProto::FLOAT) {
        append<float>(weights, made.values);
    } else if (weights.type == onnx::TensorProto::INT64) {
        append<std::int64_t>(weights, made.values);
    } else if (weights.type == onnx::TensorProto::INT32) {
        append<std::int32_t>(weights, made.values);
    } else {
        return std::nullopt;
    }
    return made;
}

std::optional<Numbers> fold(const onnx::NodeProto& node, const FindNumbers& numbers, const FindExtents& extents) {
    const std::string& operation = node.op_type();
    if (node.input_size() < 1) return std::nullopt;
    if (operation == "Shape") {
        const auto of = extents(node.input(0));
        return of ? fold_shape(node, *of) : std::nullopt;
    }
    if (operation == "Concat") return fold_concat(node, numbers);
    if (operation == "Slice") return fold_slice(node, numbers);
    const auto first = numbers(node.input(0));
    if (!first) return std::nullopt;
    if (operation == "Cast") {
        Numbers made = *first;
        const std::int64_t to = attribute(node, "to", std::int64_t{0});
        made.whole = to == onnx::TensorProto::INT64 || to == onnx::TensorProto::INT32;
        if (made.whole)
            std::transform(made.values.begin(), made.values.end(), made.values.begin(),
                           [](double x) { return std::trunc(x); });
        return made;
    }
    if (operation == "Floor") {
        Numbers made = *first;
        for (double& value : made.values) value = std::floor(value);
        return made;
    }
    if (operation == "Unsqueeze" && first->values.size() == 1) return row(first->values, first->whole);
    if (operation == "Squeeze" && first->values.size() == 1) return Numbers{{}, first->values, first->whole};
    if (operation == "ConstantOfShape") return fold_filled(node, *first);
    if (node.input_size() < 2) return std::nullopt;
    const auto second = numbers(node.input(1));
    if (!second) return std::nullopt;
    if (operation == "Gather") return fold_gather(node, *first, *second);
    if (operation == "Add" || operation == "Sub" || operation == "Mul" || operation == "Div")
        return fold_pair(operation, *first, *second);
    return std::nullopt;
}

}  // namespace shapslice::convnet
