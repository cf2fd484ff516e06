#include "model_files/read_bundle.h"

#include <algorithm>
#include <cctype>
#include <map>

#include "model_files/channel_names.h"
#include "model_files/output_names.h"

namespace shapslice {

namespace {

using OrderedJson = nlohmann::ordered_json;

// The first of the images that go in, or come out.
const OrderedJson* first_image(const OrderedJson& format, const char* side) {
    const auto images = format.find(side);
    if (images == format.end() || !images->is_object() || images->empty()) return nullptr;
    return &images->front();
}

// {"0": "T1c", "10": "T2"} in the order of the numbers.
std::vector<std::string> defined_channels(const OrderedJson& image) {
    std::map<int, std::string> by_number;
    const OrderedJson definition = image.value("channel_def", OrderedJson::object());
    for (const auto& [key, name] : definition.items()) {
        if (!key.empty() && key.size() < 4 &&
            std::all_of(key.begin(), key.end(), [](unsigned char c) { return std::isdigit(c); }))
            by_number[std::stoi(key)] = name.get<std::string>();
    }
    std::vector<std::string> names;
    for (const auto& [number, name] : by_number) names.push_back(name);
    return names;
}

// Three whole numbers; none where they are expressions, as "8*n" and "@patch_size".
std::optional<std::array<int, 3>> three_extents(const OrderedJson& json) {
    constexpr std::int64_t kLongest = 1 << 12;
    std::array<int, 3> extents{};
    if (!json.is_array() || json.size() != 3) return std::nullopt;
    for (std::size_t n = 0; n < 3; ++n) {
        if (!json[n].is_number_integer()) return std::nullopt;
        const auto extent = json[n].get<std::int64_t>();
        if (extent < 1 || extent > kLongest) return std::nullopt;
        extents[n] = static_cast<int>(extent);
    }
    return extents;
}

Expected<void> take_transform(const std::string& file, const OrderedJson& transform, ModelSettings& settings) {
    const std::string target = transform.value("_target_", "");
    const std::string name = target.substr(target.rfind('.') == std::string::npos ? 0 : target.rfind('.') + 1);
    if (name.starts_with("ScaleIntensity") || name.starts_with("HistogramNormalize")) {
        return fail(file + ": the network was trained on images normalised by " + name +
                    "; expected NormalizeIntensityd, which is all that this program has.");
    }
    if (name.starts_with("NormalizeIntensity")) {
        const bool as_here = transform.value("nonzero", false) && transform.value("channel_wise", false);
        if (!as_here) {
            settings.remarks.push_back(file + ": " + name +
                                       " does not have \"nonzero\" and \"channel_wise\"; this program normalises each "
                                       "sequence over its brain, so intensities differ from those of training.");
        }
    }
    if (name.starts_with("Spacing") && transform.contains("pixdim") && transform["pixdim"].is_array() &&
        transform["pixdim"].size() == 3 && transform["pixdim"][0].is_number())
        settings.spacing = transform["pixdim"].get<std::array<double, 3>>();
    if (name.starts_with("Orientation") && transform.contains("axcodes") && transform["axcodes"].is_string()) {
        const std::string codes = transform["axcodes"].get<std::string>();
        std::string axes;
        for (const char code : codes) axes += code == 'R' || code == 'L' ? 'x' : code == 'A' || code == 'P' ? 'y' : 'z';
        constexpr std::string_view kAxes = "xyz";
        if (std::is_permutation(axes.begin(), axes.end(), kAxes.begin(), kAxes.end())) settings.axes = axes;
        if (codes.find_first_of("LPI") != std::string::npos) {
            settings.remarks.push_back(file + ": the network was trained on images turned to " + codes +
                                       "; here they run to the right, front and top, so it sees them mirrored.");
        }
    }
    return {};
}

}  // namespace

Expected<void> read_metadata(const std::string& file, const OrderedJson& json, ModelSettings& settings) {
    settings.library = Library::monai;
    if (json.contains("name") && json["name"].is_string()) settings.name = json["name"].get<std::string>();
    const OrderedJson& format = json.at("network_data_format");
    if (const OrderedJson* image = first_image(format, "inputs")) {
        const std::vector<std::string> names = defined_channels(*image);
        if (!names.empty()) {
            if (const auto taken = take_sequences(file, names, settings); !taken) return taken;
        }
        if (!settings.window) settings.window = three_extents(image->value("spatial_shape", OrderedJson()));
    }
    if (const OrderedJson* found = first_image(format, "outputs")) {
        const std::vector<std::string> names = defined_channels(*found);
        const bool regions = std::any_of(names.begin(), names.end(), [](const std::string& name) {
            return output_name(name) == "WT" || output_name(name) == "TC";
        });
        if (names.empty()) return {};
        if (!regions) return take_labels(file, names, settings);
        std::vector<NamedOutput> outputs;
        for (const std::string& name : names) outputs.push_back({name, {}});
        return take_regions(file, outputs, settings);
    }
    return {};
}

Expected<void> read_bundle_config(const std::string& file, const OrderedJson& json, ModelSettings& settings) {
    settings.library = Library::monai;
    if (const auto inferer = json.find("inferer"); inferer != json.end() && inferer->is_object()) {
        if (const auto window = three_extents(inferer->value("roi_size", OrderedJson()))) settings.window = window;
    }
    const auto preprocessing = json.find("preprocessing");
    if (preprocessing == json.end() || !preprocessing->is_object()) return {};
    const OrderedJson transforms = preprocessing->value("transforms", OrderedJson::array());
    for (const OrderedJson& transform : transforms) {
        if (!transform.is_object()) continue;
        if (const auto taken = take_transform(file, transform, settings); !taken) return taken;
    }
    return {};
}

}  // namespace shapslice
