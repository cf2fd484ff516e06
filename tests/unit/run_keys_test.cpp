// A run's key says all that its values depend on, and what is known or shown does not depend on what ran before.
#include <gtest/gtest.h>

#include "study_bench.h"

namespace shapslice {
namespace {

using testing::Bench;
using testing::manifest_of;
using testing::plain_network;
using testing::Recorder;
using testing::small_case;

// A graphics processor that makes so many fast runs in halves, then fails for good: which is known, or comes to light
// by the next run.
struct FailingHalves : Runtime {
    int left = 0;
    bool known = true;
    int runs = 0;
    explicit FailingHalves(int holds, bool is_known = true) : left(holds), known(is_known) {}
    void start(const RunRequest& request, Completion done) override {
        ++runs;
        if (request.measures) return done(RunOutcome{{}, "", 0, ""});
        const bool in_halves = request.fast && left-- > 0;
        left = std::max(0, left);
        const auto provider = !request.fast ? "wasm" : in_halves ? kHalfProvider : kEngineProvider;
        done(RunOutcome{*plain_network(request), std::string(provider), 1, ""});
    }
    std::string_view fast_arithmetic() const override { return left > 0 && known ? kHalves : kWholeNumbers; }
    double now() const override { return runs; }
};

SelectedModel fast_model(std::vector<int> folds) {
    SelectedModel model{manifest_of("m", 5), std::move(folds)};
    for (FoldModel& fold : model.manifest.folds) fold.activations = "ranges";
    return model;
}

StudySettings fast_settings() {
    StudySettings settings;
    settings.precision = Precision::fast;
    return settings;
}

Expected<void> run(Study& study, std::vector<SelectedModel> models, StudySettings settings) {
    auto task = study.run(std::move(models), settings);
    task.start();
    return task.done() ? task.result() : Expected<void>(fail("it is waiting"));
}

TEST(RunKeys, SayTheArithmetic) {
    const Case subject = small_case({16, 14, 12});
    for (const auto& [holds, settings, word] : {std::tuple{100, fast_settings(), kHalves},
                                                {0, fast_settings(), kWholeNumbers},
                                                {0, StudySettings{}, kFloats}}) {
        FailingHalves runtime(holds);
        Recorder events;
        Study study(subject, runtime, events);
        ASSERT_TRUE(run(study, {fast_model({0})}, settings));
        ASSERT_EQ(events.runs.size(), 15u);
        for (const auto& [key, coalition, kept] : events.runs)
            EXPECT_NE(key.find(" " + std::string(word)), std::string::npos) << key;
    }
}

// Fold 1 is in halves, of fold 2 five coalitions are when the processor fails: no fold is of both.
TEST(RunKeys, NoFoldIsMadeOfTwoArithmetics) {
    Case subject = small_case({16, 14, 12});
    for (const auto [expert, known] : {std::pair{true, true}, {true, false}, {false, true}}) {
        if (!expert) subject.reference.reset();
        FailingHalves runtime(20, known);
        Recorder events;
        Study study(subject, runtime, events);
        ASSERT_TRUE(run(study, {fast_model({0, 1})}, fast_settings()));
        const ModelResult& model = study.result().models[0];
        EXPECT_EQ(model.complete_folds, 2);
        for (const FoldResult& fold : model.folds) EXPECT_EQ(fold.precision, kWholeNumbers) << fold.fold;
        FailingHalves whole(0);
        Recorder others;
        Study expected(subject, whole, others);
        ASSERT_TRUE(run(expected, {fast_model({0, 1})}, fast_settings()));
        EXPECT_TRUE(result_to_json(study.result())["models"] == result_to_json(expected.result())["models"]);
    }
}

// What an earlier page had stored of one fold: half of it in halves, half in whole numbers.
TEST(RunKeys, StoredHalvesOfTwoArithmeticsMakeNoFold) {
    const Case subject = small_case({16, 14, 12});
    Recorder stored;
    for (const int holds : {100, 0}) {
        FailingHalves runtime(holds);
        Recorder events;
        Study study(subject, runtime, events);
        ASSERT_TRUE(run(study, {fast_model({0})}, fast_settings()));
        for (const auto& kept : events.runs)
            if ((std::get<1>(kept) < 8) == (holds == 0)) stored.runs.push_back(kept);
    }
    FailingHalves runtime(100);
    Recorder events;
    Study study(subject, runtime, events);
    for (const auto& [key, coalition, kept] : stored.runs) EXPECT_TRUE(study.restore(key, coalition, kept));
    study.recall({fast_model({0})}, fast_settings());
    EXPECT_EQ(study.result().progress.runs_done, 8);
    EXPECT_EQ(study.result().models[0].complete_folds, 0);
    EXPECT_EQ(study.result().models[0].folds[0].precision, kHalves);
    runtime.left = 0;  // the processor is gone before anything runs: what is shown follows
    study.follow_arithmetic();
    EXPECT_EQ(study.result().progress.runs_done, 7);
    EXPECT_EQ(study.result().models[0].folds[0].precision, kWholeNumbers);
}

// The page drops all segmentations when settings change: a model that was not among those run then is told of anew.
TEST(RunKeys, WhatThePageHasDroppedIsAnnouncedAgain) {
    Bench bench;
    std::map<std::tuple<std::string, int, Coalition>, Runs> page;
    struct Page : Recorder {
        decltype(page)* held = nullptr;
        void on_other_settings() override { held->clear(); }
        void on_segmentation(const std::string& model, int fold, Coalition coalition, const Runs& labels) override {
            (*held)[{model, fold, coalition}] = labels;
        }
    } events;
    events.held = &page;
    Study study(bench.subject, bench.runtime, events);
    const SelectedModel a{manifest_of("a", 1), {0}}, b{manifest_of("b", 1), {0}};
    StudySettings mean;
    mean.baseline.kind = BaselineKind::mean;
    ASSERT_TRUE(run(study, {a}, {}));
    ASSERT_TRUE(run(study, {b}, mean));
    ASSERT_TRUE(run(study, {b}, {}));
    const int before = bench.runtime.runs;
    ASSERT_TRUE(run(study, {a, b}, {}));
    EXPECT_EQ(bench.runtime.runs, before) << "all is known";
    EXPECT_EQ(page.size(), 30u);
    for (const auto& [key, labels] : page) {
        const auto& [id, fold, coalition] = key;
        EXPECT_EQ(labels, study.known(id == "a" ? a.manifest : b.manifest, fold, coalition)->labels);
    }
    SelectedModel other = a;  // dropped anew under its name: another file
    other.manifest.folds[0].sha256 = "another";
    study.recall({other}, {});
    EXPECT_TRUE(page.empty()) << "none of the other file's is known";
}

// Without an expert's segmentation.
TEST(RunKeys, RegionsThereAreDoNotDependOnWhatRanBefore) {
    Case subject = small_case({16, 14, 12});
    subject.reference.reset();
    // Model "all" finds all labels, model "oedema" oedema alone.
    testing::PlainRuntime runtime([](const RunRequest& request) {
        auto output = plain_network(request);
        const std::size_t voxels = voxel_count(request.shape);
        if (output && request.model_id == "oedema")
            for (const std::size_t label : {1, 3})
                std::fill_n(output->begin() + static_cast<std::ptrdiff_t>(label * voxels), voxels, -100.0f);
        return output;
    });
    Recorder events;
    const SelectedModel all{manifest_of("all", 1), {0}}, oedema{manifest_of("oedema", 1), {0}};
    Study fresh(subject, runtime, events), used(subject, runtime, events);
    ASSERT_TRUE(run(fresh, {oedema}, {}));
    ASSERT_TRUE(run(used, {all}, {}));
    EXPECT_TRUE(used.result().region_present[0]);
    ASSERT_TRUE(run(used, {oedema}, {}));
    EXPECT_EQ(used.result().region_present, fresh.result().region_present);
    EXPECT_FALSE(used.result().region_present[0]);
    EXPECT_EQ(used.result().sentence, fresh.result().sentence);
}

TEST(RunKeys, SentencesCountTheRunsThatThereAre) {
    Bench bench;
    bench.events.then = [&](const StudyResult& result) {
        if (result.progress.runs_done == 3) bench.study.cancel();
    };
    StudySettings with_empty;
    with_empty.run_empty_coalition = true;
    ASSERT_TRUE(bench.run({0}, with_empty));
    const std::string& sentence = bench.study.result().sentence;
    EXPECT_EQ(sentence.find("15"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("4 of 16 runs"), std::string::npos) << sentence;
}

}  // namespace
}  // namespace shapslice
