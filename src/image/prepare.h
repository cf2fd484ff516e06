// From a case to what a model reads, and from what a model says back to the case's own grid (METHOD 8.3, 8.4).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "base/error.h"
#include "base/terms.h"
#include "image/case.h"
#include "image/grid.h"

namespace shapslice {

// Voxel ranges [low, high) along i, j, k.
struct Box {
    Shape low{0, 0, 0};
    Shape high{0, 0, 0};
    Shape extent() const { return {high[0] - low[0], high[1] - low[1], high[2] - low[2]}; }
};

// Smallest box holding every voxel that is not 0 in at least one contrast. An error when there is none.
Expected<Box> brain_box(const Case& subject);

// The model's view: channels [contrast][k][j][i] with i fastest, on a grid of the model's spacing whose low edge is the
// box's low edge. Output voxel n is sampled at (n + 0.5) * spacing from that edge, trilinear, clamped at the box's edge
// ("align_corners = False"): at twice the spacing that is the mean of 2 x 2 x 2 voxels.
struct Prepared {
    Box box;                             // on the case's grid
    std::array<double, 3> case_spacing;  // mm, i j k
    std::array<double, 3> spacing;       // the model's, mm, i j k
    Shape content;                       // ceil(box extent in mm / spacing)
    Shape padded;  // content rounded up to the model's multiple, at least its `least`; padding is 0, at the high ends
    std::vector<float> channels;  // kContrasts * voxel_count(padded)
};

// Extents of a box of the case on the model's grid: its length in mm over the spacing, rounded up.
Shape content_extents(const Box& box, const std::array<double, 3>& case_spacing, const std::array<double, 3>& spacing);
// Those, at least `least`, rounded up to `multiple`.
Shape padded_extents(const Shape& content, int multiple, const Shape& least);

// z-score per contrast over its non-zero voxels (background stays 0; a constant contrast becomes 0), crop, resample,
// pad. `least`: extents that the prepared grid has at least, each a multiple of `multiple` (a network of fixed size).
Expected<Prepared> prepare(const Case& subject, const std::array<double, 3>& spacing_ijk, int multiple,
                           const Shape& least = {1, 1, 1});

// Fractions of each label in each voxel of the prepared grid: the one-hot labels resampled as `prepare` does; padding
// is background. kLabels * voxel_count(padded). For training.
std::vector<float> prepare_labels(std::span<const std::uint8_t> labels, const Grid& case_grid,
                                  const Prepared& prepared);

// For each voxel of the box along one axis: the two prepared voxels around it, and the share of the upper one.
struct RestoreAxis {
    std::vector<int> low;
    std::vector<int> high;
    std::vector<float> share;
};
std::array<RestoreAxis, 3> restore_axes(const Prepared& prepared);

// Probabilities on the prepared grid, [label][k][j][i] over `padded`, back on the case's grid: linear between prepared
// voxel centres, argmax at each voxel of the box (first of equal ones), background outside it (METHOD 8.4).
std::vector<std::uint8_t> restore_labels(std::span<const float> probabilities, const Prepared& prepared,
                                         const Grid& case_grid);

}  // namespace shapslice
