// Statistics over cases (METHOD 7): known answers and edges. tests/scipy compares with scipy on random samples.
#include "metrics/statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <vector>

namespace shapslice {
namespace {

using Values = std::vector<double>;

// Anscombe's first set.
const Values kX{10, 8, 13, 9, 11, 14, 6, 4, 12, 7, 5};
const Values kY{8.04, 6.95, 7.58, 8.81, 8.33, 9.96, 7.24, 4.26, 10.84, 4.82, 5.68};

TEST(IncompleteBeta, KnownValues) {
    EXPECT_NEAR(incomplete_beta(0.3, 1, 1), 0.3, 1e-15);
    EXPECT_NEAR(incomplete_beta(0.3, 4, 1), std::pow(0.3, 4), 1e-15);
    EXPECT_NEAR(incomplete_beta(0.5, 2, 3), 11.0 / 16, 1e-15);  // P(at least 2 of 4 heads)
    EXPECT_NEAR(incomplete_beta(0.2, 2.5, 7) + incomplete_beta(0.8, 7, 2.5), 1, 1e-15);
    EXPECT_EQ(incomplete_beta(0, 2, 3), 0);
    EXPECT_EQ(incomplete_beta(1, 2, 3), 1);
}

TEST(StudentT, KnownTails) {
    EXPECT_NEAR(t_two_sided(1, 1), 0.5, 1e-15);  // Cauchy
    EXPECT_NEAR(t_two_sided(-1, 1), 0.5, 1e-15);
    EXPECT_NEAR(t_two_sided(std::sqrt(2.0), 2), 1 - std::sqrt(0.5), 1e-14);  // closed form for two
    EXPECT_EQ(t_two_sided(0, 7), 1);
    // 1 - 2 t f(0) for a t near 0, f the density: no digits lost where the tail is almost everything.
    EXPECT_NEAR((1 - t_two_sided(1e-6, 2)) / 1e-6, 1 / std::sqrt(2.0), 1e-9);
}

TEST(StudentT, FactorsOfTheTables) {
    EXPECT_NEAR(t_factor(0.05, 1), 12.7062047361747, 1e-9);
    EXPECT_NEAR(t_factor(0.05, 4), 2.77644510519779, 1e-12);
    EXPECT_NEAR(t_factor(0.05, 27), 2.05183051648029, 1e-12);
    EXPECT_NEAR(t_factor(0.01, 10), 3.16927267261695, 1e-12);
    EXPECT_NEAR(t_factor(0.05, 1e6), 1.95996635681682, 1e-9);
}

TEST(MeanRanks, TiesShareTheirMean) {
    EXPECT_EQ(mean_ranks(Values{3, 1, 2}), (Values{3, 1, 2}));
    EXPECT_EQ(mean_ranks(Values{5, 1, 5, 5}), (Values{3, 1, 3, 3}));
    EXPECT_TRUE(mean_ranks(Values{}).empty());
}

TEST(Pearson, OfAnscombesFirstSet) {
    const auto found = pearson(kX, kY);
    ASSERT_TRUE(found && found->interval);
    EXPECT_EQ(found->cases, 11);
    EXPECT_NEAR(found->coefficient, 0.81642051634484, 1e-13);
    EXPECT_NEAR(found->p, 0.00216962887307879, 1e-14);
    EXPECT_NEAR(found->interval->low, 0.4243912, 1e-7);
    EXPECT_NEAR(found->interval->high, 0.9506933, 1e-7);
    const Line line = *least_squares(kX, kY);
    EXPECT_NEAR(line.slope, 0.500090909090909, 1e-14);
    EXPECT_NEAR(line.intercept, 3.00009090909091, 1e-13);
}

// The interval that [P] prints for SegResNet (METHOD 7.1).
TEST(Pearson, FishersIntervalIsThePapers) {
    const Interval segresnet = *fisher_interval(-0.604, 1351);
    EXPECT_NEAR(segresnet.low, -0.636, 1e-3);
    EXPECT_NEAR(segresnet.high, -0.569, 1e-3);
    EXPECT_FALSE(fisher_interval(0.5, 3));
}

TEST(Pearson, OfAStraightLine) {
    const Values x{1, 2, 3, 4};
    const auto up = pearson(x, Values{2, 4, 6, 8});
    ASSERT_TRUE(up && up->interval);
    EXPECT_EQ(up->coefficient, 1);
    EXPECT_EQ(up->p, 0);
    EXPECT_EQ(up->interval->low, 1);
    EXPECT_EQ(up->interval->high, 1);
    EXPECT_EQ(pearson(x, Values{8, 6, 4, 2})->coefficient, -1);
}

TEST(Pearson, IsAbsentWhereItIsNotDefined) {
    EXPECT_FALSE(pearson({}, {}));
    EXPECT_FALSE(pearson(Values{1, 2}, Values{2, 1}));  // r would be -1 whatever the values
    EXPECT_FALSE(pearson(Values{0.1, 0.1, 0.1}, Values{1, 2, 4}));
    EXPECT_FALSE(pearson(Values{1, 2, 4}, Values{0.1, 0.1, 0.1}));
    EXPECT_FALSE(spearman(Values{0.1, 0.1, 0.1, 0.1}, Values{1, 2, 4, 3}));
    const auto three = pearson(Values{1, 2, 4}, Values{3, 1, 2});
    ASSERT_TRUE(three);
    EXPECT_FALSE(three->interval);
}

TEST(Spearman, IsOfRanks) {
    // IQ and hours of television, the textbooks' example.
    const Values iq{106, 100, 86, 101, 99, 103, 97, 113, 112, 110};
    const Values hours{7, 27, 2, 50, 28, 29, 20, 12, 6, 17};
    const auto found = spearman(iq, hours);
    ASSERT_TRUE(found);
    EXPECT_NEAR(found->coefficient, -29.0 / 165, 1e-14);
    EXPECT_NEAR(found->p, 0.627188345, 1e-9);
    EXPECT_FALSE(found->interval);
    Values cubes = iq;
    for (double& value : cubes) value = value * value * value;
    EXPECT_DOUBLE_EQ(spearman(iq, cubes)->coefficient, 1);
}

TEST(LeastSquares, IsAbsentWithoutSpread) {
    EXPECT_FALSE(least_squares(Values{1}, Values{2}));
    EXPECT_FALSE(least_squares(Values{0.1, 0.1, 0.1}, Values{2, 3, 4}));
    EXPECT_DOUBLE_EQ(least_squares(Values{1, 3}, Values{2, 6})->slope, 2);
}

// The exact p by going through all ways to choose the first group.
double p_by_search(const Values& first, const Values& second) {
    Values all = first;
    all.insert(all.end(), second.begin(), second.end());
    const double middle = static_cast<double>(first.size() * second.size()) / 2;
    const double found = std::abs(mann_whitney(first, second)->u - middle);
    std::vector<bool> chosen(all.size(), false);
    std::fill(chosen.end() - static_cast<std::ptrdiff_t>(first.size()), chosen.end(), true);
    int at_least = 0, ways = 0;
    do {
        double u = 0;
        for (std::size_t a = 0; a < all.size(); ++a) {
            for (std::size_t b = 0; b < all.size(); ++b) u += chosen[a] && !chosen[b] && all[a] > all[b];
        }
        at_least += std::abs(u - middle) >= found;
        ++ways;
    } while (std::next_permutation(chosen.begin(), chosen.end()));
    return static_cast<double>(at_least) / ways;
}

TEST(MannWhitney, ExactPIsThatOfASearch) {
    EXPECT_DOUBLE_EQ(mann_whitney(Values{1, 2, 3}, Values{4, 5, 6})->p, 0.1);
    for (const auto& [first, second] : std::vector<std::pair<Values, Values>>{
             {{1, 5, 2}, {4, 3, 6, 7}}, {{9, 8, 1}, {2, 3, 4, 5, 6}}, {{3}, {1, 2, 4, 5}}, {{1, 3, 5, 7}, {2, 4, 6}}}) {
        const auto found = mann_whitney(first, second);
        ASSERT_TRUE(found && found->exact);
        EXPECT_NEAR(found->p, p_by_search(first, second), 1e-14);
    }
}

TEST(MannWhitney, EffectSizesAndDirection) {
    const auto found = mann_whitney(Values{4, 6, 2}, Values{1, 3});
    ASSERT_TRUE(found);
    EXPECT_EQ(found->first, 3);
    EXPECT_EQ(found->second, 2);
    EXPECT_EQ(found->u, 5);  // of six pairs, only 2 against 3 goes the other way
    EXPECT_DOUBLE_EQ(found->first_larger, 5.0 / 6);
    EXPECT_DOUBLE_EQ(found->rank_biserial, 4.0 / 6);
    const auto reversed = mann_whitney(Values{1, 3}, Values{4, 6, 2});
    EXPECT_EQ(reversed->u, 1);
    EXPECT_EQ(reversed->p, found->p);
    EXPECT_DOUBLE_EQ(reversed->rank_biserial, -found->rank_biserial);
}

TEST(MannWhitney, TiesTakeTheNormalApproximation) {
    // By hand: ranks 1.5, 3.5, 5 of the first group, U = 4; variance 9/12 (7 - 12/30), so z = (5 - 4.5 - 0.5) / s = 0.
    const auto found = mann_whitney(Values{1, 2, 3}, Values{1, 2, 4});
    ASSERT_TRUE(found);
    EXPECT_FALSE(found->exact);
    EXPECT_EQ(found->u, 4);
    EXPECT_EQ(found->p, 1);
    // U = 14.5 of 16, three ties of two: s^2 = 16/12 (9 - 18/56), z = (14.5 - 8 - 0.5) / s.
    const auto apart = mann_whitney(Values{5, 6, 7, 7}, Values{1, 1, 2, 6});
    EXPECT_EQ(apart->u, 14.5);
    EXPECT_NEAR(apart->p, std::erfc(6 / std::sqrt(2 * 16.0 / 12 * (9 - 18.0 / 56))), 1e-15);
}

TEST(MannWhitney, ManyCasesTakeTheNormalApproximation) {
    Values first(26), second(25);
    std::iota(first.begin(), first.end(), 0);
    std::iota(second.begin(), second.end(), 10.5);
    EXPECT_FALSE(mann_whitney(first, second)->exact);
    first.pop_back();
    const auto exact = mann_whitney(first, second);
    EXPECT_TRUE(exact->exact);
    EXPECT_GT(exact->p, 0);
    EXPECT_LT(exact->p, 0.01);
}

TEST(MannWhitney, IsAbsentWhereThereIsNothingToCompare) {
    EXPECT_FALSE(mann_whitney({}, Values{1, 2}));
    EXPECT_FALSE(mann_whitney(Values{1, 2}, {}));
    EXPECT_FALSE(mann_whitney(Values{0.5, 0.5}, Values{0.5}));
}

TEST(Auroc, CountsPairs) {
    EXPECT_EQ(*auroc(Values{3, 4}, Values{1, 2}), 1);
    EXPECT_EQ(*auroc(Values{1, 2}, Values{3, 4}), 0);
    EXPECT_DOUBLE_EQ(*auroc(Values{2, 3}, Values{1, 2, 4}), 3.5 / 6);
    EXPECT_EQ(*auroc(Values{2, 2}, Values{2}), 0.5);
    EXPECT_FALSE(auroc({}, Values{1}));
    EXPECT_FALSE(auroc(Values{1}, {}));
}

TEST(RiskCoverage, KeepsTheLeastUncertainFirst) {
    const auto curve = risk_coverage(Values{0.3, 0.1, 0.2}, Values{0.6, 0.0, 0.3});
    ASSERT_TRUE(curve);
    ASSERT_EQ(curve->points.size(), 3u);
    EXPECT_DOUBLE_EQ(curve->points[0].coverage, 1.0 / 3);
    EXPECT_DOUBLE_EQ(curve->points[0].risk, 0);
    EXPECT_DOUBLE_EQ(curve->points[1].risk, 0.15);
    EXPECT_DOUBLE_EQ(curve->points[2].coverage, 1);
    EXPECT_DOUBLE_EQ(curve->points[2].risk, 0.3);
    EXPECT_DOUBLE_EQ(curve->area, 0.15);
    EXPECT_DOUBLE_EQ(curve->least_area, 0.15);  // the uncertainty sorts as the risk does
    EXPECT_DOUBLE_EQ(curve->chance_area, 0.3);
}

// The curve of tied cases is the mean over all their orders, and does not depend on the one they are given in.
TEST(RiskCoverage, TiedCasesHaveNoOrder) {
    Values risk{0.1, 0.9, 0.4, 0.2};
    const Values uncertainty{1, 1, 1, 2};
    const auto curve = risk_coverage(uncertainty, risk);
    Values sums(4, 0.0);
    std::array<std::size_t, 3> order{0, 1, 2};
    do {
        double sum = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            sum += k < 3 ? risk[order[k]] : risk[3];
            sums[k] += sum / static_cast<double>(k + 1) / 6;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    for (std::size_t k = 0; k < 4; ++k) EXPECT_NEAR(curve->points[k].risk, sums[k], 1e-15);
    std::swap(risk[0], risk[1]);
    EXPECT_NEAR(risk_coverage(uncertainty, risk)->area, curve->area, 1e-15);
    EXPECT_FALSE(risk_coverage({}, {}));
}

TEST(MeanEstimate, WithStudentsInterval) {
    // Mean 3, sample variance 2.5: 3 +- 2.776445 sqrt(2.5 / 5).
    const auto found = mean_estimate(Values{1, 2, 3, 4, 5});
    ASSERT_TRUE(found && found->interval);
    EXPECT_DOUBLE_EQ(found->mean, 3);
    EXPECT_NEAR(found->interval->low, 3 - 2.77644510519779 * std::sqrt(0.5), 1e-12);
    EXPECT_NEAR(found->interval->high, 3 + 2.77644510519779 * std::sqrt(0.5), 1e-12);
    EXPECT_FALSE(mean_estimate({}));
    EXPECT_FALSE(mean_estimate(Values{2})->interval);
    const auto alike = mean_estimate(Values{0.1, 0.1, 0.1});
    EXPECT_EQ(alike->mean, 0.1);
    EXPECT_EQ(alike->interval->low, 0.1);
    EXPECT_EQ(alike->interval->high, 0.1);
}

}  // namespace
}  // namespace shapslice
