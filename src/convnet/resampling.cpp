#include "convnet/resampling.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace shapslice::convnet {

namespace {

// Input coordinate of output index `at` (ONNX's operator description of Resize).
double source_of(const Resampling& asked, std::size_t axis, int at, int from) {
    const int to = asked.extents[axis];
    const double x = at;
    const double factor = asked.factor[axis];
    if (asked.transformation == "asymmetric") return x / factor;
    if (asked.transformation == "align_corners") return to == 1 ? 0 : x * (from - 1) / (to - 1);
    if (asked.transformation == "pytorch_half_pixel" && to == 1) return 0;
    return (x + 0.5) / factor - 0.5;
}

double nearest(double x, const std::string& mode) {
    if (mode == "floor") return std::floor(x);
    if (mode == "ceil") return std::ceil(x);
    return mode == "round_prefer_ceil" ? std::floor(x + 0.5) : std::ceil(x - 0.5);
}

// Numbers behind batch and channels, which must be left as they are.
std::optional<std::array<double, 3>> of_space(const Numbers& given, double batch, double channels) {
    const auto& v = given.values;
    if (v.size() != 5 || v[0] != batch || v[1] != channels) return std::nullopt;
    return std::array{v[2], v[3], v[4]};
}

}  // namespace

std::optional<Resampling> read_resampling(const onnx::NodeProto& node, const VolumeShape& from,
                                          const FindNumbers& numbers, int opset) {
    constexpr int kTakesRegion = 11;
    static const std::set<std::string> kTransformations{"half_pixel", "pytorch_half_pixel", "align_corners",
                                                        "asymmetric"};
    const std::string mode = attribute(node, "mode", "nearest");
    Resampling asked;
    asked.linear = mode == "linear";
    asked.transformation = attribute(node, "coordinate_transformation_mode", "half_pixel");
    asked.nearest_mode = attribute(node, "nearest_mode", "round_prefer_floor");
    const bool known = (asked.linear || mode == "nearest") && kTransformations.contains(asked.transformation) &&
                       attribute(node, "axes", Extents{}).empty() && opset >= kTakesRegion &&
                       attribute(node, "antialias", std::int64_t{0}) == 0 &&
                       attribute(node, "keep_aspect_ratio_policy", "stretch") == "stretch";
    if (!known) return std::nullopt;
    const auto given = [&](int input) {
        const bool there = node.input_size() > input && !node.input(input).empty();
        const auto found = there ? numbers(node.input(input)) : std::nullopt;
        return found && !found->values.empty() ? found : std::nullopt;
    };
    constexpr double kMost = 4096;
    if (const auto factors = given(2)) {
        const auto space = of_space(*factors, 1, 1);
        if (!space) return std::nullopt;
        for (std::size_t n = 0; n < 3; ++n) {
            const double extent = std::floor(from.extents[n] * (*space)[n]);
            if (!(extent >= 1 && extent <= kMost)) return std::nullopt;
            asked.factor[n] = (*space)[n];
            asked.extents[n] = static_cast<int>(extent);
        }
        return asked;
    }
    const auto sizes = given(3);
    const auto space = sizes ? of_space(*sizes, 1, from.channels) : std::nullopt;
    if (!space) return std::nullopt;
    for (std::size_t n = 0; n < 3; ++n) {
        if (!((*space)[n] >= 1 && (*space)[n] <= kMost)) return std::nullopt;
        asked.extents[n] = static_cast<int>((*space)[n]);
        asked.factor[n] = (*space)[n] / from.extents[n];
    }
    return asked;
}

IndexTables nearest_tables(const Resampling& resampling, const std::array<int, 3>& from) {
    IndexTables tables;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        for (int at = 0; at < resampling.extents[axis]; ++at) {
            const double x = nearest(source_of(resampling, axis, at, from[axis]), resampling.nearest_mode);
            tables[axis].push_back(static_cast<int>(std::clamp(x, 0.0, from[axis] - 1.0)));
        }
    }
    return tables;
}

std::array<std::vector<LinearTap>, 3> linear_taps(const Resampling& resampling, const std::array<int, 3>& from) {
    std::array<std::vector<LinearTap>, 3> taps;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        for (int at = 0; at < resampling.extents[axis]; ++at) {
            const double x = std::clamp(source_of(resampling, axis, at, from[axis]), 0.0, from[axis] - 1.0);
            const int low = static_cast<int>(x);
            taps[axis].push_back({low, std::min(low + 1, from[axis] - 1), static_cast<float>(x - low)});
        }
    }
    return taps;
}

namespace {

// Amounts of a Pad node for all five axes, low ends first; `axes` says which are meant, since opset 18.
std::optional<std::array<std::int64_t, 10>> all_amounts(const onnx::NodeProto& node, const FindNumbers& numbers) {
    std::vector<double> given;
    if (node.input_size() > 1) {
        const auto amounts = numbers(node.input(1));
        if (!amounts) return std::nullopt;
        given = amounts->values;
    } else {
        const Extents amounts = attribute(node, "pads", Extents{});
        given.assign(amounts.begin(), amounts.end());
    }
    std::vector<double> axes{0, 1, 2, 3, 4};
    if (node.input_size() > 3 && !node.input(3).empty()) {
        const auto meant = numbers(node.input(3));
        if (!meant) return std::nullopt;
        axes = meant->values;
    }
    if (given.size() != 2 * axes.size()) return std::nullopt;
    std::array<std::int64_t, 10> made{};
    for (std::size_t n = 0; n < given.size(); ++n) {
        const double axis = axes[n % axes.size()] + (axes[n % axes.size()] < 0 ? 5 : 0);
        constexpr double kMost = 4096;
        if (!(axis >= 0 && axis < 5) || !(std::abs(given[n]) <= kMost)) return std::nullopt;
        made[static_cast<std::size_t>(axis) + (n < axes.size() ? 0 : 5)] = static_cast<std::int64_t>(given[n]);
    }
    return made;
}

// The voxel of `extent` that lies at `at` once the image is padded.
int padded_from(PaddingMode mode, std::int64_t at, std::int64_t extent) {
    if (at >= 0 && at < extent) return static_cast<int>(at);
    switch (mode) {
        case PaddingMode::zeros:
            return kNothing;
        case PaddingMode::edge:
            return static_cast<int>(std::clamp(at, std::int64_t{0}, extent - 1));
        case PaddingMode::reflect:
            return static_cast<int>(at < 0 ? -at : 2 * (extent - 1) - at);
        case PaddingMode::wrap:
            return static_cast<int>(at < 0 ? at + extent : at - extent);
    }
    return kNothing;
}

}  // namespace

std::optional<Padding> read_padding(const onnx::NodeProto& node, const FindNumbers& numbers) {
    static const std::map<std::string, PaddingMode> kModes{{"constant", PaddingMode::zeros},
                                                           {"edge", PaddingMode::edge},
                                                           {"reflect", PaddingMode::reflect},
                                                           {"wrap", PaddingMode::wrap}};
    const auto mode = kModes.find(attribute(node, "mode", "constant"));
    const auto amounts = all_amounts(node, numbers);
    if (mode == kModes.end() || !amounts) return std::nullopt;
    const auto& a = *amounts;
    if (a[0] != 0 || a[1] != 0 || a[5] != 0 || a[6] != 0) return std::nullopt;
    double value = static_cast<double>(attribute(node, "value", 0.0f));
    if (node.input_size() > 2 && !node.input(2).empty()) {
        const auto given = numbers(node.input(2));
        if (!given || !given->single()) return std::nullopt;
        value = *given->single();
    }
    const bool adds = std::any_of(a.begin(), a.end(), [](std::int64_t amount) { return amount > 0; });
    if (mode->second == PaddingMode::zeros && adds && value != 0) return std::nullopt;
    return Padding{mode->second, {a[2], a[3], a[4]}, {a[7], a[8], a[9]}};
}

std::optional<IndexTables> padded_tables(const Padding& padding, const std::array<int, 3>& from) {
    IndexTables tables;
    for (std::size_t n = 0; n < 3; ++n) {
        const std::int64_t extent = from[n];
        const std::int64_t low = padding.low[n], high = padding.high[n];
        const std::int64_t most = padding.mode == PaddingMode::reflect ? extent - 1 : extent;
        const bool reaches = padding.mode == PaddingMode::reflect || padding.mode == PaddingMode::wrap;
        if (low + extent + high < 1 || (reaches && (low > most || high > most))) return std::nullopt;
        for (std::int64_t at = -low; at < extent + high; ++at)
            tables[n].push_back(padded_from(padding.mode, at, extent));
    }
    return tables;
}

}  // namespace shapslice::convnet
