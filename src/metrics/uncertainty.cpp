#include "metrics/uncertainty.h"

#include <algorithm>
#include <array>
#include <limits>
#include <map>

namespace shapslice {

std::optional<double> rank_variance(std::span<const PerContrast<double>> ranks) {
    if (ranks.size() < 2) return std::nullopt;
    const auto folds = static_cast<double>(ranks.size());
    double sum = 0;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        double mean = 0;
        for (const auto& fold : ranks) mean += fold[i] / folds;
        for (const auto& fold : ranks) sum += (fold[i] - mean) * (fold[i] - mean) / (folds - 1);
    }
    return sum / kContrasts;
}

namespace {

// Largest rank variance of `folds` strict rankings. The sum over contrasts of squared deviations is
// sum of squared ranks - sum of squared rank totals / folds; the first term is fixed, so the least sum of squared
// totals is wanted. Totals are built fold by fold, each set of totals (in order) kept once.
double largest_variance(int folds) {
    using Totals = std::array<int, kContrasts>;
    std::map<Totals, bool> reached{{Totals{}, true}};
    for (int fold = 0; fold < folds; ++fold) {
        std::map<Totals, bool> next;
        for (const auto& [totals, yes] : reached) {
            Totals ranks{1, 2, 3, 4};
            do {
                Totals sum = totals;
                for (std::size_t i = 0; i < kContrasts; ++i) sum[i] += ranks[i];
                std::sort(sum.begin(), sum.end());
                next[sum] = yes;
            } while (std::next_permutation(ranks.begin(), ranks.end()));
        }
        reached = std::move(next);
    }
    int least = std::numeric_limits<int>::max();
    for (const auto& [totals, yes] : reached) {
        int squares = 0;
        for (const int total : totals) squares += total * total;
        least = std::min(least, squares);
    }
    constexpr double kSquaredRanks = 30;  // 1 + 4 + 9 + 16
    const double deviations = kSquaredRanks * folds - static_cast<double>(least) / folds;
    return deviations / (folds - 1) / kContrasts;
}

}  // namespace

std::optional<VarianceScale> variance_scale(int folds) {
    if (folds < 2) return std::nullopt;
    // The variance of a rank drawn evenly from 1..4; the sample variance over folds is unbiased for it.
    constexpr double kChance = 1.25;
    static std::map<int, double> known;  // the study asks again after every run
    const auto at = known.find(folds);
    const double largest = at != known.end() ? at->second : known[folds] = largest_variance(folds);
    return VarianceScale{kChance, largest};
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
    for (const double value : values) {
        result.mean += value / static_cast<double>(values.size());
        result.least = std::min(result.least, value);
        result.largest = std::max(result.largest, value);
    }
    return result;
}

}  // namespace shapslice
