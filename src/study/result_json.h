// The members of the study's structs, listed once for reading and writing JSON (base/json.h).
#pragma once

#include <algorithm>

#include "base/notice_json.h"
#include "study/result.h"

namespace shapslice {

inline void to_json(Json& j, Precision precision) {
    j = precision_name(precision);
}
inline void from_json(const Json& j, Precision& precision) {
    const auto found = precision_from_name(j.get<std::string>());
    if (!found)
        throw Json::other_error::create(501, "the precision " + j.dump() + " is not known; expected exact or fast", &j);
    precision = *found;
}

inline void to_json(Json& j, GameState state) {
    j = kGameStateNames[static_cast<std::size_t>(state)];
}
inline void from_json(const Json& j, GameState& state) {
    const auto name = j.get<std::string>();
    const auto at = std::find(kGameStateNames.begin(), kGameStateNames.end(), name);
    if (at == kGameStateNames.end())
        throw Json::other_error::create(
            501, "the state of a game is " + j.dump() + "; expected open, undefined or decided", &j);
    state = static_cast<GameState>(at - kGameStateNames.begin());
}

inline void to_json(Json& j, VerdictLevel level) {
    j = kVerdictNames[static_cast<std::size_t>(level)];
}
inline void from_json(const Json& j, VerdictLevel& level) {
    const auto name = j.get<std::string>();
    const auto at = std::find(kVerdictNames.begin(), kVerdictNames.end(), name);
    if (at == kVerdictNames.end())
        throw Json::other_error::create(501, "a verdict is " + j.dump() + "; expected unknown, usual, low or poor", &j);
    level = static_cast<VerdictLevel>(at - kVerdictNames.begin());
}

inline void to_json(Json& j, BaselineKind kind) {
    j = baseline_name(kind);
}
inline void from_json(const Json& j, BaselineKind& kind) {
    const auto found = baseline_from_name(j.get<std::string>());
    if (!found) {
        throw Json::other_error::create(
            501, "the baseline " + j.dump() + " is not known; expected zero, mean, noise or lesion", &j);
    }
    kind = *found;
}

template <class F>
void describe(F& f, Marginal& m) {
    f("before", m.before);
    f("weight", m.weight);
    f("contribution", m.contribution);
}

template <class F>
void describe(F& f, GameAnalysis& a) {
    f("shapley", a.shapley);
    f("marginals", a.marginals);
    f("banzhaf", a.banzhaf);
    f("interaction", a.interaction);
    f("moebius", a.moebius);
    f("leaveOneOut", a.leave_one_out);
    f("alone", a.alone);
    f("efficiencyGap", a.efficiency_gap);
}

template <class F>
void describe(F& f, AgreementScale& s) {
    f("chance", s.chance);
    f("worst", s.worst);
    f("best", s.best);
}

template <class F>
void describe(F& f, Agreement& a) {
    f("nsf", a.nsf);
    f("scale", a.scale);
    f("corrected", a.corrected);
    f("shareAtLeast", a.share_at_least);
    f("tauB", a.tau_b);
}

template <class F>
void describe(F& f, VarianceScale& s) {
    f("chance", s.chance);
    f("largest", s.largest);
}

template <class F>
void describe(F& f, Spread& s) {
    f("mean", s.mean);
    f("least", s.least);
    f("largest", s.largest);
}

template <class F>
void describe(F& f, ModelBand& b) {
    f("within", b.within);
    f("shapley", b.shapley);
    f("models", b.models);
}

template <class F>
void describe(F& f, ClinicalRanking& r) {
    f("name", r.name);
    f("ranks", r.ranks);
    f("byRegion", keyed(r.by_region, kRegionRowNames));
}

template <class F>
void describe(F& f, StudySettings& s) {
    f("baseline", s.baseline.kind);
    f("noiseSeed", s.baseline.noise_seed);
    f("lesionMarginMm", s.baseline.lesion_margin);
    f("runEmptyCoalition", s.run_empty_coalition);
    f("meanOverAllDisjointRegions", s.mean_over_all_disjoint_regions);
    f("modelBandTolerance", s.model_band_tolerance);
    f("precision", s.precision);
}

template <class F>
void describe(F& f, RegionGame& g) {
    f("values", g.values);
    f("state", g.state);
    f("analysis", g.analysis);
    f("ranks", g.ranks);
    f("agreement", g.agreement);
    f("regionAgreement", g.region_agreement);
}

template <class F>
void describe(F& f, FoldResult& r) {
    f("fold", r.fold);
    f("modelSha256", r.model_sha256);
    f("seen", r.seen);
    f("provider", r.provider);
    f("precision", r.precision);
    f("activations", r.activations);
    f("runsMadeAgain", r.runs_made_again);
    f("inReference", keyed(r.in_reference, kRegionNames));
    f("regions", keyed(r.regions, kRegionRowNames));
    f("runSeconds", r.run_seconds);
}

template <class F>
void describe(F& f, RegionSummary& s) {
    f("decidedFolds", s.decided_folds);
    f("undefinedFolds", s.undefined_folds);
    f("shapley", s.shapley);
    f("rankVariance", s.rank_variance);
    f("varianceScale", s.variance_scale);
    f("kendallW", s.kendall_w);
    f("meanRank", s.mean_rank);
    f("nsf", s.nsf);
    f("agreementScale", s.agreement_scale);
    f("shareAtLeast", s.share_at_least);
    f("regionNsf", s.region_nsf);
    f("regionShareAtLeast", s.region_share_at_least);
    f("ahead", s.ahead);
    f("aheadInFolds", s.ahead_in_folds);
}

template <class F>
void describe(F& f, DiceRange& d) {
    f("cases", d.cases);
    f("tenth", d.tenth);
    f("lower", d.lower);
    f("median", d.median);
    f("upper", d.upper);
}

template <class F>
void describe(F& f, RegionVerdict& v) {
    f("dice", v.dice);
    f("level", v.level);
}

template <class F>
void describe(F& f, Verdict& v) {
    f("regions", keyed(v.regions, kRegionNames));
    f("level", v.level);
    f("inputDoubtful", v.input_doubtful);
    f("failure", v.failure);
}

template <class F>
void describe(F& f, ModelTerms& t) {
    f("contrasts", t.contrasts);
    f("spacing", t.spacing);
    f("patch", t.patch);
    f("multiple", t.multiple);
    f("fixedPatch", t.fixed_patch);
    f("axes", t.axes);
    f("fieldOfView", t.field_of_view);
    f("padding", t.padding);
    f("outputs", t.outputs);
    f("activation", t.activation);
    f("decoding", t.decoding);
}

template <class F>
void describe(F& f, ModelResult& m) {
    f("id", m.id);
    f("name", m.name);
    f("architecture", m.architecture);
    f("terms", m.terms);
    f("folds", m.folds);
    f("summary", keyed(m.summary, kRegionRowNames));
    f("completeFolds", m.complete_folds);
    f("heldOutDice", keyed(m.held_out_dice, kRegionNames));
    f("foldsAgree", keyed(m.folds_agree, kRegionNames));
    f("verdict", m.verdict);
}

template <class F>
void describe(F& f, StudyProgress& p) {
    f("runsDone", p.runs_done);
    f("runsTotal", p.runs_total);
    f("secondsLeft", p.seconds_left);
    f("secondsSpent", p.seconds_spent);
    f("running", p.running);
    f("cancelled", p.cancelled);
    f("now", p.now);
}

template <class F>
void describe(F& f, StudyResult::File& file) {
    f("name", file.name);
    f("role", file.role);
    f("sha256", file.sha256);
    f("onGrid", file.on_grid);
    f("background", file.background);
}

template <class F>
void describe(F& f, StudyResult& r) {
    f("schemaVersion", r.schema_version);
    f("software", r.software);
    f("valuesVersion", r.values_version);
    f("caseName", r.case_name);
    f("synthetic", r.synthetic);
    f("files", r.files);
    f("hasReference", r.has_reference);
    f("referenceVoxels", keyed(r.reference_voxels, kRegionNames));
    f("regionPresent", keyed(r.region_present, kRegionNames));
    f("labelConvention", r.label_convention);
    f("regionsTold", keyed(r.regions_told, kRegionNames));
    f("labelsRead", r.labels_read);
    f("inputNotices", r.input_notices);
    f("settings", r.settings);
    f("clinicalRanking", r.clinical);
    f("models", r.models);
    f("modelBand", r.band);
    f("progress", r.progress);
    f("notices", r.notices);
    f("sentence", r.sentence);
}

}  // namespace shapslice
