#include "convnet/kernels/winograd_row.h"

#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

void transform_row(const std::int16_t* staged, int tiles, int channels, std::int16_t* to) {
    const int part = tiles * channels;
    for (int tile = 0; tile < tiles; ++tile) {
        const std::int16_t* from = staged + 2 * tile * channels;
        std::int16_t* at = to + tile * channels;
        for (int c = 0; c < channels; c += kLanes, from += kLanes, at += kLanes) {
            const auto d0 = load<i16x4>(from);
            const auto d1 = load<i16x4>(from + channels);
            const auto d2 = load<i16x4>(from + 2 * channels);
            const auto d3 = load<i16x4>(from + 3 * channels);
            store(at, d0 - d2);
            store(at + part, d1 + d2);
            store(at + 2 * part, d2 - d1);
            store(at + 3 * part, d1 - d3);
        }
    }
}

namespace {

void put(float* to, f32x4 value, bool accumulate) {
    store(to, accumulate ? load<f32x4>(to) + value : value);
}

}  // namespace

void combine_row(const float* parts, int tiles, int voxels, int outputs, bool accumulate, float* to) {
    const int part = tiles * outputs;
    for (int tile = 0; tile < tiles; ++tile) {
        const bool pair = 2 * tile + 1 < voxels;
        const float* from = parts + tile * outputs;
        float* at = to + 2 * tile * outputs;
        for (int o = 0; o < outputs; o += kLanes, from += kLanes, at += kLanes) {
            const auto m1 = load<f32x4>(from + part);
            const auto m2 = load<f32x4>(from + 2 * part);
            put(at, load<f32x4>(from) + m1 + m2, accumulate);
            if (pair) put(at + outputs, m1 - m2 - load<f32x4>(from + 3 * part), accumulate);
        }
    }
}

}  // namespace shapslice::convnet
