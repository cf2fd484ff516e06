// Stability of the ranking over folds (METHOD 6.1, 6.2), against exact searches over all rankings.
#include "metrics/uncertainty.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "game/ranking.h"

namespace shapslice {
namespace {

using Ranking = PerContrast<double>;

std::vector<Ranking> strict_rankings() {
    std::vector<Ranking> all;
    Ranking ranks{1, 2, 3, 4};
    do {
        all.push_back(ranks);
    } while (std::next_permutation(ranks.begin(), ranks.end()));
    return all;
}

// With ties too: the 75 weak orders of four, each from four levels in all ways.
std::vector<Ranking> weak_rankings() {
    std::set<Ranking> all;
    for (unsigned code = 0; code < 256; ++code) {
        PerContrast<double> levels;
        for (std::size_t i = 0; i < kContrasts; ++i) levels[i] = code >> 2 * i & 3;
        all.insert(rank_descending(levels));
    }
    return {all.begin(), all.end()};
}

// Largest rank variance of `folds` rankings out of `rankings`: every set of rank totals that can be reached, with the
// largest sum of squared ranks that reaches it. In halves, so that all is whole numbers; totals are kept in order, as
// no contrast differs from another.
double largest_by_search(const std::vector<Ranking>& rankings, int folds) {
    using Totals = std::array<int, kContrasts>;
    std::map<Totals, int> reached{{Totals{}, 0}};
    for (int fold = 0; fold < folds; ++fold) {
        std::map<Totals, int> next;
        for (const auto& [totals, squares] : reached) {
            for (const Ranking& ranks : rankings) {
                Totals sum = totals;
                int more = squares;
                for (std::size_t i = 0; i < kContrasts; ++i) {
                    const int halves = static_cast<int>(2 * ranks[i]);
                    sum[i] += halves;
                    more += halves * halves;
                }
                std::sort(sum.begin(), sum.end());
                int& best = next[sum];
                best = std::max(best, more);
            }
        }
        reached = std::move(next);
    }
    double largest = 0;
    for (const auto& [totals, squares] : reached) {
        double deviations = squares / 4.0;
        for (const int total : totals) deviations -= total * total / 4.0 / folds;
        largest = std::max(largest, deviations / (folds - 1) / kContrasts);
    }
    return largest;
}

TEST(RankVariance, IsTheSampleVariance) {
    // Each contrast twice at one rank and once at the next: squared deviations 2/3, over K - 1 = 2.
    const std::vector<Ranking> folds{{1, 4, 2, 3}, {1, 3, 2, 4}, {2, 4, 1, 3}};
    EXPECT_DOUBLE_EQ(*rank_variance(folds), 1.0 / 3);
    const std::vector<Ranking> opposite{{1, 2, 3, 4}, {4, 3, 2, 1}};
    EXPECT_DOUBLE_EQ(*rank_variance(opposite), (4.5 + 0.5 + 0.5 + 4.5) / 4);
}

TEST(RankVariance, IsExactlyZeroWhereAllFoldsAgree) {
    for (std::size_t folds = 2; folds <= 12; ++folds) {
        EXPECT_EQ(rank_variance(std::vector<Ranking>(folds, {1, 3.5, 2, 3.5})), 0) << folds;
    }
}

TEST(RankVariance, NeedsTwoFolds) {
    EXPECT_FALSE(rank_variance({}));
    EXPECT_FALSE(rank_variance(std::vector<Ranking>{{1, 2, 3, 4}}));
    EXPECT_FALSE(variance_scale(-1));
    EXPECT_FALSE(variance_scale(0));
    EXPECT_FALSE(variance_scale(1));
}

// METHOD 6.1: 0 to 1.55 for five folds.
TEST(VarianceScale, EndsWhereAnExactSearchEnds) {
    const auto strict = strict_rankings();
    const auto weak = weak_rankings();
    ASSERT_EQ(strict.size(), 24u);
    ASSERT_EQ(weak.size(), 75u);
    for (int folds = 2; folds <= 8; ++folds) {
        EXPECT_NEAR(variance_scale(folds)->largest, largest_by_search(strict, folds), 1e-12) << folds;
    }
    for (int folds = 2; folds <= 5; ++folds) {
        EXPECT_NEAR(variance_scale(folds)->largest, largest_by_search(weak, folds), 1e-12) << folds;
    }
    EXPECT_DOUBLE_EQ(variance_scale(2)->largest, 2.5);
    EXPECT_DOUBLE_EQ(variance_scale(3)->largest, 11.0 / 6);
    EXPECT_DOUBLE_EQ(variance_scale(4)->largest, 5.0 / 3);
    EXPECT_DOUBLE_EQ(variance_scale(5)->largest, 1.55);
    EXPECT_DOUBLE_EQ(variance_scale(6)->largest, 1.5);
}

// METHOD 6.1: random rankings average 1.25. Over all sets of strict rankings; the first may be held fixed, as renaming
// the contrasts changes nothing.
TEST(VarianceScale, HasItsChanceMeanOverAllSetsOfRankings) {
    const auto all = strict_rankings();
    for (std::size_t folds = 2; folds <= 5; ++folds) {
        std::vector<std::size_t> chosen(folds, 0);
        std::vector<Ranking> ranks(folds);
        double sum = 0, largest = 0;
        int sets = 0;
        for (bool more = true; more;) {
            for (std::size_t k = 0; k < folds; ++k) ranks[k] = all[chosen[k]];
            const double variance = *rank_variance(ranks);
            sum += variance;
            largest = std::max(largest, variance);
            ++sets;
            more = false;
            for (std::size_t k = 1; k < folds && !more; ++k) {
                chosen[k] = (chosen[k] + 1) % all.size();
                more = chosen[k] != 0;
            }
        }
        EXPECT_NEAR(sum / sets, 1.25, 1e-9) << folds;
        EXPECT_EQ(variance_scale(static_cast<int>(folds))->chance, 1.25);
        EXPECT_NEAR(largest, variance_scale(static_cast<int>(folds))->largest, 1e-12) << folds;
    }
}

TEST(KendallW, OfFullAndOfNoConcordance) {
    EXPECT_EQ(kendall_w(std::vector<Ranking>(5, {2, 4, 1, 3})), 1);
    EXPECT_EQ(kendall_w(std::vector<Ranking>(5, {2.5, 4, 1, 2.5})), 1);  // ties are corrected for
    const std::vector<Ranking> opposite{{1, 2, 3, 4}, {4, 3, 2, 1}};
    EXPECT_EQ(kendall_w(opposite), 0);
    const std::vector<Ranking> square{{1, 2, 3, 4}, {2, 3, 4, 1}, {3, 4, 1, 2}, {4, 1, 2, 3}};
    EXPECT_EQ(kendall_w(square), 0);
}

TEST(KendallW, CorrectsForTies) {
    // Totals 2.5, 3.5, 6, 8, squared deviations from 5: 18.5. One pair tied once: 12 x 18.5 / (4 x 60 - 2 x 6).
    const std::vector<Ranking> folds{{1.5, 1.5, 3, 4}, {1, 2, 3, 4}};
    EXPECT_DOUBLE_EQ(*kendall_w(folds), 222.0 / 228);
    // Totals 6, 6, 6, 12, squared deviations from 7.5: 27. Three tied, in each fold: 12 x 27 / (9 x 60 - 3 x 3 x 24)
    // = 1.
    const std::vector<Ranking> triples{{2, 2, 2, 4}, {2, 2, 2, 4}, {2, 2, 2, 4}};
    EXPECT_EQ(kendall_w(triples), 1);
}

TEST(KendallW, IsAbsentWithoutFoldsOrOrder) {
    EXPECT_FALSE(kendall_w({}));
    EXPECT_FALSE(kendall_w(std::vector<Ranking>{{1, 2, 3, 4}}));
    EXPECT_FALSE(kendall_w(std::vector<Ranking>(3, {2.5, 2.5, 2.5, 2.5})));
}

// Over strict rankings v and W say the same: v = 1.25 K / (K - 1) (1 - W).
TEST(KendallW, IsTheOtherSideOfRankVariance) {
    const auto all = strict_rankings();
    std::mt19937 random(1);
    for (int n = 0; n < 500; ++n) {
        std::vector<Ranking> folds(2 + random() % 6);
        for (Ranking& fold : folds) fold = all[random() % all.size()];
        const auto k = static_cast<double>(folds.size());
        EXPECT_NEAR(*rank_variance(folds), 1.25 * k / (k - 1) * (1 - *kendall_w(folds)), 1e-12);
    }
}

TEST(Spread, OfValues) {
    const Spread of_three = *spread(std::array{0.25, -1.0, 1.5});
    EXPECT_DOUBLE_EQ(of_three.mean, 0.25);
    EXPECT_EQ(of_three.least, -1);
    EXPECT_EQ(of_three.largest, 1.5);
    EXPECT_FALSE(spread({}));
    // Three times 0.1 sums to a little over 0.3: the mean still lies within.
    const Spread alike = *spread(std::array{0.1, 0.1, 0.1});
    EXPECT_EQ(alike.mean, 0.1);
}

}  // namespace
}  // namespace shapslice
