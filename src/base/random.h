// Random numbers that are the same bits everywhere: whole-number mixing, no platform distributions.
#pragma once

#include <cstdint>

namespace shapslice {

// splitmix64 (Steele, Lea and Flood 2014): a well-mixed number for each key.
constexpr std::uint64_t mix(std::uint64_t key) {
    key += 0x9e3779b97f4a7c15;
    key = (key ^ (key >> 30)) * 0xbf58476d1ce4e5b9;
    key = (key ^ (key >> 27)) * 0x94d049bb133111eb;
    return key ^ (key >> 31);
}

// A sequence of draws from one seed.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(mix(seed)) {}
    std::uint64_t next() { return mix(state_++); }
    // Evenly in [low, high).
    double between(double low, double high) {
        return low + (high - low) * (static_cast<double>(next() >> 11) * 0x1p-53);
    }

  private:
    std::uint64_t state_;
};

// About normal with mean 0 and variance 1: the sum of four even draws out of one key (Irwin-Hall), within +-3.5.
inline float normal_of(std::uint64_t key) {
    const std::uint64_t bits = mix(key);
    const auto sum = static_cast<float>((bits & 0xffff) + (bits >> 16 & 0xffff) + (bits >> 32 & 0xffff) + (bits >> 48));
    return (sum - 131070.0f) * (1.0f / 37836.6f);  // variance of the sum: 4 * (2^32 - 1) / 12
}

}  // namespace shapslice
