// The members of a cohort report's structs, listed once for JSON (base/json.h).
#pragma once

#include "study/cohort.h"
#include "study/result_json.h"

namespace shapslice {

template <class F>
void describe(F& f, Interval& i) {
    f("low", i.low);
    f("high", i.high);
}

template <class F>
void describe(F& f, Correlation& c) {
    f("cases", c.cases);
    f("coefficient", c.coefficient);
    f("p", c.p);
    f("interval", c.interval);
}

template <class F>
void describe(F& f, Line& l) {
    f("slope", l.slope);
    f("intercept", l.intercept);
}

template <class F>
void describe(F& f, GroupComparison& c) {
    f("first", c.first);
    f("second", c.second);
    f("u", c.u);
    f("p", c.p);
    f("exact", c.exact);
    f("firstLarger", c.first_larger);
    f("rankBiserial", c.rank_biserial);
}

template <class F>
void describe(F& f, RiskCoverage::Point& p) {
    f("coverage", p.coverage);
    f("risk", p.risk);
}

template <class F>
void describe(F& f, RiskCoverage& r) {
    f("points", r.points);
    f("area", r.area);
    f("leastArea", r.least_area);
    f("chanceArea", r.chance_area);
}

template <class F>
void describe(F& f, MeanEstimate& m) {
    f("cases", m.cases);
    f("mean", m.mean);
    f("interval", m.interval);
}

template <class F>
void describe(F& f, CohortCase& c) {
    f("name", c.name);
    f("heldOutFold", c.held_out_fold);
    f("folds", c.folds);
    f("undefinedFolds", c.undefined_folds);
    f("regionPresent", keyed(c.region_present, kRegionNames));
    f("dice", keyed(c.dice, kRegionRowNames));
    f("ranks", keyed(c.ranks, kRegionRowNames));
    f("nsf", c.nsf);
    f("rankVariance", c.rank_variance);
    f("regionNsf", keyed(c.region_nsf, kRegionNames));
    f("undefinedGames", keyed(c.undefined_games, kRegionRowNames));
    f("tied", c.tied);
}

template <class F>
void describe(F& f, LeftOutCase& c) {
    f("name", c.name);
    f("reason", c.reason);
}

template <class F>
void describe(F& f, UncertaintyAndDice& u) {
    f("pearson", u.pearson);
    f("spearman", u.spearman);
    f("line", u.line);
}

template <class F>
void describe(F& f, AgreementAndDice& a) {
    f("good", a.good);
    f("poor", a.poor);
    f("rest", a.rest);
    f("goodAgainstPoor", a.good_against_poor);
    f("goodAgainstRest", a.good_against_rest);
}

template <class F>
void describe(F& f, DecidedCases& d) {
    f("cases", d.cases);
    f("uncertainty", d.uncertainty);
    f("agreement", d.agreement);
    f("regionAgreement", keyed(d.region_agreement, kRegionNames));
}

template <class F>
void describe(F& f, PoorCaseFlag& p) {
    f("poor", p.poor);
    f("others", p.others);
    f("auroc", p.auroc);
    f("poorAgainstOthers", p.poor_against_others);
    f("riskCoverage", p.risk_coverage);
}

template <class F>
void describe(F& f, PublishedCorrelation& p) {
    f("r", p.r);
    f("interval", p.interval);
    f("cases", p.cases);
}

template <class F>
void describe(F& f, CohortModel& m) {
    f("id", m.id);
    f("name", m.name);
    f("architecture", m.architecture);
    f("heldOutCases", m.held_out_cases);
    f("folds", m.folds);
    f("varianceScale", m.variance_scale);
    f("cases", m.cases);
    f("leftOut", m.left_out);
    f("undefinedAgreement", m.undefined_agreement);
    f("undefinedVariance", m.undefined_variance);
    f("dice", m.dice);
    f("uncertainty", m.uncertainty);
    f("agreement", m.agreement);
    f("regionAgreement", keyed(m.region_agreement, kRegionNames));
    f("decided", m.decided);
    f("undefinedGames", keyed(m.undefined_games, kRegionRowNames));
    f("tiedCases", m.tied_cases);
    f("flag", m.flag);
    f("meanRank", keyed(m.mean_rank, kRegionRowNames));
    f("published", m.published);
    f("sentence", m.sentence);
}

template <class F>
void describe(F& f, CohortReport& r) {
    f("schemaVersion", r.schema_version);
    f("software", r.software);
    f("settings", r.settings);
    f("clinicalRanking", r.clinical);
    f("agreementScale", r.agreement_scale);
    f("models", r.models);
}

}  // namespace shapslice
