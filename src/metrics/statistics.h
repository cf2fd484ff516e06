// Statistics over the cases of a cohort (METHOD 7): correlation, two groups, flagging, means with intervals.
//
// Values are finite, and paired spans are of one length. Where a quantity is not defined (too few cases, a side without
// any spread) the answer is absent, never a number that looks like one. Checked against scipy on thousands of random
// samples (tests/scipy).
#pragma once

#include <optional>
#include <span>
#include <vector>

namespace shapslice {

// I_x(a, b), the regularised incomplete beta function, for 0 <= x <= 1 and positive a and b.
double incomplete_beta(double x, double a, double b);

// Two-sided tail of Student's t: the probability of |T| >= |t|. Degrees of freedom are positive.
double t_two_sided(double t, double freedom);
// The t whose two-sided tail is `tail`, 0 < tail < 1; 0.05 gives the factor of a 95 % interval.
double t_factor(double tail, double freedom);

// Ranks from 1 for the smallest value; equal values share the mean of their ranks.
std::vector<double> mean_ranks(std::span<const double> values);

struct Interval {
    double low = 0;
    double high = 0;
};

// 95 % interval of Pearson's r by Fisher's z (METHOD 7.1); absent for fewer than four cases.
std::optional<Interval> fisher_interval(double r, int cases);

// Two paired quantities (METHOD 7.1). `p` is two-sided, by Student's t with n - 2 degrees of freedom.
struct Correlation {
    int cases = 0;
    double coefficient = 0;
    double p = 1;
    std::optional<Interval> interval;  // fisher_interval; Pearson's r only
};
// Absent for fewer than three cases, or where one side is constant.
std::optional<Correlation> pearson(std::span<const double> x, std::span<const double> y);
// Pearson's r of the mean ranks. Its p is scipy's: the same t, an approximation for few cases.
std::optional<Correlation> spearman(std::span<const double> x, std::span<const double> y);

// Least squares of y on x; absent for fewer than two cases or a constant x.
struct Line {
    double slope = 0;
    double intercept = 0;
};
std::optional<Line> least_squares(std::span<const double> x, std::span<const double> y);

// Two groups by Mann-Whitney's U (METHOD 7.2). `p` is two-sided: exact where no two values are equal and both groups
// together have at most 50 cases; else by the normal approximation with tie and continuity correction.
struct GroupComparison {
    int first = 0;  // cases
    int second = 0;
    double u = 0;  // pairs in which the first group's value is the larger, ties half
    double p = 1;
    bool exact = false;
    // Effect size, twice: the chance that a case of the first group has the larger value than one of the second (ties
    // half), and the rank-biserial correlation 2 that - 1.
    double first_larger = 0.5;
    double rank_biserial = 0;
};
// Absent where a group is empty, or all values are one.
std::optional<GroupComparison> mann_whitney(std::span<const double> first, std::span<const double> second);

// Area under the ROC curve of a score that should be larger where something is the case (METHOD 7.3), ties half. Absent
// where it is always or never the case.
std::optional<double> auroc(std::span<const double> where_it_is, std::span<const double> where_it_is_not);

// What risk is left when only the least uncertain cases are kept (METHOD 7.3).
struct RiskCoverage {
    struct Point {
        double coverage = 0;  // share of cases kept
        double risk = 0;      // their mean risk
    };
    std::vector<Point> points;  // one per case kept, coverage rising to 1
    double area = 0;            // mean risk over the points
    double least_area = 0;      // of an uncertainty that sorts cases by their risk
    double chance_area = 0;     // of one that says nothing: the mean risk
};
// Equally uncertain cases have no order: each enters with their mean risk, which gives the mean curve over all their
// orders (ours). Absent for no cases.
std::optional<RiskCoverage> risk_coverage(std::span<const double> uncertainty, std::span<const double> risk);

// METHOD 7.4. The 95 % interval is Student's t, from two cases on; without spread its two ends are the mean.
struct MeanEstimate {
    int cases = 0;
    double mean = 0;
    std::optional<Interval> interval;
};
std::optional<MeanEstimate> mean_estimate(std::span<const double> values);

}  // namespace shapslice
