// Gzip in memory, on libdeflate.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace shapslice {

bool is_gzip(std::span<const std::uint8_t> bytes);

// All members of a gzip file, checksums verified. Refuses truncated or damaged data, and more than `limit` bytes of
// output (a bomb, or a file no browser could hold), with a sentence that names `file_name`.
Expected<std::vector<std::uint8_t>> gunzip(std::string_view file_name, std::span<const std::uint8_t> bytes,
                                           std::size_t limit);

// At least the first `count` bytes of what a gzip file holds, fewer where it holds fewer: a look at a header before
// there is memory for the rest. Refuses damaged data that it comes across.
Expected<std::vector<std::uint8_t>> gunzip_start(std::string_view file_name, std::span<const std::uint8_t> bytes,
                                                 std::size_t count);

std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes);

}  // namespace shapslice
