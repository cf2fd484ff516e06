// NIfTI-1 and NIfTI-2 files in and out (METHOD 8.1).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "image/grid.h"

namespace shapslice {

// How a file stored its voxels: enough to write another volume of the same case the way the file had it.
struct StorageLayout {
    Grid grid;  // as stored: the file's own shape and affine
    int qform_code = 0;
    int sform_code = 0;
    // Stored axis of each RAS+ axis, and whether it runs the other way. {0,1,2} and no flip: the file is RAS+ already.
    std::array<int, 3> axis{0, 1, 2};
    std::array<bool, 3> flip{false, false, false};
};

struct NiftiImage {
    Volume<float> volume;  // RAS+ storage, scl_slope and scl_inter applied
    StorageLayout layout;
    // Things the user should know: sform and qform disagree, NaN voxels set to 0, header extension skipped ...
    std::vector<std::string> notes;
};

// Reads one image. `file_name` serves messages and the choice between single file and .hdr/.img pair; `bytes` is the
// file's content, gzip-compressed or not (told by content, not by name). For a pair, `bytes` is the .hdr and
// `image_bytes` the .img (each gzip-compressed or not). Any integer or float type, either byte order; complex and RGB
// types are refused by name, so are 4-D files of more than one volume, and truncated or oversized files.
// Errors are sentences that begin with the file's name.
Expected<NiftiImage> read_nifti(std::string_view file_name, std::span<const std::uint8_t> bytes,
                                std::span<const std::uint8_t> image_bytes = {});

// Some volumes of a 4-D file, `frames` from 0, in the order asked for; the file is inflated once. Errors as above, or a
// frame that the file does not have.
Expected<std::vector<NiftiImage>> read_nifti_frames(std::string_view file_name, std::span<const int> frames,
                                                    std::span<const std::uint8_t> bytes,
                                                    std::span<const std::uint8_t> image_bytes = {});

// A label map on the RAS+ grid of a case, as a .nii.gz (uint8) on the grid the case's files were stored on: same shape,
// same affine (nibabel reads it back equal), same sform and qform codes.
std::vector<std::uint8_t> write_nifti_labels(std::span<const std::uint8_t> labels, const StorageLayout& layout);

// A float volume the same way (phantoms, tests): float32, or int16 when `as_int16`. Gzip-compressed.
std::vector<std::uint8_t> write_nifti_volume(std::span<const float> voxels, const StorageLayout& layout, bool as_int16);

// The layout of a volume that is stored the way its RAS+ grid is.
StorageLayout plain_layout(const Grid& grid);

}  // namespace shapslice
