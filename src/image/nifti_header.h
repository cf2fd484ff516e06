// The header of a NIfTI file, whichever version and byte order, checked.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/error.h"
#include "image/grid.h"

namespace shapslice {

struct NiftiHeader {
    Shape shape{0, 0, 0};
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
    std::string note;  // that sform and qform disagree, else empty
};

// Reads and checks a header. Errors name the file, what is wrong and what was expected.
Expected<NiftiHeader> read_nifti_header(std::string_view file_name, std::span<const std::uint8_t> bytes);

}  // namespace shapslice
