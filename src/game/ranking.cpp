#include "game/ranking.h"

#include <algorithm>
#include <array>

namespace shapslice {

PerContrast<double> rank_descending(const PerContrast<double>& values) {
    constexpr double kTie = 1e-9;  // METHOD 4.1
    std::array<std::size_t, kContrasts> order{0, 1, 2, 3};
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return values[a] > values[b]; });
    PerContrast<double> ranks{};
    for (std::size_t first = 0; first < kContrasts;) {
        std::size_t end = first + 1;
        while (end < kContrasts && values[order[end - 1]] - values[order[end]] < kTie) ++end;
        const double mean_rank = (static_cast<double>(first + 1) + static_cast<double>(end)) / 2;
        for (; first < end; ++first) ranks[order[first]] = mean_rank;
    }
    return ranks;
}

}  // namespace shapslice
