// A MONAI bundle's own files: metadata.json, and the configuration of its inference.
#pragma once

#include "model_files/settings.h"

namespace shapslice {

// Both throw the JSON library's exceptions where a field is of another kind than MONAI writes.
Expected<void> read_metadata(const std::string& file, const nlohmann::ordered_json& json, ModelSettings& settings);
Expected<void> read_bundle_config(const std::string& file, const nlohmann::ordered_json& json, ModelSettings& settings);

}  // namespace shapslice
