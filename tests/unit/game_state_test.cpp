// METHOD 2.5 to 2.7: what a game says, how good the segmentation is that it is of, and who has seen the case.
#include "game/state.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <regex>

#include "base/random.h"
#include "study/compose.h"
#include "study/game_words.h"
#include "study/seen_cases.h"
#include "study/verdict.h"
#include "support.h"

namespace shapslice {
namespace {

using Values = PerCoalition<double>;

Values random_game(Random& random) {
    Values values;
    for (double& value : values) value = random.between(0, 1);
    values[kNoContrast] = 0;
    return values;
}
Values additive_game(const PerContrast<double>& shares) {
    Values values{};
    for (std::size_t mask = 0; mask < kCoalitions; ++mask)
        for (int i = 0; i < kContrasts; ++i)
            if (contains(static_cast<Coalition>(mask), i)) values[mask] += shares[static_cast<std::size_t>(i)];
    return values;
}

// A study of one model whose folds have these games in every row.
StudyResult study_of(const std::vector<Values>& folds, bool expert = true) {
    StudyResult result;
    result.case_name = "P";
    result.has_reference = expert;
    result.region_present.fill(true);
    ModelResult& model = result.models.emplace_back();
    model.id = model.name = "Model";
    for (std::size_t n = 0; n < folds.size(); ++n) {
        FoldResult& fold = model.folds.emplace_back();
        fold.fold = static_cast<int>(n);
        for (RegionGame& game : fold.regions) std::copy(folds[n].begin(), folds[n].end(), game.values.begin());
        judge_games(result.clinical, expert, fold);
    }
    compose_summary(result.clinical, model);
    judge_model(result, model);
    result.sentence = plain_sentence(result);
    return result;
}

GameState state_of(const Values& values) {
    PerCoalition<std::optional<double>> known;
    std::copy(values.begin(), values.end(), known.begin());
    return game_state(known);
}

TEST(GameStates, OpenUndefinedDecided) {
    EXPECT_EQ(game_state({}), GameState::open);
    Values values{};
    EXPECT_EQ(state_of(values), GameState::undefined);
    values.fill(1);
    EXPECT_EQ(state_of(values), GameState::undefined);
    values[3] += 1e-10;
    EXPECT_EQ(state_of(values), GameState::undefined) << "decided by 1e-10";
    values[3] += 1e-6;
    EXPECT_EQ(state_of(values), GameState::decided);
}

TEST(GameStates, AnUndefinedGameHasNoNumbers) {
    const StudyResult result = study_of({Values{}, Values{}, Values{}});
    const ModelResult& model = result.models[0];
    EXPECT_EQ(model.complete_folds, 3);
    for (const RegionSummary& summary : model.summary) {
        EXPECT_EQ(summary.undefined_folds, 3);
        EXPECT_EQ(summary.decided_folds, 0);
        EXPECT_FALSE(summary.nsf || summary.rank_variance || summary.kendall_w || summary.mean_rank);
        EXPECT_FALSE(summary.shapley[0]);
        EXPECT_EQ(summary.ahead, kNoContrast);
    }
    for (const char* never : {"relies", "0.00", "Agreement of", "Uncertainty over"})
        EXPECT_EQ(result.sentence.find(never), std::string::npos) << result.sentence;
    EXPECT_NE(result.sentence.find("it finds no enhancing tumour with any contrasts"), std::string::npos)
        << result.sentence;
}

TEST(GameStates, OnlyDecidedFoldsCount) {
    const Values book = additive_game({.4, .1, .2, .1});
    const StudyResult result = study_of({book, Values{}, book});
    const RegionSummary& summary = result.models[0].summary[0];
    EXPECT_EQ(summary.decided_folds, 2);
    EXPECT_EQ(summary.undefined_folds, 1);
    EXPECT_EQ(summary.rank_variance, 0);
    EXPECT_NEAR(summary.shapley[0]->mean, .4, 1e-12) << "the fold that says nothing is no 0 in the mean";
    EXPECT_EQ(summary.ahead, Coalition{1});
    EXPECT_NE(result.sentence.find("first in 2 of 3 folds"), std::string::npos) << result.sentence;
}

TEST(GameStates, TiesAreNamedAsTies) {
    const StudyResult tie = study_of({additive_game({.3, .3, .1, .1}), additive_game({.3, .3, .1, .1})});
    EXPECT_EQ(tie.models[0].summary[0].ahead, Coalition{3});
    EXPECT_NE(tie.sentence.find("T1c and T1n alike for the enhancing tumour"), std::string::npos) << tie.sentence;
    const StudyResult split = study_of({additive_game({.4, .1, .1, .1}), additive_game({.1, .4, .1, .1})});
    EXPECT_EQ(split.models[0].summary[0].ahead, kNoContrast);
    EXPECT_NE(split.sentence.find("for the enhancing tumour no contrast is clearly ahead"), std::string::npos)
        << split.sentence;
}

// Without an expert's segmentation a region that a fold does not find is undefined in that fold.
TEST(GameStates, WithoutAnExpertARegionThatIsNotFoundIsUndefined) {
    StudyResult result = study_of({additive_game({.4, .2, .2, .2})}, false);
    FoldResult& fold = result.models[0].folds[0];
    fold.in_reference[0] = false;
    judge_games(result.clinical, false, fold);
    EXPECT_EQ(fold.regions[0].state, GameState::undefined);
    EXPECT_EQ(fold.regions[1].state, GameState::decided);
    judge_games(result.clinical, true, fold);
    EXPECT_EQ(fold.regions[0].state, GameState::decided) << "against an expert its values speak of false positives";
}

TEST(GameStates, AnExpertWhoMarkedNothingSaysNothingOfTheModel) {
    StudyResult result = study_of({additive_game({-.25, -.25, -.25, -.25})});
    result.region_present.fill(false);
    result.models[0].verdict = {};
    EXPECT_TRUE(plain_sentence(result).starts_with(
        "The expert segmentation of this case holds no tumour, so Dice says nothing of what Model relies on."))
        << plain_sentence(result);
}

// A study of `folds`, judged by a ranking of the user's own.
StudyResult study_under(const PerContrast<double>& clinical, const std::vector<Values>& folds) {
    StudyResult result = study_of(folds);
    result.clinical = {"mine", clinical, {}};
    for (FoldResult& fold : result.models[0].folds) judge_games(result.clinical, true, fold);
    compose_summary(result.clinical, result.models[0]);
    result.sentence = plain_sentence(result);
    return result;
}

// The names of the contrasts as numbers, "<2>", by where `to` puts them; a list of them in the order of the numbers.
std::string with_numbers(std::string sentence, const PerContrast<int>& to) {
    for (std::size_t i = 0; i < kContrasts; ++i) {
        const std::string number = "<" + std::to_string(to[i]) + ">";
        sentence = std::regex_replace(sentence, std::regex("\\b" + std::string(kContrastTitles[i]) + "\\b"), number);
    }
    return sentence;
}

// Another order of the contrasts is another order of everything, and no other word.
TEST(GameProperties, PermutingContrastsPermutesEverything) {
    Random random(11);
    for (int round = 0; round < 400; ++round) {
        std::vector<Values> folds(1 + static_cast<std::size_t>(round) % 5);
        for (Values& values : folds) values = random_game(random);
        PerContrast<int> to{0, 1, 2, 3};
        for (int n = 0; n < round % 24; ++n) std::next_permutation(to.begin(), to.end());
        const auto moved = [&](Coalition coalition) {
            Coalition other = kNoContrast;
            for (int i = 0; i < kContrasts; ++i)
                if (contains(coalition, i)) other = with(other, to[static_cast<std::size_t>(i)]);
            return other;
        };
        const auto at = [&](std::size_t i) { return static_cast<std::size_t>(to[i]); };
        std::vector<Values> permuted(folds.size());
        for (std::size_t fold = 0; fold < folds.size(); ++fold)
            for (std::size_t mask = 0; mask < kCoalitions; ++mask)
                permuted[fold][moved(static_cast<Coalition>(mask))] = folds[fold][mask];
        const PerContrast<double> clinical{1, 2.5, 2.5, 4};
        PerContrast<double> clinical_moved{};
        for (std::size_t i = 0; i < kContrasts; ++i) clinical_moved[at(i)] = clinical[i];

        const StudyResult one = study_under(clinical, folds), other = study_under(clinical_moved, permuted);
        const RegionSummary &before = one.models[0].summary[0], &after = other.models[0].summary[0];
        for (std::size_t i = 0; i < kContrasts; ++i) {
            EXPECT_NEAR(after.shapley[at(i)]->mean, before.shapley[i]->mean, 1e-12);
            EXPECT_NEAR((*after.mean_rank)[at(i)], (*before.mean_rank)[i], 1e-12);
        }
        EXPECT_EQ(after.ahead, moved(before.ahead));
        EXPECT_EQ(after.ahead_in_folds, before.ahead_in_folds);
        EXPECT_NEAR(after.nsf->mean, before.nsf->mean, 1e-12);
        EXPECT_NEAR(after.rank_variance.value_or(-1), before.rank_variance.value_or(-1), 1e-12);
        EXPECT_NEAR(after.kendall_w.value_or(-1), before.kendall_w.value_or(-1), 1e-12);
        EXPECT_EQ(with_numbers(other.sentence, {0, 1, 2, 3}), with_numbers(one.sentence, to));
    }
}

TEST(GameProperties, AConstantAddedToEveryValueChangesNothing) {
    Random random(12);
    for (int round = 0; round < 200; ++round) {
        const std::vector<Values> folds{random_game(random), random_game(random), random_game(random)};
        std::vector<Values> higher = folds;
        for (Values& values : higher)
            for (double& value : values) value += .25;
        const StudyResult one = study_of(folds), other = study_of(higher);
        for (std::size_t i = 0; i < kContrasts; ++i)
            EXPECT_NEAR(other.models[0].summary[0].shapley[i]->mean, one.models[0].summary[0].shapley[i]->mean, 1e-12);
        EXPECT_EQ(other.models[0].summary[0].ahead, one.models[0].summary[0].ahead);
        EXPECT_EQ(other.sentence, one.sentence);
    }
}

// A contrast that changes nothing is not what a model relies on, even where it comes first because all others do harm.
TEST(GameProperties, AContrastThatAddsNothingIsNeverNamedFirst) {
    Random random(13);
    int harmful = 0;
    for (int round = 0; round < 400; ++round) {
        const std::size_t null = static_cast<std::size_t>(round) % kContrasts;
        std::vector<Values> folds(1 + static_cast<std::size_t>(round) % 3);
        for (Values& values : folds) {
            const Values any = random_game(random);
            for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
                values[mask] = any[mask & ~(std::size_t{1} << null)];
                if (round % 2) values[mask] = 1 - values[mask];  // from a perfect score downwards
            }
        }
        const StudyResult result = study_of(folds);
        const RegionSummary& summary = result.models[0].summary[0];
        EXPECT_FALSE(contains(summary.ahead, static_cast<int>(null))) << result.sentence;
        harmful += std::all_of(summary.shapley.begin(), summary.shapley.end(),
                               [](const auto& value) { return value->mean <= kEqualValues; });
    }
    EXPECT_GT(harmful, 20);
    const StudyResult harm = study_of({additive_game({-.1, -.2, 0, -.1})});
    EXPECT_NE(harm.sentence.find("for the enhancing tumour no contrast raises the Dice"), std::string::npos)
        << harm.sentence;
}

StudyResult judged(double dice, std::optional<DiceRange> range, std::vector<std::optional<bool>> seen = {}) {
    const Values values = additive_game({dice / 2, dice / 4, dice / 8, dice / 8});
    StudyResult result = study_of(std::vector<Values>(std::max<std::size_t>(1, seen.size()), values));
    ModelResult& model = result.models[0];
    model.held_out_dice.fill(range);
    for (std::size_t n = 0; n < seen.size(); ++n) model.folds[n].seen = seen[n];
    judge_model(result, model);
    result.sentence = plain_sentence(result);
    return result;
}

TEST(Verdicts, AreMeasuredByHeldOutCases) {
    const DiceRange range{28, .5, .7, .8, .9};
    EXPECT_EQ(judged(.85, range).models[0].verdict.level, VerdictLevel::usual);
    EXPECT_EQ(judged(.7, range).models[0].verdict.level, VerdictLevel::usual);
    EXPECT_EQ(judged(.69, range).models[0].verdict.level, VerdictLevel::low);
    const StudyResult poor = judged(.49, range);
    EXPECT_EQ(poor.models[0].verdict.level, VerdictLevel::poor);
    EXPECT_TRUE(poor.models[0].verdict.failure);
    EXPECT_EQ(poor.sentence.find("relies"), std::string::npos) << poor.sentence;
    EXPECT_NE(
        poor.sentence.find("enhancing tumour 0.49, less than in 9 of 10 cases it had not seen (there usually 0.70 "
                           "to 0.90)"),
        std::string::npos)
        << poor.sentence;
    EXPECT_EQ(judged(.1, std::nullopt).models[0].verdict.level, VerdictLevel::unknown);
    EXPECT_EQ(judged(.1, DiceRange{9, .5, .7, .8, .9}).models[0].verdict.level, VerdictLevel::unknown);
}

TEST(Verdicts, ADoubtfulInputSaysNothingOfReliance) {
    StudyResult result = judged(.85, DiceRange{28, .5, .7, .8, .9});
    EXPECT_NE(result.sentence.find("relies most on T1c"), std::string::npos) << result.sentence;
    result.input_notices.push_back({NoticeKind::check, "a.nii", "a.nii: it looks like T2w"});
    judge_model(result, result.models[0]);
    EXPECT_TRUE(result.models[0].verdict.failure);
    EXPECT_EQ(plain_sentence(result).find("relies most"), std::string::npos);
    // Nor where it also fails: its sequences may be called what they are not.
    StudyResult poor = judged(.05, DiceRange{28, .5, .7, .8, .9});
    EXPECT_NE(poor.sentence.find("What it does find comes most from T1c"), std::string::npos) << poor.sentence;
    poor.input_notices = result.input_notices;
    judge_model(poor, poor.models[0]);
    EXPECT_EQ(plain_sentence(poor).find("comes most from"), std::string::npos);
}

TEST(Verdicts, FoldsAgreeOrDoNot) {
    StudyResult result = study_of({additive_game({.4, .2, .2, .2}), additive_game({.4, .2, .2, .2})}, false);
    ModelResult& model = result.models[0];
    for (const auto& [agree, level] :
         {std::pair{.9, VerdictLevel::usual}, {.6, VerdictLevel::low}, {.3, VerdictLevel::poor}}) {
        model.folds_agree.fill(agree);
        judge_model(result, model);
        EXPECT_EQ(model.verdict.level, level);
    }
    EXPECT_FALSE(compose_band(result)) << "against itself every loss is 0";
}

TEST(Verdicts, WhoHasSeenTheCase) {
    const DiceRange range{28, .5, .7, .8, .9};
    EXPECT_EQ(seen_words(judged(.8, range, {std::nullopt, std::nullopt}).models[0]), "");
    EXPECT_EQ(seen_words(judged(.8, range, {false, false}).models[0]),
              "By its name and files, none of its versions was trained on this case.");
    EXPECT_EQ(seen_words(judged(.8, range, {true, false, true}).models[0]),
              "Only fold 2 had not seen this case; the other 2 were trained on it.");
    EXPECT_EQ(seen_words(judged(.8, range, {true}).models[0]),
              "It was trained on this case: it may remember more than it sees.");
}

// A case is known under another name by the content of any of its files, whatever sequence it was taken for.
TEST(Verdicts, ACaseIsKnownByItsNameAndItsFiles) {
    ModelManifest manifest;
    manifest.folds.resize(2);
    Case subject;
    subject.name = "P-9";
    subject.files = {{"P-9-t1c.nii.gz", FileRole::t1c, "aa"}, {"P-9-t2w.nii.gz", FileRole::t2w, "bb"}};
    EXPECT_EQ(has_seen(manifest, 0, subject), std::nullopt) << "a manifest without lists does not tell";
    manifest.folds[0].held_out = {"P-90", "P-91"};
    manifest.folds[1].held_out = {"P-92"};
    EXPECT_EQ(has_seen(manifest, 0, subject), false) << "P-90 is another patient";
    manifest.folds[1].held_out_sha256 = {"bb"};
    EXPECT_EQ(has_seen(manifest, 0, subject), true);
    EXPECT_EQ(has_seen(manifest, 1, subject), false);
    manifest.folds[1].held_out_sha256.clear();
    subject.name = "p-91";
    EXPECT_EQ(has_seen(manifest, 0, subject), false);
    EXPECT_EQ(has_seen(manifest, 1, subject), true);
    subject.synthetic = true;
    EXPECT_EQ(has_seen(manifest, 1, subject), std::nullopt);
}

TEST(Overlap, OfRunsIsThatOfVoxels) {
    Random random(5);
    std::vector<std::uint8_t> one(5000), other(5000);
    for (auto* labels : {&one, &other}) {
        std::uint8_t label = 0;
        for (auto& voxel : *labels) {
            if (random.between(0, 1) < .1) label = static_cast<std::uint8_t>(random.between(0, 3.999));
            voxel = label;
        }
    }
    EXPECT_EQ(count_overlap_of_runs(encode_runs(one), encode_runs(other)), count_overlap(one, other));
}

}  // namespace
}  // namespace shapslice
