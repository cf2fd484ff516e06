// A volume on another grid, through world coordinates (METHOD 8.2).
#pragma once

#include "image/grid.h"

namespace shapslice {

enum class Interpolation { linear, nearest };

// Value of `source` at each voxel centre of `target`; 0 outside the source.
std::vector<float> resample_to(const Volume<float>& source, const Grid& target, Interpolation interpolation);

// True when shape is the same and no corner of the grid is off by more than `tolerance` mm.
bool same_grid(const Grid& a, const Grid& b, double tolerance);

// Largest distance between where two grids put their corners, mm.
double corner_distance(const Grid& a, const Grid& b);

// True when some voxel centre of `target` falls into `source`.
bool grids_overlap(const Grid& source, const Grid& target);

}  // namespace shapslice
