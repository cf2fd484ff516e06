#include "metrics/consensus.h"

#include <algorithm>
#include <array>
#include <limits>

#include "metrics/overlap.h"

namespace shapslice {

namespace {

// Calls visit(length, votes by label) for each stretch in which no segmentation changes its label. False where their
// lengths differ.
template <class Visit>
bool walk_together(std::span<const Runs* const> segmentations, Visit visit) {
    std::vector<std::size_t> at(segmentations.size(), 0);
    std::vector<std::uint32_t> left(segmentations.size(), 0);
    while (!segmentations.empty()) {
        std::uint32_t length = std::numeric_limits<std::uint32_t>::max();
        std::size_t ended = 0;
        for (std::size_t n = 0; n < segmentations.size(); ++n) {
            const Runs& runs = *segmentations[n];
            while (left[n] == 0 && at[n] < runs.size()) {
                left[n] = runs[at[n]] >> 2;
                if (left[n] == 0) ++at[n];
            }
            ended += at[n] == runs.size();
            length = std::min(length, left[n]);
        }
        if (ended > 0) return ended == segmentations.size();
        std::array<int, kLabels> votes{};
        for (std::size_t n = 0; n < segmentations.size(); ++n) {
            ++votes[(*segmentations[n])[at[n]] & 3];
            left[n] -= length;
            if (left[n] == 0) ++at[n];
        }
        visit(length, votes);
    }
    return false;
}

}  // namespace

Runs majority_of_runs(std::span<const Runs* const> segmentations) {
    Runs winners;
    const bool whole = walk_together(segmentations, [&](std::uint32_t length, const std::array<int, kLabels>& votes) {
        const auto label = static_cast<std::uint32_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
        if (!winners.empty() && (winners.back() & 3) == label) {
            winners.back() += length << 2;
        } else {
            winners.push_back(length << 2 | label);
        }
    });
    return whole ? winners : Runs{};
}

std::vector<std::uint8_t> votes_of_runs(std::span<const Runs* const> segmentations, Region region) {
    std::vector<std::uint8_t> all;
    const bool whole = walk_together(segmentations, [&](std::uint32_t length, const std::array<int, kLabels>& votes) {
        int inside = 0;
        for (std::uint8_t label = 1; label < kLabels; ++label)
            if (in_region(label, region)) inside += votes[label];
        all.insert(all.end(), length, static_cast<std::uint8_t>(inside));
    });
    return whole ? all : std::vector<std::uint8_t>{};
}

PerRegion<VoxelChange> change_of_runs(const Runs& before, const Runs& after) {
    const Confusion counts = count_overlap_of_runs(before, after);
    PerRegion<VoxelChange> changes{};
    for (std::size_t r = 0; r < kRegions; ++r) {
        const auto region = static_cast<Region>(r);
        for (std::uint8_t was = 0; was < kLabels; ++was) {
            for (std::uint8_t is = 0; is < kLabels; ++is) {
                if (in_region(was, region) && !in_region(is, region)) changes[r].lost += counts[was][is];
                if (!in_region(was, region) && in_region(is, region)) changes[r].gained += counts[was][is];
            }
        }
    }
    return changes;
}

}  // namespace shapslice
