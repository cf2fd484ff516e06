// 16 bytes at a time: the few vector operations that the kernels need, by the compiler's own vector types. The same
// source runs natively, as WebAssembly with SIMD, and as WebAssembly with relaxed SIMD, which has two instructions
// more.
#pragma once

#include <cstdint>
#include <cstring>

namespace shapslice::convnet {

using f32x4 = float __attribute__((vector_size(16)));
using i32x4 = std::int32_t __attribute__((vector_size(16)));
using i16x8 = std::int16_t __attribute__((vector_size(16)));
using i8x16 = std::int8_t __attribute__((vector_size(16)));
using i16x4 = std::int16_t __attribute__((vector_size(8)));
using i8x4 = std::int8_t __attribute__((vector_size(4)));

constexpr int kLanes = 4;  // floats and 32-bit sums in a vector; volumes have a multiple of so many channels

inline int padded_channels(int channels) {
    return (channels + kLanes - 1) / kLanes * kLanes;
}

template <class Vector, class T>
inline Vector load(const T* from) {
    Vector vector;
    std::memcpy(&vector, from, sizeof vector);
    return vector;
}

template <class Vector, class T>
inline void store(T* to, const Vector& vector) {
    std::memcpy(to, &vector, sizeof vector);
}

inline f32x4 splat(float value) {
    return f32x4{value, value, value, value};
}

// The same 32 bits four times.
inline i32x4 splat_bits(const void* from) {
    std::int32_t bits;
    std::memcpy(&bits, from, sizeof bits);
    return i32x4{bits, bits, bits, bits};
}

// a * b + sum; rounded once in relaxed SIMD, twice elsewhere.
inline f32x4 multiply_add(f32x4 a, f32x4 b, f32x4 sum) {
#ifdef __wasm_relaxed_simd__
    return __builtin_wasm_relaxed_madd_f32x4(a, b, sum);
#else
    return a * b + sum;
#endif
}

// Of each two neighbouring products of 16-bit numbers the sum.
inline i32x4 dot_pairs(i16x8 a, i16x8 b) {
#if defined(__wasm_simd128__)
    return __builtin_wasm_dot_s_i32x4_i16x8(a, b);
#elif defined(__SSE2__)
    return __builtin_bit_cast(i32x4, __builtin_ia32_pmaddwd128(a, b));
#else
    i32x4 sums;
    for (int n = 0; n < 4; ++n) sums[n] = a[2 * n] * b[2 * n] + a[2 * n + 1] * b[2 * n + 1];
    return sums;
#endif
}

// Of each four neighbouring products of 8-bit numbers the sum, added to `sums`. `b` is in 0..127: the instruction may
// take an eighth bit as a sign or not.
inline i32x4 add_dot_quads(i8x16 a, i8x16 b, i32x4 sums) {
#ifdef __wasm_relaxed_simd__
    return __builtin_wasm_relaxed_dot_i8x16_i7x16_add_s_i32x4(a, b, sums);
#else
    const auto low = [](i8x16 v) {
        return __builtin_convertvector(__builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7), i16x8);
    };
    const auto high = [](i8x16 v) {
        return __builtin_convertvector(__builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15), i16x8);
    };
    const i32x4 first = dot_pairs(low(a), low(b));
    const i32x4 second = dot_pairs(high(a), high(b));
    return sums + __builtin_shufflevector(first, second, 0, 2, 4, 6) +
           __builtin_shufflevector(first, second, 1, 3, 5, 7);
#endif
}

// `low` where a is no number.
inline f32x4 at_least(f32x4 a, f32x4 low) {
    return a > low ? a : low;
}
inline f32x4 at_most(f32x4 a, f32x4 high) {
    return a > high ? high : a;
}

}  // namespace shapslice::convnet
