#include "metrics/model_band.h"

#include <algorithm>

namespace shapslice {

ModelBand model_band(std::span<const ScoredModel> models, double tolerance) {
    ModelBand band;
    if (models.empty()) return band;
    double best = models.front().mean_dice;
    for (const ScoredModel& model : models) best = std::max(best, model.mean_dice);
    // A model exactly `tolerance` worse is within; the allowance keeps rounding from deciding that.
    constexpr double kRounding = 1e-12;
    PerContrast<std::vector<double>> shapley;
    for (const ScoredModel& model : models) {
        const bool within = best - model.mean_dice <= tolerance + kRounding;
        band.within.push_back(within);
        band.models += within;
        for (std::size_t i = 0; within && i < kContrasts; ++i) shapley[i].push_back(model.shapley[i]);
    }
    for (std::size_t i = 0; i < kContrasts; ++i) band.shapley[i] = spread(shapley[i]).value_or(Spread{});
    return band;
}

}  // namespace shapslice
