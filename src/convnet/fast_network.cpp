#include "convnet/fast_network.h"

#include <algorithm>

#include "base/precision.h"
#include "convnet/calibration.h"
#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

namespace {

std::map<std::string, double> clipped_shares(const Executor& executor) {
    std::map<std::string, double> shares;
    const std::span<const std::uint64_t> clipped = executor.clipped();
    for (std::size_t v = 0; v < clipped.size(); ++v) {
        const Value& value = executor.plan().values[v];
        const double elements = static_cast<double>(value.shape.voxels()) * value.shape.channels;
        if (clipped[v] > 0) shares[value.name] = static_cast<double>(clipped[v]) / elements;
    }
    return shares;
}

}  // namespace

FastNetwork::FastNetwork(Graph graph, Ranges ranges) : graph_(std::move(graph)), ranges_(std::move(ranges)) {
    executor();
}

const Executor& FastNetwork::executor() {
    if (!executor_) executor_ = std::make_unique<Executor>(make_plan(graph_, ranges_));
    return *executor_;
}

FastNetwork::Outcome FastNetwork::run(std::span<const float> input, std::span<float> output) {
    executor();
    executor_->run(input, output);
    Outcome outcome{false, clipped_shares(*executor_)};
    if (outcome.clipped.empty()) return outcome;
    executor_.reset();
    Executor(make_plan(graph_)).run(input, output);
    outcome.again = true;
    return outcome;
}

Ranges FastNetwork::widened_by(std::span<const float> input) {
    executor_.reset();
    const VolumeShape& shape = graph_.output_shape();
    std::vector<float> output(shape.voxels() * static_cast<std::size_t>(shape.channels));
    Executor floats(make_plan(graph_));
    Calibration calibration;
    const auto see = [&](const Value& value, std::span<const float> elements) { calibration.observe(value, elements); };
    floats.run(input, output, see);
    const auto of_input = ranges_.find(floats.plan().values[0].name);
    const Range known = of_input == ranges_.end() ? Range{} : of_input->second;
    std::vector<float> alone(input.size());
    const std::size_t voxels = graph_.input_shape().voxels();
    for (std::size_t first = 0; first < input.size(); first += voxels) {
        const auto channel = input.subspan(first, voxels);
        const auto [least, most] = std::minmax_element(channel.begin(), channel.end());
        if (*least >= kRangeRoom * known.lowest && *most <= kRangeRoom * known.highest) continue;
        std::fill(alone.begin(), alone.end(), 0.0f);
        std::copy(channel.begin(), channel.end(), alone.begin() + static_cast<std::ptrdiff_t>(first));
        floats.run(alone, output, see);
    }
    return widened(ranges_, calibration.ranges());
}

}  // namespace shapslice::convnet
