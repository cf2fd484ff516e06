// nifti_clib's reader on bytes in memory, and METHOD 8.1's scaling written out plainly.
#pragma once

#include <nifti2_io.h>

#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>

#include "image/nifti.h"
#include "image/orient.h"
#include "input.h"

namespace shapslice::fuzz {

using ClibImage = std::unique_ptr<nifti_image, void (*)(nifti_image*)>;

// The header by nifti_clib's conversion, the voxels by its nifti_read_buffer; null where it, or a file that ends early,
// refuses, and where the offset of a .nii is 0 (see nifti_differential_fuzz.cpp). For bytes that read_nifti takes.
inline ClibImage read_with_nifti_clib(Bytes first, Bytes second) {
    ClibImage image(nullptr, nifti_image_free);
    nifti_2_header start{};  // aligned
    std::memcpy(&start, first.data(), std::min(first.size(), sizeof start));
    const int version = nifti_header_version(reinterpret_cast<const char*>(&start), first.size());
    std::size_t header_bytes = 0;
    if (version == 1) {
        nifti_1_header header;
        std::memcpy(&header, first.data(), sizeof header);
        header_bytes = sizeof header;
        image.reset(nifti_convert_n1hdr2nim(header, nullptr));
    } else if (version == 2 && first.size() >= sizeof(nifti_2_header)) {
        nifti_2_header header;
        std::memcpy(&header, first.data(), sizeof header);
        header_bytes = sizeof header;
        image.reset(nifti_convert_n2hdr2nim(header, nullptr));
    }
    if (!image) return image;
    const bool single = image->nifti_type == NIFTI_FTYPE_NIFTI1_1;
    const Bytes stored = single ? first : second;
    const auto offset = static_cast<std::size_t>(image->iname_offset);
    const auto wanted = static_cast<std::size_t>(nifti_get_volsize(image.get()));
    if ((single && offset == header_bytes) || offset >= stored.size()) return {nullptr, nifti_image_free};
    const Bytes voxels = stored.subspan(offset);
    znzptr file{0, fmemopen(const_cast<std::uint8_t*>(voxels.data()), voxels.size(), "rb")};
    image->data = std::calloc(1, wanted);
    const auto read = nifti_read_buffer(&file, image->data, static_cast<std::int64_t>(wanted), image.get());
    std::fclose(file.nzfptr);
    return read == static_cast<std::int64_t>(wanted) ? std::move(image) : ClibImage(nullptr, nifti_image_free);
}

struct ExpectedVoxel {
    float scaled = 0;
    bool was_zeroed = false;  // nifti_clib may have made it 0 because it was no number
};

template <class T>
ExpectedVoxel scaled_as(const nifti_image& image, std::size_t at) {
    T raw;
    std::memcpy(&raw, static_cast<const char*>(image.data) + at * sizeof raw, sizeof raw);
    const bool scales = image.scl_slope != 0 && (image.scl_slope != 1 || image.scl_inter != 0);
    const float scaled = scales ? static_cast<float>(static_cast<double>(raw) * image.scl_slope + image.scl_inter)
                                : static_cast<float>(raw);
    return {std::isfinite(scaled) ? scaled : 0, std::is_floating_point_v<T> && raw == 0};
}

inline ExpectedVoxel scaled_voxel(const nifti_image& image, std::size_t at) {
    switch (image.datatype) {
        case DT_INT8:
            return scaled_as<std::int8_t>(image, at);
        case DT_UINT8:
            return scaled_as<std::uint8_t>(image, at);
        case DT_INT16:
            return scaled_as<std::int16_t>(image, at);
        case DT_UINT16:
            return scaled_as<std::uint16_t>(image, at);
        case DT_INT32:
            return scaled_as<std::int32_t>(image, at);
        case DT_UINT32:
            return scaled_as<std::uint32_t>(image, at);
        case DT_INT64:
            return scaled_as<std::int64_t>(image, at);
        case DT_UINT64:
            return scaled_as<std::uint64_t>(image, at);
        case DT_FLOAT32:
            return scaled_as<float>(image, at);
        default:
            return scaled_as<double>(image, at);
    }
}

}  // namespace shapslice::fuzz
