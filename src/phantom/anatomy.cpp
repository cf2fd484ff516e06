#include "phantom/anatomy.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace shapslice {

namespace {

// Union of two distances, the crease rounded over `radius` mm.
float smooth_union(float a, float b, float radius) {
    const float h = std::max(radius - std::abs(a - b), 0.0f) / radius;
    return std::min(a, b) - h * h * radius * 0.25f;
}

// Both sides of the midline at once.
Point mirrored(Point p) {
    return {std::abs(p.x), p.y, p.z};
}

float drawn(std::uint64_t key, float low, float high) {
    return static_cast<float>(Random(key).between(static_cast<double>(low), static_cast<double>(high)));
}

}  // namespace

float ellipsoid_distance(Point p, Point centre, Point r) {
    const Point d{p.x - centre.x, p.y - centre.y, p.z - centre.z};
    const Point a{d.x / r.x, d.y / r.y, d.z / r.z};
    const Point b{a.x / r.x, a.y / r.y, a.z / r.z};
    const float k0 = std::sqrt(a.x * a.x + a.y * a.y + a.z * a.z);
    const float k1 = std::sqrt(b.x * b.x + b.y * b.y + b.z * b.z);
    return k1 > 0 ? k0 * (k0 - 1) / k1 : -std::min(r.x, std::min(r.y, r.z));
}

Anatomy::Anatomy(std::uint64_t seed)
    : scale_{drawn(seed + 1, 0.95f, 1.06f), drawn(seed + 2, 0.95f, 1.05f), drawn(seed + 3, 0.95f, 1.05f)},
      ventricle_width_(drawn(seed + 4, 0.8f, 1.35f)),
      surface_(mix(seed + 5), 34),
      folds_(mix(seed + 6), 17),
      fine_folds_(mix(seed + 7), 10),
      warp_x_(mix(seed + 8), 26),
      warp_y_(mix(seed + 9), 26),
      warp_z_(mix(seed + 10), 26),
      vessels_(mix(seed + 11), 24) {}

// Cerebrum with a flattened base, temporal lobes, cerebellum, brain stem.
float Anatomy::outer_distance(Point p) const {
    const Point m = mirrored(p);
    // Two half-shells: the base is flatter than the vault, the front narrower than the back.
    const float half_width = p.y > 0 ? 66 - p.y * p.y * 0.0007f : 66;
    const float cerebrum = ellipsoid_distance(p, {0, 0, 6}, {half_width, 84, p.z > 6 ? 66.0f : 46.0f});
    const float base = -24 - p.z + 0.06f * std::abs(p.y);  // the orbital surface and the tentorium
    float brain = std::max(cerebrum, base);
    brain = smooth_union(brain, ellipsoid_distance(m, {41, 12, -24}, {23, 36, 22}), 9);
    brain = smooth_union(brain, ellipsoid_distance(m, {22, -52, -38}, {29, 30, 23}), 5);
    brain = smooth_union(brain, ellipsoid_distance(p, {0, -20, -46}, {13, 13, 32}), 7);
    return brain + surface_.at(p) * 2.5f;
}

float Anatomy::ventricle_distance(Point p) const {
    const Point m = mirrored(p);
    const float w = ventricle_width_;
    const float arch = 12 - m.y * m.y * 0.004f;  // the bodies arch over the thalami
    float lateral = ellipsoid_distance(m, {8 + std::abs(m.y) * 0.16f, -4, arch}, {4.6f * w, 34, 6.0f * w});
    lateral = smooth_union(lateral, ellipsoid_distance(m, {13, 25, 6}, {4.5f * w, 11, 7.0f * w}), 4);
    lateral = smooth_union(lateral, ellipsoid_distance(m, {21, -36, 2}, {5.5f * w, 15, 7.0f * w}), 5);
    const float third = ellipsoid_distance(p, {0, -6, -4}, {2.2f * w, 13, 10});
    const float fourth = ellipsoid_distance(p, {0, -36, -36}, {6, 5, 9});
    return std::min(lateral, std::min(third, fourth));
}

float Anatomy::deep_grey_distance(Point p) const {
    const Point m = mirrored(p);
    const float caudate = ellipsoid_distance(m, {15, 16, 9}, {4.5f, 13, 8});
    const float lentiform = ellipsoid_distance(m, {25, 5, -1}, {6.5f, 16, 9});
    const float thalamus = ellipsoid_distance(m, {10.5f, -14, 2}, {8, 14, 8.5f});
    return std::min(caudate, std::min(lentiform, thalamus));
}

Anatomy::Place Anatomy::at(Point world) const {
    const Point p{world.x / scale_.x, world.y / scale_.y, world.z / scale_.z};
    Place place;
    place.depth = -outer_distance(p);
    if (place.depth <= 0) return place;

    // Sulci run where a warped noise crosses zero: winding, evenly spaced, meeting in threes.
    const Point warped{p.x + 9 * warp_x_.at(p), p.y + 9 * warp_y_.at(p), p.z + 9 * warp_z_.at(p)};
    const bool cerebellum = p.z < -18 && p.y < -28;
    float to_sulcus;
    if (cerebellum) {
        // Folia: fine leaves, nearly level.
        const float wave = (p.z + 0.35f * p.y + 3 * warp_z_.at(p)) * (1 / 5.5f);
        to_sulcus = std::abs(wave - std::floor(wave) - 0.5f) * 5.5f + std::max(0.0f, place.depth - 12) * 1.2f + 0.4f;
    } else {
        const float major = std::abs(folds_.at(warped)) * 13.5f;
        const float minor = std::abs(fine_folds_.at(warped)) * 8 + 0.7f;
        to_sulcus =
            std::min(major + std::max(0.0f, place.depth - 23) * 0.8f, minor + std::max(0.0f, place.depth - 11) * 0.8f);
    }
    // The fissure between the hemispheres, down to the corpus callosum; the Sylvian fissure above the temporal lobes.
    const float callosum = 22 - p.y * p.y * 0.006f;
    const float midline = std::abs(p.x + 0.8f * warp_x_.at(p)) + std::max(0.0f, callosum - p.z) * 1.0f;
    const float sylvian = std::abs(p.z + 6 - 0.22f * p.y + 2 * warp_z_.at(p)) +
                          std::max(0.0f, 36 - std::abs(p.x)) * 0.8f + std::max(0.0f, std::abs(p.y - 4) - 26) * 0.7f;
    if (!cerebellum) to_sulcus = std::min(to_sulcus, std::min(midline, sylvian));
    place.cortex = std::min(place.depth, to_sulcus);

    const float ventricle = ventricle_distance(p);
    const float ribbon = cerebellum ? 2.0f : 3.9f;
    const bool stem = std::abs(p.x) < 14 && p.z < -22 && p.y > -36;
    if (ventricle < 0) {
        place.tissue = Tissue::csf;
    } else if (place.depth < 0.9f || (to_sulcus < 0.85f && !stem)) {
        const bool vessel = vessels_.at(p) > 0.52f && to_sulcus < 0.6f && place.depth > 1.5f;
        place.tissue = vessel ? Tissue::vessel : Tissue::csf;
    } else if (deep_grey_distance(p) < 0 && ventricle > 0.8f) {
        place.tissue = Tissue::deep_grey;
    } else if (place.cortex < ribbon && !stem && ventricle > 3) {
        place.tissue = Tissue::grey;
    } else {
        place.tissue = Tissue::white;
    }
    return place;
}

}  // namespace shapslice
