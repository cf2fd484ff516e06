// .onnx files on the engine for convolutional networks: refused by name, or planned and run, in floats and in whole
// numbers, and made a program for WebGPU.
#include "convnet/calibration.h"
#include "convnet/gpu_program.h"
#include "input.h"

using namespace shapslice;
using namespace shapslice::convnet;

namespace {

constexpr std::array kExtents{8, 8, 16};
constexpr std::uint64_t kMostBytes = 4u << 20;
constexpr double kMostProducts = 2e7;

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto network = Network::parse("mine.onnx", {bytes, size});
    if (!network) return 0;
    const auto graph = read_graph("mine.onnx", *network, kExtents);
    if (!graph) {
        fuzz::must(graph.error().sentence.starts_with("mine.onnx: "));
        return 0;
    }
    Plan plan = make_plan(*graph);
    if (plan.bytes > kMostBytes || plan.products() > kMostProducts) return 0;
    make_gpu_program("mine.onnx", plan, true, {});
    const auto elements = [&plan](int v) {
        const VolumeShape& shape = plan.values[static_cast<std::size_t>(v)].shape;
        return shape.voxels() * static_cast<std::size_t>(shape.channels);
    };
    std::vector<float> input(elements(plan.steps.front().value)), output(elements(plan.output));
    for (std::size_t n = 0; n < input.size(); ++n) input[n] = static_cast<float>(n % 17) / 4 - 2;
    Executor floats(std::move(plan));
    floats.run(input, output);
    Calibration calibration;
    calibration.observe_coalitions(floats, input);
    const auto ranges = ranges_from_json(ranges_to_json(calibration.ranges()));
    if (!ranges) return 0;  // infinite somewhere
    for (const Prefer prefer : {Prefer::wide, Prefer::narrow})
        Executor(make_plan(*graph, *ranges, prefer)).run(input, output);
    return 0;
}
