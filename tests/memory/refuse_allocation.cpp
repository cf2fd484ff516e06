#include "refuse_allocation.h"

#include <cstdint>
#include <cstdlib>
#include <new>

namespace shapslice {
namespace {

constexpr std::size_t kLarge = 16384;

bool armed = false;
std::size_t countdown = 0;  // 0: the one to refuse has been
Then after = Then::well;
std::ptrdiff_t held = 0;

bool refuses(std::size_t size) {
    if (!armed) return false;
    if (countdown == 0) return after == Then::full && size >= kLarge;
    return --countdown == 0;
}

}  // namespace

RefuseAllocation::RefuseAllocation(std::size_t nth, Then then) {
    countdown = nth;
    after = then;
    armed = true;
}
RefuseAllocation::~RefuseAllocation() {
    armed = false;
}
bool RefuseAllocation::refused() const {
    return countdown == 0;
}

std::ptrdiff_t blocks_held() {
    return held;
}

}  // namespace shapslice

extern "C" {
void* __real_malloc(std::size_t size);
void* __real_calloc(std::size_t count, std::size_t size);
void* __real_realloc(void* block, std::size_t size);

void* __wrap_malloc(std::size_t size) {
    return shapslice::refuses(size) ? nullptr : __real_malloc(size);
}
void* __wrap_calloc(std::size_t count, std::size_t size) {
    return shapslice::refuses(count * size) ? nullptr : __real_calloc(count, size);
}
void* __wrap_realloc(void* block, std::size_t size) {
    return shapslice::refuses(size) ? nullptr : __real_realloc(block, size);
}
}

void* operator new(std::size_t size) {
    void* block = shapslice::refuses(size) ? nullptr : __real_malloc(size ? size : 1);
    if (!block) throw std::bad_alloc();
    ++shapslice::held;
    return block;
}
void operator delete(void* block) noexcept {
    if (block) --shapslice::held;
    std::free(block);
}
void operator delete(void* block, std::size_t) noexcept {
    operator delete(block);
}
