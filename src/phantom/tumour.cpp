#include "phantom/tumour.h"

#include <algorithm>
#include <cmath>

#include "base/random.h"

namespace shapslice {

namespace {

float length(Point p) {
    return std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z);
}
Point minus(Point a, Point b) {
    return {a.x - b.x, a.y - b.y, a.z - b.z};
}

// Of some random places, one with white matter about it and room to grow.
Point choose_centre(Random& random, const Anatomy& anatomy) {
    Point best{32, -6, 22};
    float most_room = -1;
    for (int n = 0; n < 24; ++n) {
        const float side = random.next() & 1 ? 1.0f : -1.0f;
        const Point p{side * static_cast<float>(random.between(20, 46)), static_cast<float>(random.between(-48, 46)),
                      static_cast<float>(random.between(-2, 42))};
        const Anatomy::Place place = anatomy.at(p);
        const float room = place.tissue == Tissue::white && place.depth > 18 ? place.cortex : 0;
        if (room > most_room) {
            most_room = room;
            best = p;
        }
    }
    return best;
}

}  // namespace

Tumour::Tumour(std::uint64_t seed, const Anatomy& anatomy)
    : shape_(mix(seed + 1), 30),
      lobes_(mix(seed + 2), 13),
      thickness_(mix(seed + 3), 12),
      spread_(mix(seed + 4), 34),
      fingers_(mix(seed + 5), 15) {
    Random random(seed);
    centre_ = choose_centre(random, anatomy);
    core_radius_ = static_cast<float>(random.between(13, 23));
    rim_ = static_cast<float>(random.between(3.5, 8));
    oedema_ = static_cast<float>(random.between(10, 24));
    push_ = static_cast<float>(random.between(2, 5));
}

Point Tumour::before(Point p) const {
    const Point d = minus(p, centre_);
    const float r = length(d);
    const float reach = core_radius_ + 30;
    if (r >= reach || r < 1e-3f) return p;
    const float fall = 1 - r / reach;
    const float pulled = std::max(0.0f, r - push_ * fall * std::min(1.0f, r / core_radius_));
    const float scale = pulled / r;
    return {centre_.x + d.x * scale, centre_.y + d.y * scale, centre_.z + d.z * scale};
}

Label Tumour::at(Point p, const Anatomy::Place& healthy) const {
    if (healthy.depth < 1 || healthy.tissue == Tissue::outside) return Label::background;
    const float r = length(minus(p, centre_));
    if (r > 2 * core_radius_ + 2 * oedema_) return Label::background;
    const float irregular = 5.5f * shape_.at(p) + 3.0f * lobes_.at(p);
    const float core = r + irregular - core_radius_;
    // Tumour does not cross the fissure's fluid or fill the ventricles.
    const bool fluid = healthy.tissue == Tissue::csf && healthy.depth > 1;
    if (core < 0 && !(fluid && core > -6)) {
        const float thickness = std::max(1.6f, rim_ + 3.2f * thickness_.at(p));
        return core < -thickness ? Label::NCR : Label::ET;
    }
    if (fluid || healthy.tissue == Tissue::vessel) return Label::background;
    // Oedema spreads along white matter and spares the cortex.
    const float reach = oedema_ * (1 + 0.75f * spread_.at(p)) + 5 * fingers_.at(p);
    const float resistance = healthy.tissue == Tissue::white ? 0 : healthy.tissue == Tissue::deep_grey ? 5.0f : 9.0f;
    const bool other_side = p.x * centre_.x < 0;
    return core + resistance + (other_side ? 12.0f : 0.0f) < reach ? Label::ED : Label::background;
}

}  // namespace shapslice
