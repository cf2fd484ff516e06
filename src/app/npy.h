// NumPy's .npy files of float32: how prepared cases reach the training recipe.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace shapslice {

// Writes a C-order little-endian float32 array.
Expected<void> write_npy(const std::string& path, const std::vector<std::size_t>& shape, std::span<const float> values);

// Reads such an array of exactly this shape; a leading 1 in the file is allowed. Errors name the file.
Expected<std::vector<float>> read_npy(const std::string& path, const std::vector<std::size_t>& shape);

}  // namespace shapslice
