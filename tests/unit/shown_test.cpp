// What the page shows: picture, tooltip, bar and number are of the same fold or the same consensus.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.h"
#include "game/shapley.h"
#include "metrics/consensus.h"
#include "metrics/overlap.h"
#include "study/compose.h"
#include "ui/state.h"

namespace shapslice {
namespace {

std::vector<std::uint8_t> random_labels(Random& random, std::size_t voxels) {
    std::vector<std::uint8_t> labels(voxels);
    std::uint8_t label = 0;
    for (auto& voxel : labels) {
        if (random.between(0, 1) < .2) label = static_cast<std::uint8_t>(random.between(0, 3.999));
        voxel = label;
    }
    return labels;
}

std::uint8_t majority(const std::vector<std::vector<std::uint8_t>>& all, std::size_t voxel) {
    std::array<int, kLabels> votes{};
    for (const auto& labels : all) ++votes[labels[voxel]];
    return static_cast<std::uint8_t>(std::max_element(votes.begin(), votes.end()) - votes.begin());
}

// Three versions of one model over a case of 10 x 10 x 10 voxels of 2 mm, with an expert's segmentation.
struct Page {
    ui::AppState state;
    std::vector<std::vector<std::uint8_t>> whole, without;
    std::vector<std::uint8_t> expert;

    Page() {
        Random random(3);
        state.subject.emplace();
        state.subject->shape = {10, 10, 10};
        state.subject->spacing = {2, 2, 2};
        expert = random_labels(random, 1000);
        state.reference = expert;
        state.study.has_reference = true;
        ModelResult& model = state.study.models.emplace_back();
        model.id = "m";
        for (int fold = 0; fold < 3; ++fold) {
            FoldResult& result = model.folds.emplace_back();
            result.fold = fold;
            for (RegionGame& game : result.regions)
                for (auto& value : game.values) value = random.between(0, 1);
            result.run_seconds.fill(1);
            judge_games(state.study.clinical, true, result);
            whole.push_back(random_labels(random, 1000));
            without.push_back(random_labels(random, 1000));
            state.segmentations[{"m", fold, kAllContrasts}] = encode_runs(whole.back());
            state.segmentations[{"m", fold, 5}] = encode_runs(without.back());
        }
        compose_summary(state.study.clinical, model);
    }
};

TEST(Shown, AllVersionsShowTheirMajorityAndItsOwnDice) {
    Page page;
    ui::update_prediction(page.state, 0);
    std::vector<std::uint8_t> expected(1000);
    for (std::size_t v = 0; v < 1000; ++v) expected[v] = majority(page.whole, v);
    EXPECT_EQ(page.state.prediction, expected);
    const auto dice = dice_of_regions(count_overlap(page.expert, expected));
    for (std::size_t r = 0; r < kRegions; ++r) EXPECT_EQ(page.state.prediction_dice[r], dice[r]);
    EXPECT_EQ(ui::version_words(page.state), "consensus (majority of 3 versions)");
    page.state.choice.fold = 1;
    ui::update_prediction(page.state, 0);
    EXPECT_EQ(page.state.prediction, page.whole[1]);
    EXPECT_EQ(page.state.prediction_dice[0], dice_of_regions(count_overlap(page.expert, page.whole[1]))[0]);
    EXPECT_EQ(ui::version_words(page.state), "fold 2");
}

TEST(Shown, BackgroundWinsATie) {
    const Runs one = encode_runs(std::vector<std::uint8_t>{0, 3, 1, 2}),
               other = encode_runs(std::vector<std::uint8_t>{3, 0, 2, 2});
    const Runs* both[] = {&one, &other};
    EXPECT_EQ(majority_of_runs(both), encode_runs(std::vector<std::uint8_t>{0, 0, 1, 2}));
    const Runs shorter = encode_runs(std::vector<std::uint8_t>{0, 3});
    const Runs* unlike[] = {&one, &shorter};
    EXPECT_TRUE(majority_of_runs(unlike).empty());
    EXPECT_TRUE(majority_of_runs({}).empty());
}

TEST(Shown, ACountOfVersionsStandsAtEachVoxelWhereAskedFor) {
    Page page;
    page.state.viewing.agreement = true;
    ui::update_prediction(page.state, 0);
    ASSERT_EQ(page.state.votes.size(), 1000u);
    for (std::size_t v = 0; v < 1000; ++v) {
        const auto votes = std::count_if(page.whole.begin(), page.whole.end(),
                                         [&](const auto& labels) { return in_region(labels[v], Region::ET); });
        EXPECT_EQ(page.state.votes[v], votes);
    }
    page.state.choice.fold = 0;
    ui::update_prediction(page.state, 0);
    EXPECT_TRUE(page.state.votes.empty());
}

TEST(Shown, MarginalsSumToTheBarAboveThem) {
    Page page;
    const ModelResult& model = page.state.study.models[0];
    for (const int fold : {-1, 0, 2}) {
        page.state.choice.fold = fold;
        for (int row = 0; row < kRegionRows; ++row) {
            for (int c = 0; c < kContrasts; ++c) {
                double sum = 0;
                for (const Marginal& m : ui::shown_marginals(page.state, row, c)) sum += m.contribution * m.weight;
                const auto r = static_cast<std::size_t>(row), n = static_cast<std::size_t>(c);
                const double bar = fold < 0
                                       ? model.summary[r].shapley[n]->mean
                                       : model.folds[static_cast<std::size_t>(fold)].regions[r].analysis->shapley[n];
                EXPECT_NEAR(sum, bar, 1e-12);
            }
        }
    }
}

TEST(Shown, WhatACoalitionLostAndGained) {
    Page page;
    page.state.choice.hovered = 5;
    ui::update_prediction(page.state, 0);
    int lost = 0, gained = 0;
    ASSERT_EQ(page.state.changed_voxels.size(), 1000u);
    for (std::size_t v = 0; v < 1000; ++v) {
        const bool was = in_region(majority(page.whole, v), Region::ET);
        const bool is = in_region(majority(page.without, v), Region::ET);
        lost += was && !is;
        gained += is && !was;
        EXPECT_EQ(page.state.changed_voxels[v], was && !is ? 1 : is && !was ? 2 : 0);
    }
    char words[96];
    std::snprintf(words, sizeof words, "ET: lost %.1f mL, gained %.1f mL", lost * .008, gained * .008);
    ASSERT_EQ(ui::change_words(page.state).size(), 5u);
    EXPECT_EQ(ui::change_words(page.state)[0], words);
    page.state.choice.hovered = kAllContrasts;
    ui::update_prediction(page.state, 0);
    EXPECT_TRUE(ui::change_words(page.state).empty()) << "nothing is compared with itself";
    page.state.choice.hovered = kNoContrast;  // empty by definition: all is lost
    ui::update_prediction(page.state, 0);
    EXPECT_EQ((*page.state.prediction_change)[0].gained, 0u);
    EXPECT_GT((*page.state.prediction_change)[0].lost, 0u);
}

// Of a coalition that two versions know, both pictures are of these two.
TEST(Shown, OnlyTheSameVersionsAreCompared) {
    Page page;
    page.state.segmentations.erase({"m", 1, 5});
    page.state.choice.hovered = 5;
    ui::update_prediction(page.state, 0);
    EXPECT_EQ(page.state.prediction_versions, 2);
    const Runs a = encode_runs(page.whole[0]), b = encode_runs(page.whole[2]);
    const Runs c = encode_runs(page.without[0]), d = encode_runs(page.without[2]);
    const Runs *whole[] = {&a, &b}, *without[] = {&c, &d};
    const auto expected = change_of_runs(majority_of_runs(whole), majority_of_runs(without));
    EXPECT_EQ((*page.state.prediction_change)[0].lost, expected[0].lost);
    EXPECT_EQ((*page.state.prediction_change)[0].gained, expected[0].gained);
}

TEST(Shown, ChartsSayTheSettingsThatTheyWereMadeWith) {
    Page page;
    page.state.choice.settings = page.state.study.settings;
    EXPECT_FALSE(ui::settings_changed(page.state));
    EXPECT_EQ(ui::settings_words(page.state.study.settings), "Withheld: zero. Full precision.");
    page.state.choice.settings.baseline.kind = BaselineKind::mean;
    EXPECT_TRUE(ui::settings_changed(page.state));
    EXPECT_EQ(ui::settings_words(page.state.study.settings), "Withheld: zero. Full precision.") << "still the old ones";
    page.state.study.settings = page.state.choice.settings;  // new values have come
    EXPECT_FALSE(ui::settings_changed(page.state));
}

TEST(Shown, ABadgeStandsWhileNoTraceIsLeft) {
    ui::AppState state;
    const auto first = [&] { return ui::badges(state).front().words; };
    EXPECT_EQ(first(), "not a medical device");
    state.storage = {{"traceless", true}, {"runs", 226}, {"cases", 3}};
    EXPECT_EQ(first(), "leave no trace: 226 model runs of 3 cases from before are still stored here.");
    EXPECT_TRUE(ui::badges(state).front().warning);
    state.storage["runs"] = 0;
    EXPECT_EQ(first(), "leave no trace: nothing is stored");
    state.storage["traceless"] = false;
    EXPECT_EQ(first(), "not a medical device");
}

}  // namespace
}  // namespace shapslice
