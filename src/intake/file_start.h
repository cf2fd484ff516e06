// What the first bytes of a file say it is, whatever its name.
#pragma once

#include <cstdint>
#include <span>

#include "intake/case_list.h"

namespace shapslice {

inline constexpr std::size_t kFileStart = 96 << 10;   // bytes that suffice: libdeflate wants input for 64 kB of output
inline constexpr std::size_t kLargestText = 4 << 20;  // of a dataset.json

// A NIfTI header (gzip-compressed or not) with its number of frames, DICOM ("DICM" at byte 128), or something else.
FileStart look_at_start(std::span<const std::uint8_t> bytes);

// Notes in `file` what the bytes that files_to_look_into() asked for say.
void take_beginning(FileEntry& file, std::span<const std::uint8_t> bytes);

}  // namespace shapslice
