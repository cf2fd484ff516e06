#include "convnet/kernels/resample_row.h"

#include <algorithm>
#include <limits>

#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

namespace {

// `low` to `high`: the voxels of the rows that lie in the window.
f32x4 largest_of(const RowPooling& pooling, int low, int high, int channel) {
    f32x4 largest = splat(-std::numeric_limits<float>::infinity());
    for (const float* row : pooling.rows) {
        for (int at = low; at < high; ++at)
            largest = at_least(load<f32x4>(row + at * pooling.channels + channel), largest);
    }
    return largest;
}

f32x4 sum_of(const RowPooling& pooling, int low, int high, int channel) {
    f32x4 sum{};
    for (const float* row : pooling.rows) {
        for (int at = low; at < high; ++at) sum += load<f32x4>(row + at * pooling.channels + channel);
    }
    return sum;
}

}  // namespace

void pool_row(const RowPooling& pooling, int voxels, float* to) {
    for (int v = 0; v < voxels; ++v) {
        const int first = v * pooling.stride - pooling.pad_low;
        const int low = std::max(0, first);
        const int high = std::min(pooling.width, first + pooling.kernel);
        if (pooling.kind == PoolKind::largest) {
            for (int c = 0; c < pooling.channels; c += kLanes)
                store(to + v * pooling.channels + c, largest_of(pooling, low, high, c));
            continue;
        }
        const int counted =
            std::min(pooling.counted_to, first + pooling.kernel) - std::max(pooling.counted_from, first);
        const f32x4 share = splat(1.0f / static_cast<float>(pooling.counted_rows * counted));
        for (int c = 0; c < pooling.channels; c += kLanes)
            store(to + v * pooling.channels + c, sum_of(pooling, low, high, c) * share);
    }
}

void interpolate_row(const RowInterpolation& interpolation, std::span<const LinearTap> taps, float* to) {
    const float k = interpolation.share_k;
    const float j = interpolation.share_j;
    const f32x4 shares[4]{splat((1 - k) * (1 - j)), splat((1 - k) * j), splat(k * (1 - j)), splat(k * j)};
    for (const LinearTap& tap : taps) {
        const f32x4 share_low = splat(1 - tap.share);
        const f32x4 share_high = splat(tap.share);
        for (int c = 0; c < interpolation.channels; c += kLanes) {
            f32x4 value{};
            for (std::size_t n = 0; n < 4; ++n) {
                const float* row = interpolation.rows[n] + c;
                const f32x4 low = load<f32x4>(row + tap.low * interpolation.channels);
                const f32x4 high = load<f32x4>(row + tap.high * interpolation.channels);
                value += (low * share_low + high * share_high) * shares[n];
            }
            store(to + c, value);
        }
        to += interpolation.channels;
    }
}

void multiply_row(float* row, const float* factors, int voxels, int channels, bool one_for_all) {
    for (int v = 0; v < voxels; ++v) {
        for (int c = 0; c < channels; c += kLanes) {
            float* at = row + v * channels + c;
            const f32x4 factor = one_for_all ? splat(factors[v * kLanes]) : load<f32x4>(factors + v * channels + c);
            store(at, load<f32x4>(at) * factor);
        }
    }
}

}  // namespace shapslice::convnet
