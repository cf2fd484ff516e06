#include "convnet/filters.h"

#include <algorithm>
#include <cmath>

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

}  // namespace shapslice::convnet
