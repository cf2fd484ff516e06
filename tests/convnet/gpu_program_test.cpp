// What WebGPU asks of a program, wherever it runs.
#include "convnet/gpu_program.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "networks.h"

namespace shapslice::convnet {
namespace {

using testing::residual;
using testing::unet;

GpuProgram program_of(const Graph& graph, bool stands_in = false, const GpuLimits& limits = {}) {
    const auto made = make_gpu_program("net.onnx", make_plan(graph), stands_in, limits);
    EXPECT_TRUE(made) << made.error().sentence;
    return *made;
}

// How many of a shader's last buffers it writes.
int written(const GpuPass& pass) {
    return pass.shader == "normalisation" ? 2 : 1;
}

// A buffer that a pass writes may not be bound to it a second time.
TEST(GpuProgram, PassesWriteNoBufferThatTheyRead) {
    for (const bool stands_in : {false, true}) {
        for (const Graph& graph : {unet(1, 8), residual(1), testing::attention(1, 8), testing::large_volumes(1)}) {
            const GpuProgram program = program_of(graph, stands_in);
            for (const GpuPass& pass : program.run) {
                for (std::size_t n = pass.buffers.size() - static_cast<std::size_t>(written(pass));
                     n < pass.buffers.size(); ++n)
                    EXPECT_EQ(std::count(pass.buffers.begin(), pass.buffers.end(), pass.buffers[n]), 1) << pass.shader;
            }
        }
    }
}

TEST(GpuProgram, KeepsToTheAdaptersLimits) {
    const GpuLimits limits{std::uint64_t{128} << 10, 5};
    const GpuProgram program = program_of(testing::large_volumes(1), false, limits);
    EXPECT_LE(*std::max_element(program.buffers.begin(), program.buffers.end()), limits.buffer_bytes);
    for (const GpuPass& pass : program.run) EXPECT_LE(pass.workgroups[0], limits.workgroups);
}

TEST(GpuProgram, RefusesWhatNoBufferHoldsInOneSentence) {
    const auto made = make_gpu_program("net.onnx", make_plan(unet(1, 8)), false, {std::uint64_t{1} << 10, 65535});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().sentence,
              "net.onnx: the network needs a buffer larger than the 0 MB that this graphics adapter allows.");
}

// Coalitions are made while the first convolution reads: what is loaded once is not copied for each.
TEST(GpuProgram, MasksTheInputWhereItIsRead) {
    const GpuProgram program = program_of(unet(1, 8));
    EXPECT_EQ(program.load.size(), 1u);
    EXPECT_EQ(program.run[0].shader, "convolve");
    EXPECT_EQ(program.run[0].constants.at("absence"), 1);
    EXPECT_EQ(program_of(unet(1, 8), true).run[0].constants.at("absence"), 2);
    for (const GpuPass& pass : program.run) EXPECT_NE(pass.shader, "read_input");
}

// Buffers are used again once nothing reads them any more.
TEST(GpuProgram, TakesLessMemoryThanAllVolumes) {
    const Plan plan = make_plan(unet(1, 8));
    std::uint64_t all = 0;
    for (const Value& value : plan.values) all += value.padded_count() * sizeof(float);
    const GpuProgram program = program_of(unet(1, 8));
    std::uint64_t volumes = 0;
    for (std::size_t n = kGpuFixedBuffers; n < program.buffers.size(); ++n) volumes += program.buffers[n];
    EXPECT_LT(volumes, all * 3 / 4);
}

// In halves volumes and weights take half of the memory, and single are what ends in the output alone.
TEST(GpuProgram, HalvesWhatVolumesAndWeightsTake) {
    for (const Graph& graph : {unet(1, 8), residual(1), testing::large_volumes(1)}) {
        const Plan plan = make_plan(graph);
        const auto single = make_gpu_program("net.onnx", plan, true, {}, GpuFloats::single);
        const auto half = make_gpu_program("net.onnx", plan, true, {}, GpuFloats::half);
        ASSERT_TRUE(single && half);
        const auto volumes = [](const GpuProgram& program) {
            return std::accumulate(program.buffers.begin() + kGpuFixedBuffers, program.buffers.end(), std::uint64_t{0});
        };
        EXPECT_LT(volumes(*half), volumes(*single) * 2 / 3);  // buffers of moments and the output's stay as they are
        EXPECT_EQ(half->buffers[kGpuWeights], single->buffers[kGpuWeights] / 2);
        EXPECT_EQ(half->buffers[kGpuOutput], single->buffers[kGpuOutput]);
        ASSERT_EQ(half->run.size(), single->run.size());
        for (const GpuPass& pass : single->run) {
            EXPECT_EQ(pass.reads, GpuFloats::single) << pass.shader;
            EXPECT_EQ(pass.writes, GpuFloats::single) << pass.shader;
        }
        EXPECT_EQ(half->run.back().shader, "write_output");
        EXPECT_EQ(half->run.back().reads, GpuFloats::single);
        bool ending = false;
        int in_halves = 0;
        for (const GpuPass& pass : half->run) {
            if (pass.shader == "moments" || pass.shader == "normalisation") continue;  // their results are no volumes
            EXPECT_TRUE(!ending || pass.writes == GpuFloats::single) << pass.shader;
            ending |= pass.writes == GpuFloats::single;
            in_halves += !ending;
        }
        EXPECT_TRUE(ending);
        EXPECT_GT(in_halves, 4);
    }
}

}  // namespace
}  // namespace shapslice::convnet
