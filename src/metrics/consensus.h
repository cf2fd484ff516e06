// Several segmentations of one case as one, and how many of them agree; what one segmentation has that another lacks.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/runs.h"
#include "base/terms.h"

namespace shapslice {

// Of each voxel the label that most segmentations give it; of labels with as many votes the lowest, so that background
// wins a tie (ours). All of one length and at least one; else empty.
Runs majority_of_runs(std::span<const Runs* const> segmentations);

// How many segmentations have each voxel in the region, in storage order.
std::vector<std::uint8_t> votes_of_runs(std::span<const Runs* const> segmentations, Region region);

// Voxels of a region that `before` has and `after` lacks, and the other way round.
struct VoxelChange {
    std::uint64_t lost = 0, gained = 0;
};
PerRegion<VoxelChange> change_of_runs(const Runs& before, const Runs& after);

}  // namespace shapslice
