// How a fuzz target takes its bytes apart.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>

namespace shapslice::fuzz {

using Bytes = std::span<const std::uint8_t>;

// Two files in one input: the first two bytes are the first file's length, little-endian, at most what there is.
inline std::pair<Bytes, Bytes> two_files(Bytes input) {
    if (input.size() < 2) return {};
    const std::size_t length = input[0] | static_cast<std::size_t>(input[1]) << 8;
    const Bytes rest = input.subspan(2);
    const Bytes first = rest.first(std::min(length, rest.size()));
    return {first, rest.subspan(first.size())};
}

inline std::string_view text_of(Bytes input) {
    return {reinterpret_cast<const char*>(input.data()), input.size()};
}

// Traps, so that libFuzzer keeps the input.
inline void must(bool holds) {
    if (!holds) __builtin_trap();
}

}  // namespace shapslice::fuzz
