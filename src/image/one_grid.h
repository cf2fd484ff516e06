// Images of one case on one grid (METHOD 8.2).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/background.h"
#include "image/grid.h"
#include "image/nifti.h"
#include "image/resample.h"

namespace shapslice {

struct NamedImage {
    std::string file_name;
    NiftiImage image;
};

// What the images of a case are laid on: the place of its T1c, and its voxels, whose background is cleared.
struct CaseGrid {
    std::string file;
    Grid grid;
    StorageLayout layout;
    std::span<const float> voxels;  // empty while T1c itself is taken
};

// Brings an image, or a label map, to the grid of the case; adds to `notes` what was done.
// - Same shape, and no corner moved by more than a tenth of a voxel: one grid; said if a corner moved at all.
// - Same stored shape, and a header that places nothing (no transform set, or the identity): taken voxel by voxel.
// - Less than half of the smaller brain box in the other volume: an error that says so.
// - Else resampled: an image linearly, its background carried by the nearest voxel so that no shell grows around the
//   brain; labels to the nearest voxel.
// An image comes back with `background` cleared (background.h).
Expected<GridFit> bring_image(NamedImage& named, const Background& background, const CaseGrid& to,
                              std::vector<std::string>& notes);
Expected<GridFit> bring_labels(NamedImage& named, const CaseGrid& to, std::vector<std::string>& notes);

}  // namespace shapslice
