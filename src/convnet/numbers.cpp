#include "convnet/numbers.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <map>
#include <numeric>

namespace shapslice::convnet {

namespace {

constexpr std::size_t kMostNumbers = 1 << 16;
constexpr std::size_t kMostAxes = 8;

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

// Elements of a tensor of these extents; none where an extent is below 0, or there are more than this file works on.
std::optional<std::size_t> count_of(const Extents& extents) {
    if (extents.size() > kMostAxes) return std::nullopt;
    std::size_t count = 1;
    for (const std::int64_t extent : extents) {
        if (extent < 0 || extent > static_cast<std::int64_t>(kMostNumbers)) return std::nullopt;
        count *= static_cast<std::size_t>(extent);
        if (count > kMostNumbers) return std::nullopt;
    }
    return count;
}

// Whole numbers of a row, as extents or axes; none where one is no whole number that fits.
std::optional<Extents> extents_of(const Numbers& numbers) {
    Extents made;
    for (const double value : numbers.values) {
        if (!(std::abs(value) <= 1e9) || value != std::trunc(value)) return std::nullopt;
        made.push_back(static_cast<std::int64_t>(value));
    }
    return made;
}

// An axis counted from the end where it is below 0.
std::optional<std::size_t> axis_of(std::int64_t axis, std::size_t rank) {
    if (axis < 0) axis += static_cast<std::int64_t>(rank);
    if (axis < 0 || axis >= static_cast<std::int64_t>(rank)) return std::nullopt;
    return static_cast<std::size_t>(axis);
}

// A node's axes: an attribute, or an input since the operator's later versions. An empty row where none are given.
std::optional<Extents> axes_of(const onnx::NodeProto& node, int input, const FindNumbers& numbers) {
    if (node.input_size() <= input || node.input(input).empty()) return attribute(node, "axes", Extents{});
    const auto given = numbers(node.input(input));
    return given ? extents_of(*given) : std::nullopt;
}

// --- what takes elements elsewhere

// Elements of `from` at `at(place)` for each place of a tensor of these extents; places and indices by axes.
template <class Where>
std::optional<Numbers> taken(const Numbers& from, const Extents& extents, const Where& at) {
    const auto count = count_of(extents);
    if (!count) return std::nullopt;
    Numbers made{extents, {}, from.whole};
    Extents place(extents.size(), 0);
    for (std::size_t n = 0; n < *count; ++n) {
        const Extents there = at(place);
        std::size_t offset = 0;
        for (std::size_t axis = 0; axis < there.size(); ++axis)
            offset = offset * static_cast<std::size_t>(from.extents[axis]) + static_cast<std::size_t>(there[axis]);
        if (offset >= from.values.size()) return std::nullopt;
        made.values.push_back(from.values[offset]);
        for (std::size_t axis = extents.size(); axis-- > 0 && ++place[axis] == extents[axis];) place[axis] = 0;
    }
    return made;
}

// Along one axis the elements at these indices.
std::optional<Numbers> picked(const Numbers& from, std::size_t axis, const Extents& indices) {
    Extents extents = from.extents;
    extents[axis] = static_cast<std::int64_t>(indices.size());
    return taken(from, extents, [&](Extents place) {
        place[axis] = indices[static_cast<std::size_t>(place[axis])];
        return place;
    });
}

// As a tensor of these extents, repeated along axes of one element (numpy's broadcasting).
std::optional<Numbers> spread(const Numbers& from, const Extents& extents) {
    if (from.extents.size() > extents.size()) return std::nullopt;
    const std::size_t lead = extents.size() - from.extents.size();
    for (std::size_t axis = 0; axis < from.extents.size(); ++axis) {
        if (from.extents[axis] != 1 && from.extents[axis] != extents[lead + axis]) return std::nullopt;
    }
    return taken(from, extents, [&](const Extents& place) {
        Extents there(place.begin() + static_cast<std::ptrdiff_t>(lead), place.end());
        for (std::size_t axis = 0; axis < there.size(); ++axis) {
            if (from.extents[axis] == 1) there[axis] = 0;
        }
        return there;
    });
}

std::optional<Extents> common_extents(const Extents& a, const Extents& b) {
    Extents made = a.size() >= b.size() ? a : b;
    const Extents& shorter = a.size() >= b.size() ? b : a;
    for (std::size_t n = 0; n < shorter.size(); ++n) {
        std::int64_t& extent = made[made.size() - 1 - n];
        const std::int64_t other = shorter[shorter.size() - 1 - n];
        if (extent != other && extent != 1 && other != 1) return std::nullopt;
        if (extent == 1) extent = other;
    }
    return made;
}

std::optional<Numbers> reshaped(Numbers from, Extents extents) {
    std::int64_t known = 1;
    std::int64_t* open = nullptr;
    for (std::size_t n = 0; n < extents.size(); ++n) {
        if (extents[n] == 0 && n < from.extents.size()) extents[n] = from.extents[n];
        if (extents[n] < -1 || extents[n] > static_cast<std::int64_t>(kMostNumbers)) return std::nullopt;
        if (extents[n] == -1) {
            if (open) return std::nullopt;
            open = &extents[n];
        } else {
            known = std::min<std::int64_t>(known * extents[n], std::int64_t{1} << 40);
        }
    }
    if (open) *open = known > 0 ? static_cast<std::int64_t>(from.values.size()) / known : 0;
    if (count_of(extents) != from.values.size()) return std::nullopt;
    from.extents = std::move(extents);
    return from;
}

std::optional<Numbers> fold_transpose(const onnx::NodeProto& node, const Numbers& from) {
    const std::size_t rank = from.extents.size();
    Extents order(rank);
    std::iota(order.rbegin(), order.rend(), 0);
    order = attribute(node, "perm", order);
    Extents sorted = order;
    std::sort(sorted.begin(), sorted.end());
    Extents extents;
    for (std::size_t n = 0; n < sorted.size(); ++n) {
        if (sorted.size() != rank || sorted[n] != static_cast<std::int64_t>(n)) return std::nullopt;
        extents.push_back(from.extents[static_cast<std::size_t>(order[n])]);
    }
    return taken(from, extents, [&](const Extents& place) {
        Extents there(rank);
        for (std::size_t n = 0; n < rank; ++n) there[static_cast<std::size_t>(order[n])] = place[n];
        return there;
    });
}

std::optional<Numbers> fold_unsqueeze(const onnx::NodeProto& node, Numbers from, const FindNumbers& numbers) {
    auto axes = axes_of(node, 1, numbers);
    if (!axes || axes->size() + from.extents.size() > kMostAxes) return std::nullopt;
    const std::size_t rank = from.extents.size() + axes->size();
    for (std::int64_t& axis : *axes) {
        const auto place = axis_of(axis, rank);
        if (!place) return std::nullopt;
        axis = static_cast<std::int64_t>(*place);
    }
    std::sort(axes->begin(), axes->end());
    for (const std::int64_t axis : *axes) {
        if (axis > static_cast<std::int64_t>(from.extents.size())) return std::nullopt;
        from.extents.insert(from.extents.begin() + axis, 1);
    }
    return from;
}

std::optional<Numbers> fold_squeeze(const onnx::NodeProto& node, Numbers from, const FindNumbers& numbers) {
    const auto axes = axes_of(node, 1, numbers);
    if (!axes) return std::nullopt;
    std::vector<bool> gone(from.extents.size(), false);
    for (std::size_t n = 0; axes->empty() && n < gone.size(); ++n) gone[n] = from.extents[n] == 1;
    for (const std::int64_t axis : *axes) {
        const auto place = axis_of(axis, gone.size());
        if (!place || from.extents[*place] != 1) return std::nullopt;
        gone[*place] = true;
    }
    Extents left;
    for (std::size_t n = 0; n < gone.size(); ++n) {
        if (!gone[n]) left.push_back(from.extents[n]);
    }
    from.extents = std::move(left);
    return from;
}

std::optional<Numbers> fold_gather(const onnx::NodeProto& node, const Numbers& from, const Numbers& indices) {
    const auto axis = axis_of(attribute(node, "axis", std::int64_t{0}), from.extents.size());
    auto places = extents_of(indices);
    if (!axis || !places) return std::nullopt;
    const std::int64_t extent = from.extents[*axis];
    for (std::int64_t& place : *places) {
        if (place < 0) place += extent;
        if (place < 0 || place >= extent) return std::nullopt;
    }
    auto made = picked(from, *axis, *places);
    if (!made) return std::nullopt;
    const auto at = made->extents.begin() + static_cast<std::ptrdiff_t>(*axis);
    made->extents.insert(made->extents.erase(at), indices.extents.begin(), indices.extents.end());
    return made;
}

std::optional<Numbers> fold_slice(const onnx::NodeProto& node, Numbers from, const FindNumbers& numbers) {
    const auto cuts = read_slice(node, from.extents, numbers);
    if (!cuts) return std::nullopt;
    for (const AxisCut& cut : *cuts) {
        auto made = picked(from, cut.axis, cut.indices);
        if (!made) return std::nullopt;
        from = std::move(*made);
    }
    return from;
}

std::optional<Numbers> fold_concat(const onnx::NodeProto& node, const FindNumbers& numbers) {
    std::optional<Numbers> made;
    for (const std::string& name : node.input()) {
        const auto part = numbers(name);
        if (!part || part->extents.empty()) return std::nullopt;
        const auto axis = axis_of(attribute(node, "axis", std::int64_t{0}), part->extents.size());
        if (!axis) return std::nullopt;
        if (!made) {
            made = part;
            continue;
        }
        Extents extents = made->extents;
        Extents other = part->extents;
        if (other.size() != extents.size()) return std::nullopt;
        const std::int64_t before = std::exchange(extents[*axis], 0);
        const std::int64_t more = std::exchange(other[*axis], 0);
        if (extents != other) return std::nullopt;
        extents[*axis] = before + more;
        const auto count = count_of(extents);
        if (!count) return std::nullopt;
        // Blocks of what lies behind the axis, in turns.
        Numbers joined{extents, {}, made->whole && part->whole};
        const std::size_t outer = std::accumulate(extents.begin(), extents.begin() + static_cast<std::ptrdiff_t>(*axis),
                                                  std::size_t{1}, std::multiplies<>());
        for (std::size_t n = 0; n < outer; ++n) {
            for (const Numbers& each : {std::cref(*made), std::cref(*part)}) {
                const std::size_t block = each.values.size() / outer;
                const auto first = each.values.begin() + static_cast<std::ptrdiff_t>(n * block);
                joined.values.insert(joined.values.end(), first, first + static_cast<std::ptrdiff_t>(block));
            }
        }
        if (joined.values.size() != *count) return std::nullopt;
        made = std::move(joined);
    }
    return made;
}

// --- what computes

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

double modulo(double x, double y) {
    const double rest = std::fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

using Pairwise = double (*)(double, double);
const std::map<std::string, Pairwise> kPairwise{
    {"Add", [](double x, double y) { return x + y; }},
    {"Sub", [](double x, double y) { return x - y; }},
    {"Mul", [](double x, double y) { return x * y; }},
    {"Div", [](double x, double y) { return x / y; }},
    {"Mod", modulo},
    {"Pow", [](double x, double y) { return std::pow(x, y); }},
    {"Min", [](double x, double y) { return std::min(x, y); }},
    {"Max", [](double x, double y) { return std::max(x, y); }},
    {"Equal", [](double x, double y) { return x == y ? 1.0 : 0.0; }},
    {"Less", [](double x, double y) { return x < y ? 1.0 : 0.0; }},
    {"Greater", [](double x, double y) { return x > y ? 1.0 : 0.0; }},
};

std::optional<Numbers> fold_pair(const std::string& operation, const Numbers& a, const Numbers& b) {
    const auto extents = common_extents(a.extents, b.extents);
    const auto first = extents ? spread(a, *extents) : std::nullopt;
    const auto second = extents ? spread(b, *extents) : std::nullopt;
    if (!first || !second) return std::nullopt;
    const bool divides = operation == "Div" || operation == "Mod";
    Numbers made = *first;
    made.whole = a.whole && b.whole;
    for (std::size_t n = 0; n < made.values.size(); ++n) {
        if (divides && second->values[n] == 0) return std::nullopt;
        made.values[n] = kPairwise.at(operation)(first->values[n], second->values[n]);
        if (made.whole) made.values[n] = std::trunc(made.values[n]);
    }
    return made;
}

using Single = double (*)(double);
const std::map<std::string, Single> kSingle{
    {"Floor", [](double x) { return std::floor(x); }},     {"Ceil", [](double x) { return std::ceil(x); }},
    {"Round", [](double x) { return std::nearbyint(x); }}, {"Neg", [](double x) { return -x; }},
    {"Abs", [](double x) { return std::abs(x); }},         {"Sqrt", [](double x) { return std::sqrt(x); }},
    {"Relu", [](double x) { return std::max(x, 0.0); }},   {"Not", [](double x) { return x == 0 ? 1.0 : 0.0; }},
};

std::optional<Numbers> fold_where(const Numbers& condition, const Numbers& yes, const Numbers& no) {
    auto extents = common_extents(condition.extents, yes.extents);
    if (extents) extents = common_extents(*extents, no.extents);
    if (!extents) return std::nullopt;
    const auto c = spread(condition, *extents);
    const auto y = spread(yes, *extents);
    const auto n = spread(no, *extents);
    if (!c || !y || !n) return std::nullopt;
    Numbers made = *n;
    made.whole = yes.whole && no.whole;
    for (std::size_t at = 0; at < made.values.size(); ++at) {
        if (c->values[at] != 0) made.values[at] = y->values[at];
    }
    return made;
}

std::optional<Numbers> fold_range(const Numbers& start, const Numbers& limit, const Numbers& step) {
    const auto a = start.single(), b = limit.single(), d = step.single();
    if (!a || !b || !d || *d == 0 || !((*b - *a) / *d <= static_cast<double>(kMostNumbers))) return std::nullopt;
    std::vector<double> values;
    const double count = std::ceil((*b - *a) / *d);
    for (double n = 0; n < count; ++n) values.push_back(*a + n * *d);
    return row(std::move(values), start.whole && limit.whole && step.whole);
}

// Of all elements: what a shape's voxels are counted with.
std::optional<Numbers> fold_reduced(const onnx::NodeProto& node, const Numbers& from, const FindNumbers& numbers) {
    const auto axes = axes_of(node, 1, numbers);
    if (!axes || from.extents.size() > 1) return std::nullopt;
    const bool adds = node.op_type() == "ReduceSum";
    double value = adds ? 0 : 1;
    for (const double each : from.values) value = adds ? value + each : value * each;
    const bool keeps = attribute(node, "keepdims", std::int64_t{1}) != 0 && !from.extents.empty();
    return Numbers{keeps ? Extents{1} : Extents{}, {value}, from.whole};
}

std::optional<Numbers> fold_cast(const onnx::NodeProto& node, Numbers from) {
    const std::int64_t to = attribute(node, "to", std::int64_t{0});
    from.whole = to == onnx::TensorProto::INT64 || to == onnx::TensorProto::INT32;
    for (double& value : from.values) {
        if (from.whole) value = std::trunc(value);
        if (to == onnx::TensorProto::BOOL) value = value != 0 ? 1 : 0;
    }
    return from;
}

std::optional<Numbers> fold_filled(const onnx::NodeProto& node, const Numbers& shape) {
    Numbers made;
    double value = 0;
    for (const auto& each : node.attribute()) {
        if (each.name() != "value" || !each.has_t()) continue;
        const auto filled = weights_of(each.t());
        const auto single = filled ? numbers_of(*filled) : std::nullopt;
        if (!single || !single->single()) return std::nullopt;
        value = *single->single();
        made.whole = single->whole;
    }
    const auto extents = extents_of(shape);
    const auto count = extents ? count_of(*extents) : std::nullopt;
    if (!count) return std::nullopt;
    made.extents = *extents;
    made.values.assign(*count, value);
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
    } else if (weights.type == onnx::TensorProto::BOOL) {
        append<std::uint8_t>(weights, made.values);
    } else {
        return std::nullopt;
    }
    return made;
}

std::optional<std::vector<AxisCut>> read_slice(const onnx::NodeProto& node, const Extents& extents,
                                               const FindNumbers& numbers) {
    if (node.input_size() < 3) return std::nullopt;
    const auto starts = numbers(node.input(1));
    const auto ends = numbers(node.input(2));
    auto axes = axes_of(node, 3, numbers);
    if (!starts || !ends || !axes || starts->values.size() != ends->values.size()) return std::nullopt;
    if (axes->empty()) {
        axes->resize(starts->values.size());
        std::iota(axes->begin(), axes->end(), 0);
    }
    const bool steps_given = node.input_size() > 4 && !node.input(4).empty();
    const auto steps = steps_given ? numbers(node.input(4)) : row(std::vector<double>(starts->values.size(), 1), true);
    if (!steps || steps->values.size() != starts->values.size() || axes->size() != starts->values.size())
        return std::nullopt;
    std::vector<AxisCut> cuts;
    for (std::size_t n = 0; n < axes->size(); ++n) {
        const auto axis = axis_of((*axes)[n], extents.size());
        const double step = steps->values[n];
        if (!axis || !(std::abs(step) >= 1 && std::abs(step) <= 1e9)) return std::nullopt;
        const auto extent = static_cast<double>(extents[*axis]);
        // Backwards an end may lie before the first element.
        const auto place = [&](double at) {
            return step > 0 ? std::clamp(at < 0 ? at + extent : at, 0.0, extent)
                            : std::clamp(at < 0 ? at + extent : at, -1.0, extent - 1);
        };
        AxisCut cut{*axis, {}};
        const double end = place(ends->values[n]);
        for (double at = place(starts->values[n]); step > 0 ? at < end : at > end; at += step)
            cut.indices.push_back(static_cast<std::int64_t>(at));
        cuts.push_back(std::move(cut));
    }
    return cuts;
}

std::optional<Numbers> fold(const onnx::NodeProto& node, const FindNumbers& numbers, const FindExtents& extents) {
    const std::string& operation = node.op_type();
    if (node.input_size() < 1) return std::nullopt;
    if (operation == "Shape") {
        const auto of = extents(node.input(0));
        return of ? fold_shape(node, *of) : std::nullopt;
    }
    if (operation == "Concat") return fold_concat(node, numbers);
    const auto first = numbers(node.input(0));
    if (!first) return std::nullopt;
    if (operation == "Cast") return fold_cast(node, *first);
    if (operation == "Identity") return first;
    if (operation == "Slice") return fold_slice(node, *first, numbers);
    if (operation == "Unsqueeze") return fold_unsqueeze(node, *first, numbers);
    if (operation == "Squeeze") return fold_squeeze(node, *first, numbers);
    if (operation == "Transpose") return fold_transpose(node, *first);
    if (operation == "ConstantOfShape") return fold_filled(node, *first);
    if (operation == "ReduceProd" || operation == "ReduceSum") return fold_reduced(node, *first, numbers);
    if (const auto at = kSingle.find(operation); at != kSingle.end()) {
        Numbers made = *first;
        std::transform(made.values.begin(), made.values.end(), made.values.begin(), at->second);
        return made;
    }
    if (node.input_size() < 2) return std::nullopt;
    const auto second = numbers(node.input(1));
    if (!second) return std::nullopt;
    if (operation == "Gather") return fold_gather(node, *first, *second);
    if (kPairwise.contains(operation) && node.input_size() == 2) return fold_pair(operation, *first, *second);
    if (operation == "Reshape" || operation == "Expand") {
        const auto wanted = extents_of(*second);
        if (!wanted) return std::nullopt;
        if (operation == "Reshape") return reshaped(*first, *wanted);
        const auto common = common_extents(first->extents, *wanted);
        return common ? spread(*first, *common) : std::nullopt;
    }
    if (node.input_size() < 3) return std::nullopt;
    const auto third = numbers(node.input(2));
    if (!third) return std::nullopt;
    if (operation == "Where") return fold_where(*first, *second, *third);
    if (operation == "Range") return fold_range(*first, *second, *third);
    return std::nullopt;
}

}  // namespace shapslice::convnet
