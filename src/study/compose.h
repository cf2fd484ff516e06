// From overlap counts to results: a pure function, so that a saved result can be recomputed from what it records.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "base/runs.h"
#include "inference/providers.h"
#include "metrics/overlap.h"
#include "study/result.h"

namespace shapslice {

// What one model run left behind.
struct KnownRun {
    Confusion counts{};  // against the reference (METHOD 2.2)
    Runs labels;         // the segmentation, on the case's grid
    std::string provider;
    double seconds = 0;
};

using KnownRuns = PerCoalition<std::optional<KnownRun>>;

// The regions that the reference of these runs holds (METHOD 2.2): any run's counts tell. Nothing without a run.
std::optional<PerRegion<bool>> reference_regions(const KnownRuns& runs);

// What the games of a fold are made with, the same for all folds of a model.
struct GameTerms {
    bool expert = true;                                        // the reference is the expert's, METHOD 2.2
    PerRegion<bool> told{true, true, true, true, true};        // by the labels; others have no values
    PerRegion<bool> averaged{true, true, true, false, false};  // into the mean row (METHOD 1.3)
};

// Fills a fold's games from the runs known so far. The empty coalition, where it was not run, is an empty segmentation
// (METHOD 2.3). Once all 16 values are there: state, and of a decided game analysis, ranks, agreement.
void compose_fold(const KnownRuns& runs, const StudySettings& settings, const ClinicalRanking& clinical,
                  const GameTerms& terms, FoldResult& fold);

// State, analysis, ranks and agreement of a fold's games from their values alone.
void judge_games(const ClinicalRanking& clinical, bool expert, FoldResult& fold);

// Rank variance, concordance, spread and agreement over a model's complete folds (METHOD 6).
void compose_summary(const ClinicalRanking& clinical, ModelResult& model);

// The model band over all complete folds of all models (METHOD 6.3); none without a complete fold, and none without an
// expert's segmentation, against which alone a loss is one.
std::optional<PerRegionRow<ModelBand>> compose_band(const StudyResult& result);

}  // namespace shapslice
