#include "model_files/settings.h"

#include <algorithm>

#include "model_files/read_bundle.h"
#include "model_files/read_nnunet.h"

namespace shapslice {

namespace {

using OrderedJson = nlohmann::ordered_json;

bool is_named(std::string_view file_name, std::string_view name) {
    const std::size_t slash = file_name.find_last_of("/\\");
    const std::string_view bare = slash == std::string_view::npos ? file_name : file_name.substr(slash + 1);
    return bare == name;
}

std::string extents_words(const std::array<int, 3>& extents) {
    return std::to_string(extents[0]) + " x " + std::to_string(extents[1]) + " x " + std::to_string(extents[2]);
}

bool is_fixed(const NetworkDescription& description) {
    return std::any_of(description.extents.begin(), description.extents.end(), [](int extent) { return extent > 0; });
}

// An open axis takes what is said, up to a multiple; a fixed one stays.
void set_patch(const std::array<int, 3>& wanted, const NetworkDescription& description, Json& manifest) {
    const int multiple = std::max(1, manifest.value("multiple", 1));
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (description.extents[axis] == 0)
            manifest["patch"][axis] = (wanted[axis] + multiple - 1) / multiple * multiple;
    }
}

Expected<void> apply_outputs(Library library, const OutputSettings& outputs, const NetworkDescription& description,
                             Json& manifest, std::vector<std::string>& remarks) {
    const auto given = outputs.channels.empty() ? std::size_t{kLabels} : outputs.channels.size();
    if (description.output_channels != 0 && static_cast<std::size_t>(description.output_channels) != given) {
        return fail(description.file + ": the network gives " + std::to_string(description.output_channels) +
                    " channels, but " + outputs.file + " speaks of " + std::to_string(given) +
                    (outputs.regions ? " regions" : " labels") + "; expected files of one model.");
    }
    Json& into = manifest["outputs"];
    const bool applied = description.applied != Activation::none;
    into["kind"] = outputs.regions ? "regions" : "labels";
    into["activation"] = applied ? "none" : outputs.regions ? "sigmoid" : "softmax";
    into.erase("decoding");
    if (!outputs.channels.empty()) into["channels"] = outputs.channels;
    if (outputs.regions) {
        into["decoding"] = "threshold";
        // nnU-Net paints one region over the other in the order of its channels; MONAI leaves them as they are, which
        // is what painting the inner over the outer shows.
        if (library == Library::nnunet) {
            Json painting = Json::array();
            for (const std::string& channel : outputs.channels) {
                if (channel == "WT" || channel == "TC" || channel == "ET") painting.push_back(channel);
            }
            into["painting"] = painting;
        }
    }
    if ((description.applied == Activation::softmax && outputs.regions) ||
        (description.applied == Activation::sigmoid && !outputs.regions)) {
        remarks.push_back(description.file + " ends in a " + (outputs.regions ? "softmax" : "sigmoid") + ", but " +
                          outputs.file + " speaks of " + (outputs.regions ? "regions" : "labels") +
                          ": they may be of different models.");
    }
    return {};
}

void apply_plans(const ModelSettings& settings, const NetworkDescription& description, Json& manifest,
                 std::vector<std::string>& remarks) {
    const PlannedNetwork* planned = planned_network(settings, description);
    if (!planned) return;
    manifest["spacing"] = planned->spacing;
    set_patch(planned->patch, description, manifest);
    manifest["description"] = "Opened by the user, read as " + settings.plans_file + " says, " + planned->name + "." +
                              (description.in_halves ? " It computes in float16." : "");
    if (planned->multiple > 0 && planned->multiple != description.multiple && !is_fixed(description)) {
        remarks.push_back(settings.plans_file + ": no network planned there halves its images as often as that of " +
                          description.file + "; they may be of different models.");
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (description.extents[axis] == 0 || description.extents[axis] == planned->patch[axis]) continue;
        remarks.push_back(description.file + " was exported for " + extents_words(description.extents) +
                          " voxels, but trained on " + extents_words(planned->patch) + " (" + settings.plans_file +
                          "): it sees less around each voxel than it is used to. Export it again with open axes "
                          "(docs/models.md).");
        break;
    }
}

}  // namespace

SettingsFile settings_file(std::string_view file_name, const OrderedJson& json) {
    using enum SettingsFile;
    if (json.is_object()) {
        if (json.contains("configurations")) return plans;
        if (json.contains("network_data_format")) return metadata;
        if (json.contains("labels") && (json.contains("channel_names") || json.contains("modality"))) return dataset;
        if (json.contains("network_def") || json.contains("inferer") || json.contains("preprocessing"))
            return bundle_config;
        if (json.contains("schemaVersion") || json.contains("folds") || json.contains("contrasts")) return manifest;
    }
    // So named, and something else: what is missing is said by whoever reads it.
    if (is_named(file_name, "plans.json")) return plans;
    if (is_named(file_name, "dataset.json")) return dataset;
    if (is_named(file_name, "metadata.json")) return metadata;
    return is_named(file_name, "model.json") ? manifest : unknown;
}

Expected<void> take_settings(SettingsFile kind, std::string_view file_name, const OrderedJson& json,
                             ModelSettings& settings) {
    const std::string file(file_name);
    const auto not_as = [&](const std::string& who, const std::string& field) {
        return fail(file + ": this is not " + who + "'s file of that name; expected \"" + field +
                    "\" in it. Drop the model without it, or with the right one.");
    };
    try {
        switch (kind) {
            case SettingsFile::plans:
                if (!json.is_object() || !json.contains("configurations") || !json["configurations"].is_object())
                    return not_as("nnU-Net", "configurations");
                return read_plans(file, json, settings);
            case SettingsFile::dataset:
                if (!json.is_object() || !json.contains("labels") || !json["labels"].is_object())
                    return not_as("nnU-Net", "labels");
                return read_dataset_file(file, json, settings);
            case SettingsFile::metadata:
                if (!json.is_object() || !json.contains("network_data_format"))
                    return not_as("MONAI", "network_data_format");
                return read_metadata(file, json, settings);
            case SettingsFile::bundle_config:
                return read_bundle_config(file, json, settings);
            case SettingsFile::manifest:
            case SettingsFile::unknown:
                return {};
        }
    } catch (const OrderedJson::exception& error) {
        return fail(file + ": a field cannot be read as its library writes it (" + std::string(error.what()) +
                    "). Drop the model without it, or with the right one.");
    }
    return {};
}

const PlannedNetwork* planned_network(const ModelSettings& settings, const NetworkDescription& description) {
    const PlannedNetwork* best = nullptr;
    int most = -1;
    for (const PlannedNetwork& each : settings.networks) {
        const bool same_extents = is_fixed(description) && each.patch == description.extents;
        const bool same_strides = each.multiple > 0 && each.multiple == description.multiple;
        const int agreement = 4 * same_extents + 2 * same_strides + (each.name == "3d_fullres");
        if (agreement > most) best = &each, most = agreement;
    }
    return best;
}

Expected<void> apply_settings(const ModelSettings& settings, const NetworkDescription& description, Json& manifest,
                              std::vector<std::string>& remarks) {
    if (!settings.any()) return {};
    remarks.insert(remarks.end(), settings.remarks.begin(), settings.remarks.end());
    if (settings.contrasts) {
        for (std::size_t channel = 0; channel < kContrasts; ++channel)
            manifest["contrasts"][channel] = kContrastNames[static_cast<std::size_t>((*settings.contrasts)[channel])];
    }
    if (!settings.axes.empty()) manifest["axes"] = settings.axes;
    manifest["fieldOfView"] = settings.library == Library::monai ? "image" : "brain";
    manifest["padding"] = "patch";
    if (settings.spacing) manifest["spacing"] = *settings.spacing;
    if (settings.window) set_patch(*settings.window, description, manifest);
    apply_plans(settings, description, manifest, remarks);
    if (!settings.outputs) return {};
    return apply_outputs(settings.library, *settings.outputs, description, manifest, remarks);
}

}  // namespace shapslice
