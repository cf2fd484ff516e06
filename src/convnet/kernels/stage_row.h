// A row of an input, copied for a kernel that slides along it: padded at both ends, its voxels repeated or left out
// where a nearest neighbour resize or padding lies between, and in the kind of numbers that the kernel multiplies.
//
//     stored:                | voxel 0 | voxel 1 | ... |
//     staged:  | pad | pad | | voxel table[0] | voxel table[1] | ... | pad |
//
// A copy costs a few percent of a 3x3x3 convolution, and spares its loop every question about borders. Concatenations
// and upsampled images are never written down: they are staged from their parts.
#pragma once

#include <cstdint>

#include "convnet/graph.h"
#include "convnet/quantisation.h"

namespace shapslice::convnet {

struct RowStaging {
    const int* table = nullptr;  // for each voxel the stored voxel, kNothing: padding; null: the same
    int voxels = 0;              // staged from what is stored
    int channels = 0;            // a multiple of four
    int pad_low = 0;             // voxels
    int pad_high = 0;

    int staged() const { return (pad_low + voxels + pad_high) * channels; }  // elements
};

// `stored` may be null: a row outside of the image, all padding.
// Padding of floats is 0; whole numbers take `zero`, the number that stands for 0.
void stage_row(const RowStaging& staging, const float* stored, float* to);
void stage_row(const RowStaging& staging, const std::int8_t* stored, std::int8_t zero, std::int8_t* to);
void stage_row(const RowStaging& staging, const std::int16_t* stored, std::int16_t zero, std::int16_t* to);
// As the floats that whole numbers stand for.
void stage_row(const RowStaging& staging, const std::int8_t* stored, const Quantisation& quantisation, float* to);
void stage_row(const RowStaging& staging, const std::int16_t* stored, const Quantisation& quantisation, float* to);

}  // namespace shapslice::convnet
