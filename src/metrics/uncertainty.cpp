#include "metrics/uncertainty.h"

#include <algorithm>

namespace shapslice {

std::optional<double> rank_variance(std::span<const PerContrast<double>> ranks) {
    if (ranks.size() < 2) return std::nullopt;
    const auto folds = static_cast<double>(ranks.size());
    double deviations = 0;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        // Summed before dividing: ranks are halves, so the sum is exact and folds that agree give exactly 0.
        double total = 0;
        for (const auto& fold : ranks) total += fold[i];
        const double mean = total / folds;
        for (const auto& fold : ranks) deviations += (fold[i] - mean) * (fold[i] - mean);
    }
    return deviations / (folds - 1) / kContrasts;
}

// The squared deviations of all ranks sum to 30 K - sum_i T_i^2 / K, with T_i contrast i's ranks summed over K folds:
// largest where the four totals are most alike. They sum to 10 K. With K even all can be 5 K / 2 (each ranking beside
// its reverse); with K odd they are whole numbers, at best half below and half above it, which takes 1 / K off. Tied
// ranks lose at least 1/2 in the first term, more than the 1 / K they could win. The tests search all rankings.
std::optional<VarianceScale> variance_scale(int folds) {
    if (folds < 2) return std::nullopt;
    // The variance of a rank drawn evenly from 1..4; the sample variance over folds is unbiased for it.
    constexpr double kChance = 1.25;
    const double k = folds;
    const double deviations = 5 * k - (folds % 2 == 0 ? 0 : 1 / k);
    return VarianceScale{kChance, deviations / (k - 1) / kContrasts};
}

std::optional<double> kendall_w(std::span<const PerContrast<double>> ranks) {
    if (ranks.size() < 2) return std::nullopt;
    const auto folds = static_cast<double>(ranks.size());
    constexpr double n = kContrasts;
    double deviations = 0;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        double total = 0;
        for (const auto& fold : ranks) total += fold[i];
        const double off = total - folds * (n + 1) / 2;
        deviations += off * off;
    }
    // Each group of t equal ranks in a fold takes t^3 - t off.
    double ties = 0;
    for (const auto& fold : ranks) {
        PerContrast<double> sorted = fold;
        std::sort(sorted.begin(), sorted.end());
        for (auto first = sorted.begin(); first != sorted.end();) {
            const auto end = std::upper_bound(first, sorted.end(), *first);
            const auto t = static_cast<double>(end - first);
            ties += t * t * t - t;
            first = end;
        }
    }
    const double scale = folds * folds * (n * n * n - n) - folds * ties;
    if (scale <= 1e-12) return std::nullopt;
    return 12 * deviations / scale;
}

std::optional<Spread> spread(std::span<const double> values) {
    if (values.empty()) return std::nullopt;
    Spread result{0, values[0], values[0]};
    double sum = 0;
    for (const double value : values) {
        sum += value;
        result.least = std::min(result.least, value);
        result.largest = std::max(result.largest, value);
    }
    // Rounding must not draw the mean outside the band it belongs to.
    result.mean = std::clamp(sum / static_cast<double>(values.size()), result.least, result.largest);
    return result;
}

}  // namespace shapslice
