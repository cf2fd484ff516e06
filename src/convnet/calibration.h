// Ranges of a network's activations, measured where it runs in floats.
#pragma once

#include <span>

#include "convnet/plan.h"

namespace shapslice::convnet {

// Observes runs of a plan in floats (Executor::Observer) and says which range to cut into 7 bits for each value: the
// one that leaves the least squared error over a sample of what was seen. A few far values cost less when they are cut
// off than when every step is made wider for them.
class Calibration {
  public:
    void observe(const Value& value, std::span<const float> elements);
    Ranges ranges() const;

  private:
    std::map<std::string, std::vector<float>> samples_;
};

}  // namespace shapslice::convnet
