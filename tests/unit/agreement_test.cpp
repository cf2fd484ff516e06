// Agreement of two rankings (METHOD 5).
#include "metrics/agreement.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace shapslice {
namespace {

using Four = PerContrast<double>;

template <class Visit>
void each_strict_ranking(Visit visit) {
    Four ranks{1, 2, 3, 4};
    do {
        visit(ranks);
    } while (std::next_permutation(ranks.begin(), ranks.end()));
}

TEST(Footrule, RunsFromOppositeToEqual) {
    EXPECT_EQ(footrule_agreement({1, 2, 3, 4}, {1, 2, 3, 4}), 1);
    EXPECT_EQ(footrule_agreement({1, 2, 3, 4}, {4, 3, 2, 1}), 0);
    EXPECT_EQ(footrule_agreement({1, 2, 3, 4}, {2, 1, 3, 4}), 0.75);
    EXPECT_EQ(footrule_agreement({1.5, 1.5, 3, 4}, {1, 2, 3, 4}), 0.875);
}

// The table of METHOD 5.3.
TEST(Footrule, AgainstTheProtocolTakesFourValues) {
    std::map<double, int> rankings;
    double sum = 0;
    each_strict_ranking([&](const Four& ranks) {
        const double nsf = footrule_agreement(ranks, kProtocolRanking);
        ++rankings[nsf];
        sum += nsf;
    });
    EXPECT_EQ(rankings, (std::map<double, int>{{0.125, 4}, {0.375, 12}, {0.625, 6}, {0.875, 2}}));
    EXPECT_EQ(sum / 24, 0.4375);
}

TEST(Agreement, OnTheProtocolsScale) {
    const AgreementScale scale = agreement_scale(kProtocolRanking);
    EXPECT_EQ(scale.chance, 0.4375);
    EXPECT_EQ(scale.best, 0.875);
    EXPECT_EQ(scale.worst, 0.125);
    EXPECT_DOUBLE_EQ(share_of_rankings_at_least(0.125, kProtocolRanking), 1);
    EXPECT_DOUBLE_EQ(share_of_rankings_at_least(0.375, kProtocolRanking), 20.0 / 24);
    EXPECT_DOUBLE_EQ(share_of_rankings_at_least(0.625, kProtocolRanking), 8.0 / 24);
    EXPECT_DOUBLE_EQ(share_of_rankings_at_least(0.875, kProtocolRanking), 2.0 / 24);
    EXPECT_EQ(share_of_rankings_at_least(1, kProtocolRanking), 0);
}

// t1c, t2f, then the other two: the best there is, yet never significant on one case (METHOD 5.3).
TEST(Agreement, OfTheBestRankingWithTheProtocol) {
    for (const Four& model : {Four{1, 3, 2, 4}, Four{1, 4, 2, 3}}) {
        const Agreement result = agreement(model, kProtocolRanking);
        EXPECT_EQ(result.nsf, 0.875);
        EXPECT_EQ(result.corrected, 1);
        EXPECT_DOUBLE_EQ(result.share_at_least, 2.0 / 24);
        EXPECT_GT(result.share_at_least, 0.05);
        EXPECT_DOUBLE_EQ(*result.tau_b, 5 / std::sqrt(30.0));
    }
}

TEST(Agreement, CorrectsForChance) {
    // The order t1n, t2w, t2f, t1c: footrule 3 + 2 + 1 + 1 = 7, less agreement than chance.
    const Agreement result = agreement({4, 1, 3, 2}, kProtocolRanking);
    EXPECT_EQ(result.nsf, 0.125);
    EXPECT_DOUBLE_EQ(*result.corrected, (0.125 - 0.4375) / (0.875 - 0.4375));
    EXPECT_EQ(result.share_at_least, 1);
    double mean = 0;
    each_strict_ranking([&](const Four& ranks) { mean += *agreement(ranks, kProtocolRanking).corrected / 24; });
    EXPECT_NEAR(mean, 0, 1e-15);
}

TEST(Agreement, WithAStrictClinicalRanking) {
    const AgreementScale scale = agreement_scale({2, 4, 1, 3});
    EXPECT_DOUBLE_EQ(scale.chance, 0.375);  // the mean footrule is (n^2 - 1) / 3 = 5 (Diaconis and Graham 1977)
    EXPECT_EQ(scale.best, 1);
    EXPECT_EQ(scale.worst, 0);
    EXPECT_DOUBLE_EQ(agreement({2, 4, 1, 3}, {2, 4, 1, 3}).share_at_least, 1.0 / 24);
}

TEST(Agreement, WithAClinicalRankingThatPrefersNothing) {
    const Agreement result = agreement({1, 2, 3, 4}, {2.5, 2.5, 2.5, 2.5});
    EXPECT_EQ(result.nsf, 0.5);
    EXPECT_EQ(result.scale.chance, 0.5);
    EXPECT_EQ(result.scale.best, 0.5);
    EXPECT_FALSE(result.corrected);
    EXPECT_EQ(result.share_at_least, 1);
    EXPECT_FALSE(result.tau_b);
}

// Means over raters are taken as the real numbers they are (METHOD 5.2).
TEST(Agreement, WithAConsensusOfRaters) {
    const Four consensus{1.25, 3.5, 2, 3.25};
    EXPECT_DOUBLE_EQ(footrule_agreement({1, 3, 2, 4}, consensus), 1 - (0.25 + 0.5 + 0 + 0.75) / 8);
    const AgreementScale scale = agreement_scale(consensus);
    EXPECT_DOUBLE_EQ(scale.best, 1 - (0.25 + 0.5 + 0 + 0.25) / 8);  // 1, 4, 2, 3
    const Agreement best = agreement({1, 4, 2, 3}, consensus);
    EXPECT_DOUBLE_EQ(best.share_at_least, 1.0 / 24);
    EXPECT_DOUBLE_EQ(*best.corrected, 1);
    EXPECT_EQ(*best.tau_b, 1);
    // Thirds do not round evenly: the ranking itself still counts among those at least as good as it.
    const Four thirds{4.0 / 3, 10.0 / 3, 5.0 / 3, 11.0 / 3};
    each_strict_ranking([&](const Four& ranks) {
        EXPECT_GE(agreement(ranks, thirds).share_at_least, 1.0 / 24);
        EXPECT_LE(*agreement(ranks, thirds).corrected, 1);
    });
}

TEST(Agreement, OfAModelThatTiesAsTheClinicalRankingDoes) {
    const Agreement result = agreement({1, 3.5, 2, 3.5}, {1, 3.5, 2, 3.5});
    EXPECT_EQ(result.nsf, 1);
    EXPECT_EQ(result.scale.best, 0.875);
    EXPECT_GT(*result.corrected, 1);
    EXPECT_EQ(result.share_at_least, 0);  // no strict ranking is as good
    EXPECT_EQ(*result.tau_b, 1);
}

TEST(KendallTauB, WithoutTies) {
    EXPECT_EQ(*kendall_tau_b({1, 2, 3, 4}, {1, 2, 3, 4}), 1);
    EXPECT_EQ(*kendall_tau_b({1, 2, 3, 4}, {4, 3, 2, 1}), -1);
    EXPECT_DOUBLE_EQ(*kendall_tau_b({1, 2, 3, 4}, {2, 1, 3, 4}), 4.0 / 6);
    EXPECT_DOUBLE_EQ(*kendall_tau_b({1, 2, 3, 4}, {10, 20.5, 20.25, 40}), 4.0 / 6);  // the order alone counts
}

TEST(KendallTauB, CorrectsForTies) {
    // 4 pairs agree, 1 does not, 1 is tied on one side.
    EXPECT_DOUBLE_EQ(*kendall_tau_b({1, 2, 3, 4}, kProtocolRanking), 3 / std::sqrt(6.0 * 5));
    EXPECT_EQ(*kendall_tau_b({1.5, 1.5, 3.5, 3.5}, {1.5, 1.5, 3.5, 3.5}), 1);
    // 1-2 and 3-4 tied on one side, 1-3 on the other; 1-4, 2-3 and 2-4 agree.
    EXPECT_DOUBLE_EQ(*kendall_tau_b({1.5, 1.5, 3.5, 3.5}, {2.5, 1, 2.5, 4}), 3 / std::sqrt(4.0 * 5));
}

TEST(KendallTauB, IsAbsentWhereOneSideTiesEverything) {
    EXPECT_FALSE(kendall_tau_b({2.5, 2.5, 2.5, 2.5}, {1, 2, 3, 4}));
    EXPECT_FALSE(kendall_tau_b({1, 2, 3, 4}, {3, 3, 3, 3}));
    EXPECT_FALSE(kendall_tau_b({3, 3, 3, 3}, {3, 3, 3, 3}));
}

}  // namespace
}  // namespace shapslice
