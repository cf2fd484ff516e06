// The tumour of a phantom: oedema that follows white matter, an irregular enhancing rim, a necrotic core.
#pragma once

#include "base/terms.h"
#include "phantom/anatomy.h"

namespace shapslice {

class Tumour {
  public:
    // Grows in the white matter of one hemisphere of this brain.
    Tumour(std::uint64_t seed, const Anatomy& anatomy);

    // Where the tissue now at p was before the tumour pushed it aside.
    Point before(Point p) const;
    // The label at p, given what healthy tissue is there.
    Label at(Point p, const Anatomy::Place& healthy) const;

  private:
    Point centre_;
    float core_radius_;  // outer radius of the enhancing rim, mm
    float rim_;          // its mean thickness, mm
    float oedema_;       // how far oedema reaches beyond it, mm
    float push_;         // how far the core pushes tissue away, mm
    NoiseField shape_, lobes_, thickness_, spread_, fingers_;
};

}  // namespace shapslice
