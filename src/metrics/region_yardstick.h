// In which sequences each region is told: what a model's order for one region is held against (METHOD 5.2a).
#pragma once

#include <string_view>

#include "base/terms.h"

namespace shapslice {

struct RegionYardstick {
    PerContrast<double> ranks{};
    // What the annotation protocol of BraTS (Baid et al., arXiv 2107.02314) says, in our words.
    std::string_view source;
};

namespace yardsticks {
inline constexpr RegionYardstick kEnhancing{
    {1, 3, 3, 3}, "BraTS's annotators outline enhancing tumour where T1c is bright, avidly or faintly."};
inline constexpr RegionYardstick kNecrosis{
    {1, 3, 3, 3}, "BraTS's annotators outline the necrotic core where T1c is dark within the tumour."};
inline constexpr RegionYardstick kOedema{
    {3.5, 3.5, 1, 2},
    "BraTS's annotators outline oedema by the bright envelope on T2-FLAIR; T2w shows it next (ours)."};
inline constexpr RegionYardstick kCore{{1, 3, 3, 3}, "The core is enhancing tumour and necrosis: their order (ours)."};
inline constexpr RegionYardstick kWhole{{3.5, 3.5, 1, 2},
                                        "The whole tumour is what is bright on T2-FLAIR: the order of oedema (ours)."};
}  // namespace yardsticks

// By Region. Tied places share the mean rank, as in METHOD 4.1. The mean row has none: it keeps the one order for all.
inline constexpr PerRegion<RegionYardstick> kRegionYardsticks{
    yardsticks::kEnhancing, yardsticks::kNecrosis, yardsticks::kOedema, yardsticks::kCore, yardsticks::kWhole};

}  // namespace shapslice
