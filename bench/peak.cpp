// How many products a core makes at most by the instructions of the engine's kernels, two loads to eight
// multiplications: the roof that bench/engine.mjs --profile is read against. Prints 1e9 products a second, the best of
// some tries. As WebAssembly (`cmake --build --preset wasm --target peak`, `node build/wasm/bench/peak.cjs`) and
// natively.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>

#include "convnet/kernels/simd.h"

namespace {

using namespace shapslice::convnet;

constexpr int kWeights = 2, kVoxels = 4;  // as in the kernels: 8 sums; with factors and a product 15 registers
constexpr int kRounds = 100'000;
constexpr int kTries = 50'000;

// The compiler may neither know a vector nor leave out what is made of it. A copy: what has an address is not kept in
// a register.
template <class Vector>
Vector hidden(Vector vector) {
    asm volatile("" : "+m"(vector));
    return vector;
}

// A function of its own, entered anew at each try: a browser compiles well only what it has run for a while, and goes
// over to that where a function begins.
template <class Factor, class Sum, class Multiply>
[[gnu::noinline]] void add_products(Factor factor, Sum nothing, Multiply add_product) {
    constexpr int kLoaded = 64;
    static Factor weights[kLoaded][kWeights];
    for (auto& pair : weights) {
        for (Factor& each : pair) each = hidden(factor);
    }
    Factor voxels[kVoxels];
    for (Factor& each : voxels) each = hidden(factor);
    Sum sums[kVoxels][kWeights];
    for (auto& pair : sums) {
        for (Sum& sum : pair) sum = nothing;
    }
    for (int round = 0; round < kRounds; ++round) {
        const auto& pair = weights[round % kLoaded];
        for (int v = 0; v < kVoxels; ++v) {
            for (int w = 0; w < kWeights; ++w) sums[v][w] = add_product(sums[v][w], pair[w], voxels[v]);
        }
    }
    for (const auto& pair : sums) {
        for (const Sum& sum : pair) hidden(sum);
    }
}

template <class Factor, class Sum, class Multiply>
double measure(int products, Factor factor, Sum nothing, Multiply add_product) {
    double best = 0;
    for (int n = 0; n < kTries; ++n) {
        const auto started = std::chrono::steady_clock::now();
        add_products(factor, nothing, add_product);
        const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
        if (n > 0 && took.count() > 0)
            best = std::max(best, double{kRounds} * kWeights * kVoxels * products / took.count());
    }
    return best / 1e9;
}

}  // namespace

int main() {
    const double wide = measure(8, i16x8{1, 2, 3, 4, 5, 6, 7, 8}, i32x4{},
                                [](i32x4 sum, i16x8 a, i16x8 b) { return sum + dot_pairs(a, b); });
    const double floats = measure(4, f32x4{1e-6F, 2e-6F, 3e-6F, 4e-6F}, f32x4{},
                                  [](f32x4 sum, f32x4 a, f32x4 b) { return multiply_add(a, b, sum); });
    std::printf("wide %.1f, floats %.1f e9 products a second\n", wide, floats);
}
