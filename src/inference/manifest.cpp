#include "inference/manifest.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <set>

#include "image/sha256.h"

namespace shapslice {

namespace {

constexpr int kSchemaVersion = 1;
constexpr std::string_view kAxisNames = "xyz";
constexpr double kLeastSpacing = 0.05;  // mm
constexpr double kLargestSpacing = 50;
constexpr std::size_t kMostPatchVoxels = std::size_t{512} * 512 * 512;

Expected<Contrast> contrast_from_name(const std::string& name) {
    const auto at = std::find(kContrastNames.begin(), kContrastNames.end(), name);
    if (at == kContrastNames.end()) return fail("\"contrasts\" names \"" + name + "\"; expected t1c, t1n, t2f and t2w");
    return static_cast<Contrast>(at - kContrastNames.begin());
}

Expected<Activation> activation_from_name(const std::string& name) {
    if (name == "softmax") return Activation::softmax;
    if (name == "sigmoid") return Activation::sigmoid;
    if (name == "none") return Activation::none;
    return fail("\"outputs.activation\" is \"" + name + "\"; expected softmax, sigmoid or none");
}

template <class Choice>
Expected<Choice> choice_from(const Json& json, const std::string& field, const std::array<std::string, 2>& names) {
    const std::string name = json.value(field, names[0]);
    for (std::size_t n = 0; n < names.size(); ++n) {
        if (name == names[n]) return static_cast<Choice>(n);
    }
    return fail("\"" + field + "\" is \"" + name + "\"; expected " + names[0] + " or " + names[1]);
}

// Position of each wanted name among the output channels.
Expected<std::vector<int>> channel_order(const std::vector<std::string>& names, std::vector<std::string> wanted) {
    std::vector<int> order;
    for (const std::string& name : wanted) {
        const auto at = std::find(names.begin(), names.end(), name);
        if (at == names.end()) return fail("\"outputs.channels\" lacks \"" + name + "\"");
        order.push_back(static_cast<int>(at - names.begin()));
    }
    return order;
}

Expected<void> read_inputs(const Json& json, ModelManifest& manifest) {
    const auto names = json.at("contrasts").get<std::vector<std::string>>();
    if (names.size() != kContrasts || std::set(names.begin(), names.end()).size() != names.size()) {
        return fail("\"contrasts\" must list t1c, t1n, t2f and t2w once each");
    }
    for (std::size_t c = 0; c < names.size(); ++c) {
        const auto contrast = contrast_from_name(names[c]);
        if (!contrast) return fail(contrast.error().sentence);
        manifest.contrasts[c] = *contrast;
    }
    const std::string axes = json.value("axes", "zyx");
    if (!std::is_permutation(axes.begin(), axes.end(), kAxisNames.begin(), kAxisNames.end()))
        return fail("\"axes\" is \"" + axes + "\"; expected x, y and z in some order, slowest first, as zyx");
    for (std::size_t n = 0; n < 3; ++n) manifest.axes[n] = static_cast<int>(kAxisNames.find(axes[2 - n]));
    if (json.value("normalisation", "") != "zscore-nonzero")
        return fail("\"normalisation\" must be \"zscore-nonzero\"");
    const auto spacing = json.at("spacing").get<std::array<double, 3>>();
    const auto patch = json.at("patch").get<std::array<Json, 3>>();
    manifest.multiple = json.contains("multiple") ? whole_number<int>(json.at("multiple")) : 1;
    manifest.fixed_patch = json.value("fixedPatch", false);
    if (manifest.multiple < 1) return fail("\"multiple\" must be at least 1");
    const auto view = choice_from<FieldOfView>(json, "fieldOfView", {"brain", "image"});
    if (!view) return fail(view.error().sentence);
    manifest.field_of_view = *view;
    const auto padding = choice_from<Padding>(json, "padding", {"multiple", "patch"});
    if (!padding) return fail(padding.error().sentence);
    manifest.padding = *padding;
    std::size_t voxels = 1;
    for (std::size_t place = 0; place < 3; ++place) {
        const auto axis = static_cast<std::size_t>(manifest.axes[2 - place]);
        manifest.spacing[axis] = spacing[place];
        manifest.patch[axis] = whole_number<int>(patch[place]);
        if (!(manifest.spacing[axis] >= kLeastSpacing && manifest.spacing[axis] <= kLargestSpacing))
            return fail("\"spacing\" must be three lengths in mm, from 0.05 to 50");
        if (manifest.patch[axis] < manifest.multiple || manifest.patch[axis] % manifest.multiple != 0) {
            return fail("\"patch\" must be three positive multiples of " + std::to_string(manifest.multiple));
        }
        const auto extent = static_cast<std::size_t>(manifest.patch[axis]);
        if (extent > kMostPatchVoxels / voxels) return fail("\"patch\" must have at most 512 x 512 x 512 voxels");
        voxels *= extent;
    }
    return {};
}

Expected<void> read_decoding(const Json& outputs, ModelManifest& manifest) {
    const auto decoding = choice_from<Decoding>(outputs, "decoding", {"largest", "threshold"});
    if (!decoding) return fail(decoding.error().sentence);
    manifest.decoding = *decoding;
    if (manifest.decoding == Decoding::threshold && manifest.output_kind == OutputKind::labels)
        return fail("\"decoding\" is threshold, which fits overlapping regions only; expected largest");
    if (!outputs.contains("painting")) return {};
    const auto names = outputs.at("painting").get<std::vector<std::string>>();
    static const std::array<std::string, 3> kRegionChannels{"TC", "WT", "ET"};
    if (names.size() != kRegionChannels.size() || std::set(names.begin(), names.end()).size() != names.size())
        return fail("\"outputs.painting\" must list WT, TC and ET once each, in the order in which they are painted");
    for (std::size_t n = 0; n < names.size(); ++n) {
        const auto at = std::find(kRegionChannels.begin(), kRegionChannels.end(), names[n]);
        if (at == kRegionChannels.end())
            return fail("\"outputs.painting\" names \"" + names[n] + "\"; expected WT, TC and ET");
        manifest.painting[n] = static_cast<int>(at - kRegionChannels.begin());
    }
    return {};
}

Expected<void> read_outputs(const Json& outputs, ModelManifest& manifest) {
    const auto names = outputs.at("channels").get<std::vector<std::string>>();
    manifest.output_channels = static_cast<int>(names.size());
    const std::string kind = outputs.at("kind").get<std::string>();
    if (kind != "labels" && kind != "regions")
        return fail("\"outputs.kind\" is \"" + kind + "\"; expected labels or regions");
    manifest.output_kind = kind == "labels" ? OutputKind::labels : OutputKind::regions;
    const auto activation = activation_from_name(outputs.value("activation", "softmax"));
    if (!activation) return fail(activation.error().sentence);
    manifest.activation = *activation;
    if (manifest.output_kind == OutputKind::regions && manifest.activation == Activation::softmax) {
        return fail(
            "\"outputs.activation\" is softmax, which does not fit overlapping regions; expected sigmoid or none");
    }
    auto order = manifest.output_kind == OutputKind::labels ? channel_order(names, {"background", "NCR", "ED", "ET"})
                                                            : channel_order(names, {"TC", "WT", "ET"});
    if (!order) return fail(order.error().sentence);
    manifest.channels = *order;
    return read_decoding(outputs, manifest);
}

// Names of tensors and the least and largest value that each takes.
Expected<std::string> read_activations(const Json& ranges) {
    if (!ranges.is_object()) return fail("\"activations\" of a fold must be an object of [least, largest] by tensor");
    for (const auto& [tensor, range] : ranges.items()) {
        const auto ends = range.get<std::array<double, 2>>();
        if (!(std::isfinite(ends[0]) && std::isfinite(ends[1]) && ends[0] <= ends[1]))
            return fail("\"activations\" of \"" + tensor + "\" must be two numbers, the smaller first");
    }
    if (ranges.empty()) return "";
    const std::string text = ranges.dump();
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}).substr(0, 16);
}

}  // namespace

Shape ModelManifest::small_patch(int side) const {
    if (fixed_patch) return patch;
    const int whole = std::max(1, side / multiple) * multiple;
    Shape small;
    for (std::size_t axis = 0; axis < 3; ++axis) small[axis] = std::min(whole, patch[axis]);
    return small;
}

View ModelManifest::view() const {
    const bool to_patch = padding == Padding::patch;
    return {spacing, multiple, to_patch ? patch : least(), field_of_view == FieldOfView::image, to_patch};
}

std::string ModelManifest::key(int fold) const {
    // Not by way of Json: its destructor asks for memory, and ends the program where there is none.
    std::string key = folds[static_cast<std::size_t>(fold)].sha256;
    const auto add = [&key](double value) {
        char text[32];
        std::snprintf(text, sizeof text, " %.17g", value);
        key += text;
    };
    for (const Contrast contrast : contrasts) add(static_cast<int>(contrast));
    for (const double extent : spacing) add(extent);
    for (const int extent : patch) add(extent);
    // 0 is zyx and 1 is xyz, as it was when there were no others.
    const int order = axes == kPlainAxes ? 0 : axes == AxisOrder{2, 1, 0} ? 1 : 100 * axes[0] + 10 * axes[1] + axes[2];
    for (const int value : {multiple, order, static_cast<int>(fixed_patch), static_cast<int>(output_kind),
                            static_cast<int>(activation), output_channels})
        add(value);
    for (const int channel : channels) add(channel);
    // Words for what has come later, and only where it is not as it was: runs kept under older keys are found again.
    if (decoding == Decoding::threshold) {
        key += " painted";
        for (const int region : painting) add(region);
    }
    if (field_of_view == FieldOfView::image) key += " image";
    if (padding == Padding::patch) key += " centred";
    return key;
}

Expected<ModelManifest> read_manifest(std::string_view file_name, const Json& json) {
    const std::string file(file_name);
    ModelManifest manifest;
    try {
        if (json.at("schemaVersion") != kSchemaVersion) {
            return fail(file + ": schemaVersion is " + json.at("schemaVersion").dump() +
                        "; this program reads version 1.");
        }
        manifest.id = json.at("id").get<std::string>();
        manifest.name = json.value("name", manifest.id);
        manifest.architecture = json.at("architecture").get<std::string>();
        if (const auto read = read_inputs(json, manifest); !read)
            return fail(file + ": " + read.error().sentence + ".");
        if (const auto read = read_outputs(json.at("outputs"), manifest); !read) {
            return fail(file + ": " + read.error().sentence + ".");
        }
        for (const Json& fold : json.at("folds")) {
            const auto activations = read_activations(fold.value("activations", Json::object()));
            if (!activations) return fail(file + ": " + activations.error().sentence + ".");
            manifest.folds.push_back({fold.at("file").get<std::string>(),
                                      fold.at("sha256").get<std::string>(),
                                      *activations,
                                      {},
                                      fold.value("data", std::vector<std::string>{}),
                                      fold.value("heldOut", std::vector<std::string>{}),
                                      fold.value("heldOutSha256", std::vector<std::string>{})});
            const std::string input = json.value("input", "");
            if (!activations->empty() && fold.at("activations").contains(input))
                manifest.folds.back().input_range = fold.at("activations").at(input).get<std::array<float, 2>>();
        }
        const Json ranges = json.value("heldOutRange", Json::object());
        for (std::size_t r = 0; r < kRegions; ++r) {
            const auto at = ranges.find(kRegionNames[r]);
            if (at == ranges.end() || at->is_null()) continue;
            manifest.held_out_dice[r] =
                DiceRange{at->at("cases").get<int>(), at->at("tenth").get<double>(), at->at("lower").get<double>(),
                          at->at("median").get<double>(), at->at("upper").get<double>()};
        }
        if (manifest.folds.empty()) return fail(file + ": \"folds\" is empty; expected one entry per .onnx file.");
    } catch (const Json::exception& error) {
        return fail(file + ": a field is missing or of the wrong type (" + error.what() + ").");
    }
    return manifest;
}

}  // namespace shapslice
