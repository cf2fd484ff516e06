#include "model_files/read_nnunet.h"

#include <algorithm>
#include <map>

#include "base/channel_number.h"
#include "model_files/channel_names.h"
#include "model_files/output_names.h"

namespace shapslice {

namespace {

using OrderedJson = nlohmann::ordered_json;

// Names by number, of {"0": "T1", "10": "T2"} or ["T1", "T2"]: in the order of the numbers, not of the text.
std::vector<std::string> names_by_number(const OrderedJson& json) {
    if (json.is_array()) return json.get<std::vector<std::string>>();
    std::map<int, std::string> by_number;
    for (const auto& [key, name] : json.items()) {
        if (const auto number = channel_number(key)) by_number[*number] = name.get<std::string>();
    }
    std::vector<std::string> names;
    for (const auto& [number, name] : by_number) names.push_back(name);
    return names;
}

int product_of_strides(const OrderedJson& network) {
    OrderedJson strides;
    if (network.contains("pool_op_kernel_sizes")) strides = network["pool_op_kernel_sizes"];
    if (const auto found = network.find("architecture"); found != network.end() && found->contains("arch_kwargs"))
        strides = (*found)["arch_kwargs"].value("strides", strides);
    if (!strides.is_array()) return 0;
    constexpr int kMost = 1 << 10;
    std::array<int, 3> product{1, 1, 1};
    for (const OrderedJson& level : strides) {
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const int stride = whole_number<int>(Json(level.is_array() ? level.at(axis) : level));
            product[axis] = std::clamp(product[axis] * std::clamp(stride, 1, kMost), 1, kMost);
        }
    }
    return *std::max_element(product.begin(), product.end());
}

// A configuration with what it inherits.
OrderedJson configuration_of(const OrderedJson& all, const std::string& name) {
    OrderedJson whole = all.at(name);
    for (int depth = 0; depth < 8 && whole.contains("inherits_from"); ++depth) {
        const std::string from = whole["inherits_from"].get<std::string>();
        whole.erase("inherits_from");
        OrderedJson merged = all.value(from, OrderedJson::object());
        merged.update(whole);
        whole = std::move(merged);
    }
    return whole;
}

Expected<void> check_normalisation(const std::string& file, const OrderedJson& network, ModelSettings& settings) {
    for (const OrderedJson& scheme : network.value("normalization_schemes", OrderedJson::array())) {
        const std::string name = scheme.get<std::string>();
        if (name != "ZScoreNormalization") {
            return fail(file + ": the network was trained on images normalised by " + name +
                        "; expected ZScoreNormalization for every channel, which is all that this program has.");
        }
    }
    const OrderedJson masks = network.value("use_mask_for_norm", OrderedJson::array());
    const bool everywhere =
        std::any_of(masks.begin(), masks.end(), [](const OrderedJson& each) { return each == false; });
    const std::string remark = file +
                               ": the images were normalised with their background (use_mask_for_norm is false); this "
                               "program leaves it out, so intensities differ from those of training.";
    if (everywhere && std::find(settings.remarks.begin(), settings.remarks.end(), remark) == settings.remarks.end())
        settings.remarks.push_back(remark);
    return {};
}

int patch_extent(const std::string& file, const OrderedJson& number, std::string& problem) {
    constexpr std::int64_t kLongest = 1 << 12;
    if (!number.is_number_integer() || number.get<std::int64_t>() < 1 || number.get<std::int64_t>() > kLongest) {
        problem = file + ": \"patch_size\" has " + number.dump() + "; expected three whole numbers of voxels.";
        return 1;
    }
    return number.get<int>();
}

}  // namespace

Expected<void> read_plans(const std::string& file, const OrderedJson& json, ModelSettings& settings) {
    settings.library = Library::nnunet;
    settings.plans_file = file;
    const std::string plans = json.value("plans_name", "nnUNetPlans");
    if (json.contains("dataset_name"))
        settings.name = json["dataset_name"].get<std::string>() + (plans == "nnUNetPlans" ? "" : " " + plans);
    std::vector<int> forward;
    for (const OrderedJson& axis : json.value("transpose_forward", OrderedJson::array({0, 1, 2})))
        forward.push_back(whole_number<int>(Json(axis)));
    constexpr std::array kAxes{0, 1, 2};
    if (!std::is_permutation(forward.begin(), forward.end(), kAxes.begin(), kAxes.end()))
        return fail(file + ": \"transpose_forward\" is " + OrderedJson(forward).dump() +
                    "; expected 0, 1 and 2 in some order.");
    // Images are read slowest axis first, and spacing and patch are written after this turn.
    for (const int axis : forward) settings.axes += std::string_view("zyx")[static_cast<std::size_t>(axis)];
    std::string problem;
    for (const auto& [name, unused] : json.at("configurations").items()) {
        const OrderedJson network = configuration_of(json["configurations"], name);
        if (!network.contains("patch_size") || network["patch_size"].size() != 3) continue;  // of slices, or nothing
        PlannedNetwork planned{
            name, network.at("spacing").get<std::array<double, 3>>(), {}, product_of_strides(network)};
        for (std::size_t axis = 0; axis < 3; ++axis)
            planned.patch[axis] = patch_extent(file, network["patch_size"][axis], problem);
        if (!problem.empty()) return fail(problem);
        if (std::any_of(planned.spacing.begin(), planned.spacing.end(), [](double mm) { return !(mm > 0); }))
            return fail(file + ": \"spacing\" is " + network["spacing"].dump() +
                        "; expected three numbers of mm above 0.");
        if (const auto checked = check_normalisation(file, network, settings); !checked) return checked;
        settings.networks.push_back(planned);
    }
    if (settings.networks.empty())
        return fail(file + ": it plans no 3-D network; expected a configuration such as 3d_fullres.");
    return {};
}

Expected<void> read_dataset_file(const std::string& file, const OrderedJson& json, ModelSettings& settings) {
    if (settings.library == Library::unknown) settings.library = Library::nnunet;
    if (settings.name.empty() && json.contains("name") && json["name"].is_string())
        settings.name = json["name"].get<std::string>();
    for (const char* field : {"channel_names", "modality"}) {
        if (!json.contains(field)) continue;
        if (const auto taken = take_sequences(file, names_by_number(json[field]), settings); !taken) return taken;
        break;
    }
    const auto labels = json.find("labels");
    if (labels == json.end()) return {};
    std::vector<NamedOutput> outputs;  // in the order of the file
    bool regions = false;
    for (const auto& [key, value] : labels->items()) {
        // Version 1 has {"1": "edema"}, version 2 {"edema": 1} or {"core": [2, 3]}.
        const auto number = value.is_string() ? channel_number(key) : std::nullopt;
        NamedOutput output{number ? value.get<std::string>() : key, {}};
        if (output.name == "ignore") continue;
        if (number) {
            output.values = {*number};
        } else {
            regions |= value.is_array();
            const OrderedJson values = value.is_array() ? value : OrderedJson::array({value});
            for (const OrderedJson& each : values) output.values.insert(whole_number<int>(Json(each)));
        }
        outputs.push_back(std::move(output));
    }
    if (regions) {
        std::erase_if(outputs, [](const NamedOutput& each) {
            return each.values == std::set{0} || output_name(each.name) == "background";
        });
        return take_regions(file, outputs, settings);
    }
    std::stable_sort(outputs.begin(), outputs.end(),
                     [](const NamedOutput& a, const NamedOutput& b) { return *a.values.begin() < *b.values.begin(); });
    std::vector<std::string> names;
    for (const NamedOutput& output : outputs) names.push_back(output.name);
    return take_labels(file, names, settings);
}

}  // namespace shapslice
