// In which numbers a study's networks are run.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

namespace shapslice {

// exact: float32. fast, where the program's own engine takes the network (docs/ENGINE.md): 8-bit weights times
// activations of up to 15 bits, or weights and activations in float16 on a graphics processor; exact where not.
enum class Precision { exact, fast };
inline constexpr std::array<std::string_view, 2> kPrecisionNames{"exact", "fast"};

// Wide whole numbers have steps to spare: they cover so many times the range that a value was seen in. The more they
// cover, the coarser they are: at 1.5 the labels that differ from floats are half of what they are at 3.
inline constexpr float kRangeRoom = 2;

// The arithmetic of a run: of its volumes, and of its weights where these are in halves.
inline constexpr std::string_view kFloats = "float32";
inline constexpr std::string_view kHalves = "float16";
inline constexpr std::string_view kWholeNumbers = "int8 x int15";  // weights times activations

inline std::optional<Precision> precision_from_name(std::string_view name) {
    const auto at = std::find(kPrecisionNames.begin(), kPrecisionNames.end(), name);
    if (at == kPrecisionNames.end()) return std::nullopt;
    return static_cast<Precision>(at - kPrecisionNames.begin());
}
constexpr std::string_view precision_name(Precision precision) {
    return kPrecisionNames[static_cast<std::size_t>(precision)];
}

}  // namespace shapslice
