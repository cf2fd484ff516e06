// A study of a small case with a network that is a plain function, and what it was heard to say.
#pragma once

#include <functional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "study/study.h"
#include "support.h"

namespace shapslice::testing {

struct Recorder : StudyEvents {
    std::vector<StudyProgress> progress;
    std::vector<std::pair<int, Coalition>> segmentations;
    std::vector<std::tuple<std::string, Coalition, KnownRun>> runs;
    int baselines = 0;
    std::function<void(const StudyResult&)> then;
    void on_result(const StudyResult& result) override {
        progress.push_back(result.progress);
        if (then) then(result);
    }
    void on_other_settings() override { ++baselines; }
    void on_segmentation(const std::string&, int fold, Coalition coalition, const Runs&) override {
        segmentations.emplace_back(fold, coalition);
    }
    void on_run(const std::string& key, Coalition coalition, const KnownRun& run) override {
        runs.emplace_back(key, coalition, run);
    }
};

// A network that needs no learning: logits grow with the z-scores it is given, differently for each fold.
inline Expected<std::vector<float>> plain_network(const RunRequest& request) {
    const std::size_t voxels = voxel_count(request.shape);
    std::vector<float> output(kLabels * voxels, 0.0f);
    for (std::size_t v = 0; v < voxels; ++v) {
        for (std::size_t label = 1; label < kLabels; ++label) {
            const std::size_t c = (label + static_cast<std::size_t>(request.fold)) % kContrasts;
            output[label * voxels + v] =
                2 * request.input[c * voxels + v] + request.input[((c + 1) % 4) * voxels + v] - 1;
        }
    }
    return output;
}

struct Bench {
    Case subject = small_case({16, 14, 12});
    PlainRuntime runtime{plain_network};
    Recorder events;
    Study study{subject, runtime, events};

    Expected<void> run(std::vector<int> folds, StudySettings settings = {}) {
        auto task = study.run({{manifest_of("m", 5), std::move(folds)}}, settings);
        task.start();
        return task.done() ? task.result() : Expected<void>(fail("it is waiting"));
    }
};

}  // namespace shapslice::testing
