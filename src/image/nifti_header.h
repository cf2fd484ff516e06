// The header of a NIfTI file, whichever version and byte order, checked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "image/grid.h"

namespace shapslice {

// The largest inflated file that is worth trying: 2 GB is half of what a 32-bit program can address.
inline constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 31;
// Bytes that a header of either version fits in.
inline constexpr std::size_t kLargestHeader = 540;

struct NiftiHeader {
    Shape shape{0, 0, 0};
    int frames = 1;    // 3-D volumes, one behind the other
    int datatype = 0;  // a DT_ code that read_nifti converts
    int voxel_bytes = 0;
    bool swapped = false;     // the file's byte order is not this machine's
    bool single_file = true;  // .nii; else the voxels are in an .img
    std::size_t voxel_offset = 0;
    double slope = 1;
    double intercept = 0;
    Eigen::Matrix4d affine = Eigen::Matrix4d::Identity();  // of the stored voxels
    int qform_code = 0;
    int sform_code = 0;
    std::uint64_t frame_bytes() const {
        return static_cast<std::uint64_t>(voxel_count(shape)) * static_cast<std::uint64_t>(voxel_bytes);
    }
    // Bytes of the file that holds the voxels, up to the last of them.
    std::uint64_t file_bytes() const { return voxel_offset + static_cast<std::uint64_t>(frames) * frame_bytes(); }
    std::string note;  // that sform and qform disagree, that lengths were converted, else empty
};

// Reads and checks a header. Errors name the file, what is wrong and what was expected.
Expected<NiftiHeader> read_nifti_header(std::string_view file_name, std::span<const std::uint8_t> bytes);

}  // namespace shapslice
