// What a network without a manifest says about itself.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inference/manifest.h"
#include "network/family.h"
#include "network/network.h"

namespace shapslice {

struct NetworkDescription {
    std::string file;
    std::string input;
    std::string output;                     // of several the finest, as deep supervision has coarser ones beside it
    std::array<int, 3> extents{0, 0, 0};    // of the input's space, in the graph's order; 0 is open
    int output_channels = 0;                // 0: the graph does not say
    Activation applied = Activation::none;  // at the end of the graph: softmax, sigmoid, or neither (logits)
    bool yes_or_no = false;                 // a threshold is applied too: the output is 0 or 1
    bool half = false;                      // the input is float16
    bool in_halves = false;                 // it computes in float16
    int outputs = 1;                        // of the graph
    int multiple = 1;                       // the strides on the way to the coarsest level, multiplied
    Family family;
    std::vector<std::string> operators;  // of the nodes, in the order of the graph
    // Extents of the weights, in the order of the graph, each with its name.
    std::vector<std::pair<std::string, Extents>> weights;
};

// Errors name `file_name` and the input, output or node that this program cannot use: one image of four contrasts goes
// in, labels or regions of the same extents come out.
Expected<NetworkDescription> describe(std::string_view file_name, const Network& network);

// Whether two files can be folds of one model: a sentence for the user where they cannot.
Expected<void> same_network(const NetworkDescription& one, const NetworkDescription& other);

// What the user should know before the network is used, one sentence each: that it runs on one size alone, that it
// decides inside.
std::vector<std::string> describe_remarks(const NetworkDescription& description);

}  // namespace shapslice
