// What files beside a network say of how it is to be read: nnU-Net's plans.json and dataset.json, a MONAI bundle's
// metadata.json and inference.json. Nothing in them is needed; what they say leaves nothing to guess.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/terms.h"
#include "network/describe.h"
#include "network/family.h"

namespace shapslice {

// Of what comes out, channel by channel.
struct OutputSettings {
    std::string file;                   // that says so
    bool regions = false;               // overlapping regions, by sigmoid; else labels, by softmax
    std::vector<std::string> channels;  // as model.json names them; "RC" and other names for what belongs to no region
};

// One of the networks that a plans.json describes. All in the order of the tensor's axes, slowest first.
struct PlannedNetwork {
    std::string name;  // "3d_fullres"
    std::array<double, 3> spacing{1, 1, 1};
    std::array<int, 3> patch{0, 0, 0};
    int multiple = 0;  // the strides multiplied; 0: not said
};

struct ModelSettings {
    Library library = Library::unknown;  // whose files these are
    std::string name;                    // of the data set or the bundle
    std::optional<PerContrast<Contrast>> contrasts;
    std::string contrasts_file;  // that says so
    std::optional<OutputSettings> outputs;
    std::string axes;                      // "zyx"; empty: not said
    std::vector<PlannedNetwork> networks;  // of plans.json
    std::string plans_file;
    std::optional<std::array<double, 3>> spacing;  // of a bundle, along x, y, z
    std::optional<std::array<int, 3>> window;      // of a bundle, along x, y, z
    std::vector<std::string> remarks;              // sentences for the user: what is read otherwise than the files say

    bool any() const { return library != Library::unknown; }
};

// Which file a JSON text is, by what is in it.
enum class SettingsFile { manifest, plans, dataset, metadata, bundle_config, unknown };
SettingsFile settings_file(std::string_view file_name, const nlohmann::ordered_json& json);

// Takes over what a file says. Errors name the file and the field: a normalisation that this program does not have,
// sequences or labels of another kind of study, a field of a wrong kind. `kind` is none of manifest and unknown.
Expected<void> take_settings(SettingsFile kind, std::string_view file_name, const nlohmann::ordered_json& json,
                             ModelSettings& settings);

// Of the networks of plans.json the one that an .onnx file is: by its extents, then by its strides, then 3d_fullres.
const PlannedNetwork* planned_network(const ModelSettings& settings, const NetworkDescription& description);

// Puts what the files say into a manifest that was guessed without them. Errors where they cannot be of this network.
Expected<void> apply_settings(const ModelSettings& settings, const NetworkDescription& description, Json& manifest,
                              std::vector<std::string>& remarks);

}  // namespace shapslice
