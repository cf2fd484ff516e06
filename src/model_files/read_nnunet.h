// nnU-Net's own files: plans.json, and dataset.json of version 1 and 2.
#pragma once

#include "model_files/settings.h"

namespace shapslice {

// Both throw the JSON library's exceptions where a field is of another kind than nnU-Net writes.
Expected<void> read_plans(const std::string& file, const nlohmann::ordered_json& json, ModelSettings& settings);
// The order of the regions is that in which the file has them: nnU-Net's channels, painted in that order.
Expected<void> read_dataset_file(const std::string& file, const nlohmann::ordered_json& json, ModelSettings& settings);

}  // namespace shapslice
