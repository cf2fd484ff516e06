// SHA-256 (FIPS 180-4): what pins a case's files and a model's weights to a result. The browser's own needs a secure
// context, which a hospital's plain intranet page is not.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace shapslice {

// Of what is added, piece after piece.
class Sha256 {
  public:
    void add(std::span<const std::uint8_t> bytes);
    // Lower-case hexadecimal digest, 64 characters; nothing may be added after it.
    std::string hex();

  private:
    std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                        0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::uint8_t, 64> rest_{};  // of the last block that is not full
    std::uint64_t length_ = 0;             // bytes
};

// Lower-case hexadecimal digest, 64 characters.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace shapslice
