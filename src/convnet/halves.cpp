#include "convnet/halves.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace shapslice::convnet {

namespace {

std::uint16_t half_of(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const auto sign = static_cast<std::uint16_t>(bits >> 16 & 0x8000);
    const float size = std::bit_cast<float>(bits & 0x7fffffff);
    if (!(size < 65520.0f)) return static_cast<std::uint16_t>(sign | (std::isnan(size) ? 0x7e00 : 0x7bff));
    // Added to a number whose last bit is worth what a half's last bit is there, a float is rounded as a half would be:
    // 2^-24 below the smallest normal half, 2^-10 of its leading bit from there on.
    const auto leading = std::max(std::bit_cast<std::uint32_t>(size) >> 23, std::uint32_t{127 - 14});
    const float magic = std::bit_cast<float>((leading + 13) << 23);
    const auto rounded = std::bit_cast<std::uint32_t>(size + magic) - std::bit_cast<std::uint32_t>(magic);
    return static_cast<std::uint16_t>(sign | (((leading - (127 - 14)) << 10) + rounded));
}

}  // namespace

std::vector<std::uint16_t> halves(std::span<const float> values) {
    std::vector<std::uint16_t> made(values.size());
    std::transform(values.begin(), values.end(), made.begin(), half_of);
    return made;
}

}  // namespace shapslice::convnet
