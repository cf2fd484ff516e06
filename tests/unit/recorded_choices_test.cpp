// What a result records of every choice that moves a number (docs/method.md), and each region's own yardstick (5.2a).
#include <gtest/gtest.h>

#include <cmath>

#include "metrics/region_yardstick.h"
#include "study/cohort.h"
#include "study/compose.h"
#include "study_bench.h"

namespace shapslice {
namespace {

using testing::Bench;

TEST(RecordedChoices, HowTheFilesWereRead) {
    Bench bench;
    bench.subject.files = {{"a-t2f.nii", FileRole::t2f, "0f"}, {"a-seg.nii", FileRole::segmentation, "05"}};
    bench.subject.fit[static_cast<std::size_t>(Contrast::t2f)] = GridFit::linear;
    bench.subject.shift[static_cast<std::size_t>(Contrast::t2f)] = -1024;
    ReferenceFile labels;
    labels.counts = {100, 7, 5, 0, 3};
    labels.convention = "brats2021";
    labels.fit = GridFit::nearest;
    bench.subject.reference_file = labels;
    const Study study(bench.subject, bench.runtime, bench.events);
    const StudyResult& result = study.result();
    ASSERT_EQ(result.files.size(), 2u);
    EXPECT_EQ(result.files[0].on_grid, "linear");
    EXPECT_EQ(result.files[0].background, -1024);
    EXPECT_EQ(result.files[1].on_grid, "nearest");
    const std::map<std::string, std::string> read{{"0", "background"}, {"1", "NCR"}, {"2", "ED"}, {"4", "ET"}};
    EXPECT_EQ(result.labels_read, read);
    EXPECT_EQ(result.values_version, kValuesVersion);
}

TEST(RecordedChoices, HowAModelWasAsked) {
    Bench bench;
    SelectedModel selected{testing::manifest_of("m", 1), {0}};
    selected.manifest.axes = {2, 1, 0};
    selected.manifest.contrasts = {Contrast::t2w, Contrast::t1c, Contrast::t2f, Contrast::t1n};
    selected.manifest.padding = Padding::patch;
    bench.study.recall({selected}, {});
    const ModelTerms& terms = bench.study.result().models.at(0).terms;
    EXPECT_EQ(terms.axes, "xyz");
    EXPECT_EQ(terms.contrasts, (std::vector<std::string>{"t2w", "t1c", "t2f", "t1n"}));
    EXPECT_EQ(terms.spacing, selected.manifest.spacing);
    EXPECT_EQ(terms.padding, "patch");
    EXPECT_EQ(terms.field_of_view, "brain");
    selected.manifest.axes = kPlainAxes;
    bench.study.recall({selected}, {});
    EXPECT_EQ(bench.study.result().models.at(0).terms.axes, "zyx");
}

// A fold whose every row has the ranks that follow from these shares.
FoldResult fold_of(const PerContrast<double>& shares) {
    FoldResult fold;
    for (RegionGame& game : fold.regions)
        for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
            game.values[mask] = 0;
            for (std::size_t i = 0; i < kContrasts; ++i)
                if (contains(static_cast<Coalition>(mask), static_cast<int>(i))) *game.values[mask] += shares[i];
        }
    judge_games({}, true, fold);
    return fold;
}

TEST(RegionYardsticks, JudgeEachRegionByItsOwn) {
    // T2-FLAIR, T2w, T1c, T1n: as oedema is told, but for the two that tie there.
    const FoldResult fold = fold_of({0.2, 0.1, 0.4, 0.3});
    const auto nsf = [&](Region r) { return fold.regions[static_cast<std::size_t>(r)].region_agreement->nsf; };
    EXPECT_DOUBLE_EQ(nsf(Region::ED), 1 - (0.5 + 0.5 + 0 + 0) / 8);
    EXPECT_DOUBLE_EQ(nsf(Region::WT), nsf(Region::ED));
    EXPECT_DOUBLE_EQ(nsf(Region::ET), 1 - (2 + 1 + 2 + 1) / 8.0);
    EXPECT_DOUBLE_EQ(nsf(Region::NCR), nsf(Region::ET));
    EXPECT_FALSE(fold.regions[kMeanRegion].region_agreement);
    for (const RegionGame& game : fold.regions) EXPECT_DOUBLE_EQ(game.agreement->nsf, 1 - (2 + 1 + 1 + 1) / 8.0);
}

TEST(RegionYardsticks, TheirRanksAreRanks) {
    for (const auto& [ranks, source] : kRegionYardsticks) {
        EXPECT_DOUBLE_EQ(ranks[0] + ranks[1] + ranks[2] + ranks[3], 10);
        EXPECT_FALSE(source.empty());
    }
    const ClinicalRanking ranking = ranking_by_region();
    EXPECT_EQ(ranking.of(static_cast<int>(Region::ED)), kRegionYardsticks[static_cast<std::size_t>(Region::ED)].ranks);
    EXPECT_EQ(ranking.of(kMeanRegion), kProtocolRanking);
    EXPECT_TRUE(clinical_ranking_from_json(clinical_ranking_to_json(ranking)));
}

TEST(RegionYardsticks, AnUndefinedGameHasNone) {
    const FoldResult fold = fold_of({0, 0, 0, 0});
    for (const RegionGame& game : fold.regions) EXPECT_FALSE(game.region_agreement);
}

StudyResult result_of(const std::string& name, const std::vector<FoldResult>& folds) {
    StudyResult result;
    result.case_name = name;
    result.has_reference = true;
    result.region_present.fill(true);
    ModelResult model;
    model.id = "m";
    for (std::size_t n = 0; n < folds.size(); ++n) {
        model.folds.push_back(folds[n]);
        model.folds.back().fold = static_cast<int>(n);
    }
    result.models.push_back(model);
    return result;
}

TEST(CohortOfDecidedGames, LeavesOutCasesInWhichAFoldSaysNothingOfARegion) {
    const FoldResult fold = fold_of({0.4, 0.1, 0.3, 0.2});
    FoldResult nothing = fold;  // of the necrotic core
    nothing.regions[static_cast<std::size_t>(Region::NCR)].values.fill(0);
    StudyResult absent = result_of("c", {nothing, fold});
    absent.region_present[static_cast<std::size_t>(Region::NCR)] = false;
    const std::vector<StudyResult> results{result_of("a", {fold, fold}), result_of("b", {fold, nothing}), absent};
    const auto report = compose_cohort(results, {{"m", {{"a", 0}, {"b", 0}, {"c", 0}}}});
    ASSERT_TRUE(report);
    const CohortModel& model = report->models.at(0);
    EXPECT_EQ(model.cases.size(), 3u);
    EXPECT_EQ(model.decided.cases, 2);  // "c" has no core to say anything of
    EXPECT_EQ(model.undefined_games[static_cast<std::size_t>(Region::NCR)], 1);
    EXPECT_EQ(model.undefined_games[kMeanRegion], 0);
    EXPECT_EQ(model.agreement.good->cases, 3);
    EXPECT_EQ(model.decided.agreement.good->cases, 2);
    EXPECT_EQ(model.region_agreement[static_cast<std::size_t>(Region::NCR)].good->cases, 2);
    EXPECT_EQ(model.tied_cases, 0);
}

TEST(CohortOfDecidedGames, CountsTies) {
    const std::vector<StudyResult> results{result_of("a", {fold_of({0.4, 0.1, 0.25, 0.25})})};
    const auto report = compose_cohort(results, {{"m", {{"a", 0}}}});
    ASSERT_TRUE(report);
    EXPECT_EQ(report->models.at(0).tied_cases, 1);
}

}  // namespace
}  // namespace shapslice
