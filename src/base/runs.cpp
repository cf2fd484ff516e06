#include "base/runs.h"

#include <algorithm>
#include <cstddef>
#include <cstring>

namespace shapslice {

namespace {
constexpr std::size_t kLongestRun = (std::size_t{1} << 30) - 1;

// Where the run that begins at `start` ends: eight labels at a time, since most of a volume is background.
std::size_t run_end(std::span<const std::uint8_t> labels, std::size_t start) {
    const std::size_t last = std::min(labels.size(), start + kLongestRun);
    const std::uint64_t eight = labels[start] * std::uint64_t{0x0101010101010101};
    std::size_t end = start + 1;
    for (std::uint64_t next = eight; end + sizeof next <= last; end += sizeof next) {
        std::memcpy(&next, labels.data() + end, sizeof next);
        if (next != eight) break;
    }
    while (end < last && labels[end] == labels[start]) ++end;
    return end;
}

}  // namespace

Runs encode_runs(std::span<const std::uint8_t> labels) {
    Runs runs;
    std::size_t start = 0;
    while (start < labels.size()) {
        const std::uint8_t label = labels[start] & 3;
        const std::size_t end = run_end(labels, start);
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
