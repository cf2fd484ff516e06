// The largest single block that `new` was asked for while this object lives (largest_allocation.cpp replaces it).
#pragma once

#include <cstddef>

namespace shapslice {

class LargestAllocation {
  public:
    LargestAllocation();
    std::size_t bytes() const;
};

}  // namespace shapslice
