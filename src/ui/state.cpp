#include "ui/state.h"

#include "study/game_words.h"

#include "study/result_json.h"

#include <algorithm>

namespace shapslice::ui {

void forget_notices(AppState& state, const std::string& topic) {
    if (!topic.empty()) std::erase_if(state.notices, [&](const Notice& notice) { return notice.topic == topic; });
}

bool opening_refused(const AppState& state) {
    return !state.files.empty() && !(state.subject && state.files == state.subject->files);
}

const std::vector<CaseSummary::File>& shown_files(const AppState& state) {
    return state.files.empty() && state.subject ? state.subject->files : state.files;
}

void dismiss_opening(AppState& state) {
    forget_notices(state, "opening");
    const bool own = state.subject && !state.subject->synthetic;
    state.files = own ? state.subject->files : std::vector<CaseSummary::File>{};
    ++state.files_revision;
    send(state, "dismissOpening");
}

bool stands_at_a_row(const AppState& state, const Notice& notice) {
    const auto says_it = [&](const shapslice::Notice& said) { return said.sentence == notice.sentence; };
    const auto& files = shown_files(state);
    return notice.topic == "opening" && std::any_of(files.begin(), files.end(), [&](const CaseSummary::File& file) {
               return std::any_of(file.notices.begin(), file.notices.end(), says_it);
           });
}

std::vector<std::string> notices_without_a_row(const AppState& state) {
    std::vector<std::string> sentences;
    if (!state.subject) return sentences;
    const auto& files = state.subject->files;
    for (const shapslice::Notice& notice : state.subject->notices) {
        const bool has_row =
            std::any_of(files.begin(), files.end(), [&](const auto& file) { return file.name == notice.file; });
        if (!has_row) sentences.push_back(notice.sentence);
    }
    return sentences;
}

const ClinicalRanking& shown_ranking(const AppState& state) {
    return state.edited_ranking ? *state.edited_ranking : state.study.clinical;
}

ClinicalRanking& edit_ranking(AppState& state) {
    if (!state.edited_ranking) state.edited_ranking = state.study.clinical;
    return *state.edited_ranking;
}

void send_ranking(AppState& state, ClinicalRanking ranking) {
    send(state, "setClinicalRanking", clinical_ranking_to_json(ranking));
    state.edited_ranking = std::move(ranking);
    ++state.rankings_sent;
}

void ranking_answered(AppState& state) {
    state.rankings_sent = std::max(0, state.rankings_sent - 1);
    if (state.rankings_sent == 0 && !state.ranking_held) state.edited_ranking.reset();
}

std::vector<const ModelCard*> models_to_run(const AppState& state) {
    std::vector<const ModelCard*> cards;
    for (const ModelCard& card : state.models) {
        if (state.choice.models_to_run.contains(card.id)) cards.push_back(&card);
    }
    return cards;
}

Json wanted_study(const AppState& state) {
    Json models = Json::array();
    for (const ModelCard* card : models_to_run(state)) {
        Json folds = Json::array();
        for (int fold = 0; fold < (state.choice.all_folds ? card->folds : 1); ++fold) folds.push_back(fold);
        models.push_back({{"id", card->id}, {"folds", folds}});
    }
    return {{"models", models}, {"settings", study_settings_to_json(state.choice.settings)}};
}

const ModelResult* shown_model(const AppState& state) {
    if (state.study.models.empty()) return nullptr;
    const auto last = static_cast<int>(state.study.models.size()) - 1;
    return &state.study.models[static_cast<std::size_t>(std::clamp(state.choice.model, 0, last))];
}

const FoldResult* shown_fold(const AppState& state) {
    const ModelResult* model = shown_model(state);
    if (!model || state.choice.fold < 0 || state.choice.fold >= static_cast<int>(model->folds.size())) return nullptr;
    return &model->folds[static_cast<std::size_t>(state.choice.fold)];
}

GameState shown_state(const AppState& state, int region_row) {
    const ModelResult* model = shown_model(state);
    return model ? region_state(*model, shown_fold(state) ? state.choice.fold : -1, region_row) : GameState::open;
}

std::string no_numbers_words(const AppState& state, int region_row) {
    const GameState shown = shown_state(state, region_row);
    if (shown != GameState::undefined) return state_word(shown);
    const std::string why =
        undefined_words(state.study, *shown_model(state), shown_fold(state) ? state.choice.fold : -1, region_row);
    return "Not defined: " + why + ".";
}

std::optional<double> shown_value(const AppState& state, int region_row, int coalition) {
    const auto row = static_cast<std::size_t>(region_row);
    const auto mask = static_cast<std::size_t>(coalition);
    if (const FoldResult* fold = shown_fold(state)) return fold->regions[row].values[mask];
    const ModelResult* model = shown_model(state);
    if (!model) return std::nullopt;
    double sum = 0;
    int known = 0;
    for (const FoldResult& fold : model->folds) {
        if (!fold.regions[row].values[mask]) continue;
        sum += *fold.regions[row].values[mask];
        ++known;
    }
    return known ? std::optional(sum / known) : std::nullopt;
}

int slice_fold(const AppState& state) {
    if (const FoldResult* fold = shown_fold(state)) return fold->fold;
    const ModelResult* model = shown_model(state);
    return model && !model->folds.empty() ? model->folds.front().fold : 0;
}

int slice_coalition(const AppState& state) {
    return state.choice.hovered >= 0 ? state.choice.hovered : state.choice.pinned;
}

void update_prediction(AppState& state, double now_ms) {
    const ModelResult* model = shown_model(state);
    const std::tuple key{model ? model->id : std::string(), slice_fold(state), slice_coalition(state)};
    if (key == state.prediction_key) return;
    const auto at = state.segmentations.find(key);
    // The empty coalition's segmentation is empty by definition (METHOD 2.3), so there is always something to show for
    // it.
    const bool empty = model && std::get<2>(key) == kNoContrast && at == state.segmentations.end();
    if (at == state.segmentations.end() && !empty) {
        if (!state.prediction.empty()) ++state.prediction_revision;
        state.prediction.clear();
        return;  // not known yet: ask again when it is
    }
    state.prediction.assign(state.subject ? voxel_count(state.subject->shape) : 0, 0);
    if (!empty && !decode_runs(at->second, state.prediction)) state.prediction.clear();
    state.prediction_key = key;
    ++state.prediction_revision;
    if (state.hover_started >= 0) state.last_hover_ms = now_ms - state.hover_started;
}

}  // namespace shapslice::ui
