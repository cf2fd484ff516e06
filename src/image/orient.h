// Which stored axis runs closest to which direction of the patient, and the RAS+ grid that follows (METHOD 8.1).
#pragma once

#include "image/nifti.h"

namespace shapslice {

// Fills layout.axis and layout.flip from layout.grid.affine, and returns the RAS+ grid. Oblique affines go to the
// closest axes (of the rotation nearest to the affine), as nibabel's as_closest_canonical does.
Grid orient_ras(StorageLayout& layout);

// Where a RAS+ voxel lies among the stored ones: first voxel, and steps along RAS+ i, j, k (negative where flipped).
struct StorageWalk {
    std::ptrdiff_t start = 0;
    std::array<std::ptrdiff_t, 3> step{1, 1, 1};
};
StorageWalk storage_walk(const StorageLayout& layout);

}  // namespace shapslice
