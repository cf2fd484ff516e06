// What a file of a case is for (METHOD 8.5); intake/ tells it by the names.
#pragma once

#include <optional>
#include <string_view>

namespace shapslice {

// What a file of a case is for: a contrast, the expert segmentation, or not used.
enum class FileRole { t1c, t1n, t2f, t2w, segmentation, unused };

std::string_view role_name(FileRole role);  // "t1c" ... "segmentation", "unused"
std::optional<FileRole> role_from_name(std::string_view name);

}  // namespace shapslice
