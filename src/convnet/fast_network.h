// A network in wide whole numbers that gives what it gives in floats, whatever image it is shown (docs/ENGINE.md).
//
// Whole numbers have a range. What lies beyond it is cut off, and a few bright voxels that are cut off change every
// mean and variance behind them. So each run counts what it cut, and one that cut anything is made again in floats.
// What is answered depends on the network, its ranges and the input alone: not on other runs, nor on their order.
#pragma once

#include <map>
#include <memory>
#include <span>
#include <string>

#include "convnet/executor.h"

namespace shapslice::convnet {

class FastNetwork {
  public:
    // `ranges`: of activations (Calibration); a value without one stays in floats.
    FastNetwork(Graph graph, Ranges ranges);

    struct Outcome {
        bool again = false;  // made again in floats: `output` is theirs
        // Of each tensor that was cut off somewhere, the share of its elements, from 0 to 1.
        std::map<std::string, double> clipped;
    };
    // Input and output as Executor::run() has them.
    Outcome run(std::span<const float> input, std::span<float> output);

    // The ranges that were given, widened by what runs in floats take: on this input, and on each of its channels alone
    // that leaves the ranges. For a case whose coalitions' runs would else be made again one by one.
    Ranges widened_by(std::span<const float> input);

    const Graph& graph() const { return graph_; }
    // The plan in whole numbers.
    const Executor& executor();

  private:
    Graph graph_;
    Ranges ranges_;
    std::unique_ptr<Executor> executor_;  // none while a run in floats has its memory
};

}  // namespace shapslice::convnet
