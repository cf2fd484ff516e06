#include "convnet/filters.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shapslice::convnet {

void round_filters(Filters& filters, const std::optional<std::vector<float>>& scales) {
    const auto outputs = static_cast<std::size_t>(filters.outputs);
    const std::size_t each = filters.values.size() / outputs;
    filters.whole.resize(filters.values.size());
    filters.scales.resize(outputs);
    for (std::size_t o = 0; o < outputs; ++o) {
        const float* values = filters.values.data() + o * each;
        float largest = 0;
        for (std::size_t n = 0; n < each; ++n) largest = std::max(largest, std::abs(values[n]));
        const float scale = scales ? (*scales)[o] : largest / 127;
        filters.scales[o] = scale > 0 ? scale : 1;
        for (std::size_t n = 0; n < each; ++n) {
            const float whole = std::clamp(std::round(values[n] / filters.scales[o]), -128.0f, 127.0f);
            filters.whole[o * each + n] = static_cast<std::int8_t>(whole);
        }
    }
}

Filters doubled_filters(const Filters& filters, int first_input, int inputs, const std::array<int, 3>& phase) {
    Filters made{filters.outputs, inputs, {2, 2, 2}, {}, {}, {}, {}};
    constexpr std::size_t kTaps = 8;
    made.values.assign(static_cast<std::size_t>(filters.outputs * inputs) * kTaps, 0.0f);
    // Tap t of an even voxel lies on the voxel before (0) or the voxel itself (1), of an odd one on itself or the next.
    const auto half = [&](std::size_t axis, int tap) { return static_cast<std::size_t>((tap + 1 - phase[axis]) / 2); };
    for (int o = 0; o < filters.outputs; ++o) {
        for (int c = 0; c < inputs; ++c) {
            const float* from = filters.values.data() +
                                static_cast<std::ptrdiff_t>(o * filters.inputs + first_input + c) * filters.taps();
            float* to = made.values.data() + static_cast<std::size_t>(o * inputs + c) * kTaps;
            for (int k = 0; k < 3; ++k) {
                for (int j = 0; j < 3; ++j) {
                    for (int i = 0; i < 3; ++i) to[(half(0, k) * 2 + half(1, j)) * 2 + half(2, i)] += *from++;
                }
            }
        }
    }
    round_filters(made);
    return made;
}

std::array<Filters, 4> winograd_filters(const Filters& filters, int first_input, int inputs) {
    std::array<Filters, 4> parts;
    for (Filters& part : parts) {
        part.outputs = filters.outputs;
        part.inputs = inputs;
        part.kernel = {filters.kernel[0], filters.kernel[1], 1};
        for (const float scale : filters.scales) part.scales.push_back(scale / 2);
    }
    const int rows = filters.kernel[0] * filters.kernel[1];
    for (int o = 0; o < filters.outputs; ++o) {
        for (int c = first_input; c < first_input + inputs; ++c) {
            for (int row = 0; row < rows; ++row) {
                const auto at = static_cast<std::size_t>(((o * filters.inputs + c) * rows + row) * 3);
                const int g0 = filters.whole[at], g1 = filters.whole[at + 1], g2 = filters.whole[at + 2];
                const int twice[] = {2 * g0, g0 + g1 + g2, g0 - g1 + g2, 2 * g2};
                for (std::size_t n = 0; n < parts.size(); ++n)
                    parts[n].whole.push_back(static_cast<std::int16_t>(twice[n]));
            }
        }
    }
    return parts;
}

double largest_weight_sum(const Filters& filters, int first_input, int inputs) {
    double largest = 0;
    const auto taps = static_cast<std::ptrdiff_t>(filters.taps());
    for (int o = 0; o < filters.outputs; ++o) {
        const auto first = filters.whole.begin() + (o * filters.inputs + first_input) * taps;
        const double sum = std::accumulate(first, first + inputs * taps, 0.0,
                                           [](double all, int weight) { return all + std::abs(weight); });
        largest = std::max(largest, sum);
    }
    return largest;
}

}  // namespace shapslice::convnet
