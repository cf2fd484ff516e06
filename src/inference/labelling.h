// Labels on the case's own grid (METHOD 8.4) as work for whatever holds a network's output: a graphics processor makes
// them where the output lies, and 2 bits a voxel come back in place of four floats (shaders/probabilities.wgsl,
// labels.wgsl). The same as label_probabilities() and restore_labels() make, but for what rounding decides.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "image/prepare.h"
#include "inference/manifest.h"

namespace shapslice {

enum class LabelsFrom { labels, regions, painting };

struct Labelling {
    // Extents of the output and of the case's box, i j k each; LabelsFrom; Activation; the output's channel of each
    // label, or of TC, WT and ET, or of the regions in the order of painting and then what they paint, 2 bits each.
    std::array<std::int32_t, 12> parameters{};
    // For each voxel of the box along i, then along j, then along k: the output's voxel below, the one above, the bits
    // of the latter's share.
    std::vector<std::int32_t> taps;
    int channels = 0;       // that the output must have
    std::size_t words = 0;  // that the labels take
};

// Of a network that is run on the whole of `prepared` at once.
Labelling labelling_of(const ModelManifest& manifest, const Prepared& prepared);

// Labels of a box's voxels, i fastest, 16 to a word, the first in its lowest bits; the last word's rest is 0.
constexpr std::size_t label_words(const Shape& box) {
    return (voxel_count(box) + 15) / 16;
}

// Such labels of `prepared`'s box on the case's grid, background around it. `words` has label_words() of the box.
std::vector<std::uint8_t> unpack_labels(std::span<const std::uint32_t> words, const Box& box, const Grid& case_grid);

}  // namespace shapslice
