// Each kernel against plain loops in double precision, on random shapes: a row of one voxel, channels that are no
// multiple of eight, every block of voxels and outputs.
#include <gtest/gtest.h>

#include <limits>

#include "convnet/filters.h"
#include "convnet/kernels/conv_row.h"
#include "convnet/kernels/finish_row.h"
#include "convnet/kernels/pack_weights.h"
#include "convnet/kernels/resample_row.h"
#include "convnet/kernels/simd.h"
#include "convnet/kernels/stage_row.h"
#include "convnet/kernels/winograd_row.h"
#include "convnet/phases.h"
#include "networks.h"

namespace shapslice::convnet {
namespace {

using testing::Random;

template <class Element>
std::vector<Element> activations(Random& random, std::size_t count) {
    std::vector<Element> made(count);
    for (Element& each : made) {
        if constexpr (std::is_same_v<Element, float>) {
            each = static_cast<float>(random.between(-2.0, 2.0));
        } else {
            each = static_cast<Element>(random.between(0, 127));
        }
    }
    return made;
}

// A row of `voxels` outputs from staged rows, by the definition.
template <class Element>
std::vector<double> plain_row(const Filters& f, const std::vector<std::vector<Element>>& rows, int stride, int voxels,
                              double scale) {
    const int padded = padded_channels(f.inputs);
    std::vector<double> sums;
    for (int v = 0; v < voxels; ++v) {
        for (int o = 0; o < f.outputs; ++o) {
            double sum = 0;
            for (int r = 0; r < static_cast<int>(rows.size()); ++r) {
                for (int ii = 0; ii < f.kernel[2]; ++ii) {
                    for (int c = 0; c < f.inputs; ++c) {
                        const auto at = static_cast<std::size_t>(
                            ((o * f.inputs + c) * static_cast<int>(rows.size()) + r) * f.kernel[2] + ii);
                        const double weight =
                            std::is_same_v<Element, float> ? double(f.values[at]) : double(f.whole[at]);
                        sum += weight * double(rows[static_cast<std::size_t>(r)]
                                                   [static_cast<std::size_t>((v * stride + ii) * padded + c)]);
                    }
                }
            }
            sums.push_back(sum * scale);
        }
    }
    return sums;
}

template <class Element>
void check_convolved_rows(double tolerance) {
    testing::GraphBuilder builder(11, {1, {1, 1, 1}});
    Random& random = builder.random;
    for (int round = 0; round < 200; ++round) {
        const std::array kernel{random.between(1, 3), random.between(1, 3), random.between(1, 3)};
        const int inputs = random.between(1, 21), outputs = random.between(1, 21);
        const int voxels = round < 20 ? round + 1 : random.between(1, 40), stride = random.between(1, 3);
        const Filters filters = builder.filters(outputs, inputs, kernel);
        const int padded = padded_channels(inputs), padded_outputs = padded_channels(outputs);
        std::vector<std::vector<Element>> rows;
        std::vector<const Element*> pointers;
        for (int r = 0; r < kernel[0] * kernel[1]; ++r) {
            const int length = ((voxels - 1) * stride + kernel[2]) * padded;
            rows.push_back(activations<Element>(random, static_cast<std::size_t>(length)));
        }
        for (const auto& row : rows) pointers.push_back(row.data());
        const auto weights = pack_weights<Element>(filters, 0, inputs);
        ASSERT_EQ(weights.size(),
                  static_cast<std::size_t>(kernel[0] * kernel[1] * kernel[2] * padded * padded_outputs));
        std::vector<float> found(static_cast<std::size_t>(voxels * padded_outputs), 5.0f);
        const std::vector<float> scales(static_cast<std::size_t>(padded_outputs), 0.25f);
        const std::vector<float> offsets(static_cast<std::size_t>(padded_outputs), -2.0f);
        RowConvolution<Element> row;
        row.rows = pointers.data();
        row.row_count = kernel[0] * kernel[1];
        row.run = kernel[2] * padded;
        row.step = stride * padded;
        row.weights = weights.data();
        row.voxels = voxels;
        row.outputs = padded_outputs;
        row.to_step = padded_outputs;
        row.scales = scales.data();
        row.offsets = offsets.data();
        row.accumulate = round % 2 == 1;
        row.to = found.data();
        convolve_row(row);
        const auto expected = plain_row(filters, rows, stride, voxels, 0.25);
        for (int v = 0; v < voxels; ++v) {
            for (int o = 0; o < padded_outputs; ++o) {
                const double sum = o < outputs ? expected[static_cast<std::size_t>(v * outputs + o)] : 0;
                ASSERT_NEAR(double(found[static_cast<std::size_t>(v * padded_outputs + o)]),
                            sum - 2 + (row.accumulate ? 5 : 0), tolerance)
                    << "round " << round << ", voxel " << v << ", output " << o;
            }
        }
    }
}

TEST(ConvolveRow, Floats) {
    check_convolved_rows<float>(1e-3);
}
// Sums of whole numbers are exact; only what they are scaled and added to is rounded.
TEST(ConvolveRow, WholeNumbersIn16Bits) {
    check_convolved_rows<std::int16_t>(0.07);
}
TEST(ConvolveRow, WholeNumbersIn8Bits) {
    check_convolved_rows<std::int8_t>(0.07);
}

// The largest sums that 7 and 8 bits can make, in every lane.
TEST(ConvolveRow, LargestWholeNumbersDoNotOverflow) {
    constexpr int kChannels = 64, kOutputs = 8, kVoxels = 7;
    const std::vector<std::int8_t> values(kChannels * kVoxels, 127), weights(kChannels * kOutputs, -128);
    const std::vector<std::int16_t> wide_values(values.begin(), values.end()),
        wide_weights(weights.begin(), weights.end());
    std::vector<float> found(kVoxels * kOutputs), wide_found(kVoxels * kOutputs);
    const std::int8_t* row = values.data();
    const std::int16_t* wide_row = wide_values.data();
    const std::vector<float> ones(kOutputs, 1), zeros(kOutputs, 0);
    convolve_row(RowConvolution<std::int8_t>{&row, 1, kChannels, kChannels, weights.data(), kVoxels, kOutputs,
                                             ones.data(), zeros.data(), false, found.data(), kOutputs});
    convolve_row(RowConvolution<std::int16_t>{&wide_row, 1, kChannels, kChannels, wide_weights.data(), kVoxels,
                                              kOutputs, ones.data(), zeros.data(), false, wide_found.data(), kOutputs});
    EXPECT_EQ(found, std::vector<float>(kVoxels * kOutputs, -127.0f * 128 * kChannels));
    EXPECT_EQ(wide_found, found);
}

// Two thirds of the products, the same sums: whole numbers up to the largest that are allowed, rows of any length.
TEST(WinogradRow, GivesTheSumsOfTheDefinition) {
    Random random(5);
    for (int round = 0; round < 80; ++round) {
        testing::GraphBuilder builder(static_cast<unsigned>(round), {1, {1, 1, 1}});
        const Filters f = builder.filters(random.between(1, 13), random.between(1, 9), {1, random.between(1, 3), 3});
        const int voxels = random.between(1, 13), tiles = (voxels + 1) / 2;
        const int channels = padded_channels(f.inputs), outputs = padded_channels(f.outputs);
        std::vector<std::vector<std::int16_t>> rows;
        std::vector<std::vector<std::int16_t>> transformed;
        for (int r = 0; r < f.kernel[1]; ++r) {
            rows.emplace_back();
            for (int n = 0; n < (2 * tiles + 2) * channels; ++n)
                rows.back().push_back(static_cast<std::int16_t>(random.between(0, round % 4 ? 16383 : 3)));
            transformed.emplace_back(static_cast<std::size_t>(kWinogradParts * tiles * channels));
            transform_row(rows.back().data(), tiles, channels, transformed.back().data());
        }
        const auto parts_filters = winograd_filters(f, 0, f.inputs);
        std::vector<float> parts(static_cast<std::size_t>(kWinogradParts * tiles * outputs));
        const std::vector<float> halves(static_cast<std::size_t>(outputs), 0.5f), zeros(halves.size(), 0.0f);
        for (int n = 0; n < kWinogradParts; ++n) {
            const auto weights = pack_weights<std::int16_t>(parts_filters[static_cast<std::size_t>(n)], 0, f.inputs);
            std::vector<const std::int16_t*> at;
            for (const auto& row : transformed) at.push_back(row.data() + n * tiles * channels);
            RowConvolution<std::int16_t> row;
            row.rows = at.data();
            row.row_count = f.kernel[1];
            row.run = row.step = channels;
            row.weights = weights.data();
            row.voxels = tiles;
            row.outputs = row.to_step = outputs;
            row.scales = halves.data();
            row.offsets = zeros.data();
            row.to = parts.data() + n * tiles * outputs;
            convolve_row(row);
        }
        const auto expected = plain_row(f, rows, 1, voxels, 1.0);
        for (const bool accumulate : {false, true}) {
            std::vector<float> found(static_cast<std::size_t>(voxels * outputs), accumulate ? 7.0f : 99.0f);
            combine_row(parts.data(), tiles, voxels, outputs, accumulate, found.data());
            for (int v = 0; v < voxels; ++v) {
                for (int o = 0; o < f.outputs; ++o) {
                    const double sum = expected[static_cast<std::size_t>(v * f.outputs + o)];
                    // Sums are exact; as floats they are rounded, and there are three of them.
                    EXPECT_NEAR(found[static_cast<std::size_t>(v * outputs + o)], sum + (accumulate ? 7 : 0),
                                1e-6 * 16383 * 381 * channels * 3)
                        << round;
                }
            }
        }
    }
}

TEST(StageRow, PadsRepeatsAndConverts) {
    Random random(3);
    for (int round = 0; round < 60; ++round) {
        const int width = random.between(1, 9), channels = 4 * random.between(1, 3);
        std::vector<int> table;
        for (int n = random.between(1, 12); n > 0; --n) table.push_back(random.between(kNothing, width - 1));
        const bool repeats = round % 2, outside = round % 5 == 4;
        const int voxels = repeats ? static_cast<int>(table.size()) : width;
        const RowStaging staging{repeats ? table.data() : nullptr, voxels, channels, random.between(0, 2),
                                 random.between(0, 2)};
        const auto stored = activations<std::int8_t>(random, static_cast<std::size_t>(width * channels));
        const std::vector<float> reals(stored.begin(), stored.end());
        const auto length = static_cast<std::size_t>(staging.staged());
        std::vector<std::int8_t> eight(length, 99);
        std::vector<std::int16_t> sixteen(length, 99);
        std::vector<float> real(length, 99), dequantised(length, 99);
        const std::int8_t* from = outside ? nullptr : stored.data();
        const std::vector<std::int16_t> wide(stored.begin(), stored.end());
        stage_row(staging, from, std::int8_t{7}, eight.data());
        stage_row(staging, outside ? nullptr : wide.data(), std::int16_t{7}, sixteen.data());
        stage_row(staging, outside ? nullptr : reals.data(), real.data());
        if (round % 3 == 0) {
            stage_row(staging, from, Quantisation{0.5f, 7}, dequantised.data());
        } else {
            stage_row(staging, outside ? nullptr : wide.data(), Quantisation{0.5f, 7}, dequantised.data());
        }
        for (std::size_t n = 0; n < length; ++n) {
            const int voxel = static_cast<int>(n) / channels - staging.pad_low;
            bool padding = outside || voxel < 0 || voxel >= voxels;
            const int looked_up = padding ? 0 : repeats ? table[static_cast<std::size_t>(voxel)] : voxel;
            padding = padding || looked_up == kNothing;
            const int seen = padding ? 0 : looked_up;
            const auto at = static_cast<std::size_t>(seen * channels) + n % static_cast<std::size_t>(channels);
            ASSERT_EQ(eight[n], padding ? 7 : stored[at]);
            ASSERT_EQ(sixteen[n], padding ? 7 : stored[at]);
            ASSERT_EQ(real[n], padding ? 0.0f : reals[at]);
            ASSERT_EQ(dequantised[n], padding ? 0.0f : (reals[at] - 7) * 0.5f);
        }
    }
}

TEST(FinishRow, ScalesAddsActivatesAndSums) {
    Random random(5);
    for (int round = 0; round < 80; ++round) {
        const int voxels = random.between(1, 30), channels = random.between(1, 13);
        const auto padded = static_cast<std::size_t>(padded_channels(channels));
        const auto count = static_cast<std::size_t>(voxels) * padded;
        const auto before = random.floats(count, -3, 3), added = random.floats(count, -3, 3);
        const auto scale = random.floats(padded, -2, 2), shift = random.floats(padded, -2, 2),
                   slopes = random.floats(padded, 0, 1);
        std::vector<double> sums(padded, 1), squares(padded, 1), expected_sums(padded, 1), expected_squares(padded, 1);
        RowFinish finish{scale.data(),
                         shift.data(),
                         round % 2 ? added.data() : nullptr,
                         static_cast<ActivationKind>(round / 2 % 4),
                         slopes.data(),
                         sums.data(),
                         squares.data()};
        std::vector<float> row = before;
        finish_row(row.data(), voxels, channels, finish);
        for (std::size_t v = 0; v < static_cast<std::size_t>(voxels); ++v) {
            std::vector<double> values;
            for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
                values.push_back(double(before[v * padded + c]) * double(scale[c]) + double(shift[c]) +
                                 (finish.added ? double(added[v * padded + c]) : 0));
            }
            double total = 0;
            for (const double value : values) total += std::exp(value);
            for (std::size_t c = 0; c < values.size(); ++c) {
                double expected = values[c];
                if (finish.activation == ActivationKind::leaky && expected < 0) expected *= double(slopes[c]);
                if (finish.activation == ActivationKind::sigmoid) expected = 1 / (1 + std::exp(-expected));
                if (finish.activation == ActivationKind::softmax) expected = std::exp(expected) / total;
                expected_sums[c] += expected;
                expected_squares[c] += expected * expected;
                ASSERT_NEAR(double(row[v * padded + c]), expected, 1e-5) << "round " << round;
            }
        }
        for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
            EXPECT_NEAR(sums[c], expected_sums[c], 1e-4);
            EXPECT_NEAR(squares[c], expected_squares[c], 1e-3);
        }
    }
}

template <class Element>
void check_quantised_row(int largest) {
    const Quantisation q = quantisation_of(-1, 3, largest);
    Random random(9);
    auto row = random.floats(400, -2, 4);
    row[0] = 0, row[1] = 1e30f, row[2] = -1e30f, row[3] = 3;
    std::vector<Element> found(row.size());
    const int clipped = quantise_row(row.data(), static_cast<int>(row.size()), q, found.data());
    EXPECT_GT(clipped, 2);
    EXPECT_EQ(found[0], q.zero);
    EXPECT_EQ(found[1], largest);
    EXPECT_EQ(found[2], 0);
    EXPECT_EQ(found[3], largest);
    for (std::size_t n = 0; n < row.size(); ++n) {
        const double steps = std::clamp(double(row[n]) / double(q.scale) + q.zero, 0.0, double(largest));
        EXPECT_NEAR(found[n], steps, 0.5 + 1e-6 * largest + 1e-4);
        EXPECT_GE(found[n], 0);
    }
}

TEST(QuantiseRow, RoundsAndStaysWithinItsBits) {
    check_quantised_row<std::int8_t>(kLargestNarrow);
    check_quantised_row<std::int16_t>(kLargestWide);
    check_quantised_row<std::int16_t>(2000);
    EXPECT_EQ(quantisation_of(-1, 3, 127).zero, 32);
    EXPECT_EQ(quantisation_of(0, 0, 127), Quantisation{});
    EXPECT_EQ(quantisation_of(0.5f, 2, 127).zero, 0);
    EXPECT_EQ(quantisation_of(-2, -1, 127).zero, 127);
    // Found by fuzzing: half as much again as the largest floats is infinite.
    const float infinite = std::numeric_limits<float>::infinity();
    EXPECT_EQ(quantisation_of(-infinite, infinite, 127).zero, 64);
    EXPECT_EQ(quantisation_of(-infinite, 0, 127).zero, 127);
}

TEST(PoolRow, TakesTheLargestWithinTheImage) {
    const std::vector<float> a{-1, -2, -3, -4, -5, -6, -7, -8, -9, -10, -11, -12}, b(12, -6.5f);
    const std::array<const float*, 2> rows{a.data(), b.data()};
    std::vector<float> found(8);
    pool_row({rows, 3, 4, 2, 2, 1}, 2, found.data());
    EXPECT_EQ(found, (std::vector<float>{-1, -2, -3, -4, -5, -6, -6.5f, -6.5f}));
}

// Three voxels of the image, kernel and stride 2, one voxel of padding before and one behind.
TEST(PoolRow, MeansCountPaddingOnlyWhereThatIsSaid) {
    const std::vector<float> a{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, b(12, 1);
    const std::array<const float*, 2> rows{a.data(), b.data()};
    std::vector<float> found(8);
    RowPooling pooling{rows, 3, 4, 2, 2, 1, PoolKind::mean, 2, 0, 3};
    pool_row(pooling, 2, found.data());
    EXPECT_EQ(found, (std::vector<float>{1, 1.5f, 2, 2.5f, 4, 4.5f, 5, 5.5f}));
    pooling.counted_rows = 3;  // a third row lies in the padding
    pooling.counted_from = -1;
    pooling.counted_to = 4;
    pool_row(pooling, 2, found.data());
    for (std::size_t n = 0; n < 4; ++n) {
        EXPECT_FLOAT_EQ(found[n], (a[n] + 1) / 6);
        EXPECT_FLOAT_EQ(found[4 + n], (a[4 + n] + a[8 + n] + 2) / 6);
    }
}

TEST(MultiplyRow, MultipliesWithAsManyChannelsOrOne) {
    Random random(2);
    const auto row = random.floats(5 * 8, -2, 2), many = random.floats(5 * 8, -2, 2), one = random.floats(5 * 4, -2, 2);
    std::vector<float> by_many = row, by_one = row;
    multiply_row(by_many.data(), many.data(), 5, 8, false);
    multiply_row(by_one.data(), one.data(), 5, 8, true);
    for (std::size_t n = 0; n < row.size(); ++n) {
        EXPECT_EQ(by_many[n], row[n] * many[n]);
        EXPECT_EQ(by_one[n], row[n] * one[n / 8 * 4]);
    }
}

// Every output voxel is one phase's, once, and its taps are those that the definition adds up there.
TEST(Phases, MakeEachVoxelOnceOfTheTapsThatReachIt) {
    for (int kernel = 1; kernel <= 6; ++kernel) {
        for (int stride = 1; stride <= 4; ++stride) {
            for (int pad = 0; pad < kernel; ++pad) {
                constexpr int kInputs = 5;
                const int outputs = (kInputs - 1) * stride + kernel - pad;
                Filters filters{1, 1, {1, 1, kernel}, {}, {}, {1}, {}};
                for (int t = 0; t < kernel; ++t) {
                    filters.values.push_back(static_cast<float>(t + 1));
                    filters.whole.push_back(static_cast<std::int16_t>(t + 1));
                }
                std::vector<int> made(static_cast<std::size_t>(outputs), 0);
                const auto phases = phases_of(kernel, stride, pad, outputs);
                for (int p = 0; p < stride; ++p) {
                    const Phase& phase = phases[static_cast<std::size_t>(p)];
                    const Filters part = phase_filters(filters, {1, 1, stride}, {0, 0, p});
                    ASSERT_EQ(part.kernel[2], phase.taps);
                    for (int n = 0; n < phase.count; ++n) {
                        const int at = phase.first_output + n * stride;
                        ASSERT_TRUE(at >= 0 && at < outputs);
                        ++made[static_cast<std::size_t>(at)];
                        for (int t = 0; t < phase.taps; ++t) {
                            const int input = phase.first_input + n + t, tap = at + pad - input * stride;
                            const bool reaches = tap >= 0 && tap < kernel;
                            EXPECT_EQ(part.whole[static_cast<std::size_t>(t)], reaches ? tap + 1 : 0);
                            EXPECT_EQ(part.values[static_cast<std::size_t>(t)],
                                      static_cast<float>(part.whole[static_cast<std::size_t>(t)]));
                        }
                    }
                }
                EXPECT_EQ(made, std::vector<int>(made.size(), 1)) << kernel << " " << stride << " " << pad;
            }
        }
    }
}

TEST(InterpolateRow, WeighsEightNeighbours) {
    Random random(21);
    std::array<std::vector<float>, 4> rows;
    RowInterpolation interpolation;
    for (std::size_t n = 0; n < 4; ++n) {
        rows[n] = random.floats(3 * 8, -1, 1);
        interpolation.rows[n] = rows[n].data();
    }
    interpolation.share_k = 0.25f;
    interpolation.share_j = 0.75f;
    interpolation.channels = 8;
    const std::vector<LinearTap> taps{{0, 1, 0.25f}, {1, 2, 0.5f}, {2, 2, 0.75f}, {0, 2, 0}};
    std::vector<float> found(taps.size() * 8);
    interpolate_row(interpolation, taps, found.data());
    for (std::size_t v = 0; v < taps.size(); ++v) {
        for (std::size_t c = 0; c < 8; ++c) {
            const auto at = [&](std::size_t row) {
                const double low = double(rows[row][static_cast<std::size_t>(taps[v].low) * 8 + c]);
                const double high = double(rows[row][static_cast<std::size_t>(taps[v].high) * 8 + c]);
                return low + (high - low) * double(taps[v].share);
            };
            EXPECT_NEAR(double(found[v * 8 + c]),
                        0.75 * (0.25 * at(0) + 0.75 * at(1)) + 0.25 * (0.25 * at(2) + 0.75 * at(3)), 1e-6);
        }
    }
}

}  // namespace
}  // namespace shapslice::convnet
