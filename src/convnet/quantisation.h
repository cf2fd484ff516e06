// Real numbers as whole ones: value = (whole - zero) * scale, whole in 0..largest.
//
//     narrow   7 bits in a byte     relaxed SIMD multiplies four at once; a step is a 127th of the range
//     wide     up to 15 bits in two bytes, as many as the sums of a convolution have room for: as good as floats
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace shapslice::convnet {

constexpr int kLargestNarrow = 127;
constexpr int kLargestWide = 32767;
constexpr float kFurthest = 1e37f;  // ends of a range: that their difference is a float

struct Quantisation {
    float scale = 1;
    int zero = 0;  // what stands for 0, which is exact: padding is made of it
    int largest = kLargestNarrow;

    bool operator==(const Quantisation&) const = default;
};

// The values that a tensor takes: all that were seen, and those worth telling apart in 7 bits.
struct Range {
    float low = 0;
    float high = 0;
    float lowest = 0;
    float highest = 0;
    bool needs_wide = false;  // 7 bits would cost labels
};

inline Quantisation quantisation_of(float low, float high, int largest) {
    low = std::clamp(low, -kFurthest, 0.0f);
    high = std::clamp(high, 0.0f, kFurthest);
    const float scale = (high - low) / static_cast<float>(largest);
    if (!(scale > 0)) return {1, 0, largest};
    return {scale, std::clamp(static_cast<int>(std::round(-low / scale)), 0, largest), largest};
}

}  // namespace shapslice::convnet
