// Verdict before values (METHOD 2.6): how good the segmentation from all sequences is, before anything is said of what
// it comes from.
#pragma once

#include <string>

#include "study/result.h"

namespace shapslice {

// Without an expert's segmentation: mean Dice of the folds' segmentations with each other (ours).
inline constexpr double kFoldsDisagree = 0.5, kFoldsDiffer = 0.7;

// Fills model.verdict from its folds, its held-out Dice, and the checks that the case's files raised.
void judge_model(const StudyResult& result, ModelResult& model);

// "enhancing tumour 0.10, less than in 9 of 10 cases it had not seen (there usually 0.60 to 0.83)".
std::string verdict_words(const StudyResult& result, const ModelResult& model, int region);
// "good", "less than usual", "poor", and "not judged": what stands beside the number in the strip.
std::string level_words(const StudyResult& result, VerdictLevel level);
// Who has seen the case in training (METHOD 2.7), a sentence, or empty where that is not known.
std::string seen_words(const ModelResult& model);

}  // namespace shapslice
