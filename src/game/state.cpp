#include "game/state.h"

#include <algorithm>

namespace shapslice {

GameState game_state(const PerCoalition<std::optional<double>>& values) {
    const auto known = [](const auto& value) { return value.has_value(); };
    if (!std::all_of(values.begin(), values.end(), known)) return GameState::open;
    const auto [least, largest] = std::minmax_element(values.begin(), values.end());
    return **largest - **least > kEqualValues ? GameState::decided : GameState::undefined;
}

}  // namespace shapslice
