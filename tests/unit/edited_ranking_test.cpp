// The clinical ranking while the user edits it: results of a study under way, made by the ranking before, do not undo
// it.
#include <gtest/gtest.h>

#include "study/result_json.h"
#include "ui/state.h"

namespace shapslice::ui {
namespace {

// A result that the engine made before it heard of any edit.
StudyResult earlier_result() {
    StudyResult result;
    result.clinical.name = "Protocol (BraTS)";
    return result;
}

double rank_shown(const AppState& state, std::size_t contrast) {
    return shown_ranking(state).ranks[contrast];
}

TEST(EditedRanking, ResultsThatComeWhileItIsEditedDoNotUndoIt) {
    AppState state;
    state.ranking_held = true;
    edit_ranking(state).ranks[0] = 4;
    state.study = earlier_result();
    EXPECT_EQ(rank_shown(state, 0), 4);
    edit_ranking(state).ranks[0] = 3.5;
    state.ranking_held = false;
    send_ranking(state, shown_ranking(state));
    ASSERT_EQ(state.commands.size(), 1u);
    EXPECT_EQ(state.commands[0].first, "setClinicalRanking");
    const auto sent = clinical_ranking_from_json(Json::parse(state.commands[0].second));
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->ranks[0], 3.5);
    state.study = earlier_result();  // the engine is still busy with a run
    EXPECT_EQ(rank_shown(state, 0), 3.5);
}

TEST(EditedRanking, TheNextEditBeginsAtTheOneThatTheEngineHasNotHeardOf) {
    AppState state;
    edit_ranking(state).ranks[0] = 4;
    send_ranking(state, shown_ranking(state));
    state.study = earlier_result();
    edit_ranking(state).ranks[1] = 1;
    send_ranking(state, shown_ranking(state));
    const auto sent = clinical_ranking_from_json(Json::parse(state.commands.back().second));
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->ranks[0], 4);
    EXPECT_EQ(sent->ranks[1], 1);
}

TEST(EditedRanking, WhatTheEngineSaysCountsAgainWhenItHasAnsweredAll) {
    AppState state;
    edit_ranking(state).ranks[0] = 4;
    send_ranking(state, shown_ranking(state));
    edit_ranking(state).ranks[0] = 3;
    send_ranking(state, shown_ranking(state));
    ranking_answered(state);
    EXPECT_EQ(rank_shown(state, 0), 3);  // the second is still on its way
    state.study.clinical.ranks[0] = 2;   // what the engine made of it
    ranking_answered(state);
    EXPECT_EQ(rank_shown(state, 0), 2);
    ranking_answered(state);  // one too many
    EXPECT_EQ(state.rankings_sent, 0);
}

TEST(EditedRanking, AnAnswerToTheEditBeforeDoesNotEndTheOneInHand) {
    AppState state;
    edit_ranking(state).ranks[0] = 4;
    send_ranking(state, shown_ranking(state));
    state.ranking_held = true;
    edit_ranking(state).ranks[1] = 1;
    state.study.clinical.ranks[0] = 4;
    ranking_answered(state);
    EXPECT_EQ(rank_shown(state, 1), 1);
    state.ranking_held = false;
    send_ranking(state, shown_ranking(state));
    state.study.clinical = shown_ranking(state);
    ranking_answered(state);
    EXPECT_FALSE(state.edited_ranking);
    EXPECT_EQ(rank_shown(state, 1), 1);
}

}  // namespace
}  // namespace shapslice::ui
