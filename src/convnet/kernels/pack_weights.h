// A convolution's filters in the order in which conv_row.h reads them.
#pragma once

#include <cstdint>
#include <vector>

#include "convnet/graph.h"

namespace shapslice::convnet {

// Filters for `inputs` channels from `first_input` on, those of one source of the convolution. Missing outputs and
// inputs up to a multiple of four are zeros.
template <class Element>
std::vector<Element> pack_weights(const Filters& filters, int first_input, int inputs);

// The filters of a transposed convolution (kernel = stride) for output rows at `phase_k`, `phase_j` of a block: a 1x1x1
// convolution to kernel width x outputs (padded to four) channels, which are the row's voxels one after another.
template <class Element>
std::vector<Element> pack_transposed_weights(const Filters& filters, int phase_k, int phase_j);

}  // namespace shapslice::convnet
