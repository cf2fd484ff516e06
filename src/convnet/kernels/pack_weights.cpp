#include "convnet/kernels/pack_weights.h"

#include <algorithm>

#include "convnet/kernels/conv_row.h"
#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

namespace {

template <class Element>
constexpr int kGroup = static_cast<int>(sizeof(float) / sizeof(Element));

// The filter's number for one product, as this kind of element: floats as they are, whole numbers without their scale.
template <class Element>
Element filter_element(const Filters& filters, std::size_t at) {
    return static_cast<Element>(filters.whole[at]);
}
template <>
float filter_element<float>(const Filters& filters, std::size_t at) {
    return filters.values[at];
}

// Packs a matrix of outputs x (rows x run), given as a function, by blocks of outputs and groups of the run.
template <class Element, class Weight>
std::vector<Element> pack(int outputs, int rows, int run, const Weight& weight) {
    std::vector<Element> packed;
    packed.reserve(static_cast<std::size_t>(outputs) * static_cast<std::size_t>(rows) * static_cast<std::size_t>(run));
    for (int first = 0; first < outputs; first += kOutputBlock) {
        const int last = std::min(first + kOutputBlock, outputs);
        for (int row = 0; row < rows; ++row) {
            for (int group = 0; group < run; group += kGroup<Element>) {
                for (int output = first; output < last; ++output) {
                    for (int at = group; at < group + kGroup<Element>; ++at) packed.push_back(weight(output, row, at));
                }
            }
        }
    }
    return packed;
}

}  // namespace

template <class Element>
std::vector<Element> pack_weights(const Filters& filters, int first_input, int inputs) {
    const int padded = padded_channels(inputs);
    const auto [depth, height, width] = filters.kernel;
    const auto weight = [&, wide = width](int output, int row, int at) -> Element {
        const int input = at % padded;
        if (output >= filters.outputs || input >= inputs) return Element{0};
        const int filter = output * filters.inputs + first_input + input;
        const int tap = row * wide + at / padded;
        return filter_element<Element>(filters,
                                       static_cast<std::size_t>(filter) * static_cast<std::size_t>(filters.taps()) +
                                           static_cast<std::size_t>(tap));
    };
    return pack<Element>(padded_channels(filters.outputs), depth * height, width * padded, weight);
}

template <class Element>
std::vector<Element> pack_transposed_weights(const Filters& filters, int phase_k, int phase_j) {
    const int padded_outputs = padded_channels(filters.outputs);
    const int width = filters.kernel[2];
    const int first_tap = (phase_k * filters.kernel[1] + phase_j) * width;
    const auto weight = [&](int row_output, int, int input) -> Element {
        const int output = row_output % padded_outputs;
        if (output >= filters.outputs || input >= filters.inputs) return Element{0};
        const int tap = first_tap + row_output / padded_outputs;
        return filter_element<Element>(filters, static_cast<std::size_t>(output * filters.inputs + input) *
                                                        static_cast<std::size_t>(filters.taps()) +
                                                    static_cast<std::size_t>(tap));
    };
    return pack<Element>(width * padded_outputs, 1, padded_channels(filters.inputs), weight);
}

template std::vector<float> pack_weights(const Filters&, int, int);
template std::vector<std::int16_t> pack_weights(const Filters&, int, int);
template std::vector<std::int8_t> pack_weights(const Filters&, int, int);
template std::vector<float> pack_transposed_weights(const Filters&, int, int);
template std::vector<std::int16_t> pack_transposed_weights(const Filters&, int, int);
template std::vector<std::int8_t> pack_transposed_weights(const Filters&, int, int);

}  // namespace shapslice::convnet
