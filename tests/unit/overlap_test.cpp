// Counting label pairs and Dice (METHOD 2.1, 2.4).
#include "metrics/overlap.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

namespace shapslice {
namespace {

using Labels = std::vector<std::uint8_t>;

Confusion count_plainly(std::span<const std::uint8_t> reference, std::span<const std::uint8_t> predicted) {
    Confusion counts{};
    for (std::size_t n = 0; n < reference.size(); ++n) ++counts[reference[n]][predicted[n]];
    return counts;
}

// Labels that are background with the given chance out of 256.
Labels random_labels(std::size_t voxels, unsigned background, std::mt19937& random) {
    Labels labels(voxels);
    for (auto& label : labels) {
        const auto draw = static_cast<unsigned>(random());
        label = (draw & 255) < background ? 0 : static_cast<std::uint8_t>(draw >> 8 & 3);
    }
    return labels;
}

TEST(Overlap, CountsWhatAPlainLoopCounts) {
    std::mt19937 random(1);
    for (const unsigned background : {0u, 128u, 250u, 255u, 256u}) {
        for (std::size_t voxels = 0; voxels < 200; ++voxels) {
            const Labels reference = random_labels(voxels, background, random);
            const Labels predicted = random_labels(voxels, background, random);
            EXPECT_EQ(count_overlap(reference, predicted), count_plainly(reference, predicted)) << voxels;
        }
    }
}

// The background shortcut must see a single voxel at every place of a block, in either map.
TEST(Overlap, FindsOneVoxelAnywhere) {
    constexpr std::size_t kVoxels = 77;
    for (std::size_t at = 0; at < kVoxels; ++at) {
        Labels one(kVoxels, 0);
        one[at] = 3;
        const Labels none(kVoxels, 0);
        Confusion missed{};
        missed[0][0] = kVoxels - 1;
        missed[3][0] = 1;
        EXPECT_EQ(count_overlap(one, none), missed) << at;
        Confusion invented{};
        invented[0][0] = kVoxels - 1;
        invented[0][3] = 1;
        EXPECT_EQ(count_overlap(none, one), invented) << at;
    }
}

TEST(Overlap, DoesNotNeedAlignedMaps) {
    std::mt19937 random(2);
    const Labels reference = random_labels(1000, 200, random);
    const Labels predicted = random_labels(1000, 200, random);
    for (std::size_t a = 0; a < 9; ++a) {
        for (std::size_t b = 0; b < 9; ++b) {
            const auto r = std::span(reference).subspan(a, 900);
            const auto p = std::span(predicted).subspan(b, 900);
            EXPECT_EQ(count_overlap(r, p), count_plainly(r, p)) << a << ' ' << b;
        }
    }
}

TEST(Overlap, CountsALargeSparseVolume) {
    std::mt19937 random(3);
    Labels reference(1'000'003, 0);
    Labels predicted(reference.size(), 0);
    for (int n = 0; n < 5000; ++n) {
        reference[random() % reference.size()] = static_cast<std::uint8_t>(random() & 3);
        predicted[random() % reference.size()] = static_cast<std::uint8_t>(random() & 3);
    }
    EXPECT_EQ(count_overlap(reference, predicted), count_plainly(reference, predicted));
}

TEST(Dice, OfAWorkedExample) {
    //                     NCR      ED       ET       -
    const Labels reference{1, 1, 2, 2, 2, 2, 3, 3, 3, 0, 0, 0};
    const Labels predicted{1, 3, 2, 2, 2, 0, 3, 3, 1, 2, 0, 3};
    const PerRegion<double> dices = dice_of_regions(count_overlap(reference, predicted));
    EXPECT_DOUBLE_EQ(dices[0], 2.0 * 2 / (3 + 4));   // ET
    EXPECT_DOUBLE_EQ(dices[1], 2.0 * 1 / (2 + 2));   // NCR
    EXPECT_DOUBLE_EQ(dices[2], 2.0 * 3 / (4 + 4));   // ED
    EXPECT_DOUBLE_EQ(dices[3], 2.0 * 5 / (5 + 6));   // TC
    EXPECT_DOUBLE_EQ(dices[4], 2.0 * 8 / (9 + 10));  // WT
}

TEST(Dice, EqualsThePlainDefinitionOnRandomMaps) {
    std::mt19937 random(4);
    for (int n = 0; n < 100; ++n) {
        const Labels reference = random_labels(300, 150, random);
        const Labels predicted = random_labels(300, 150, random);
        const Confusion counts = count_overlap(reference, predicted);
        for (int r = 0; r < kRegions; ++r) {
            const auto region = static_cast<Region>(r);
            int in_both = 0, in_either = 0;
            for (std::size_t v = 0; v < reference.size(); ++v) {
                const bool a = in_region(reference[v], region);
                const bool b = in_region(predicted[v], region);
                in_both += a && b;
                in_either += a || b;
            }
            // |A| + |B| = |A or B| + |A and B|.
            EXPECT_DOUBLE_EQ(dice(counts, region), 2.0 * in_both / (in_either + in_both));
        }
    }
}

TEST(Dice, OfAMapWithItselfIsOneInEveryRegion) {
    std::mt19937 random(5);
    const Labels labels = random_labels(500, 100, random);
    for (const double value : dice_of_regions(count_overlap(labels, labels))) EXPECT_EQ(value, 1.0);
}

// METHOD 2.4 for each of the five regions: in neither map 1, in exactly one 0.
TEST(Dice, OfAnAbsentRegion) {
    const Labels background(40, 0);
    for (const double value : dice_of_regions(count_overlap(background, background))) EXPECT_EQ(value, 1.0);
    for (std::uint8_t label = 1; label < kLabels; ++label) {
        Labels stray = background;
        stray[17] = label;
        const Confusion invented = count_overlap(background, stray);
        const Confusion missed = count_overlap(stray, background);
        for (int r = 0; r < kRegions; ++r) {
            const auto region = static_cast<Region>(r);
            const double expected = in_region(label, region) ? 0.0 : 1.0;
            EXPECT_EQ(dice(invented, region), expected) << kRegionNames[static_cast<std::size_t>(r)] << " invented";
            EXPECT_EQ(dice(missed, region), expected) << kRegionNames[static_cast<std::size_t>(r)] << " missed";
        }
    }
}

TEST(Dice, OfNoVoxelsIsOne) {
    for (const double value : dice_of_regions(count_overlap({}, {}))) EXPECT_EQ(value, 1.0);
}

// Presence is the reference's: what only the model says does not count (METHOD 2.4).
TEST(Overlap, TellsWhichRegionsTheReferenceHolds) {
    const Labels everything{1, 2, 3, 0};
    //                              ET     NCR    ED     TC     WT
    const PerRegion<bool> of_background{false, false, false, false, false};
    const PerRegion<bool> of_ncr{false, true, false, true, true};
    const PerRegion<bool> of_ed{false, false, true, false, true};
    const PerRegion<bool> of_et{true, false, false, true, true};
    EXPECT_EQ(regions_in_reference(count_overlap(Labels{0, 0, 0, 0}, everything)), of_background);
    EXPECT_EQ(regions_in_reference(count_overlap(Labels{0, 1, 0, 0}, everything)), of_ncr);
    EXPECT_EQ(regions_in_reference(count_overlap(Labels{0, 2, 0, 0}, everything)), of_ed);
    EXPECT_EQ(regions_in_reference(count_overlap(Labels{0, 3, 0, 0}, everything)), of_et);
}

}  // namespace
}  // namespace shapslice
