// A case out of two images, each standing for half of it: contrasts on one grid or on two, a segmentation on the
// second. Opened, or refused with a sentence that names the file; what is opened can be prepared for a model.
#include <cmath>

#include "image/prepare.h"
#include "input.h"
#include "study/open_case.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const auto [first, second] = fuzz::two_files({bytes, size});
    constexpr std::size_t kMostVoxels = 1 << 14;  // resampling visits every one of them
    for (const fuzz::Bytes file : {first, second}) {
        const auto image = read_nifti("scan.nii", file);
        if (!image || image->volume.voxels.size() > kMostVoxels) return 0;
    }
    CaseOpening opening;
    for (const FileRole role : {FileRole::t1c, FileRole::t1n, FileRole::t2f, FileRole::t2w, FileRole::segmentation}) {
        const bool of_first = role == FileRole::t1c || role == FileRole::t2f;
        fuzz::must(
            opening.add("p-" + std::string(role_name(role)) + ".nii", role, of_first ? first : second, {}).has_value());
    }
    const auto subject = opening.finish();
    if (!subject) {
        fuzz::must(subject.error().sentence.starts_with("p-"));
        return 0;
    }
    for (const auto& voxels : subject->voxels) fuzz::must(voxels.size() == subject->grid.size());
    constexpr std::array kSpacing{1.5, 1.5, 1.5};
    const auto box = brain_box(*subject);
    fuzz::must(box.has_value());
    const Shape content = padded_extents(content_extents(*box, subject->grid.spacing(), kSpacing), 4, {1, 1, 1});
    double voxels = 1;
    for (const int extent : content) voxels *= extent;
    if (voxels > 8 * kMostVoxels) return 0;
    if (const auto prepared = prepare(*subject, kSpacing, 4)) {
        for (const float value : prepared->channels) fuzz::must(std::isfinite(value));
    }
    return 0;
}
