// What stands where a game has no numbers (METHOD 2.5), in plain words.
#pragma once

#include <string>

#include "study/result.h"

namespace shapslice {

// Of a fold of the model (its place among them), or of all of them (-1).
GameState region_state(const ModelResult& model, int fold, int region_row);

// "pending"; "not defined"; empty for a decided game. Short enough for a chart.
std::string state_word(GameState state);

// Why it is not defined: "it finds no enhancing tumour with any contrasts". Empty where some fold's game is decided.
std::string undefined_words(const StudyResult& result, const ModelResult& model, int fold, int region_row);

}  // namespace shapslice
