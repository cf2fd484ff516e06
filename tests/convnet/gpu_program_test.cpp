// What WebGPU asks of a program, wherever it runs.
#include "convnet/gpu_program.h"

#include <gtest/gtest.h>

#include <algorithm>

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
        for (const Graph& graph : {unet(1, 8), residual(1), testing::large_volumes(1)}) {
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

}  // namespace
}  // namespace shapslice::convnet
