#include "inference/calibration_input.h"

#include <algorithm>

#include "image/prepare.h"
#include "inference/segment.h"
#include "inference/tiling.h"
#include "phantom/phantom.h"

namespace shapslice {

Expected<CalibrationInput> calibration_input(const ModelManifest& manifest) {
    const Case subject = make_phantom({});
    const auto prepared = prepare(subject, manifest.spacing, manifest.multiple, manifest.least());
    if (!prepared) return tl::make_unexpected(prepared.error());
    const Tiling tiling = tile(prepared->padded, manifest.small_patch(64));
    std::vector<float> whole(kContrasts * voxel_count(tiling.whole));
    coalition_input(*prepared, {}, manifest, kAllContrasts, whole);
    CalibrationInput input;
    input.values.resize(kContrasts * voxel_count(tiling.size));
    cut_tile(whole, tiling, tiling.tiles[tiling.tiles.size() / 2], kContrasts, input.values);
    input.shape = tiling.size;
    if (manifest.axes == kPlainAxes) return input;
    std::vector<float> turned(input.values.size());
    turn_axes(input.values, tiling.size, manifest.axes, kContrasts, turned);
    return CalibrationInput{turned_shape(tiling.size, manifest.axes), std::move(turned)};
}

}  // namespace shapslice
