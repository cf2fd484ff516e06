// Ranges of a network's activations, measured where it runs in floats.
#pragma once

#include <span>

#include "base/error.h"
#include "base/json.h"
#include "convnet/executor.h"

namespace shapslice::convnet {

// Observes runs of a plan in floats (Executor::Observer) and says which range to cut into 7 bits for each value: the
// one that leaves the least squared error over a sample of what was seen. A few far values cost less when they are cut
// off than when every step is made wider for them.
class Calibration {
  public:
    // Runs the network in floats on an input, and on each of its channels alone: every coalition's activations lie
    // about where these do.
    void observe_coalitions(Executor& floats, std::span<const float> input);
    void observe(const Value& value, std::span<const float> elements);
    Ranges ranges() const;

  private:
    std::map<std::string, std::vector<float>> samples_;
};

// For each value of `known` the ends of both. What is seen of other values is left out: they stay in floats.
Ranges widened(Ranges known, const Ranges& seen);

// {tensor: [least, largest]}, as a fold of model.json has it under "activations": all that wide numbers need.
Json ranges_to_json(const Ranges& ranges);
Expected<Ranges> ranges_from_json(const Json& json);

}  // namespace shapslice::convnet
