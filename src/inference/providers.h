// Who ran a network, by the word that a result records, and in which arithmetic.
#pragma once

#include <string_view>

#include "base/precision.h"

namespace shapslice {

// The program's own engine (docs/ENGINE.md). In whole numbers by the model's ranges; by those of the case; in floats,
// because a run in whole numbers had cut something off; on a graphics processor, and there with volumes in halves.
inline constexpr std::string_view kEngineProvider = "engine";
inline constexpr std::string_view kMeasuredProvider = "engine-measured";
inline constexpr std::string_view kAgainProvider = "engine-float";
inline constexpr std::string_view kGpuProvider = "engine-webgpu";
inline constexpr std::string_view kHalfProvider = "engine-webgpu-half";
// Behind the name of any other: the network itself computes in float16.
inline constexpr std::string_view kHalfNetwork = "-float16";

// FoldResult::precision of what a provider ran.
constexpr std::string_view precision_of(std::string_view provider) {
    if (provider == kEngineProvider || provider == kMeasuredProvider) return kWholeNumbers;
    return provider == kHalfProvider || provider.ends_with(kHalfNetwork) ? kHalves : kFloats;
}

// The arithmetic that a fast run was begun in: one that was made again in floats belongs to those that were not.
// `otherwise` where the provider does not tell.
constexpr std::string_view fast_arithmetic_of(std::string_view provider, std::string_view otherwise) {
    if (provider == kEngineProvider || provider == kMeasuredProvider || provider == kAgainProvider)
        return kWholeNumbers;
    return provider == kHalfProvider || provider == kGpuProvider ? kHalves : otherwise;
}

}  // namespace shapslice
