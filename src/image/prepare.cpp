#include "image/prepare.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace shapslice {

namespace {

// Where the samples of one axis lie among the source's voxels: between `low` and `low + 1`, at `share` of the way.
struct AxisSamples {
    std::vector<int> low;
    std::vector<float> share;
};

// Output n at (n + 0.5) * spacing from the low edge of `extent` voxels of `source_spacing`, clamped to their centres.
AxisSamples axis_samples(int outputs, double spacing, int extent, double source_spacing) {
    AxisSamples samples;
    for (int n = 0; n < outputs; ++n) {
        const double at = std::clamp((n + 0.5) * spacing / source_spacing - 0.5, 0.0, static_cast<double>(extent - 1));
        const int low = std::min(static_cast<int>(at), std::max(0, extent - 2));
        samples.low.push_back(low);
        samples.share.push_back(static_cast<float>(at - low));
    }
    return samples;
}

int above(int low, int extent) {
    return std::min(low + 1, extent - 1);
}

// Trilinear samples of the box, one output row after another, the k, j and i blends in that order. `row(j, k, out)`
// writes a row of the box's source values.
template <class Row>
void resample_box(const Prepared& prepared, Row row, float* to) {
    const Shape extent = prepared.box.extent();
    std::array<AxisSamples, 3> samples;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        samples[axis] =
            axis_samples(prepared.content[axis], prepared.spacing[axis], extent[axis], prepared.case_spacing[axis]);
    }
    const auto width = static_cast<std::size_t>(extent[0]);
    std::vector<float> near(width), far(width), low_row(width), high_row(width), blended(width);
    const auto blend_k = [&](int j, int k, std::vector<float>& out) {
        const auto n = static_cast<std::size_t>(k);
        row(j, samples[2].low[n], near.data());
        row(j, above(samples[2].low[n], extent[2]), far.data());
        const float share = samples[2].share[n];
        for (std::size_t i = 0; i < width; ++i) out[i] = near[i] * (1 - share) + far[i] * share;
    };
    for (int k = 0; k < prepared.content[2]; ++k) {
        for (int j = 0; j < prepared.content[1]; ++j) {
            const auto n = static_cast<std::size_t>(j);
            blend_k(samples[1].low[n], k, low_row);
            blend_k(above(samples[1].low[n], extent[1]), k, high_row);
            const float share = samples[1].share[n];
            for (std::size_t i = 0; i < width; ++i) blended[i] = low_row[i] * (1 - share) + high_row[i] * share;
            const auto [low_i, low_j, low_k] = prepared.low;
            float* out = to + Grid{prepared.padded}.index(low_i, low_j + j, low_k + k);
            for (std::size_t i = 0; i < static_cast<std::size_t>(prepared.content[0]); ++i) {
                const auto low = static_cast<std::size_t>(samples[0].low[i]);
                const auto high = static_cast<std::size_t>(above(samples[0].low[i], extent[0]));
                out[i] = blended[low] * (1 - samples[0].share[i]) + blended[high] * samples[0].share[i];
            }
        }
    }
}

}  // namespace

ZScore z_score(const std::vector<float>& voxels) {
    double sum = 0;
    std::size_t count = 0;
    for (const float v : voxels) {
        sum += static_cast<double>(v);
        count += v != 0;
    }
    if (count == 0) return {};
    const double mean = sum / static_cast<double>(count);
    double squares = 0;
    for (const float v : voxels) {
        const double off = v != 0 ? static_cast<double>(v) - mean : 0.0;
        squares += off * off;
    }
    const double deviation = std::sqrt(squares / static_cast<double>(count));
    const double constant = std::max(1e-12 * std::abs(mean), 1e-30);  // below it, 1 / deviation is no float
    return {static_cast<float>(mean), deviation > constant ? static_cast<float>(1 / deviation) : 0.0f, deviation};
}

namespace {

constexpr double kLargestDeviation = 1e30;  // differences of such values still are floats
constexpr double kMostPrepared = 1 << 26;   // voxels: a head at 0.5 mm, and a gigabyte for four contrasts
constexpr double kMostPadded = 1 << 27;     // voxels with what stands around it: the largest patch of a model

std::string words_of(double voxels) {
    char count[32];
    std::snprintf(count, sizeof count, "%.3g", voxels);
    return count;
}

}  // namespace

Expected<Box> brain_box(const Case& subject) {
    const Shape& shape = subject.grid.shape;
    Box box{shape, {0, 0, 0}};
    std::size_t row = 0;
    for (int k = 0; k < shape[2]; ++k) {
        for (int j = 0; j < shape[1]; ++j, row += static_cast<std::size_t>(shape[0])) {
            int first = shape[0];
            int last = -1;
            for (const auto& voxels : subject.voxels) {
                const float* v = voxels.data() + row;
                for (int i = 0; i < first; ++i) {
                    if (v[i] != 0) first = i;
                }
                for (int i = shape[0] - 1; i > last; --i) {
                    if (v[i] != 0) last = i;
                }
            }
            if (last < 0) continue;
            box.low = {std::min(box.low[0], first), std::min(box.low[1], j), std::min(box.low[2], k)};
            box.high = {std::max(box.high[0], last + 1), std::max(box.high[1], j + 1), std::max(box.high[2], k + 1)};
        }
    }
    if (box.high[0] == 0) return fail(subject.name + ": every voxel of every contrast is 0; expected a brain.");
    return box;
}

Shape content_extents(const Box& box, const std::array<double, 3>& case_spacing, const std::array<double, 3>& spacing) {
    const Shape extent = box.extent();
    Shape content;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        // The small allowance keeps 140 voxels of 0.9999999 mm from becoming 71 of 2 mm.
        const double length = std::min(extent[axis] * case_spacing[axis] / spacing[axis], kMostPrepared);
        content[axis] = std::max(1, static_cast<int>(std::ceil(length - 1e-4)));
    }
    return content;
}

Shape padded_extents(const Shape& content, int multiple, const Shape& least) {
    Shape padded;
    for (std::size_t axis = 0; axis < 3; ++axis)
        padded[axis] = (std::max(content[axis], least[axis]) + multiple - 1) / multiple * multiple;
    return padded;
}

Expected<Prepared> prepare(const Case& subject, const std::array<double, 3>& spacing_ijk, int multiple,
                           const Shape& least) {
    return prepare(subject, View{spacing_ijk, multiple, least});
}

Expected<Prepared> prepare(const Case& subject, const View& view) {
    auto box = brain_box(subject);
    if (!box) return tl::make_unexpected(box.error());
    if (view.whole_image) *box = {{0, 0, 0}, subject.grid.shape};
    Prepared prepared;
    prepared.box = *box;
    prepared.case_spacing = subject.grid.spacing();
    prepared.spacing = view.spacing;
    const Shape extent = box->extent();
    double wanted = 1;
    for (std::size_t axis = 0; axis < 3; ++axis)
        wanted *= std::max(1.0, extent[axis] * prepared.case_spacing[axis] / view.spacing[axis]);
    if (!(wanted <= kMostPrepared)) {
        return fail(subject.name + ": at the model's spacing the brain has " + words_of(wanted) +
                    " voxels; expected at most " + std::to_string(static_cast<int>(kMostPrepared)) +
                    ". The voxel size in the files may be wrong.");
    }
    prepared.content = content_extents(*box, prepared.case_spacing, view.spacing);
    prepared.padded = padded_extents(prepared.content, view.multiple, view.least);
    const auto extent_of = [&](int axis) {
        return static_cast<double>(prepared.padded[static_cast<std::size_t>(axis)]);
    };
    if (const double padded = extent_of(0) * extent_of(1) * extent_of(2); padded > kMostPadded) {
        return fail(subject.name + ": padded as the model wants it the image has " + words_of(padded) +
                    " voxels; expected at most " + words_of(kMostPadded) +
                    ". The model's least extents or the number that its extents are multiples of may be wrong.");
    }
    for (std::size_t axis = 0; view.centred && axis < 3; ++axis)
        prepared.low[axis] = (prepared.padded[axis] - prepared.content[axis]) / 2;
    const std::size_t voxels = voxel_count(prepared.padded);
    prepared.channels.assign(kContrasts * voxels, 0.0f);
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const ZScore z = z_score(subject.voxels[c]);
        if (!(z.deviation <= kLargestDeviation)) {
            return fail(subject.name + ": the values of " + std::string(kContrastTitles[c]) +
                        " are too far apart to be normalised; expected intensities of an image.");
        }
        const auto row = [&](int j, int k, float* out) {
            const float* v =
                subject.voxels[c].data() + subject.grid.index(box->low[0], box->low[1] + j, box->low[2] + k);
            for (int i = 0; i < extent[0]; ++i) out[i] = v[i] != 0 ? z.of(v[i]) : 0.0f;
        };
        resample_box(prepared, row, prepared.channels.data() + c * voxels);
    }
    return prepared;
}

std::vector<float> prepare_labels(std::span<const std::uint8_t> labels, const Grid& case_grid,
                                  const Prepared& prepared) {
    const std::size_t voxels = voxel_count(prepared.padded);
    std::vector<float> fractions(kLabels * voxels, 0.0f);
    std::fill_n(fractions.begin(), voxels, 1.0f);
    const Box& box = prepared.box;
    for (std::size_t label = 0; label < kLabels; ++label) {
        const auto row = [&](int j, int k, float* out) {
            const std::uint8_t* v = labels.data() + case_grid.index(box.low[0], box.low[1] + j, box.low[2] + k);
            for (int i = 0; i < box.extent()[0]; ++i) out[i] = v[i] == label ? 1.0f : 0.0f;
        };
        resample_box(prepared, row, fractions.data() + label * voxels);
    }
    return fractions;
}

}  // namespace shapslice
