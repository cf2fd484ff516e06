// What a dataset.json of nnU-Net or the Medical Segmentation Decathlon says about the files beside it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "image/file_roles.h"

namespace shapslice {

struct DatasetFile {
    std::vector<FileRole> channels;  // by nnU-Net's number, or by frame of a 4-D image; unused: another sequence
    Json label_names;                // as written, or null
};

// Nothing where the text is not such a file (BIDS' dataset_description.json among them).
std::optional<DatasetFile> read_dataset(std::string_view text);

}  // namespace shapslice
