// restore_labels (image/prepare.h). Its own file: it runs once per model run and is made for speed.
#include <algorithm>

#include "image/prepare.h"

namespace shapslice {

namespace {

constexpr float kRegionThreshold = 0.5f;  // MONAI's and nnU-Net's

RestoreAxis restore_axis(int box_extent, double case_spacing, int content, double spacing, int first) {
    RestoreAxis axis;
    for (int n = 0; n < box_extent; ++n) {
        const double at = std::clamp((n + 0.5) * case_spacing / spacing - 0.5, 0.0, static_cast<double>(content - 1));
        const int low = std::min(static_cast<int>(at), std::max(0, content - 2));
        axis.low.push_back(first + low);
        axis.high.push_back(first + std::min(low + 1, content - 1));
        axis.share.push_back(static_cast<float>(at - low));
    }
    return axis;
}

void blend(const float* a, const float* b, float share, std::size_t count, float* out) {
    for (std::size_t n = 0; n < count; ++n) out[n] = a[n] * (1 - share) + b[n] * share;
}

// True when background is at least every other label in each of `count` voxels, planes `stride` apart. Blending with
// the same weights keeps >= (rounding is monotone), and of equal labels the first wins, so all of it becomes
// background.
bool background_wins(const float* labels, std::size_t stride, std::size_t count) {
    bool wins = true;
    for (std::size_t n = 0; n < count; ++n) {
        const float most = std::max(std::max(labels[stride + n], labels[2 * stride + n]), labels[3 * stride + n]);
        wins &= labels[n] >= most;
    }
    return wins;
}

// True when no region exceeds one half in any of `count` voxels: no blend of them does.
bool nothing_painted(const float* regions, std::size_t stride, std::size_t count) {
    bool nothing = true;
    for (std::size_t n = 0; n < count; ++n) {
        const float most = std::max(std::max(regions[stride + n], regions[2 * stride + n]), regions[3 * stride + n]);
        nothing &= !(most > kRegionThreshold);
    }
    return nothing;
}

// The label that was painted last, for each voxel of the box along i.
void painted_row(const float* row, std::size_t stride, const RestoreAxis& axis,
                 const std::array<std::uint8_t, 3>& paints, std::uint8_t* out) {
    for (std::size_t n = 0; n < axis.low.size(); ++n) {
        const auto low = static_cast<std::size_t>(axis.low[n]);
        const auto high = static_cast<std::size_t>(axis.high[n]);
        const float share = axis.share[n];
        std::uint8_t label = 0;
        for (std::size_t region = 0; region < paints.size(); ++region) {
            const float* p = row + (region + 1) * stride;
            const float value = p[low] * (1 - share) + p[high] * share;
            label = value > kRegionThreshold ? paints[region] : label;
        }
        out[n] = label;
    }
}

// First label of the largest probability, for each voxel of the box along i.
void label_row(const float* row, std::size_t stride, const RestoreAxis& axis, std::uint8_t* out) {
    for (std::size_t n = 0; n < axis.low.size(); ++n) {
        const auto low = static_cast<std::size_t>(axis.low[n]);
        const auto high = static_cast<std::size_t>(axis.high[n]);
        const float share = axis.share[n];
        float best = row[low] * (1 - share) + row[high] * share;
        std::uint8_t label = 0;
        for (std::uint8_t other = 1; other < kLabels; ++other) {
            const float* p = row + other * stride;
            const float value = p[low] * (1 - share) + p[high] * share;
            label = value > best ? other : label;
            best = std::max(best, value);
        }
        out[n] = label;
    }
}

}  // namespace

std::array<RestoreAxis, 3> restore_axes(const Prepared& prepared) {
    const Shape extent = prepared.box.extent();
    std::array<RestoreAxis, 3> axes;
    for (std::size_t n = 0; n < 3; ++n)
        axes[n] = restore_axis(extent[n], prepared.case_spacing[n], prepared.content[n], prepared.spacing[n],
                               prepared.low[n]);
    return axes;
}

std::vector<std::uint8_t> restore_labels(std::span<const float> probabilities, const Prepared& prepared,
                                         const Grid& case_grid, const Decision& decision) {
    const auto all_background = decision.largest ? background_wins : nothing_painted;
    std::vector<std::uint8_t> labels(case_grid.size(), 0);
    const Shape extent = prepared.box.extent();
    const std::array<RestoreAxis, 3> axes = restore_axes(prepared);
    const auto width = static_cast<std::size_t>(prepared.padded[0]);
    const std::size_t plane = width * static_cast<std::size_t>(prepared.padded[1]);
    const std::size_t volume = plane * static_cast<std::size_t>(prepared.padded[2]);
    std::vector<float> blended_plane(kLabels * plane);
    std::vector<float> row(kLabels * width);
    for (int k = 0; k < extent[2]; ++k) {
        const auto nk = static_cast<std::size_t>(k);
        for (std::size_t label = 0; label < kLabels; ++label) {
            const float* from = probabilities.data() + label * volume;
            blend(from + static_cast<std::size_t>(axes[2].low[nk]) * plane,
                  from + static_cast<std::size_t>(axes[2].high[nk]) * plane, axes[2].share[nk], plane,
                  blended_plane.data() + label * plane);
        }
        if (all_background(blended_plane.data(), plane, plane)) continue;
        for (int j = 0; j < extent[1]; ++j) {
            const auto nj = static_cast<std::size_t>(j);
            for (std::size_t label = 0; label < kLabels; ++label) {
                const float* from = blended_plane.data() + label * plane;
                blend(from + static_cast<std::size_t>(axes[1].low[nj]) * width,
                      from + static_cast<std::size_t>(axes[1].high[nj]) * width, axes[1].share[nj], width,
                      row.data() + label * width);
            }
            if (all_background(row.data(), width, width)) continue;
            std::uint8_t* out =
                labels.data() + case_grid.index(prepared.box.low[0], prepared.box.low[1] + j, prepared.box.low[2] + k);
            if (decision.largest) {
                label_row(row.data(), width, axes[0], out);
            } else {
                painted_row(row.data(), width, axes[0], decision.paints, out);
            }
        }
    }
    return labels;
}

}  // namespace shapslice
