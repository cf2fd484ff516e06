// How much memory a network needs while it runs, from its graph.
#pragma once

#include "network/network.h"

namespace shapslice {

// Values that are held at once, at the height of a run, for each voxel of the input: tensors live from the node that
// makes them to the last that reads them, one node after the other, as ONNX Runtime runs them. Elementwise nodes write
// over what they read last. What a transposed convolution or a normalisation needs besides (network/rewrite.h) counts.
// An estimate: of nodes that are not known to it the output is taken to be as large as the largest input.
double working_values(const Network& network);

}  // namespace shapslice
