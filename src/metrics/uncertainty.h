// Stability of the ranking over the folds of one architecture (METHOD 6.1, 6.2).
#pragma once

#include <optional>
#include <span>

#include "base/terms.h"

namespace shapslice {

// (1/n) sum_i Var_k(R_ik), sample variance (K-1) over the folds (METHOD 6.1). Absent for fewer than two folds.
std::optional<double> rank_variance(std::span<const PerContrast<double>> ranks);

// The scale rank variance is drawn on for `folds` folds (METHOD 6.1): its mean over independent random strict rankings,
// 1.25 whatever the number of folds, and its largest value over all rankings, tied ones too: 2.5, 1.83, 1.67, 1.55, 1.5
// for 2 to 6 folds. Absent for fewer than two folds.
struct VarianceScale {
    double chance = 0;
    double largest = 0;
};
std::optional<VarianceScale> variance_scale(int folds);
inline constexpr int kUsualFolds = 5;  // of the paper's models and ours: what a scale shows before folds are complete

// Kendall's coefficient of concordance with the correction for ties, 0..1 (METHOD 6.2). Absent for fewer than two folds
// or when every fold ties everything. Ties share the mean rank, as rank_descending gives them.
std::optional<double> kendall_w(std::span<const PerContrast<double>> ranks);

// Mean, least and largest of a set of values (METHOD 6.2); absent for none.
struct Spread {
    double mean = 0;
    double least = 0;
    double largest = 0;
};
std::optional<Spread> spread(std::span<const double> values);

}  // namespace shapslice
