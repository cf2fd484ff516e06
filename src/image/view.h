// What of a case a model sees, and on which grid (METHOD 8.4).
#pragma once

#include <array>

#include "image/grid.h"

namespace shapslice {

struct View {
    std::array<double, 3> spacing{1, 1, 1};  // mm along i, j, k
    int multiple = 1;                        // every extent is a multiple of this
    Shape least{1, 1, 1};                    // and at least this, itself a multiple
    bool whole_image = false;                // not only the brain's box
    bool centred = false;                    // padded at both ends alike (the low one gets the smaller half)

    bool operator==(const View&) const = default;
};

}  // namespace shapslice
