#include "metrics/overlap.h"

#include <cstring>

namespace shapslice {

Confusion count_overlap(std::span<const std::uint8_t> reference, std::span<const std::uint8_t> predicted) {
    Confusion counts{};
    const std::size_t voxels = reference.size();
    std::size_t n = 0;
    // Most of a volume is background in both: eight voxels of it are told by one comparison.
    for (; n + 8 <= voxels; n += 8) {
        std::uint64_t a = 0;
        std::uint64_t b = 0;
        std::memcpy(&a, reference.data() + n, 8);
        std::memcpy(&b, predicted.data() + n, 8);
        if ((a | b) == 0) {
            counts[0][0] += 8;
            continue;
        }
        for (std::size_t v = n; v < n + 8; ++v) ++counts[reference[v] & 3][predicted[v] & 3];
    }
    for (; n < voxels; ++n) ++counts[reference[n] & 3][predicted[n] & 3];
    return counts;
}

namespace {

// Voxels of the region in the reference, in the prediction, and in both.
struct RegionVoxels {
    std::uint64_t reference = 0;
    std::uint64_t predicted = 0;
    std::uint64_t both = 0;
};

RegionVoxels region_voxels(const Confusion& counts, Region region) {
    RegionVoxels sum;
    for (std::uint8_t r = 0; r < kLabels; ++r) {
        for (std::uint8_t p = 0; p < kLabels; ++p) {
            const std::uint64_t voxels = counts[r][p];
            if (in_region(r, region)) sum.reference += voxels;
            if (in_region(p, region)) sum.predicted += voxels;
            if (in_region(r, region) && in_region(p, region)) sum.both += voxels;
        }
    }
    return sum;
}

}  // namespace

double dice(const Confusion& counts, Region region) {
    const RegionVoxels voxels = region_voxels(counts, region);
    const std::uint64_t total = voxels.reference + voxels.predicted;
    return total == 0 ? 1.0 : 2.0 * static_cast<double>(voxels.both) / static_cast<double>(total);
}

PerRegion<double> dice_of_regions(const Confusion& counts) {
    PerRegion<double> values{};
    for (std::size_t r = 0; r < kRegions; ++r) values[r] = dice(counts, static_cast<Region>(r));
    return values;
}

PerRegion<bool> regions_in_reference(const Confusion& counts) {
    PerRegion<bool> present{};
    for (std::size_t r = 0; r < kRegions; ++r) present[r] = region_voxels(counts, static_cast<Region>(r)).reference > 0;
    return present;
}

}  // namespace shapslice
