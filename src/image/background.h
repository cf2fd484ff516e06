// What of an image is brain and what is background (METHOD 8.3).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "image/grid.h"

namespace shapslice {

// The background of one image.
struct Background {
    float value = 0;    // that most voxels of the volume's faces have
    bool exact = true;  // it is 0, and the brain is exactly the voxels that are not 0
    // Where it is not exact: 1 at voxels within reach of the value that are connected to a face, 0 at the brain's.
    std::vector<std::uint8_t> mask;
};

// Finds it. A voxel is within reach when it differs from the value by at most 1e-3 of the distance between the value
// and the image's 99th percentile, or by four times the spread of the faces about it where they are noisy (at most 5 %
// of that distance). Where next to nothing of the image lies beyond the value on the side away from the brain, all that
// does is within reach, too: an interpolation that rings overshoots there. A volume whose faces have no common value
// (not stripped, or cut through the brain) counts as exact: what is 0 is background.
Background find_background(std::span<const float> voxels, const Shape& shape);

// The image as the rest of the program takes it: 0 at the background and nowhere else. Where the background is exact
// nothing changes; else its value is subtracted, and a brain's voxel that would be 0 becomes kBrainZero.
void clear_background(std::vector<float>& voxels, const Background& background);

// Stands for 0 in the brain of an image whose background is another value: small against any image, and not 0.
inline constexpr float kBrainZero = 1e-20f;

}  // namespace shapslice
