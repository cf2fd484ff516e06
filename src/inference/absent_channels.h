// What stands in for contrasts that a coalition lacks (METHOD 2.3).
#pragma once

#include <span>
#include <vector>

#include "base/baseline.h"
#include "image/prepare.h"

namespace shapslice {

// The stand-in of every contrast on the prepared grid, laid out as prepared.channels; empty for `zero`, which needs
// none. The brain here is where some contrast is not 0; outside it stand-ins are 0, as the contrasts are.
//
// mean: the mean of the contrast's brain voxels, everywhere in the brain. After z-scoring that is 0 but for what
//     resampling does at the brain's edge, so it hardly differs from `zero`.
// noise: each brain voxel a draw, with replacement, from the contrast's own brain voxels that hold no tumour.
// lesion: the contrast itself, but 0 wherever a voxel of tumour is at most `lesion_margin` away.
//
// `label_fractions` (prepare_labels) says where the tumour is, for noise and lesion alone: METHOD 2.2's reference.
std::vector<float> absent_channels(const Prepared& prepared, const Baseline& baseline,
                                   std::span<const float> label_fractions);

}  // namespace shapslice
