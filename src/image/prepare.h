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
#include "image/view.h"

namespace shapslice {

// Voxel ranges [low, high) along i, j, k.
struct Box {
    Shape low{0, 0, 0};
    Shape high{0, 0, 0};
    Shape extent() const { return {high[0] - low[0], high[1] - low[1], high[2] - low[2]}; }
};

// Mean and reciprocal of the population standard deviation over the voxels that are not 0; a constant image scales by 0
// (METHOD 8.3).
struct ZScore {
    float mean = 0;
    float scale = 0;
    double deviation = 0;
    float of(float voxel) const { return (voxel - mean) * scale; }
};
ZScore z_score(const std::vector<float>& voxels);

// Smallest box holding every voxel that is not 0 in at least one contrast. An error when there is none.
Expected<Box> brain_box(const Case& subject);

// The model's view: channels [contrast][k][j][i] with i fastest, on a grid of the model's spacing whose low edge is the
// box's low edge. Output voxel n is sampled at (n + 0.5) * spacing from that edge, trilinear, clamped at the box's edge
// ("align_corners = False"): at twice the spacing that is the mean of 2 x 2 x 2 voxels.
struct Prepared {
    Box box;                             // on the case's grid: the brain's, or the whole
    std::array<double, 3> case_spacing;  // mm, i j k
    std::array<double, 3> spacing;       // the model's, mm, i j k
    Shape content;                       // ceil(box extent in mm / spacing)
    Shape padded;                 // content rounded up to the model's multiple, at least its `least`; the rest is 0
    Shape low{0, 0, 0};           // where the content begins within `padded`: 0 where padding is at the high ends alone
    std::vector<float> channels;  // kContrasts * voxel_count(padded)
};

// Extents of a box of the case on the model's grid: its length in mm over the spacing, rounded up.
Shape content_extents(const Box& box, const std::array<double, 3>& case_spacing, const std::array<double, 3>& spacing);
// Those, at least `least`, rounded up to `multiple`.
Shape padded_extents(const Shape& content, int multiple, const Shape& least);

// z-score per contrast over its non-zero voxels (background stays 0; a constant contrast becomes 0), crop unless the
// view is of the whole image, resample, pad.
Expected<Prepared> prepare(const Case& subject, const View& view);
// The same of the brain's box, padded at the high ends. `least`: extents that the prepared grid has at least, each a
// multiple of `multiple` (a network of fixed size).
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

// How four values of a voxel become its label. largest: they are the labels' probabilities, and the largest decides
// (the first of equal ones). Else the last three are probabilities of overlapping regions, and each that exceeds one
// half paints its label over those before it.
struct Decision {
    bool largest = true;
    std::array<std::uint8_t, 3> paints{};
};

// Probabilities on the prepared grid, [label][k][j][i] over `padded`, back on the case's grid: linear between prepared
// voxel centres, decided at each voxel of the box, background outside it (METHOD 8.4).
std::vector<std::uint8_t> restore_labels(std::span<const float> probabilities, const Prepared& prepared,
                                         const Grid& case_grid, const Decision& decision = {});

}  // namespace shapslice
