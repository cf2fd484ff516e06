#include "metrics/overlap.h"

#include <algorithm>
#include <cstring>

namespace shapslice {

namespace {

constexpr std::size_t kBlock = 32;  // voxels looked at together
constexpr std::size_t kLanes = 4;   // histograms filled in turn
using Histogram = std::array<std::uint64_t, kLabels * kLabels>;

constexpr std::size_t label_pair(std::uint8_t reference, std::uint8_t predicted) {
    return static_cast<std::size_t>((reference & 3) << 2 | (predicted & 3));
}

// True when neither map holds a label in the block: no byte is looked at alone, whatever the machine's byte order.
bool both_background(const std::uint8_t* reference, const std::uint8_t* predicted) {
    std::array<std::uint64_t, 2 * kBlock / sizeof(std::uint64_t)> words;
    std::memcpy(words.data(), reference, kBlock);
    std::memcpy(words.data() + words.size() / 2, predicted, kBlock);
    std::uint64_t any = 0;
    for (const std::uint64_t word : words) any |= word;
    return any == 0;
}

}  // namespace

Confusion count_overlap(std::span<const std::uint8_t> reference, std::span<const std::uint8_t> predicted) {
    // Neighbouring voxels mostly have the same labels: one histogram would wait for its own last store at each voxel.
    std::array<Histogram, kLanes> lanes{};
    const std::size_t voxels = std::min(reference.size(), predicted.size());
    std::size_t n = 0;
    for (; n + kBlock <= voxels; n += kBlock) {
        const std::uint8_t* const r = reference.data() + n;
        const std::uint8_t* const p = predicted.data() + n;
        if (both_background(r, p)) {  // most of a volume
            lanes[0][0] += kBlock;
            continue;
        }
        for (std::size_t v = 0; v < kBlock; v += kLanes) {
            for (std::size_t lane = 0; lane < kLanes; ++lane) ++lanes[lane][label_pair(r[v + lane], p[v + lane])];
        }
    }
    for (; n < voxels; ++n) ++lanes[0][label_pair(reference[n], predicted[n])];
    Confusion counts{};
    for (std::uint8_t r = 0; r < kLabels; ++r) {
        for (std::uint8_t p = 0; p < kLabels; ++p) {
            for (const Histogram& lane : lanes) counts[r][p] += lane[label_pair(r, p)];
        }
    }
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

Confusion count_overlap_of_runs(std::span<const std::uint32_t> reference, std::span<const std::uint32_t> predicted) {
    Confusion counts{};
    std::uint32_t left_of_one = 0, left_of_other = 0;
    for (std::size_t one = 0, other = 0; one < reference.size() && other < predicted.size();) {
        if (left_of_one == 0) left_of_one = reference[one] >> 2;
        if (left_of_other == 0) left_of_other = predicted[other] >> 2;
        const std::uint32_t both = std::min(left_of_one, left_of_other);
        counts[reference[one] & 3][predicted[other] & 3] += both;
        left_of_one -= both;
        left_of_other -= both;
        if (left_of_one == 0) ++one;
        if (left_of_other == 0) ++other;
    }
    return counts;
}

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
