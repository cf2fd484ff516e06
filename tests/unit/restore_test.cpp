// Runs made before, in another study of the same case.
#include <gtest/gtest.h>

#include "phantom/phantom.h"
#include "study_bench.h"

namespace shapslice {
namespace {

using testing::Bench;
using testing::manifest_of;
using testing::small_case;

TEST(StudyRestore, GoesOnInAnotherStudyOfTheSameCaseWhereThisOneStopped) {
    Bench first;
    first.events.then = [&](const StudyResult& result) {
        if (result.progress.runs_done == 6) first.study.cancel();  // the seventh is under way
    };
    ASSERT_TRUE(first.run({0, 1}));
    ASSERT_EQ(first.events.runs.size(), 7u);
    Bench second;
    for (const auto& [key, coalition, run] : first.events.runs) EXPECT_TRUE(second.study.restore(key, coalition, run));
    second.study.recall({{manifest_of("m", 5), {0, 1}}}, {});
    EXPECT_EQ(second.runtime.runs, 0);
    EXPECT_EQ(second.events.segmentations.size(), 7u);
    EXPECT_EQ(second.study.result().progress.runs_done, 7);
    EXPECT_EQ(second.study.result().progress.runs_total, 30);
    EXPECT_FALSE(second.study.result().progress.running);
    EXPECT_EQ(second.study.result().models[0].folds[0].regions[0].values,
              first.study.result().models[0].folds[0].regions[0].values);
    ASSERT_TRUE(second.run({0, 1}));
    EXPECT_EQ(second.runtime.runs, 23);
    EXPECT_EQ(second.events.runs.size(), 23u);
    EXPECT_EQ(second.events.segmentations.size(), 30u);  // each is announced once
    Bench whole;
    ASSERT_TRUE(whole.run({0, 1}));
    Json expected = result_to_json(whole.study.result());
    Json found = result_to_json(second.study.result());
    expected.erase("progress");
    found.erase("progress");
    EXPECT_EQ(found, expected);
}

TEST(StudyRestore, RestoresNoRunThatIsDamagedOrAnotherCases) {
    Bench first;
    ASSERT_TRUE(first.run({0}));
    const auto [key, coalition, run] = first.events.runs[3];
    Bench second;
    const auto refused = [&](auto change) {
        KnownRun changed = run;
        change(changed);
        return !second.study.restore(key, coalition, changed);
    };
    EXPECT_TRUE(refused([](KnownRun& r) { r.labels.pop_back(); }));
    EXPECT_TRUE(refused([](KnownRun& r) { r.labels[0] ^= 1; }));
    EXPECT_TRUE(refused([](KnownRun& r) { r.labels.clear(); }));
    EXPECT_TRUE(refused([](KnownRun& r) { ++r.counts[1][1]; }));
    EXPECT_TRUE(refused([](KnownRun& r) { std::swap(r.counts[0], r.counts[1]); }));
    EXPECT_FALSE(second.study.restore(key, kCoalitions, run));
    EXPECT_FALSE(refused([](KnownRun&) {}));
    Case other = small_case({16, 14, 10});
    Study elsewhere(other, second.runtime, second.events);
    EXPECT_FALSE(elsewhere.restore(key, coalition, run));
}

TEST(StudyRestore, WithoutLabelsAFoldIsRestoredFromItsOwnSegmentationOn) {
    Bench first;
    first.subject.reference.reset();
    Study unlabelled(first.subject, first.runtime, first.events);
    auto task = unlabelled.run({{manifest_of("m", 5), {0}}}, {});
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    Study again(first.subject, first.runtime, first.events);
    const auto& [key, coalition, run] = first.events.runs[0];
    ASSERT_EQ(coalition, kAllContrasts);
    const auto& [other_key, other_coalition, other_run] = first.events.runs[4];
    EXPECT_FALSE(again.restore(other_key, other_coalition, other_run));
    EXPECT_TRUE(again.restore(key, coalition, run));
    EXPECT_TRUE(again.restore(other_key, other_coalition, other_run));
}

TEST(StoredKey, IsOfContentAndRolesNotOfNames) {
    Case subject = small_case({4, 4, 4});
    subject.files = {{"a", FileRole::t1c, "11"}, {"b", FileRole::t1n, "22"}};
    Case renamed = subject;
    renamed.name = "other";
    renamed.files = {{"y", FileRole::t1n, "22"}, {"x", FileRole::t1c, "11"}, {"notes", FileRole::unused, "33"}};
    EXPECT_EQ(stored_key(renamed), stored_key(subject));
    Case swapped = subject;
    std::swap(swapped.files[0].role, swapped.files[1].role);
    EXPECT_NE(stored_key(swapped), stored_key(subject));
    PhantomSettings small;
    small.shape = {32, 32, 32};
    PhantomSettings noisier = small;
    noisier.noise = 1.5;
    EXPECT_EQ(stored_key(make_phantom(small)), stored_key(make_phantom(small)));
    EXPECT_NE(stored_key(make_phantom(small)), stored_key(make_phantom(noisier)));
}

}  // namespace
}  // namespace shapslice
