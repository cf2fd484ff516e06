// What this engine takes at most.
#pragma once

#include <cstdint>

namespace shapslice::convnet {

inline constexpr int kMostChannels = 4096;  // 27 taps of so many 7-bit times 8-bit products fit 32 bits
inline constexpr std::int64_t kLargestExtent = 1024;
inline constexpr int kLargestKernel = 15;
inline constexpr double kMostElements = 1 << 28;  // 1 GB of floats

}  // namespace shapslice::convnet
