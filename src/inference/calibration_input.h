// What a network's activations are measured on where its manifest does not say their ranges (docs/ENGINE.md).
#pragma once

#include <vector>

#include "base/error.h"
#include "image/grid.h"
#include "inference/manifest.h"

namespace shapslice {

struct CalibrationInput {
    Shape shape{0, 0, 0};       // i, j, k of the tensor, i fastest
    std::vector<float> values;  // [channels][k][j][i], all contrasts
};

// The middle of the built-in synthetic case as the model is given it, of at most about 64 voxels a side: always the
// same, and with a tumour in it.
Expected<CalibrationInput> calibration_input(const ModelManifest& manifest);

}  // namespace shapslice
