#include "image/prepare.h"

#include <gtest/gtest.h>

#include "support.h"

namespace shapslice {
namespace {

using testing::small_case;

// METHOD 8.3 and the sampling rule of prepare.h, voxel by voxel and in double precision.
double plain_sample(const Case& subject, std::size_t contrast, const Prepared& prepared, int i, int j, int k) {
    double sum = 0, squares = 0;
    int count = 0;
    for (const float v : subject.voxels[contrast]) {
        if (v == 0) continue;
        sum += static_cast<double>(v);
        ++count;
    }
    const double mean = sum / count;
    for (const float v : subject.voxels[contrast])
        squares += v != 0 ? (static_cast<double>(v) - mean) * (static_cast<double>(v) - mean) : 0;
    const double deviation = std::sqrt(squares / count);
    double value = 0;
    const std::array<int, 3> at{i, j, k};
    for (int corner = 0; corner < 8; ++corner) {
        double weight = 1;
        std::array<int, 3> voxel{};
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const int extent = prepared.box.extent()[axis];
            const double x = std::clamp((at[axis] + 0.5) * prepared.spacing[axis] / prepared.case_spacing[axis] - 0.5,
                                        0.0, extent - 1.0);
            const int low = static_cast<int>(std::floor(x));
            const bool high = corner >> axis & 1;
            weight *= high ? x - low : 1 - (x - low);
            voxel[axis] = prepared.box.low[axis] + std::min(low + high, extent - 1);
        }
        const float v = subject.voxels[contrast][subject.grid.index(voxel[0], voxel[1], voxel[2])];
        value += weight * (v != 0 ? (static_cast<double>(v) - mean) / deviation : 0);
    }
    return value;
}

TEST(Prepare, IsTheMethodVoxelByVoxel) {
    const Case subject = small_case({15, 11, 9});
    for (const std::array<double, 3>& spacing : {std::array{1.0, 1.0, 1.0}, {2.0, 2.0, 2.0}, {1.7, 0.8, 2.5}}) {
        const auto prepared = prepare(subject, spacing, 4);
        ASSERT_TRUE(prepared);
        EXPECT_EQ(prepared->box.low, (Shape{1, 1, 1}));
        EXPECT_EQ(prepared->box.high, (Shape{14, 10, 8}));
        const Shape& padded = prepared->padded;
        for (std::size_t axis = 0; axis < 3; ++axis) EXPECT_EQ(padded[axis] % 4, 0);
        for (std::size_t c = 0; c < kContrasts; ++c) {
            for (int k = 0; k < padded[2]; ++k) {
                for (int j = 0; j < padded[1]; ++j) {
                    for (int i = 0; i < padded[0]; ++i) {
                        const bool inside =
                            i < prepared->content[0] && j < prepared->content[1] && k < prepared->content[2];
                        const double wanted = inside ? plain_sample(subject, c, *prepared, i, j, k) : 0;
                        const std::size_t at = c * voxel_count(padded) + Grid{padded}.index(i, j, k);
                        ASSERT_NEAR(static_cast<double>(prepared->channels[at]), wanted, 2e-6);
                    }
                }
            }
        }
    }
}

TEST(Prepare, AConstantContrastBecomesZero) {
    Case subject = small_case();
    for (float& v : subject.voxels[1]) v = v != 0 ? 5.0f : 0.0f;
    const auto prepared = prepare(subject, {1, 1, 1}, 1);
    ASSERT_TRUE(prepared);
    const std::size_t voxels = voxel_count(prepared->padded);
    for (std::size_t n = voxels; n < 2 * voxels; ++n) EXPECT_EQ(prepared->channels[n], 0.0f);
}

TEST(Prepare, AnEmptyCaseIsAnError) {
    Case subject = small_case();
    for (auto& voxels : subject.voxels) voxels.assign(voxels.size(), 0.0f);
    EXPECT_FALSE(prepare(subject, {1, 1, 1}, 1));
}

TEST(PrepareLabels, AreFractionsThatSumToOne) {
    const Case subject = small_case();
    const auto prepared = prepare(subject, {2, 2, 2}, 8);
    const auto fractions = prepare_labels(*subject.reference, subject.grid, *prepared);
    const std::size_t voxels = voxel_count(prepared->padded);
    double tumour = 0;
    for (std::size_t v = 0; v < voxels; ++v) {
        float sum = 0;
        for (std::size_t label = 0; label < kLabels; ++label) sum += fractions[label * voxels + v];
        ASSERT_NEAR(sum, 1, 1e-6);
        tumour += 1 - static_cast<double>(fractions[v]);
    }
    EXPECT_GT(tumour, 5);  // 125 voxels of 1 mm are 15.6 of 2 mm
    EXPECT_LT(tumour, 20);
}

// At the case's own spacing restoring the labels' own fractions gives the labels back.
TEST(RestoreLabels, UndoesPreparation) {
    const Case subject = small_case({13, 9, 10});
    const auto prepared = prepare(subject, {1, 1, 1}, 8);
    const auto fractions = prepare_labels(*subject.reference, subject.grid, *prepared);
    EXPECT_EQ(restore_labels(fractions, *prepared, subject.grid), *subject.reference);
}

// Linear between voxel centres, argmax at each voxel of the box: against a plain loop.
TEST(RestoreLabels, IsTheMethodVoxelByVoxel) {
    const Case subject = small_case({14, 12, 10});
    const auto prepared = prepare(subject, {2, 2, 2}, 4);
    const std::size_t voxels = voxel_count(prepared->padded);
    std::vector<float> probabilities(kLabels * voxels);
    Random random(11);
    for (float& p : probabilities) p = static_cast<float>(random.between(0, 1));
    const auto labels = restore_labels(probabilities, *prepared, subject.grid);
    int near_ties = 0;
    for (int k = 0; k < subject.grid.shape[2]; ++k) {
        for (int j = 0; j < subject.grid.shape[1]; ++j) {
            for (int i = 0; i < subject.grid.shape[0]; ++i) {
                const std::array<int, 3> at{i, j, k};
                bool inside = true;
                std::array<double, 4> values{};
                for (int corner = 0; corner < 8; ++corner) {
                    double weight = 1;
                    std::array<int, 3> voxel{};
                    for (std::size_t axis = 0; axis < 3; ++axis) {
                        const int off = at[axis] - prepared->box.low[axis];
                        inside = inside && off >= 0 && off < prepared->box.extent()[axis];
                        const double x = std::clamp((off + 0.5) / 2 - 0.5, 0.0, prepared->content[axis] - 1.0);
                        const int low = static_cast<int>(x);
                        const bool high = corner >> axis & 1;
                        weight *= high ? x - low : 1 - (x - low);
                        voxel[axis] = std::min(low + high, prepared->content[axis] - 1);
                    }
                    for (std::size_t label = 0; label < 4; ++label) {
                        values[label] +=
                            weight *
                            static_cast<double>(probabilities[label * voxels + Grid{prepared->padded}.index(
                                                                                   voxel[0], voxel[1], voxel[2])]);
                    }
                }
                const std::uint8_t found = labels[subject.grid.index(i, j, k)];
                if (!inside) {
                    ASSERT_EQ(found, 0);
                    continue;
                }
                const double best = *std::max_element(values.begin(), values.end());
                near_ties += values[found] != best;
                ASSERT_NEAR(values[found], best, 1e-6);
            }
        }
    }
    EXPECT_LE(near_ties, 2);
}

}  // namespace
}  // namespace shapslice
