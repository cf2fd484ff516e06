#include "image/one_grid.h"

#include <Eigen/LU>
#include <algorithm>
#include <cstdio>
#include <optional>

#include "image/orient.h"

namespace shapslice {

namespace {

constexpr double kSameGrid = 0.1;       // of a voxel's shortest edge, METHOD 8.2
constexpr double kSaidDistance = 1e-6;  // mm: below it, corners differ by rounding alone
constexpr double kLeastOverlap = 0.5;   // of the smaller brain box, METHOD 8.2

std::string millimetres(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g mm", value);
    return text;
}

std::string shape_words(const Shape& shape) {
    return std::to_string(shape[0]) + " x " + std::to_string(shape[1]) + " x " + std::to_string(shape[2]);
}

double shortest_edge(const Grid& grid) {
    const auto spacing = grid.spacing();
    return std::min({spacing[0], spacing[1], spacing[2]});
}

// The header says nothing of where the voxels are: no transform, or the identity that writers leave who know of none.
bool places_nothing(const StorageLayout& layout) {
    return (layout.qform_code == 0 && layout.sform_code == 0) ||
           layout.grid.affine.isApprox(Eigen::Matrix4d::Identity());
}

// The voxels as `target` would hold them, were they stored as its file stores its own.
std::vector<float> stored_alike(const NiftiImage& image, const StorageLayout& target, const Shape& target_shape) {
    const auto each = [](const Shape& shape, const StorageWalk& walk, auto visit) {
        std::size_t n = 0;
        for (int k = 0; k < shape[2]; ++k) {
            for (int j = 0; j < shape[1]; ++j) {
                for (int i = 0; i < shape[0]; ++i, ++n)
                    visit(n, static_cast<std::size_t>(walk.start + walk.step[2] * k + walk.step[1] * j +
                                                      walk.step[0] * i));
            }
        }
    };
    std::vector<float> stored(image.volume.voxels.size()), alike(stored.size());
    each(image.volume.grid.shape, storage_walk(image.layout),
         [&](std::size_t n, std::size_t at) { stored[at] = image.volume.voxels[n]; });
    each(target_shape, storage_walk(target), [&](std::size_t n, std::size_t at) { alike[n] = stored[at]; });
    return alike;
}

// Corners of what is not 0, in voxels: [low, high]. Nothing where all is 0.
struct Extent {
    Eigen::Vector3d low, high;
    double volume(const Grid& grid) const {
        const auto spacing = grid.spacing();
        double product = 1;
        for (int axis = 0; axis < 3; ++axis)
            product *= (high[axis] - low[axis] + 1) * spacing[static_cast<std::size_t>(axis)];
        return product;
    }
};
std::optional<Extent> extent_of(std::span<const float> voxels, const Shape& shape) {
    Shape low = shape, high{-1, -1, -1};
    std::size_t n = 0;
    for (int k = 0; k < shape[2]; ++k) {
        for (int j = 0; j < shape[1]; ++j) {
            for (int i = 0; i < shape[0]; ++i, ++n) {
                if (voxels[n] == 0) continue;
                const Shape at{i, j, k};
                for (std::size_t axis = 0; axis < 3; ++axis) {
                    low[axis] = std::min(low[axis], at[axis]);
                    high[axis] = std::max(high[axis], at[axis]);
                }
            }
        }
    }
    if (high[0] < 0) return std::nullopt;
    return Extent{Eigen::Vector3d(low[0], low[1], low[2]), Eigen::Vector3d(high[0], high[1], high[2])};
}

// Share of the points of a regular lattice over a box of `from` that lie in the volume of `to`.
double share_inside(const Extent& box, const Grid& from, const Grid& to) {
    constexpr int kPoints = 24;  // along an axis
    const Eigen::Matrix4d map = to.affine.inverse() * from.affine;
    int inside = 0;
    for (int n = 0; n < kPoints * kPoints * kPoints; ++n) {
        const Eigen::Vector3d step(n % kPoints, n / kPoints % kPoints, n / kPoints / kPoints);
        const Eigen::Vector3d at = box.low + (box.high - box.low).cwiseProduct(step) / (kPoints - 1);
        const Eigen::Vector4d there = map * Eigen::Vector4d(at[0], at[1], at[2], 1);
        bool in = true;
        for (int axis = 0; axis < 3; ++axis)
            in = in && there[axis] >= -0.5 && there[axis] <= to.shape[static_cast<std::size_t>(axis)] - 0.5;
        inside += in;
    }
    return static_cast<double>(inside) / (kPoints * kPoints * kPoints);
}

// Of the smaller of both brain boxes, how much lies in the other image's volume. Labels have no brain: all of them
// should lie in the case's volume.
double overlap(const Volume<float>& volume, const CaseGrid& to, bool labels) {
    const auto own = extent_of(volume.voxels, volume.grid.shape), others = extent_of(to.voxels, to.grid.shape);
    if (!own || !others) return 1;  // nothing to lose
    if (labels || own->volume(volume.grid) <= others->volume(to.grid)) return share_inside(*own, volume.grid, to.grid);
    return share_inside(*others, to.grid, volume.grid);
}

// Linear, but 0 exactly where the nearest voxel of the source is 0.
std::vector<float> resample_image(const Volume<float>& source, const Grid& target) {
    std::vector<float> voxels = resample_to(source, target, Interpolation::linear);
    const std::vector<float> nearest = resample_to(source, target, Interpolation::nearest);
    for (std::size_t n = 0; n < voxels.size(); ++n) {
        if (nearest[n] == 0)
            voxels[n] = 0;
        else if (voxels[n] == 0)
            voxels[n] = kBrainZero;
    }
    return voxels;
}

// How it came onto the grid; nothing where it lies elsewhere, and enough of it lies over the case to be resampled.
Expected<std::optional<GridFit>> fits(NamedImage& named, const CaseGrid& to, bool labels,
                                      std::vector<std::string>& notes) {
    Volume<float>& volume = named.image.volume;
    if (same_grid(volume.grid, to.grid, kSameGrid * shortest_edge(to.grid))) {
        const double off = corner_distance(volume.grid, to.grid);
        if (off > kSaidDistance)
            notes.push_back(named.file_name + ": its header is off that of " + to.file + " by " + millimetres(off) +
                            ", less than a tenth of a voxel; both are taken for one grid.");
        volume.grid = to.grid;
        return GridFit::own;
    }
    if (named.image.layout.grid.shape == to.layout.grid.shape && places_nothing(named.image.layout)) {
        volume.voxels = stored_alike(named.image, to.layout, to.grid.shape);
        volume.grid = to.grid;
        notes.push_back(named.file_name + ": its header does not say where the image lies; it has the shape of " +
                        to.file + " and is laid on it voxel by voxel. Check on the slices that it fits.");
        return GridFit::voxel_by_voxel;
    }
    const double share = overlap(volume, to, labels);
    if (share >= kLeastOverlap) return std::nullopt;
    char percent[8];
    std::snprintf(percent, sizeof percent, "%.0f", 100 * share);
    return fail(named.file_name +
                (share == 0 ? ": it lies nowhere over " + to.file
                            : ": only " + std::string(percent) + " % of it lies over " + to.file) +
                "; expected images of one patient in one space.");
}

std::string resampled_note(const NamedImage& named, const CaseGrid& to, std::string_view how) {
    const Grid& own = named.image.volume.grid;
    return named.file_name + ": resampled (" + std::string(how) + ") to the grid of " + to.file + "; its own is " +
           (own.shape == to.grid.shape ? "off by up to " + millimetres(corner_distance(own, to.grid))
                                       : shape_words(own.shape) + " instead of " + shape_words(to.grid.shape)) +
           ".";
}

}  // namespace

Expected<GridFit> bring_image(NamedImage& named, const Background& background, const CaseGrid& to,
                              std::vector<std::string>& notes) {
    Volume<float>& volume = named.image.volume;
    clear_background(volume.voxels, background);
    const auto done = fits(named, to, false, notes);
    if (!done) return tl::make_unexpected(done.error());
    if (*done) return **done;
    notes.push_back(resampled_note(named, to, "linear"));
    volume.voxels = resample_image(volume, to.grid);
    volume.grid = to.grid;
    return GridFit::linear;
}

Expected<GridFit> bring_labels(NamedImage& named, const CaseGrid& to, std::vector<std::string>& notes) {
    Volume<float>& volume = named.image.volume;
    const auto done = fits(named, to, true, notes);
    if (!done) return tl::make_unexpected(done.error());
    if (*done) return **done;
    notes.push_back(resampled_note(named, to, "nearest"));
    volume.voxels = resample_to(volume, to.grid, Interpolation::nearest);
    volume.grid = to.grid;
    return GridFit::nearest;
}

}  // namespace shapslice
