#include "study/study.h"

#include <gtest/gtest.h>

#include <set>

#include "image/sha256.h"
#include "phantom/phantom.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::manifest_of;
using testing::PlainRuntime;
using testing::small_case;

struct Recorder : StudyEvents {
    std::vector<StudyProgress> progress;
    std::vector<std::pair<int, Coalition>> segmentations;
    int baselines = 0;
    std::function<void(const StudyResult&)> then;
    void on_result(const StudyResult& result) override {
        progress.push_back(result.progress);
        if (then) then(result);
    }
    void on_baseline() override { ++baselines; }
    void on_segmentation(const std::string&, int fold, Coalition coalition, const Runs&) override {
        segmentations.emplace_back(fold, coalition);
    }
    std::vector<std::tuple<std::string, Coalition, KnownRun>> runs;
    void on_run(const std::string& key, Coalition coalition, const KnownRun& run) override {
        runs.emplace_back(key, coalition, run);
    }
};

// A network that needs no learning: logits grow with the z-scores it is given, differently for each fold.
Expected<std::vector<float>> plain_network(const RunRequest& request) {
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
            ASSERT_TRUE(game.analysis);
            EXPECT_LT(std::abs(game.analysis->efficiency_gap), 1e-6);
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

TEST(StudyRun, GoesOnInAnotherStudyOfTheSameCaseWhereThisOneStopped) {
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

TEST(StudyRun, RestoresNoRunThatIsDamagedOrAnotherCases) {
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

TEST(StudyRun, WithoutLabelsAFoldIsRestoredFromItsOwnSegmentationOn) {
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
    EXPECT_EQ(bench.study.result().models[0].folds[1].regions[1].agreement->scale.chance, 0.4375);
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
    for (const FoldResult& fold : saved->models[0].folds) {
        for (const RegionGame& game : fold.regions) {
            CoalitionValues values{};
            for (std::size_t mask = 0; mask < kCoalitions; ++mask) values[mask] = *game.values[mask];
            EXPECT_EQ(analyse_game(values).shapley, game.analysis->shapley);
        }
    }
}

TEST(Result, RefusesOtherFilesWithASentence) {
    for (const char* text : {"[]", "{}", R"({"schemaVersion":2})", R"({"schemaVersion":1,"models":3})"}) {
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
    says("/models/0/summary/ET/firstContrast", 4, "contradicts itself");
    says("/models/0/summary/ET/firstContrast", -1, "contradicts itself");
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

// --- the phantom -----------------------------------------------------------------------------------------------

// The observer who knows each label's z-scores in this very case: mean and spread of each label per contrast, and from
// a coalition the likeliest label of each voxel by the contrasts it is given alone.
PlainRuntime::Network ideal_observer(const Case& subject, const Prepared& prepared) {
    struct Known {
        double mean = 0;
        double variance = 0;
    };
    const std::size_t voxels = voxel_count(prepared.padded);
    const auto fractions = prepare_labels(*subject.reference, subject.grid, prepared);
    std::vector<std::array<Known, kContrasts>> known(kLabels);
    for (std::size_t label = 0; label < kLabels; ++label) {
        for (std::size_t c = 0; c < kContrasts; ++c) {
            double sum = 0, squares = 0, count = 0;
            for (std::size_t v = 0; v < voxels; ++v) {
                const double x = static_cast<double>(prepared.channels[c * voxels + v]);
                if (fractions[label * voxels + v] < 0.9f || x == 0) continue;
                sum += x;
                squares += x * x;
                ++count;
            }
            known[label][c] = {sum / count, std::max(squares / count - sum / count * (sum / count), 1e-4)};
        }
    }
    return [known, voxels](const RunRequest& request) -> Expected<std::vector<float>> {
        std::vector<float> logits(kLabels * voxels, 0.0f);
        for (std::size_t v = 0; v < voxels; ++v) {
            for (std::size_t label = 0; label < kLabels; ++label) {
                double log_likelihood = label == 0 ? 3.0 : 0.0;  // most of a brain is none of the tumour
                for (std::size_t c = 0; c < kContrasts; ++c) {
                    const double x = static_cast<double>(request.input[c * voxels + v]);
                    if (x == 0) continue;  // not given, or not brain
                    const Known& k = known[label][c];
                    log_likelihood -= 0.5 * ((x - k.mean) * (x - k.mean) / k.variance + std::log(k.variance));
                }
                logits[label * voxels + v] = static_cast<float>(std::max(log_likelihood, -80.0));
            }
        }
        return logits;
    };
}

RegionSummary observe(const PhantomSettings& settings, Region region) {
    const Case subject = make_phantom(settings);
    const auto prepared = prepare(subject, {2, 2, 2}, 4);
    PlainRuntime runtime(ideal_observer(subject, *prepared));
    Recorder events;
    Study study(subject, runtime, events);
    auto task = study.run({{manifest_of("observer", 1, 2, {128, 128, 128}), {0}}}, {});
    task.start();
    EXPECT_TRUE(task.result());
    return study.result().models[0].summary[static_cast<std::size_t>(region)];
}

// What was put in is what Shapley values find. (Each label in contrasts where it differs from its surroundings in
// patients: visibility 1 of ET in T1n is still hardly any.)
TEST(Phantom, ARegionVisibleInOneContrastAloneRanksThatContrastFirst) {
    using enum Contrast;
    for (const auto& [region, label, contrast] :
         {std::tuple{Region::ET, Label::ET, t1c}, {Region::ED, Label::ED, t2f}}) {
        PhantomSettings settings;
        settings.shape = {96, 96, 72};
        settings.seed = 5;
        auto& visibility = settings.visibility[static_cast<std::size_t>(label) - 1];
        visibility = {0, 0, 0, 0};
        visibility[static_cast<std::size_t>(contrast)] = 1;
        const RegionSummary found = observe(settings, region);
        ASSERT_TRUE(found.first_contrast);
        EXPECT_EQ(*found.first_contrast, static_cast<int>(contrast));
        double others = 0;
        for (std::size_t c = 0; c < kContrasts; ++c) {
            if (c != static_cast<std::size_t>(contrast)) others = std::max(others, found.shapley[c]->mean);
        }
        EXPECT_GT(found.shapley[static_cast<std::size_t>(contrast)]->mean, 2 * others);
    }
}

// Mean intensity of the tumour less that of the brain beside it, within the tumour's bounding box.
double tumour_contrast(const Case& subject, std::size_t contrast) {
    const Shape& shape = subject.grid.shape;
    Box box{shape, {0, 0, 0}};
    const auto each = [&](auto visit) {
        for (int k = 0; k < shape[2]; ++k)
            for (int j = 0; j < shape[1]; ++j)
                for (int i = 0; i < shape[0]; ++i) visit(Shape{i, j, k}, subject.grid.index(i, j, k));
    };
    each([&](const Shape& at, std::size_t v) {
        for (std::size_t axis = 0; axis < 3 && (*subject.reference)[v]; ++axis) {
            box.low[axis] = std::min(box.low[axis], at[axis]);
            box.high[axis] = std::max(box.high[axis], at[axis] + 1);
        }
    });
    std::array<double, 2> sum{}, count{};
    each([&](const Shape& at, std::size_t v) {
        bool inside = subject.voxels[contrast][v] != 0;
        for (std::size_t axis = 0; axis < 3; ++axis)
            inside = inside && at[axis] >= box.low[axis] && at[axis] < box.high[axis];
        const std::size_t which = (*subject.reference)[v] != 0;
        if (inside) sum[which] += static_cast<double>(subject.voxels[contrast][v]);
        if (inside) ++count[which];
    });
    return sum[1] / count[1] - sum[0] / count[0];
}

TEST(Phantom, ATumourVisibleNowhereLooksLikeTheBrainBesideIt) {
    PhantomSettings settings;
    settings.shape = {96, 96, 72};
    settings.noise = 0;
    settings.bias_field = 0;
    const Case shown = make_phantom(settings);
    settings.visibility = {};
    const Case hidden = make_phantom(settings);
    EXPECT_EQ(hidden.reference, shown.reference);
    constexpr std::size_t kFlair = 2;
    EXPECT_LT(std::abs(tumour_contrast(hidden, kFlair)), 0.5 * std::abs(tumour_contrast(shown, kFlair)));
}

TEST(Phantom, SameSeedSameVoxelsOtherSeedOtherTumour) {
    PhantomSettings settings;
    settings.shape = {64, 64, 48};
    const Case a = make_phantom(settings);
    EXPECT_TRUE(a.voxels == make_phantom(settings).voxels);
    settings.seed = 2;
    const Case b = make_phantom(settings);
    EXPECT_FALSE(a.reference == b.reference);
    EXPECT_TRUE(a.synthetic);
}

// Pinned, so that native and WebAssembly builds, today's and tomorrow's, show the same patient.
TEST(Phantom, TheBuiltInCaseIsTheSameInEveryBuild) {
    const Case subject = make_phantom({});
    std::string digest;
    for (const auto& voxels : subject.voxels) {
        digest += sha256_hex({reinterpret_cast<const std::uint8_t*>(voxels.data()), voxels.size() * sizeof(float)})
                      .substr(0, 8) +
                  " ";
    }
    digest += sha256_hex(*subject.reference).substr(0, 8);
    EXPECT_EQ(digest, "fcbb5215 f459b9c2 00f9a1c0 a0b75922 e5d98bf7");
    std::array<std::size_t, kLabels> counts{};
    for (const std::uint8_t label : *subject.reference) ++counts[label];
    EXPECT_GT(counts[1], 1000u);
    EXPECT_GT(counts[2], 10000u);
    EXPECT_GT(counts[3], 3000u);
}

}  // namespace
}  // namespace shapslice
