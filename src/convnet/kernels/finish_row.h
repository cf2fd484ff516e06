// What happens to a row of results before it is stored, in one pass while it lies in the nearest cache:
//
//     scale and shift a channel  ->  add another row  ->  activation  ->  sums for the next normalisation
//     (weights' scale and bias,      (a residual,        (LeakyReLU,
//      or a normalisation)            a skip)             sigmoid, softmax)
//
// and then, where a convolution reads it so, whole numbers of it.
#pragma once

#include <cstdint>

#include "convnet/graph.h"
#include "convnet/quantisation.h"

namespace shapslice::convnet {

// Rows are [voxel][channel], channels padded to a multiple of four, whose surplus is finite and means nothing.
struct RowFinish {
    const float* scale = nullptr;  // a padded channel each
    const float* shift = nullptr;
    const float* added = nullptr;  // a row to add; null: none
    ActivationKind activation = ActivationKind::none;
    const float* slopes = nullptr;  // of leaky
    double* sums = nullptr;         // a padded channel each, of the results: added to; null: not wanted
    double* square_sums = nullptr;
};

// In place. `channels` are those that count, of padded_channels(channels) in memory.
void finish_row(float* row, int voxels, int channels, const RowFinish& finish);

// `count` is a multiple of four. How many of the row's values were cut off: those that round to a whole number beyond
// 0..largest, and those that are no number.
int quantise_row(const float* row, int count, const Quantisation& quantisation, std::int8_t* to);
int quantise_row(const float* row, int count, const Quantisation& quantisation, std::int16_t* to);

}  // namespace shapslice::convnet
