#include "convnet/kernels/stage_row.h"

#include <algorithm>

#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

namespace {

// Channels of a voxel, four at a time, each four by `convert`.
template <class From, class To, class Convert>
void stage(const RowStaging& staging, const From* stored, To padding, To* to, const Convert& convert) {
    const int low = (stored ? staging.pad_low : staging.pad_low + staging.voxels + staging.pad_high) * staging.channels;
    to = std::fill_n(to, low, padding);
    if (!stored) return;
    if (!staging.table) {
        for (int n = 0; n < staging.voxels * staging.channels; n += kLanes) convert(stored + n, to + n);
        to += staging.voxels * staging.channels;
    } else {
        for (int v = 0; v < staging.voxels; ++v) {
            if (staging.table[v] == kNothing) {
                std::fill_n(to, staging.channels, padding);
            } else {
                const From* voxel = stored + staging.table[v] * staging.channels;
                for (int c = 0; c < staging.channels; c += kLanes) convert(voxel + c, to + c);
            }
            to += staging.channels;
        }
    }
    std::fill_n(to, staging.pad_high * staging.channels, padding);
}

template <class Element>
void copy_four(const Element* from, Element* to) {
    std::memcpy(to, from, kLanes * sizeof(Element));
}

}  // namespace

void stage_row(const RowStaging& staging, const float* stored, float* to) {
    stage(staging, stored, 0.0f, to, copy_four<float>);
}

void stage_row(const RowStaging& staging, const std::int8_t* stored, std::int8_t zero, std::int8_t* to) {
    stage(staging, stored, zero, to, copy_four<std::int8_t>);
}

void stage_row(const RowStaging& staging, const std::int16_t* stored, std::int16_t zero, std::int16_t* to) {
    stage(staging, stored, zero, to, copy_four<std::int16_t>);
}

namespace {

template <class Four, class Element>
void stage_dequantised(const RowStaging& staging, const Element* stored, const Quantisation& quantisation, float* to) {
    const f32x4 scale = splat(quantisation.scale);
    const f32x4 zero = splat(static_cast<float>(quantisation.zero));
    stage(staging, stored, 0.0f, to, [&](const Element* from, float* real) {
        store(real, (__builtin_convertvector(load<Four>(from), f32x4) - zero) * scale);
    });
}

}  // namespace

void stage_row(const RowStaging& staging, const std::int8_t* stored, const Quantisation& quantisation, float* to) {
    stage_dequantised<i8x4>(staging, stored, quantisation, to);
}

void stage_row(const RowStaging& staging, const std::int16_t* stored, const Quantisation& quantisation, float* to) {
    stage_dequantised<i16x4>(staging, stored, quantisation, to);
}

}  // namespace shapslice::convnet
