#include "intake/domain_checks.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <limits>

#include "intake/sequence_look.h"

namespace shapslice {

namespace {

constexpr double kLeastBrain = 110, kMostBrain = 200;  // mm along each axis
constexpr double kMostVoxel = 3, kMostFlat = 3;        // mm; longest edge over shortest
constexpr double kHeadVolume = 2300;                   // mL; the largest brains have some 2000, heads 3000 and more
constexpr double kLeastBackground = 0.05;              // of the volume
constexpr double kMostMissing = 0.3;                   // of the brain
constexpr double kMostAtTop = 0.01;                    // of an image's brain, at its largest value
constexpr int kFewValues = 16;
constexpr double kMostLabelled = 0.5;  // of the brain

std::string text(const char* format, double value) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, format, value);
    return buffer;
}
std::string percent(double share) {
    return text("%.0f %%", 100 * share);
}
std::string millimetres(const std::array<double, 3>& lengths, const char* format) {
    return text(format, lengths[0]) + " x " + text(format, lengths[1]) + " x " + text(format, lengths[2]) + " mm";
}

// What one pass over the voxels tells.
struct Found {
    struct OfImage {
        std::uint64_t voxels = 0;   // that are not 0
        std::uint64_t lacks = 0;    // of the brain
        std::uint64_t outside = 0;  // not 0, and not brain
        float largest = std::numeric_limits<float>::lowest();
        std::uint64_t at_largest = 0;
        std::vector<float> values;  // the first that occur, at most kFewValues of them
    };
    PerContrast<OfImage> images;
    std::uint64_t brain = 0;     // voxels where two images or more are not 0
    std::uint64_t labelled = 0;  // of these, the reference's that are not background
    Shape low{std::numeric_limits<int>::max(), std::numeric_limits<int>::max(), std::numeric_limits<int>::max()};
    Shape high{0, 0, 0};
};

void take_value(Found::OfImage& image, float value) {
    ++image.voxels;
    if (value > image.largest) {
        image.largest = value;
        image.at_largest = 0;
    }
    image.at_largest += value == image.largest;
    if (image.values.size() < kFewValues &&
        std::find(image.values.begin(), image.values.end(), value) == image.values.end())
        image.values.push_back(value);
}

void take_voxel(const Case& subject, std::size_t n, const Shape& at, Found& found) {
    PerContrast<bool> here;
    int there = 0;
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const float value = subject.voxels[c][n];
        here[c] = value != 0;
        there += here[c];
        if (here[c]) take_value(found.images[c], value);
    }
    if (there == 0) return;
    const bool brain = there >= 2;
    for (std::size_t c = 0; c < kContrasts; ++c) {
        found.images[c].lacks += brain && !here[c];
        found.images[c].outside += !brain && here[c];
    }
    if (!brain) return;
    ++found.brain;
    found.labelled += subject.reference && (*subject.reference)[n] != 0;
    for (std::size_t a = 0; a < 3; ++a) {
        found.low[a] = std::min(found.low[a], at[a]);
        found.high[a] = std::max(found.high[a], at[a] + 1);
    }
}

Found find(const Case& subject) {
    Found found;
    const Shape& shape = subject.grid.shape;
    std::size_t n = 0;
    for (int k = 0; k < shape[2]; ++k)
        for (int j = 0; j < shape[1]; ++j)
            for (int i = 0; i < shape[0]; ++i) take_voxel(subject, n++, {i, j, k}, found);
    return found;
}

std::string file_of(const Case& subject, FileRole role) {
    const auto at = std::find_if(subject.files.begin(), subject.files.end(),
                                 [role](const CaseFile& file) { return file.role == role; });
    return at == subject.files.end() ? std::string(role_name(role)) : at->name;
}

void about_case(std::vector<Notice>& notices, std::string sentence) {
    notices.push_back({NoticeKind::check, "", std::move(sentence)});
}
void about_file(std::vector<Notice>& notices, const std::string& file, const std::string& sentence) {
    notices.push_back({NoticeKind::check, file, file + ": " + sentence});
}

// True when these look like heads, not brains.
bool check_size(const Case& subject, const Found& found, std::vector<Notice>& notices) {
    const auto spacing = subject.grid.spacing();
    const double volume = static_cast<double>(found.brain) * spacing[0] * spacing[1] * spacing[2] / 1000;
    const double background = 1 - static_cast<double>(found.brain) / static_cast<double>(subject.grid.size());
    const std::string advice =
        " The shipped models have seen brains without skull alone: strip the skull first, or do not trust the result.";
    if (volume > kHeadVolume) {
        about_case(notices, "The images show " + text("%.0f mL", volume) +
                                " that are not background; a brain has 900 to 2000 mL." + advice);
        return true;
    }
    if (background < kLeastBackground) {
        about_case(notices, "The images have no background (" + percent(background) +
                                " of their voxels); expected a brain with nothing around it." + advice);
        return true;
    }
    std::array<double, 3> box;
    bool odd = false;
    for (std::size_t a = 0; a < 3; ++a) {
        box[a] = spacing[a] * (found.high[a] - found.low[a]);
        odd = odd || box[a] < kLeastBrain || box[a] > kMostBrain;
    }
    if (odd)
        about_case(notices, "The brain measures " + millimetres(box, "%.0f") + "; expected " +
                                text("%.0f", kLeastBrain) + " to " + text("%.0f mm", kMostBrain) +
                                " each way. Part of it may be missing, or the file states a wrong size of its voxels.");
    return false;
}

void check_image(const std::string& file, const Found::OfImage& image, std::uint64_t brain,
                 std::vector<Notice>& notices) {
    const auto share = [](std::uint64_t part, std::uint64_t whole) {
        return whole ? static_cast<double>(part) / static_cast<double>(whole) : 0;
    };
    if (image.values.size() < kFewValues) {
        const bool constant = image.values.size() <= 1;
        about_file(notices, file,
                   (constant ? "its brain has one value throughout"
                             : "its brain has only " + std::to_string(image.values.size()) + " different values") +
                       "; expected an image in shades of grey. It may be a mask.");
    } else if (const double top = share(image.at_largest, image.voxels); top > kMostAtTop) {
        about_file(notices, file,
                   percent(top) + " of its brain has the largest value (" +
                       text("%g", static_cast<double>(image.largest)) + "); expected less than " + percent(kMostAtTop) +
                       ". Its intensities were probably cut off.");
    }
    if (const double lacks = share(image.lacks, brain); lacks > kMostMissing)
        about_file(notices, file,
                   percent(lacks) + " of the brain that the other sequences show is 0 here; expected at most " +
                       percent(kMostMissing) + ". Part of the brain was not imaged or was removed.");
    if (const double outside = share(image.outside, image.voxels); outside > kMostMissing)
        about_file(notices, file,
                   percent(outside) + " of it lies where no other sequence has brain; expected at most " +
                       percent(kMostMissing) + ". Was its skull left on?");
}

// One image given for two sequences.
void check_twins(const Case& subject, std::vector<Notice>& notices) {
    for (std::size_t n = 0; n < subject.files.size(); ++n) {
        for (std::size_t m = 0; m < n; ++m) {
            const CaseFile &one = subject.files[m], &other = subject.files[n];
            if (one.sha256 == other.sha256 && one.frame == other.frame)
                about_file(notices, other.name, "it has the same content as " + one.name + "; expected another image.");
        }
    }
}

void check_sequences(const Case& subject, std::vector<Notice>& notices) {
    const auto statistics = sequence_statistics(subject.voxels, subject.grid);
    if (!statistics) return;
    const SequenceLook look = look_at_sequences(*statistics);
    if (look.behind <= kSequenceDoubt) return;
    for (std::size_t role = 0; role < kContrasts; ++role) {
        const std::size_t image = look.likeliest[role];
        if (image == role) continue;
        about_file(notices, file_of(subject, static_cast<FileRole>(image)),
                   "it looks like " + std::string(kContrastTitles[role]) + ", not like " +
                       std::string(kContrastTitles[image]) + "; if so, choose its sequence in the table of files.");
    }
}

}  // namespace

std::vector<Notice> domain_checks(const Case& subject) {
    std::vector<Notice> notices;
    const Found found = find(subject);
    if (found.brain == 0) {
        about_case(notices,
                   "There is no place where two of the sequences show brain; expected four images of one head.");
        return notices;
    }
    const bool head = check_size(subject, found, notices);
    for (std::size_t c = 0; c < kContrasts; ++c)
        check_image(file_of(subject, static_cast<FileRole>(c)), found.images[c], found.brain, notices);
    check_twins(subject, notices);
    if (!head) check_sequences(subject, notices);
    if (const double labelled = static_cast<double>(found.labelled) / static_cast<double>(found.brain);
        labelled > kMostLabelled) {
        about_file(notices, file_of(subject, FileRole::segmentation),
                   "its labels cover " + percent(labelled) + " of the brain; expected a tumour, at most " +
                       percent(kMostLabelled) + ". It may be a map of something else.");
    }
    return notices;
}

std::optional<Notice> voxel_size_check(const std::string& file_name, const Grid& grid) {
    const auto spacing = grid.spacing();
    const auto [least, most] = std::minmax_element(spacing.begin(), spacing.end());
    if (*most <= kMostVoxel && *most <= kMostFlat * *least) return std::nullopt;
    std::vector<Notice> notices;
    about_file(notices, file_name,
               "its voxels measure " + millimetres(spacing, "%.1f") + "; expected at most " +
                   text("%.0f mm", kMostVoxel) + ", and no edge longer than " + text("%.0f", kMostFlat) +
                   " times another. The shipped models were trained on finer images.");
    return notices[0];
}

}  // namespace shapslice
