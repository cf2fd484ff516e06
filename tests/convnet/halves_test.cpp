#include "convnet/halves.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace shapslice::convnet {
namespace {

// Of a half's bits.
double value_of(std::uint16_t half) {
    const int exponent = half >> 10 & 31;
    const int fraction = half & 1023;
    const double size = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
    return half & 0x8000 ? -size : size;
}

std::uint16_t half_of(double value) {
    return halves(std::vector<float>{static_cast<float>(value)})[0];
}

TEST(Halves, EveryFiniteOneIsItself) {
    for (int bits = 0; bits < 0x7c00; ++bits) {
        for (const int sign : {0, 0x8000}) {
            const auto half = static_cast<std::uint16_t>(bits | sign);
            ASSERT_EQ(half_of(value_of(half)), half);
        }
    }
}

TEST(Halves, WhatLiesBetweenGoesToTheNearestAndTiesToTheEvenOne) {
    for (int bits = 0; bits + 1 < 0x7c00; ++bits) {
        const auto low = static_cast<std::uint16_t>(bits);
        const auto high = static_cast<std::uint16_t>(bits + 1);
        const double middle = (value_of(low) + value_of(high)) / 2;  // a float holds it exactly
        ASSERT_EQ(half_of(middle), bits % 2 ? high : low) << bits;
        ASSERT_EQ(half_of(std::nextafter(static_cast<float>(middle), 0.0f)), low) << bits;
        ASSERT_EQ(half_of(std::nextafter(static_cast<float>(middle), 1e30f)), high) << bits;
    }
}

TEST(Halves, HaveNoInfinity) {
    constexpr double kInfinity = std::numeric_limits<double>::infinity();
    for (const double large : {65504.0, 65519.0, 65520.0, 1e30, kInfinity}) {
        EXPECT_EQ(half_of(large), 0x7bff) << large;
        EXPECT_EQ(half_of(-large), 0xfbff) << large;
    }
    EXPECT_EQ(half_of(std::nan("")) & 0x7fff, 0x7e00);
    EXPECT_EQ(half_of(1e-30), 0);
}

}  // namespace
}  // namespace shapslice::convnet
