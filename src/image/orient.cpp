#include "image/orient.h"

#include <Eigen/SVD>

namespace shapslice {

Grid orient_ras(StorageLayout& layout) {
    const Eigen::Matrix4d& stored = layout.grid.affine;
    Eigen::Matrix3d columns = stored.topLeftCorner<3, 3>();
    for (int axis = 0; axis < 3; ++axis) columns.col(axis).normalize();
    // The rotation nearest to the axes' directions: shears cannot make two axes compete for one direction.
    const Eigen::JacobiSVD<Eigen::Matrix3d> svd(columns, Eigen::ComputeFullU | Eigen::ComputeFullV);
    Eigen::Matrix3d rotation = svd.matrixU() * svd.matrixV().transpose();
    for (int axis = 0; axis < 3; ++axis) {
        Eigen::Index direction = 0;
        rotation.col(axis).cwiseAbs().maxCoeff(&direction);
        const auto to = static_cast<std::size_t>(direction);
        layout.axis[to] = axis;
        layout.flip[to] = rotation(direction, axis) < 0;
        rotation.row(direction).setZero();
    }
    Grid ras;
    ras.affine = Eigen::Matrix4d::Identity();
    ras.affine.col(3) = stored.col(3);
    for (std::size_t r = 0; r < 3; ++r) {
        const int axis = layout.axis[r];
        const int extent = layout.grid.shape[static_cast<std::size_t>(axis)];
        ras.shape[r] = extent;
        const Eigen::Vector4d column = stored.col(axis);
        ras.affine.col(static_cast<int>(r)) = layout.flip[r] ? Eigen::Vector4d(-column) : column;
        if (layout.flip[r]) ras.affine.col(3) += column * (extent - 1);
    }
    return ras;
}

StorageWalk storage_walk(const StorageLayout& layout) {
    const Shape& shape = layout.grid.shape;
    const std::array<std::ptrdiff_t, 3> stride{1, shape[0], static_cast<std::ptrdiff_t>(shape[0]) * shape[1]};
    StorageWalk walk;
    for (std::size_t r = 0; r < 3; ++r) {
        const auto axis = static_cast<std::size_t>(layout.axis[r]);
        walk.step[r] = layout.flip[r] ? -stride[axis] : stride[axis];
        if (layout.flip[r]) walk.start += stride[axis] * (shape[axis] - 1);
    }
    return walk;
}

}  // namespace shapslice
