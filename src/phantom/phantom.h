// A synthetic patient (issue: the built-in case): a head-shaped brain with a tumour, in four contrasts, with reference.
// Nothing here calls the platform's math library beyond sqrt, and every random number comes from the seed, so native
// and WebAssembly builds make the same voxels, bit for bit.
#pragma once

#include <cstdint>

#include "base/terms.h"
#include "image/case.h"

namespace shapslice {

struct PhantomSettings {
    std::uint64_t seed = 1;
    Shape shape{240, 240, 155};  // voxels of 1 mm, as BraTS
    // Which tumour label differs from its surroundings in which contrast, [label - 1][contrast]: 1 is as in patients,
    // 0 makes that label look like the tissue around it there. A test that sets ET to {1,0,0,0} can demand that T1c
    // ranks first for ET.
    std::array<PerContrast<double>, kLabels - 1> visibility{{{1, 1, 1, 1}, {1, 1, 1, 1}, {1, 1, 1, 1}}};
    double noise = 1;       // times a usual scanner's
    double bias_field = 1;  // times a usual coil's
};

// Always succeeds: the settings have no invalid values but shapes under 32 voxels along an axis, which are raised
// to 32.
Case make_phantom(const PhantomSettings& settings);

}  // namespace shapslice
