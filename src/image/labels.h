// From the numbers in a segmentation file to the labels of METHOD 1.2.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/terms.h"
#include "image/grid.h"

namespace shapslice {

struct LabelMap {
    Volume<std::uint8_t> volume;     // values of Label
    std::vector<std::string> notes;  // e.g. that 4 was read as ET
};

// Labels within {0,1,2,3} are taken as they are, within {0,1,2,4} 4 is read as ET and a note says so; any other value
// is an error that names the file, the value and its voxel count.
Expected<LabelMap> read_labels(std::string_view file_name, const Volume<float>& segmentation);

}  // namespace shapslice
