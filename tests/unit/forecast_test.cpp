#include "study/forecast.h"

#include <gtest/gtest.h>

#include "support.h"

namespace shapslice {
namespace {

using testing::manifest_of;

constexpr double kMega = 1e6;

TEST(Forecast, WarmsUpOnAFixedPatchOrASmallOne) {
    ModelManifest open = manifest_of("open", 1, 1, {96, 112, 96});
    open.multiple = 8;
    EXPECT_EQ(warm_up_shape(open), (Shape{48, 48, 48}));
    open.multiple = 32;
    EXPECT_EQ(warm_up_shape(open), (Shape{32, 32, 32}));
    open.multiple = 8;
    open.patch = {16, 112, 24};
    EXPECT_EQ(warm_up_shape(open), (Shape{16, 48, 24}));
    open.fixed_patch = true;
    EXPECT_EQ(warm_up_shape(open), open.patch);
}

TEST(Forecast, GrowsWithVoxelsTilesAndRuns) {
    const ModelManifest one = manifest_of("one", 1, 1, {64, 64, 64});
    const WarmUp measured{{32, 32, 32}, 0.5, 100 * kMega, 150 * kMega};
    // One tile of 64 x 64 x 64: eight times the voxels measured.
    const Forecast whole = forecast({{&one, {64, 64, 64}, 15, measured}}, 200 * kMega, 4000 * kMega, "x");
    EXPECT_EQ(whole.runs, 15);
    EXPECT_DOUBLE_EQ(*whole.seconds, 15 * 8 * 0.5);
    EXPECT_DOUBLE_EQ(whole.bytes, (200 + 100 + 8 * 50) * kMega);
    EXPECT_EQ(whole.sentence, "15 runs: about 1 min 0 s and 700 MB for case and models here.");
    EXPECT_EQ(whole.warning, "");
    // 96 along one axis: two tiles that overlap by half, of the same memory.
    const Forecast tiled = forecast({{&one, {96, 64, 64}, 15, measured}}, 200 * kMega, 4000 * kMega, "x");
    EXPECT_DOUBLE_EQ(*tiled.seconds, 2 * *whole.seconds);
    EXPECT_DOUBLE_EQ(tiled.bytes, whole.bytes);
}

TEST(Forecast, AddsTimesAndTakesTheLargestMemory) {
    const ModelManifest small = manifest_of("small", 1, 1, {64, 64, 64});
    const ModelManifest large = manifest_of("large", 1, 1, {64, 64, 64});
    const WarmUp cheap{{64, 64, 64}, 1, 10 * kMega, 20 * kMega};
    const WarmUp dear{{64, 64, 64}, 3, 10 * kMega, 4200 * kMega};
    const Forecast both = forecast({{&small, {64, 64, 64}, 15, cheap}, {&large, {64, 64, 64}, 30, dear}}, 100 * kMega,
                                   4000 * kMega, "WebAssembly");
    EXPECT_DOUBLE_EQ(*both.seconds, 15 + 90);
    EXPECT_DOUBLE_EQ(both.bytes, 4300 * kMega);
    EXPECT_EQ(both.warning,
              "Model large is expected to need 4.2 GB for its runs; WebAssembly grants 4.0 GB. Choose a model of a "
              "smaller patch or a coarser spacing.");
}

TEST(Forecast, CountsInputAndOutputAtLeast) {
    const ModelManifest one = manifest_of("one", 1, 1, {512, 512, 512});
    const WarmUp nothing_seen{{48, 48, 48}, 0.01, 16 * kMega, 16 * kMega};
    const Forecast vast = forecast({{&one, {512, 512, 512}, 15, nothing_seen}}, 0, 4000 * kMega, "x");
    EXPECT_DOUBLE_EQ(vast.bytes, 16 * kMega + std::pow(512, 3) * 8 * 4);
    EXPECT_NE(vast.warning, "");
}

TEST(Forecast, SaysWhatIsNotMeasuredAndWhatIsDone) {
    const ModelManifest one = manifest_of("one", 1);
    const Forecast open = forecast({{&one, {64, 64, 64}, 15, std::nullopt}}, 0, 4000 * kMega, "x");
    EXPECT_FALSE(open.seconds);
    EXPECT_EQ(open.sentence, "15 runs; not measured here yet.");
    EXPECT_EQ(forecast({{&one, {64, 64, 64}, 0, std::nullopt}}, 0, 1, "x").sentence, "Nothing is left to run.");
}

TEST(Forecast, Words) {
    EXPECT_EQ(duration_words(44.6), "45 s");
    EXPECT_EQ(duration_words(200), "3 min 20 s");
    EXPECT_EQ(duration_words(3900), "1 h 5 min");
    EXPECT_EQ(size_words(849.6e6), "850 MB");
    EXPECT_EQ(size_words(999e6), "1.0 GB");
}

}  // namespace
}  // namespace shapslice
