// Images beyond the ranges that a network was measured on: what is cut off is counted, and cut off nowhere in the end.
#include "convnet/fast_network.h"

#include <gtest/gtest.h>

#include "convnet/calibration.h"
#include "networks.h"

namespace shapslice::convnet {
namespace {

using testing::GraphBuilder;
using testing::Random;

Ranges ranges_on(const Graph& graph, std::span<const float> input) {
    Calibration calibration;
    Executor executor(make_plan(graph));
    std::vector<float> output(graph.output_shape().voxels() * static_cast<std::size_t>(graph.output_shape().channels));
    executor.run(input, output,
                 [&](const Value& value, std::span<const float> elements) { calibration.observe(value, elements); });
    return calibration.ranges();
}

// A few bright voxels in the first channel, as vessels after gadolinium are.
std::vector<float> brightened(std::vector<float> input, float factor) {
    for (std::size_t n = 0; n < input.size() / 4; n += 97) input[n] = factor * (1 + std::abs(input[n]));
    return input;
}

struct FastCase {
    explicit FastCase(unsigned seed) : graph(seed % 2 ? testing::residual(seed) : testing::unet(seed, 8)) {
        Random random(seed);
        usual = testing::random_input(graph, random);
        bright = brightened(usual, 40);
        ranges = ranges_on(graph, usual);
    }
    std::vector<float> run(FastNetwork& network, std::span<const float> input) {
        std::vector<float> output(graph.output_shape().voxels() *
                                  static_cast<std::size_t>(graph.output_shape().channels));
        outcome = network.run(input, output);
        return output;
    }
    Graph graph;
    std::vector<float> usual, bright;
    Ranges ranges;
    FastNetwork::Outcome outcome;
};

double largest_off(const std::vector<float>& a, const std::vector<float>& b) {
    double off = a.size() == b.size() ? 0 : std::numeric_limits<double>::infinity();
    for (std::size_t n = 0; n < std::min(a.size(), b.size()); ++n)
        off = std::max(off, std::abs(double(a[n]) - double(b[n])));
    return off;
}

// The rounded input of a single convolution, counted by a plain loop.
TEST(Clipped, IsCountedExactly) {
    for (unsigned seed = 0; seed < 40; ++seed) {
        Random random(seed);
        GraphBuilder b(seed, {random.between(1, 9), {random.between(1, 5), random.between(1, 5), 3 + int(seed % 7)}});
        const Graph graph = b.finish(b.convolution(0, 5));
        std::vector<float> input = testing::random_input(graph, random);
        for (std::size_t n = 0; n < input.size(); n += 5) input[n] *= 4;
        if (seed % 4 == 0) input[0] = std::numeric_limits<float>::quiet_NaN();
        const Prefer prefer = seed % 3 ? Prefer::wide : Prefer::narrow;
        Executor executor(make_plan(graph, {{"input", {-1.5f, 2, -1.5f, 2, false}}}, prefer));
        std::vector<float> output(graph.output_shape().voxels() *
                                  static_cast<std::size_t>(graph.output_shape().channels));
        for (int run = 0; run < 2; ++run) {  // the second counts anew
            executor.run(input, output);
            const Value& value = executor.plan().values[0];
            ASSERT_EQ(value.name, "input");
            std::uint64_t expected = 0;
            for (const float x : input) {
                const float whole =
                    std::floor(x * (1 / value.quantisation.scale) + (float(value.quantisation.zero) + 0.5f));
                expected += !(whole >= 0 && whole <= float(value.quantisation.largest));
            }
            ASSERT_GT(expected, 0u);
            EXPECT_EQ(executor.clipped()[0], expected) << seed;
        }
    }
}

TEST(Clipped, NothingIsWithinTheRanges) {
    for (unsigned seed = 0; seed < 4; ++seed) {
        FastCase given(seed);
        FastNetwork network(given.graph, given.ranges);
        given.run(network, given.usual);
        EXPECT_FALSE(given.outcome.again);
        EXPECT_TRUE(given.outcome.clipped.empty());
    }
}

// The fault: a few bright voxels that are cut off change everything behind them.
TEST(FastNetwork, MakesARunThatWasCutOffAgain) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        FastCase given(seed);
        const auto floats = testing::run(given.graph, given.bright);
        EXPECT_GT(largest_off(testing::run(given.graph, given.bright, given.ranges), floats), 0.03) << seed;
        FastNetwork network(given.graph, given.ranges);
        EXPECT_EQ(given.run(network, given.bright), floats) << seed;
        EXPECT_TRUE(given.outcome.again);
        ASSERT_TRUE(given.outcome.clipped.contains("input"));
        EXPECT_GT(given.outcome.clipped.at("input"), 0);
        EXPECT_LT(given.outcome.clipped.at("input"), 0.01);
    }
}

TEST(FastNetwork, AnswersInAnyOrderTheSame) {
    for (unsigned seed = 0; seed < 4; ++seed) {
        FastCase given(seed);
        FastNetwork one(given.graph, given.ranges), other(given.graph, given.ranges);
        const auto usual_first = given.run(one, given.usual), bright_second = given.run(one, given.bright);
        const auto bright_first = given.run(other, given.bright), usual_second = given.run(other, given.usual);
        EXPECT_EQ(usual_first, usual_second) << seed;
        EXPECT_EQ(bright_first, bright_second) << seed;
        EXPECT_FALSE(given.outcome.again);
    }
}

TEST(FastNetwork, RangesOfTheCaseSpareTheSecondRun) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        FastCase given(seed);
        FastNetwork network(given.graph, given.ranges);
        const Ranges wider = network.widened_by(given.bright);
        for (const auto& [tensor, range] : given.ranges) {
            EXPECT_LE(wider.at(tensor).lowest, range.lowest);
            EXPECT_GE(wider.at(tensor).highest, range.highest);
        }
        EXPECT_GT(wider.at("input").highest, 2 * given.ranges.at("input").highest);
        FastNetwork measured(given.graph, wider);
        const auto found = given.run(measured, given.bright);
        EXPECT_FALSE(given.outcome.again);
        EXPECT_LT(largest_off(found, testing::run(given.graph, given.bright)), 0.02) << seed;
        given.run(network, given.bright);  // it was given others, and keeps to them
        EXPECT_TRUE(given.outcome.again);
    }
}

}  // namespace
}  // namespace shapslice::convnet
