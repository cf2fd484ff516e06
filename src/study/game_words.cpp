#include "study/game_words.h"

namespace shapslice {

GameState region_state(const ModelResult& model, int fold, int region_row) {
    const auto row = static_cast<std::size_t>(region_row);
    if (fold >= 0) {
        const auto at = static_cast<std::size_t>(fold);
        return at < model.folds.size() ? model.folds[at].regions[row].state : GameState::open;
    }
    if (model.summary[row].decided_folds > 0) return GameState::decided;
    return model.summary[row].undefined_folds > 0 ? GameState::undefined : GameState::open;
}

std::string state_word(GameState state) {
    if (state == GameState::decided) return "";
    return state == GameState::open ? "pending" : "not defined";
}

std::string undefined_words(const StudyResult& result, const ModelResult& model, int fold, int region_row) {
    if (region_state(model, fold, region_row) != GameState::undefined) return "";
    const auto row = static_cast<std::size_t>(region_row);
    const std::string name(region_row == kMeanRegion ? "tumour region" : kRegionTitles[row]);
    for (std::size_t n = 0; n < model.folds.size(); ++n) {
        const RegionGame& game = model.folds[n].regions[row];
        if ((fold >= 0 && static_cast<int>(n) != fold) || game.state != GameState::undefined) continue;
        if (result.has_reference && game.values[kAllContrasts].value_or(0) > kEqualValues)
            return "it finds the " + name + " equally well with any contrasts";
        break;
    }
    return "it finds no " + name + (result.has_reference ? " with any contrasts" : "");
}

}  // namespace shapslice
