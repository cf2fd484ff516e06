#include "game/shapley.h"

#include <bit>

namespace shapslice {

namespace {

int size_of(std::size_t coalition) {
    return std::popcount(static_cast<unsigned>(coalition));
}

// v(S+i) - v(S) over all S without i, and its Shapley weight.
std::array<Marginal, kMarginals> marginals_of(const CoalitionValues& v, std::size_t i) {
    std::array<Marginal, kMarginals> marginals;
    std::size_t n = 0;
    for (std::size_t s = 0; s < kCoalitions; ++s) {
        if (s >> i & 1) continue;
        marginals[n++] = {static_cast<Coalition>(s), shapley_weight(size_of(s)), v[s | std::size_t{1} << i] - v[s]};
    }
    return marginals;
}

// Pairwise Shapley interaction index: sum over S without i and j of |S|! (n-|S|-2)! / (n-1)! times
// v(S+i+j) - v(S+i) - v(S+j) + v(S) (Grabisch and Roubens 1999; k-SII of order 2, METHOD 3.3). n = 4.
double interaction_of(const CoalitionValues& v, std::size_t i, std::size_t j) {
    constexpr std::array<double, 3> kWeights{2.0 / 6, 1.0 / 6, 2.0 / 6};
    const std::size_t bi = std::size_t{1} << i;
    const std::size_t bj = std::size_t{1} << j;
    double sum = 0;
    for (std::size_t s = 0; s < kCoalitions; ++s) {
        if (s & (bi | bj)) continue;
        sum += kWeights[static_cast<std::size_t>(size_of(s))] * (v[s | bi | bj] - v[s | bi] - v[s | bj] + v[s]);
    }
    return sum;
}

// Harsanyi dividends: a(T) = sum over S in T of (-1)^(|T|-|S|) v(S).
PerCoalition<double> moebius_of(const CoalitionValues& v) {
    PerCoalition<double> a = v;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        const std::size_t bit = std::size_t{1} << i;
        for (std::size_t t = 0; t < kCoalitions; ++t) {
            if (t & bit) a[t] -= a[t ^ bit];
        }
    }
    return a;
}

}  // namespace

double shapley_weight(int size) {
    constexpr std::array<double, kContrasts> kWeights{6.0 / 24, 2.0 / 24, 2.0 / 24, 6.0 / 24};
    return kWeights[static_cast<std::size_t>(size)];
}

GameAnalysis analyse_game(const CoalitionValues& v) {
    GameAnalysis game;
    double total = 0;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        const std::size_t bit = std::size_t{1} << i;
        game.marginals[i] = marginals_of(v, i);
        for (const Marginal& marginal : game.marginals[i]) {
            game.shapley[i] += marginal.weight * marginal.contribution;
            game.banzhaf[i] += marginal.contribution / kMarginals;
        }
        total += game.shapley[i];
        game.leave_one_out[i] = v[kAllContrasts] - v[kAllContrasts ^ bit];
        game.alone[i] = v[bit] - v[kNoContrast];
        for (std::size_t j = i + 1; j < kContrasts; ++j) {
            game.interaction[i][j] = game.interaction[j][i] = interaction_of(v, i, j);
        }
    }
    game.moebius = moebius_of(v);
    game.efficiency_gap = total - (v[kAllContrasts] - v[kNoContrast]);
    return game;
}

}  // namespace shapslice
