// Cohort reports (METHOD 7) from made-up results whose games are known: v(S) is the Dice times the weights of S's
// members.
#include "study/cohort.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "game/ranking.h"
#include "study/cohort_json.h"

namespace shapslice {
namespace {

using Ranking = PerContrast<double>;

constexpr Ranking kByTheBook{1, 3, 2, 4};  // NSF 1 - 1/8 against the protocol's 1, 3, 2, 3
constexpr Ranking kReversed{4, 2, 3, 1};   // |4-1| + |2-3| + |3-2| + |1-3|: NSF 1 - 7/8
constexpr double kByTheBookNsf = 1 - 1.0 / 8;
constexpr double kReversedNsf = 1 - 7.0 / 8;

// A game of two or more values of which `ranks` follows, with v(all) = dice.
RegionGame game_of(const Ranking& ranks, double dice) {
    RegionGame game;
    for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
        double share = 0;
        for (std::size_t i = 0; i < kContrasts; ++i) {
            if (contains(static_cast<Coalition>(mask), static_cast<int>(i))) share += (5 - ranks[i]) / 10;
        }
        game.values[mask] = dice * share;
    }
    return game;
}

FoldResult fold_of(int fold, const Ranking& ranks, double dice) {
    FoldResult result;
    result.fold = fold;
    result.model_sha256 = "sha-" + std::to_string(fold);
    for (RegionGame& game : result.regions) game = game_of(ranks, dice);
    return result;
}

// One case under the model "m": the ranking of each fold, and one Dice for all.
StudyResult result_of(const std::string& name, double dice, const std::vector<Ranking>& rankings) {
    StudyResult result;
    result.case_name = name;
    result.has_reference = true;
    result.region_present.fill(true);
    ModelResult model;
    model.id = "m";
    model.name = "Model";
    model.architecture = "U-Net";
    for (std::size_t fold = 0; fold < rankings.size(); ++fold) {
        model.folds.push_back(fold_of(static_cast<int>(fold), rankings[fold], dice));
    }
    result.models.push_back(std::move(model));
    return result;
}

// Case names "a", "b", ... are held out by fold 0, 1, 0, 1, ...
HeldOut held_out(std::size_t cases) {
    HeldOut folds;
    for (std::size_t n = 0; n < cases; ++n) folds["m"][std::string(1, static_cast<char>('a' + n))] = n % 2;
    return folds;
}

// Six cases over two folds: the two good ones stable and by the book, the two poor ones unstable and reversed in the
// fold that did not see them, two between.
std::vector<StudyResult> six_cases() {
    return {result_of("a", 0.9, {kByTheBook, kByTheBook}), result_of("b", 0.8, {kByTheBook, kByTheBook}),
            result_of("c", 0.3, {kReversed, kByTheBook}),  result_of("d", 0.2, {kByTheBook, kReversed}),
            result_of("e", 0.55, {kByTheBook, kReversed}), result_of("f", 0.5, {kByTheBook, kByTheBook})};
}

// Two folds of opposite ranking, rank by rank: differences 3, 1, 1, 3, each sample variance half its square.
constexpr double kUnstable = (4.5 + 0.5 + 0.5 + 4.5) / 4;

TEST(Cohort, JudgesEachCaseByTheFoldThatDidNotSeeIt) {
    StudyResult result = result_of("d", 0.7, {kByTheBook, kReversed});
    result.models[0].folds[1] = fold_of(1, kReversed, 0.2);
    for (const int fold : {0, 1}) {
        const auto subject = cohort_case(result, result.models[0], fold);
        ASSERT_TRUE(subject);
        EXPECT_EQ(subject->held_out_fold, fold);
        EXPECT_DOUBLE_EQ(subject->mean_dice(), fold == 0 ? 0.7 : 0.2);
        EXPECT_DOUBLE_EQ(*subject->nsf, fold == 0 ? kByTheBookNsf : kReversedNsf);
        EXPECT_EQ(subject->ranks[0], fold == 0 ? kByTheBook : kReversed);
        EXPECT_DOUBLE_EQ(*subject->rank_variance, kUnstable);  // over both folds, whichever judges
        EXPECT_EQ(subject->folds, 2);
    }
}

TEST(Cohort, ComputesFromTheValuesAlone) {
    StudyResult result = result_of("a", 0.7, {kByTheBook, kByTheBook});
    for (FoldResult& fold : result.models[0].folds) {
        for (RegionGame& game : fold.regions) game.ranks = kReversed;  // what a result derived is not looked at
    }
    EXPECT_DOUBLE_EQ(*cohort_case(result, result.models[0], 0)->nsf, kByTheBookNsf);
}

// The same ranks of other contrasts, or of folds in another order, are the same uncertainty to the last digit: they
// tie.
TEST(Cohort, EqualUncertaintyTies) {
    std::vector<Ranking> rankings{{1, 2, 3, 4}, {1, 3, 2, 4}, {1, 2, 4, 3}, {2, 1, 3, 4}, {4, 1, 2, 3}};
    const auto variance = [&] {
        const StudyResult result = result_of("a", 0.7, rankings);
        return *cohort_case(result, result.models[0], 0)->rank_variance;
    };
    const double first = variance();
    for (int turn = 0; turn < 20; ++turn) {
        std::rotate(rankings.begin(), rankings.begin() + 1, rankings.end());
        for (Ranking& ranks : rankings) std::swap(ranks[turn % 4], ranks[(turn + 1) % 4]);
        EXPECT_EQ(variance(), first);
    }
    EXPECT_NEAR(first, *rank_variance(rankings), 1e-9);
}

TEST(Cohort, UsesTheClinicalRankingOfTheMeanRow) {
    StudyResult result = result_of("a", 0.7, {kByTheBook});
    result.clinical.by_region[kMeanRegion] = kByTheBook;
    EXPECT_EQ(cohort_case(result, result.models[0], 0)->nsf, 1);
}

TEST(Cohort, SaysWhyACaseCannotBeJudged) {
    StudyResult result = result_of("a", 0.7, {kByTheBook, kByTheBook});
    const auto reason = [&](int fold) { return cohort_case(result, result.models[0], fold).error().sentence; };
    EXPECT_EQ(reason(4), "fold 5, the one that did not see it, is not complete");
    result.models[0].folds[0].regions[2].values[7].reset();
    EXPECT_EQ(reason(0), "fold 1, the one that did not see it, is not complete");
    result.region_present = {false, false, false, false, false};
    EXPECT_EQ(reason(1), "its segmentation holds none of ET, NCR and ED");
    result.has_reference = false;
    EXPECT_EQ(reason(1), "has no segmentation by an expert");
}

TEST(Cohort, OneFoldHasNoUncertainty) {
    const StudyResult result = result_of("a", 0.7, {kByTheBook});
    EXPECT_FALSE(cohort_case(result, result.models[0], 0)->rank_variance);
    const auto report = compose_cohort(std::vector{result}, held_out(1));
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->models[0].uncertainty.pearson);
    EXPECT_FALSE(report->models[0].flag.auroc);
    EXPECT_FALSE(report->models[0].flag.risk_coverage);
    EXPECT_DOUBLE_EQ(report->models[0].dice->mean, 0.7);
}

TEST(Cohort, ReportsSixCases) {
    const auto report = compose_cohort(six_cases(), held_out(7));
    ASSERT_TRUE(report);
    ASSERT_EQ(report->models.size(), 1u);
    const CohortModel& model = report->models[0];
    EXPECT_EQ(model.cases.size(), 6u);
    EXPECT_EQ(model.held_out_cases, 7);
    EXPECT_EQ(model.folds, 2);
    EXPECT_NEAR(model.dice->mean, (0.9 + 0.8 + 0.3 + 0.2 + 0.55 + 0.5) / 6, 1e-15);

    const std::vector<double> v{0, 0, kUnstable, kUnstable, kUnstable, 0};
    const std::vector<double> dice{0.9, 0.8, 0.3, 0.2, 0.55, 0.5};
    EXPECT_NEAR(model.uncertainty.pearson->coefficient, pearson(v, dice)->coefficient, 1e-12);
    EXPECT_LT(model.uncertainty.pearson->coefficient, -0.5);
    EXPECT_NEAR(model.uncertainty.spearman->p, spearman(v, dice)->p, 1e-12);
    EXPECT_NEAR(model.uncertainty.line->slope, least_squares(v, dice)->slope, 1e-12);

    // Above 0.6: a, b. Below 0.5: c, d, not f, which is at it. The rest: c, d, e, f.
    EXPECT_EQ(model.agreement.good->cases, 2);
    EXPECT_DOUBLE_EQ(model.agreement.good->mean, kByTheBookNsf);
    EXPECT_EQ(model.agreement.poor->cases, 2);
    EXPECT_DOUBLE_EQ(model.agreement.poor->mean, kReversedNsf);
    EXPECT_EQ(model.agreement.rest->cases, 4);
    EXPECT_DOUBLE_EQ(model.agreement.good_against_poor->first_larger, 1);
    EXPECT_DOUBLE_EQ(model.agreement.good_against_rest->first_larger, (4 + 4 * 0.5) / 8);

    EXPECT_EQ(model.flag.poor, 2);
    EXPECT_EQ(model.flag.others, 4);
    EXPECT_DOUBLE_EQ(*model.flag.auroc, (6 + 2 * 0.5) / 8);  // e is as uncertain as the poor ones
    EXPECT_EQ(model.flag.risk_coverage->points.size(), 6u);
    EXPECT_NEAR(model.flag.risk_coverage->points[2].risk, 1 - (0.9 + 0.8 + 0.5) / 3, 1e-12);

    // t1c: first in a, b, e (fold 0), f (fold 1); last in c (fold 0) and d (fold 1).
    EXPECT_DOUBLE_EQ(model.mean_rank[kMeanRegion][0]->mean, (4 * 1 + 2 * 4) / 6.0);
    EXPECT_EQ(model.mean_rank[0][0]->cases, 6);
    ASSERT_TRUE(model.mean_rank[0][0]->interval);
}

TEST(Cohort, PoolsRanksOverTheCasesThatHoldTheRegion) {
    auto results = six_cases();
    for (const std::size_t n : {2u, 3u}) results[n].region_present[1] = false;
    const CohortModel model = compose_cohort(results, held_out(6))->models[0];
    EXPECT_EQ(model.mean_rank[1][0]->cases, 4);
    EXPECT_EQ(model.mean_rank[1][0]->mean, 1);
    EXPECT_EQ(model.mean_rank[0][0]->cases, 6);
    EXPECT_EQ(model.mean_rank[kMeanRegion][0]->cases, 6);
}

TEST(Cohort, LeavesOutByNameWhatCannotBeJudged) {
    auto results = six_cases();
    results.push_back(result_of("z", 0.4, {kByTheBook, kByTheBook}));  // no fold is known for it
    results[1].has_reference = false;
    results[2].models[0].folds.pop_back();  // one fold where the others have two
    const CohortModel model = compose_cohort(results, held_out(6))->models[0];
    EXPECT_EQ(model.cases.size(), 4u);
    ASSERT_EQ(model.left_out.size(), 3u);
    EXPECT_EQ(model.left_out[0].name, "b");
    EXPECT_EQ(model.left_out[1].name, "c");
    EXPECT_EQ(model.left_out[1].reason, "has 1 complete folds where others have 2");
    EXPECT_EQ(model.left_out[2].name, "z");
    EXPECT_EQ(model.left_out[2].reason, "no fold is known that did not see it in training");
}

TEST(Cohort, RefusesWhatDoesNotBelongTogether) {
    const auto refusal = [](const std::vector<StudyResult>& results) {
        const auto report = compose_cohort(results, held_out(6));
        return report ? "" : report.error().sentence;
    };
    EXPECT_EQ(refusal({}), "There is no result to make a cohort of; expected at least one.");
    auto results = six_cases();
    results.push_back(results[0]);
    EXPECT_EQ(refusal(results), "a under m: the case comes twice; expected one result each.");
    results = six_cases();
    results[3].models[0].folds[1].model_sha256 = "another";
    EXPECT_EQ(refusal(results),
              "d under m: fold 2 ran with another file than for other cases; expected one file per fold in a cohort.");
    results = six_cases();
    results[3].settings.run_empty_coalition = true;
    EXPECT_TRUE(refusal(results).starts_with("d: other settings"));
    results = six_cases();
    results[3].clinical.ranks = kByTheBook;
    EXPECT_TRUE(refusal(results).starts_with("d: other settings or another clinical ranking"));
}

TEST(Cohort, KeepsModelsApart) {
    auto results = six_cases();
    for (const StudyResult& result : six_cases()) {
        results.push_back(result);
        results.back().models[0].id = "n";
        results.back().models[0].architecture = "UNETR";
    }
    HeldOut folds = held_out(6);
    folds["n"] = folds["m"];
    const auto report = compose_cohort(results, folds);
    ASSERT_TRUE(report);
    ASSERT_EQ(report->models.size(), 2u);
    EXPECT_EQ(report->models[1].id, "n");
    EXPECT_EQ(report->models[1].cases.size(), 6u);
    EXPECT_TRUE(report->models[0].published);
    EXPECT_FALSE(report->models[1].published);
}

// METHOD 7.1.
TEST(Cohort, QuotesThePaper) {
    EXPECT_EQ(published_correlation("U-Net")->r, -0.581);
    EXPECT_EQ(published_correlation("SegResNet")->interval.high, -0.569);
    EXPECT_EQ(published_correlation("SegResNet")->cases, 1351);
    EXPECT_FALSE(published_correlation("UNETR"));
}

TEST(Cohort, SentenceSaysWhatTheIntervalSays) {
    CohortModel model;
    model.architecture = "U-Net";
    model.held_out_cases = 28;
    EXPECT_TRUE(cohort_sentence(model).starts_with(
        "r between uncertainty and mean Dice is not defined for 0 of 28 cases. Agreement of cases above Dice 0.60 and "
        "below 0.50 cannot be compared: there are 0 and 0."));
    model.cases.resize(28);
    model.published = published_correlation("U-Net");
    const auto with = [&](double r) {
        Correlation found{28, r, 0.0004, fisher_interval(r, 28)};
        model.uncertainty.pearson = found;
        return cohort_sentence(model);
    };
    EXPECT_TRUE(
        with(-0.6).starts_with("Over 28 of 28 cases r between uncertainty and mean Dice is -0.60 (95 % -0.80 to "
                               "-0.29, p < 0.001): more uncertainty goes with lower Dice, as in the paper. The "
                               "paper's -0.58 lies within the interval."));
    EXPECT_NE(
        with(-0.1).find("the interval holds 0, so these cases neither show the paper's finding nor refute it. The "
                        "paper's -0.58 lies outside the interval."),
        std::string::npos);
    EXPECT_NE(with(0.6).find("the opposite of the paper's finding"), std::string::npos);
    model.agreement.good = MeanEstimate{17, 0.6, {}};
    model.agreement.poor = MeanEstimate{6, 0.4, {}};
    EXPECT_NE(with(0).find("all of them agree alike"), std::string::npos);
    GroupComparison compared;
    compared.p = 0.2;
    model.agreement.good_against_poor = compared;
    EXPECT_NE(with(0).find("Mean NSF is 0.60 above Dice 0.60 (n = 17) and 0.40 below 0.50 (n = 6), p = 0.200: a "
                           "difference is not shown."),
              std::string::npos);
    model.agreement.good_against_poor->p = 0.01;
    model.agreement.good_against_poor->first_larger = 0.8;
    EXPECT_NE(with(0).find("better segmented cases agree more"), std::string::npos);
    model.agreement.good_against_poor->first_larger = 0.2;
    EXPECT_NE(with(0).find("better segmented cases agree less"), std::string::npos);
}

TEST(CohortJson, HoldsTheReport) {
    const auto report = compose_cohort(six_cases(), held_out(6));
    const Json json = cohort_to_json(*report);
    EXPECT_EQ(json.at("contrasts").size(), 4u);
    EXPECT_EQ(json.at("goodDice"), 0.6);
    const Json& model = json.at("models").at(0);
    EXPECT_EQ(model.at("uncertainty").at("pearson").at("coefficient"),
              report->models[0].uncertainty.pearson->coefficient);
    EXPECT_EQ(model.at("cases").at(3).at("heldOutFold"), 1);
    EXPECT_EQ(model.at("cases").at(3).at("dice").at("mean"), 0.2);
    EXPECT_EQ(model.at("meanRank").at("mean").at(0).at("cases"), 6);
    EXPECT_EQ(json.get<CohortReport>().models[0].flag.risk_coverage->area, report->models[0].flag.risk_coverage->area);
}

TEST(CohortJson, ReadsWhoHeldOutWhat) {
    const auto read = held_out_from_json(Json::parse(R"({"m": {"a": 0, "b": 4}})"));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->at("m").at("b"), 4);
    for (const char* text : {"[]", "null", "{\"m\": 3}", "{\"m\": {\"a\": \"one\"}}"}) {
        EXPECT_FALSE(held_out_from_json(Json::parse(text))) << text;
    }
}

}  // namespace
}  // namespace shapslice
