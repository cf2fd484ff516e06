#include "image/gzip.h"

#include <libdeflate.h>

#include <algorithm>
#include <memory>
#include <new>
#include <string>

namespace shapslice {

namespace {

// Deflate cannot expand by more than this (RFC 1951: 258 bytes from 2 bits).
constexpr std::size_t kLargestExpansion = 1032;
constexpr std::size_t kGzipTrailer = 8;
constexpr std::size_t kLargestStoredBlock = 65535;  // what deflate copies at once

using Decompressor = std::unique_ptr<libdeflate_decompressor, void (*)(libdeflate_decompressor*)>;

Decompressor make_decompressor() {
    Decompressor made{libdeflate_alloc_decompressor(), libdeflate_free_decompressor};
    if (!made) throw std::bad_alloc();  // as everything else here says it; the file is not to blame
    return made;
}

// Some writers pad with zeros; anything else after the last member is damage.
bool only_zeros(std::span<const std::uint8_t> bytes) {
    return std::all_of(bytes.begin(), bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

// The uncompressed size that the last member claims; a hint only, never trusted.
std::size_t claimed_size(std::span<const std::uint8_t> bytes) {
    std::size_t size = 0;
    for (std::size_t n = 4; n > 0; --n) size = size << 8 | bytes[bytes.size() - 5 + n];
    return size;
}

std::string damaged(std::string_view file_name) {
    return std::string(file_name) + ": the gzip data end early or are damaged; expected a complete .gz file.";
}

std::string too_large(std::string_view file_name, std::size_t limit) {
    return std::string(file_name) + ": it inflates to more than " + std::to_string(limit >> 20) +
           " MB; expected no more than its image needs.";
}

}  // namespace

bool is_gzip(std::span<const std::uint8_t> bytes) {
    return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

Expected<std::vector<std::uint8_t>> gunzip(std::string_view file_name, std::span<const std::uint8_t> bytes,
                                           std::size_t limit) {
    const Decompressor decompressor = make_decompressor();
    if (bytes.size() < kGzipTrailer) return fail(damaged(file_name));
    // Divided, not multiplied: in WebAssembly a size has 32 bits.
    const std::size_t most = bytes.size() > limit / kLargestExpansion ? limit : bytes.size() * kLargestExpansion;
    // Never empty: libdeflate does arithmetic on the output's address.
    std::vector<std::uint8_t> inflated(std::max<std::size_t>(1, std::min(most, claimed_size(bytes))));
    std::size_t filled = 0;
    while (!bytes.empty()) {
        std::size_t used = 0;
        std::size_t made = 0;
        const libdeflate_result result =
            libdeflate_gzip_decompress_ex(decompressor.get(), bytes.data(), bytes.size(), inflated.data() + filled,
                                          inflated.size() - filled, &used, &made);
        if (result == LIBDEFLATE_INSUFFICIENT_SPACE) {
            // Several members, or a claim that was too small.
            if (inflated.size() >= most) return fail(most == limit ? too_large(file_name, limit) : damaged(file_name));
            const std::size_t larger = std::min(most, std::max<std::size_t>(inflated.size() * 2, 64 << 10));
            inflated.reserve(larger);  // resize alone may take twice as much
            inflated.resize(larger);
            continue;
        }
        if (result != LIBDEFLATE_SUCCESS) return fail(damaged(file_name));
        filled += made;
        bytes = bytes.subspan(used);
        if (only_zeros(bytes)) break;
    }
    inflated.resize(filled);
    return inflated;
}

// libdeflate writes in order and stops where the next block, match or literal does not fit; of what it then left behind
// only the last block's worth may be missing.
Expected<std::vector<std::uint8_t>> gunzip_start(std::string_view file_name, std::span<const std::uint8_t> bytes,
                                                 std::size_t count) {
    const Decompressor decompressor = make_decompressor();
    std::vector<std::uint8_t> start(count + kLargestStoredBlock);
    std::size_t filled = 0;
    libdeflate_result result = LIBDEFLATE_SUCCESS;
    while (result == LIBDEFLATE_SUCCESS && filled < count && !only_zeros(bytes)) {
        std::size_t used = 0;
        std::size_t made = 0;
        result = libdeflate_gzip_decompress_ex(decompressor.get(), bytes.data(), bytes.size(), start.data() + filled,
                                               start.size() - filled, &used, &made);
        if (result != LIBDEFLATE_SUCCESS) break;
        filled += made;
        bytes = bytes.subspan(used);
    }
    if (result != LIBDEFLATE_SUCCESS && result != LIBDEFLATE_INSUFFICIENT_SPACE) return fail(damaged(file_name));
    start.resize(result == LIBDEFLATE_SUCCESS ? filled : count);
    return start;
}

std::vector<std::uint8_t> gzip(std::span<const std::uint8_t> bytes) {
    constexpr int kLevel = 6;
    const std::unique_ptr<libdeflate_compressor, void (*)(libdeflate_compressor*)> compressor(
        libdeflate_alloc_compressor(kLevel), libdeflate_free_compressor);
    if (!compressor) throw std::bad_alloc();
    std::vector<std::uint8_t> compressed(libdeflate_gzip_compress_bound(compressor.get(), bytes.size()));
    compressed.resize(
        libdeflate_gzip_compress(compressor.get(), bytes.data(), bytes.size(), compressed.data(), compressed.size()));
    return compressed;
}

}  // namespace shapslice
