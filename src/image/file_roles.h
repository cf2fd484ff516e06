// Which file is which contrast, told by its name (METHOD 8.5).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shapslice {

// What a file of a case is for: a contrast, the expert segmentation, or not used.
enum class FileRole { t1c, t1n, t2f, t2w, segmentation, unused };

std::string_view role_name(FileRole role);  // "t1c" ... "segmentation", "unused"
std::optional<FileRole> role_from_name(std::string_view name);

// Roles of the files of one case, by METHOD 8.5's words (t1c, t1ce, t1gd, t1post; t1n, t1; t2f, flair; t2w, t2; seg,
// label, mask), matched on whole words of the file name whatever their case and separators (-, _, ., space). Of several
// words the last one counts, but a segmentation stays one ("t2_flair", "flair_seg"). Not an image (no .nii, .nii.gz,
// .hdr, .img), or a role already taken: unused. An .img takes the role of its .hdr.
std::vector<FileRole> guess_roles(const std::vector<std::string>& file_names);

}  // namespace shapslice
