#include "study/forecast.h"

#include <gtest/gtest.h>

#include "support.h"

namespace shapslice {
namespace {

using testing::manifest_of;

constexpr double kMega = 1e6;

// Of the page besides case, engine and runtime: its own, and what is carried to and fro of a model of four channels
// out.
double page_bytes(double tile_voxels, double whole_voxels) {
    return 600 * kMega + 64 * (tile_voxels + whole_voxels);
}

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
    const Forecast whole = forecast({{&one, {64, 64, 64}, 15, measured}}, 200 * kMega, {4000 * kMega, "x"});
    EXPECT_EQ(whole.runs, 15);
    EXPECT_DOUBLE_EQ(*whole.seconds, 15 * 8 * 0.5);
    const double tile = std::pow(64, 3);
    EXPECT_DOUBLE_EQ(whole.bytes, page_bytes(tile, tile) + (200 + 100 + 8 * 50) * kMega);
    EXPECT_EQ(whole.sentence, "15 runs: about 1 min 0 s and 1.3 GB for case and models here.");
    EXPECT_EQ(whole.warning, "");
    // 96 along one axis: two tiles that overlap by half, of the same memory.
    const Forecast tiled = forecast({{&one, {96, 64, 64}, 15, measured}}, 200 * kMega, {4000 * kMega, "x"});
    EXPECT_DOUBLE_EQ(*tiled.seconds, 2 * *whole.seconds);
    EXPECT_DOUBLE_EQ(tiled.bytes, whole.bytes + 64 * (96 - 64) * 64 * 64);
}

TEST(Forecast, AddsTimesAndTakesTheLargestMemory) {
    const ModelManifest small = manifest_of("small", 1, 1, {64, 64, 64});
    const ModelManifest large = manifest_of("large", 1, 1, {64, 64, 64});
    const WarmUp cheap{{64, 64, 64}, 1, 10 * kMega, 20 * kMega};
    const WarmUp dear{{64, 64, 64}, 3, 10 * kMega, 4200 * kMega};
    const Forecast both = forecast({{&small, {64, 64, 64}, 15, cheap}, {&large, {64, 64, 64}, 30, dear}}, 100 * kMega,
                                   {4000 * kMega, "WebAssembly"});
    EXPECT_DOUBLE_EQ(*both.seconds, 15 + 90);
    EXPECT_DOUBLE_EQ(both.bytes, page_bytes(std::pow(64, 3), std::pow(64, 3)) + 4300 * kMega);
    EXPECT_EQ(both.warning,
              "Model large is expected to need 4.2 GB for its runs; WebAssembly grants 4.0 GB. Choose a model of a "
              "smaller patch or a coarser spacing.");
}

TEST(Forecast, CountsInputAndOutputAtLeast) {
    const ModelManifest one = manifest_of("one", 1, 1, {512, 512, 512});
    const WarmUp nothing_seen{{48, 48, 48}, 0.01, 16 * kMega, 16 * kMega};
    const Forecast vast = forecast({{&one, {512, 512, 512}, 15, nothing_seen}}, 0, {4000 * kMega, "x"});
    const double voxels = std::pow(512, 3);
    EXPECT_DOUBLE_EQ(vast.bytes, page_bytes(voxels, voxels) + 16 * kMega + voxels * 8 * 4);
    EXPECT_NE(vast.warning, "");
    // What the graph asks for counts where a small run has shown less.
    const WarmUp asked{{48, 48, 48}, 0.01, 16 * kMega, 16 * kMega, 0, 100};
    const Forecast by_graph = forecast({{&one, {512, 512, 512}, 15, asked}}, 0, {4000 * kMega, "x"});
    EXPECT_DOUBLE_EQ(by_graph.bytes, page_bytes(voxels, voxels) + 16 * kMega + 1.25 * voxels * 100 * 4);
}

// What was measured on 2026-11-28 in Chromium 156 with two threads, on a real case: the renderer's peak. Of the large
// networks the warm-up's run fits into what loading has left behind, so that the graph must say what a run takes.
TEST(Forecast, ComesNearTheRenderersPeak) {
    struct Measured {
        const char* name;
        Shape tile, whole;
        int channels;
        double held;
        WarmUp warm_up;
        double peak;
    };
    const Shape brain{144, 176, 144};
    const Shape small{32, 32, 32};
    const std::array rows{
        Measured{"U-Net 2 mm",
                 {72, 96, 72},
                 {72, 96, 72},
                 4,
                 412 * kMega,
                 {{48, 48, 48}, 1, 16.8 * kMega, 66.1 * kMega, 1.5 * kMega, 48},
                 1304 * kMega},
        Measured{"nnU-Net, 31 M weights",
                 {128, 128, 128},
                 brain,
                 3,
                 677 * kMega,
                 {small, 1, 335 * kMega, 335 * kMega, 125 * kMega, 128},
                 3335 * kMega},
        Measured{"nnU-Net, 124 M weights",
                 {128, 128, 128},
                 brain,
                 3,
                 1693 * kMega,
                 {small, 1, 1171 * kMega, 1171 * kMega, 497 * kMega, 128},
                 7695 * kMega},
    };
    for (const Measured& row : rows) {
        ModelManifest manifest = manifest_of("m", 1, 1, row.tile);
        manifest.output_channels = row.channels;
        const Forecast found = forecast({{&manifest, row.whole, 15, row.warm_up}}, row.held, {4295 * kMega, "x"});
        EXPECT_NEAR(found.bytes / row.peak, 1, 0.3) << row.name;
        EXPECT_EQ(found.warning, "") << row.name;
    }
}

TEST(Forecast, WarnsOfAMachineThatIsTooSmall) {
    const ModelManifest one = manifest_of("one", 1, 1, {64, 64, 64});
    const WarmUp measured{{64, 64, 64}, 1, 900 * kMega, 1900 * kMega, 200 * kMega};
    const auto warning = [&](double machine) {
        return forecast({{&one, {64, 64, 64}, 15, measured}}, 500 * kMega, {4295 * kMega, "x", machine}).warning;
    };
    EXPECT_EQ(
        warning(4000 * kMega),
        "The page is expected to need 4.0 GB with Model one; this machine has 4.0 GB. Choose a model of a smaller "
        "patch or a coarser spacing.");
    EXPECT_EQ(warning(4300 * kMega), "");
    EXPECT_EQ(warning(0), "");
}

TEST(Forecast, SaysWhatIsNotMeasuredAndWhatIsDone) {
    const ModelManifest one = manifest_of("one", 1);
    const Forecast open = forecast({{&one, {64, 64, 64}, 15, std::nullopt}}, 0, {4000 * kMega, "x"});
    EXPECT_FALSE(open.seconds);
    EXPECT_EQ(open.sentence, "15 runs; not measured here yet.");
    EXPECT_EQ(forecast({{&one, {64, 64, 64}, 0, std::nullopt}}, 0, {1, "x"}).sentence, "Nothing is left to run.");
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
