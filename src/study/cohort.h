// Many cases under the same models (METHOD 7): do unstable rankings go with poor segmentations, and agreement with the
// clinical ranking with good ones? Pure functions from saved results to a report.
//
// Where METHOD 7 is silent the choice is ours:
// - Dice, NSF and pooled ranks of a case are those of the one fold that did not see it in training, from all contrasts
//   and for the mean row (METHOD 1.3); pooled ranks for each row. One number per case: cases are independent, the folds
//   of one case are not.
// - v is over all folds, for the mean row: all but one of them saw the case in training.
// - Everything is computed from the values v(S) that a result records, not from what it derived from them.
// - A case that cannot be judged (no segmentation by an expert, its fold not run, fewer folds than others) is left out
// by
//   name. Results that do not belong together (other model files, settings or clinical ranking) are refused.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "metrics/statistics.h"
#include "study/result.h"

namespace shapslice {

// METHOD 7.2, 7.3: mean Dice above the first is a good segmentation, below the second a poor one.
inline constexpr double kGoodDice = 0.6;
inline constexpr double kPoorDice = 0.5;

// Model id -> case name -> the fold, from 0, that did not see the case.
using HeldOut = std::map<std::string, std::map<std::string, int>>;

// One case under one model.
struct CohortCase {
    std::string name;
    int held_out_fold = 0;
    int folds = 0;            // complete ones
    int undefined_folds = 0;  // of these, where the game of the mean row is undefined (METHOD 2.5)
    PerRegion<bool> region_present{};
    // Of the held-out fold:
    PerRegionRow<double> dice{};  // from all contrasts; the mean row is the case's mean Dice
    PerRegionRow<std::optional<PerContrast<double>>> ranks{};  // none of an undefined game (METHOD 4.1a)
    std::optional<double> nsf;                                 // of the mean row
    // v of the mean row over all folds; absent for one fold, and where a fold's game is undefined: v of fewer folds is
    // on another scale.
    std::optional<double> rank_variance;
    // Of the held-out fold, each region against its own yardstick (METHOD 5.2a), where the reference holds it and its
    // game is decided.
    PerRegion<std::optional<double>> region_nsf{};
    // Over all complete folds, games that are undefined, of the mean row and of the regions that the reference holds.
    PerRegionRow<int> undefined_games{};
    bool tied = false;  // sequences of the held-out fold's mean row share a rank
    bool all_decided() const;

    double mean_dice() const { return dice[kMeanRegion]; }
};
// An error says why the case cannot be judged.
Expected<CohortCase> cohort_case(const StudyResult& result, const ModelResult& model, int held_out_fold);

struct LeftOutCase {
    std::string name;
    std::string reason;
};

// v and mean Dice (METHOD 7.1).
struct UncertaintyAndDice {
    std::optional<Correlation> pearson;
    std::optional<Correlation> spearman;
    std::optional<Line> line;  // of mean Dice on v
};

// NSF of good against poor cases, and against all that are not good (METHOD 7.2).
struct AgreementAndDice {
    std::optional<MeanEstimate> good, poor, rest;
    std::optional<GroupComparison> good_against_poor, good_against_rest;
};

// The same over the cases in which every game of every fold is decided (METHOD 2.5, 7.2): what ties of nothing may have
// added to the whole is not in it.
struct DecidedCases {
    int cases = 0;
    UncertaintyAndDice uncertainty;
    AgreementAndDice agreement;
    PerRegion<AgreementAndDice> region_agreement{};
};

// Does v flag poor cases (METHOD 7.3)? The risk of a case is 1 - mean Dice.
struct PoorCaseFlag {
    int poor = 0;
    int others = 0;
    std::optional<double> auroc;
    std::optional<GroupComparison> poor_against_others;  // of v
    std::optional<RiskCoverage> risk_coverage;
};

// r between v and mean Dice as [P] prints it (METHOD 7.1).
struct PublishedCorrelation {
    double r = 0;
    Interval interval;
    int cases = 0;
};
// Absent for an architecture for which METHOD 7.1 quotes none.
std::optional<PublishedCorrelation> published_correlation(const std::string& architecture);

struct CohortModel {
    std::string id;
    std::string name;
    std::string architecture;
    int held_out_cases = 0;  // that some fold did not see: those the report would have if all were there
    int folds = 0;
    std::optional<VarianceScale> variance_scale;
    std::vector<CohortCase> cases;  // by name
    std::vector<LeftOutCase> left_out;
    int undefined_agreement = 0;  // cases whose held-out fold's game is undefined: no NSF
    int undefined_variance = 0;   // cases where some fold's game is: no v

    std::optional<MeanEstimate> dice;
    UncertaintyAndDice uncertainty;
    AgreementAndDice agreement;
    PerRegion<AgreementAndDice> region_agreement{};  // NSF of each region against its own yardstick
    DecidedCases decided;
    PerRegionRow<int> undefined_games{};  // of all cases and folds
    int tied_cases = 0;                   // whose held-out fold's mean row has a tie
    PoorCaseFlag flag;
    // Over the cases whose reference holds the region (METHOD 7.4).
    PerRegionRow<PerContrast<std::optional<MeanEstimate>>> mean_rank{};
    std::optional<PublishedCorrelation> published;
    std::string sentence;
};
// Fills everything from `dice` on from the model's cases.
void judge_cohort(CohortModel& model);

struct CohortReport {
    int schema_version = 1;
    std::string software = StudyResult{}.software;
    StudySettings settings;
    ClinicalRanking clinical;
    AgreementScale agreement_scale;   // of NSF of the mean row (METHOD 5.3)
    std::vector<CohortModel> models;  // in the order in which results first name them
};
// Results may hold one model each or several; a case comes once per model.
Expected<CohortReport> compose_cohort(std::span<const StudyResult> results, const HeldOut& held_out);

// "28 of 28 cases: r = ..., which ..." What comes out, in plain words, with the number of cases.
std::string cohort_sentence(const CohortModel& model);

Expected<HeldOut> held_out_from_json(const Json& json);
Json cohort_to_json(const CohortReport& report);

}  // namespace shapslice
