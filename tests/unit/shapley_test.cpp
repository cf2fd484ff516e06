// Shapley values and kin: games with known answers, the axioms, and second implementations (METHOD 3).
#include "game/shapley.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <random>

namespace shapslice {
namespace {

constexpr double kClose = 1e-13;
constexpr int kRandomGames = 300;

int members(std::size_t coalition) {
    return std::popcount(static_cast<unsigned>(coalition));
}
bool has(std::size_t coalition, std::size_t player) {
    return (coalition >> player & 1) != 0;
}
bool within(std::size_t inner, std::size_t outer) {
    return (inner & ~outer) == 0;
}

template <class Value>
CoalitionValues game_of(Value value) {
    CoalitionValues v{};
    for (std::size_t s = 0; s < kCoalitions; ++s) v[s] = value(s);
    return v;
}

// Values evenly from -1 to 1, the empty coalition's too: nothing may rest on v(empty) = 0.
CoalitionValues random_game(std::mt19937_64& random) {
    return game_of([&](std::size_t) { return static_cast<double>(random() >> 11) * 0x1p-52 - 1; });
}

void expect_close(const PerContrast<double>& a, const PerContrast<double>& b) {
    for (std::size_t i = 0; i < kContrasts; ++i) EXPECT_NEAR(a[i], b[i], kClose) << kContrastNames[i];
}

// The second implementation: what each player adds when it joins, meaned over the 24 orders of joining.
PerContrast<double> shapley_by_orders(const CoalitionValues& v) {
    PerContrast<double> sum{};
    std::array<std::size_t, kContrasts> order{0, 1, 2, 3};
    do {
        std::size_t joined = 0;
        for (const std::size_t player : order) {
            const std::size_t then = joined | std::size_t{1} << player;
            sum[player] += v[then] - v[joined];
            joined = then;
        }
    } while (std::next_permutation(order.begin(), order.end()));
    for (double& phi : sum) phi /= 24;
    return sum;
}

// Dividends straight from their definition, a(T) = sum over S in T of (-1)^(|T|-|S|) v(S).
CoalitionValues dividends(const CoalitionValues& v) {
    return game_of([&](std::size_t t) {
        double a = 0;
        for (std::size_t s = 0; s < kCoalitions; ++s) {
            if (within(s, t)) a += (members(t) - members(s)) % 2 == 0 ? v[s] : -v[s];
        }
        return a;
    });
}

TEST(ShapleyWeight, IsTheShareOfOrders) {
    EXPECT_DOUBLE_EQ(shapley_weight(0), 1.0 / 4);
    EXPECT_DOUBLE_EQ(shapley_weight(1), 1.0 / 12);
    EXPECT_DOUBLE_EQ(shapley_weight(2), 1.0 / 12);
    EXPECT_DOUBLE_EQ(shapley_weight(3), 1.0 / 4);
}

TEST(KnownGame, Additive) {
    const PerContrast<double> worth{0.5, -0.25, 0.125, 0};
    const GameAnalysis game = analyse_game(game_of([&](std::size_t s) {
        double sum = 0.0625;  // the empty coalition's
        for (std::size_t i = 0; i < kContrasts; ++i) sum += has(s, i) ? worth[i] : 0;
        return sum;
    }));
    expect_close(game.shapley, worth);
    expect_close(game.banzhaf, worth);
    expect_close(game.leave_one_out, worth);
    expect_close(game.alone, worth);
    for (std::size_t i = 0; i < kContrasts; ++i) {
        for (std::size_t j = 0; j < kContrasts; ++j) EXPECT_NEAR(game.interaction[i][j], 0, kClose);
    }
}

// u_T(S) = 1 where S holds all of T: T's members share 1 evenly.
TEST(KnownGame, UnanimityOfEveryCoalition) {
    for (std::size_t t = 1; t < kCoalitions; ++t) {
        const GameAnalysis game = analyse_game(game_of([&](std::size_t s) { return within(t, s) ? 1.0 : 0.0; }));
        const int size = members(t);
        for (std::size_t i = 0; i < kContrasts; ++i) {
            EXPECT_NEAR(game.shapley[i], has(t, i) ? 1.0 / size : 0, kClose);
            EXPECT_NEAR(game.banzhaf[i], has(t, i) ? 1.0 / (1 << (size - 1)) : 0, kClose);
            EXPECT_EQ(game.leave_one_out[i], has(t, i) ? 1 : 0);
            EXPECT_EQ(game.alone[i], has(t, i) && size == 1 ? 1 : 0);
            for (std::size_t j = 0; j < kContrasts; ++j) {
                const double expected = i != j && has(t, i) && has(t, j) ? 1.0 / (size - 1) : 0;
                EXPECT_NEAR(game.interaction[i][j], expected, kClose);
            }
        }
        for (std::size_t s = 0; s < kCoalitions; ++s) EXPECT_EQ(game.moebius[s], s == t ? 1 : 0);
    }
}

// One left glove (t1c) and three right ones; a pair is worth 1. The left one is worthless only when it comes first.
TEST(KnownGame, Gloves) {
    const GameAnalysis game = analyse_game(game_of([](std::size_t s) { return has(s, 0) && s != 1 ? 1.0 : 0.0; }));
    expect_close(game.shapley, {3.0 / 4, 1.0 / 12, 1.0 / 12, 1.0 / 12});
    expect_close(game.leave_one_out, {1, 0, 0, 0});
    expect_close(game.alone, {0, 0, 0, 0});
    EXPECT_GT(game.interaction[0][1], 0);  // a left and a right complete each other
    EXPECT_LT(game.interaction[1][2], 0);  // two rights replace each other
    // Two and two: all alike, a half each.
    const auto pairs = [](std::size_t s) { return std::min(has(s, 0) + has(s, 1), has(s, 2) + has(s, 3)) * 1.0; };
    expect_close(analyse_game(game_of(pairs)).shapley, {0.5, 0.5, 0.5, 0.5});
}

TEST(KnownGame, Majority) {
    const GameAnalysis game = analyse_game(game_of([](std::size_t s) { return members(s) >= 3 ? 1.0 : 0.0; }));
    expect_close(game.shapley, {0.25, 0.25, 0.25, 0.25});
    expect_close(game.banzhaf, {3.0 / 8, 3.0 / 8, 3.0 / 8, 3.0 / 8});  // decisive for 3 of the 8 coalitions of others
}

// Owen, Game Theory: a corporation whose four stockholders have 10, 20, 30 and 40 shares decides by simple majority.
// By hand: the first is decisive for {2,3} alone, 1/12; the second for {4}, {1,3}, {1,4}, 3/12; the third for {4},
// {1,2}, {1,4}, 3/12; the fourth for {2}, {3}, {1,2}, {1,3}, {2,3}, 5/12.
TEST(KnownGame, Stockholders) {
    const auto shares = [](std::size_t s) { return 10 * has(s, 0) + 20 * has(s, 1) + 30 * has(s, 2) + 40 * has(s, 3); };
    const GameAnalysis game = analyse_game(game_of([&](std::size_t s) { return shares(s) > 50 ? 1.0 : 0.0; }));
    expect_close(game.shapley, {1.0 / 12, 3.0 / 12, 3.0 / 12, 5.0 / 12});
    expect_close(game.banzhaf, {1.0 / 8, 3.0 / 8, 3.0 / 8, 5.0 / 8});
    // First and second: 1/6 (sizes weigh 1/3, 1/6, 1/3): {}: 0; {3}: 1 - 0 - 0 + 0; {4}: 1 - 0 - 1 + 0; {3,4}: 0.
    EXPECT_NEAR(game.interaction[0][1], 1.0 / 6, kClose);
}

TEST(Axiom, Efficiency) {
    std::mt19937_64 random(1);
    for (int n = 0; n < kRandomGames; ++n) {
        const CoalitionValues v = random_game(random);
        const GameAnalysis game = analyse_game(v);
        const double sum = game.shapley[0] + game.shapley[1] + game.shapley[2] + game.shapley[3];
        EXPECT_NEAR(sum, v[kAllContrasts] - v[kNoContrast], kClose);
        EXPECT_EQ(game.efficiency_gap, sum - (v[kAllContrasts] - v[kNoContrast]));  // what the page shows is this gap
    }
}

// Renaming the players renames the values: all 24 renamings. Players that a game cannot tell apart get the same.
TEST(Axiom, Symmetry) {
    std::mt19937_64 random(2);
    for (int n = 0; n < kRandomGames / 10; ++n) {
        const CoalitionValues v = random_game(random);
        const GameAnalysis game = analyse_game(v);
        std::array<std::size_t, kContrasts> name{0, 1, 2, 3};
        CoalitionValues meaned{};
        do {
            const auto renamed = [&](std::size_t s) {
                std::size_t result = 0;
                for (std::size_t i = 0; i < kContrasts; ++i) result |= has(s, i) ? std::size_t{1} << name[i] : 0;
                return result;
            };
            CoalitionValues w{};
            for (std::size_t s = 0; s < kCoalitions; ++s) w[renamed(s)] = v[s];
            for (std::size_t s = 0; s < kCoalitions; ++s) meaned[s] += w[s] / 24;
            const GameAnalysis other = analyse_game(w);
            for (std::size_t i = 0; i < kContrasts; ++i) {
                EXPECT_NEAR(other.shapley[name[i]], game.shapley[i], kClose);
                for (std::size_t j = 0; j < kContrasts; ++j) {
                    EXPECT_NEAR(other.interaction[name[i]][name[j]], game.interaction[i][j], kClose);
                }
            }
        } while (std::next_permutation(name.begin(), name.end()));
        const double fair = (v[kAllContrasts] - v[kNoContrast]) / 4;
        expect_close(analyse_game(meaned).shapley, {fair, fair, fair, fair});
    }
}

TEST(Axiom, NullPlayer) {
    std::mt19937_64 random(3);
    for (int n = 0; n < kRandomGames; ++n) {
        const std::size_t idle = static_cast<std::size_t>(n) % kContrasts;
        CoalitionValues v = random_game(random);
        for (std::size_t s = 0; s < kCoalitions; ++s) v[s] = v[s & ~(std::size_t{1} << idle)];
        const GameAnalysis game = analyse_game(v);
        EXPECT_EQ(game.shapley[idle], 0);
        EXPECT_EQ(game.banzhaf[idle], 0);
        EXPECT_EQ(game.leave_one_out[idle], 0);
        EXPECT_EQ(game.alone[idle], 0);
        for (std::size_t j = 0; j < kContrasts; ++j) EXPECT_EQ(game.interaction[idle][j], 0);
    }
}

TEST(Axiom, Additivity) {
    std::mt19937_64 random(4);
    for (int n = 0; n < kRandomGames; ++n) {
        const CoalitionValues v = random_game(random);
        const CoalitionValues w = random_game(random);
        const auto both = analyse_game(game_of([&](std::size_t s) { return v[s] + 3 * w[s]; }));
        const auto one = analyse_game(v);
        const auto other = analyse_game(w);
        for (std::size_t i = 0; i < kContrasts; ++i) {
            EXPECT_NEAR(both.shapley[i], one.shapley[i] + 3 * other.shapley[i], kClose);
        }
    }
}

TEST(SecondImplementation, ShapleyOverAllOrders) {
    std::mt19937_64 random(5);
    for (int n = 0; n < kRandomGames; ++n) {
        const CoalitionValues v = random_game(random);
        expect_close(analyse_game(v).shapley, shapley_by_orders(v));
    }
}

TEST(SecondImplementation, MoebiusTransformAndWhatFollowsFromIt) {
    std::mt19937_64 random(6);
    for (int n = 0; n < kRandomGames; ++n) {
        const CoalitionValues v = random_game(random);
        const GameAnalysis game = analyse_game(v);
        const CoalitionValues a = dividends(v);
        for (std::size_t t = 0; t < kCoalitions; ++t) {
            EXPECT_NEAR(game.moebius[t], a[t], kClose);
            double back = 0;  // v(T) is the sum of the dividends within T
            for (std::size_t s = 0; s < kCoalitions; ++s) back += within(s, t) ? game.moebius[s] : 0;
            EXPECT_NEAR(back, v[t], kClose);
        }
        for (std::size_t i = 0; i < kContrasts; ++i) {
            double shapley = 0, banzhaf = 0;
            for (std::size_t t = 1; t < kCoalitions; ++t) {
                if (!has(t, i)) continue;
                shapley += a[t] / members(t);
                banzhaf += a[t] / (1 << (members(t) - 1));
            }
            EXPECT_NEAR(game.shapley[i], shapley, kClose);
            EXPECT_NEAR(game.banzhaf[i], banzhaf, kClose);
            for (std::size_t j = 0; j < kContrasts; ++j) {
                double interaction = 0;
                for (std::size_t t = 1; t < kCoalitions; ++t) {
                    if (i != j && has(t, i) && has(t, j)) interaction += a[t] / (members(t) - 1);
                }
                EXPECT_NEAR(game.interaction[i][j], interaction, kClose);
            }
        }
    }
}

// The pairwise index by its meaning: i and j join as one, before, between or after the other two, in all 6 orders; how
// much more do they add together than each by itself?
TEST(SecondImplementation, InteractionOverOrdersOfThePairAndTheRest) {
    std::mt19937_64 random(7);
    for (int n = 0; n < kRandomGames; ++n) {
        const CoalitionValues v = random_game(random);
        const GameAnalysis game = analyse_game(v);
        for (std::size_t i = 0; i < kContrasts; ++i) {
            for (std::size_t j = i + 1; j < kContrasts; ++j) {
                const std::size_t bi = std::size_t{1} << i, bj = std::size_t{1} << j;
                std::array<std::size_t, 3> joining{bi | bj, 0, 0};
                for (std::size_t k = 0, at = 1; k < kContrasts; ++k) {
                    if (k != i && k != j) joining[at++] = std::size_t{1} << k;
                }
                std::sort(joining.begin(), joining.end());
                double sum = 0;
                do {
                    std::size_t s = 0;
                    for (const std::size_t next : joining) {
                        if (next == (bi | bj)) sum += v[s | bi | bj] - v[s | bi] - v[s | bj] + v[s];
                        s |= next;
                    }
                } while (std::next_permutation(joining.begin(), joining.end()));
                EXPECT_NEAR(game.interaction[i][j], sum / 6, kClose);
                EXPECT_EQ(game.interaction[j][i], game.interaction[i][j]);
            }
            EXPECT_EQ(game.interaction[i][i], 0);
        }
    }
}

TEST(Marginals, MakeUpEachValue) {
    std::mt19937_64 random(8);
    for (int n = 0; n < kRandomGames; ++n) {
        const CoalitionValues v = random_game(random);
        const GameAnalysis game = analyse_game(v);
        for (std::size_t i = 0; i < kContrasts; ++i) {
            double phi = 0, plain = 0, weights = 0;
            std::array<double, kContrasts> group{};  // by size of S, as the page shows them (METHOD 3.2)
            std::array<int, kContrasts> group_size{};
            for (std::size_t m = 0; m < kMarginals; ++m) {
                const Marginal& marginal = game.marginals[i][m];
                EXPECT_FALSE(has(marginal.before, i));
                if (m > 0) EXPECT_LT(game.marginals[i][m - 1].before, marginal.before);
                EXPECT_EQ(marginal.contribution, v[with(marginal.before, static_cast<int>(i))] - v[marginal.before]);
                weights += marginal.weight;
                plain += marginal.contribution;
                phi += marginal.weight * marginal.contribution;
                group[static_cast<std::size_t>(members(marginal.before))] += marginal.contribution;
                ++group_size[static_cast<std::size_t>(members(marginal.before))];
            }
            EXPECT_DOUBLE_EQ(weights, 1);
            EXPECT_NEAR(game.shapley[i], phi, kClose);
            EXPECT_NEAR(game.banzhaf[i], plain / 8, kClose);
            EXPECT_EQ(group_size, (std::array<int, kContrasts>{1, 3, 3, 1}));
            EXPECT_NEAR(game.shapley[i], (group[0] + group[1] / 3 + group[2] / 3 + group[3]) / 4, kClose);
            EXPECT_EQ(game.leave_one_out[i], v[15] - v[15u ^ 1u << i]);
            EXPECT_EQ(game.alone[i], v[1u << i] - v[0]);
        }
    }
}

}  // namespace
}  // namespace shapslice
