// Whole small networks on the engine against the plain double-precision reference: fused, laid out and run.
#include <gtest/gtest.h>

#include "base/precision.h"
#include "convnet/calibration.h"
#include "convnet/memory.h"
#include "networks.h"

namespace shapslice::convnet {
namespace {

using testing::GraphBuilder;
using testing::Random;
using testing::residual;
using testing::unet;
using testing::Volume;

constexpr double kTolerance = 2e-5;  // of the largest value: float32 sums of a few hundred products

double off_reference(const Graph& graph, unsigned seed) {
    Random random(seed);
    const auto input = testing::random_input(graph, random);
    const auto values = testing::evaluate(graph, Volume(input.begin(), input.end()));
    return testing::difference(testing::run(graph, input), values[static_cast<std::size_t>(graph.output)]);
}

VolumeShape random_shape(Random& random, int channels) {
    return {channels, {random.between(1, 7), random.between(1, 7), random.between(1, 9)}};
}

TEST(Engine, ConvolutionsOfAllSizes) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 11)));
        std::array<int, 3> kernel{}, stride{}, low{}, high{};
        for (std::size_t n = 0; n < 3; ++n) {
            kernel[n] = random.between(1, 4);
            stride[n] = random.between(1, 3);
            low[n] = random.between(0, kernel[n] - 1);
            high[n] = std::max(random.between(0, kernel[n] - 1), kernel[n] - low[n] - b.shape(0).extents[n]);
            if (high[n] >= kernel[n]) kernel[n] = 1, low[n] = high[n] = 0;
        }
        const int output = b.convolution(0, random.between(1, 19), kernel, stride, low, high);
        const Graph graph = b.finish(output);
        EXPECT_LT(off_reference(graph, seed), kTolerance) << seed;
    }
}

TEST(Engine, TransposedConvolutions) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        const int up =
            b.transposed(0, random.between(1, 11), {random.between(1, 3), random.between(1, 3), random.between(1, 3)});
        EXPECT_LT(off_reference(b.finish(b.leaky(b.instance_norm(up))), seed), 1e-4) << seed;
    }
}

// Overlapping, with gaps, padded, a voxel longer: by phases.
TEST(Engine, TransposedConvolutionsOfAnyKernelAndStride) {
    for (unsigned seed = 0; seed < 150; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        const int up = b.random_transposed(0, random.between(1, 11));
        const int doubled = seed % 4 == 0 ? b.random_transposed(b.nearest(b.affine(0), 2), 3) : up;
        EXPECT_LT(off_reference(b.finish(b.leaky(doubled)), seed), kTolerance) << seed;
    }
}

TEST(Engine, PoolsOfAnyWindow) {
    for (unsigned seed = 0; seed < 120; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        const int from = seed % 3 == 0 ? b.zeros(b.convolution(0, 5), {1, 0, 1}, {0, 2, 1}) : b.convolution(0, 5);
        const int pooled = b.random_pool(from, seed % 2 ? PoolKind::mean : PoolKind::largest);
        EXPECT_LT(off_reference(b.finish(b.affine(pooled)), seed), kTolerance) << seed;
    }
}

TEST(Engine, Products) {
    for (unsigned seed = 0; seed < 24; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        const int image = b.convolution(0, random.between(1, 9));
        const int channels = seed % 2 ? 1 : b.shape(image).channels;
        const int weight = b.activation(b.convolution(0, channels, 1), ActivationKind::sigmoid);
        const int seen = seed % 3 == 0 ? b.nearest(weight, 1) : weight;
        EXPECT_LT(off_reference(b.finish(b.leaky(b.affine(b.product(image, seen)))), seed), kTolerance) << seed;
    }
}

// Zeros around what each kind of step reads: a convolution, which takes them as padding of its own where its window
// reaches no further, two sources of which one is padded, a sum, a product, a normalisation, pooling, resizes.
TEST(Engine, ZerosAroundEverything) {
    for (unsigned seed = 0; seed < 90; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 6)));
        const std::array<int, 3> low{random.between(0, 2), random.between(0, 2), random.between(0, 3)},
            high{random.between(0, 2), random.between(0, 1), random.between(0, 3)};
        const int image = b.affine(0);
        const int padded = b.zeros(image, low, high);
        const int channels = b.shape(padded).channels;
        const int other = b.convolution(b.zeros(b.convolution(0, 3, 1), low, high), 3);
        const auto make = [&] {
            switch (seed % 9) {
                case 0:
                    return b.convolution(padded, 5, {3, 3, 3}, {1, 1, 2}, {0, 0, 0}, {2, 2, 2});
                case 1:
                    return b.convolution(padded, 5, 1);
                case 2:
                    return b.convolution(b.concat({other, padded}), 5);
                case 3:
                    return b.sum(padded, b.convolution(padded, channels));
                case 4:
                    return b.product(padded, b.convolution(other, 1, 1));
                case 5:
                    return b.instance_norm(b.concat({padded, other}));
                case 6:
                    return b.random_pool(b.nearest(padded, 2), PoolKind::mean);
                case 7:
                    return b.linear(b.zeros(padded, {0, 0, 0}, {1, 1, 1}));
                default:
                    return b.zeros(b.zeros(padded, {1, 1, 1}, {1, 1, 1}), {-1, -1, -2}, {-1, -1, 0});
            }
        };
        EXPECT_LT(off_reference(b.finish(make()), seed), 1e-4) << seed;
    }
}

// Zeros before a convolution are its own padding: no step copies them.
TEST(Engine, ZerosBeforeAConvolutionCostNothing) {
    GraphBuilder b(1, {4, {4, 5, 12}});
    const int padded = b.zeros(b.affine(0), {0, 0, 0}, {1, 1, 1});
    const Plan plan = make_plan(b.finish(b.convolution(padded, 5, {3, 3, 3}, {2, 2, 2}, {0, 0, 0}, {0, 0, 0})));
    ASSERT_EQ(plan.steps.size(), 2u);
    const auto& convolve = std::get<Convolve>(plan.steps.back().producer);
    EXPECT_FALSE(convolve.sources[0].source.tables);
    EXPECT_EQ(convolve.pad_low, (std::array{0, 0, 0}));
    GraphBuilder c(1, {4, {4, 5, 12}});
    const int around = c.zeros(c.affine(0), {1, 1, 1}, {1, 1, 1});
    const Plan same = make_plan(c.finish(c.convolution(around, 5, {3, 3, 3}, {1, 1, 1}, {0, 0, 0}, {0, 0, 0})));
    EXPECT_EQ(std::get<Convolve>(same.steps.back().producer).pad_low, (std::array{1, 1, 1}));
}

TEST(Engine, PoolsAndResizes) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        for (int& extent : const_cast<VolumeShape&>(b.shape(0)).extents) extent += 2;
        const int pooled =
            b.max_pool(b.convolution(0, 5), random.between(2, 3), random.between(1, 2), random.between(0, 1));
        const int grown = seed % 2 ? b.linear(pooled) : b.nearest(pooled, random.between(2, 3));
        EXPECT_LT(off_reference(b.finish(b.convolution(b.leaky(grown), 3)), seed), kTolerance) << seed;
    }
}

TEST(Engine, OutputsThatAreOnlyViews) {
    GraphBuilder a(1, {3, {2, 3, 4}});
    EXPECT_LT(off_reference(a.finish(a.nearest(a.concat({0, 0}), 2)), 1), 1e-7);
    GraphBuilder b(1, {3, {2, 3, 4}});
    EXPECT_LT(off_reference(b.finish(b.sum(0, 0)), 1), 1e-7);
    GraphBuilder c(1, {3, {2, 3, 4}});
    EXPECT_LT(off_reference(c.finish(0), 1), 1e-7);
}

TEST(Engine, ActivationsAndAffines) {
    for (unsigned seed = 0; seed < 24; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        const int activated =
            b.prelu(b.sum(b.affine(b.affine(b.convolution(0, 6))), b.prelu(b.affine(b.convolution(0, 6, 1)))));
        const auto kind = seed % 3 == 0   ? ActivationKind::softmax
                          : seed % 3 == 1 ? ActivationKind::sigmoid
                                          : ActivationKind::none;
        const int last = kind == ActivationKind::none ? b.affine(activated) : b.activation(activated, kind);
        EXPECT_LT(off_reference(b.finish(last), seed), kTolerance) << seed;
    }
}

TEST(Engine, Normalisations) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 4)));
        const_cast<VolumeShape&>(b.shape(0)).extents = {random.between(2, 6), random.between(2, 6),
                                                        random.between(2, 9)};
        int at = b.convolution(0, 6);
        at = seed % 4 == 0   ? b.instance_norm(at)
             : seed % 4 == 1 ? b.norm(at, 2)
             : seed % 4 == 2 ? b.norm(b.concat({at, b.nearest(0, 1)}), 1)  // written down for its moments
                             : b.affine(b.norm(at, 3));
        EXPECT_LT(off_reference(b.finish(b.leaky(at)), seed), 1e-4) << seed;
    }
}

TEST(Engine, WholeNetworks) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        EXPECT_LT(off_reference(unet(seed, seed % 2 ? 5 : 8), seed), 2e-4) << seed;
        EXPECT_LT(off_reference(residual(seed), seed), 2e-4) << seed;
        EXPECT_LT(off_reference(testing::attention(seed, seed % 2 ? 5 : 8), seed), 2e-4) << seed;
    }
}

TEST(Engine, FusesEachConvolutionWithWhatFollows) {
    const Plan plan = make_plan(unet(1, 8));
    // Input, 7 convolutions each with a copy that normalises and activates, pool, transposed, head: concatenations and
    // nearest resizes are nowhere, softmax is part of the head.
    EXPECT_EQ(plan.steps.size(), 1u + 7 * 2 + 1 + 1 + 1);
    EXPECT_EQ(plan.steps.back().finish.activation, ActivationKind::softmax);
    const Plan sums = make_plan(residual(1));
    int added = 0;
    for (const Step& step : sums.steps) added += step.finish.added.has_value();
    EXPECT_EQ(added, 3);
}

Ranges calibrated(const Graph& graph, std::span<const float> input) {
    Calibration calibration;
    Executor executor(make_plan(graph));
    std::vector<float> output(graph.output_shape().voxels() * static_cast<std::size_t>(graph.output_shape().channels));
    executor.run(input, output,
                 [&](const Value& value, std::span<const float> elements) { calibration.observe(value, elements); });
    return calibration.ranges();
}

std::vector<double> rounded(std::vector<double> values, const Quantisation& q) {
    for (double& x : values)
        x = (std::clamp(std::floor(x / double(q.scale) + q.zero + 0.5), 0.0, double(q.largest)) - q.zero) *
            double(q.scale);
    return values;
}

// The int8 path computes exactly what rounding its inputs and weights means.
TEST(WholeNumbers, ConvolveRoundedActivations) {
    for (unsigned seed = 0; seed < 80; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        const int left = b.affine(0), right = b.leaky(0);
        const int kernel = seed % 2 ? 3 : 1;
        const bool transposes = seed % 5 == 0;
        const int joined = transposes ? left : b.concat({left, right});
        const int middle =
            transposes ? b.transposed(left, 7, {2, 1, 3}) : b.convolution(joined, random.between(1, 17), kernel);
        const int last = b.affine(b.max_pool(middle, 1, 1, 0));
        const Graph graph = b.finish(last);
        const auto input = testing::random_input(graph, random);
        // Narrow numbers cut at 2 and 1.5; wide ones have more room than any value needs.
        const Ranges ranges{{"t1", {-1, 2, -6, 6, false}}, {"t2", {-0.1f, 1.5f, -1, 3, false}}};
        const Prefer prefer = seed % 3 == 0 ? Prefer::wide : Prefer::narrow;
        const Plan plan = make_plan(graph, ranges, prefer);
        const auto kind = prefer == Prefer::wide ? Whole::wide : Whole::narrow;
        ASSERT_TRUE(std::any_of(plan.values.begin(), plan.values.end(),
                                [kind](const Value& v) { return v.whole == kind && !v.real; }));
        const auto quantisation = [&](const char* name) {
            return std::find_if(plan.values.begin(), plan.values.end(),
                                [name](const Value& v) { return v.name == name; })
                ->quantisation;
        };
        auto values = testing::evaluate(graph, Volume(input.begin(), input.end()));
        values[1] = rounded(values[1], quantisation("t1"));
        if (!transposes) values[2] = rounded(values[2], quantisation("t2"));
        Volume both = values[1];
        both.insert(both.end(), values[2].begin(), values[2].end());
        const auto& node = graph.nodes[static_cast<std::size_t>(middle)];
        const VolumeShape& from = graph.nodes[static_cast<std::size_t>(joined)].shape;
        const Volume convolved =
            transposes ? testing::convolve_transposed(std::get<TransposedConvolution>(node.operation), values[1], from,
                                                      node.shape, true)
                       : testing::convolve(std::get<Convolution>(node.operation), both, from, node.shape, true);
        const auto& affine = std::get<ChannelAffine>(graph.nodes[static_cast<std::size_t>(last)].operation);
        const Volume expected = testing::for_each_voxel(node.shape, [&](const testing::At& at) {
            const auto c = static_cast<std::size_t>(at.c);
            return convolved[testing::offset(node.shape, at)] * double(affine.scale[c]) + double(affine.shift[c]);
        });
        // A value halfway between two steps may be rounded either way: one step of one input.
        EXPECT_LT(testing::difference(testing::run(graph, input, ranges, prefer), expected), 2e-3) << seed;
    }
}

// What a transposed convolution by phases multiplies: rounded activations, padded or not, what stands for 0 around
// them.
TEST(WholeNumbers, TransposedConvolutionsGiveTheSame) {
    for (unsigned seed = 0; seed < 60; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
        const int image = b.affine(0);
        const int seen = seed % 2 ? b.zeros(image, {1, 0, 1}, {0, 1, 2}) : image;
        const int made = b.random_transposed(seen, 7);
        if (made == seen) continue;
        const int last = b.affine(b.max_pool(made, 1, 1, 0));
        const Graph graph = b.finish(last);
        const auto input = testing::random_input(graph, random);
        const Ranges ranges{{"t1", {-1, 2, -6, 6, false}}};
        const Prefer prefer = seed % 3 == 0 ? Prefer::wide : Prefer::narrow;
        const Plan plan = make_plan(graph, ranges, prefer);
        ASSERT_EQ(plan.values[0].name, "t1");
        ASSERT_NE(plan.values[0].whole, Whole::none);
        auto values = testing::evaluate(graph, Volume(input.begin(), input.end()));
        values[1] = rounded(values[1], plan.values[0].quantisation);
        const auto shape_of = [&](int n) { return graph.nodes[static_cast<std::size_t>(n)].shape; };
        if (seen != image)
            values[1] = testing::look_up(std::get<Lookup>(graph.nodes[2].operation), values[1], shape_of(image),
                                         shape_of(seen));
        const auto& node = graph.nodes[static_cast<std::size_t>(made)];
        const Volume convolved = testing::convolve_transposed(std::get<TransposedConvolution>(node.operation),
                                                              values[1], shape_of(seen), node.shape, true);
        const auto& affine = std::get<ChannelAffine>(graph.nodes[static_cast<std::size_t>(last)].operation);
        const Volume expected = testing::for_each_voxel(node.shape, [&](const testing::At& at) {
            const auto c = static_cast<std::size_t>(at.c);
            return convolved[testing::offset(node.shape, at)] * double(affine.scale[c]) + double(affine.shift[c]);
        });
        EXPECT_LT(testing::difference(testing::run(graph, input, ranges, prefer), expected), 2e-3) << seed;
    }
}

bool uses_winograd(const Plan& plan) {
    for (const Step& step : plan.steps) {
        const auto* convolve = std::get_if<Convolve>(&step.producer);
        if (convolve && convolve->sources[0].winograd) return true;
    }
    return false;
}

// Long rows of many channels take Winograd's way, and give what rounded activations give: with a number for 0 that is
// no 0 at every border, odd widths, and two sources.
TEST(WholeNumbers, WinogradsConvolutionsGiveTheSame) {
    for (unsigned seed = 0; seed < 24; ++seed) {
        Random random(seed);
        GraphBuilder b(seed,
                       {random.between(12, 21), {random.between(1, 4), random.between(1, 5), 12 + int(seed % 6)}});
        const int left = b.affine(0), right = b.leaky(0);
        const int joined = seed % 2 ? b.concat({left, right}) : left;
        const int made = b.convolution(joined, random.between(1, 13));
        const Graph graph = b.finish(made);
        const auto input = testing::random_input(graph, random);
        const Ranges ranges{{"t1", {-1, 2, -6, 6, false}}, {"t2", {-0.1f, 1.5f, -1, 3, false}}};
        const Plan plan = make_plan(graph, ranges);
        ASSERT_TRUE(uses_winograd(plan));
        auto values = testing::evaluate(graph, Volume(input.begin(), input.end()));
        for (const Value& value : plan.values) {
            EXPECT_LE(value.quantisation.largest, 32767);
            if (value.name == "t1") values[1] = rounded(values[1], value.quantisation);
            if (value.name == "t2") values[2] = rounded(values[2], value.quantisation);
        }
        Volume both = values[1];
        if (seed % 2) both.insert(both.end(), values[2].begin(), values[2].end());
        const auto& node = graph.nodes[static_cast<std::size_t>(made)];
        const VolumeShape& from = graph.nodes[static_cast<std::size_t>(joined)].shape;
        const Volume expected = testing::convolve(std::get<Convolution>(node.operation), both, from, node.shape, true);
        EXPECT_LT(testing::difference(testing::run(graph, input, ranges), expected), 1e-4) << seed;
        EXPECT_DOUBLE_EQ(plan.steps.back().products_made(), plan.products() * 2 / 3);
    }
}

// 8 of 27 products for each of 5 channels that were doubled, all 27 for each of 3 that were not.
TEST(Engine, ProductsMadeOfADoubledImageAndItsSkip) {
    GraphBuilder b(1, {3, {4, 6, 8}});
    const int coarse = b.max_pool(b.convolution(0, 5), 2, 2, 0);
    const Plan plan = make_plan(b.finish(b.convolution(b.concat({b.nearest(coarse, 2), b.affine(0)}), 7)));
    const double voxels = 4 * 6 * 8;
    EXPECT_DOUBLE_EQ(plan.steps.back().products, voxels * 7 * 8 * 27);
    EXPECT_DOUBLE_EQ(plan.steps.back().products_made(), voxels * 7 * (5 * 8 + 3 * 27));
}

// Every activation the largest there is, every weight too: no sum leaves 32 bits.
TEST(WholeNumbers, WinogradsLargestSumsDoNotOverflow) {
    for (const int channels : {16, 64, 128}) {
        GraphBuilder b(1, {channels, {3, 3, 12}});
        const int made = b.convolution(b.affine(0), 4);
        Graph graph = b.finish(made);
        Filters& filters = std::get<Convolution>(graph.nodes.back().operation).filters;
        std::fill(filters.whole.begin(), filters.whole.end(), std::int16_t{127});
        std::fill(filters.scales.begin(), filters.scales.end(), 1.0f / 127);
        std::fill(filters.values.begin(), filters.values.end(), 1.0f);
        std::fill(filters.bias.begin(), filters.bias.end(), 0.0f);
        auto& affine = std::get<ChannelAffine>(graph.nodes[1].operation);
        std::fill(affine.scale.begin(), affine.scale.end(), 1.0f);
        std::fill(affine.shift.begin(), affine.shift.end(), 0.0f);
        const Ranges ranges{{"t1", {0, 1, 0, 1 / kRangeRoom, false}}};  // 1 is the largest
        ASSERT_TRUE(uses_winograd(make_plan(graph, ranges)));
        const std::vector<float> input(static_cast<std::size_t>(channels) * 3 * 3 * 12, 1.0f);
        const auto found = testing::run(graph, input, ranges);
        const VolumeShape& shape = graph.output_shape();
        const double inner = found[testing::offset(shape, {0, 1, 1, 5})];
        EXPECT_NEAR(inner, 27.0 * channels, 0.01 * channels);
        EXPECT_NEAR(double(found[testing::offset(shape, {0, 0, 0, 0})]), 8.0 * channels, 0.01 * channels);
    }
}

double mean_off(const std::vector<float>& found, const std::vector<float>& expected) {
    double off = found.size() == expected.size() ? 0 : std::numeric_limits<double>::infinity();
    for (std::size_t n = 0; n < std::min(found.size(), expected.size()); ++n)
        off += std::abs(double(found[n]) - double(expected[n])) / double(found.size());
    return off;
}

// Of probabilities, in random networks: narrow numbers show, wide ones hardly do.
TEST(WholeNumbers, WholeNetworksStayNearTheirFloats) {
    for (unsigned seed = 0; seed < 4; ++seed) {
        for (const Graph& graph : {unet(seed, 8), residual(seed), testing::attention(seed, 8)}) {
            Random random(seed);
            const auto input = testing::random_input(graph, random);
            const auto floats = testing::run(graph, input);
            const Ranges ranges = calibrated(graph, input);
            const double narrow = mean_off(testing::run(graph, input, ranges, Prefer::narrow), floats);
            const double wide = mean_off(testing::run(graph, input, ranges, Prefer::wide), floats);
            EXPECT_LT(narrow, 0.03) << seed;
            EXPECT_GT(narrow, 1e-6) << seed;  // they are not the floats themselves
            EXPECT_LT(wide, 0.003) << seed;
            EXPECT_LT(wide, narrow) << seed;
        }
    }
}

TEST(WholeNumbers, InputAndOutputAreWide) {
    const Graph graph = unet(2, 8);
    Random random(2);
    const Plan plan = make_plan(graph, calibrated(graph, testing::random_input(graph, random)), Prefer::narrow);
    std::vector<Whole> kinds;
    for (const Step& step : plan.steps) {
        if (const auto* convolve = std::get_if<Convolve>(&step.producer))
            kinds.push_back(plan.values[static_cast<std::size_t>(convolve->sources.back().source.value)].whole);
    }
    using enum Whole;
    EXPECT_EQ(kinds, (std::vector{wide, narrow, narrow, narrow, narrow, narrow, narrow, wide}));
}

TEST(WholeNumbers, WhatNeedsWideNumbersGetsThem) {
    const Graph graph = unet(2, 8);
    Random random(2);
    Ranges ranges = calibrated(graph, testing::random_input(graph, random));
    const auto narrow = [&] {
        const Plan plan = make_plan(graph, ranges, Prefer::narrow);
        return std::count_if(plan.values.begin(), plan.values.end(),
                             [](const Value& v) { return v.whole == Whole::narrow; });
    };
    const auto before = narrow();
    ASSERT_GT(before, 2);
    const Plan plan = make_plan(graph, ranges, Prefer::narrow);
    const auto first =
        std::find_if(plan.values.begin(), plan.values.end(), [](const Value& v) { return v.whole == Whole::narrow; });
    ranges[first->name].needs_wide = true;
    EXPECT_EQ(narrow(), before - 1);
}

// The largest activations and weights there are, in as many channels as a sum may have: no sum overflows.
TEST(WholeNumbers, WideNumbersLeaveRoomForTheSums) {
    GraphBuilder b(1, {1, {3, 3, 3}});
    const int many = b.convolution(0, 300, 1);
    const int last = b.convolution(many, 4);
    Graph graph = b.finish(b.affine(b.max_pool(last, 1, 1, 0)));
    auto& spread = std::get<Convolution>(graph.nodes[static_cast<std::size_t>(many)].operation).filters;
    spread.values.assign(spread.values.size(), 1.0f), spread.whole.assign(spread.whole.size(), 127),
        spread.scales.assign(300, 1.0f / 127), spread.bias.assign(300, 0);
    auto& filters = std::get<Convolution>(graph.nodes[static_cast<std::size_t>(last)].operation).filters;
    filters.whole.assign(filters.whole.size(), 127), filters.scales.assign(4, 1.0f / 127),
        filters.values.assign(filters.values.size(), 1.0f);
    const std::vector<float> input(27, 1.0f);
    const Ranges ranges{{"input", {0, 1, 0, 1, false}},
                        {"t1", {0, 1, 0, 1 / kRangeRoom, false}}};  // the largest whole number is met
    const auto values = testing::evaluate(graph, Volume(input.begin(), input.end()));
    for (const Prefer prefer : {Prefer::wide, Prefer::narrow})
        EXPECT_LT(testing::difference(testing::run(graph, input, ranges, prefer),
                                      values[static_cast<std::size_t>(graph.output)]),
                  1e-3);
}

// An exponential distribution: the furthest of 32000 values lies at ten times the mean.
TEST(Calibration, CutsOffWhatIsFarAndRare) {
    Value value;
    value.name = "x";
    value.shape = {4, {20, 20, 20}};
    Random random(4);
    auto elements = random.floats(32000, 0, 1);
    for (float& each : elements) each = -std::log(1.0001f - each);
    elements[0] = -0.01f;
    Calibration calibration;
    calibration.observe(value, elements);
    const Range range = calibration.ranges().at("x");
    EXPECT_LE(range.low, 0);
    EXPECT_GT(range.low, -0.011f);
    EXPECT_GT(range.high, 4);
    EXPECT_LT(range.high, 0.95f * *std::max_element(elements.begin(), elements.end()));
}

TEST(Memory, NobodySharesAPlaceAtTheSameTime) {
    Random random(8);
    for (int round = 0; round < 50; ++round) {
        std::vector<Tenant> tenants;
        for (int n = random.between(1, 40); n > 0; --n) {
            const int first = random.between(0, 30);
            tenants.push_back(
                {static_cast<std::size_t>(random.between(0, 1000)), first, first + random.between(0, 10), 0});
        }
        const std::size_t total = place(tenants);
        for (std::size_t a = 0; a < tenants.size(); ++a) {
            EXPECT_EQ(tenants[a].at % 64, 0u);
            EXPECT_LE(tenants[a].at + tenants[a].bytes, total);
            for (std::size_t b = 0; b < a; ++b) {
                const bool at_once = tenants[a].first <= tenants[b].last && tenants[b].first <= tenants[a].last;
                const bool apart = tenants[a].at + tenants[a].bytes <= tenants[b].at ||
                                   tenants[b].at + tenants[b].bytes <= tenants[a].at;
                EXPECT_TRUE(!at_once || apart);
            }
        }
    }
}

TEST(Memory, PlacesAreUsedAgain) {
    std::vector<Tenant> tenants;
    for (int n = 0; n < 10; ++n) tenants.push_back({6400, n, n + 1, 0});
    EXPECT_EQ(place(tenants), 2 * 6400u);
}

}  // namespace
}  // namespace shapslice::convnet
