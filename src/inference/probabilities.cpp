#include "inference/probabilities.h"

#include <algorithm>
#include <bit>
#include <cstdint>

namespace shapslice {

float exp_single(float x) {
    // exp(x) = 2^n * exp(r), n whole, |r| <= ln 2 / 2; ln 2 in two parts keeps r exact (Cody and Waite).
    x = std::min(std::max(x, -87.0f), 88.0f);
    constexpr float kRound = 12582912.0f;  // 1.5 * 2^23: adding and subtracting it rounds to the nearest whole number
    const float n = (x * 1.44269504f + kRound) - kRound;
    const float r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
    // Taylor series to r^6, in Horner's form: remainder below 1.2e-7 for |r| <= 0.3466.
    float series = 1.0f / 720.0f;
    series = series * r + 1.0f / 120.0f;
    series = series * r + 1.0f / 24.0f;
    series = series * r + 1.0f / 6.0f;
    series = series * r + 0.5f;
    series = series * r + 1.0f;
    series = series * r + 1.0f;
    const auto power = std::bit_cast<float>((static_cast<std::int32_t>(n) + 127) << 23);
    return series * power;
}

namespace {

// Of the voxels [first, end) of `voxels`.
void softmax(std::span<const float> output, const std::vector<int>& channels, std::size_t voxels, std::size_t first,
             std::size_t end, std::span<float> to) {
    const float* in[kLabels];
    float* out[kLabels];
    for (std::size_t label = 0; label < kLabels; ++label) {
        in[label] = output.data() + static_cast<std::size_t>(channels[label]) * voxels;
        out[label] = to.data() + label * voxels;
    }
    for (std::size_t v = first; v < end; ++v) {
        const float top = std::max(std::max(in[0][v], in[1][v]), std::max(in[2][v], in[3][v]));
        const float e0 = exp_single(in[0][v] - top);
        const float e1 = exp_single(in[1][v] - top);
        const float e2 = exp_single(in[2][v] - top);
        const float e3 = exp_single(in[3][v] - top);
        const float scale = 1.0f / (e0 + e1 + e2 + e3);
        out[0][v] = e0 * scale;
        out[1][v] = e1 * scale;
        out[2][v] = e2 * scale;
        out[3][v] = e3 * scale;
    }
}

float activate(float x, Activation activation) {
    return activation == Activation::sigmoid ? 1.0f / (1.0f + exp_single(-x)) : x;
}

// Label that painting a region leaves, by its index in {TC, WT, ET}: of what is not painted over later.
constexpr std::array<std::uint8_t, 3> kPaintedLabel{1, 2, 3};  // NCR, ED, ET

void regions_in_order(const ModelManifest& manifest, std::span<const float> output, std::size_t voxels,
                      std::span<float> to) {
    std::fill_n(to.begin(), voxels, 0.0f);
    for (std::size_t n = 0; n < manifest.painting.size(); ++n) {
        const int channel = manifest.channels[static_cast<std::size_t>(manifest.painting[n])];
        const float* in = output.data() + static_cast<std::size_t>(channel) * voxels;
        float* out = to.data() + (n + 1) * voxels;
        for (std::size_t v = 0; v < voxels; ++v) out[v] = activate(in[v], manifest.activation);
    }
}

void disjoint_from_regions(const ModelManifest& manifest, std::span<const float> output, std::size_t voxels,
                           std::span<float> to) {
    const auto channel = [&](std::size_t n) {
        return output.data() + static_cast<std::size_t>(manifest.channels[n]) * voxels;
    };
    const float* core = channel(0);
    const float* whole = channel(1);
    const float* enhancing = channel(2);
    for (std::size_t v = 0; v < voxels; ++v) {
        const float tc = activate(core[v], manifest.activation);
        const float wt = activate(whole[v], manifest.activation);
        const float et = activate(enhancing[v], manifest.activation);
        to[v] = 1.0f - wt;
        to[voxels + v] = std::max(0.0f, tc - et);
        to[2 * voxels + v] = std::max(0.0f, wt - tc);
        to[3 * voxels + v] = et;
    }
}

}  // namespace

void label_probabilities(const ModelManifest& manifest, std::span<const float> output, std::size_t voxels,
                         std::span<float> probabilities) {
    if (manifest.decoding == Decoding::threshold) {
        regions_in_order(manifest, output, voxels, probabilities);
    } else if (manifest.output_kind == OutputKind::regions) {
        disjoint_from_regions(manifest, output, voxels, probabilities);
    } else if (manifest.activation == Activation::softmax) {
        softmax(output, manifest.channels, voxels, 0, voxels, probabilities);
    } else {
        for (std::size_t label = 0; label < kLabels; ++label) {
            const float* in = output.data() + static_cast<std::size_t>(manifest.channels[label]) * voxels;
            for (std::size_t v = 0; v < voxels; ++v)
                probabilities[label * voxels + v] = activate(in[v], manifest.activation);
        }
    }
}

Decision decision_of(const ModelManifest& manifest) {
    Decision decision;
    decision.largest = manifest.decoding == Decoding::largest;
    for (std::size_t n = 0; n < decision.paints.size(); ++n)
        decision.paints[n] = kPaintedLabel[static_cast<std::size_t>(manifest.painting[n])];
    return decision;
}

namespace {

// For each row of i whether some voxel has another label's value above that of background.
std::vector<std::uint8_t> rows_with_tumour(const ModelManifest& manifest, std::span<const float> output,
                                           const Shape& shape) {
    const std::size_t voxels = voxel_count(shape);
    const auto width = static_cast<std::size_t>(shape[0]);
    const auto channel = [&](std::size_t label) {
        return output.data() + static_cast<std::size_t>(manifest.channels[label]) * voxels;
    };
    std::vector<std::uint8_t> found(voxels / width);
    for (std::size_t row = 0; row < found.size(); ++row) {
        bool any = false;
        for (std::size_t v = row * width; v < (row + 1) * width; ++v)
            any |= std::max(std::max(channel(1)[v], channel(2)[v]), channel(3)[v]) > channel(0)[v];
        found[row] = any;
    }
    return found;
}

}  // namespace

void label_probabilities_to_restore(const ModelManifest& manifest, std::span<const float> output, const Shape& shape,
                                    std::span<float> probabilities) {
    const std::size_t voxels = voxel_count(shape);
    if (manifest.output_kind == OutputKind::regions || manifest.activation != Activation::softmax) {
        label_probabilities(manifest, output, voxels, probabilities);
        return;
    }
    const std::vector<std::uint8_t> tumour = rows_with_tumour(manifest, output, shape);
    const auto at = [&](int j, int k) { return static_cast<std::size_t>(k * shape[1] + j); };
    for (int k = 0; k < shape[2]; ++k) {
        for (int j = 0; j < shape[1]; ++j) {
            bool near = false;
            for (int kk = std::max(0, k - 1); kk <= std::min(shape[2] - 1, k + 1); ++kk) {
                for (int jj = std::max(0, j - 1); jj <= std::min(shape[1] - 1, j + 1); ++jj) near |= tumour[at(jj, kk)];
            }
            const std::size_t first = at(j, k) * static_cast<std::size_t>(shape[0]);
            const std::size_t end = first + static_cast<std::size_t>(shape[0]);
            if (near) {
                softmax(output, manifest.channels, voxels, first, end, probabilities);
                continue;
            }
            for (std::size_t label = 0; label < kLabels; ++label) {
                const auto row = probabilities.subspan(label * voxels + first, end - first);
                std::fill(row.begin(), row.end(), label == 0 ? 1.0f : 0.0f);
            }
        }
    }
}

}  // namespace shapslice
