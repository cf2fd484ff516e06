// What a model is given in place of a contrast that a coalition lacks (METHOD 2.3). How each is made:
// inference/absent_channels.h.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shapslice {

enum class BaselineKind { zero, mean, noise, lesion };
inline constexpr std::array<std::string_view, 4> kBaselineNames{"zero", "mean", "noise", "lesion"};
// As the page offers them.
inline constexpr std::array<std::string_view, 4> kBaselineTitles{"zero (default)", "the brain's mean",
                                                                 "noise of healthy brain", "zero in the lesion only"};

inline std::optional<BaselineKind> baseline_from_name(std::string_view name) {
    const auto at = std::find(kBaselineNames.begin(), kBaselineNames.end(), name);
    if (at == kBaselineNames.end()) return std::nullopt;
    return static_cast<BaselineKind>(at - kBaselineNames.begin());
}
constexpr std::string_view baseline_name(BaselineKind kind) {
    return kBaselineNames[static_cast<std::size_t>(kind)];
}

// Whether what stands in for a contrast depends on where the tumour is.
constexpr bool needs_lesion(BaselineKind kind) {
    return kind == BaselineKind::noise || kind == BaselineKind::lesion;
}

struct Baseline {
    BaselineKind kind = BaselineKind::zero;
    std::uint32_t noise_seed = 1;  // ours; each contrast draws from its own sequence of it
    double lesion_margin = 5;      // mm that the lesion is dilated by (ours)
    bool operator==(const Baseline&) const = default;
    // Equal keys, equal stand-ins.
    std::string key() const {
        return std::string(baseline_name(kind)) + " " + std::to_string(noise_seed) + " " +
               std::to_string(lesion_margin);
    }
};

}  // namespace shapslice
