// A case x models x folds x coalitions (METHOD 2): what runs next, what is known, when to stop.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "base/task.h"
#include "image/case.h"
#include "image/prepare.h"
#include "inference/manifest.h"
#include "inference/runtime.h"
#include "inference/segment.h"
#include "study/compose.h"
#include "study/result.h"

namespace shapslice {

struct SelectedModel {
    ModelManifest manifest;
    std::vector<int> folds;  // indices into manifest.folds
};

// Who wants to know. Called on the engine's thread, between model runs.
class StudyEvents {
  public:
    virtual ~StudyEvents() = default;
    virtual void on_result(const StudyResult& result) = 0;
    // Segmentations announced before are not the study's own: its baseline, its arithmetic or a model's file is
    // another.
    virtual void on_other_settings() = 0;
    virtual void on_segmentation(const std::string& model_id, int fold, Coalition coalition, const Runs& labels) = 0;
    // A run has just been made. What is handed out here, restore() takes back: in another study of the same case.
    virtual void on_run(const std::string& key, Coalition coalition, const KnownRun& run) = 0;
};

// Whose runs stored ones are: of cases with equal keys, runs with equal keys are equal. The number is raised whenever a
// change of the program makes the same files, model and settings give other values.
inline constexpr int kValuesVersion = 4;
inline std::string stored_key(const Case& subject) {
    return "v" + std::to_string(kValuesVersion) + " " + content_digest(subject);
}

// The order in which a fold's coalitions run: all contrasts, single ones, all but one, pairs; so that the picture firms
// up early. The empty one only where it is asked for (METHOD 2.3).
std::vector<Coalition> coalition_order(bool run_empty_coalition);

// A study of one case. What it has run it keeps: another run() with more folds, or after a cancel, does not repeat it.
class Study {
  public:
    // All three must outlive the study.
    Study(const Case& subject, Runtime& runtime, StudyEvents& events);

    // The one coroutine. Ends when everything is known, after cancel() within one model run, with the runtime's error,
    // or when memory runs out; what was known is kept.
    Task<Expected<void>> run(std::vector<SelectedModel> models, StudySettings settings);
    void cancel() { cancelled_ = true; }

    // Takes a run that was made before, as on_run() gave it; what is known already stays. False, and nothing changes,
    // where it cannot be this case's or contradicts itself. Without an expert's labels a fold counts against its own
    // segmentation from all contrasts, so that one has to come first.
    bool restore(const std::string& key, Coalition coalition, KnownRun run);
    // Shows what is known of such a study. Runs nothing, and must not be called while something runs.
    void recall(std::vector<SelectedModel> models, StudySettings settings);
    // The runtime's fast arithmetic may be another now: shows what is known in that one. A study that runs does so by
    // itself.
    void follow_arithmetic();

    // How many runs of a model such a study would still make.
    int runs_to_make(const SelectedModel& selected, const StudySettings& settings) const;

    // Ranks and agreement follow the new clinical ranking at once; nothing runs again.
    void set_clinical_ranking(ClinicalRanking ranking);

    const StudyResult& result() const { return result_; }
    // The run of one fold's coalition with the study's baseline, if known.
    const KnownRun* known(const ModelManifest& manifest, int fold, Coalition coalition) const;
    void add_notice(std::string sentence);

  private:
    struct Job {
        std::size_t model = 0;  // index into models_
        int fold = 0;
        Coalition coalition = kNoContrast;
    };
    // A run under way.
    struct Flight {
        Job job;
        std::string begun_as;  // key()
        Task<Expected<Segmentation>> segmentation;
    };
    struct Spent {
        double seconds = 0;
        int runs = 0;
    };
    Task<Expected<void>> run_jobs(std::vector<SelectedModel> models, StudySettings settings);
    Task<Expected<void>> run_in_one_arithmetic(const std::vector<Job>& jobs);
    Error end_without_memory();
    std::vector<Job> open_jobs() const;
    std::optional<double> seconds_left(std::span<const Job> jobs) const;
    const KnownRun* known_job(const Job& job) const;
    // Of a fold's runs under a study's settings, in known_: the network's file and how it is read, what stands in for
    // absent contrasts, and the arithmetic. Runs of two arithmetics never make one fold.
    std::string key(const ModelManifest& manifest, int fold, const StudySettings& settings) const;
    static std::string key(const ModelManifest& manifest, int fold, const Baseline& baseline,
                           std::string_view arithmetic);
    std::string_view arithmetic(const ModelManifest& manifest, int fold, const StudySettings& settings) const;
    Expected<const Prepared*> prepared_for(const ModelManifest& manifest);
    // METHOD 2.2: the expert's labels, else the fold's own from all contrasts, which coalition_order runs first.
    Expected<std::vector<std::uint8_t>> reference_labels(const std::string& of_fold) const;
    std::string absent_key(const Job& job) const;
    Expected<std::span<const float>> absent_for(const Job& job, const Prepared& prepared);
    void adopt(std::vector<SelectedModel> models, StudySettings settings);
    void announce_known();
    void announce(const std::string& model_id, int fold, Coalition coalition, const std::string& key,
                  const Runs& labels);
    void show_known();
    Expected<void> keep(const Job& job, const std::string& begun_as, Segmentation segmentation);
    bool fast(const Job& job) const;
    bool may_join(const Job& job, std::span<const Flight> flights) const;
    // Before a fold's first fast run in a case that is brighter than its ranges: those of the case (case_ranges).
    bool ranges_settled(const Job& job) const;
    Task<Expected<void>> settle_ranges(const Job& job);
    Expected<void> begin(const Job& job, std::vector<Flight>& flights);
    Expected<void> land(Flight flight);
    void take_labels();
    PerRegion<std::optional<double>> folds_agree(const SelectedModel& selected) const;
    GameTerms terms_of(const SelectedModel& selected) const;
    FoldResult fold_result(const SelectedModel& selected, int fold, const GameTerms& terms) const;
    void recompose();
    void report_progress(const std::vector<Job>& jobs, std::size_t done, std::size_t latest);

    const Case& subject_;
    Runtime& runtime_;
    StudyEvents& events_;
    std::vector<SelectedModel> models_;
    std::map<std::string, KnownRuns> known_;  // by key()
    // With what it was prepared for.
    std::optional<std::pair<View, Prepared>> prepared_;
    std::vector<float> absent_;  // what stands in for absent contrasts, made for absent_key_
    std::string absent_key_;
    std::map<std::string, std::string> case_ranges_;  // by key(); they follow from the case and the fold
    std::uint64_t image_ = 0;             // another number for every prepared_ and absent_, of whatever study
    std::map<std::size_t, Spent> spent_;  // in this run(), by index into models_
    // What was announced and not taken back since: key() of its run by model, fold and coalition.
    std::map<std::tuple<std::string, int, Coalition>, std::string> announced_;
    // Voxels of the reference by label; without an expert's, of no use.
    std::array<std::uint64_t, kLabels> reference_voxels_{};
    StudyResult result_;
    // Of this run(): when it began, when its last run ended, how many did.
    double started_ = 0;
    double last_landed_ = 0;
    std::size_t landed_ = 0;
    bool running_ = false;
    bool cancelled_ = false;
};

}  // namespace shapslice
