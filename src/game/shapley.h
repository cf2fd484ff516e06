// Exact Shapley values of the contrasts, and what else the 16 coalition values say (METHOD 3).
#pragma once

#include <array>

#include "base/terms.h"

namespace shapslice {

// v(S) for every coalition S, indexed by its mask.
using CoalitionValues = PerCoalition<double>;

// One marginal contribution v(S + i) - v(S) and its weight |S|! (n-|S|-1)! / n! in phi_i (METHOD 3.1).
//
// There are eight for each contrast, one per subset S of the other three. METHOD 3.2 speaks of four: the page groups
// the eight by the size of S (0, 1, 2, 3: one, three, three and one of them). The weights within a size are equal and
// sum to 1/4, so each phi is the plain mean of the four groups' mean contributions.
struct Marginal {
    Coalition before = kNoContrast;  // S, without i
    double weight = 0;
    double contribution = 0;
};
inline constexpr int kMarginals = 1 << (kContrasts - 1);  // subsets of the other three

// All that follows from one game (METHOD 3.1 to 3.3).
struct GameAnalysis {
    PerContrast<double> shapley{};
    PerContrast<std::array<Marginal, kMarginals>> marginals{};  // in rising order of `before`
    PerContrast<double> banzhaf{};
    // k-SII of order 2 with Grabisch-Roubens (pairwise Shapley interaction) weights; symmetric, diagonal 0.
    PerContrast<PerContrast<double>> interaction{};
    PerCoalition<double> moebius{};       // the Harsanyi dividends
    PerContrast<double> leave_one_out{};  // v(N) - v(N without i)
    PerContrast<double> alone{};          // v({i}) - v(empty)
    double efficiency_gap = 0;            // sum of phi - (v(N) - v(empty)); shown to the user, below 1e-6 (METHOD 3.2)
};

// Values are finite; of a region's Dice or of any other game on the same 16 segmentations (METHOD 2.1).
GameAnalysis analyse_game(const CoalitionValues& values);

// |S|! (n - |S| - 1)! / n! for a coalition of `size` (0..3) of the other contrasts, n = 4 (METHOD 3.1).
double shapley_weight(int size);

}  // namespace shapslice
