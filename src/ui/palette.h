// Colours that colour-blind eyes can tell apart (after Okabe and Ito 2008), on a dark ground made for reading images.
#pragma once

#include <imgui.h>

#include <array>

#include "base/terms.h"

namespace shapslice::ui {

inline constexpr ImU32 kGround = IM_COL32(18, 20, 24, 255);
inline constexpr ImU32 kPanel = IM_COL32(26, 29, 34, 255);
inline constexpr ImU32 kRaised = IM_COL32(40, 45, 52, 255);
inline constexpr ImU32 kLine = IM_COL32(70, 76, 86, 255);
inline constexpr ImU32 kText = IM_COL32(232, 235, 239, 255);
inline constexpr ImU32 kQuiet = IM_COL32(164, 172, 182, 255);
inline constexpr ImU32 kAccent = IM_COL32(86, 180, 233, 255);
inline constexpr ImU32 kWarning = IM_COL32(240, 180, 70, 255);
inline constexpr ImU32 kError = IM_COL32(240, 110, 90, 255);

// Contrasts in charts.
inline constexpr PerContrast<ImU32> kContrastColours{IM_COL32(230, 159, 0, 255), IM_COL32(0, 170, 125, 255),
                                                     IM_COL32(86, 180, 233, 255), IM_COL32(214, 134, 180, 255)};
// Labels on images: background unused, NCR blue, ED yellow, ET vermilion.
inline constexpr std::array<ImU32, kLabels> kLabelColours{0, IM_COL32(70, 150, 255, 255), IM_COL32(240, 228, 66, 255),
                                                          IM_COL32(226, 98, 10, 255)};

// What a coalition lost and gained against all sequences.
inline constexpr ImU32 kLost = IM_COL32(255, 255, 255, 255);
inline constexpr ImU32 kGained = IM_COL32(204, 80, 200, 255);

// `share` of 0 to 1 along a sequential map from dark blue over grey to yellow (like cividis): even steps of lightness.
ImU32 sequential(float share);
// -1 to 1 along a diverging map: blue, dark ground, orange.
ImU32 diverging(float share);
// Black or white, whichever reads better on the colour.
ImU32 ink_on(ImU32 colour);
ImU32 faded(ImU32 colour, float alpha);

}  // namespace shapslice::ui
