// From a network's raw output to the probability of each label.
#pragma once

#include <span>

#include "image/prepare.h"
#include "inference/manifest.h"

namespace shapslice {

// exp(x) in single precision, relative error under 3e-7 for x in [-87, 88], clamped outside. Plain arithmetic: the same
// bits natively and in WebAssembly, which the platforms' own expf does not promise; and it vectorises.
float exp_single(float x);

// Applies the manifest's activation to `output` ([channel][voxel], `voxels` each) and writes the label probabilities
// to `probabilities` ([label][voxel]). Overlapping regions become disjoint labels by
// ET = p(ET), NCR = max(0, p(TC) - p(ET)), ED = max(0, p(WT) - p(TC)), background = 1 - p(WT). Where the manifest
// decodes by thresholds, they stay as they are: 0, then the regions' probabilities in the order of painting, for
// decision_of() to decide by.
void label_probabilities(const ModelManifest& manifest, std::span<const float> output, std::size_t voxels,
                         std::span<float> probabilities);

// What restore_labels() decides such values by.
Decision decision_of(const ModelManifest& manifest);

// The same as far as restore_labels() (image/prepare.h) can tell: where background has the largest value in a row of i
// and in those beside it, no blend of them is anything else, and softmax, monotone as it is, need not be worked out
// there. For a network that was run on the whole image at once.
void label_probabilities_to_restore(const ModelManifest& manifest, std::span<const float> output, const Shape& shape,
                                    std::span<float> probabilities);

}  // namespace shapslice
