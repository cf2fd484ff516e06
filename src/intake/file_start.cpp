#include "intake/file_start.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "image/gzip.h"
#include "image/nifti_header.h"
#include "intake/file_kind.h"

namespace shapslice {

namespace {

template <class T>
T number_at(std::span<const std::uint8_t> bytes, std::size_t offset, bool swapped) {
    std::array<std::uint8_t, sizeof(T)> raw;
    std::memcpy(raw.data(), bytes.data() + offset, sizeof(T));
    if (swapped) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
}

// dim[4] of a NIfTI-1 or -2 header; 0 where it is none.
std::int64_t frames_of(std::span<const std::uint8_t> header) {
    if (header.size() < 348) return 0;
    for (const bool swapped : {false, true}) {
        const auto size = number_at<std::int32_t>(header, 0, swapped);
        if (size == 348) {
            if (number_at<std::int16_t>(header, 40, swapped) < 4) return 1;
            return std::max<std::int64_t>(1, number_at<std::int16_t>(header, 48, swapped));
        }
        if (size == 540 && header.size() >= 56) {
            if (number_at<std::int64_t>(header, 16, swapped) < 4) return 1;
            return std::max<std::int64_t>(1, number_at<std::int64_t>(header, 48, swapped));
        }
    }
    return 0;
}

}  // namespace

FileStart look_at_start(std::span<const std::uint8_t> bytes) {
    if (bytes.size() >= 132 && std::memcmp(bytes.data() + 128, "DICM", 4) == 0) return {"dicom", 1};
    std::int64_t frames = 0;
    if (is_gzip(bytes)) {
        const auto start = gunzip_start("", bytes, kLargestHeader);
        if (start) frames = frames_of(*start);
    } else {
        frames = frames_of(bytes);
    }
    if (frames == 0) return {"other", 1};
    return {"nifti", static_cast<int>(std::min<std::int64_t>(frames, 1 << 20))};
}

void take_beginning(FileEntry& file, std::span<const std::uint8_t> bytes) {
    if (kind_of(take_apart(file.path)) == FileKind::dataset) {
        file.text.assign(bytes.begin(), bytes.end());
    } else {
        file.start = look_at_start(bytes);
    }
}

}  // namespace shapslice
