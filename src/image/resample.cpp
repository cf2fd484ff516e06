#include "image/resample.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

namespace shapslice {

namespace {

Eigen::Matrix4d target_to_source(const Grid& source, const Grid& target) {
    return source.affine.inverse() * target.affine;
}

// Trilinear between voxel centres; beyond the outermost centres the edge voxel holds for half a voxel, then 0.
float linear_at(const Volume<float>& source, const Eigen::Vector3d& at) {
    std::array<int, 3> low;
    std::array<double, 3> share;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const int last = source.grid.shape[axis] - 1;
        double x = at[static_cast<int>(axis)];
        if (!(x >= -0.5 && x <= last + 0.5)) return 0;  // nor is it a number where affines are extreme
        x = std::clamp(x, 0.0, static_cast<double>(last));
        low[axis] = std::min(static_cast<int>(x), std::max(0, last - 1));
        share[axis] = last == 0 ? 0 : x - low[axis];
    }
    double value = 0;
    for (int corner = 0; corner < 8; ++corner) {
        double weight = 1;
        std::array<int, 3> voxel = low;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const bool high = corner >> axis & 1;
            weight *= high ? share[axis] : 1 - share[axis];
            voxel[axis] += high;
        }
        if (weight > 0) value += weight * source.voxels[source.grid.index(voxel[0], voxel[1], voxel[2])];
    }
    return static_cast<float>(value);
}

float nearest_at(const Volume<float>& source, const Eigen::Vector3d& at) {
    std::array<int, 3> voxel;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double x = std::floor(at[static_cast<int>(axis)] + 0.5);
        if (!(x >= 0 && x < source.grid.shape[axis])) return 0;
        voxel[axis] = static_cast<int>(x);
    }
    return source.voxels[source.grid.index(voxel[0], voxel[1], voxel[2])];
}

template <class Visit>
void each_target_voxel(const Grid& source, const Grid& target, Visit visit) {
    const Eigen::Matrix4d map = target_to_source(source, target);
    for (int k = 0; k < target.shape[2]; ++k) {
        for (int j = 0; j < target.shape[1]; ++j) {
            for (int i = 0; i < target.shape[0]; ++i) {
                if (!visit(Eigen::Vector3d((map * Eigen::Vector4d(i, j, k, 1)).head<3>()))) return;
            }
        }
    }
}

}  // namespace

std::vector<float> resample_to(const Volume<float>& source, const Grid& target, Interpolation interpolation) {
    std::vector<float> voxels;
    voxels.reserve(target.size());
    each_target_voxel(source.grid, target, [&](const Eigen::Vector3d& at) {
        voxels.push_back(interpolation == Interpolation::linear ? linear_at(source, at) : nearest_at(source, at));
        return true;
    });
    return voxels;
}

double corner_distance(const Grid& a, const Grid& b) {
    double largest = 0;
    for (int corner = 0; corner < 8; ++corner) {
        const auto end = [&](const Grid& grid, std::size_t axis) {
            return corner >> axis & 1 ? grid.shape[axis] - 1 : 0;
        };
        const Eigen::Vector4d at_a = a.affine * Eigen::Vector4d(end(a, 0), end(a, 1), end(a, 2), 1);
        const Eigen::Vector4d at_b = b.affine * Eigen::Vector4d(end(b, 0), end(b, 1), end(b, 2), 1);
        largest = std::max(largest, (at_a - at_b).norm());
    }
    return largest;
}

bool same_grid(const Grid& a, const Grid& b, double tolerance) {
    return a.shape == b.shape && corner_distance(a, b) <= tolerance;
}

bool grids_overlap(const Grid& source, const Grid& target) {
    bool overlap = false;
    each_target_voxel(source, target, [&](const Eigen::Vector3d& at) {
        overlap = true;
        for (std::size_t axis = 0; axis < 3; ++axis) {
            const double x = at[static_cast<int>(axis)];
            overlap = overlap && x >= -0.5 && x <= source.shape[axis] - 0.5;
        }
        return !overlap;
    });
    return overlap;
}

}  // namespace shapslice
