// A real case whose brightest voxels are brighter than any that the shipped U-Net was measured on, as they are where no
// percentile was cut off. In whole numbers by the stored ranges alone its segmentation was another one, in silence.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "convnet/calibration.h"
#include "convnet/fast_network.h"
#include "image/prepare.h"
#include "inference/probabilities.h"
#include "inference/segment.h"
#include "metrics/overlap.h"
#include "network/network.h"
#include "study/open_case.h"

// Five runs of a whole brain: natively, where they take seconds.
#if !defined(__EMSCRIPTEN__) && !__has_feature(address_sanitizer)

namespace shapslice::convnet {
namespace {

namespace fs = std::filesystem;

std::vector<std::uint8_t> bytes_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

Expected<Case> open_folder(const fs::path& folder) {
    CaseOpening opening;
    for (const auto& [ending, role] : {std::pair{"t1c", FileRole::t1c},
                                       {"t1n", FileRole::t1n},
                                       {"t2f", FileRole::t2f},
                                       {"t2w", FileRole::t2w},
                                       {"seg", FileRole::segmentation}}) {
        const std::string name = folder.filename().string() + "-" + ending + ".nii.gz";
        if (const auto added = opening.add(name, role, bytes_of(folder / name), {}); !added)
            return tl::make_unexpected(added.error());
    }
    return opening.finish();
}

void brighten(std::vector<float>& voxels, double share, float factor) {
    std::vector<float> brain;
    std::copy_if(voxels.begin(), voxels.end(), std::back_inserter(brain), [](float x) { return x != 0; });
    const auto at = brain.begin() + static_cast<std::ptrdiff_t>(double(brain.size()) * (1 - share));
    std::nth_element(brain.begin(), at, brain.end());
    const float least = *at;
    for (float& x : voxels) {
        if (x != 0 && x >= least) x *= factor;
    }
}

double dice(const Case& subject, const std::vector<std::uint8_t>& labels, Region region) {
    const Confusion counts = count_overlap(*subject.reference, labels);
    double both = 0, either = 0;
    for (std::uint8_t reference = 0; reference < kLabels; ++reference) {
        for (std::uint8_t predicted = 0; predicted < kLabels; ++predicted) {
            const bool there = reference && in_region(reference, region);
            const bool found = predicted && in_region(predicted, region);
            const auto voxels = static_cast<double>(counts[reference][predicted]);
            both += there && found ? 2 * voxels : 0;
            either += (there + found) * voxels;
        }
    }
    return either > 0 ? both / either : 1;
}

TEST(BrightCase, FastIsExactBeyondTheStoredRanges) {
    const fs::path models = SHAPSLICE_MODELS;
    const fs::path folder = fs::path(SHAPSLICE_CASES) / "train/BraTS-SSA-00012-000";
    if (!fs::exists(folder)) GTEST_SKIP() << folder << " is not there";
    auto subject = open_folder(folder);
    ASSERT_TRUE(subject) << subject.error().sentence;
    brighten(subject->voxels[0], 0.001, 3.5f);
    const auto text = bytes_of(models / "unet/model.json");
    const Json json = Json::parse(std::string(text.begin(), text.end()));
    const auto manifest = read_manifest("model.json", json);
    ASSERT_TRUE(manifest);
    constexpr int kFold = 1;
    constexpr auto kAllButT2w = static_cast<Coalition>(0b0111);
    const auto prepared = prepare(*subject, manifest->view());
    ASSERT_TRUE(prepared);
    EXPECT_TRUE(leaves_ranges(*manifest, kFold, *prepared));
    const auto network = Network::parse("fold", bytes_of(models / "unet" / manifest->folds[kFold].file));
    const auto [i, j, k] = prepared->padded;
    const auto graph = read_graph("fold", *network, {k, j, i});
    ASSERT_TRUE(graph);
    const Ranges stored = *ranges_from_json(json["folds"][kFold]["activations"]);
    const std::size_t voxels = voxel_count(prepared->padded);
    std::vector<float> input(kContrasts * voxels), output(kLabels * voxels), probabilities(kLabels * voxels);
    const auto value = [&](Region region) {
        label_probabilities_to_restore(*manifest, output, prepared->padded, probabilities);
        return dice(*subject, restore_labels(probabilities, *prepared, subject->grid, decision_of(*manifest)), region);
    };
    FastNetwork fast(*graph, stored);
    coalition_input(*prepared, {}, *manifest, kAllContrasts, input);
    const Ranges of_case = fast.widened_by(input);
    coalition_input(*prepared, {}, *manifest, kAllButT2w, input);

    Executor(make_plan(*graph)).run(input, output);
    const double exact_et = value(Region::ET), exact_wt = value(Region::WT);
    Executor cut(make_plan(*graph, stored));
    cut.run(input, output);
    EXPECT_GT(std::abs(value(Region::ET) - exact_et) + std::abs(value(Region::WT) - exact_wt), 0.03);
    EXPECT_TRUE(fast.run(input, output).again);
    EXPECT_EQ(value(Region::ET), exact_et);
    FastNetwork measured(*graph, of_case);
    EXPECT_FALSE(measured.run(input, output).again);
    EXPECT_NEAR(value(Region::ET), exact_et, 0.01);
    EXPECT_NEAR(value(Region::WT), exact_wt, 0.01);
}

}  // namespace
}  // namespace shapslice::convnet

#endif
