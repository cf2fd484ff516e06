// Everything a study has found so far: what the page draws, what is saved, what is read back. The JSON form is
// docs/result.schema.json; `result_to_json` and `result_from_json` are each other's inverse.
#pragma once

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/baseline.h"
#include "base/error.h"
#include "base/json.h"
#include "base/notice.h"
#include "base/precision.h"
#include "base/terms.h"
#include "game/shapley.h"
#include "game/state.h"
#include "metrics/agreement.h"
#include "metrics/dice_range.h"
#include "metrics/model_band.h"
#include "metrics/uncertainty.h"

namespace shapslice {

// Index of the row "mean over the disjoint regions that the reference contains" beside the five regions (METHOD 1.3).
inline constexpr int kMeanRegion = kRegions;
inline constexpr int kRegionRows = kRegions + 1;
template <class T>
using PerRegionRow = std::array<T, kRegionRows>;
inline constexpr PerRegionRow<std::string_view> kRegionRowNames{"ET", "NCR", "ED", "TC", "WT", "mean"};

// The struct members below are listed for JSON in result.cpp; names there are these in camelCase.

// A clinical ranking of the contrasts (METHOD 5.2): one for all regions, and others for single rows where given.
struct ClinicalRanking {
    std::string name = "Protocol (BraTS)";
    PerContrast<double> ranks = kProtocolRanking;
    PerRegionRow<std::optional<PerContrast<double>>> by_region{};
    const PerContrast<double>& of(int region_row) const {
        return by_region[static_cast<std::size_t>(region_row)] ? *by_region[static_cast<std::size_t>(region_row)]
                                                               : ranks;
    }
};

// Choices of METHOD marked "ours", recorded with every result.
struct StudySettings {
    Baseline baseline;                            // METHOD 2.3
    bool run_empty_coalition = false;             // METHOD 2.3
    bool mean_over_all_disjoint_regions = false;  // METHOD 1.3
    double model_band_tolerance = kModelBandTolerance;
    Precision precision = Precision::exact;
};

// The game of one region (or of the mean row) for one fold. `values` fill up as the study goes on; what follows from
// them is there once all 16 are and the game is decided.
struct RegionGame {
    PerCoalition<std::optional<double>> values{};
    GameState state = GameState::open;
    std::optional<GameAnalysis> analysis;
    std::optional<PerContrast<double>> ranks;
    std::optional<Agreement> agreement;
    std::optional<Agreement> region_agreement;  // with the region's own yardstick (METHOD 5.2a); none of the mean row
};

struct FoldResult {
    int fold = 0;
    std::string model_sha256;
    // Whether it was trained on this case (METHOD 2.7), where the model's manifest tells.
    std::optional<bool> seen;
    // "webgpu", "wasm", "cpu" of ONNX Runtime; "engine", "engine-measured", "engine-float", "engine-webgpu",
    // "engine-webgpu-half": the program's own (inference/providers.h).
    std::string provider;
    // Where runs differ (WebGPU was given up on the way), each that there was, in order of the coalitions' masks.
    std::string precision;  // "float32", "float16", or "int8 x int15": weights times activations; as above
    // Of the last, the digest of the ranges of activations in model.json; else empty.
    std::string activations;
    // Fast runs that cut off what lay beyond their ranges, or beyond halves, and were made again in floats.
    int runs_made_again = 0;
    // The fold's reference holds the region: the expert's segmentation or, without one, the fold's own from all
    // contrasts. A region that it does not hold is undefined in this fold where there is no expert's.
    PerRegion<bool> in_reference{true, true, true, true, true};
    PerRegionRow<RegionGame> regions{};
    PerCoalition<std::optional<double>> run_seconds{};
    // All coalitions have run, whatever their games say (METHOD 2.5).
    bool complete() const;
};

// Over the complete folds of one model in which the region's game is decided (METHOD 6, 4.1a).
struct RegionSummary {
    int decided_folds = 0;
    int undefined_folds = 0;
    PerContrast<std::optional<Spread>> shapley{};
    std::optional<double> rank_variance;
    std::optional<VarianceScale> variance_scale;
    std::optional<double> kendall_w;
    std::optional<PerContrast<double>> mean_rank;
    std::optional<Spread> nsf;
    std::optional<AgreementScale> agreement_scale;
    std::optional<double> share_at_least;  // of the fold-mean NSF among the 24 rankings (METHOD 5.3)
    std::optional<Spread> region_nsf;      // against the region's own yardstick (METHOD 5.2a)
    std::optional<double> region_share_at_least;
    // The contrasts, one or several that tie, that have the first rank with a value above 0 in more than half of the
    // decided folds, and in how many; none: no contrast is clearly ahead.
    Coalition ahead = kNoContrast;
    int ahead_in_folds = 0;
};

// How good a segmentation from all contrasts is (METHOD 2.6), from the best to the worst. With an expert's
// segmentation: at least the lower quartile of the model's own Dice on cases it had not seen; below it; below the tenth
// percentile.
enum class VerdictLevel { unknown, usual, low, poor };
inline constexpr std::array<std::string_view, 4> kVerdictNames{"unknown", "usual", "low", "poor"};

struct RegionVerdict {
    // With the expert's segmentation, of the fold that had not seen the case or the mean over folds; without one, the
    // mean Dice of the folds with each other.
    std::optional<double> dice;
    VerdictLevel level = VerdictLevel::unknown;
};

struct Verdict {
    PerRegion<RegionVerdict> regions{};
    VerdictLevel level = VerdictLevel::unknown;  // the worst of them
    bool input_doubtful = false;                 // a check of the case's files was raised (METHOD 8.6)
    bool failure = false;  // poor, or of a doubtful input: contributions explain a failure, not what is relied on
};

// What a model was given and how its output was read (METHOD 8.4), by the words of its manifest (docs/models.md).
struct ModelTerms {
    std::vector<std::string> contrasts;      // of its input channels
    std::array<double, 3> spacing{0, 0, 0};  // mm along i, j, k; 0: a result of before these were recorded
    std::array<int, 3> patch{0, 0, 0};       // likewise
    int multiple = 1;
    bool fixed_patch = false;
    std::string axes;  // "xyz" or "zyx", slowest first
    std::string field_of_view;
    std::string padding;
    std::string outputs;
    std::string activation;
    std::string decoding;
};

struct ModelResult {
    std::string id;
    std::string name;
    std::string architecture;
    ModelTerms terms;
    std::vector<FoldResult> folds;
    PerRegionRow<RegionSummary> summary{};
    int complete_folds = 0;
    PerRegion<std::optional<DiceRange>> held_out_dice{};  // its manifest's
    // Mean Dice between the folds' segmentations from all contrasts, of every two; none with fewer than two.
    PerRegion<std::optional<double>> folds_agree{};
    Verdict verdict;
    bool knows_case() const;  // some fold was trained on it
};

struct StudyProgress {
    int runs_done = 0;
    int runs_total = 0;
    std::optional<double> seconds_left;
    double seconds_spent = 0;
    bool running = false;
    bool cancelled = false;
    std::string now;  // "U-Net, fold 2 of 5: T1c + T2-FLAIR"
};

// Version 1 had no states of games; it is read, and its games are judged anew.
inline constexpr int kResultVersion = 2;

struct StudyResult {
    int schema_version = kResultVersion;
    std::string software = "ShapSlice 0.1.0";
    int values_version = 0;  // of the program's arithmetic (kValuesVersion); 0 where that is not recorded
    std::string case_name;
    bool synthetic = false;
    struct File {
        std::string name;
        std::string role;
        std::string sha256;
        std::string on_grid;    // how it came onto T1c's grid: one of kGridFitNames (METHOD 8.2)
        double background = 0;  // the image's value around the brain (METHOD 8.3)
    };
    std::vector<File> files;
    bool has_reference = false;  // false: METHOD 2.2, the reference is each fold's own full segmentation
    PerRegion<std::uint64_t> reference_voxels{};
    PerRegion<bool> region_present{};
    // How the segmentation's numbers were read (METHOD 1.2a), empty without one; regions that this can tell: others
    // have no values.
    std::string label_convention;
    PerRegion<bool> regions_told{true, true, true, true, true};
    std::map<std::string, std::string> labels_read;  // the file's value to what it was read as: {"4": "ET"}
    std::vector<Notice> input_notices;               // of the case's files
    StudySettings settings;
    ClinicalRanking clinical;
    std::vector<ModelResult> models;
    std::optional<PerRegionRow<ModelBand>> band;  // over all complete folds of all models
    StudyProgress progress;
    std::vector<std::string> notices;  // e.g. "WebGPU failed (...): the study goes on with WASM."
    std::string sentence;              // the plain-language summary at the top of the page
};

// A clinical ranking as the page sends it; refuses ranks that are not finite numbers of at least 1 and at most 4.
Expected<ClinicalRanking> clinical_ranking_from_json(const Json& json);
Json clinical_ranking_to_json(const ClinicalRanking& ranking);
// The order of all sequences with each region's own in its row (METHOD 5.2a).
ClinicalRanking ranking_by_region();
// Settings as the page sends them; what is not there keeps its default. Refuses an unknown baseline by name.
Expected<StudySettings> study_settings_from_json(const Json& json);
Json study_settings_to_json(const StudySettings& settings);

Json result_to_json(const StudyResult& result);
// Refuses what is not a result of a schema version this program knows, with a sentence.
Expected<StudyResult> result_from_json(const Json& json);
// One row per model, fold, region and contrast, and one per coalition value: see docs/result.md.
std::string to_csv(const StudyResult& result);

// "A of B: for the enhancing tumour the model relied most on T1c ..." (issue: the page's sentence). Says what is open.
std::string plain_sentence(const StudyResult& result);

}  // namespace shapslice
