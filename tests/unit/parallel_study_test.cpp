// Several runs of a study under way at once.
#include <gtest/gtest.h>

#include <deque>
#include <set>

#include "study_bench.h"

namespace shapslice {
namespace {

using testing::manifest_of;
using testing::plain_network;
using testing::Recorder;
using testing::small_case;

// Makes runs in whole numbers `lanes` at once, and answers when it is told to.
class WaitingRuntime : public Runtime {
  public:
    explicit WaitingRuntime(int lanes) : lanes_(lanes) {}

    void start(const RunRequest& request, Completion done) override {
        most_waiting = std::max(most_waiting, static_cast<int>(waiting_.size()) + 1);
        request.measures ? ++measured : ++runs;
        ranges.insert({request.fold, request.measures ? "asked" : request.ranges});
        waiting_.push_back([this, request, done = std::move(done)] {
            clock_ += 1;
            if (failing) return done(fail("An engine was lost."));
            RunOutcome outcome;
            if (request.measures) {
                outcome.ranges = "{of fold " + std::to_string(request.fold) + "}";
                return done(std::move(outcome));
            }
            // As a network in whole numbers that is shown more than its ranges.
            const bool cut = request.fast && request.ranges.empty() && cuts(request);
            const char* whole = cut ? "engine-float" : request.ranges.empty() ? "engine" : "engine-measured";
            done(RunOutcome{*plain_network(request), request.fast ? whole : "plain", 1, ""});
        });
    }
    int at_once(bool fast) const override { return fast ? lanes_ : 1; }
    double now() const override { return clock_; }

    int waiting() const { return static_cast<int>(waiting_.size()); }
    void answer_newest() {
        const auto answer = std::move(waiting_.back());
        waiting_.pop_back();
        answer();
    }
    void answer_oldest() {
        const auto answer = std::move(waiting_.front());
        waiting_.pop_front();
        answer();
    }

    std::function<bool(const RunRequest&)> cuts = [](const RunRequest&) { return false; };
    std::set<std::pair<int, std::string>> ranges;  // by fold, that runs went by; "asked" where they were asked for
    int runs = 0;
    int measured = 0;
    int most_waiting = 0;
    bool failing = false;

  private:
    int lanes_;
    double clock_ = 0;
    std::deque<std::function<void()>> waiting_;
};

ModelManifest with_ranges(ModelManifest manifest) {
    for (FoldModel& fold : manifest.folds) fold.activations = "ranges";
    return manifest;
}

StudySettings fast() {
    StudySettings settings;
    settings.precision = Precision::fast;
    return settings;
}

struct ParallelBench {
    explicit ParallelBench(int lanes, Case given = small_case({16, 14, 12}))
        : subject(std::move(given)), runtime(lanes) {}
    Case subject;
    WaitingRuntime runtime;
    Recorder events;
    Study study{subject, runtime, events};
    std::optional<Task<Expected<void>>> task;

    void start(StudySettings settings, ModelManifest manifest = with_ranges(manifest_of("m", 5))) {
        task.emplace(study.run({{std::move(manifest), {0, 1}}}, settings));
        task->start();
    }
    Expected<void> finish(bool newest_first) {
        while (!task->done()) newest_first ? runtime.answer_newest() : runtime.answer_oldest();
        return task->result();
    }
};

TEST(ParallelStudy, RunsAsManyAsTheRuntimeTakesAndFindsTheSame) {
    ParallelBench one(1), four(4);
    one.start(fast());
    ASSERT_TRUE(one.finish(false));
    EXPECT_EQ(one.runtime.most_waiting, 1);
    four.start(fast());
    EXPECT_EQ(four.runtime.waiting(), 4);
    ASSERT_TRUE(four.finish(true));
    EXPECT_EQ(four.runtime.most_waiting, 4);
    EXPECT_EQ(four.runtime.runs, 30);
    Json of_one = result_to_json(one.study.result())["models"];
    const Json of_four = result_to_json(four.study.result())["models"];
    EXPECT_EQ(of_one, of_four);
    const StudyProgress& progress = four.events.progress.back();
    EXPECT_EQ(progress.runs_done, 30);
    EXPECT_FALSE(progress.running);
    for (std::size_t n = 1; n < four.events.progress.size(); ++n)
        EXPECT_LE(four.events.progress[n - 1].runs_done, four.events.progress[n].runs_done);
}

TEST(ParallelStudy, SaysHowLongItTakesByWhatPassesBetweenRuns) {
    ParallelBench bench(4);
    bench.start(fast());
    for (int n = 0; n < 10; ++n) bench.runtime.answer_oldest();
    ASSERT_TRUE(bench.study.result().progress.seconds_left);
    EXPECT_DOUBLE_EQ(*bench.study.result().progress.seconds_left, 20);  // one second passes with each answer
    ASSERT_TRUE(bench.finish(false));
}

TEST(ParallelStudy, InFloatsOrWithoutRangesOneRunFollowsAnother) {
    ParallelBench exact(4), without(4);
    exact.start({});
    ASSERT_TRUE(exact.finish(true));
    EXPECT_EQ(exact.runtime.most_waiting, 1);
    EXPECT_EQ(exact.study.result().models[0].folds[0].precision, "float32");
    without.start(fast(), manifest_of("m", 5));
    ASSERT_TRUE(without.finish(true));
    EXPECT_EQ(without.runtime.most_waiting, 1);
    EXPECT_EQ(without.study.result().models[0].folds[0].provider, "plain");
}

TEST(ParallelStudy, EachPrecisionKeepsItsRuns) {
    ParallelBench bench(2);
    bench.start(fast());
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.study.result().models[0].folds[0].provider, "engine");
    EXPECT_EQ(bench.study.result().models[0].folds[0].precision, "int8 x int15");
    bench.start({});
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 60);
    EXPECT_EQ(bench.events.baselines, 1);  // other segmentations
    bench.start(fast());
    EXPECT_TRUE(bench.task->done());
    EXPECT_EQ(bench.runtime.runs, 60);
    EXPECT_EQ(bench.study.result().models[0].folds[0].provider, "engine");
}

TEST(ParallelStudy, OtherRangesAreOtherRuns) {
    ParallelBench bench(2);
    bench.start(fast());
    ASSERT_TRUE(bench.finish(false));
    ModelManifest other = with_ranges(manifest_of("m", 5));
    other.folds[0].activations = "others";
    bench.start(fast(), other);
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 45);
}

// Brighter than what the fold's ranges were measured on.
ModelManifest beyond_ranges() {
    ModelManifest manifest = with_ranges(manifest_of("m", 5));
    for (FoldModel& fold : manifest.folds) fold.input_range = {-0.1f, 0.1f};
    return manifest;
}

TEST(ParallelStudy, ACaseBeyondTheRangesIsMeasuredOnceAFoldAndKeepsWhatWasFound) {
    using Asked = std::set<std::pair<int, std::string>>;
    Json first;
    for (const bool newest_first : {false, true}) {
        ParallelBench bench(newest_first ? 4 : 1);
        bench.start(fast(), beyond_ranges());
        ASSERT_TRUE(bench.finish(newest_first));
        EXPECT_EQ(bench.runtime.measured, 2);
        EXPECT_EQ(bench.runtime.runs, 30);
        EXPECT_EQ(bench.runtime.ranges, (Asked{{0, "asked"}, {0, "{of fold 0}"}, {1, "asked"}, {1, "{of fold 1}"}}));
        const FoldResult& fold = bench.study.result().models[0].folds[0];
        EXPECT_EQ(fold.provider, "engine-measured");
        EXPECT_EQ(fold.precision, "int8 x int15");
        EXPECT_EQ(fold.activations, "ranges");
        EXPECT_EQ(fold.runs_made_again, 0);
        const Json found = result_to_json(bench.study.result())["models"];
        EXPECT_EQ(first.is_null() ? found : first, found);
        first = found;
    }
}

TEST(ParallelStudy, ACaseWithinTheRangesIsNotMeasured) {
    ModelManifest manifest = with_ranges(manifest_of("m", 5));
    for (FoldModel& fold : manifest.folds) fold.input_range = {-2, 2};
    ParallelBench bench(2);
    bench.start(fast(), manifest);
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.measured, 0);
    ParallelBench exact(2);
    exact.start({}, beyond_ranges());
    ASSERT_TRUE(exact.finish(false));
    EXPECT_EQ(exact.runtime.measured, 0);
}

// What is missing of a stored study is made by the same ranges as what was stored.
TEST(ParallelStudy, RestoredRunsAndNewOnesGoByTheSameRanges) {
    ParallelBench whole(2), rest(2);
    whole.start(fast(), beyond_ranges());
    ASSERT_TRUE(whole.finish(false));
    for (const auto& [key, coalition, run] : whole.events.runs) {
        if (coalition % 2) ASSERT_TRUE(rest.study.restore(key, coalition, run));
    }
    rest.start(fast(), beyond_ranges());
    ASSERT_TRUE(rest.finish(true));
    EXPECT_EQ(rest.runtime.measured, 2);
    EXPECT_EQ(rest.runtime.runs, 2 * 7);
    EXPECT_EQ(rest.runtime.ranges, whole.runtime.ranges);
    EXPECT_EQ(result_to_json(rest.study.result())["models"], result_to_json(whole.study.result())["models"]);
}

TEST(ParallelStudy, SaysHowManyRunsWereMadeAgain) {
    ParallelBench bench(3);
    bench.runtime.cuts = [](const RunRequest& request) { return request.input[request.input.size() / 8] != 0; };
    bench.start(fast());
    ASSERT_TRUE(bench.finish(true));
    const FoldResult& fold = bench.study.result().models[0].folds[0];
    EXPECT_EQ(fold.provider, "engine-float, engine");
    EXPECT_EQ(fold.precision, "float32, int8 x int15");
    EXPECT_EQ(fold.runs_made_again, 8);  // those with the first contrast
    const auto read = result_from_json(result_to_json(bench.study.result()));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->models[0].folds[0].runs_made_again, 8);
}

TEST(ParallelStudy, AnErrorWhileTheCaseIsMeasuredEndsTheStudy) {
    ParallelBench bench(2);
    bench.start(fast(), beyond_ranges());
    EXPECT_EQ(bench.runtime.waiting(), 1);
    bench.runtime.failing = true;
    ASSERT_FALSE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 0);
    bench.runtime.failing = false;
    bench.start(fast(), beyond_ranges());
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 30);
}

TEST(ParallelStudy, CancelWhileTheCaseIsMeasured) {
    ParallelBench bench(2);
    bench.start(fast(), beyond_ranges());
    bench.study.cancel();
    bench.runtime.failing = true;
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 0);
    EXPECT_TRUE(bench.study.result().progress.cancelled);
}

// What the others are counted against is the fold's own segmentation from all contrasts.
TEST(ParallelStudy, WithoutAReferenceNoneBeginsBeforeAllContrastsAreKnown) {
    Case without = small_case({16, 14, 12});
    without.reference.reset();
    ParallelBench bench(4, without);
    bench.start(fast());
    EXPECT_EQ(bench.runtime.waiting(), 1);
    bench.runtime.answer_oldest();
    EXPECT_EQ(bench.runtime.waiting(), 4);
    ASSERT_TRUE(bench.finish(true));
    EXPECT_EQ(bench.study.result().models[0].complete_folds, 2);
    ParallelBench one(1, without);
    one.start(fast());
    ASSERT_TRUE(one.finish(false));
    EXPECT_EQ(result_to_json(one.study.result())["models"], result_to_json(bench.study.result())["models"]);
}

TEST(ParallelStudy, WhatStandsInForAbsentContrastsIsTheFoldsOwn) {
    Case without = small_case({16, 14, 12});
    without.reference.reset();
    StudySettings settings = fast();
    settings.baseline.kind = BaselineKind::lesion;
    ParallelBench one(1, without), three(3, without);
    one.start(settings);
    ASSERT_TRUE(one.finish(false));
    three.start(settings);
    ASSERT_TRUE(three.finish(true));
    EXPECT_EQ(three.runtime.most_waiting, 3);
    EXPECT_EQ(result_to_json(one.study.result())["models"], result_to_json(three.study.result())["models"]);
}

TEST(ParallelStudy, CancelWaitsForThoseUnderWayAndKeepsThem) {
    ParallelBench bench(3);
    bench.start(fast());
    bench.runtime.answer_oldest();
    bench.study.cancel();
    bench.runtime.answer_newest();
    EXPECT_FALSE(bench.task->done());
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 4);
    EXPECT_EQ(bench.study.result().progress.runs_done, 4);
    EXPECT_TRUE(bench.study.result().progress.cancelled);
    bench.start(fast());
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 30);
}

TEST(ParallelStudy, AnErrorEndsItOnceThoseUnderWayHaveEnded) {
    ParallelBench bench(3);
    bench.start(fast());
    bench.runtime.failing = true;
    bench.runtime.answer_newest();
    EXPECT_FALSE(bench.task->done());
    bench.runtime.failing = false;
    bench.runtime.answer_oldest();
    EXPECT_FALSE(bench.task->done());
    bench.runtime.answer_oldest();
    ASSERT_TRUE(bench.task->done());
    ASSERT_FALSE(bench.task->result());
    EXPECT_EQ(bench.task->result().error().sentence, "An engine was lost.");
    EXPECT_EQ(bench.study.result().progress.runs_done, 2);
    bench.start(fast());
    ASSERT_TRUE(bench.finish(false));
    EXPECT_EQ(bench.runtime.runs, 31);  // the one that failed was tried twice
}

TEST(ParallelStudy, MayBeGivenUpWithRunsUnderWay) {
    ParallelBench bench(3);
    bench.start(fast());
    EXPECT_EQ(bench.runtime.waiting(), 3);
    bench.task.reset();  // nothing is left behind, says the sanitizer
}

}  // namespace
}  // namespace shapslice
