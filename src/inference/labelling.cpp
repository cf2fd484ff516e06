#include "inference/labelling.h"

#include <algorithm>
#include <bit>

#include "inference/probabilities.h"

namespace shapslice {

namespace {

LabelsFrom labels_from(const ModelManifest& manifest) {
    if (manifest.decoding == Decoding::threshold) return LabelsFrom::painting;
    return manifest.output_kind == OutputKind::regions ? LabelsFrom::regions : LabelsFrom::labels;
}

}  // namespace

Labelling labelling_of(const ModelManifest& manifest, const Prepared& prepared) {
    Labelling labelling;
    const Shape box = prepared.box.extent();
    auto at = labelling.parameters.begin();
    at = std::copy(prepared.padded.begin(), prepared.padded.end(), at);
    at = std::copy(box.begin(), box.end(), at);
    *at++ = static_cast<std::int32_t>(labels_from(manifest));
    *at++ = manifest.activation == Activation::softmax ? 0 : manifest.activation == Activation::sigmoid ? 1 : 2;
    if (manifest.decoding == Decoding::threshold) {
        for (const int region : manifest.painting) *at++ = manifest.channels[static_cast<std::size_t>(region)];
        const auto paints = decision_of(manifest).paints;
        *at = paints[0] | paints[1] << 2 | paints[2] << 4;
    } else {
        std::copy(manifest.channels.begin(), manifest.channels.end(), at);
    }
    for (const RestoreAxis& axis : restore_axes(prepared)) {
        for (std::size_t n = 0; n < axis.low.size(); ++n) {
            labelling.taps.insert(labelling.taps.end(),
                                  {axis.low[n], axis.high[n], std::bit_cast<std::int32_t>(axis.share[n])});
        }
    }
    labelling.channels = manifest.output_channels;
    labelling.words = label_words(box);
    return labelling;
}

std::vector<std::uint8_t> unpack_labels(std::span<const std::uint32_t> words, const Box& box, const Grid& case_grid) {
    std::vector<std::uint8_t> labels(case_grid.size(), 0);
    std::size_t n = 0;
    for (int k = box.low[2]; k < box.high[2]; ++k) {
        for (int j = box.low[1]; j < box.high[1]; ++j) {
            std::uint8_t* row = labels.data() + case_grid.index(0, j, k);
            for (int i = box.low[0]; i < box.high[0]; ++i, ++n)
                row[i] = static_cast<std::uint8_t>((words[n / 16] >> (n % 16 * 2)) & 3);
        }
    }
    return labels;
}

}  // namespace shapslice
