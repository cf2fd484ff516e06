// From Shapley values to ranks (METHOD 4).
#include "game/ranking.h"

#include <gtest/gtest.h>

#include <random>

namespace shapslice {
namespace {

using Four = PerContrast<double>;

TEST(Ranking, PutsTheLargestFirst) {
    EXPECT_EQ(rank_descending({0.4, 0.1, 0.3, 0.2}), (Four{1, 4, 2, 3}));
    EXPECT_EQ(rank_descending({-0.4, -0.1, -0.3, 0.2}), (Four{4, 2, 3, 1}));  // by value, not by size
}

TEST(Ranking, GivesEqualValuesTheMeanRank) {
    EXPECT_EQ(rank_descending({0.5, 0.5, 0.2, 0.1}), (Four{1.5, 1.5, 3, 4}));
    EXPECT_EQ(rank_descending({0.1, 0.5, 0.2, 0.1}), (Four{3.5, 1, 2, 3.5}));
    EXPECT_EQ(rank_descending({0.1, 0.5, 0.5, 0.1}), (Four{3.5, 1.5, 1.5, 3.5}));
    EXPECT_EQ(rank_descending({0.2, 0.2, 0.9, 0.2}), (Four{3, 3, 1, 3}));
    EXPECT_EQ(rank_descending({0.2, 0.2, 0, 0.2}), (Four{2, 2, 4, 2}));
    EXPECT_EQ(rank_descending({0, 0, 0, 0}), (Four{2.5, 2.5, 2.5, 2.5}));
    EXPECT_EQ(rank_descending({0.0, -0.0, 1, 2}), (Four{3.5, 3.5, 2, 1}));
}

TEST(Ranking, TiesBelowOneBillionthOnly) {
    EXPECT_EQ(rank_descending({0.5, 0.5 + 0.9e-9, 0, 1}), (Four{2.5, 2.5, 4, 1}));
    EXPECT_EQ(rank_descending({0.5, 0.5 + 1.1e-9, 0, 1}), (Four{3, 2, 4, 1}));
    EXPECT_EQ(rank_descending({0, 1e-9, 2, 3}), (Four{4, 3, 2, 1}));  // exactly 1e-9 is not closer than 1e-9
}

// Each within 1e-9 of its neighbour: one tie, though the ends lie further apart.
TEST(Ranking, TiesChain) {
    EXPECT_EQ(rank_descending({0.9e-9, 0, 1.8e-9, 2.7e-9}), (Four{2.5, 2.5, 2.5, 2.5}));
    EXPECT_EQ(rank_descending({0.9e-9, 0, 1.8e-9, 0.5}), (Four{3, 3, 3, 1}));
    EXPECT_EQ(rank_descending({0, 0.9e-9, 2.5e-9, 3.4e-9}), (Four{3.5, 3.5, 1.5, 1.5}));
}

TEST(Ranking, AgreesWithCountingLargerAndEqualValues) {
    std::mt19937 random(1);
    for (int n = 0; n < 500; ++n) {
        Four values;
        for (double& value : values) value = static_cast<double>(random() % 4);
        const Four ranks = rank_descending(values);
        for (std::size_t i = 0; i < kContrasts; ++i) {
            int larger = 0, equal = 0;
            for (const double other : values) {
                larger += other > values[i];
                equal += other == values[i];
            }
            EXPECT_EQ(ranks[i], larger + (equal + 1) / 2.0);
        }
        EXPECT_EQ(ranks[0] + ranks[1] + ranks[2] + ranks[3], 10);
    }
}

}  // namespace
}  // namespace shapslice
