// Files and folders as the native program meets them: reading, writing, and the case that a folder holds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "image/case.h"
#include "intake/case_list.h"

namespace shapslice {

// Errors name the path.
Expected<std::vector<std::uint8_t>> read_file(const std::filesystem::path& path);
Expected<Json> read_json(const std::filesystem::path& path);
Expected<void> write_file(const std::filesystem::path& path, std::span<const std::uint8_t> bytes);
Expected<void> write_text(const std::filesystem::path& path, const std::string& text);
Expected<void> make_folder(const std::filesystem::path& folder);

// "case" of "some/case", "some/case/" and, within it, ".".
std::string folder_name(const std::filesystem::path& folder);

// All files below a folder, by their path from it; dataset.json read, and the beginning of files whose names tell
// little. A folder within that cannot be read is said on the error stream, and passed over.
Expected<std::vector<FileEntry>> files_below(const std::filesystem::path& folder);

// The case that a folder holds. Several are refused with their names: `chosen` is one of them, or "".
// `labels`: the convention of its segmentation, or "" for a guess, which must not be in doubt.
Expected<Case> open_folder(const std::filesystem::path& folder, const std::string& chosen = "",
                           const std::string& labels = "");

}  // namespace shapslice
