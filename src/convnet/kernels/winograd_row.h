// Convolutions three taps wide with two thirds of the products: Winograd's F(2, 3) along a row (Lavin and Gray, "Fast
// Algorithms for Convolutional Neural Networks", 2016). Two neighbouring outputs see four inputs d0 to d3:
//
//     y0 = d0 g0 + d1 g1 + d2 g2          v0 = d0 - d2    u0 = g0                      y0 = m0 + m1 + m2
//     y1 = d1 g0 + d2 g1 + d3 g2          v1 = d1 + d2    u1 = (g0 + g1 + g2) / 2      y1 = m1 - m2 - m3
//                                         v2 = d2 - d1    u2 = (g0 - g1 + g2) / 2
//     six products                        v3 = d1 - d3    u3 = g2                      mn = vn un: four
//
// Rows and channels are summed up in m, so that only rows are transformed, once when they are staged, and sums, once a
// row of the output. Of whole numbers v and 2 u are whole numbers again: nothing is rounded that was not before.
//
//     staged:       | voxel 0: channels | voxel 1 | ... |             tile t has voxels 2 t to 2 t + 3
//     transformed:  | v0 of tile 0: channels | v0 of tile 1 | ... | v1 of tile 0 | ... | v2 ... | v3 ... |
#pragma once

#include <cstdint>

namespace shapslice::convnet {

constexpr int kWinogradParts = 4;

// `staged` has 2 * tiles + 2 voxels, each of at most 16383, so that no sum of two leaves 16 bits; `channels` is a
// multiple of four.
void transform_row(const std::int16_t* staged, int tiles, int channels, std::int16_t* to);

// `parts`: m of each part, [tile][output]; `to`: [voxel][output], `voxels` of them, 2 * tiles or one less.
void combine_row(const float* parts, int tiles, int voxels, int outputs, bool accumulate, float* to);

}  // namespace shapslice::convnet
