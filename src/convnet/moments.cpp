#include "convnet/moments.h"

#include <algorithm>
#include <cmath>

namespace shapslice::convnet {

namespace {

using Axis = Moment::Axis;
using Kind = Moment::Kind;

const std::vector<Axis> kVolumeAxes{Axis::batch, Axis::channel, Axis::k, Axis::j, Axis::i};

// The axes a reduction is over, where the file says them: an attribute, or an input since opset 18.
std::optional<std::vector<std::size_t>> reduced_axes(const onnx::NodeProto& node, const FindNumbers& numbers,
                                                     std::size_t rank) {
    Extents axes = attribute(node, "axes", Extents{});
    if (node.input_size() > 1) {
        const auto given = numbers(node.input(1));
        if (!given) return std::nullopt;
        axes.clear();
        for (const double axis : given->values) {
            if (!(std::abs(axis) <= static_cast<double>(rank))) return std::nullopt;
            axes.push_back(static_cast<std::int64_t>(axis));
        }
    }
    std::vector<std::size_t> places;
    for (std::int64_t axis : axes) {
        if (axis < 0) axis += static_cast<std::int64_t>(rank);
        if (axis < 0 || axis >= static_cast<std::int64_t>(rank)) return std::nullopt;
        places.push_back(static_cast<std::size_t>(axis));
    }
    return places.empty() ? std::nullopt : std::optional(places);
}

std::optional<Moment> reduce(const onnx::NodeProto& node, Moment from, const FindNumbers& numbers) {
    const auto places = reduced_axes(node, numbers, from.axes.size());
    if (!places) return std::nullopt;
    const bool keep = attribute(node, "keepdims", std::int64_t{1}) != 0;
    std::vector<Axis> left;
    for (std::size_t n = 0; n < from.axes.size(); ++n) {
        const bool gone = std::find(places->begin(), places->end(), n) != places->end();
        if (gone && (from.axes[n] == Axis::channel || from.axes[n] == Axis::group)) return std::nullopt;
        if (!gone || keep) left.push_back(gone ? Axis::kept : from.axes[n]);
    }
    from.axes = std::move(left);
    return from;
}

// The elements that ReduceSumSquare adds up for each of its results.
double summed(const onnx::NodeProto& node, const Extents& extents, const FindNumbers& numbers) {
    double count = 1;
    if (const auto places = reduced_axes(node, numbers, extents.size())) {
        for (const std::size_t place : *places) count *= static_cast<double>(extents[place]);
    }
    return count;
}

// [C] to [groups, members], and back from there or from [groups, copies].
std::optional<Moment> reshape(Moment from, const Numbers& shape) {
    const auto channels = static_cast<double>(from.channels);
    const std::vector<double>& to = shape.values;
    if (from.axes == std::vector{Axis::channel} && from.groups == 0 && to.size() == 2 && to[0] >= 1 &&
        std::fmod(channels, to[0]) == 0 && (to[1] == -1 || to[0] * to[1] == channels)) {
        from.groups = static_cast<int>(to[0]);
        from.axes = {Axis::group, Axis::member};
        return from;
    }
    const bool flat = to.size() == 1 && (to[0] == -1 || to[0] == channels);
    if (flat && from.axes == std::vector{Axis::group, Axis::copies}) {
        from.axes = {Axis::channel};
        return from;
    }
    return std::nullopt;
}

// [groups, 1] times ones of [1, members]: the group's moment for each of its channels.
std::optional<Moment> spread(Moment from, const Numbers& ones) {
    const bool by_group = from.axes == std::vector{Axis::group, Axis::kept};
    const bool all_one = std::all_of(ones.values.begin(), ones.values.end(), [](double x) { return x == 1; });
    if (!by_group || !all_one || ones.extents != Extents{1, from.channels / from.groups}) return std::nullopt;
    from.axes = {Axis::group, Axis::copies};
    return from;
}

bool alike(const Moment& a, const Moment& b) {
    return a.volume == b.volume && a.groups == b.groups && a.axes == b.axes && a.factor == 1 && b.factor == 1;
}

}  // namespace

std::optional<Moment> recognise_moment(const onnx::NodeProto& node, const FindVolume& volumes,
                                       const FindMoment& moments, const FindNumbers& numbers) {
    if (node.input_size() < 1) return std::nullopt;
    const std::string& operation = node.op_type();
    const auto volume = volumes(node.input(0));
    if (volume) {
        Moment whole{volume->node, volume->extents[1], Kind::mean, 0, 1, kVolumeAxes};
        if (operation == "ReduceMean") return reduce(node, whole, numbers);
        whole.kind = Kind::mean_square;
        if (operation == "Mul" && node.input_size() == 2 && node.input(1) == node.input(0)) return whole;
        if (operation != "ReduceSumSquare") return std::nullopt;
        whole.factor = summed(node, volume->extents, numbers);
        return reduce(node, whole, numbers);
    }
    const auto moment = moments(node.input(0));
    if (!moment) return std::nullopt;
    if (operation == "ReduceMean") return reduce(node, *moment, numbers);
    if (operation == "Relu" && moment->kind == Kind::variance) return moment;
    if (node.input_size() < 2) return std::nullopt;
    if (const auto other = moments(node.input(1)); other && alike(*moment, *other)) {
        Moment made = *moment;
        if (operation == "Mul" && moment->kind == Kind::mean && other->kind == Kind::mean) {
            made.kind = Kind::squared_mean;
            return made;
        }
        if (operation == "Sub" && moment->kind == Kind::mean_square && other->kind == Kind::squared_mean) {
            made.kind = Kind::variance;
            return made;
        }
        return std::nullopt;
    }
    const auto given = numbers(node.input(1));
    if (!given) return std::nullopt;
    if (operation == "Div" && given->single() && *given->single() != 0) {
        Moment made = *moment;
        made.factor /= *given->single();
        return made;
    }
    if (operation == "Reshape") return reshape(*moment, *given);
    if (operation == "Mul") return spread(*moment, *given);
    return std::nullopt;
}

}  // namespace shapslice::convnet
