#include "study/compose.h"

#include <algorithm>
#include <vector>

#include "game/ranking.h"

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

// Dice of each region row; the mean row is over the disjoint regions that the reference holds, or all three.
PerRegionRow<std::optional<double>> dice_rows(const Confusion& counts, bool mean_over_all,
                                              const PerRegion<bool>& told) {
    PerRegionRow<std::optional<double>> rows;
    const PerRegion<double> regions = dice_of_regions(counts);
    const PerRegion<bool> present = regions_in_reference(counts);
    double sum = 0;
    int terms = 0;
    for (std::size_t r = 0; r < kRegions; ++r) {
        if (!told[r]) continue;
        rows[r] = regions[r];
        if (r < kDisjointRegions && (mean_over_all || present[r])) {
            sum += regions[r];
            ++terms;
        }
    }
    if (terms > 0) rows[kMeanRegion] = sum / terms;
    return rows;
}

void analyse(RegionGame& game, const PerContrast<double>& clinical) {
    CoalitionValues values{};
    for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
        if (!game.values[mask]) return;
        values[mask] = *game.values[mask];
    }
    game.analysis = analyse_game(values);
    game.ranks = rank_descending(game.analysis->shapley);
    game.agreement = agreement(*game.ranks, clinical);
}

// Contrast with the largest count of first places; split evenly, the one with the larger mean phi.
void name_first_contrast(const std::vector<const RegionGame*>& games, RegionSummary& summary) {
    PerContrast<int> first{};
    for (const RegionGame* game : games) {
        const auto& phi = game->analysis->shapley;
        ++first[static_cast<std::size_t>(std::max_element(phi.begin(), phi.end()) - phi.begin())];
    }
    std::size_t best = 0;
    for (std::size_t i = 1; i < kContrasts; ++i) {
        const bool larger = summary.shapley[i]->mean > summary.shapley[best]->mean;
        if (first[i] > first[best] || (first[i] == first[best] && larger)) best = i;
    }
    summary.first_contrast = static_cast<int>(best);
    summary.first_in_folds = first[best];
}

RegionSummary summarise_region(const std::vector<const RegionGame*>& games, const PerContrast<double>& clinical) {
    RegionSummary summary;
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
    name_first_contrast(games, summary);
    return summary;
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

std::string_view precision_of(std::string_view provider) {
    if (provider == kEngineProvider || provider == kMeasuredProvider) return "int8 x int15";
    return provider == kHalfProvider || provider.ends_with(kHalfNetwork) ? "float16" : "float32";
}

void compose_fold(const KnownRuns& runs, const StudySettings& settings, const ClinicalRanking& clinical,
                  FoldResult& fold, const PerRegion<bool>& told) {
    const auto any = std::find_if(runs.begin(), runs.end(), [](const auto& known) { return known.has_value(); });
    if (any == runs.end()) return;
    std::vector<std::string_view> providers, precisions;
    for (std::size_t mask = 0; mask < kCoalitions; ++mask) {
        const bool stands_for_empty = mask == kNoContrast && !settings.run_empty_coalition;
        if (!stands_for_empty && !runs[mask]) continue;
        const Confusion counts = stands_for_empty ? empty_segmentation((*any)->counts) : runs[mask]->counts;
        const auto rows = dice_rows(counts, settings.mean_over_all_disjoint_regions, told);
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
    for (int row = 0; row < kRegionRows; ++row) analyse(fold.regions[static_cast<std::size_t>(row)], clinical.of(row));
}

void compose_summary(const ClinicalRanking& clinical, ModelResult& model) {
    model.complete_folds = 0;
    for (const FoldResult& fold : model.folds) model.complete_folds += fold.complete();
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        std::vector<const RegionGame*> games;
        for (const FoldResult& fold : model.folds) {
            if (fold.regions[row].analysis) games.push_back(&fold.regions[row]);
        }
        model.summary[row] = summarise_region(games, clinical.of(static_cast<int>(row)));
    }
}

std::optional<PerRegionRow<ModelBand>> compose_band(const StudyResult& result) {
    PerRegionRow<std::vector<ScoredModel>> scored;
    for (const ModelResult& model : result.models) {
        for (const FoldResult& fold : model.folds) {
            const auto& mean_dice = fold.regions[kMeanRegion].values[kAllContrasts];
            for (std::size_t row = 0; row < kRegionRows && fold.complete() && mean_dice; ++row) {
                scored[row].push_back({*mean_dice, fold.regions[row].analysis->shapley});
            }
        }
    }
    if (scored[kMeanRegion].empty()) return std::nullopt;
    PerRegionRow<ModelBand> bands;
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        bands[row] = model_band(scored[row], result.settings.model_band_tolerance);
    }
    return bands;
}

}  // namespace shapslice
