#include "base/runs.h"

#include <algorithm>
#include <cstddef>

namespace shapslice {

namespace {
constexpr std::size_t kLongestRun = (std::size_t{1} << 30) - 1;
}

Runs encode_runs(std::span<const std::uint8_t> labels) {
    Runs runs;
    std::size_t start = 0;
    while (start < labels.size()) {
        const std::uint8_t label = labels[start] & 3;
        std::size_t end = start + 1;
        while (end < labels.size() && labels[end] == labels[start] && end - start < kLongestRun) ++end;
        runs.push_back(static_cast<std::uint32_t>((end - start) << 2 | label));
        start = end;
    }
    return runs;
}

bool decode_runs(std::span<const std::uint32_t> runs, std::span<std::uint8_t> labels) {
    std::size_t at = 0;
    for (const std::uint32_t run : runs) {
        const std::size_t length = run >> 2;
        if (length > labels.size() - at) return false;
        std::fill_n(labels.begin() + static_cast<std::ptrdiff_t>(at), length, static_cast<std::uint8_t>(run & 3));
        at += length;
    }
    return at == labels.size();
}

}  // namespace shapslice
