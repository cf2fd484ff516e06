// What the app needs to know of an open case besides its voxels.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/json.h"
#include "base/notice.h"
#include "base/terms.h"
#include "image/case.h"

namespace shapslice {

// How 16-bit display voxels stand for intensities: intensity = slope * stored + intercept; exact where the file held
// integers spanning less than 65536.
struct DisplayScale {
    double slope = 1;
    double intercept = 0;
    // Suggested window, intensities: from half the 0.5th to the 99.9th percentile of the non-zero voxels.
    double window_low = 0;
    double window_high = 1;
};

struct CaseSummary {
    std::string name;
    bool synthetic = false;
    Shape shape{0, 0, 0};
    std::array<double, 16> affine{};  // row-major, voxel to world mm (RAS+)
    std::array<double, 3> spacing{1, 1, 1};
    Shape brain_low{0, 0, 0}, brain_high{0, 0, 0};  // voxels that are not 0 in some contrast lie in [low, high)
    PerContrast<DisplayScale> display{};
    bool has_reference = false;
    PerRegion<std::uint64_t> reference_voxels{};
    struct File {
        std::string name;    // its path; with "#3" the third volume of a 4-D file
        std::string role;    // role_name()
        std::string detail;  // "240 x 240 x 155, 1.0 x 1.0 x 1.0 mm" or what is wrong with it
        std::string mark;    // "chosen": taken before others; "question": the user must say; "error"; else empty
        std::string remark;  // what the mark stands for, or why the file is not used
        std::vector<std::string> instead;  // other files named for its role
        std::string named;                 // the role that its name says, used or not; else empty
        std::vector<Notice> notices{};     // all that is said of it, the gravest first: place_notices()
        bool operator==(const File&) const = default;
    };
    std::vector<File> files;
    std::vector<Notice> notices;
    // How the numbers of the segmentation may be read, with the volume of each region in mL (0: none, or it cannot be
    // told); the one that is chosen, or proposed while there is a question.
    struct Labels {
        std::string id;
        std::string title;
        PerRegion<double> volumes{};
        PerRegion<bool> tells{};
    };
    std::vector<Labels> label_options;
    std::string label_convention;
    bool label_question = false;
};

Json case_summary_to_json(const CaseSummary& summary);
CaseSummary case_summary_from_json(const Json& json);

// Puts what is said of each file into its row: why it was refused, what is asked, what its mark stands for, and those
// of the case's notices that name it. What the rows said before goes.
void place_notices(std::vector<CaseSummary::File>& files, const std::vector<Notice>& of_case);

// A table of files alone.
Json files_to_json(const std::vector<CaseSummary::File>& files);
std::vector<CaseSummary::File> files_from_json(const Json& json);

CaseSummary summarise(const Case& subject);

// One contrast as 16-bit display voxels, and their scale; the file's intensities are `shift` above the voxels'
// (Case::shift).
std::vector<std::uint16_t> display_voxels(std::span<const float> voxels, float shift, DisplayScale& scale);

}  // namespace shapslice
