#include <gtest/gtest.h>

#include "study/case_summary.h"

namespace shapslice {
namespace {

// A background of -1024 is 0 in the case's voxels: what is shown are still the file's intensities.
TEST(DisplayVoxels, SayTheFilesIntensities) {
    const std::vector<float> voxels{0, 0, 1024, 1124, 2024};
    DisplayScale scale;
    const auto stored = display_voxels(voxels, -1024, scale);
    const std::vector<double> file{-1024, -1024, 0, 100, 1000};
    for (std::size_t n = 0; n < file.size(); ++n) EXPECT_DOUBLE_EQ(scale.slope * stored[n] + scale.intercept, file[n]);
    EXPECT_LT(scale.window_low, scale.window_high);
    EXPECT_DOUBLE_EQ(scale.window_high, 1000);
}

}  // namespace
}  // namespace shapslice
