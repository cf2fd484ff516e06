// Does the case look like one that the models were made for? (METHOD 8.6)
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/notice.h"
#include "image/case.h"

namespace shapslice {

// What looks wrong, each a sentence with the value found and the value expected; none of them stops anything: the size
// of the brain, no background, sequences that look exchanged (8.7), brain that one sequence lacks, intensities that are
// cut off or constant, a segmentation that covers more than half of the brain. About 0.4 s, natively, for a case of 240
// x 240 x 155.
std::vector<Notice> domain_checks(const Case& subject);

// Voxels that are large or flat, of an image on its own grid.
std::optional<Notice> voxel_size_check(const std::string& file_name, const Grid& grid);

}  // namespace shapslice
