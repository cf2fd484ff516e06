// duration_words and size_words (study/forecast.h): apart, because the app says them too.
#include <cmath>
#include <cstdio>

#include "study/forecast.h"

namespace shapslice {

std::string duration_words(double seconds) {
    const auto whole = static_cast<long>(std::lround(seconds));
    if (whole < 60) return whole < 1 ? "less than 1 s" : std::to_string(whole) + " s";
    if (whole < 3600) return std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
    return std::to_string(whole / 3600) + " h " + std::to_string(whole % 3600 / 60) + " min";
}

std::string size_words(double bytes) {
    char text[32];
    if (bytes < 0.995e9) {
        std::snprintf(text, sizeof text, "%.0f MB", bytes / 1e6);
    } else {
        std::snprintf(text, sizeof text, "%.1f GB", bytes / 1e9);
    }
    return text;
}

}  // namespace shapslice
