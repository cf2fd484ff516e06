// Everything the app shows: what the engine sent, and what the user has chosen. Panels read it and change the choices;
// what needs the engine or the browser leaves as a command.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/json.h"
#include "base/runs.h"
#include "metrics/consensus.h"
#include "study/case_summary.h"
#include "study/result.h"

namespace shapslice::ui {

struct ModelCard {
    std::string id, name, architecture, description, training, licence;
    std::vector<std::string> citation;
    int folds = 0;
    bool fast = false;      // the program's own engine takes it
    double parameters = 0;  // weights and biases; 0: not known
    double fold_bytes = 0;  // of the largest fold's file; 0: not known
    std::string quantisation;
    // Of training: the range of z, and the percentile at which its images had been cut off.
    std::optional<std::array<double, 2>> z_range;
    std::optional<double> clipped_at;
    // Median over the cases held out of some fold; over the folds' own medians where `held_out` is 0.
    PerRegion<std::optional<double>> dice{};
    int held_out = 0;
};

struct Notice {
    bool error = false;
    std::string sentence;
    std::string topic;  // what it passes with (web/main.js): "opening", "model"; empty: with nothing
};

enum class Layout { planes, contrasts };

struct Viewing {
    Layout layout = Layout::planes;
    int contrast = 0;                       // shown in the three planes
    int plane = 2;                          // shown for the four contrasts: 0 sagittal, 1 coronal, 2 axial
    std::array<int, 3> crosshair{0, 0, 0};  // voxel
    float zoom = 1;
    std::array<float, 3> pan{0, 0, 0};  // mm along x, y, z
    PerContrast<std::array<double, 2>> window{};
    bool radiological = true;
    bool reference_fill = false, reference_outline = true;
    bool prediction_fill = true, prediction_outline = false;
    float opacity = 0.45f;
    bool overlay = true;
    bool agreement = false;  // in place of the prediction: how many versions agree
    bool change = true;      // lost and gained against all sequences, in colour
};

struct Choice {
    Choice() { settings.precision = Precision::fast; }

    int model = 0;   // index into study.models, or into models before a study
    int fold = -1;   // -1: all folds (mean); else index into the model's folds
    int region = 0;  // row: five regions, then the mean
    int pinned = kAllContrasts;
    int hovered = -1;
    std::set<std::string> models_to_run;  // ids
    bool all_folds = true;                // to run: all five, or the first only
    StudySettings settings;               // to run with
    bool cards_open = false;              // the form to choose models in
};

struct AppState {
    std::optional<CaseSummary> subject;
    PerContrast<std::vector<std::uint16_t>> volumes;
    std::vector<std::uint8_t> reference;
    std::vector<ModelCard> models;
    StudyResult study;
    std::map<std::tuple<std::string, int, int>, Runs> segmentations;  // model id, fold, coalition
    std::vector<Notice> notices;
    std::vector<ClinicalRanking> saved_rankings;
    // The clinical ranking as the user has it, until the engine has taken it over into the study: while a model runs
    // that takes a while, and results that come meanwhile are by the ranking before.
    std::optional<ClinicalRanking> edited_ranking;
    bool ranking_held = false;             // the mouse is at it
    int rankings_sent = 0;                 // and not answered yet
    std::vector<CaseSummary::File> files;  // of the last opening, which may have failed
    int files_revision = 0;                // rises when other files come
    int files_seen = 0;                    // revision that the table has shown
    Json cases;                            // the cases that those files are of (intake/case_list.h), or null
    Json runtime = Json::object();
    Json guess;                // {manifest, convention, conventions} of a dropped network, until it is settled
    Json opening;              // {done, total, name, secondsLeft} while files are read: bytes
    Json recalled;             // {known, total} runs of an earlier study of this case that were kept
    Json storage;              // {traceless, runs, cases}: what this browser keeps
    bool waiting = false;      // for another tab that runs a study of this case
    Json forecast;             // {runs, seconds, bytes, sentence, warning} of what is chosen; null: not known
    std::string forecast_key;  // what it was asked for
    std::string measuring;     // name of the model being measured for it

    Viewing viewing;
    Choice choice;
    int images_revision = 1;  // rises when voxels or the reference change

    // The prediction on show, decoded; empty when there is none. Its revision rises when it changes.
    std::vector<std::uint8_t> prediction;
    int prediction_revision = 1;
    std::tuple<std::string, int, int> prediction_key;  // model id, fold or kConsensus, coalition
    int prediction_versions = 0;                       // that it was made of
    // Of the prediction on show, whatever it is: its own Dice, and what it lost and gained against that from all
    // sequences of the same fold or consensus.
    PerRegion<std::optional<double>> prediction_dice{};
    std::optional<PerRegion<VoxelChange>> prediction_change;
    // Of the consensus: how many versions have the voxel in the region on show; empty for one fold.
    std::vector<std::uint8_t> votes;
    // 1 lost, 2 gained, of the region on show; empty where nothing is compared.
    std::vector<std::uint8_t> changed_voxels;
    int prediction_region = -1;  // region that the two before are of
    Runs reference_runs;         // the expert's, once encoded
    int reference_runs_revision = 0;
    double hover_started = -1;  // for the latency that tests ask for
    double last_hover_ms = -1;

    std::vector<std::pair<std::string, std::string>> commands;  // name, JSON
    std::map<std::string, std::array<float, 4>> panels;         // x, y, width, height in CSS pixels
    // Plain grounds of this frame, cleared before anything is drawn: far cheaper than drawing them where GL is
    // software.
    struct Ground {
        std::array<float, 4> rect;
        std::uint32_t colour;
    };
    std::vector<Ground> grounds;
};

inline void send(AppState& state, const std::string& name, const Json& arguments = Json::object()) {
    state.commands.emplace_back(name, arguments.dump());
}

// Takes away what was said of a topic that has passed.
void forget_notices(AppState& state, const std::string& topic);

// Files that could not be opened stay listed, so that their roles can be corrected: they are not the open case's.
bool opening_refused(const AppState& state);
// The rows of the table of files.
const std::vector<CaseSummary::File>& shown_files(const AppState& state);
// Lets go of files that were not opened, and of what was said of them: the table is the open case's again.
void dismiss_opening(AppState& state);
// A refusal that the row of its file says already.
bool stands_at_a_row(const AppState& state, const Notice& notice);
// What is said of the open case that no row of its table of files says.
std::vector<std::string> notices_without_a_row(const AppState& state);

// The clinical ranking that the user sees.
const ClinicalRanking& shown_ranking(const AppState& state);
// The same, to be changed: what the engine sends does not undo the change until it has answered send_ranking().
ClinicalRanking& edit_ranking(AppState& state);
void send_ranking(AppState& state, ClinicalRanking ranking);
void ranking_answered(AppState& state);

// The cards of the models chosen to run, in the cards' order.
std::vector<const ModelCard*> models_to_run(const AppState& state);
// What a run with the present choices asks of the engine: {models: [{id, folds}], settings}.
Json wanted_study(const AppState& state);

// The study's model on show, or null.
const ModelResult* shown_model(const AppState& state);
// The fold on show when one is chosen, or null for all folds.
const FoldResult* shown_fold(const AppState& state);
// Of the region's game: of the fold on show, or of all folds.
GameState shown_state(const AppState& state, int region_row);
// "pending", or why it is not defined; empty for a decided game.
std::string no_numbers_words(const AppState& state, int region_row);
// The game value of a coalition: of the fold on show, or the mean over the folds that know it.
std::optional<double> shown_value(const AppState& state, int region_row, int coalition);
// Fold whose segmentations the slices show; with "all versions" it is their consensus, by majority, since labels alone
// are kept.
inline constexpr int kConsensus = -1;
int slice_fold(const AppState& state);
// The marginal contributions that make up what a bar shows: of the fold on show, or their mean over the decided folds.
std::vector<Marginal> shown_marginals(const AppState& state, int region_row, int contrast);
// "consensus (majority of 5 versions)", "fold 2".
std::string version_words(const AppState& state);
// What a click on Run would compute with is not what is on show.
bool settings_changed(const AppState& state);
// "Withheld: zero. Fast.": what the numbers on show were made with.
std::string settings_words(const StudySettings& settings);
// "3 runs", "1 case".
std::string counted(int number, const char* word);
// While nothing is to be stored: what was stored before and is still there; empty where nothing is.
std::string stored_before_words(const AppState& state);
// What stands under the sentence for as long as it holds: in words, and whether it asks for attention.
struct Badge {
    std::string words;
    bool warning = false;
};
std::vector<Badge> badges(const AppState& state);
// "ET: lost 3.2 mL, gained 0.1 mL": what the prediction on show lost and gained, a line per region; empty where it is
// not compared.
std::vector<std::string> change_words(const AppState& state);
// Coalition that the slices show: hovered, else pinned.
int slice_coalition(const AppState& state);
// Makes `prediction` what is asked for. Decoding takes a few milliseconds.
void update_prediction(AppState& state, double now_ms);

}  // namespace shapslice::ui
