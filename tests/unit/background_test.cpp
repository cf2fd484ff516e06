#include "image/background.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace shapslice {
namespace {

constexpr Shape kShape{24, 20, 18};

// A ball of brain, 200 to 1000, in zeros.
std::vector<float> ball() {
    const Grid grid{kShape};
    std::vector<float> voxels(grid.size(), 0.0f);
    Random random(5);
    for (int k = 0; k < kShape[2]; ++k) {
        for (int j = 0; j < kShape[1]; ++j) {
            for (int i = 0; i < kShape[0]; ++i) {
                if (std::hypot(i - 11.5, j - 9.5, k - 8.5) < 7)
                    voxels[grid.index(i, j, k)] = static_cast<float>(200 + std::floor(800 * random.between(0, 1)));
            }
        }
    }
    return voxels;
}

// What of an image counts as brain once its background is cleared.
std::vector<bool> brain_of(std::vector<float> voxels) {
    clear_background(voxels, find_background(voxels, kShape));
    std::vector<bool> brain;
    for (const float v : voxels) brain.push_back(v != 0);
    return brain;
}

std::vector<float> changed(auto change) {
    std::vector<float> voxels = ball();
    Random random(9);
    for (float& v : voxels) v = change(v, random);
    return voxels;
}

TEST(Background, ZerosLeaveTheImageAsItIs) {
    std::vector<float> voxels = ball();
    const Grid grid{kShape};
    voxels[grid.index(11, 9, 8)] = 0;      // a hole in the brain
    voxels[grid.index(11, 9, 2)] = -40;    // an interpolation's overshoot
    voxels[grid.index(11, 9, 15)] = 0.5f;  // the brain's darkest voxel
    const Background found = find_background(voxels, kShape);
    EXPECT_TRUE(found.exact);
    std::vector<float> cleared = voxels;
    clear_background(cleared, found);
    EXPECT_EQ(cleared, voxels);
}

TEST(Background, IsFoundWhateverItsValue) {
    const std::vector<bool> brain = brain_of(ball());
    EXPECT_EQ(brain_of(changed([](float v, Random&) { return v - 0.001f; })), brain);
    EXPECT_EQ(brain_of(changed([](float v, Random&) { return v - 1024; })), brain);
    EXPECT_EQ(brain_of(changed([](float v, Random&) { return v * 0.003f - 0.7f; })), brain);  // z-scored as a whole
    EXPECT_EQ(brain_of(changed([](float v, Random&) { return 1000 - v; })), brain);           // inverted
    EXPECT_EQ(brain_of(changed([](float v, Random& r) { return v + static_cast<float>(r.between(-0.0001, 0.0001)); })),
              brain);
    EXPECT_EQ(brain_of(changed([](float v, Random& r) { return v + static_cast<float>(r.between(-4, 4)); })), brain);
}

TEST(Background, OvershootBeyondItIsNoBrain) {
    const std::vector<bool> brain = brain_of(ball());
    const Grid grid{kShape};
    std::vector<float> ringing =
        changed([](float v, Random& r) { return v + static_cast<float>(r.between(-1e-4, 1e-4)); });
    for (int j = 8; j < 12; ++j) ringing[grid.index(4, j, 8)] = -60;  // beside the brain's edge at i = 5
    EXPECT_EQ(brain_of(ringing), brain);
}

TEST(Background, ABrainsVoxelOfItsValueStaysBrain) {
    std::vector<float> voxels = changed([](float v, Random&) { return v - 1024; });
    const Grid grid{kShape};
    voxels[grid.index(11, 9, 8)] = -1024;
    clear_background(voxels, find_background(voxels, kShape));
    EXPECT_EQ(voxels[grid.index(11, 9, 8)], kBrainZero);
}

TEST(Background, NegativeIntensitiesAroundZeroAreBrain) {
    // z-scored over the brain alone: half of it is below the background's 0.
    const auto scored = changed([](float v, Random&) { return v == 0 ? 0.0f : (v - 600) / 230; });
    const Background found = find_background(scored, kShape);
    EXPECT_TRUE(found.exact);
}

TEST(Background, ImagesOfOneValueAndWithoutBackgroundAreLeftAlone) {
    EXPECT_TRUE(find_background(std::vector<float>(voxel_count(kShape), 4.0f), kShape).exact);
    Random random(2);
    std::vector<float> noise(voxel_count(kShape));
    for (float& v : noise) v = static_cast<float>(random.between(100, 1000));
    EXPECT_TRUE(find_background(noise, kShape).exact);
}

}  // namespace
}  // namespace shapslice
