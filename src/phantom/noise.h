// Smooth random fields: gradient noise on a lattice (Perlin 1985), from + - * / alone.
#pragma once

#include <array>
#include <cstdint>

namespace shapslice {

struct Point {
    float x = 0, y = 0, z = 0;
};

// Band-limited noise of about the given wavelength in mm; values about -1 to 1, mean 0. Points that follow one another
// mostly lie in one cell of the lattice, whose corners are remembered: one field is not for two threads.
class NoiseField {
  public:
    NoiseField(std::uint64_t seed, float wavelength_mm) : seed_(seed), per_mm_(1 / wavelength_mm) {}
    float at(Point p) const;

  private:
    // A corner's gradient: one of the 12 edge directions of a cube.
    struct Gradient {
        float x, y, z;
    };
    void enter(int i, int j, int k) const;

    std::uint64_t seed_;
    float per_mm_;
    mutable bool entered_ = false;
    mutable std::array<int, 3> cell_{};
    mutable std::array<Gradient, 8> corners_{};  // x fastest
};

}  // namespace shapslice
