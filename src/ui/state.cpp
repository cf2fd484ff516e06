#include "ui/state.h"

#include "study/game_words.h"

#include "study/result_json.h"

#include <algorithm>
#include <cstdio>

#include "metrics/overlap.h"

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
    const FoldResult* fold = shown_fold(state);
    return fold ? fold->fold : kConsensus;
}

std::vector<Marginal> shown_marginals(const AppState& state, int region_row, int contrast) {
    const auto row = static_cast<std::size_t>(region_row);
    const ModelResult* model = shown_model(state);
    const FoldResult* only = shown_fold(state);
    std::vector<Marginal> mean;
    double folds = 0;
    for (std::size_t n = 0; model && n < model->folds.size(); ++n) {
        const FoldResult& fold = model->folds[n];
        const auto& analysis = fold.regions[row].analysis;
        if (!analysis || (only && only != &fold)) continue;
        const auto& marginals = analysis->marginals[static_cast<std::size_t>(contrast)];
        if (mean.empty()) {
            mean.assign(marginals.begin(), marginals.end());
            for (Marginal& marginal : mean) marginal.contribution = 0;
        }
        for (std::size_t m = 0; m < mean.size(); ++m) mean[m].contribution += marginals[m].contribution;
        ++folds;
    }
    for (Marginal& marginal : mean) marginal.contribution /= folds;
    return mean;
}

std::string version_words(const AppState& state) {
    if (slice_fold(state) != kConsensus) return "fold " + std::to_string(slice_fold(state) + 1);
    if (state.prediction_versions == 1) return "the one version known";
    return "consensus (majority of " + std::to_string(state.prediction_versions) + " versions)";
}

std::string counted(int number, const char* word) {
    return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
}

std::string stored_before_words(const AppState& state) {
    if (!state.storage.is_object() || !state.storage.value("traceless", false)) return "";
    const int runs = state.storage.value("runs", 0);
    if (runs == 0) return "";
    return counted(runs, "model run") + " of " + counted(state.storage.value("cases", 0), "case") + " from before " +
           (runs == 1 ? "is" : "are") + " still stored here.";
}

std::vector<Badge> badges(const AppState& state) {
    std::vector<Badge> all;
    if (state.storage.is_object() && state.storage.value("traceless", false)) {
        const std::string before = stored_before_words(state);
        all.push_back(
            {before.empty() ? "leave no trace: nothing is stored" : "leave no trace: " + before, !before.empty()});
    }
    if (state.subject && state.subject->synthetic) all.push_back({"synthetic case", true});
    if (state.subject && !state.subject->has_reference)
        all.push_back({"No expert segmentation: shows how the result changes, not whether it is right", true});
    all.push_back({"not a medical device", false});
    return all;
}

bool settings_changed(const AppState& state) {
    const StudySettings &next = state.choice.settings, &made = state.study.settings;
    return !state.study.models.empty() && study_settings_to_json(next) != study_settings_to_json(made);
}

std::string settings_words(const StudySettings& settings) {
    std::string words = "Withheld: " + std::string(baseline_name(settings.baseline.kind)) + ". " +
                        (settings.precision == Precision::fast ? "Fast." : "Full precision.");
    if (settings.run_empty_coalition) words += " No sequence at all: run.";
    if (settings.mean_over_all_disjoint_regions) words += " Mean: of all three regions.";
    return words;
}

std::vector<std::string> change_words(const AppState& state) {
    std::vector<std::string> lines;
    if (!state.prediction_change || !state.subject) return lines;
    const auto& spacing = state.subject->spacing;
    const double millilitres = spacing[0] * spacing[1] * spacing[2] / 1000;
    for (std::size_t r = 0; r < kRegions; ++r) {
        const VoxelChange& change = (*state.prediction_change)[r];
        char line[96];
        std::snprintf(line, sizeof line, "%s: lost %.1f mL, gained %.1f mL", std::string(kRegionNames[r]).c_str(),
                      static_cast<double>(change.lost) * millilitres, static_cast<double>(change.gained) * millilitres);
        lines.emplace_back(line);
    }
    return lines;
}

int slice_coalition(const AppState& state) {
    return state.choice.hovered >= 0 ? state.choice.hovered : state.choice.pinned;
}

namespace {

// What the page holds of a coalition: of the fold on show, or of every version that knows it, and knows `also`.
std::vector<const Runs*> held_runs(const AppState& state, const ModelResult& model, int coalition,
                                   std::optional<int> also = std::nullopt) {
    std::vector<const Runs*> held;
    for (const FoldResult& fold : model.folds) {
        if (slice_fold(state) != kConsensus && fold.fold != slice_fold(state)) continue;
        if (also && !state.segmentations.contains({model.id, fold.fold, *also})) continue;
        const auto at = state.segmentations.find({model.id, fold.fold, coalition});
        if (at != state.segmentations.end()) held.push_back(&at->second);
    }
    return held;
}

// Where not run, the empty coalition's segmentation is empty by definition (METHOD 2.3).
Runs shown_runs(const AppState& state, const std::vector<const Runs*>& held, int coalition) {
    if (!held.empty()) return held.size() == 1 ? *held.front() : majority_of_runs(held);
    if (coalition != kNoContrast || !state.subject) return {};
    return {static_cast<std::uint32_t>(voxel_count(state.subject->shape)) << 2};
}

Region region_of_choice(const AppState& state) {
    return state.choice.region == kMeanRegion ? Region::WT : static_cast<Region>(state.choice.region);
}

void judge_prediction(AppState& state, const Runs& runs, const Runs& whole) {
    state.prediction_dice = {};
    if (state.reference_runs_revision != state.images_revision) {
        state.reference_runs = encode_runs(state.reference);
        state.reference_runs_revision = state.images_revision;
    }
    if (!state.reference_runs.empty()) {
        const auto dice = dice_of_regions(count_overlap_of_runs(state.reference_runs, runs));
        for (std::size_t r = 0; r < kRegions; ++r)
            if (state.study.regions_told[r]) state.prediction_dice[r] = dice[r];
    }
    state.prediction_change.reset();
    if (!whole.empty() && slice_coalition(state) != kAllContrasts)
        state.prediction_change = change_of_runs(whole, runs);
}

void mark_changed(AppState& state, const Runs& whole) {
    state.changed_voxels.clear();
    if (!state.prediction_change) return;
    const Region region = region_of_choice(state);
    std::vector<std::uint8_t> before(state.prediction.size());
    if (!decode_runs(whole, before)) return;
    state.changed_voxels.resize(before.size());
    for (std::size_t v = 0; v < before.size(); ++v) {
        if (before[v] == state.prediction[v]) continue;
        const bool was = in_region(before[v], region), is = in_region(state.prediction[v], region);
        state.changed_voxels[v] = was && !is ? 1 : is && !was ? 2 : 0;
    }
}

}  // namespace

void update_prediction(AppState& state, double now_ms) {
    const ModelResult* model = shown_model(state);
    const std::tuple key{model ? model->id : std::string(), slice_fold(state), slice_coalition(state)};
    const auto held = model ? held_runs(state, *model, slice_coalition(state)) : std::vector<const Runs*>{};
    const auto versions = static_cast<int>(held.size());
    const int region = state.choice.region;
    const bool voted = state.viewing.agreement && versions > 1;
    if (key == state.prediction_key && versions == state.prediction_versions && region == state.prediction_region &&
        voted == !state.votes.empty())
        return;
    const Runs runs = model ? shown_runs(state, held, slice_coalition(state)) : Runs{};
    if (runs.empty()) {
        if (!state.prediction.empty()) ++state.prediction_revision;
        state.prediction.clear();
        state.prediction_dice = {};
        state.prediction_change.reset();
        state.changed_voxels.clear();
        state.votes.clear();
        state.prediction_key = {};
        return;  // not known yet: ask again when it is
    }
    state.prediction.assign(state.subject ? voxel_count(state.subject->shape) : 0, 0);
    if (!decode_runs(runs, state.prediction)) state.prediction.clear();
    state.prediction_versions = versions;
    state.prediction_region = region;
    // From all sequences, of the same versions.
    const auto same = held.empty() ? std::nullopt : std::optional(slice_coalition(state));
    const Runs whole = shown_runs(state, held_runs(state, *model, kAllContrasts, same), kAllContrasts);
    judge_prediction(state, runs, whole);
    mark_changed(state, whole);
    state.votes = voted ? votes_of_runs(held, region_of_choice(state)) : std::vector<std::uint8_t>{};
    const bool other = key != state.prediction_key;
    state.prediction_key = key;
    ++state.prediction_revision;
    if (other && state.hover_started >= 0) state.last_hover_ms = now_ms - state.hover_started;
}

}  // namespace shapslice::ui
