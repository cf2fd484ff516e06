// Conventions that models of brain tumours are published in, and the manifest that follows from one of them and from
// what a graph says of itself.
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "base/json.h"
#include "base/terms.h"
#include "network/describe.h"

namespace shapslice {

// Order of sequences, spacing, axes, what the outputs are and how they become labels.
struct Convention {
    std::string_view id;
    std::string_view name;
    Library library;                        // whose networks follow it
    PerContrast<Contrast> contrasts;        // of input channels
    std::string_view axes;                  // "zyx" or "xyz": the tensor's axes of space, slowest first
    double spacing;                         // mm
    bool regions;                           // output channels are regions, by sigmoid; else labels, by softmax
    std::vector<std::string_view> outputs;  // of the channels
};
std::span<const Convention> conventions();

// The manifest (docs/models.md) of a described network under a convention, which only fills in what the graph leaves
// open; all but its folds. `name` becomes its id, too.
Json manifest_under(const Convention& convention, const NetworkDescription& description, std::string_view name);

// Whether a network can be read so: the number of output channels decides, where the graph says it.
bool fits(const Convention& convention, const NetworkDescription& description);
// The first convention that fits, of the library that the network's names speak of if there is one.
const Convention& guess_convention(const NetworkDescription& description);

}  // namespace shapslice
