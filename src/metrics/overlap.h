// Overlap of a segmentation with the reference (METHOD 2.1, 2.4).
#pragma once

#include <cstdint>
#include <span>

#include "base/terms.h"

namespace shapslice {

// Voxels per label pair, [reference][predicted]: everything Dice needs of two label maps, made in one pass. Both maps
// are of one grid, labels 0..3 (METHOD 1.2); were one shorter, only what both have would be counted.
using Confusion = std::array<std::array<std::uint64_t, kLabels>, kLabels>;
Confusion count_overlap(std::span<const std::uint8_t> reference, std::span<const std::uint8_t> predicted);

// Of two segmentations as runs (base/runs.h), of one grid.
Confusion count_overlap_of_runs(std::span<const std::uint32_t> reference, std::span<const std::uint32_t> predicted);

// 2 |A and B| / (|A| + |B|). Region in neither: 1. In exactly one: 0 (METHOD 2.4).
double dice(const Confusion& counts, Region region);
PerRegion<double> dice_of_regions(const Confusion& counts);

// Whether the reference holds the region at all: one that it does not is flagged and left out of means (METHOD 2.4).
PerRegion<bool> regions_in_reference(const Confusion& counts);

}  // namespace shapslice
