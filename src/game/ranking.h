// From Shapley values to ranks (METHOD 4).
#pragma once

#include "base/terms.h"

namespace shapslice {

// Rank 1 is the largest value. Values that chain within 1e-9 of each other tie and share the mean rank (METHOD 4.1).
PerContrast<double> rank_descending(const PerContrast<double>& values);

}  // namespace shapslice
