// Weights in files beside the .onnx, as PyTorch's newer exporters write them: put into the network, so that it is one
// file to whoever runs it.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "network/network.h"

namespace shapslice {

// The bare names of the files that a network's weights are kept in; none where it holds them itself. An error where
// the bytes are no network.
Expected<std::vector<std::string>> weight_files(std::string_view file_name, std::span<const std::uint8_t> bytes);

// The same network with its weights within. `files`: by bare name. Errors name the file that is missing or too short,
// and the weights; a network of more than 2 GB is one that the format itself cannot hold as one file.
Expected<Bytes> embed_weights(std::string_view file_name, std::span<const std::uint8_t> bytes,
                              const std::map<std::string, std::span<const std::uint8_t>>& files);

}  // namespace shapslice
