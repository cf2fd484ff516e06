// SHA-256 (FIPS 180-4): what pins a case's files and a model's weights to a result. The browser's own needs a secure
// context, which a hospital's plain intranet page is not.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace shapslice {

// Lower-case hexadecimal digest, 64 characters.
std::string sha256_hex(std::span<const std::uint8_t> bytes);

}  // namespace shapslice
