// Smooth random fields: gradient noise on a lattice (Perlin 1985), from + - * / alone.
#pragma once

#include <cstdint>

namespace shapslice {

struct Point {
    float x = 0, y = 0, z = 0;
};

// Band-limited noise of about the given wavelength in mm; values about -1 to 1, mean 0.
class NoiseField {
  public:
    NoiseField(std::uint64_t seed, float wavelength_mm) : seed_(seed), per_mm_(1 / wavelength_mm) {}
    float at(Point p) const;

  private:
    std::uint64_t seed_;
    float per_mm_;
};

}  // namespace shapslice
