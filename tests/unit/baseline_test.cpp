#include <gtest/gtest.h>

#include <set>

#include "inference/absent_channels.h"
#include "inference/segment.h"
#include "study/result.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::manifest_of;
using testing::small_case;

// A prepared case at the case's own spacing, so that voxels can be told apart: healthy brain is below 0 in every
// contrast, tumour above 10, and the border is background.
struct Subject {
    Case subject = small_case({16, 14, 12});
    Prepared prepared;
    std::vector<float> fractions;
    std::size_t voxels;

    Subject() {
        prepared = *prepare(subject, {1, 1, 1}, 4);
        fractions = prepare_labels(*subject.reference, subject.grid, prepared);
        voxels = voxel_count(prepared.padded);
        for (std::size_t n = 0; n < prepared.channels.size(); ++n) {
            const std::size_t at = n % voxels;
            if (prepared.channels[n] == 0) continue;
            prepared.channels[n] = (tumour(at) ? 10.0f : -10.0f) + static_cast<float>(at % 7) * 0.1f;
        }
    }
    bool tumour(std::size_t at) const { return fractions[at] < 1; }
    bool brain(std::size_t at) const {
        for (std::size_t c = 0; c < kContrasts; ++c) {
            if (prepared.channels[c * voxels + at] != 0) return true;
        }
        return false;
    }
};

TEST(Baseline, NamesAreReadAndOthersRefused) {
    for (const std::string_view name : kBaselineNames) {
        ASSERT_TRUE(baseline_from_name(name));
        EXPECT_EQ(baseline_name(*baseline_from_name(name)), name);
    }
    EXPECT_FALSE(baseline_from_name("median"));
    const auto settings = study_settings_from_json({{"baseline", "median"}});
    ASSERT_FALSE(settings);
    EXPECT_NE(settings.error().sentence.find("\"median\" is not known; expected zero, mean, noise or lesion"),
              std::string::npos);
    EXPECT_EQ(study_settings_from_json({{"baseline", "noise"}})->baseline.kind, BaselineKind::noise);
    EXPECT_EQ(study_settings_from_json(Json::object())->baseline.kind, BaselineKind::zero);
}

TEST(Baseline, ZeroNeedsNoStandIn) {
    const Subject s;
    EXPECT_TRUE(absent_channels(s.prepared, {BaselineKind::zero}, s.fractions).empty());
    std::vector<float> input(kContrasts * s.voxels, 1.0f);
    coalition_input(s.prepared, {}, manifest_of("m", 1), 0b0001, input);
    for (std::size_t n = 0; n < input.size(); ++n) EXPECT_EQ(input[n], n < s.voxels ? s.prepared.channels[n] : 0.0f);
}

TEST(Baseline, MeanIsTheBrainsMeanInTheBrainAndNothingOutside) {
    const Subject s;
    const auto absent = absent_channels(s.prepared, {BaselineKind::mean}, {});
    for (std::size_t c = 0; c < kContrasts; ++c) {
        double sum = 0;
        int count = 0;
        for (std::size_t at = 0; at < s.voxels; ++at) {
            if (!s.brain(at)) continue;
            sum += static_cast<double>(s.prepared.channels[c * s.voxels + at]);
            ++count;
        }
        for (std::size_t at = 0; at < s.voxels; ++at)
            ASSERT_FLOAT_EQ(absent[c * s.voxels + at], s.brain(at) ? static_cast<float>(sum / count) : 0.0f);
    }
}

TEST(Baseline, AfterZScoringTheMeanIsNearZero) {
    const Case subject = small_case({24, 22, 20});
    const Prepared prepared = *prepare(subject, {2, 2, 2}, 4);
    for (const float value : absent_channels(prepared, {BaselineKind::mean}, {})) EXPECT_NEAR(value, 0, 0.1);
}

TEST(Baseline, NoiseIsDrawnFromTheContrastsOwnHealthyBrain) {
    const Subject s;
    const auto absent = absent_channels(s.prepared, {BaselineKind::noise}, s.fractions);
    for (std::size_t c = 0; c < kContrasts; ++c) {
        std::set<float> healthy;
        std::set<float> drawn;
        for (std::size_t at = 0; at < s.voxels; ++at) {
            if (s.brain(at) && !s.tumour(at)) healthy.insert(s.prepared.channels[c * s.voxels + at]);
        }
        for (std::size_t at = 0; at < s.voxels; ++at) {
            const float value = absent[c * s.voxels + at];
            if (!s.brain(at)) {
                ASSERT_EQ(value, 0);
                continue;
            }
            ASSERT_TRUE(healthy.contains(value));
            drawn.insert(value);
        }
        EXPECT_GE(drawn.size(), 7u);  // all there are, not one
    }
}

TEST(Baseline, NoiseFollowsItsSeedAndContrastsDrawApart) {
    const Subject s;
    const auto once = absent_channels(s.prepared, {BaselineKind::noise, 5}, s.fractions);
    EXPECT_EQ(once, absent_channels(s.prepared, {BaselineKind::noise, 5}, s.fractions));
    EXPECT_NE(once, absent_channels(s.prepared, {BaselineKind::noise, 6}, s.fractions));
    const auto channel = [&](std::size_t c) { return std::span(once).subspan(c * s.voxels, s.voxels); };
    EXPECT_FALSE(std::equal(channel(0).begin(), channel(0).end(), channel(1).begin()));
}

TEST(Baseline, LesionTakesTheContrastAwayWithinItsMarginAlone) {
    const Subject s;
    constexpr double kMargin = 2.3;
    const auto absent = absent_channels(s.prepared, {BaselineKind::lesion, 1, kMargin}, s.fractions);
    const Grid grid{s.prepared.padded};
    int taken = 0;
    for (int k = 0; k < grid.shape[2]; ++k) {
        for (int j = 0; j < grid.shape[1]; ++j) {
            for (int i = 0; i < grid.shape[0]; ++i) {
                bool near = false;
                for (int c = 0; c < grid.shape[2]; ++c) {
                    for (int b = 0; b < grid.shape[1]; ++b) {
                        for (int a = 0; a < grid.shape[0]; ++a)
                            near |= s.tumour(grid.index(a, b, c)) && std::hypot(a - i, b - j, c - k) <= kMargin;
                    }
                }
                const std::size_t at = grid.index(i, j, k);
                taken += near;
                for (std::size_t c = 0; c < kContrasts; ++c)
                    ASSERT_EQ(absent[c * s.voxels + at], near ? 0.0f : s.prepared.channels[c * s.voxels + at]);
            }
        }
    }
    EXPECT_GT(taken, 125);  // more than the 5 x 5 x 5 voxels of tumour
}

TEST(Baseline, StandsInForAbsentContrastsOnly) {
    const Subject s;
    const auto absent = absent_channels(s.prepared, {BaselineKind::noise}, s.fractions);
    ModelManifest manifest = manifest_of("m", 1);
    std::swap(manifest.contrasts[0], manifest.contrasts[3]);
    std::vector<float> input(kContrasts * s.voxels);
    coalition_input(s.prepared, absent, manifest, 0b0101, input);  // t1c and t2f
    for (std::size_t channel = 0; channel < kContrasts; ++channel) {
        const auto contrast = static_cast<int>(manifest.contrasts[channel]);
        const auto& from = contains(0b0101, contrast) ? s.prepared.channels : absent;
        EXPECT_TRUE(std::equal(input.begin() + static_cast<std::ptrdiff_t>(channel * s.voxels),
                               input.begin() + static_cast<std::ptrdiff_t>((channel + 1) * s.voxels),
                               from.begin() + contrast * static_cast<std::ptrdiff_t>(s.voxels)));
    }
}

}  // namespace
}  // namespace shapslice
