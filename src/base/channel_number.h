// The numbers of channels in nnU-Net's and Decathlon's dataset.json, which are keys: {"0": "T1", "10": "T2"}.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace shapslice {

inline constexpr int kMostChannels = 64;

// Nothing where the text is no whole number from 0 to kMostChannels - 1.
inline std::optional<int> channel_number(std::string_view text) {
    int number = 0;
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool whole = problem == std::errc() && end == text.data() + text.size();
    return whole && number >= 0 && number < kMostChannels ? std::optional(number) : std::nullopt;
}

}  // namespace shapslice
