// Memory that runs out, at an allocation of one's choice (refuse_allocation.cpp stands before `new` and, by the
// linker's
// --wrap, before the C libraries' malloc).
#pragma once

#include <cstddef>

namespace shapslice {

// What happens after the allocation refused: all is well again, as when a block was too large for the holes there are;
// or nothing of 16 KB or more is to be had until the end, as when memory is full.
enum class Then { well, full };

// While it lives, the `nth` allocation from its making on (1 is the first) is refused. One at a time.
class RefuseAllocation {
  public:
    RefuseAllocation(std::size_t nth, Then then);
    ~RefuseAllocation();
    RefuseAllocation(const RefuseAllocation&) = delete;
    RefuseAllocation& operator=(const RefuseAllocation&) = delete;
    // Whether there were so many.
    bool refused() const;
};

// Blocks of `new` that were not deleted yet.
std::ptrdiff_t blocks_held();

}  // namespace shapslice
