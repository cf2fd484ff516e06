#include "study/verdict.h"

#include <algorithm>

#include "study/sentence.h"

namespace shapslice {

namespace {

constexpr int kTenth = 10;  // cases that a tenth percentile needs

// Of the fold that did not see the case, where there is one and it is known; else the mean over the folds that know it.
std::optional<double> dice_of(const ModelResult& model, std::size_t row) {
    double sum = 0;
    int known = 0;
    for (const FoldResult& fold : model.folds) {
        const auto& value = fold.regions[row].values[kAllContrasts];
        if (!value) continue;
        if (model.knows_case() && fold.seen == false) return value;
        sum += *value;
        ++known;
    }
    return known ? std::optional(sum / known) : std::nullopt;
}

VerdictLevel level_of(double dice, const std::optional<DiceRange>& range) {
    if (!range || range->cases < kTenth) return VerdictLevel::unknown;
    if (dice < range->tenth) return VerdictLevel::poor;
    return dice < range->lower ? VerdictLevel::low : VerdictLevel::usual;
}

VerdictLevel level_of_agreement(double dice) {
    if (dice < kFoldsDisagree) return VerdictLevel::poor;
    return dice < kFoldsDiffer ? VerdictLevel::low : VerdictLevel::usual;
}

RegionVerdict judge_region(const StudyResult& result, const ModelResult& model, std::size_t r) {
    RegionVerdict verdict;
    if (!result.regions_told[r] || (result.has_reference && !result.region_present[r])) return verdict;
    verdict.dice = result.has_reference ? dice_of(model, r) : model.folds_agree[r];
    if (!verdict.dice) return verdict;
    verdict.level =
        result.has_reference ? level_of(*verdict.dice, model.held_out_dice[r]) : level_of_agreement(*verdict.dice);
    return verdict;
}

}  // namespace

bool ModelResult::knows_case() const {
    return std::any_of(folds.begin(), folds.end(), [](const FoldResult& fold) { return fold.seen == true; });
}

void judge_model(const StudyResult& result, ModelResult& model) {
    Verdict& verdict = model.verdict;
    verdict = {};
    for (std::size_t r = 0; r < kRegions; ++r) {
        verdict.regions[r] = judge_region(result, model, r);
        verdict.level = std::max(verdict.level, verdict.regions[r].level);
    }
    verdict.input_doubtful = std::any_of(result.input_notices.begin(), result.input_notices.end(),
                                         [](const Notice& notice) { return notice.kind == NoticeKind::check; });
    const bool known = std::any_of(verdict.regions.begin(), verdict.regions.end(),
                                   [](const RegionVerdict& region) { return region.dice.has_value(); });
    verdict.failure = known && (verdict.level == VerdictLevel::poor || verdict.input_doubtful);
}

std::string level_words(const StudyResult& result, VerdictLevel level) {
    switch (level) {
        case VerdictLevel::unknown:
            return "not judged";
        case VerdictLevel::usual:
            return result.has_reference ? "as usual" : "versions agree";
        case VerdictLevel::low:
            return result.has_reference ? "less than usual" : "versions differ";
        case VerdictLevel::poor:
            return result.has_reference ? "poor" : "versions disagree";
    }
    return "";
}

std::string verdict_words(const StudyResult& result, const ModelResult& model, int region) {
    const auto r = static_cast<std::size_t>(region);
    const RegionVerdict& verdict = model.verdict.regions[r];
    if (!verdict.dice) return "";
    const std::string words = std::string(kRegionTitles[r]) + " " + two_digits(*verdict.dice);
    if (!result.has_reference) return words + " between its versions";
    const auto& range = model.held_out_dice[r];
    if (verdict.level == VerdictLevel::unknown || !range) return words;
    const std::string usual = two_digits(range->lower) + " to " + two_digits(range->upper);
    if (verdict.level == VerdictLevel::poor)
        return words + ", less than in 9 of 10 cases it had not seen (there usually " + usual + ")";
    return words + (verdict.level == VerdictLevel::low ? ", less than usual (" : " (usually ") + usual + ")";
}

std::string seen_words(const ModelResult& model) {
    const auto count = [&](bool seen) {
        return std::count_if(model.folds.begin(), model.folds.end(),
                             [seen](const FoldResult& fold) { return fold.seen == seen; });
    };
    const auto seen = count(true), unseen = count(false);
    if (seen + unseen == 0) return "";
    if (seen == 0)
        return model.folds.size() == 1 ? "By its name and files, it was not trained on this case."
                                       : "By its name and files, none of its versions was trained on this case.";
    if (unseen == 0)
        return model.folds.size() == 1
                   ? "It was trained on this case: it may remember more than it sees."
                   : "All of these versions were trained on this case: they may remember more than they see.";
    const auto fold =
        std::find_if(model.folds.begin(), model.folds.end(), [](const FoldResult& each) { return each.seen == false; });
    return "Only fold " + std::to_string(fold->fold + 1) + " had not seen this case; the other " +
           std::to_string(seen) + (seen == 1 ? " was" : " were") + " trained on it.";
}

}  // namespace shapslice
