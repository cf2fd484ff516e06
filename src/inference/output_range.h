// Whether a network's output is what its manifest says: an activation that it has applied itself must not be applied
// once more, and one that it has not must not be left out. Neither fails by itself; both give wrong labels.
#pragma once

#include <optional>
#include <span>

#include "base/error.h"
#include "inference/manifest.h"

namespace shapslice {

// Least and largest value of an output, tile by tile.
class OutputRange {
  public:
    void take(std::span<const float> output);
    // A sentence for the user who added the model, naming it and the setting to change; none where nothing speaks
    // against the manifest. An output of one value everywhere speaks for nothing.
    std::optional<Error> problem(const ModelManifest& manifest) const;

  private:
    float least_ = 0;
    float largest_ = 0;
    bool any_ = false;
    bool only_ends_ = true;  // every value is 0 or 1
};

}  // namespace shapslice
