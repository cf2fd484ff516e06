#include "study/study.h"

#include <gtest/gtest.h>

#include <set>

#include "study_bench.h"

namespace shapslice {
namespace {

using testing::Bench;
using testing::manifest_of;
using testing::plain_network;
using testing::PlainRuntime;
using testing::Recorder;
using testing::small_case;

TEST(CoalitionOrder, BeginsWithAllAndHoldsEachOnce) {
    const auto order = coalition_order(false);
    EXPECT_EQ(order.front(), kAllContrasts);
    EXPECT_EQ(order.size(), 15u);
    EXPECT_EQ(std::set(order.begin(), order.end()).size(), 15u);
    EXPECT_EQ(std::count(order.begin(), order.end(), kNoContrast), 0);
    EXPECT_EQ(coalition_order(true).back(), kNoContrast);
}

TEST(StudyRun, FillsEveryValueAndReportsEachOnItsWay) {
    Bench bench;
    std::vector<int> known;
    bench.events.then = [&](const StudyResult& result) {
        int count = 0;
        for (const FoldResult& fold : result.models[0].folds) {
            for (const auto& value : fold.regions[0].values) count += value.has_value();
        }
        known.push_back(count);
    };
    ASSERT_TRUE(bench.run({0, 1}));
    EXPECT_EQ(bench.runtime.runs, 30);
    EXPECT_TRUE(std::is_sorted(known.begin(), known.end()));
    EXPECT_EQ(known.back(), 32);
    EXPECT_GE(std::set(known.begin(), known.end()).size(), 30u);
    const ModelResult& model = bench.study.result().models[0];
    EXPECT_EQ(model.complete_folds, 2);
    for (const FoldResult& fold : model.folds) {
        for (const RegionGame& game : fold.regions) {
            ASSERT_NE(game.state, GameState::open);
            ASSERT_EQ(game.analysis.has_value(), game.state == GameState::decided);
            if (game.analysis) EXPECT_LT(std::abs(game.analysis->efficiency_gap), 1e-6);
            EXPECT_EQ(*game.values[kNoContrast], 0);  // the empty coalition is defined as an empty segmentation
        }
    }
    EXPECT_EQ(bench.events.progress.back().runs_done, 30);
    EXPECT_FALSE(bench.events.progress.back().running);
}

TEST(StudyRun, ValuesAreTheDiceOfTheSegmentationsItHandsOut) {
    Bench bench;
    ASSERT_TRUE(bench.run({1}));
    const FoldResult& fold = bench.study.result().models[0].folds[0];
    for (const Coalition coalition : coalition_order(false)) {
        std::vector<std::uint8_t> labels(bench.subject.grid.size());
        ASSERT_TRUE(decode_runs(bench.study.known(manifest_of("m", 5), 1, coalition)->labels, labels));
        for (std::size_t r = 0; r < kRegions; ++r) {
            int both = 0, either = 0;
            for (std::size_t v = 0; v < labels.size(); ++v) {
                const bool in_a = in_region(labels[v], static_cast<Region>(r));
                const bool in_b = in_region((*bench.subject.reference)[v], static_cast<Region>(r));
                both += in_a && in_b;
                either += in_a + in_b;
            }
            EXPECT_DOUBLE_EQ(*fold.regions[r].values[coalition], either ? 2.0 * both / either : 1.0);
        }
    }
}

TEST(StudyRun, ASecondRunRepeatsNothing) {
    Bench bench;
    ASSERT_TRUE(bench.run({0}));
    EXPECT_EQ(bench.runtime.runs, 15);
    ASSERT_TRUE(bench.run({0, 3}));
    EXPECT_EQ(bench.runtime.runs, 30);
    ASSERT_TRUE(bench.run({0, 3}));
    EXPECT_EQ(bench.runtime.runs, 30);
    StudySettings settings;
    settings.run_empty_coalition = true;
    ASSERT_TRUE(bench.run({0, 3}, settings));
    EXPECT_EQ(bench.runtime.runs, 32);
}

TEST(StudyRun, EachModelsRunsAreExpectedToTakeWhatItsOwnTook) {
    Bench bench;
    // The second model takes nine times as long: it is cut into more tiles, each a run of one second here.
    const ModelManifest slow = manifest_of("slow", 1, 1, {8, 8, 8});
    auto task = bench.study.run({{manifest_of("m", 1), {0}}, {slow, {0}}}, {});
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    const auto& progress = bench.events.progress;
    const double tiles = (bench.runtime.runs - 15) / 15.0;
    EXPECT_GT(tiles, 4);
    EXPECT_DOUBLE_EQ(*progress[1].seconds_left, 29);           // nothing known of the second
    EXPECT_DOUBLE_EQ(*progress[16].seconds_left, 14 * tiles);  // its first run is done
    EXPECT_FALSE(progress.back().seconds_left);
}

TEST(StudyRun, KnowsWhatIsLeftToRun) {
    Bench bench;
    const SelectedModel both{manifest_of("m", 5), {0, 1}};
    EXPECT_EQ(bench.study.runs_to_make(both, {}), 30);
    ASSERT_TRUE(bench.run({0}));
    EXPECT_EQ(bench.study.runs_to_make(both, {}), 15);
    StudySettings noise;
    noise.baseline.kind = BaselineKind::noise;
    noise.run_empty_coalition = true;
    EXPECT_EQ(bench.study.runs_to_make(both, noise), 32);
}

TEST(StudyRun, AnotherBaselineRunsAnewAndTheFirstIsKept) {
    Bench bench;
    ASSERT_TRUE(bench.run({0}));
    const auto regions = [&] { return result_to_json(bench.study.result())["models"][0]["folds"][0]["regions"]; };
    const Json plain = regions();
    for (const BaselineKind kind : {BaselineKind::mean, BaselineKind::noise, BaselineKind::lesion}) {
        StudySettings settings;
        settings.baseline.kind = kind;
        const int before = bench.runtime.runs;
        ASSERT_TRUE(bench.run({0}, settings));
        EXPECT_EQ(bench.runtime.runs, before + 15);
        const Json result = result_to_json(bench.study.result());
        EXPECT_EQ(result["settings"]["baseline"], baseline_name(kind));
        EXPECT_TRUE(bench.study.result().models[0].folds[0].complete());
    }
    EXPECT_EQ(bench.events.baselines, 3);
    bench.events.segmentations.clear();
    ASSERT_TRUE(bench.run({0}));  // back to zero: nothing runs, and the slices hear of what is known
    EXPECT_EQ(bench.runtime.runs, 60);
    EXPECT_EQ(bench.events.segmentations.size(), 15u);
    EXPECT_EQ(regions(), plain);
}

TEST(StudyRun, BaselinesChangeTheGame) {
    Bench bench;
    std::map<BaselineKind, PerCoalition<std::optional<double>>> values;
    for (const BaselineKind kind : {BaselineKind::zero, BaselineKind::noise, BaselineKind::lesion}) {
        StudySettings settings;
        settings.baseline.kind = kind;
        ASSERT_TRUE(bench.run({0}, settings));
        values[kind] = bench.study.result().models[0].folds[0].regions[static_cast<std::size_t>(Region::WT)].values;
    }
    EXPECT_EQ(values[BaselineKind::zero][kAllContrasts], values[BaselineKind::noise][kAllContrasts]);
    EXPECT_EQ(values[BaselineKind::zero][kAllContrasts], values[BaselineKind::lesion][kAllContrasts]);
    EXPECT_NE(values[BaselineKind::zero], values[BaselineKind::noise]);
    EXPECT_NE(values[BaselineKind::zero], values[BaselineKind::lesion]);
}

TEST(StudyRun, WithoutAnExpertTheLesionIsTheFoldsOwn) {
    Bench bench;
    bench.subject.reference.reset();
    StudySettings settings;
    settings.baseline.kind = BaselineKind::lesion;
    Study study{bench.subject, bench.runtime, bench.events};
    auto task = study.run({{manifest_of("m", 5), {0, 1}}}, settings);
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    EXPECT_EQ(study.result().models[0].complete_folds, 2);
    for (const FoldResult& fold : study.result().models[0].folds)
        EXPECT_EQ(*fold.regions[static_cast<std::size_t>(Region::WT)].values[kAllContrasts], 1);
}

TEST(StudyRun, TheSameFileReadOtherwiseRunsAnew) {
    Bench bench;
    ASSERT_TRUE(bench.run({0}));
    ModelManifest other = manifest_of("other", 5);
    other.folds = manifest_of("m", 5).folds;
    std::swap(other.contrasts[0], other.contrasts[3]);
    auto task = bench.study.run({{other, {0}}}, {});
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    EXPECT_EQ(bench.runtime.runs, 30);
    other.id = "again";  // the same file read the same way, whatever it is called
    auto again = bench.study.run({{other, {0}}}, {});
    again.start();
    EXPECT_EQ(bench.runtime.runs, 30);
}

TEST(StudyRun, NetworksOfOpenAndOfFixedSizeEachGetTheirOwn) {
    Case subject = small_case({16, 14, 12});
    std::set<Shape> shapes;
    PlainRuntime runtime([&](const RunRequest& request) {
        shapes.insert(request.shape);
        return plain_network(request);
    });
    Recorder events;
    Study study(subject, runtime, events);
    ModelManifest fixed = manifest_of("fixed", 1, 1, {24, 32, 20});
    fixed.fixed_patch = true;
    auto task = study.run({{manifest_of("open", 1), {0}}, {fixed, {0}}, {manifest_of("third", 1), {0}}}, {});
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    EXPECT_EQ(shapes.size(), 2u);
    EXPECT_TRUE(shapes.contains(fixed.patch));
    for (const ModelResult& model : study.result().models) EXPECT_EQ(model.complete_folds, 1) << model.id;
}

TEST(StudyRun, CancelTakesEffectAfterTheRunUnderWayAndKeepsIt) {
    Bench bench;
    bench.runtime.deferred = true;
    auto task = bench.study.run({{manifest_of("m", 5), {0, 1}}}, {});
    task.start();
    for (int n = 0; n < 4; ++n) ASSERT_TRUE(bench.runtime.answer_next());
    ASSERT_FALSE(task.done());
    bench.study.cancel();
    ASSERT_TRUE(bench.runtime.answer_next());
    ASSERT_TRUE(task.done());
    EXPECT_TRUE(task.result());
    EXPECT_EQ(bench.runtime.runs, 5);
    EXPECT_TRUE(bench.study.result().progress.cancelled);
    bench.runtime.deferred = false;
    ASSERT_TRUE(bench.run({0, 1}));
    EXPECT_EQ(bench.runtime.runs, 30);
    EXPECT_FALSE(bench.study.result().progress.cancelled);
}

TEST(StudyRun, TheSentenceSaysWhichValuesAreOpen) {
    Bench bench;
    bench.runtime.deferred = true;
    auto task = bench.study.run({{manifest_of("m", 5), {0, 1}}}, {});
    task.start();
    const auto says = [&](int runs, const char* words) {
        while (bench.runtime.runs <= runs) EXPECT_TRUE(bench.runtime.answer_next());
        const std::string& sentence = bench.study.result().sentence;
        EXPECT_NE(sentence.find(words), std::string::npos) << sentence;
    };
    says(3,
         "0 of 2 folds and 3 of 15 runs of fold 1 (open: 2 of 4 single contrasts, all 4 without one contrast, all 6 "
         "pairs); the rest is running.");
    says(10, "10 of 15 runs of fold 1 (open: 5 of 6 pairs)");
    says(17, "1 of 2 folds and 2 of 15 runs of fold 2 (open: 3 of 4 single");
    while (!task.done()) ASSERT_TRUE(bench.runtime.answer_next());
    EXPECT_EQ(bench.study.result().sentence.find("open"), std::string::npos);
}

// What a runtime answers that hears of the cancel only when the next run has been asked for.
TEST(StudyRun, ARunRefusedAfterCancelIsNoError) {
    Case subject = small_case();
    Recorder events;
    Study* running = nullptr;
    int left = 3;
    PlainRuntime runtime([&](const RunRequest& request) -> Expected<std::vector<float>> {
        if (left-- > 0) return plain_network(request);
        running->cancel();
        return fail("Cancelled.");
    });
    Study study(subject, runtime, events);
    running = &study;
    auto task = study.run({{manifest_of("m", 1), {0}}}, {});
    task.start();
    EXPECT_TRUE(task.result());
    EXPECT_TRUE(study.result().progress.cancelled);
    EXPECT_EQ(study.result().progress.runs_done, 3);
}

TEST(StudyRun, TheRuntimesErrorEndsItAndKeepsWhatIsKnown) {
    Case subject = small_case();
    Recorder events;
    int left = 3;
    PlainRuntime runtime([&](const RunRequest& request) -> Expected<std::vector<float>> {
        return left-- > 0 ? plain_network(request) : fail("The session was lost.");
    });
    Study study(subject, runtime, events);
    auto task = study.run({{manifest_of("m", 1), {0}}}, {});
    task.start();
    ASSERT_FALSE(task.result());
    EXPECT_EQ(task.result().error().sentence, "The session was lost.");
    EXPECT_TRUE(study.known(manifest_of("m", 5), 0, kAllContrasts));
    left = 100;
    auto again = study.run({{manifest_of("m", 1), {0}}}, {});
    again.start();
    EXPECT_TRUE(again.result());
    EXPECT_EQ(runtime.runs, 16);  // the one that failed was tried twice
}

TEST(StudyRun, WithoutAReferenceTheFullSegmentationIsIt) {
    Case subject = small_case({16, 14, 12});
    subject.reference.reset();
    Recorder events;
    PlainRuntime runtime(plain_network);
    Study study(subject, runtime, events);
    auto task = study.run({{manifest_of("m", 2), {0, 1}}}, {});
    task.start();
    ASSERT_TRUE(task.result());
    const StudyResult& result = study.result();
    EXPECT_FALSE(result.has_reference);
    EXPECT_NE(result.sentence.find("Agreement with itself, not accuracy"), std::string::npos) << result.sentence;
    for (const FoldResult& fold : result.models[0].folds) {
        for (const RegionGame& game : fold.regions) EXPECT_EQ(*game.values[kAllContrasts], 1.0);
    }
}

TEST(StudyRun, AnotherClinicalRankingIsJudgedWithoutRunning) {
    Bench bench;
    ASSERT_TRUE(bench.run({0, 1}));
    const RegionGame& game = bench.study.result().models[0].folds[1].regions[0];
    EXPECT_LT(game.agreement->nsf, 1);
    ClinicalRanking same;
    same.name = "As the model";
    same.by_region[0] = *game.ranks;
    bench.study.set_clinical_ranking(same);
    EXPECT_EQ(bench.runtime.runs, 30);
    EXPECT_EQ(bench.study.result().clinical.name, "As the model");
    EXPECT_EQ(bench.study.result().models[0].folds[1].regions[0].agreement->nsf, 1);
    EXPECT_EQ(bench.study.result().models[0].folds[1].regions[4].agreement->scale.chance, 0.4375);
}

// A runtime that keeps images outlives studies: what it kept of one case must not be taken for another's.
TEST(StudyRun, NoTwoStudiesNumberAnImageAlike) {
    struct Masking final : PlainRuntime {
        Masking() : PlainRuntime([this](const RunRequest& request) { return remember(request); }) {}
        bool masks() const override { return true; }
        Expected<std::vector<float>> remember(const RunRequest& request) {
            seen.insert(request.image);
            return plain_network(request);
        }
        std::set<std::uint64_t> seen;
    };
    Masking runtime;
    std::set<std::uint64_t> all;
    std::size_t images = 0;
    for (const std::uint64_t seed : {1, 2, 3}) {
        const Case subject = small_case({16, 14, 12}, static_cast<unsigned>(seed));
        Recorder events;
        Study study(subject, runtime, events);
        for (const BaselineKind kind : {BaselineKind::zero, BaselineKind::noise}) {
            ModelManifest manifest = manifest_of("m", 1);
            if (seed == 3) manifest.patch = {8, 8, 8};  // tiles of an image are numbered, too
            StudySettings settings;
            settings.baseline.kind = kind;
            auto task = study.run({{manifest, {0}}}, settings);
            task.start();
            ASSERT_TRUE(task.done() && task.result());
        }
        images += runtime.seen.size();
        all.merge(runtime.seen);
        runtime.seen.clear();
    }
    EXPECT_EQ(all.size(), images);
    EXPECT_GE(images, 4u + 2 * 8u);
}

// A device that was lost on the way: the fold says that its runs differ, and how.
TEST(StudyRun, NamesEveryRuntimeThatAFoldsRunsHad) {
    Bench bench;
    struct Losing final : Runtime {
        void start(const RunRequest& request, Completion done) override {
            done(RunOutcome{*plain_network(request), ++runs > 3 ? "wasm" : "webgpu", 1, ""});
        }
        double now() const override { return 0; }
        int runs = 0;
    } losing;
    Study study(bench.subject, losing, bench.events);
    auto task = study.run({{manifest_of("m", 1), {0}}}, {});
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    const FoldResult& fold = study.result().models[0].folds[0];
    EXPECT_EQ(fold.provider, "webgpu, wasm");
    EXPECT_EQ(fold.precision, "float32");
}

TEST(StudyRun, FoldsHaveTheirOwnWeightsAndVariance) {
    Bench bench;
    ASSERT_TRUE(bench.run({0, 1, 2, 3, 4}));
    const RegionSummary& mean = bench.study.result().models[0].summary[kMeanRegion];
    ASSERT_TRUE(mean.rank_variance);
    EXPECT_NEAR(mean.variance_scale->largest, 1.55, 1e-9);
    EXPECT_GT(*mean.rank_variance, 0);
    EXPECT_LE(*mean.rank_variance, mean.variance_scale->largest);
}

TEST(Result, JsonRoundTripLosesNothing) {
    Bench bench;
    StudySettings settings;
    settings.mean_over_all_disjoint_regions = true;
    ASSERT_TRUE(bench.run({0, 2}, settings));
    const Json json = result_to_json(bench.study.result());
    const auto back = result_from_json(json);
    ASSERT_TRUE(back) << back.error().sentence;
    EXPECT_EQ(result_to_json(*back), json);
}

// What a saved result says of its analysis follows from the values it records.
TEST(Result, CanBeRecomputedFromWhatItRecords) {
    Bench bench;
    ASSERT_TRUE(bench.run({0, 1, 2}));
    const auto saved = result_from_json(Json::parse(result_to_json(bench.study.result()).dump()));
    ASSERT_TRUE(saved);
    int decided = 0;
    for (const FoldResult& fold : saved->models[0].folds) {
        for (const RegionGame& game : fold.regions) {
            CoalitionValues values{};
            for (std::size_t mask = 0; mask < kCoalitions; ++mask) values[mask] = *game.values[mask];
            ASSERT_EQ(game.analysis.has_value(), game_state(game.values) == GameState::decided);
            if (!game.analysis) continue;
            EXPECT_EQ(analyse_game(values).shapley, game.analysis->shapley);
            ++decided;
        }
    }
    EXPECT_GT(decided, 6);
}

TEST(Result, RefusesOtherFilesWithASentence) {
    for (const char* text : {"[]", "{}", R"({"schemaVersion":3})", R"({"schemaVersion":1,"models":3})"}) {
        const auto read = result_from_json(Json::parse(text));
        ASSERT_FALSE(read) << text;
        EXPECT_TRUE(read.error().sentence.starts_with("This")) << read.error().sentence;
    }
}

// What the page would read without looking: contrasts and folds there are none of, ranks that are missing.
TEST(Result, RefusesWhatContradictsItself) {
    Bench bench;
    ASSERT_TRUE(bench.run({0, 1}));
    const Json good = Json::parse(result_to_json(bench.study.result()).dump());
    ASSERT_TRUE(result_from_json(good));
    const auto says = [&](const char* pointer, Json value, const char* words) {
        Json json = good;
        json[Json::json_pointer(pointer)] = std::move(value);
        const auto read = result_from_json(json);
        ASSERT_FALSE(read) << pointer;
        EXPECT_NE(read.error().sentence.find(words), std::string::npos) << read.error().sentence;
    };
    says("/models/0/summary/ET/ahead", 16, "contradicts itself");
    says("/models/0/folds/0/regions/ET/ranks", nullptr, "contradicts itself");
    says("/models/0/folds/0/regions/ET/agreement", nullptr, "contradicts itself");
    says("/models/0/folds/0/fold", 2147483647, "contradicts itself");
    says("/models/0/folds/0/fold", 1e300, "a number is 1e+300; expected a whole number");
    says("/models/0/completeFolds", 3, "contradicts itself");
    says("/models/0/completeFolds", 4294967296, "expected a whole number that is not too large");
    says("/referenceVoxels/ET", -1, "expected a whole number");
}

TEST(Result, CsvHasARowPerValueAndPerContrast) {
    Bench bench;
    ASSERT_TRUE(bench.run({0, 1}));
    const std::string csv = to_csv(bench.study.result());
    const auto lines = std::count(csv.begin(), csv.end(), '\n');
    EXPECT_GE(lines, 2 * kRegionRows * (kCoalitions + kContrasts));
    const auto columns = std::count(csv.begin(), csv.begin() + static_cast<std::ptrdiff_t>(csv.find('\n')), ',');
    for (std::size_t at = 0; at < csv.size();) {
        const std::size_t end = csv.find('\n', at);
        ASSERT_EQ(std::count(csv.begin() + static_cast<std::ptrdiff_t>(at),
                             csv.begin() + static_cast<std::ptrdiff_t>(end), ','),
                  columns);
        at = end + 1;
    }
}

TEST(ClinicalRankings, OutOfRangeRanksAreRefused) {
    EXPECT_TRUE(clinical_ranking_from_json(clinical_ranking_to_json({})));
    ClinicalRanking bad;
    bad.ranks[2] = 7;
    EXPECT_FALSE(clinical_ranking_from_json(clinical_ranking_to_json(bad)));
}

}  // namespace
}  // namespace shapslice
