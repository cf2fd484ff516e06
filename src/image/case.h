// One patient's case: four contrasts on one grid, perhaps with an expert segmentation (METHOD 8.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/terms.h"
#include "image/file_roles.h"
#include "image/grid.h"
#include "image/labels.h"
#include "image/nifti.h"

namespace shapslice {

struct CaseFile {
    std::string name;
    FileRole role = FileRole::unused;
    std::string
        sha256;      // lower-case hex, of the file's bytes as given; of a pair, of header and image one after the other
    int frame = -1;  // of a 4-D file: which of its volumes, from 0
};

struct Case {
    std::string name;
    bool synthetic = false;
    Grid grid;                               // t1c's, RAS+
    StorageLayout layout;                    // how t1c's file stored it
    PerContrast<std::vector<float>> voxels;  // on `grid`, indexed by Contrast
    std::optional<std::vector<std::uint8_t>> reference;
    std::vector<CaseFile> files;
    std::string made_from;           // of a synthetic case: the settings that decide its voxels
    std::vector<std::string> notes;  // what was resampled and by how much, labels read as older convention, ...
};

// Equal for equal content: a digest of the files that the case was read from, each with its role, or of what it was
// made from. Names do not count.
std::string content_digest(const Case& subject);

// Read images and label map to one case. Contrasts and segmentation whose grid differs from t1c's (shape; affine by
// more than 1e-3 mm) are resampled to it, linear and nearest, and a note says which and by how much they were off;
// grids that do not overlap at all are an error. `images` are in Contrast order. A missing contrast is an error that
// names it: callers pass what they have, see `missing_contrast_sentence`. `at_work`, where given, is the role of the
// file under work: memory that runs out is thrown, and whoever catches it wants to say at which file.
struct NamedImage {
    std::string file_name;
    NiftiImage image;
};
Expected<Case> assemble_case(std::string case_name, PerContrast<std::optional<NamedImage>> images,
                             std::optional<NamedImage> segmentation, FileRole* at_work = nullptr);

// The part of a name that all files of a case share ("BraTS-SSA-00002-000"), without trailing separators; the first
// file's stem where they share nothing.
std::string common_case_name(const std::vector<std::string>& file_names);

}  // namespace shapslice
