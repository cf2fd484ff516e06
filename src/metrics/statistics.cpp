#include "metrics/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shapslice {

namespace {

constexpr double kNormalFactor = 1.959963984540054;  // of a 95 % interval under the normal distribution
constexpr double kTail = 0.05;                       // outside a 95 % interval
constexpr std::size_t kMostExactCases = 50;          // binomial(50, 25) is still a whole number in a double

// The continued fraction of I_x(a, b), by Lentz's method; converges fast for x < (a + 1) / (a + b + 2).
double beta_fraction(double x, double a, double b) {
    constexpr double kTiny = 1e-300;  // in place of a zero that would be divided by
    constexpr double kDone = 1e-16;
    constexpr int kMostTerms = 10000;
    const auto apart = [](double value) { return std::abs(value) < kTiny ? kTiny : value; };
    double c = 1;
    double d = 1 / apart(1 - (a + b) * x / (a + 1));
    double fraction = d;
    for (int m = 1; m <= kMostTerms; ++m) {
        const double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 / apart(1 + even * d);
        c = apart(1 + even / c);
        fraction *= d * c;
        const double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 / apart(1 + odd * d);
        c = apart(1 + odd / c);
        fraction *= d * c;
        if (std::abs(d * c - 1) <= kDone) break;
    }
    return fraction;
}

// I_x(a, b) with `rest` = 1 - x given beside x, so that neither end loses digits.
double beta_of_both(double x, double rest, double a, double b) {
    if (x <= 0) return 0;
    if (rest <= 0) return 1;
    const double front =
        std::exp(std::lgamma(a + b) - std::lgamma(a) - std::lgamma(b) + a * std::log(x) + b * std::log(rest));
    if (x < (a + 1) / (a + b + 2)) return front * beta_fraction(x, a, b) / a;
    return 1 - front * beta_fraction(rest, b, a) / b;
}

double mean_of(std::span<const double> values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

// Compared, not computed: rounding gives equal values a spread.
bool constant(std::span<const double> values) {
    return std::all_of(values.begin(), values.end(), [&](double value) { return value == values.front(); });
}

// Sums of squared deviations and of their products.
struct Deviations {
    double xx = 0;
    double xy = 0;
    double yy = 0;
};
Deviations deviations(std::span<const double> x, std::span<const double> y) {
    const double mean_x = mean_of(x);
    const double mean_y = mean_of(y);
    Deviations sums;
    for (std::size_t n = 0; n < x.size(); ++n) {
        sums.xx += (x[n] - mean_x) * (x[n] - mean_x);
        sums.xy += (x[n] - mean_x) * (y[n] - mean_y);
        sums.yy += (y[n] - mean_y) * (y[n] - mean_y);
    }
    return sums;
}

// In how many of the ways to choose which ranks are the first group's U is each value: the coefficients of the Gaussian
// binomial, the product over i = 1..first of (1 - q^(second + i)) / (1 - q^i).
std::vector<double> u_counts(std::size_t first, std::size_t second) {
    std::vector<double> counts(first * second + 1, 0.0);
    counts[0] = 1;
    for (std::size_t i = 1; i <= first; ++i) {
        for (std::size_t u = counts.size(); u-- > second + i;) counts[u] -= counts[u - second - i];
        for (std::size_t u = i; u < counts.size(); ++u) counts[u] += counts[u - i];
    }
    return counts;
}

double exact_p(double u, std::size_t first, std::size_t second) {
    const std::vector<double> counts = u_counts(first, second);
    const auto larger = static_cast<std::ptrdiff_t>(std::max(u, static_cast<double>(first * second) - u));
    const double all = std::accumulate(counts.begin(), counts.end(), 0.0);
    return std::min(1.0, 2 * std::accumulate(counts.begin() + larger, counts.end(), 0.0) / all);
}

// Sum of t^3 - t over the groups of t equal values: what ties take off the variance of U.
double tie_term(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    double sum = 0;
    for (auto at = values.begin(); at != values.end();) {
        const auto end = std::upper_bound(at, values.end(), *at);
        const auto t = static_cast<double>(end - at);
        sum += t * t * t - t;
        at = end;
    }
    return sum;
}

double normal_p(double u, double first, double second, double ties) {
    const double n = first + second;
    const double variance = first * second / 12 * (n + 1 - ties / (n * (n - 1)));
    const double off = std::max(u, first * second - u) - first * second / 2;
    return std::min(1.0, std::erfc((off - 0.5) / std::sqrt(2 * variance)));
}

// Mean of the first k values, for each k.
std::vector<double> running_means(std::span<const double> values) {
    std::vector<double> means;
    double sum = 0;
    for (const double value : values) {
        sum += value;
        means.push_back(sum / static_cast<double>(means.size() + 1));
    }
    return means;
}

// Risks in rising order of uncertainty, those of equal uncertainty each replaced by their mean.
std::vector<double> risks_in_order(std::span<const double> uncertainty, std::span<const double> risk) {
    std::vector<std::size_t> order(risk.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return uncertainty[a] < uncertainty[b]; });
    std::vector<double> sorted;
    for (std::size_t from = 0, to = 0; from < order.size(); from = to) {
        double sum = 0;
        for (; to < order.size() && uncertainty[order[to]] == uncertainty[order[from]]; ++to) sum += risk[order[to]];
        sorted.insert(sorted.end(), to - from, sum / static_cast<double>(to - from));
    }
    return sorted;
}

}  // namespace

double incomplete_beta(double x, double a, double b) {
    return beta_of_both(x, 1 - x, a, b);
}

double t_two_sided(double t, double freedom) {
    const double all = freedom + t * t;
    return beta_of_both(freedom / all, t * t / all, freedom / 2, 0.5);
}

double t_factor(double tail, double freedom) {
    double low = 0;
    double high = 1;
    while (t_two_sided(high, freedom) > tail) high *= 2;
    // Halved until the two are neighbours.
    for (double middle = high / 2; low < middle && middle < high; middle = low + (high - low) / 2) {
        (t_two_sided(middle, freedom) > tail ? low : high) = middle;
    }
    return high;
}

std::vector<double> mean_ranks(std::span<const double> values) {
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> ranks;
    for (const double value : values) {
        const auto [from, to] = std::equal_range(sorted.begin(), sorted.end(), value);
        ranks.push_back(static_cast<double>((from - sorted.begin()) + (to - sorted.begin()) + 1) / 2);
    }
    return ranks;
}

std::optional<Interval> fisher_interval(double r, int cases) {
    if (cases < 4) return std::nullopt;
    const double off = kNormalFactor / std::sqrt(cases - 3.0);
    return Interval{std::tanh(std::atanh(r) - off), std::tanh(std::atanh(r) + off)};
}

std::optional<Correlation> pearson(std::span<const double> x, std::span<const double> y) {
    if (x.size() < 3 || constant(x) || constant(y)) return std::nullopt;
    const Deviations sums = deviations(x, y);
    const double scale = std::sqrt(sums.xx * sums.yy);  // one root: exactly xy for ranks that agree
    if (!(scale > 0)) return std::nullopt;              // a spread so small that its squares vanish
    Correlation found;
    found.cases = static_cast<int>(x.size());
    found.coefficient = std::clamp(sums.xy / scale, -1.0, 1.0);
    const double r = found.coefficient;
    const double freedom = found.cases - 2;
    // t_two_sided at t = r sqrt(freedom / (1 - r^2)), which at r = 1 would be infinite.
    found.p = beta_of_both((1 - r) * (1 + r), r * r, freedom / 2, 0.5);
    found.interval = fisher_interval(r, found.cases);
    return found;
}

std::optional<Correlation> spearman(std::span<const double> x, std::span<const double> y) {
    auto found = pearson(mean_ranks(x), mean_ranks(y));
    if (found) found->interval.reset();
    return found;
}

std::optional<Line> least_squares(std::span<const double> x, std::span<const double> y) {
    if (x.size() < 2 || constant(x)) return std::nullopt;
    const Deviations sums = deviations(x, y);
    if (!(sums.xx > 0)) return std::nullopt;
    const double slope = sums.xy / sums.xx;
    return Line{slope, mean_of(y) - slope * mean_of(x)};
}

std::optional<GroupComparison> mann_whitney(std::span<const double> first, std::span<const double> second) {
    std::vector<double> all(first.begin(), first.end());
    all.insert(all.end(), second.begin(), second.end());
    if (first.empty() || second.empty() || constant(all)) return std::nullopt;
    const std::vector<double> ranks = mean_ranks(all);
    const auto n = static_cast<double>(first.size());
    const auto m = static_cast<double>(second.size());
    GroupComparison found;
    found.first = static_cast<int>(first.size());
    found.second = static_cast<int>(second.size());
    found.u = std::accumulate(ranks.begin(), ranks.begin() + found.first, 0.0) - n * (n + 1) / 2;
    const double ties = tie_term(all);
    found.exact = ties == 0 && all.size() <= kMostExactCases;
    found.p = found.exact ? exact_p(found.u, first.size(), second.size()) : normal_p(found.u, n, m, ties);
    found.first_larger = found.u / (n * m);
    found.rank_biserial = 2 * found.first_larger - 1;
    return found;
}

std::optional<double> auroc(std::span<const double> where_it_is, std::span<const double> where_it_is_not) {
    if (where_it_is.empty() || where_it_is_not.empty()) return std::nullopt;
    const auto compared = mann_whitney(where_it_is, where_it_is_not);
    return compared ? compared->first_larger : 0.5;  // all scores are one: every pair ties
}

std::optional<RiskCoverage> risk_coverage(std::span<const double> uncertainty, std::span<const double> risk) {
    if (risk.empty()) return std::nullopt;
    RiskCoverage curve;
    const std::vector<double> left = running_means(risks_in_order(uncertainty, risk));
    for (std::size_t kept = 1; kept <= left.size(); ++kept) {
        curve.points.push_back({static_cast<double>(kept) / static_cast<double>(left.size()), left[kept - 1]});
    }
    curve.area = mean_of(left);
    curve.least_area = mean_of(running_means(risks_in_order(risk, risk)));
    curve.chance_area = mean_of(risk);
    return curve;
}

std::optional<MeanEstimate> mean_estimate(std::span<const double> values) {
    if (values.empty()) return std::nullopt;
    MeanEstimate found;
    found.cases = static_cast<int>(values.size());
    found.mean = constant(values) ? values.front() : mean_of(values);
    if (found.cases >= 2) {
        double squares = 0;
        for (const double value : values) squares += (value - found.mean) * (value - found.mean);
        const double freedom = found.cases - 1;
        const double off = t_factor(kTail, freedom) * std::sqrt(squares / freedom / found.cases);
        found.interval = {found.mean - off, found.mean + off};
    }
    return found;
}

}  // namespace shapslice
