#include "image/background.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace shapslice {

namespace {

constexpr double kReach = 1e-3;           // of the distance to the 99th percentile, METHOD 8.3
constexpr double kMostReach = 0.05;       // of it, where the faces are noisy
constexpr double kCommonShare = 0.25;     // of the faces: below it they have no common value
constexpr double kStrayShare = 0.01;      // of the background: fewer voxels that are not 0 are the brain's darkest
constexpr double kOvershootShare = 0.05;  // of the image: more than that beyond the background's value is brain

template <class Visit>
void each_face_voxel(const Shape& shape, Visit visit) {
    const Grid grid{shape};
    for (int k = 0; k < shape[2]; ++k) {
        for (int j = 0; j < shape[1]; ++j) {
            const bool whole_row = k == 0 || k == shape[2] - 1 || j == 0 || j == shape[1] - 1;
            const int step = whole_row ? 1 : std::max(1, shape[0] - 1);
            for (int i = 0; i < shape[0]; i += step) visit(grid.index(i, j, k));
        }
    }
}

std::vector<float> sorted_faces(std::span<const float> voxels, const Shape& shape) {
    std::vector<float> faces;
    each_face_voxel(shape, [&](std::size_t n) { faces.push_back(voxels[n]); });
    std::sort(faces.begin(), faces.end());
    return faces;
}

float percentile(std::span<const float> voxels, double share) {
    // Every voxel of a small image, a sample of a large one; the step shares no factor with usual extents.
    const std::size_t step = std::max<std::size_t>(1, voxels.size() / 500000) | 1;
    std::vector<float> sample;
    for (std::size_t n = 0; n < voxels.size(); n += step) sample.push_back(voxels[n]);
    const auto at = sample.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(sample.size() - 1));
    std::nth_element(sample.begin(), at, sample.end());
    return *at;
}

// The run of sorted values no wider than `width` that holds the most of them: [first, last).
std::pair<std::size_t, std::size_t> densest_run(const std::vector<float>& sorted, double width) {
    std::pair<std::size_t, std::size_t> best{0, 0};
    std::size_t first = 0;
    for (std::size_t last = 0; last < sorted.size(); ++last) {
        while (static_cast<double>(sorted[last]) - static_cast<double>(sorted[first]) > width) ++first;
        if (last + 1 - first > best.second - best.first) best = {first, last + 1};
    }
    return best;
}

// The value that most of a sorted run's elements have, where half of them have it; else the one in the middle.
float common_value(const std::vector<float>& sorted, std::size_t first, std::size_t last) {
    const float middle = sorted[first + (last - first) / 2];
    std::size_t most = 0;
    float value = middle;
    for (std::size_t n = first; n < last;) {
        std::size_t end = n;
        while (end < last && sorted[end] == sorted[n]) ++end;
        if (end - n > most) {
            most = end - n;
            value = sorted[n];
        }
        n = end;
    }
    return 2 * most >= last - first ? value : middle;
}

// Faces that are near the value: those of the background, noisy or not, and not the brain's where it is cut.
std::vector<double> near_distances(const std::vector<float>& faces, float value, double most) {
    std::vector<double> distances;
    for (const float face : faces) {
        const double distance = std::abs(static_cast<double>(face) - static_cast<double>(value));
        if (distance <= most) distances.push_back(distance);
    }
    return distances;
}

// 1.4826 times their median, the spread of noise: 0 where most faces have the very value.
double spread_of(std::vector<double> distances) {
    if (distances.empty()) return 0;
    const auto middle = distances.begin() + static_cast<std::ptrdiff_t>(distances.size() / 2);
    std::nth_element(distances.begin(), middle, distances.end());
    return 1.4826 * *middle;
}

// Values that are the background's when connected to a face: [low, high].
struct Reach {
    float low, high;
    bool holds(float v) const { return v >= low && v <= high; }
};

// Takes in all beyond the value on the side away from the brain, if nearly all of the image lies on the other.
Reach with_overshoot(std::span<const float> voxels, Reach reach, bool brain_above) {
    const auto below = std::count_if(voxels.begin(), voxels.end(), [&](float v) { return v < reach.low; });
    const auto above = std::count_if(voxels.begin(), voxels.end(), [&](float v) { return v > reach.high; });
    const auto beyond = brain_above ? below : above;
    if (static_cast<double>(beyond) > kOvershootShare * static_cast<double>(below + above)) return reach;
    constexpr float kEndless = std::numeric_limits<float>::infinity();
    return brain_above ? Reach{-kEndless, reach.high} : Reach{reach.low, kEndless};
}

// Marks the voxels within reach that are connected to a face by neighbours that share a side.
std::vector<std::uint8_t> connected_to_faces(std::span<const float> voxels, const Shape& shape, const Reach& reach) {
    std::vector<std::uint8_t> mask(voxels.size(), 0);
    std::vector<std::uint32_t> open;
    const auto take = [&](std::size_t n) {
        if (mask[n] || !reach.holds(voxels[n])) return;
        mask[n] = 1;
        open.push_back(static_cast<std::uint32_t>(n));
    };
    each_face_voxel(shape, take);
    const auto nx = static_cast<std::size_t>(shape[0]);
    const auto ny = static_cast<std::size_t>(shape[1]);
    const auto nz = static_cast<std::size_t>(shape[2]);
    while (!open.empty()) {
        const std::size_t n = open.back();
        open.pop_back();
        const std::size_t i = n % nx, j = n / nx % ny, k = n / nx / ny;
        if (i > 0) take(n - 1);
        if (i + 1 < nx) take(n + 1);
        if (j > 0) take(n - nx);
        if (j + 1 < ny) take(n + nx);
        if (k > 0) take(n - nx * ny);
        if (k + 1 < nz) take(n + nx * ny);
    }
    return mask;
}

// Whether what of the background is not 0 is no more than the brain's darkest voxels would be.
bool is_zero(std::span<const float> voxels, const std::vector<std::uint8_t>& mask) {
    std::size_t background = 0, stray = 0;
    for (std::size_t n = 0; n < voxels.size(); ++n) {
        background += mask[n];
        stray += mask[n] && voxels[n] != 0;
    }
    return static_cast<double>(stray) <= kStrayShare * static_cast<double>(background);
}

}  // namespace

Background find_background(std::span<const float> voxels, const Shape& shape) {
    Background found;
    if (voxels.empty()) return found;
    const std::vector<float> faces = sorted_faces(voxels, shape);
    const float low = percentile(voxels, 0.01);
    const float high = percentile(voxels, 0.99);
    const double scale = static_cast<double>(high) - static_cast<double>(low);
    if (!(scale > 0)) return found;  // one value alone, or next to nothing but the background's
    const auto [first, last] = densest_run(faces, 2 * kReach * scale);
    const float value = common_value(faces, first, last);
    const auto off = [&](float v) { return std::abs(static_cast<double>(v) - static_cast<double>(value)); };
    const bool brain_above = off(high) >= off(low);
    const double distance = brain_above ? off(high) : off(low);
    const auto near = near_distances(faces, value, kMostReach * distance);
    if (static_cast<double>(near.size()) < kCommonShare * static_cast<double>(faces.size())) return found;
    const double reached = std::max(kReach * distance, std::min(4 * spread_of(near), kMostReach * distance));
    const Reach reach{static_cast<float>(value - reached), static_cast<float>(value + reached)};
    if (value == 0) {
        // Most files: nothing but zeros around the brain. No need to look what is connected.
        const auto zeros = std::count(voxels.begin(), voxels.end(), 0.0f);
        const auto around = std::count_if(voxels.begin(), voxels.end(), [&](float v) { return reach.holds(v); });
        if (static_cast<double>(around - zeros) <= kStrayShare * static_cast<double>(zeros)) return found;
        if (is_zero(voxels, connected_to_faces(voxels, shape, reach))) return found;
    }
    found.exact = false;
    found.value = value;
    found.mask = connected_to_faces(voxels, shape, with_overshoot(voxels, reach, brain_above));
    return found;
}

void clear_background(std::vector<float>& voxels, const Background& background) {
    if (background.exact) return;
    for (std::size_t n = 0; n < voxels.size(); ++n) {
        const float off = voxels[n] - background.value;
        voxels[n] = background.mask[n] ? 0.0f : off == 0 ? kBrainZero : off;
    }
}

}  // namespace shapslice
