#include "app/study_commands.h"

#include <algorithm>
#include <iostream>
#include <numeric>

#include "app/case_folder.h"
#include "app/native_runtime.h"
#include "inference/absent_channels.h"
#include "study/study.h"

namespace shapslice {

namespace fs = std::filesystem;

namespace {

// "t1c+t2f", "all" or "none".
Expected<Coalition> coalition_from(const std::string& words) {
    if (words == "all") return kAllContrasts;
    if (words == "none") return kNoContrast;
    Coalition coalition = kNoContrast;
    for (std::size_t from = 0; from <= words.size();) {
        const std::size_t to = std::min(words.find('+', from), words.size());
        const auto at = std::find(kContrastNames.begin(), kContrastNames.end(), words.substr(from, to - from));
        if (at == kContrastNames.end())
            return fail("--coalition " + words + ": expected all, none, or some of t1c+t1n+t2f+t2w.");
        coalition = with(coalition, static_cast<int>(at - kContrastNames.begin()));
        from = to + 1;
    }
    return coalition;
}

std::string words_of(Coalition coalition) {
    std::string words;
    for (int i = 0; i < kContrasts; ++i) {
        if (contains(coalition, i))
            words += (words.empty() ? "" : "+") + std::string(kContrastNames[static_cast<std::size_t>(i)]);
    }
    return words.empty() ? "none" : words;
}

Expected<Baseline> baseline_from(const Arguments& arguments) {
    Baseline baseline;
    const std::string name = arguments.text("baseline", std::string(baseline_name(baseline.kind)));
    const auto kind = baseline_from_name(name);
    if (!kind) return fail("--baseline " + name + ": expected zero, mean, noise or lesion.");
    baseline.kind = *kind;
    return baseline;
}

Expected<std::vector<std::uint8_t>> segment_once(NativeRuntime& runtime, int fold, const Case& subject,
                                                 const Prepared& prepared, std::span<const float> absent,
                                                 Coalition coalition) {
    auto task = segment(runtime, runtime.manifest(), fold, prepared, absent, subject.grid, coalition, Precision::exact);
    task.start();
    auto segmentation = task.take();
    if (!segmentation) return tl::make_unexpected(segmentation.error());
    return std::move(segmentation->labels);
}

// METHOD 2.3. Without an expert's segmentation the lesion is the fold's own (METHOD 2.2).
Expected<std::vector<float>> stand_ins(NativeRuntime& runtime, int fold, const Case& subject, const Prepared& prepared,
                                       const Baseline& baseline) {
    if (!needs_lesion(baseline.kind)) return absent_channels(prepared, baseline, {});
    auto reference = subject.reference ? Expected<std::vector<std::uint8_t>>(*subject.reference)
                                       : segment_once(runtime, fold, subject, prepared, {}, kAllContrasts);
    if (!reference) return tl::make_unexpected(reference.error());
    return absent_channels(prepared, baseline, prepare_labels(*reference, subject.grid, prepared));
}

Expected<void> write_labels(const fs::path& file, const Case& subject, std::span<const std::uint8_t> labels) {
    return write_file(file, write_nifti_labels(labels, subject.layout));
}

// Writes each segmentation as it is made.
class WrittenSegmentations : public StudyEvents {
  public:
    WrittenSegmentations(const Case& subject, fs::path folder) : subject_(subject), folder_(std::move(folder)) {}
    const Expected<void>& written() const { return written_; }

    void on_result(const StudyResult& result) override {
        if (result.progress.running) std::cerr << result.progress.now << "\n";
    }
    void on_other_settings() override {}
    void on_run(const std::string&, Coalition, const KnownRun&) override {}
    void on_segmentation(const std::string&, int fold, Coalition coalition, const Runs& runs) override {
        if (folder_.empty() || !written_) return;
        std::vector<std::uint8_t> labels(subject_.grid.size());
        decode_runs(runs, labels);
        const std::string name = "fold" + std::to_string(fold) + "-" + words_of(coalition) + ".nii.gz";
        written_ = write_labels(folder_ / name, subject_, labels);
    }

  private:
    const Case& subject_;
    fs::path folder_;
    Expected<void> written_;
};

}  // namespace

Expected<void> run_segment(const Arguments& arguments) {
    const auto coalition = coalition_from(arguments.text("coalition", "all"));
    if (!coalition) return tl::make_unexpected(coalition.error());
    const auto baseline = baseline_from(arguments);
    if (!baseline) return tl::make_unexpected(baseline.error());
    auto model = read_model_folder(arguments.text("model"));
    if (!model) return tl::make_unexpected(model.error());
    const int fold = arguments.count("fold", 1) - 1;
    if (fold >= static_cast<int>(model->manifest.folds.size()))
        return fail("--fold " + std::to_string(fold + 1) + ": the model has " +
                    std::to_string(model->manifest.folds.size()) + " folds.");
    const auto subject = open_folder(arguments.plain[0], arguments.text("case"), arguments.text("labels"));
    if (!subject) return tl::make_unexpected(subject.error());
    NativeRuntime runtime(std::move(*model));
    const auto prepared = prepare(*subject, runtime.manifest().view());
    if (!prepared) return tl::make_unexpected(prepared.error());
    const auto absent = stand_ins(runtime, fold, *subject, *prepared, *baseline);
    if (!absent) return tl::make_unexpected(absent.error());
    const auto labels = segment_once(runtime, fold, *subject, *prepared, *absent, *coalition);
    if (!labels) return tl::make_unexpected(labels.error());
    return write_labels(arguments.text("out"), *subject, *labels);
}

Expected<void> run_study(const Arguments& arguments) {
    const auto baseline = baseline_from(arguments);
    if (!baseline) return tl::make_unexpected(baseline.error());
    const fs::path out = arguments.text("segmentations");
    if (!out.empty()) {
        if (const auto made = make_folder(out); !made) return made;
    }
    auto model = read_model_folder(arguments.text("model"));
    if (!model) return tl::make_unexpected(model.error());
    const auto subject = open_folder(arguments.plain[0], arguments.text("case"), arguments.text("labels"));
    if (!subject) return tl::make_unexpected(subject.error());
    NativeRuntime runtime(std::move(*model));
    WrittenSegmentations events(*subject, out);
    Study study(*subject, runtime, events);
    SelectedModel selected{runtime.manifest(), std::vector<int>(runtime.manifest().folds.size())};
    std::iota(selected.folds.begin(), selected.folds.end(), 0);
    StudySettings settings;
    settings.baseline = *baseline;
    auto task = study.run({std::move(selected)}, settings);
    task.start();
    if (const auto done = task.take(); !done) return done;
    if (!events.written()) return events.written();
    std::cout << result_to_json(study.result()).dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
    return {};
}

}  // namespace shapslice
