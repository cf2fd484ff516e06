#include "phantom/noise.h"

#include <cmath>

#include "base/random.h"

namespace shapslice {

namespace {

float fade(float t) {
    return t * t * t * (t * (t * 6 - 15) + 10);
}
float mixed(float a, float b, float t) {
    return a + (b - a) * t;
}

}  // namespace

void NoiseField::enter(int i, int j, int k) const {
    static constexpr std::array<Gradient, 12> kEdges{{{1, 1, 0},
                                                      {1, -1, 0},
                                                      {-1, 1, 0},
                                                      {-1, -1, 0},
                                                      {1, 0, 1},
                                                      {1, 0, -1},
                                                      {-1, 0, 1},
                                                      {-1, 0, -1},
                                                      {0, 1, 1},
                                                      {0, 1, -1},
                                                      {0, -1, 1},
                                                      {0, -1, -1}}};
    for (int n = 0; n < 8; ++n) {
        const auto part = [](int at, std::uint64_t factor) {
            return static_cast<std::uint64_t>(static_cast<std::uint32_t>(at)) * factor;
        };
        const std::uint64_t key =
            part(i + (n & 1), 0x8da6b343u) ^ part(j + (n >> 1 & 1), 0xd8163841u) ^ part(k + (n >> 2), 0xcb1ab31fu);
        corners_[static_cast<std::size_t>(n)] = kEdges[mix(seed_ ^ key) % 12];
    }
    cell_ = {i, j, k};
    entered_ = true;
}

float NoiseField::at(Point p) const {
    const float x = p.x * per_mm_;
    const float y = p.y * per_mm_;
    const float z = p.z * per_mm_;
    const int i = static_cast<int>(std::floor(x));
    const int j = static_cast<int>(std::floor(y));
    const int k = static_cast<int>(std::floor(z));
    if (!entered_ || cell_[0] != i || cell_[1] != j || cell_[2] != k) enter(i, j, k);
    const float dx = x - static_cast<float>(i);
    const float dy = y - static_cast<float>(j);
    const float dz = z - static_cast<float>(k);
    const float fx = fade(dx);
    // Products of the corners' gradients with the ways to them; a gradient has one 0, which changes no sum.
    const auto along_x = [&](std::size_t n, float ey, float ez) {
        const Gradient& low = corners_[n];
        const Gradient& high = corners_[n + 1];
        return mixed(low.x * dx + low.y * ey + low.z * ez, high.x * (dx - 1) + high.y * ey + high.z * ez, fx);
    };
    const float fy = fade(dy);
    return mixed(mixed(along_x(0, dy, dz), along_x(2, dy - 1, dz), fy),
                 mixed(along_x(4, dy, dz - 1), along_x(6, dy - 1, dz - 1), fy), fade(dz));
}

}  // namespace shapslice
