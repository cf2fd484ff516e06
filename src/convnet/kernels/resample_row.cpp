#include "convnet/kernels/resample_row.h"

#include <algorithm>
#include <limits>

#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

void pool_row(const RowPooling& pooling, int voxels, float* to) {
    for (int v = 0; v < voxels; ++v) {
        const int low = std::max(0, v * pooling.stride - pooling.pad_low);
        const int high = std::min(pooling.width, v * pooling.stride - pooling.pad_low + pooling.kernel);
        for (int c = 0; c < pooling.channels; c += kLanes) {
            f32x4 largest = splat(-std::numeric_limits<float>::infinity());
            for (const float* row : pooling.rows) {
                for (int at = low; at < high; ++at)
                    largest = at_least(load<f32x4>(row + at * pooling.channels + c), largest);
            }
            store(to + v * pooling.channels + c, largest);
        }
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

}  // namespace shapslice::convnet
