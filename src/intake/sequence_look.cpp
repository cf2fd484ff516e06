#include "intake/sequence_look.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

namespace shapslice {

namespace {

constexpr double kCell = 2;                     // mm
constexpr int kLeastImages = 3;                 // that are not 0 at a voxel of the brain: a FLAIR's fluid may be 0
constexpr std::size_t kLeastCells = 1000;       // of brain
constexpr std::size_t kMostCells = 40'000;      // that are looked at
constexpr float kFar = kDepthEdges.back() + 1;  // mm; nothing deeper is told apart

// The images' means over blocks of voxels.
struct Cells {
    Shape shape{};
    std::array<float, 3> spacing{};         // mm
    PerContrast<std::vector<float>> means;  // of every cell
    std::vector<std::uint8_t> brain;        // 1 where every voxel of the cell is brain
};

Cells cells_of(const PerContrast<std::vector<float>>& images, const Grid& grid) {
    Cells cells;
    Shape block;
    for (std::size_t a = 0; a < 3; ++a) {
        const double spacing = grid.spacing()[a];
        block[a] = std::clamp(static_cast<int>(std::lround(kCell / spacing)), 1, grid.shape[a]);
        cells.shape[a] = grid.shape[a] / block[a];
        cells.spacing[a] = static_cast<float>(spacing * block[a]);
    }
    const std::size_t count = voxel_count(cells.shape);
    for (auto& means : cells.means) means.assign(count, 0);
    cells.brain.assign(count, 1);
    const Shape used{cells.shape[0] * block[0], cells.shape[1] * block[1], cells.shape[2] * block[2]};
    for (int k = 0; k < used[2]; ++k) {
        for (int j = 0; j < used[1]; ++j) {
            const std::size_t row = Grid{cells.shape}.index(0, j / block[1], k / block[2]);
            for (int i = 0; i < used[0]; ++i) {
                const std::size_t voxel = grid.index(i, j, k), cell = row + static_cast<std::size_t>(i / block[0]);
                int there = 0;
                for (std::size_t c = 0; c < kContrasts; ++c) {
                    cells.means[c][cell] += images[c][voxel];
                    there += images[c][voxel] != 0;
                }
                cells.brain[cell] &= there >= kLeastImages;
            }
        }
    }
    return cells;
}

// Squares of distances in mm along one axis after another (Saito and Toriwaki 1994), as far as kFar.
void spread_along(std::vector<float>& squared, const Shape& shape, std::size_t axis, float spacing) {
    const int length = shape[axis], reach = static_cast<int>(kFar / spacing) + 1;
    std::size_t stride = 1;
    for (std::size_t a = 0; a < axis; ++a) stride *= static_cast<std::size_t>(shape[a]);
    std::vector<float> line(static_cast<std::size_t>(length));
    for (std::size_t start = 0; start < squared.size(); ++start) {
        if (start / stride % static_cast<std::size_t>(length) != 0) continue;
        for (int n = 0; n < length; ++n)
            line[static_cast<std::size_t>(n)] = squared[start + static_cast<std::size_t>(n) * stride];
        for (int n = 0; n < length; ++n) {
            float& best = squared[start + static_cast<std::size_t>(n) * stride];
            // What lies beyond the volume is not brain.
            const float edge = spacing * static_cast<float>(std::min(n, length - 1 - n) + 1);
            best = std::min(best, edge * edge);
            for (int m = std::max(0, n - reach); m <= std::min(length - 1, n + reach); ++m) {
                const float away = spacing * static_cast<float>(m - n);
                best = std::min(best, line[static_cast<std::size_t>(m)] + away * away);
            }
        }
    }
}

std::vector<float> squared_depths(const Cells& cells) {
    std::vector<float> squared(cells.brain.size());
    for (std::size_t n = 0; n < squared.size(); ++n) squared[n] = cells.brain[n] ? kFar * kFar : 0;
    for (std::size_t axis = 0; axis < 3; ++axis) spread_along(squared, cells.shape, axis, cells.spacing[axis]);
    return squared;
}

std::vector<std::size_t> chosen_cells(const Cells& cells) {
    std::vector<std::size_t> chosen;
    for (std::size_t n = 0; n < cells.brain.size(); ++n)
        if (cells.brain[n]) chosen.push_back(n);
    const std::size_t step = (chosen.size() + kMostCells - 1) / kMostCells;
    if (step > 1) {
        std::size_t kept = 0;
        for (std::size_t n = 0; n < chosen.size(); n += step) chosen[kept++] = chosen[n];
        chosen.resize(kept);
    }
    return chosen;
}

// The bin of each value's rank; equal values share the middle of theirs.
std::vector<std::uint8_t> rank_bins(const std::vector<float>& values, const std::vector<std::size_t>& chosen) {
    std::vector<std::uint32_t> order(chosen.size());
    std::iota(order.begin(), order.end(), 0U);
    const auto value = [&](std::uint32_t n) { return values[chosen[n]]; };
    std::sort(order.begin(), order.end(), [&](std::uint32_t a, std::uint32_t b) { return value(a) < value(b); });
    std::vector<std::uint8_t> bins(chosen.size());
    for (std::size_t first = 0; first < order.size();) {
        std::size_t last = first + 1;
        while (last < order.size() && value(order[last]) == value(order[first])) ++last;
        const float rank = static_cast<float>(first + last) / 2 / static_cast<float>(order.size());
        const auto bin = std::lower_bound(kRankEdges.begin(), kRankEdges.end(), rank) - kRankEdges.begin();
        for (std::size_t n = first; n < last; ++n) bins[order[n]] = static_cast<std::uint8_t>(bin);
        first = last;
    }
    return bins;
}

void square_roots(std::span<const std::uint32_t> counts, double of, float factor, float* to) {
    for (std::size_t n = 0; n < counts.size(); ++n)
        to[n] = of > 0 ? factor * static_cast<float>(std::sqrt(static_cast<double>(counts[n]) / of)) : 0;
}

}  // namespace

std::optional<SequenceStatistics> sequence_statistics(const PerContrast<std::vector<float>>& images, const Grid& grid) {
    const Cells cells = cells_of(images, grid);
    const std::vector<std::size_t> chosen = chosen_cells(cells);
    if (chosen.size() < kLeastCells) return std::nullopt;
    const std::vector<float> squared = squared_depths(cells);
    SequenceStatistics statistics;
    statistics.cells = chosen.size();
    PerContrast<std::vector<std::uint8_t>> bins;
    for (std::size_t c = 0; c < kContrasts; ++c) {
        bins[c] = rank_bins(cells.means[c], chosen);
        std::array<std::uint32_t, kDepthBins * kRankBins> counts{};
        std::array<double, kDepthBins> of{};
        for (std::size_t n = 0; n < chosen.size(); ++n) {
            const float depth = std::sqrt(squared[chosen[n]]);
            const auto bin = static_cast<std::size_t>(std::lower_bound(kDepthEdges.begin(), kDepthEdges.end(), depth) -
                                                      kDepthEdges.begin());
            ++counts[bin * kRankBins + bins[c][n]];
            ++of[bin];
        }
        // Halved: depths vary more from head to head than pairs do.
        for (std::size_t d = 0; d < kDepthBins; ++d)
            square_roots(std::span(counts).subspan(d * kRankBins, kRankBins), of[d], .5F,
                         statistics.depths[c].data() + d * kRankBins);
    }
    for (std::size_t one = 0; one < kContrasts; ++one) {
        for (std::size_t other = 0; other < kContrasts; ++other) {
            if (one == other) continue;
            std::array<std::uint32_t, kRankBins * kRankBins> counts{};
            for (std::size_t n = 0; n < chosen.size(); ++n) ++counts[bins[one][n] * kRankBins + bins[other][n]];
            square_roots(counts, static_cast<double>(chosen.size()), 1, statistics.pairs[one][other].data());
        }
    }
    return statistics;
}

namespace {

double product(std::span<const float> statistics, const float*& weights) {
    const double sum = std::inner_product(statistics.begin(), statistics.end(), weights, 0.0);
    weights += statistics.size();
    return sum;
}

double score(const SequenceStatistics& statistics, const SequenceOrder& order) {
    const float* weights = kSequenceWeight.data();
    double sum = 0;
    for (std::size_t a = 0; a < kContrasts; ++a)
        for (std::size_t b = a + 1; b < kContrasts; ++b) sum += product(statistics.pairs[order[a]][order[b]], weights);
    for (std::size_t a = 0; a < kContrasts; ++a) sum += product(statistics.depths[order[a]], weights);
    return sum;
}

}  // namespace

SequenceLook look_at_sequences(const SequenceStatistics& statistics) {
    SequenceLook look;
    SequenceOrder order{0, 1, 2, 3};
    const double named = score(statistics, order);
    double best = named;
    do {
        if (const double here = score(statistics, order); here > best) {
            best = here;
            look.likeliest = order;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    look.behind = best - named;
    return look;
}

}  // namespace shapslice
