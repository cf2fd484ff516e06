#include "phantom/noise.h"

#include <array>
#include <cmath>

#include "base/random.h"

namespace shapslice {

namespace {

// The product of a lattice corner's gradient (one of the 12 edge directions of a cube) with the way to it.
float corner(std::uint64_t seed, int x, int y, int z, float dx, float dy, float dz) {
    const std::uint64_t key = (static_cast<std::uint64_t>(static_cast<std::uint32_t>(x)) * 0x8da6b343u) ^
                              (static_cast<std::uint64_t>(static_cast<std::uint32_t>(y)) * 0xd8163841u) ^
                              (static_cast<std::uint64_t>(static_cast<std::uint32_t>(z)) * 0xcb1ab31fu);
    switch (mix(seed ^ key) % 12) {
        case 0:
            return dx + dy;
        case 1:
            return dx - dy;
        case 2:
            return -dx + dy;
        case 3:
            return -dx - dy;
        case 4:
            return dx + dz;
        case 5:
            return dx - dz;
        case 6:
            return -dx + dz;
        case 7:
            return -dx - dz;
        case 8:
            return dy + dz;
        case 9:
            return dy - dz;
        case 10:
            return -dy + dz;
        default:
            return -dy - dz;
    }
}

float fade(float t) {
    return t * t * t * (t * (t * 6 - 15) + 10);
}
float mixed(float a, float b, float t) {
    return a + (b - a) * t;
}

}  // namespace

float NoiseField::at(Point p) const {
    const float x = p.x * per_mm_;
    const float y = p.y * per_mm_;
    const float z = p.z * per_mm_;
    const int i = static_cast<int>(std::floor(x));
    const int j = static_cast<int>(std::floor(y));
    const int k = static_cast<int>(std::floor(z));
    const float dx = x - static_cast<float>(i);
    const float dy = y - static_cast<float>(j);
    const float dz = z - static_cast<float>(k);
    std::array<float, 4> along_x;
    const float fx = fade(dx);
    for (int n = 0; n < 4; ++n) {
        const int up_y = n & 1;
        const int up_z = n >> 1;
        const float ey = dy - static_cast<float>(up_y);
        const float ez = dz - static_cast<float>(up_z);
        along_x[static_cast<std::size_t>(n)] = mixed(corner(seed_, i, j + up_y, k + up_z, dx, ey, ez),
                                                     corner(seed_, i + 1, j + up_y, k + up_z, dx - 1, ey, ez), fx);
    }
    const float fy = fade(dy);
    return mixed(mixed(along_x[0], along_x[1], fy), mixed(along_x[2], along_x[3], fy), fade(dz));
}

}  // namespace shapslice
