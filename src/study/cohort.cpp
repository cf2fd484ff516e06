#include "study/cohort.h"

#include <algorithm>
#include <cmath>

#include "metrics/region_yardstick.h"
#include "study/cohort_json.h"
#include "study/compose.h"

namespace shapslice {

namespace {

std::string words(const std::string& case_name, const std::string& model_id) {
    return case_name + " under " + model_id;
}

bool has_tie(PerContrast<double> ranks) {
    std::sort(ranks.begin(), ranks.end());
    return std::adjacent_find(ranks.begin(), ranks.end()) != ranks.end();
}

// Ranks of every row of a fold, none of undefined games; nothing while a value is open.
std::optional<PerRegionRow<std::optional<PerContrast<double>>>> ranks_of(FoldResult fold,
                                                                         const ClinicalRanking& clinical) {
    judge_games(clinical, true, fold);
    PerRegionRow<std::optional<PerContrast<double>>> rows;
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        if (fold.regions[row].state == GameState::open) return std::nullopt;
        rows[row] = fold.regions[row].ranks;
    }
    return rows;
}

// Fills the case's part of the fold that did not see it.
void take_held_out(const FoldResult& fold, const PerRegionRow<std::optional<PerContrast<double>>>& ranks,
                   const ClinicalRanking& clinical, CohortCase& subject) {
    for (std::size_t row = 0; row < kRegionRows; ++row) subject.dice[row] = *fold.regions[row].values[kAllContrasts];
    subject.ranks = ranks;
    if (ranks[kMeanRegion]) subject.nsf = footrule_agreement(*ranks[kMeanRegion], clinical.of(kMeanRegion));
    subject.tied = ranks[kMeanRegion] && has_tie(*ranks[kMeanRegion]);
    for (std::size_t r = 0; r < kRegions; ++r) {
        if (ranks[r] && subject.region_present[r])
            subject.region_nsf[r] = footrule_agreement(*ranks[r], kRegionYardsticks[r].ranks);
    }
}

// Variances that differ by rounding alone tie in ranks over cases, as Shapley values do (METHOD 4.1). Those of five
// folds lie at least 1/320 apart.
std::optional<double> without_rounding(std::optional<double> value) {
    constexpr double kStep = 1e-9;
    if (value) value = std::round(*value / kStep) * kStep;
    return value;
}

template <class Wanted, class Number>
std::vector<double> numbers(const std::vector<CohortCase>& cases, Wanted wanted, Number number) {
    std::vector<double> found;
    for (const CohortCase& subject : cases) {
        if (wanted(subject)) found.push_back(number(subject));
    }
    return found;
}

bool is_good(const CohortCase& subject) {
    return subject.mean_dice() > kGoodDice;
}
bool is_not_good(const CohortCase& subject) {
    return !is_good(subject);
}
bool is_poor(const CohortCase& subject) {
    return subject.mean_dice() < kPoorDice;
}
bool is_not_poor(const CohortCase& subject) {
    return !is_poor(subject);
}
bool has_variance(const CohortCase& subject) {
    return subject.rank_variance.has_value();
}
double mean_dice(const CohortCase& subject) {
    return subject.mean_dice();
}
double variance(const CohortCase& subject) {
    return *subject.rank_variance;
}

// `nsf_of`: of a case, where it has one.
template <class NsfOf>
AgreementAndDice judge_agreement(const std::vector<CohortCase>& cases, NsfOf nsf_of) {
    const auto of = [&](bool (*wanted)(const CohortCase&)) {
        return numbers(
            cases, [&](const CohortCase& subject) { return nsf_of(subject) && wanted(subject); },
            [&](const CohortCase& subject) { return *nsf_of(subject); });
    };
    const auto good = of(is_good);
    const auto poor = of(is_poor);
    const auto rest = of(is_not_good);
    return {mean_estimate(good), mean_estimate(poor), mean_estimate(rest), mann_whitney(good, poor),
            mann_whitney(good, rest)};
}

AgreementAndDice judge_agreement(const std::vector<CohortCase>& cases) {
    return judge_agreement(cases, [](const CohortCase& subject) { return subject.nsf; });
}

PerRegion<AgreementAndDice> judge_region_agreement(const std::vector<CohortCase>& cases) {
    PerRegion<AgreementAndDice> regions;
    for (std::size_t r = 0; r < kRegions; ++r)
        regions[r] = judge_agreement(cases, [r](const CohortCase& subject) { return subject.region_nsf[r]; });
    return regions;
}

UncertaintyAndDice judge_uncertainty(const std::vector<CohortCase>& cases) {
    const auto v = numbers(cases, has_variance, variance);
    const auto dice = numbers(cases, has_variance, mean_dice);
    return {pearson(v, dice), spearman(v, dice), least_squares(v, dice)};
}

DecidedCases judge_decided(std::vector<CohortCase> cases) {
    std::erase_if(cases, [](const CohortCase& subject) { return !subject.all_decided(); });
    return {static_cast<int>(cases.size()), judge_uncertainty(cases), judge_agreement(cases),
            judge_region_agreement(cases)};
}

PoorCaseFlag judge_flag(const std::vector<CohortCase>& cases) {
    const auto of = [&](bool (*wanted)(const CohortCase&)) {
        return numbers(
            cases, [&](const CohortCase& subject) { return has_variance(subject) && wanted(subject); }, variance);
    };
    const auto poor = of(is_poor);
    const auto others = of(is_not_poor);
    PoorCaseFlag flag;
    flag.poor = static_cast<int>(std::count_if(cases.begin(), cases.end(), is_poor));
    flag.others = static_cast<int>(cases.size()) - flag.poor;
    flag.auroc = auroc(poor, others);
    flag.poor_against_others = mann_whitney(poor, others);
    flag.risk_coverage =
        risk_coverage(numbers(cases, has_variance, variance),
                      numbers(cases, has_variance, [](const CohortCase& subject) { return 1 - subject.mean_dice(); }));
    return flag;
}

// The model of the report that a result's model belongs to; made when it is the first of its id.
CohortModel& model_of(CohortReport& report, const ModelResult& model, const HeldOut& held_out) {
    const auto at = std::find_if(report.models.begin(), report.models.end(),
                                 [&](const CohortModel& each) { return each.id == model.id; });
    if (at != report.models.end()) return *at;
    CohortModel made;
    made.id = model.id;
    made.name = model.name;
    made.architecture = model.architecture;
    if (const auto known = held_out.find(model.id); known != held_out.end()) {
        made.held_out_cases = static_cast<int>(known->second.size());
    }
    return report.models.emplace_back(std::move(made));
}

bool holds_case(const CohortModel& model, const std::string& name) {
    const auto named = [&](const auto& each) { return each.name == name; };
    return std::any_of(model.cases.begin(), model.cases.end(), named) ||
           std::any_of(model.left_out.begin(), model.left_out.end(), named);
}

// Model files by model id and fold, as the first result that names them has them.
using FoldFiles = std::map<std::pair<std::string, int>, std::string>;

Expected<void> check_files(const StudyResult& result, const ModelResult& model, FoldFiles& files) {
    for (const FoldResult& fold : model.folds) {
        const auto [at, first] = files.emplace(std::pair{model.id, fold.fold}, fold.model_sha256);
        if (!first && at->second != fold.model_sha256) {
            return fail(words(result.case_name, model.id) + ": fold " + std::to_string(fold.fold + 1) +
                        " ran with another file than for other cases; expected one file per fold in a cohort.");
        }
    }
    return {};
}

Expected<void> add_case(const StudyResult& result, const ModelResult& model, const HeldOut& held_out, CohortModel& to) {
    if (holds_case(to, result.case_name)) {
        return fail(words(result.case_name, model.id) + ": the case comes twice; expected one result each.");
    }
    const auto folds = held_out.find(model.id);
    if (folds == held_out.end() || !folds->second.contains(result.case_name)) {
        to.left_out.push_back({result.case_name, "no fold is known that did not see it in training"});
        return {};
    }
    auto subject = cohort_case(result, model, folds->second.at(result.case_name));
    if (subject) {
        to.cases.push_back(std::move(*subject));
    } else {
        to.left_out.push_back({result.case_name, subject.error().sentence});
    }
    return {};
}

// v of different numbers of folds is not on one scale (METHOD 6.1): only cases with the most folds stay.
void keep_equal_folds(CohortModel& model) {
    for (const CohortCase& subject : model.cases) model.folds = std::max(model.folds, subject.folds);
    std::erase_if(model.cases, [&](const CohortCase& subject) {
        if (subject.folds == model.folds) return false;
        model.left_out.push_back({subject.name, "has " + std::to_string(subject.folds) +
                                                    " complete folds where others have " +
                                                    std::to_string(model.folds)});
        return true;
    });
    const auto by_name = [](const auto& a, const auto& b) { return a.name < b.name; };
    std::sort(model.cases.begin(), model.cases.end(), by_name);
    std::sort(model.left_out.begin(), model.left_out.end(), by_name);
    model.variance_scale = variance_scale(model.folds);
}

}  // namespace

bool CohortCase::all_decided() const {
    return std::all_of(undefined_games.begin(), undefined_games.end(), [](int games) { return games == 0; });
}

Expected<CohortCase> cohort_case(const StudyResult& result, const ModelResult& model, int held_out_fold) {
    if (!result.has_reference) return fail("has no segmentation by an expert");
    CohortCase subject;
    subject.name = result.case_name;
    subject.held_out_fold = held_out_fold;
    subject.region_present = result.region_present;
    if (std::none_of(result.region_present.begin(), result.region_present.begin() + kDisjointRegions,
                     [](bool present) { return present; })) {
        return fail("its segmentation holds none of ET, NCR and ED");
    }
    std::vector<PerContrast<double>> mean_ranks_by_fold;
    bool judged = false;
    for (const FoldResult& fold : model.folds) {
        const auto ranks = ranks_of(fold, result.clinical);
        if (!ranks) continue;
        ++subject.folds;
        for (std::size_t row = 0; row < kRegionRows; ++row)
            subject.undefined_games[row] += !(*ranks)[row] && (row == kMeanRegion || subject.region_present[row]);
        if ((*ranks)[kMeanRegion]) mean_ranks_by_fold.push_back(*(*ranks)[kMeanRegion]);
        if (fold.fold != held_out_fold) continue;
        take_held_out(fold, *ranks, result.clinical, subject);
        judged = true;
    }
    if (!judged) {
        return fail("fold " + std::to_string(held_out_fold + 1) + ", the one that did not see it, is not complete");
    }
    subject.undefined_folds = subject.folds - static_cast<int>(mean_ranks_by_fold.size());
    if (subject.undefined_folds == 0) subject.rank_variance = without_rounding(rank_variance(mean_ranks_by_fold));
    return subject;
}

std::optional<PublishedCorrelation> published_correlation(const std::string& architecture) {
    constexpr int kCases = 1351;  // BraTS 2024 GoAT
    if (architecture == "U-Net") return PublishedCorrelation{-0.581, {-0.607, -0.553}, kCases};
    if (architecture == "SegResNet") return PublishedCorrelation{-0.604, {-0.636, -0.569}, kCases};
    return std::nullopt;
}

void judge_cohort(CohortModel& model) {
    const auto& cases = model.cases;
    const auto any = [](const CohortCase&) { return true; };
    model.undefined_agreement =
        static_cast<int>(std::count_if(cases.begin(), cases.end(), [](const auto& subject) { return !subject.nsf; }));
    model.undefined_variance = static_cast<int>(
        std::count_if(cases.begin(), cases.end(), [](const auto& subject) { return subject.undefined_folds > 0; }));
    model.dice = mean_estimate(numbers(cases, any, mean_dice));
    model.uncertainty = judge_uncertainty(cases);
    model.agreement = judge_agreement(cases);
    model.region_agreement = judge_region_agreement(cases);
    model.decided = judge_decided(cases);
    for (const CohortCase& subject : cases) {
        model.tied_cases += subject.tied;
        for (std::size_t row = 0; row < kRegionRows; ++row) model.undefined_games[row] += subject.undefined_games[row];
    }
    model.flag = judge_flag(cases);
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        const auto present = [&](const CohortCase& subject) {
            return subject.ranks[row] && (row == kMeanRegion || subject.region_present[row]);
        };
        for (std::size_t i = 0; i < kContrasts; ++i) {
            model.mean_rank[row][i] = mean_estimate(
                numbers(cases, present, [&](const CohortCase& subject) { return (*subject.ranks[row])[i]; }));
        }
    }
    model.published = published_correlation(model.architecture);
    model.sentence = cohort_sentence(model);
}

Expected<CohortReport> compose_cohort(std::span<const StudyResult> results, const HeldOut& held_out) {
    CohortReport report;
    if (results.empty()) return fail("There is no result to make a cohort of; expected at least one.");
    report.settings = results.front().settings;
    report.clinical = results.front().clinical;
    report.agreement_scale = agreement_scale(report.clinical.of(kMeanRegion));
    FoldFiles files;
    for (const StudyResult& result : results) {
        if (Json(result.settings) != Json(report.settings) || Json(result.clinical) != Json(report.clinical)) {
            return fail(result.case_name +
                        ": other settings or another clinical ranking than the first result's; expected one of each "
                        "in a cohort.");
        }
        for (const ModelResult& model : result.models) {
            if (const auto same = check_files(result, model, files); !same) return tl::make_unexpected(same.error());
            const auto added = add_case(result, model, held_out, model_of(report, model, held_out));
            if (!added) return tl::make_unexpected(added.error());
        }
    }
    for (CohortModel& model : report.models) {
        keep_equal_folds(model);
        judge_cohort(model);
    }
    return report;
}

Expected<HeldOut> held_out_from_json(const Json& json) {
    try {
        return json.get<HeldOut>();
    } catch (const Json::exception& error) {
        return fail(std::string("expected {model id: {case: fold, from 0}}, one whole number per case (") +
                    error.what() + ").");
    }
}

Json cohort_to_json(const CohortReport& report) {
    Json json = report;
    json["contrasts"] = kContrastNames;
    json["goodDice"] = kGoodDice;
    json["poorDice"] = kPoorDice;
    return json;
}

}  // namespace shapslice
