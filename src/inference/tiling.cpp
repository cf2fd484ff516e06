#include "inference/tiling.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace shapslice {

namespace {

// Low ends of tiles of `size` along an axis of `whole` voxels: evenly spread, steps of at most half a tile.
std::vector<int> tile_starts(int whole, int size) {
    const int slack = whole - size;
    if (slack <= 0) return {0};
    const int longest_step = std::max(1, size / 2);
    const int steps = (slack + longest_step - 1) / longest_step;
    std::vector<int> starts;
    for (int n = 0; n <= steps; ++n) starts.push_back(static_cast<int>(static_cast<long>(slack) * n / steps));
    return starts;
}

// Calls body(tile row's first voxel in the whole, in the tile) for each row of i.
template <class Body>
void each_row(const Tiling& tiling, const Tile& tile, Body body) {
    for (int k = 0; k < tiling.size[2]; ++k) {
        for (int j = 0; j < tiling.size[1]; ++j) {
            const auto whole = (static_cast<std::size_t>(tile.low[2] + k) * static_cast<std::size_t>(tiling.whole[1]) +
                                static_cast<std::size_t>(tile.low[1] + j)) *
                                   static_cast<std::size_t>(tiling.whole[0]) +
                               static_cast<std::size_t>(tile.low[0]);
            const auto local =
                (static_cast<std::size_t>(k) * static_cast<std::size_t>(tiling.size[1]) + static_cast<std::size_t>(j)) *
                static_cast<std::size_t>(tiling.size[0]);
            body(whole, local);
        }
    }
}

}  // namespace

Tiling tile(const Shape& whole, const Shape& patch) {
    Tiling tiling;
    tiling.whole = whole;
    std::array<std::vector<int>, 3> starts;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        tiling.size[axis] = std::min(whole[axis], patch[axis]);
        starts[axis] = tile_starts(whole[axis], tiling.size[axis]);
    }
    for (const int k : starts[2]) {
        for (const int j : starts[1]) {
            for (const int i : starts[0]) tiling.tiles.push_back({{i, j, k}});
        }
    }
    return tiling;
}

std::vector<float> gaussian_weights(const Shape& size) {
    constexpr double kSigmaShare = 0.125;
    constexpr float kLeast = 1e-3f;
    std::array<std::vector<double>, 3> along;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const double centre = (size[axis] - 1) / 2.0;
        const double sigma = kSigmaShare * size[axis];
        for (int n = 0; n < size[axis]; ++n) {
            const double z = (n - centre) / sigma;
            along[axis].push_back(std::exp(-0.5 * z * z));
        }
    }
    std::vector<float> weights;
    weights.reserve(voxel_count(size));
    for (const double wk : along[2]) {
        for (const double wj : along[1]) {
            for (const double wi : along[0]) weights.push_back(std::max(kLeast, static_cast<float>(wk * wj * wi)));
        }
    }
    return weights;
}

void cut_tile(std::span<const float> whole, const Tiling& tiling, const Tile& tile, int channels,
              std::span<float> cut) {
    const std::size_t whole_voxels = voxel_count(tiling.whole);
    const std::size_t tile_voxels = voxel_count(tiling.size);
    const auto row = static_cast<std::size_t>(tiling.size[0]);
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
        each_row(tiling, tile, [&](std::size_t from, std::size_t to) {
            std::copy_n(whole.data() + c * whole_voxels + from, row, cut.data() + c * tile_voxels + to);
        });
    }
}

void add_tile(std::span<const float> values, std::span<const float> weights, const Tiling& tiling, const Tile& tile,
              int channels, std::span<float> sum, std::span<float> total) {
    const std::size_t whole_voxels = voxel_count(tiling.whole);
    const std::size_t tile_voxels = voxel_count(tiling.size);
    const auto row = static_cast<std::size_t>(tiling.size[0]);
    each_row(tiling, tile, [&](std::size_t whole, std::size_t local) {
        for (std::size_t n = 0; n < row; ++n) total[whole + n] += weights[local + n];
        for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
            float* to = sum.data() + c * whole_voxels + whole;
            const float* from = values.data() + c * tile_voxels + local;
            for (std::size_t n = 0; n < row; ++n) to[n] += weights[local + n] * from[n];
        }
    });
}

}  // namespace shapslice
