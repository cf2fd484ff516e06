// Places in one block of memory for things that are needed for a while each.
#pragma once

#include <cstdint>
#include <vector>

namespace shapslice::convnet {

struct Tenant {
    std::uint64_t bytes = 0;
    int first = 0;         // step that writes it
    int last = 0;          // last step that reads it
    std::uint64_t at = 0;  // found: bytes from the start, a multiple of 64
};

// Gives each tenant a place that nobody else has at the same time; returns the bytes that all need together. Largest
// first, each as low as it fits: for networks this is within a few percent of the largest sum needed at any one time.
std::uint64_t place(std::vector<Tenant>& tenants);

}  // namespace shapslice::convnet
