#include "inference/absent_channels.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace shapslice {

namespace {

std::vector<bool> brain_of(const Prepared& prepared) {
    const std::size_t voxels = voxel_count(prepared.padded);
    std::vector<bool> brain(voxels, false);
    for (std::size_t n = 0; n < prepared.channels.size(); ++n) {
        if (prepared.channels[n] != 0) brain[n % voxels] = true;
    }
    return brain;
}

// Where at least a part of the voxel is tumour: the first of the label fractions is the background's.
std::vector<bool> tumour_of(std::span<const float> label_fractions, std::size_t voxels) {
    std::vector<bool> tumour(voxels);
    for (std::size_t n = 0; n < voxels; ++n) tumour[n] = label_fractions[n] < 1;
    return tumour;
}

void fill_mean(std::span<const float> channel, const std::vector<bool>& brain, std::span<float> to) {
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t n = 0; n < channel.size(); ++n) {
        if (!brain[n]) continue;
        sum += static_cast<double>(channel[n]);
        ++count;
    }
    const float mean = count ? static_cast<float>(sum / static_cast<double>(count)) : 0.0f;
    for (std::size_t n = 0; n < channel.size(); ++n) to[n] = brain[n] ? mean : 0.0f;
}

void fill_noise(std::span<const float> channel, const std::vector<bool>& brain, const std::vector<bool>& tumour,
                std::uint64_t seed, std::span<float> to) {
    std::vector<float> healthy;
    for (std::size_t n = 0; n < channel.size(); ++n) {
        if (brain[n] && !tumour[n]) healthy.push_back(channel[n]);
    }
    if (healthy.empty()) return;  // nothing to draw from: 0, as `zero` has it
    Random random(seed);
    for (std::size_t n = 0; n < channel.size(); ++n) {
        if (brain[n]) to[n] = healthy[random.next() % healthy.size()];
    }
}

// Offsets of the voxels whose centres lie within `margin` mm.
std::vector<Shape> ball(const std::array<double, 3>& spacing, double margin) {
    Shape reach;
    for (std::size_t axis = 0; axis < 3; ++axis) reach[axis] = static_cast<int>(margin / spacing[axis]);
    std::vector<Shape> offsets;
    for (int k = -reach[2]; k <= reach[2]; ++k) {
        for (int j = -reach[1]; j <= reach[1]; ++j) {
            for (int i = -reach[0]; i <= reach[0]; ++i) {
                if (std::hypot(i * spacing[0], j * spacing[1], k * spacing[2]) <= margin + 1e-9)
                    offsets.push_back({i, j, k});
            }
        }
    }
    return offsets;
}

std::vector<bool> dilated(const std::vector<bool>& mask, const Prepared& prepared, double margin) {
    const Grid grid{prepared.padded};
    const auto offsets = ball(prepared.spacing, margin);
    std::vector<bool> grown(mask.size(), false);
    for (int k = 0; k < grid.shape[2]; ++k) {
        for (int j = 0; j < grid.shape[1]; ++j) {
            for (int i = 0; i < grid.shape[0]; ++i) {
                if (!mask[grid.index(i, j, k)]) continue;
                for (const auto& [di, dj, dk] : offsets) {
                    const Shape at{i + di, j + dj, k + dk};
                    bool inside = true;
                    for (std::size_t axis = 0; axis < 3; ++axis)
                        inside = inside && at[axis] >= 0 && at[axis] < grid.shape[axis];
                    if (inside) grown[grid.index(at[0], at[1], at[2])] = true;
                }
            }
        }
    }
    return grown;
}

}  // namespace

std::vector<float> absent_channels(const Prepared& prepared, const Baseline& baseline,
                                   std::span<const float> label_fractions) {
    if (baseline.kind == BaselineKind::zero) return {};
    const std::size_t voxels = voxel_count(prepared.padded);
    const std::vector<bool> brain = brain_of(prepared);
    std::vector<bool> tumour;
    if (needs_lesion(baseline.kind)) tumour = tumour_of(label_fractions, voxels);
    if (baseline.kind == BaselineKind::lesion) tumour = dilated(tumour, prepared, baseline.lesion_margin);
    std::vector<float> absent(prepared.channels.size(), 0.0f);
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const auto channel = std::span(prepared.channels).subspan(c * voxels, voxels);
        const auto to = std::span(absent).subspan(c * voxels, voxels);
        if (baseline.kind == BaselineKind::mean) fill_mean(channel, brain, to);
        if (baseline.kind == BaselineKind::noise) fill_noise(channel, brain, tumour, mix(baseline.noise_seed) + c, to);
        for (std::size_t n = 0; baseline.kind == BaselineKind::lesion && n < voxels; ++n)
            to[n] = tumour[n] ? 0.0f : channel[n];
    }
    return absent;
}

}  // namespace shapslice
