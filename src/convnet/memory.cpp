#include "convnet/memory.h"

#include <algorithm>
#include <numeric>

namespace shapslice::convnet {

namespace {

constexpr std::uint64_t kLine = 64;

bool at_once(const Tenant& a, const Tenant& b) {
    return a.first <= b.last && b.first <= a.last;
}

}  // namespace

std::uint64_t place(std::vector<Tenant>& tenants) {
    std::vector<std::size_t> order(tenants.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&](std::size_t a, std::size_t b) { return tenants[a].bytes > tenants[b].bytes; });
    std::uint64_t total = 0;
    std::vector<const Tenant*> placed;  // by their places
    for (const std::size_t n : order) {
        Tenant& tenant = tenants[n];
        tenant.at = 0;
        for (const Tenant* other : placed) {
            if (!at_once(tenant, *other) || other->at >= tenant.at + tenant.bytes) continue;
            const std::uint64_t end = (other->at + other->bytes + kLine - 1) / kLine * kLine;
            tenant.at = std::max(tenant.at, end);
        }
        total = std::max(total, tenant.at + tenant.bytes);
        const auto behind = std::upper_bound(placed.begin(), placed.end(), &tenant,
                                             [](const Tenant* a, const Tenant* b) { return a->at < b->at; });
        placed.insert(behind, &tenant);
    }
    return total;
}

}  // namespace shapslice::convnet
