// The healthy brain of a phantom: which tissue is where, in millimetres from the middle of the brain.
#pragma once

#include <cstdint>

#include "phantom/noise.h"

namespace shapslice {

enum class Tissue : std::uint8_t { outside, csf, grey, white, deep_grey, vessel };
inline constexpr int kTissues = 6;

// Signed distance to an ellipsoid, mm, exact on its surface and good near it; negative inside.
float ellipsoid_distance(Point p, Point centre, Point semi_axes);

class Anatomy {
  public:
    explicit Anatomy(std::uint64_t seed);

    struct Place {
        Tissue tissue = Tissue::outside;
        float depth = 0;  // mm below the outer surface; negative outside
        float cortex =
            0;  // mm below the folded surface of the cortex: small in grey matter, large in deep white matter
    };
    // x to the right, y to the front, z up; (0, 0, 0) is near the third ventricle.
    Place at(Point p) const;

  private:
    float outer_distance(Point p) const;
    float ventricle_distance(Point p) const;
    float deep_grey_distance(Point p) const;

    Point scale_;  // of this brain against the average one
    float ventricle_width_;
    NoiseField surface_, folds_, fine_folds_, warp_x_, warp_y_, warp_z_, vessels_;
};

}  // namespace shapslice
