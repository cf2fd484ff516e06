#include "intake/label_conventions.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace shapslice {
namespace {

// What each voxel of a made-up brain is: healthy, or one of the three labels.
constexpr Shape kShape{20, 20, 20};

struct Scene {
    std::vector<Label> truth;
    PerContrast<std::vector<float>> images;
};

// ET enhances, ED and (less) NCR are bright on T2-FLAIR: what METHOD 1.2a looks at.
Scene scene() {
    Scene made;
    Random random(11);
    const Grid grid{kShape};
    for (auto& image : made.images) image.resize(grid.size());
    for (std::size_t n = 0; n < grid.size(); ++n) {
        // Balls in balls: core, rim, oedema.
        const auto along = [&](std::size_t step, int extent) {
            return static_cast<int>(n / step) % extent - extent / 2;
        };
        const double r = std::hypot(along(1, 20), along(20, 20), along(400, 20));
        const Label label = r < 3 ? Label::NCR : r < 4.5 ? Label::ET : r < 7 ? Label::ED : Label::background;
        made.truth.push_back(label);
        const auto noise = [&] { return static_cast<float>(random.between(-20, 20)); };
        const float t1n = label == Label::background ? 500 : 430;
        made.images[1][n] = t1n + noise();
        made.images[0][n] = t1n + (label == Label::ET ? 400 : label == Label::NCR ? -40 : 0) + noise();
        made.images[2][n] = (label == Label::ED ? 800 : label == Label::background ? 400 : 600) + noise();
        made.images[3][n] = 500 + noise();
    }
    return made;
}

// The scene's labels as a file of this convention would write them (the first value of each meaning).
LabelValues written(const Scene& made, std::string_view convention) {
    const LabelConvention& as = *find_label_convention(convention);
    LabelValues values;
    for (const Label label : made.truth) {
        std::uint8_t value = 0;
        for (std::uint8_t each = 1; each <= kMostLabelValue && value == 0; ++each) {
            if (label != Label::background && as.known[each] && as.meaning[each] == label) value = each;
        }
        values.voxels.push_back(value);
        ++values.counts[value];
    }
    return values;
}

LabelGuess guess(const std::string& name, const LabelValues& values, const Scene& made) {
    return guess_convention(name, values, measure_signs(values.voxels, kShape, made.images));
}

TEST(LabelConventions, BratsIsReadWithoutAQuestion) {
    const Scene made = scene();
    for (const char* convention : {"brats2023", "brats2021"}) {
        const LabelValues values = written(made, convention);
        const LabelGuess found = guess("P001-seg.nii.gz", values, made);
        EXPECT_EQ(found.question, "");
        EXPECT_EQ(found.convention->id, convention);
        const auto labels = labels_under(*found.convention, values.voxels);
        for (std::size_t n = 0; n < labels.size(); ++n)
            ASSERT_EQ(labels[n], static_cast<std::uint8_t>(made.truth[n])) << convention;
    }
}

TEST(LabelConventions, OthersThatTheImagesShowAreAskedAboutAndProposed) {
    const Scene made = scene();
    for (const char* convention : {"decathlon", "brats_ped", "hd_glio"}) {
        const LabelGuess found = guess("P001-seg.nii.gz", written(made, convention), made);
        EXPECT_NE(found.question, "") << convention;
        EXPECT_EQ(found.convention->id, convention);
        EXPECT_TRUE(found.question.starts_with("P001-seg.nii.gz: ")) << found.question;
    }
}

TEST(LabelConventions, ANameThatTheImagesBearOutIsEnough) {
    const Scene made = scene();
    const std::vector<std::pair<const char*, const char*>> named{
        {"decathlon", "Task01_BrainTumour/labelsTr/BRATS_001.nii.gz"},
        {"brats_ped", "BraTS-PED-00001-000/BraTS-PED-00001-000-seg.nii.gz"},
        {"hd_glio", "week-000/HD-GLIO-AUTO-segmentation/native/segmentation.nii.gz"},
        {"brats2024", "BraTS-GLI-00005-101-seg.nii.gz"}};
    for (const auto& [convention, name] : named) {
        const LabelGuess found = guess(name, written(made, convention), made);
        EXPECT_EQ(found.question, "") << convention;
        EXPECT_EQ(found.convention->id, convention);
    }
    // A name that they contradict is not.
    EXPECT_NE(guess("labelsTr/BRATS_001.nii.gz", written(made, "brats2023"), made).question, "");
}

TEST(LabelConventions, TheCavityIsNeverEnhancingTumour) {
    const Scene made = scene();
    LabelValues values = written(made, "brats2024");
    // The core has become a cavity: 4 in place of 1, and label 4 does not enhance.
    for (std::uint8_t& value : values.voxels) {
        if (value == 1) value = 4;
    }
    std::swap(values.counts[1], values.counts[4]);
    const LabelGuess found = guess("seg.nii.gz", values, made);
    EXPECT_EQ(found.convention->id, "brats2024");
    const auto labels = labels_under(*found.convention, values.voxels);
    EXPECT_EQ(labels[Grid{kShape}.index(10, 10, 10)], 0);  // in no region
    EXPECT_EQ(std::count(labels.begin(), labels.end(), std::uint8_t{3}), static_cast<std::ptrdiff_t>(values.counts[3]));
    // Without enhancing tumour, 1, 2 and 4 look like older files: there the images speak.
    LabelValues without = values;
    for (std::uint8_t& value : without.voxels) value = value == 3 ? 0 : value;
    without.counts[0] += without.counts[3];
    without.counts[3] = 0;
    EXPECT_NE(guess("seg.nii.gz", without, made).question, "");
}

TEST(LabelConventions, OneLabelIsTheWholeTumourAlone) {
    const Scene made = scene();
    LabelValues values = written(made, "brats2023");
    for (std::uint8_t& value : values.voxels) value = value > 0;
    values.counts = {values.counts[0], values.voxels.size() - values.counts[0], 0, 0, 0};
    const LabelGuess found = guess("seg.nii.gz", values, made);
    EXPECT_EQ(found.question, "");
    EXPECT_EQ(found.convention->id, "binary");
    EXPECT_FALSE(found.convention->tells[static_cast<std::size_t>(Region::ED)]);
    const auto volumes = region_volumes(*found.convention, values, {2, 2, 2});
    EXPECT_DOUBLE_EQ(volumes[static_cast<std::size_t>(Region::WT)], static_cast<double>(values.counts[1]) * 0.008);
    EXPECT_EQ(volumes[static_cast<std::size_t>(Region::ED)], 0);
}

}  // namespace
}  // namespace shapslice
