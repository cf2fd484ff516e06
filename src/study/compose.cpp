#include "study/compose.h"

#include <algorithm>
#include <vector>

#include "game/ranking.h"
#include "metrics/region_yardstick.h"

namespace shapslice {

namespace {

// The counts of an empty segmentation against the reference that `counts` were made with.
Confusion empty_segmentation(const Confusion& counts) {
    Confusion empty{};
    for (std::size_t reference = 0; reference < kLabels; ++reference) {
        for (const std::uint64_t voxels : counts[reference]) empty[reference][0] += voxels;
    }
    return empty;
}

// Dice of each region row.
PerRegionRow<std::optional<double>> dice_rows(const Confusion& counts, const GameTerms& terms) {
    PerRegionRow<std::optional<double>> rows;
    const PerRegion<double> regions = dice_of_regions(counts);
    double sum = 0;
    int terms_of_mean = 0;
    for (std::size_t r = 0; r < kRegions; ++r) {
        if (!terms.told[r]) continue;
        rows[r] = regions[r];
        if (r < kDisjointRegions && terms.averaged[r]) {
            sum += regions[r];
            ++terms_of_mean;
        }
    }
    if (terms_of_mean > 0) rows[kMeanRegion] = sum / terms_of_mean;
    return rows;
}

void judge(RegionGame& game, const PerContrast<double>& clinical, const RegionYardstick* yardstick,
           bool may_be_decided) {
    game.state = game_state(game.values);
    if (game.state == GameState::decided && !may_be_decided) game.state = GameState::undefined;
    game.analysis.reset();
    game.ranks.reset();
    game.agreement.reset();
    game.region_agreement.reset();
    if (game.state != GameState::decided) return;
    CoalitionValues values{};
    for (std::size_t mask = 0; mask < kCoalitions; ++mask) values[mask] = *game.values[mask];
    game.analysis = analyse_game(values);
    game.ranks = rank_descending(game.analysis->shapley);
    game.agreement = agreement(*game.ranks, clinical);
    if (yardstick) game.region_agreement = agreement(*game.ranks, yardstick->ranks);
}

// The contrasts that share the first rank. None where no contrast adds anything: one that changes nothing comes first
// among those that do harm, and is still nothing that the model relies on.
Coalition first_of(const RegionGame& game) {
    const PerContrast<double>& shapley = game.analysis->shapley;
    if (*std::max_element(shapley.begin(), shapley.end()) <= kEqualValues) return kNoContrast;
    const double first = *std::min_element(game.ranks->begin(), game.ranks->end());
    Coalition all = kNoContrast;
    for (int i = 0; i < kContrasts; ++i)
        if ((*game.ranks)[static_cast<std::size_t>(i)] == first) all = with(all, i);
    return all;
}

void name_those_ahead(const std::vector<const RegionGame*>& games, RegionSummary& summary) {
    PerCoalition<int> folds{};
    for (const RegionGame* game : games) ++folds[first_of(*game)];
    const auto most = std::max_element(folds.begin(), folds.end());
    if (most == folds.begin() || 2 * static_cast<std::size_t>(*most) <= games.size()) return;
    summary.ahead = static_cast<Coalition>(most - folds.begin());
    summary.ahead_in_folds = *most;
}

RegionSummary summarise_region(const std::vector<const RegionGame*>& games, const PerContrast<double>& clinical) {
    RegionSummary summary;
    summary.decided_folds = static_cast<int>(games.size());
    if (games.empty()) return summary;
    std::vector<PerContrast<double>> ranks;
    std::vector<double> nsf;
    for (const RegionGame* game : games) {
        ranks.push_back(*game->ranks);
        nsf.push_back(game->agreement->nsf);
    }
    PerContrast<double> mean_rank{};
    for (std::size_t i = 0; i < kContrasts; ++i) {
        std::vector<double> phi;
        for (const RegionGame* game : games) phi.push_back(game->analysis->shapley[i]);
        summary.shapley[i] = spread(phi);
        for (const auto& fold_ranks : ranks) mean_rank[i] += fold_ranks[i] / static_cast<double>(ranks.size());
    }
    summary.mean_rank = mean_rank;
    summary.rank_variance = rank_variance(ranks);
    summary.variance_scale = variance_scale(static_cast<int>(ranks.size()));
    summary.kendall_w = kendall_w(ranks);
    summary.nsf = spread(nsf);
    summary.agreement_scale = agreement_scale(clinical);
    summary.share_at_least = share_of_rankings_at_least(summary.nsf->mean, clinical);
    name_those_ahead(games, summary);
    return summary;
}

void summarise_region_agreement(const std::vector<const RegionGame*>& games, const RegionYardstick& yardstick,
                                RegionSummary& summary) {
    std::vector<double> nsf;
    for (const RegionGame* game : games)
        if (game->region_agreement) nsf.push_back(game->region_agreement->nsf);
    summary.region_nsf = spread(nsf);
    if (summary.region_nsf)
        summary.region_share_at_least = share_of_rankings_at_least(summary.region_nsf->mean, yardstick.ranks);
}

void add_once(std::vector<std::string_view>& words, std::string_view word) {
    if (std::find(words.begin(), words.end(), word) == words.end()) words.push_back(word);
}

std::string joined(const std::vector<std::string_view>& words) {
    std::string all;
    for (const std::string_view word : words) all.append(all.empty() ? "" : ", ").append(word);
    return all;
}

// A fast run on a graphics processor is in halves, unless these did not hold it.
bool made_again(std::string_view provider, Precision precision) {
    return provider == kAgainProvider || (provider == kGpuProvider && precision == Precision::fast);
}

}  // namespace

std::optional<PerRegion<bool>> reference_regions(const KnownRuns& runs) {
    const auto any = std::find_if(runs.begin(), runs.end(), [](const auto& known) { return known.has_value(); });
    if (any == runs.end()) return std::nullopt;
    return regions_in_reference((*any)->counts);
}

void compose_fold(const KnownRuns& runs, const StudySettings& settings, const ClinicalRanking& clinical,
                  const GameTerms& terms, FoldResult& fold) {
    const auto any = std::find_if(runs.begin(), runs.end(), [](const auto& known) { return known.has_value(); });
    if (any == runs.end()) return;
    fold.in_reference = *reference_regions(runs);
    std::vector<std::string_view> providers, precisions;
    for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
        const bool stands_for_empty = mask == kNoContrast && !settings.run_empty_coalition;
        if (!stands_for_empty && !runs[mask]) continue;
        const Confusion counts = stands_for_empty ? empty_segmentation((*any)->counts) : runs[mask]->counts;
        const auto rows = dice_rows(counts, terms);
        for (std::size_t row = 0; row < kRegionRows; ++row) fold.regions[row].values[mask] = rows[row];
        if (!stands_for_empty) {
            fold.run_seconds[mask] = runs[mask]->seconds;
            fold.runs_made_again += made_again(runs[mask]->provider, settings.precision);
            add_once(providers, runs[mask]->provider);
            add_once(precisions, precision_of(runs[mask]->provider));
        }
    }
    fold.provider = joined(providers);
    fold.precision = joined(precisions);
    judge_games(clinical, terms.expert, fold);
}

void judge_games(const ClinicalRanking& clinical, bool expert, FoldResult& fold) {
    for (int row = 0; row < kRegionRows; ++row) {
        const auto n = static_cast<std::size_t>(row);
        const bool found = row == kMeanRegion || fold.in_reference[n];
        judge(fold.regions[n], clinical.of(row), row == kMeanRegion ? nullptr : &kRegionYardsticks[n], expert || found);
    }
}

void compose_summary(const ClinicalRanking& clinical, ModelResult& model) {
    model.complete_folds = 0;
    for (const FoldResult& fold : model.folds) model.complete_folds += fold.complete();
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        std::vector<const RegionGame*> games;
        int undefined = 0;
        for (const FoldResult& fold : model.folds) {
            if (!fold.complete()) continue;
            if (fold.regions[row].state == GameState::decided) games.push_back(&fold.regions[row]);
            undefined += fold.regions[row].state == GameState::undefined;
        }
        model.summary[row] = summarise_region(games, clinical.of(static_cast<int>(row)));
        model.summary[row].undefined_folds = undefined;
        if (row < kRegions) summarise_region_agreement(games, kRegionYardsticks[row], model.summary[row]);
    }
}

std::optional<PerRegionRow<ModelBand>> compose_band(const StudyResult& result) {
    if (!result.has_reference) return std::nullopt;
    PerRegionRow<std::vector<ScoredModel>> scored;
    for (const ModelResult& model : result.models) {
        for (const FoldResult& fold : model.folds) {
            const auto& mean_dice = fold.regions[kMeanRegion].values[kAllContrasts];
            for (std::size_t row = 0; row < kRegionRows && fold.complete() && mean_dice; ++row) {
                const auto& analysis = fold.regions[row].analysis;
                if (analysis) scored[row].push_back({*mean_dice, analysis->shapley});
            }
        }
    }
    if (std::all_of(scored.begin(), scored.end(), [](const auto& models) { return models.empty(); }))
        return std::nullopt;
    PerRegionRow<ModelBand> bands;
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        bands[row] = model_band(scored[row], result.settings.model_band_tolerance);
    }
    return bands;
}

}  // namespace shapslice
