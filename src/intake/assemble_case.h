// Images and a segmentation to one case.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "image/case.h"
#include "image/file_roles.h"
#include "image/one_grid.h"
#include "intake/label_conventions.h"

namespace shapslice {

// Contrasts and segmentation are brought to t1c's grid (image/one_grid.h), and notices say what was done. `images` are
// in Contrast order; a missing one is an error that names it. The labels follow the convention of that id, or, where it
// is empty, the one that is guessed (METHOD 1.2a); where the guess is in doubt the case carries a question
// (ReferenceFile::question). A segmentation most of whose labels lie outside the brain is an error. `at_work`, where
// given, is the role of the file under work: memory that runs out is thrown, and whoever catches it wants to say at
// which file.
Expected<Case> assemble_case(std::string case_name, PerContrast<std::optional<NamedImage>> images,
                             std::optional<NamedImage> segmentation, FileRole* at_work = nullptr,
                             const std::string& label_convention = "");

// Reads the case's segmentation under another convention; answers its question. An error, and nothing changes, where
// there is no segmentation, no such convention, or one that lacks a value that occurs.
Expected<void> choose_labels(Case& subject, std::string_view convention);

// The case's notices, and what is to say of its labels.
std::vector<Notice> notices_of(const Case& subject);

}  // namespace shapslice
