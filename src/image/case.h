// One patient's case: four contrasts on one grid, perhaps with an expert segmentation (METHOD 8.2).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/notice.h"
#include "base/terms.h"
#include "image/file_roles.h"
#include "image/grid.h"
#include "image/nifti.h"

namespace shapslice {

struct CaseFile {
    std::string name;
    FileRole role = FileRole::unused;
    std::string
        sha256;      // lower-case hex, of the file's bytes as given; of a pair, of header and image one after the other
    int frame = -1;  // of a 4-D file: which of its volumes, from 0
};

// The expert's segmentation as its file has it, and how its numbers are read (METHOD 1.2a; intake/label_conventions.h).
struct ReferenceFile {
    std::string name;
    std::vector<std::uint8_t> values;       // on the case's grid
    std::array<std::uint64_t, 5> counts{};  // voxels of each value
    std::string convention;                 // id of the one chosen, or proposed
    std::string question;                   // not empty: the user has to choose before anything is computed
    PerRegion<bool> tells{true, true, true, true, true};  // regions that the convention can tell
    GridFit fit = GridFit::own;
};

struct Case {
    std::string name;
    bool synthetic = false;
    Grid grid;             // t1c's, RAS+
    StorageLayout layout;  // how t1c's file stored it
    // On `grid`, indexed by Contrast: 0 at the background and nowhere else, METHOD 8.3; intensities are `shift` higher.
    PerContrast<std::vector<float>> voxels;
    PerContrast<float> shift{};
    PerContrast<GridFit> fit{};
    std::optional<std::vector<std::uint8_t>> reference;  // labels of METHOD 1.2
    std::optional<ReferenceFile> reference_file;
    std::vector<CaseFile> files;
    std::string made_from;        // of a synthetic case: the settings that decide its voxels
    std::vector<Notice> notices;  // what was resampled and by how much, what looks wrong, ...
};

// Equal for equal content: a digest of the files that the case was read from, each with its role, or of what it was
// made from. Names do not count.
std::string content_digest(const Case& subject);

// The part of a name that all files of a case share ("BraTS-SSA-00002-000"), without trailing separators; the first
// file's stem where they share nothing.
std::string common_case_name(const std::vector<std::string>& file_names);

}  // namespace shapslice
