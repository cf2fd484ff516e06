#include "largest_allocation.h"

#include <cstdlib>
#include <new>

namespace shapslice {
namespace {

std::size_t largest = 0;

}  // namespace

LargestAllocation::LargestAllocation() {
    largest = 0;
}

std::size_t LargestAllocation::bytes() const {
    return largest;
}

}  // namespace shapslice

void* operator new(std::size_t size) {
    if (size > shapslice::largest) shapslice::largest = size;
    if (void* block = std::malloc(size ? size : 1)) return block;
    throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
    if (size > shapslice::largest) shapslice::largest = size;
    return std::malloc(size ? size : 1);
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    std::free(block);
}
