// A voxel grid in the scanner's world, and volumes on it.
#pragma once

#include <Eigen/Core>
#include <array>
#include <cstddef>
#include <string_view>
#include <vector>

namespace shapslice {

// Voxels along i, j, k; i varies fastest in memory.
using Shape = std::array<int, 3>;

constexpr std::size_t voxel_count(const Shape& shape) {
    return static_cast<std::size_t>(shape[0]) * static_cast<std::size_t>(shape[1]) * static_cast<std::size_t>(shape[2]);
}

struct Grid {
    Shape shape{0, 0, 0};
    // Voxel index (centre of the voxel) to world millimetres, RAS+: x to the right, y to the front, z up.
    Eigen::Matrix4d affine = Eigen::Matrix4d::Identity();

    std::size_t size() const { return voxel_count(shape); }
    std::size_t index(int i, int j, int k) const {
        return (static_cast<std::size_t>(k) * static_cast<std::size_t>(shape[1]) + static_cast<std::size_t>(j)) *
                   static_cast<std::size_t>(shape[0]) +
               static_cast<std::size_t>(i);
    }
    // Edge lengths of a voxel in mm along i, j, k.
    std::array<double, 3> spacing() const {
        return {affine.col(0).head<3>().norm(), affine.col(1).head<3>().norm(), affine.col(2).head<3>().norm()};
    }
};

// How an image came onto the grid of its case (METHOD 8.2): it lay on it, was laid on it voxel by voxel because its
// header places nothing, or was resampled.
enum class GridFit { own, voxel_by_voxel, linear, nearest };
inline constexpr std::array<std::string_view, 4> kGridFitNames{"own", "voxel by voxel", "linear", "nearest"};

template <class T>
struct Volume {
    Grid grid;
    std::vector<T> voxels;  // grid.size() of them
};

}  // namespace shapslice
