// Which sequence an image is, seen in the images themselves (METHOD 8.7).
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <vector>

#include "base/terms.h"
#include "image/grid.h"

namespace shapslice {

// Edges between the bins of ranks (0 the darkest of the brain, 1 the brightest) and of depths below its surface, in mm.
inline constexpr std::array<float, 10> kRankEdges{.01F, .03F, .08F, .2F, .4F, .6F, .8F, .92F, .97F, .99F};
inline constexpr std::array<float, 5> kDepthEdges{2.5F, 5, 8, 12, 18};
inline constexpr std::size_t kRankBins = kRankEdges.size() + 1;
inline constexpr std::size_t kDepthBins = kDepthEdges.size() + 1;

// What is known of four images without their scanner: how the brightness of each goes with that of each other, and with
// the depth below the brain's surface. Brightness is a rank among the brain's cells of about 2 mm, so that no scaling,
// gamma or unit counts. Fluid is dark in T1 and FLAIR and bright in T2; what enhances is bright in T1c alone; grey and
// white matter lie at different depths.
struct SequenceStatistics {
    using Pair = std::array<float, kRankBins * kRankBins>;
    using Depth = std::array<float, kDepthBins * kRankBins>;
    std::array<std::array<Pair, kContrasts>, kContrasts> pairs{};  // square roots of shares of cells, [one][other]
    std::array<Depth, kContrasts> depths{};  // square roots of shares of the cells of that depth, halved
    std::size_t cells = 0;                   // that were looked at
};

// Nothing where there is too little brain to say (fewer than 1000 cells). `images` are on `grid`, 0 at the background.
std::optional<SequenceStatistics> sequence_statistics(const PerContrast<std::vector<float>>& images, const Grid& grid);

// order[role] is the image that plays it: {0, 1, 2, 3} where every image is what it is called.
using SequenceOrder = std::array<std::uint8_t, kContrasts>;

struct SequenceLook {
    SequenceOrder likeliest{0, 1, 2, 3};
    double behind = 0;  // by how much the order by names scores less than the likeliest, in natural logarithms of odds
};
SequenceLook look_at_sequences(const SequenceStatistics& statistics);

// The names are doubted when they are this far behind: what cross-validation chose (docs/intake.md).
extern const double kSequenceDoubt;

// One number for each statistic, as models/train/sequences.py wrote them from real cases (sequence_weights.cpp): for
// each pair of roles a < b the pair's weights, then for each role its depths'.
inline constexpr std::size_t kSequenceWeights = 6 * kRankBins * kRankBins + kContrasts * kDepthBins * kRankBins;
extern const std::array<float, kSequenceWeights> kSequenceWeight;

}  // namespace shapslice
