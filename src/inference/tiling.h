// Cutting a prepared case into patches and putting the answers together again (METHOD 8.4).
#pragma once

#include <span>
#include <vector>

#include "image/grid.h"

namespace shapslice {

struct Tile {
    Shape low{0, 0, 0};  // voxel of the whole at the tile's low corner
};

// Tiles of one size that cover `whole`: min(whole, patch) along each axis, neighbours overlapping by at least half.
struct Tiling {
    Shape whole{0, 0, 0};
    Shape size{0, 0, 0};
    std::vector<Tile> tiles;
};
Tiling tile(const Shape& whole, const Shape& patch);

// Gaussian weight of each voxel of a tile: 1 at the centre, sigma an eighth of the extent along each axis (as MONAI and
// nnU-Net weigh patches), never below 1e-3 so that a voxel covered by one tile alone keeps its value.
std::vector<float> gaussian_weights(const Shape& size);

// channels x tile voxels out of channels x whole voxels.
void cut_tile(std::span<const float> whole, const Tiling& tiling, const Tile& tile, int channels, std::span<float> cut);

// sum[c][voxel] += weight * values[c][tile voxel], and total[voxel] += weight.
void add_tile(std::span<const float> values, std::span<const float> weights, const Tiling& tiling, const Tile& tile,
              int channels, std::span<float> sum, std::span<float> total);

}  // namespace shapslice
