// One row of a convolution's output, as sums of products: the loop that nearly all of a network's time is spent in.
//
// What goes in is staged (stage_row.h): for each of the kernel's depth x height rows of the input
//
//     row r:   | voxel 0: channel 0 1 2 ... | voxel 1: channel 0 1 2 ... | ...        channels last, padded to a
//     multiple of 4
//              '----------- kernel width voxels: one run ------------'
//
// so that for one output voxel and one row all products lie in one run of memory. A run is taken in groups of 1
// (floats), 2 (16-bit) or 4 (8-bit) channels, which is as many as one lane of an instruction multiplies and adds.
// Weights:
//
//     | block of 8 outputs | row r | group g of the run | output 0..7: its 1, 2 or 4 channels |
//
// Two vectors hold a group's weights for 8 outputs. A group of the input is loaded once into all four lanes and
// multiplied with both; the sums of 6 voxels x 8 outputs stay in 12 registers for the whole of the rows:
//
//              w0: outputs 0-3   w1: outputs 4-7
//     voxel 0     sum 0 0           sum 0 1
//     voxel 1     sum 1 0           sum 1 1
//      ...
//     voxel 5     sum 5 0           sum 5 1
//
// Where outputs are no multiple of 8, the last block is of 4: the same with one column.
#pragma once

#include <cstdint>

namespace shapslice::convnet {

constexpr int kOutputBlock = 8;

template <class Element>
struct RowConvolution {
    const Element* const* rows = nullptr;  // `row_count` staged rows
    int row_count = 0;
    int run = 0;   // elements in a run: kernel width x channels
    int step = 0;  // elements from one output voxel's run to the next one's: stride x channels
    const Element* weights = nullptr;
    int voxels = 0;
    int outputs = 0;                 // a multiple of 4
    const float* scales = nullptr;   // of an output: what its sums are multiplied with,
    const float* offsets = nullptr;  // and what is added then
    bool accumulate = false;         // whether to add to what is there
    float* to = nullptr;             // [voxel][output]
    int to_step = 0;                 // elements from one voxel to the next there: `outputs`, or more
};

// Products of floats.
void convolve_row(const RowConvolution<float>& row);
// Products of wide activations (0..32767) and 8-bit weights held in 16 bits: runs on plain SIMD. Exact as long as an
// output's sum fits 32 bits, which is the caller's to see to. Runs are of an even number of elements.
void convolve_row(const RowConvolution<std::int16_t>& row);
// Products of narrow activations (0..127) and 8-bit weights, for relaxed SIMD. Exact for runs of up to 131072 elements
// over all rows. Runs are a multiple of four elements.
void convolve_row(const RowConvolution<std::int8_t>& row);

}  // namespace shapslice::convnet
