#include "convnet/calibration.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <numeric>

#include "base/terms.h"
#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

namespace {

constexpr std::size_t kSampleSize = 1 << 15;  // of a value, a run
constexpr int kSteps = 40;                    // in which an end of the range is drawn in, to a fifth of it

double squared_error(const std::vector<float>& sample, Range range) {
    const Quantisation q = quantisation_of(range.low, range.high, kLargestNarrow);
    const float factor = 1 / q.scale;
    double error = 0;
    for (const float x : sample) {
        const float steps = std::clamp(x * factor + float(q.zero) + 0.5f, 0.0f, kLargestNarrow + 0.5f);
        const float off = (static_cast<float>(static_cast<int>(steps)) - float(q.zero)) * q.scale - x;
        error += static_cast<double>(off * off);
    }
    return error;
}

// Draws one end of the range in, to where the error is least.
void draw_in(const std::vector<float>& sample, Range& range, float Range::* end) {
    const float furthest = range.*end;
    if (furthest == 0) return;
    Range best = range;
    double least = std::numeric_limits<double>::infinity();
    for (int step = 0; step <= kSteps; ++step) {
        Range tried = range;
        tried.*end = furthest * (1 - 0.8f * static_cast<float>(step) / kSteps);
        const double error = squared_error(sample, tried);
        if (error >= least) continue;
        least = error;
        best = tried;
    }
    range = best;
}

}  // namespace

void Calibration::observe(const Value& value, std::span<const float> elements) {
    if (elements.empty()) return;
    const auto padded = static_cast<std::size_t>(padded_channels(value.shape.channels));
    const auto channels = static_cast<std::size_t>(value.shape.channels);
    std::vector<float>& sample = samples_[value.name];
    const std::size_t count = value.shape.voxels() * channels;
    // A step that shares no factor with the number of channels, so that all of them are met.
    std::size_t step = std::max<std::size_t>(1, count / kSampleSize);
    while (std::gcd(step, channels) != 1) ++step;
    const auto take = [&sample](float x) {
        if (std::isfinite(x)) sample.push_back(x);
    };
    take(0);
    for (std::size_t n = 0; n < count; n += step) take(elements[n / channels * padded + n % channels]);
    take(*std::min_element(elements.begin(), elements.end()));
    take(*std::max_element(elements.begin(), elements.end()));
}

void Calibration::observe_coalitions(Executor& floats, std::span<const float> input) {
    const Plan& plan = floats.plan();
    const VolumeShape& shape = plan.values[static_cast<std::size_t>(plan.output)].shape;
    std::vector<float> output(shape.voxels() * static_cast<std::size_t>(shape.channels));
    const auto see = [this](const Value& value, std::span<const float> elements) { observe(value, elements); };
    floats.run(input, output, see);
    std::vector<float> alone(input.size());
    const std::size_t voxels = input.size() / kContrasts;
    for (std::size_t channel = 0; channel < kContrasts; ++channel) {
        std::fill(alone.begin(), alone.end(), 0.0f);
        std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(channel * voxels), voxels,
                    alone.begin() + static_cast<std::ptrdiff_t>(channel * voxels));
        floats.run(alone, output, see);
    }
}

Ranges Calibration::ranges() const {
    Ranges found;
    for (const auto& [name, sample] : samples_) {
        const auto [low, high] = std::minmax_element(sample.begin(), sample.end());
        Range range{std::min(*low, 0.0f), std::max(*high, 0.0f), *low, *high, false};
        draw_in(sample, range, &Range::high);
        draw_in(sample, range, &Range::low);
        found[name] = range;
    }
    return found;
}

Ranges widened(Ranges known, const Ranges& seen) {
    for (auto& [tensor, range] : known) {
        const auto at = seen.find(tensor);
        if (at == seen.end()) continue;
        range.low = std::min(range.low, at->second.low);
        range.high = std::max(range.high, at->second.high);
        range.lowest = std::min(range.lowest, at->second.lowest);
        range.highest = std::max(range.highest, at->second.highest);
    }
    return known;
}

Json ranges_to_json(const Ranges& ranges) {
    // Six digits: a bound that was once seen, with room left beyond it.
    const auto rounded = [](float end) {
        char text[32];
        std::snprintf(text, sizeof text, "%.6g", static_cast<double>(end));
        return std::strtod(text, nullptr);
    };
    Json json = Json::object();
    for (const auto& [tensor, range] : ranges) json[tensor] = {rounded(range.lowest), rounded(range.highest)};
    return json;
}

Expected<Ranges> ranges_from_json(const Json& json) {
    Ranges ranges;
    try {
        for (const auto& [tensor, ends] : json.items()) {
            const auto [low, high] = ends.get<std::array<float, 2>>();
            if (!(low <= high)) return fail("the range of \"" + tensor + "\" must be two numbers, the smaller first");
            ranges[tensor] = {low, high, low, high, false};
        }
    } catch (const Json::exception& error) {
        return fail(std::string("the ranges of activations cannot be read (") + error.what() + ")");
    }
    return ranges;
}

}  // namespace shapslice::convnet
