// Whether a game says anything (METHOD 2.5).
#pragma once

#include <array>
#include <optional>
#include <string_view>

#include "base/terms.h"

namespace shapslice {

// open: a coalition is not known yet. undefined: all values are equal, so there is nothing to share, no rank, no
// agreement and no variance. decided: else.
enum class GameState { open, undefined, decided };
inline constexpr std::array<std::string_view, 3> kGameStateNames{"open", "undefined", "decided"};

// Values within this of each other are equal; so are Shapley values that tie (METHOD 4.1).
inline constexpr double kEqualValues = 1e-9;

GameState game_state(const PerCoalition<std::optional<double>>& values);

}  // namespace shapslice
