// Run-length coding of label maps. A tumour fills little of a volume: 80 segmentations of one case (16 coalitions x 5
// folds) are a few MB as runs and 700 MB as voxels, and decoding one takes a few milliseconds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shapslice {

// Each run is (length << 2 | label), label in 0..3, runs in storage order. Empty input gives no runs.
using Runs = std::vector<std::uint32_t>;

Runs encode_runs(std::span<const std::uint8_t> labels);

// Writes the runs over `labels`. False, with `labels` unspecified, when their total length is not labels.size().
bool decode_runs(std::span<const std::uint32_t> runs, std::span<std::uint8_t> labels);

}  // namespace shapslice
