#include "ui/palette.h"

#include <algorithm>
#include <cmath>

namespace shapslice::ui {

namespace {

struct Rgb {
    float r, g, b;
};

template <std::size_t N>
ImU32 along(const std::array<Rgb, N>& stops, float share) {
    const float at = std::clamp(share, 0.0f, 1.0f) * (N - 1);
    const auto low = std::min(static_cast<std::size_t>(at), N - 2);
    const float t = at - static_cast<float>(low);
    const auto blend = [&](float a, float b) { return static_cast<int>(a + (b - a) * t + 0.5f); };
    return IM_COL32(blend(stops[low].r, stops[low + 1].r), blend(stops[low].g, stops[low + 1].g),
                    blend(stops[low].b, stops[low + 1].b), 255);
}

}  // namespace

ImU32 sequential(float share) {
    static constexpr std::array<Rgb, 6> kStops{
        {{0, 40, 95}, {58, 78, 112}, {108, 115, 125}, {155, 152, 122}, {208, 192, 98}, {254, 232, 56}}};
    return along(kStops, share);
}

ImU32 diverging(float share) {
    static constexpr std::array<Rgb, 5> kStops{
        {{60, 140, 255}, {44, 84, 140}, {44, 48, 54}, {150, 84, 20}, {245, 140, 20}}};
    return along(kStops, (share + 1) / 2);
}

ImU32 ink_on(ImU32 colour) {
    const auto channel = [&](int shift) { return static_cast<float>(colour >> shift & 255); };
    const float lightness =
        0.3f * channel(IM_COL32_R_SHIFT) + 0.59f * channel(IM_COL32_G_SHIFT) + 0.11f * channel(IM_COL32_B_SHIFT);
    return lightness > 140 ? IM_COL32(10, 12, 16, 255) : IM_COL32(255, 255, 255, 255);
}

ImU32 faded(ImU32 colour, float alpha) {
    const auto a = static_cast<ImU32>(static_cast<float>(colour >> IM_COL32_A_SHIFT & 255) * alpha);
    return (colour & ~(0xffu << IM_COL32_A_SHIFT)) | a << IM_COL32_A_SHIFT;
}

}  // namespace shapslice::ui
