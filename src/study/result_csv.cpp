#include <cstdio>

#include "study/result.h"

namespace shapslice {

namespace {

// "t1c+t2f"; the empty coalition is "none".
std::string coalition_key(std::size_t mask) {
    std::string key;
    for (int i = 0; i < kContrasts; ++i) {
        if (!contains(static_cast<Coalition>(mask), i)) continue;
        if (!key.empty()) key += "+";
        key += kContrastNames[static_cast<std::size_t>(i)];
    }
    return key.empty() ? "none" : key;
}

// Quoted where a comma, quote or line end demands it (RFC 4180).
std::string cell(const std::string& text) {
    if (text.find_first_of(",\"\n\r") == std::string::npos) return text;
    std::string quoted = "\"";
    for (const char c : text) {
        quoted += c;
        if (c == '"') quoted += c;
    }
    return quoted + "\"";
}

struct Table {
    std::string text = "case,model,fold,region,quantity,subject,value\n";
    std::string prefix;  // case and model

    void row(const std::string& fold, std::string_view region, std::string_view quantity, const std::string& subject,
             std::optional<double> value) {
        if (!value) return;
        char number[32];
        std::snprintf(number, sizeof number, "%.10g", *value);
        text += prefix + fold + "," + std::string(region) + "," + std::string(quantity) + "," + subject + "," + number +
                "\n";
    }
    void contrasts(const std::string& fold, std::string_view region, std::string_view quantity,
                   const PerContrast<double>& values) {
        for (std::size_t i = 0; i < kContrasts; ++i)
            row(fold, region, quantity, std::string(kContrastNames[i]), values[i]);
    }
};

void add_game(Table& table, const std::string& fold, std::string_view region, const RegionGame& game) {
    for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
        table.row(fold, region, "value", coalition_key(mask), game.values[mask]);
    }
    // 1 where the game is decided, 0 where there is nothing to share (METHOD 2.5); no row while it is open.
    if (game.state != GameState::open)
        table.row(fold, region, "decided", "", game.state == GameState::decided ? 1.0 : 0.0);
    if (!game.analysis) return;
    const GameAnalysis& analysis = *game.analysis;
    table.contrasts(fold, region, "shapley", analysis.shapley);
    table.contrasts(fold, region, "rank", *game.ranks);
    table.contrasts(fold, region, "banzhaf", analysis.banzhaf);
    table.contrasts(fold, region, "leave_one_out", analysis.leave_one_out);
    table.contrasts(fold, region, "alone", analysis.alone);
    for (std::size_t i = 0; i < kContrasts; ++i) {
        for (std::size_t j = i + 1; j < kContrasts; ++j) {
            table.row(fold, region, "interaction", coalition_key(std::size_t{1} << i | std::size_t{1} << j),
                      analysis.interaction[i][j]);
        }
    }
    for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
        table.row(fold, region, "moebius", coalition_key(mask), analysis.moebius[mask]);
    }
    table.row(fold, region, "efficiency_gap", "", analysis.efficiency_gap);
    if (game.agreement) {
        table.row(fold, region, "nsf", "", game.agreement->nsf);
        table.row(fold, region, "nsf_corrected", "", game.agreement->corrected);
        table.row(fold, region, "kendall_tau_b", "", game.agreement->tau_b);
    }
    if (game.region_agreement) table.row(fold, region, "nsf_region", "", game.region_agreement->nsf);
}

void add_summary(Table& table, std::string_view region, const RegionSummary& summary) {
    if (summary.decided_folds + summary.undefined_folds > 0) {
        table.row("all", region, "decided_folds", "", summary.decided_folds);
        table.row("all", region, "undefined_folds", "", summary.undefined_folds);
    }
    for (std::size_t i = 0; i < kContrasts; ++i) {
        if (!summary.shapley[i]) continue;
        const std::string contrast(kContrastNames[i]);
        table.row("all", region, "shapley_mean", contrast, summary.shapley[i]->mean);
        table.row("all", region, "shapley_least", contrast, summary.shapley[i]->least);
        table.row("all", region, "shapley_largest", contrast, summary.shapley[i]->largest);
    }
    if (summary.mean_rank) table.contrasts("all", region, "rank_mean", *summary.mean_rank);
    if (summary.nsf) table.row("all", region, "nsf_mean", "", summary.nsf->mean);
    if (summary.region_nsf) table.row("all", region, "nsf_region_mean", "", summary.region_nsf->mean);
    table.row("all", region, "rank_variance", "", summary.rank_variance);
    table.row("all", region, "kendall_w", "", summary.kendall_w);
}

}  // namespace

std::string to_csv(const StudyResult& result) {
    Table table;
    for (const ModelResult& model : result.models) {
        table.prefix = cell(result.case_name) + "," + cell(model.id) + ",";
        for (const FoldResult& fold : model.folds) {
            for (std::size_t row = 0; row < kRegionRows; ++row) {
                add_game(table, std::to_string(fold.fold), kRegionRowNames[row], fold.regions[row]);
            }
        }
        for (std::size_t row = 0; row < kRegionRows; ++row)
            add_summary(table, kRegionRowNames[row], model.summary[row]);
    }
    return table.text;
}

}  // namespace shapslice
