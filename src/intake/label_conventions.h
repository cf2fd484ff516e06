// Which convention the labels of a segmentation follow (METHOD 1.2, 1.2a).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/terms.h"
#include "image/grid.h"

namespace shapslice {

inline constexpr int kMostLabelValue = 4;  // the largest value of any convention known

// What the values of a file stand for. A value that the convention does not have stands for background.
struct LabelConvention {
    std::string_view id;     // "brats2023"
    std::string_view title;  // "BraTS 2023 and later (1 necrotic core, 2 oedema, 3 enhancing tumour)"
    std::array<Label, kMostLabelValue + 1> meaning;
    std::array<bool, kMostLabelValue + 1> known;  // the convention has this value; of 0 always
    PerRegion<bool> tells;                        // regions that a segmentation of this convention can tell apart
    std::string_view remark;                      // what the user should know of it, one sentence, or empty
};
// All that are known; the first is the default.
std::span<const LabelConvention> label_conventions();
const LabelConvention* find_label_convention(std::string_view id);

// The whole numbers in a segmentation file, before they mean anything.
struct LabelValues {
    std::vector<std::uint8_t> voxels;                         // 0..kMostLabelValue
    std::array<std::uint64_t, kMostLabelValue + 1> counts{};  // voxels of each value
    std::vector<std::string> notes;                           // that values were rounded; begin with the file's name
};
// Values within 0.01 of a whole number are that number, and a note says so; any other value than 0 to 4 is an error
// that names the file, the value and its voxel count.
Expected<LabelValues> read_label_values(std::string_view file_name, const Volume<float>& segmentation);

// What the images say of each value (METHOD 1.2a), from z-scores over each image's non-zero voxels.
struct LabelSigns {
    struct OfValue {
        std::uint64_t voxels = 0;
        double enhancement = 0;  // median of z(T1c) - z(T1n)
        double fluid = 0;        // median of z(T2-FLAIR)
        double outer = 0;        // of its neighbours that have another value, the share that have none
    };
    std::array<OfValue, kMostLabelValue + 1> values{};  // of 0: the brain without any label
    double strong_enhancement = 0;  // 90th percentile of z(T1c) - z(T1n) in the brain without any label
};
// `order[contrast]` is the image that plays it: not its own where sequences look exchanged (intake/sequence_look.h).
LabelSigns measure_signs(std::span<const std::uint8_t> values, const Shape& shape,
                         const PerContrast<std::vector<float>>& images,
                         const std::array<std::uint8_t, kContrasts>& order = {0, 1, 2, 3});

// A guess, or what the user has to say.
struct LabelGuess {
    const LabelConvention* convention = nullptr;  // chosen, or proposed where there is a question
    std::string question;                         // one sentence, empty where the guess may be used
};
// Guessed from the values that occur, the file's name (its whole path) and the images: where they disagree, a question.
LabelGuess guess_convention(std::string_view file_name, const LabelValues& values, const LabelSigns& signs);

// Whether a convention has all values that occur.
bool has_values(const LabelConvention& convention, const LabelValues& values);

// The labels of METHOD 1.2.
std::vector<std::uint8_t> labels_under(const LabelConvention& convention, std::span<const std::uint8_t> values);

// Volume of each region in mL under a convention.
PerRegion<double> region_volumes(const LabelConvention& convention, const LabelValues& values,
                                 const std::array<double, 3>& spacing);

}  // namespace shapslice
