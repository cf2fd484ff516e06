#include "study/sentence.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

#include "study/game_words.h"
#include "study/verdict.h"

namespace shapslice {

std::string coalition_words(Coalition coalition) {
    if (coalition == kNoContrast) return "no contrast";
    if (coalition == kAllContrasts) return "all contrasts";
    std::string words;
    for (int i = 0; i < kContrasts; ++i) {
        if (!contains(coalition, i)) continue;
        if (!words.empty()) words += " + ";
        words += kContrastTitles[static_cast<std::size_t>(i)];
    }
    return words;
}

std::string two_digits(double value) {
    char text[32];
    // Sums of the same numbers in another order differ in their last bits: halfway between two words, they must not in
    // words.
    std::snprintf(text, sizeof text, "%.2f", std::round(value * 1e9) / 1e9);
    return std::string(text) == "-0.00" ? "0.00" : text;
}

namespace {

// The model the sentence speaks of: the one with most complete folds, the first of equal ones.
const ModelResult* spoken_model(const StudyResult& result) {
    const ModelResult* best = nullptr;
    for (const ModelResult& model : result.models) {
        if (!best || model.complete_folds > best->complete_folds) best = &model;
    }
    return best;
}

std::string one_of(Coalition contrasts) {
    std::string words;
    for (int i = 0; i < kContrasts; ++i) {
        if (!contains(contrasts, i)) continue;
        words += (words.empty() ? "" : " and ") + std::string(kContrastTitles[static_cast<std::size_t>(i)]);
    }
    return words;
}

// "T1c", "T1c and T1n alike", "all contrasts alike".
std::string ahead_words(Coalition ahead) {
    if (ahead == kAllContrasts) return "all contrasts alike";
    return one_of(ahead) + (std::has_single_bit(ahead) ? "" : " alike");
}

std::string folds_words(const RegionSummary& summary) {
    const int complete = summary.decided_folds + summary.undefined_folds;
    if (complete == 1) return "";
    return " (first in " + std::to_string(summary.ahead_in_folds) + " of " + std::to_string(complete) + " folds)";
}

void add_clause(std::string& words, const char* between, const std::string& clause) {
    words += (words.empty() ? "" : between) + clause;
}

// No contrast adds anything, as a mean over folds.
bool nothing_helps(const RegionSummary& summary) {
    return std::all_of(summary.shapley.begin(), summary.shapley.end(),
                       [](const auto& value) { return value && value->mean <= kEqualValues; });
}

struct Clauses {
    std::string relied;     // "T1c for the enhancing tumour (first in 5 of 5 folds), ..."
    std::string otherwise;  // "for the necrotic core no contrast is clearly ahead; it finds no ..."
};

// Over the disjoint regions there are.
Clauses region_clauses(const StudyResult& result, const ModelResult& model) {
    Clauses clauses;
    for (std::size_t r = 0; r < kDisjointRegions; ++r) {
        const RegionSummary& summary = model.summary[r];
        const std::string name(kRegionTitles[r]);
        if (!result.region_present[r]) continue;
        if (summary.decided_folds == 0) {
            if (summary.undefined_folds > 0)
                add_clause(clauses.otherwise, "; ", undefined_words(result, model, -1, static_cast<int>(r)));
        } else if (summary.ahead == kNoContrast) {
            add_clause(clauses.otherwise, "; ",
                       "for the " + name +
                           (nothing_helps(summary) ? " no contrast raises the Dice" : " no contrast is clearly ahead"));
        } else {
            add_clause(clauses.relied, ", ", ahead_words(summary.ahead) + " for the " + name + folds_words(summary));
        }
    }
    return clauses;
}

std::string reliance_words(const StudyResult& result, const ModelResult& model, const std::string& subject) {
    const Clauses clauses = region_clauses(result, model);
    if (clauses.relied.empty() && clauses.otherwise.empty()) {
        if (result.has_reference)
            return "The expert segmentation of " + subject + " holds no tumour, so Dice says nothing of what " +
                   model.name + " relies on.";
        return model.name + " found no tumour region to judge in " + subject + ".";
    }
    const std::string start = "In " + subject + " " + model.name;
    if (clauses.relied.empty()) return start + ": " + clauses.otherwise + ".";
    return start + " relies most on " + clauses.relied + (clauses.otherwise.empty() ? "" : "; " + clauses.otherwise) +
           ".";
}

// What goes wrong, in place of what is relied on (METHOD 2.6).
std::string failure_words(const StudyResult& result, const ModelResult& model) {
    std::string poor;
    for (std::size_t r = 0; r < kRegions; ++r) {
        if (model.verdict.regions[r].level == VerdictLevel::poor && (r < kDisjointRegions || poor.empty()))
            add_clause(poor, "; ", verdict_words(result, model, static_cast<int>(r)));
    }
    std::string words;
    if (model.verdict.input_doubtful)
        words = "Something looks wrong with this case's files, so no number here says what " + model.name +
                " relies on: see the marks beside them.";
    if (!poor.empty())
        add_clause(words, " ",
                   model.name +
                       (result.has_reference ? " fails here. Dice from all contrasts: "
                                             : " says different things here. Mean Dice: ") +
                       poor + ".");
    if (model.verdict.input_doubtful) return words;  // its sequences may be called what they are not
    const Clauses clauses = region_clauses(result, model);
    if (!clauses.relied.empty() && !poor.empty()) words += " What it does find comes most from " + clauses.relied + ".";
    if (!clauses.otherwise.empty() && !poor.empty()) words += " Also: " + clauses.otherwise + ".";
    return words;
}

std::string agreement_words(const StudyResult& result, const RegionSummary& mean) {
    if (!mean.nsf || !mean.agreement_scale) return "";
    if (mean.agreement_scale->best - mean.agreement_scale->chance < kEqualValues)
        return " \"" + result.clinical.name + "\" ranks all contrasts alike: there is nothing to agree with.";
    return " Agreement of its ranking with \"" + result.clinical.name + "\": " + two_digits(mean.nsf->mean) +
           " (chance " + two_digits(mean.agreement_scale->chance) + ", best reachable " +
           two_digits(mean.agreement_scale->best) + ").";
}

std::string uncertainty_words(const RegionSummary& mean) {
    const int folds = mean.decided_folds;
    if (!mean.rank_variance || !mean.variance_scale)
        return folds == 1 && mean.undefined_folds == 0 ? " Uncertainty over folds needs at least two folds." : "";
    return " Uncertainty over " + std::to_string(folds) + " folds: " + two_digits(*mean.rank_variance) +
           " (0 is a stable ranking, " + two_digits(mean.variance_scale->chance) + " is chance)" +
           (mean.undefined_folds ? "; " + std::to_string(mean.undefined_folds) + " more say nothing" : "") + ".";
}

// "open: 1 of 4 without one contrast, all 6 pairs", in the order in which they are run.
std::string open_coalitions(const FoldResult& fold, bool run_empty_coalition) {
    constexpr struct {
        int size;
        const char* name;
    } kKinds[] = {
        {4, "all contrasts"}, {1, "single contrasts"}, {3, "without one contrast"}, {2, "pairs"}, {0, "no contrast"}};
    std::string words;
    for (const auto& [size, name] : kKinds) {
        int total = 0, open = 0;
        for (int mask = run_empty_coalition ? 0 : 1; mask < kCoalitions; ++mask) {
            if (std::popcount(static_cast<unsigned>(mask)) != size) continue;
            ++total;
            if (!fold.run_seconds[static_cast<std::size_t>(mask)]) ++open;
        }
        if (open == 0) continue;
        words += words.empty() ? "open: " : ", ";
        if (total > 1) words += (open == total ? "all " : std::to_string(open) + " of ") + std::to_string(total) + " ";
        words += name;
    }
    return words;
}

// The empty coalition is run where that is asked for (METHOD 2.3).
int runs_of_fold(const StudySettings& settings) {
    return settings.run_empty_coalition ? kCoalitions : kCoalitions - 1;
}

std::string open_words(const StudyResult& result, const ModelResult& model) {
    const int folds = static_cast<int>(model.folds.size());
    if (model.complete_folds == folds) return "";
    std::string words =
        " Known so far: " + std::to_string(model.complete_folds) + " of " + std::to_string(folds) + " folds";
    for (const FoldResult& fold : model.folds) {
        const auto known = std::count_if(fold.run_seconds.begin(), fold.run_seconds.end(),
                                         [](const auto& seconds) { return seconds.has_value(); });
        if (!fold.complete() && known > 0) {
            words += " and " + std::to_string(known) + " of " + std::to_string(runs_of_fold(result.settings)) +
                     " runs of fold " + std::to_string(fold.fold + 1) + " (" +
                     open_coalitions(fold, result.settings.run_empty_coalition) + ")";
        }
    }
    return words + (result.progress.running ? "; the rest is running." : ".");
}

}  // namespace

std::string plain_sentence(const StudyResult& result) {
    const std::string subject = result.synthetic ? "this synthetic case" : "this case";
    const ModelResult* model = spoken_model(result);
    const bool anything = model && std::any_of(model->folds.begin(), model->folds.end(), [](const FoldResult& fold) {
                              return fold.regions[0].values[kAllContrasts].has_value();
                          });
    if (!anything) {
        const auto asked = [](const Notice& notice) { return notice.kind == NoticeKind::question; };
        if (std::any_of(result.input_notices.begin(), result.input_notices.end(), asked))
            return "Choose which labels the segmentation has, beside its files: nothing is computed until then.";
        if (result.progress.running)
            return "The first of " + std::to_string(result.progress.runs_total) + " model runs on " + subject +
                   " is under way.";
        return "Press Run to see which contrast the model relies on in " + subject + ".";
    }
    const std::string reference =
        result.has_reference ? "" : " Agreement with itself, not accuracy: no expert segmentation was given.";
    if (model->complete_folds == 0) {
        std::string words = "The first Shapley values of " + model->name + " appear once all runs of a fold are known.";
        const auto& whole = model->folds.front().regions[static_cast<std::size_t>(Region::WT)].values[kAllContrasts];
        if (whole && result.has_reference) {
            words = "With all contrasts " + model->name + " reaches Dice " + two_digits(*whole) +
                    " for the whole tumour. " + words;
        }
        return words + open_words(result, *model) + reference;
    }
    const RegionSummary& mean = model->summary[kMeanRegion];
    const std::string seen = seen_words(*model);
    const std::string rest = (seen.empty() ? "" : " " + seen) + open_words(result, *model) + reference;
    if (model->verdict.failure) return failure_words(result, *model) + rest;
    return reliance_words(result, *model, subject) + agreement_words(result, mean) + uncertainty_words(mean) + rest;
}

}  // namespace shapslice
