// Runs a network on this program's own engine and writes what it gives, for compare.test.mjs to hold against ONNX
// Runtime.
//
//   convnet_probe MODEL.onnx K,J,I float|wide|narrow CALIBRATIONS FILE.npy...
//
// Files, all [channels][k][j][i]: first as many inputs as CALIBRATIONS says, to measure ranges on; then an input and an
// output in turns.
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>

#include "app/npy.h"
#include "convnet/calibration.h"
#include "convnet/executor.h"

namespace shapslice::convnet {
namespace {

std::vector<std::size_t> npy_shape(const VolumeShape& shape) {
    const auto extent = [](int n) { return static_cast<std::size_t>(n); };
    return {extent(shape.channels), extent(shape.extents[0]), extent(shape.extents[1]), extent(shape.extents[2])};
}

Expected<Ranges> calibrate(const Graph& graph, char** files, int count) {
    if (count == 0) return Ranges{};
    Calibration calibration;
    Executor executor(make_plan(graph));
    std::vector<float> output(graph.output_shape().voxels() * static_cast<std::size_t>(graph.output_shape().channels));
    for (int n = 0; n < count; ++n) {
        const auto input = read_npy(files[n], npy_shape(graph.input_shape()));
        if (!input) return tl::make_unexpected(input.error());
        executor.run(*input, output, [&](const Value& value, std::span<const float> elements) {
            calibration.observe(value, elements);
        });
    }
    return calibration.ranges();
}

Expected<void> run(int count, char** words) {
    constexpr int kFirstFile = 5;
    const int calibrations = count > kFirstFile ? std::stoi(words[4]) : 0;
    const int first_input = kFirstFile + calibrations;
    if (count < first_input + 2 || calibrations < 0)
        return fail("usage: convnet_probe MODEL.onnx K,J,I float|wide|narrow CALIBRATIONS FILE.npy...");
    std::ifstream file(words[1], std::ios::binary);
    const Bytes bytes(std::istreambuf_iterator<char>(file), {});
    const auto network = Network::parse(words[1], bytes);
    if (!network) return tl::make_unexpected(network.error());
    std::array<int, 3> extents{};
    if (std::sscanf(words[2], "%d,%d,%d", &extents[0], &extents[1], &extents[2]) != 3)
        return fail(std::string(words[2]) + ": expected three numbers with commas.");
    const auto graph = read_graph(words[1], *network, extents);
    if (!graph) return tl::make_unexpected(graph.error());
    const auto ranges = calibrate(*graph, words + kFirstFile, calibrations);
    if (!ranges) return tl::make_unexpected(ranges.error());

    const Prefer prefer = std::string_view(words[3]) == "narrow" ? Prefer::narrow : Prefer::wide;
    Executor executor(make_plan(*graph, *ranges, prefer));
    const auto shape = npy_shape(graph->output_shape());
    std::vector<float> output(graph->output_shape().voxels() * shape[0]);
    for (int n = first_input; n + 1 < count; n += 2) {
        const auto input = read_npy(words[n], npy_shape(graph->input_shape()));
        if (!input) return tl::make_unexpected(input.error());
        const auto started = std::chrono::steady_clock::now();
        executor.run(*input, output);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
        if (const auto written = write_npy(words[n + 1], shape, output); !written) return written;
        std::cout << "{\"steps\": " << executor.plan().steps.size() << ", \"bytes\": " << executor.bytes()
                  << ", \"products\": " << executor.plan().products() << ", \"seconds\": " << seconds.count() << "}\n";
    }
    return {};
}

}  // namespace
}  // namespace shapslice::convnet

int main(int count, char** words) {
    const auto done = shapslice::convnet::run(count, words);
    if (!done) std::cerr << done.error().sentence << "\n";
    return done ? 0 : 1;
}
