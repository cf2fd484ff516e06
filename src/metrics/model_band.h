// The range of Shapley values over models that do almost equally well (METHOD 6.3).
#pragma once

#include <span>
#include <vector>

#include "base/terms.h"
#include "metrics/uncertainty.h"

namespace shapslice {

struct ScoredModel {
    double mean_dice = 0;           // on this reference, all contrasts
    PerContrast<double> shapley{};  // of the region the band is for
};

// Models whose loss 1 - mean_dice is at most `tolerance` above the best one's, and min, mean and max of phi over them.
struct ModelBand {
    std::vector<bool> within;  // per model given
    PerContrast<Spread> shapley{};
    int models = 0;
};
inline constexpr double kModelBandTolerance = 0.10;

// No models, or none within (a negative tolerance): an empty band, models = 0. `within` still has one entry per model.
ModelBand model_band(std::span<const ScoredModel> models, double tolerance = kModelBandTolerance);

}  // namespace shapslice
