// What a network without a manifest says about itself, and the manifest that follows from it and from a convention.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/terms.h"
#include "inference/manifest.h"
#include "network/network.h"

namespace shapslice {

struct NetworkDescription {
    std::string input;
    std::string output;
    std::array<int, 3> extents{0, 0, 0};    // of the input's space, in the graph's order; 0 is open
    int output_channels = 0;                // 0: the graph does not say
    Activation applied = Activation::none;  // the last node: softmax, sigmoid, or neither (logits)
    int multiple = 1;                       // the strides on the way to the coarsest level, multiplied
};

// Errors name `file_name` and the input, output or node that this program cannot use: one image of four contrasts goes
// in, labels or regions of the same extents come out.
Expected<NetworkDescription> describe(std::string_view file_name, const Network& network);

// Conventions that models of brain tumours are published in: order of contrasts, spacing, axes, what the outputs are.
struct Convention {
    std::string_view id;
    std::string_view name;
    PerContrast<Contrast> contrasts;        // of input channels
    std::string_view axes;                  // "zyx" or "xyz": the tensor's axes of space, slowest first
    double spacing;                         // mm
    bool regions;                           // output channels are regions, by sigmoid; else labels, by softmax
    std::vector<std::string_view> outputs;  // of the channels
};
std::span<const Convention> conventions();

// The manifest (docs/models.md) of a described network under a convention, which only fills in what the graph leaves
// open.
Json manifest_under(const Convention& convention, const NetworkDescription& description, std::string_view file_name,
                    std::string_view sha256);

// Whether a network can be read so: the number of output channels decides, where the graph says it.
bool fits(const Convention& convention, const NetworkDescription& description);
// The first convention that fits, by the kind of outputs where the graph does not say how many there are.
const Convention& guess_convention(const NetworkDescription& description);

}  // namespace shapslice
