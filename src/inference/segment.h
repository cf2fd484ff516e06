// One coalition through one model: from the prepared case to a label map on the case's own grid.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/precision.h"
#include "base/task.h"
#include "base/terms.h"
#include "image/prepare.h"
#include "inference/manifest.h"
#include "inference/runtime.h"

namespace shapslice {

// The model's input channels for a coalition: contrasts in the manifest's order, in place of absent ones their channel
// of `absent` (inference/absent_channels.h, laid out as prepared.channels), or 0 where that is empty (METHOD 2.3).
// `input` holds kContrasts * voxels of `prepared.padded`.
void coalition_input(const Prepared& prepared, std::span<const float> absent, const ModelManifest& manifest,
                     Coalition coalition, std::span<float> input);

// Volumes with their axes in another order: axis n of `to` is axis `axes[n]` of `from`, both fastest first; `extents`
// are those of `from`.
void turn_axes(std::span<const float> from, const Shape& extents, const AxisOrder& axes, std::size_t channels,
               std::span<float> to);
// Extents of what turn_axes() makes.
Shape turned_shape(const Shape& extents, const AxisOrder& axes);
// The order that undoes another.
AxisOrder turned_back(const AxisOrder& axes);

struct Segmentation {
    std::vector<std::uint8_t> labels;  // on the case's grid
    std::string provider;
    std::string notice;
    double run_seconds = 0;  // sum over tiles of the bare runs
    int tiles = 0;
    bool mixed = false;  // of tiles in two arithmetics, since the runtime changed its own on the way: of no use
};

// Where that is asked for, and the manifest has the ranges of activations that show the program's own engine to take
// the network.
inline bool runs_fast(const ModelManifest& manifest, int fold, Precision precision) {
    return precision == Precision::fast && !manifest.folds[static_cast<std::size_t>(fold)].activations.empty();
}

// Runs all tiles and restores the labels. `image` is another number for another `prepared` or `absent`;
// `ranges` are those of case_ranges(), for a fast run. All that is
// referred to must outlive the task. An error of the runtime is passed on; an output of another size than the manifest
// says is an error that names the model.
Task<Expected<Segmentation>> segment(Runtime& runtime, const ModelManifest& manifest, int fold,
                                     const Prepared& prepared, std::span<const float> absent, const Grid& case_grid,
                                     Coalition coalition, Precision precision, std::uint64_t image = 0,
                                     std::string ranges = {});

// Whether rounding this case's input by the fold's own ranges would cut anything off: its image is brighter than those
// that the ranges were measured on. A fast study then asks for ranges of the case first.
bool leaves_ranges(const ModelManifest& manifest, int fold, const Prepared& prepared);

// The ranges of activations for such a case and fold, for segment(): they depend on these and on nothing else. Of
// several tiles the one with the furthest value counts.
Task<Expected<std::string>> case_ranges(Runtime& runtime, const ModelManifest& manifest, int fold,
                                        const Prepared& prepared);

}  // namespace shapslice
