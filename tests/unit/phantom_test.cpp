// The synthetic patient: what was put into it is what a study finds.
#include "phantom/phantom.h"

#include <gtest/gtest.h>

#include "image/sha256.h"
#include "study_bench.h"

namespace shapslice {
namespace {

using testing::manifest_of;
using testing::PlainRuntime;
using testing::Recorder;

// The observer who knows each label's z-scores in this very case: mean and spread of each label per contrast, and from
// a coalition the likeliest label of each voxel by the contrasts it is given alone.
PlainRuntime::Network ideal_observer(const Case& subject, const Prepared& prepared) {
    struct Known {
        double mean = 0;
        double variance = 0;
    };
    const std::size_t voxels = voxel_count(prepared.padded);
    const auto fractions = prepare_labels(*subject.reference, subject.grid, prepared);
    std::vector<std::array<Known, kContrasts>> known(kLabels);
    for (std::size_t label = 0; label < kLabels; ++label) {
        for (std::size_t c = 0; c < kContrasts; ++c) {
            double sum = 0, squares = 0, count = 0;
            for (std::size_t v = 0; v < voxels; ++v) {
                const double x = static_cast<double>(prepared.channels[c * voxels + v]);
                if (fractions[label * voxels + v] < 0.9f || x == 0) continue;
                sum += x;
                squares += x * x;
                ++count;
            }
            known[label][c] = {sum / count, std::max(squares / count - sum / count * (sum / count), 1e-4)};
        }
    }
    return [known, voxels](const RunRequest& request) -> Expected<std::vector<float>> {
        std::vector<float> logits(kLabels * voxels, 0.0f);
        for (std::size_t v = 0; v < voxels; ++v) {
            for (std::size_t label = 0; label < kLabels; ++label) {
                double log_likelihood = label == 0 ? 3.0 : 0.0;  // most of a brain is none of the tumour
                for (std::size_t c = 0; c < kContrasts; ++c) {
                    const double x = static_cast<double>(request.input[c * voxels + v]);
                    if (x == 0) continue;  // not given, or not brain
                    const Known& k = known[label][c];
                    log_likelihood -= 0.5 * ((x - k.mean) * (x - k.mean) / k.variance + std::log(k.variance));
                }
                logits[label * voxels + v] = static_cast<float>(std::max(log_likelihood, -80.0));
            }
        }
        return logits;
    };
}

RegionSummary observe(const PhantomSettings& settings, Region region) {
    const Case subject = make_phantom(settings);
    const auto prepared = prepare(subject, {2, 2, 2}, 4);
    PlainRuntime runtime(ideal_observer(subject, *prepared));
    Recorder events;
    Study study(subject, runtime, events);
    auto task = study.run({{manifest_of("observer", 1, 2, {128, 128, 128}), {0}}}, {});
    task.start();
    EXPECT_TRUE(task.result());
    return study.result().models[0].summary[static_cast<std::size_t>(region)];
}

// What was put in is what Shapley values find. (Each label in contrasts where it differs from its surroundings in
// patients: visibility 1 of ET in T1n is still hardly any.)
TEST(Phantom, ARegionVisibleInOneContrastAloneRanksThatContrastFirst) {
    using enum Contrast;
    for (const auto& [region, label, contrast] :
         {std::tuple{Region::ET, Label::ET, t1c}, {Region::ED, Label::ED, t2f}}) {
        PhantomSettings settings;
        settings.shape = {96, 96, 72};
        settings.seed = 5;
        auto& visibility = settings.visibility[static_cast<std::size_t>(label) - 1];
        visibility = {0, 0, 0, 0};
        visibility[static_cast<std::size_t>(contrast)] = 1;
        const RegionSummary found = observe(settings, region);
        EXPECT_EQ(found.ahead, with(kNoContrast, static_cast<int>(contrast)));
        double others = 0;
        for (std::size_t c = 0; c < kContrasts; ++c) {
            if (c != static_cast<std::size_t>(contrast)) others = std::max(others, found.shapley[c]->mean);
        }
        EXPECT_GT(found.shapley[static_cast<std::size_t>(contrast)]->mean, 2 * others);
    }
}

// Mean intensity of the tumour less that of the brain beside it, within the tumour's bounding box.
double tumour_contrast(const Case& subject, std::size_t contrast) {
    const Shape& shape = subject.grid.shape;
    Box box{shape, {0, 0, 0}};
    const auto each = [&](auto visit) {
        for (int k = 0; k < shape[2]; ++k)
            for (int j = 0; j < shape[1]; ++j)
                for (int i = 0; i < shape[0]; ++i) visit(Shape{i, j, k}, subject.grid.index(i, j, k));
    };
    each([&](const Shape& at, std::size_t v) {
        for (std::size_t axis = 0; axis < 3 && (*subject.reference)[v]; ++axis) {
            box.low[axis] = std::min(box.low[axis], at[axis]);
            box.high[axis] = std::max(box.high[axis], at[axis] + 1);
        }
    });
    std::array<double, 2> sum{}, count{};
    each([&](const Shape& at, std::size_t v) {
        bool inside = subject.voxels[contrast][v] != 0;
        for (std::size_t axis = 0; axis < 3; ++axis)
            inside = inside && at[axis] >= box.low[axis] && at[axis] < box.high[axis];
        const std::size_t which = (*subject.reference)[v] != 0;
        if (inside) sum[which] += static_cast<double>(subject.voxels[contrast][v]);
        if (inside) ++count[which];
    });
    return sum[1] / count[1] - sum[0] / count[0];
}

TEST(Phantom, ATumourVisibleNowhereLooksLikeTheBrainBesideIt) {
    PhantomSettings settings;
    settings.shape = {96, 96, 72};
    settings.noise = 0;
    settings.bias_field = 0;
    const Case shown = make_phantom(settings);
    settings.visibility = {};
    const Case hidden = make_phantom(settings);
    EXPECT_EQ(hidden.reference, shown.reference);
    constexpr std::size_t kFlair = 2;
    EXPECT_LT(std::abs(tumour_contrast(hidden, kFlair)), 0.5 * std::abs(tumour_contrast(shown, kFlair)));
}

TEST(Phantom, SameSeedSameVoxelsOtherSeedOtherTumour) {
    PhantomSettings settings;
    settings.shape = {64, 64, 48};
    const Case a = make_phantom(settings);
    EXPECT_TRUE(a.voxels == make_phantom(settings).voxels);
    settings.seed = 2;
    const Case b = make_phantom(settings);
    EXPECT_FALSE(a.reference == b.reference);
    EXPECT_TRUE(a.synthetic);
}

// Pinned, so that native and WebAssembly builds, today's and tomorrow's, show the same patient.
TEST(Phantom, TheBuiltInCaseIsTheSameInEveryBuild) {
    const Case subject = make_phantom({});
    std::string digest;
    for (const auto& voxels : subject.voxels) {
        digest += sha256_hex({reinterpret_cast<const std::uint8_t*>(voxels.data()), voxels.size() * sizeof(float)})
                      .substr(0, 8) +
                  " ";
    }
    digest += sha256_hex(*subject.reference).substr(0, 8);
    EXPECT_EQ(digest, "fcbb5215 f459b9c2 00f9a1c0 a0b75922 e5d98bf7");
    std::array<std::size_t, kLabels> counts{};
    for (const std::uint8_t label : *subject.reference) ++counts[label];
    EXPECT_GT(counts[1], 1000u);
    EXPECT_GT(counts[2], 10000u);
    EXPECT_GT(counts[3], 3000u);
}

}  // namespace
}  // namespace shapslice
