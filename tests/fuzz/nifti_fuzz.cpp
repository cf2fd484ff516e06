// NIfTI headers and volumes, .nii and .hdr/.img, gzip-compressed or not: read, or refused with a sentence that names
// the file; what is read is finite, and written and read again it is the same.
#include <cmath>

#include "image/nifti.h"
#include "input.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto [first, second] = fuzz::two_files({bytes, size});
    const auto image = read_nifti("scan.nii", first, second);
    if (!image) {
        fuzz::must(image.error().sentence.starts_with("scan.nii: ") && image.error().sentence.ends_with("."));
        return 0;
    }
    const auto& [grid, voxels] = image->volume;
    fuzz::must(voxels.size() == grid.size() && grid.affine.allFinite());
    for (const float value : voxels) fuzz::must(std::isfinite(value));
    constexpr std::size_t kWorthWriting = 1 << 9;  // voxels
    if (voxels.size() > kWorthWriting) return 0;
    StorageLayout layout = image->layout;
    layout.qform_code = 0;  // a quaternion holds no shear
    layout.sform_code = 1;
    const auto again = read_nifti("again.nii.gz", write_nifti_volume(voxels, layout, false));
    // The header's floats are coarser than what NIfTI-2 can say: an affine may become singular or turn over in them.
    if (again && again->layout.axis == image->layout.axis && again->layout.flip == image->layout.flip)
        fuzz::must(again->volume.voxels == voxels);
    return 0;
}
