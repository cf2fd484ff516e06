// Regions decoded by thresholds as MONAI and nnU-Net do it, the whole image as the field of view, and outputs that are
// not what the manifest says: each against a plain loop.
#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "inference/output_range.h"
#include "inference/probabilities.h"
#include "inference/segment.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::manifest_of;
using testing::PlainRuntime;
using testing::small_case;

// Channels WT, TC, ET as nnU-Net has them.
ModelManifest painted_manifest(double spacing) {
    ModelManifest manifest = manifest_of("m", 1, spacing);
    manifest.output_kind = OutputKind::regions;
    manifest.activation = Activation::sigmoid;
    manifest.channels = {1, 0, 2};  // of TC, WT, ET
    manifest.output_channels = 3;
    manifest.decoding = Decoding::threshold;
    return manifest;
}

std::vector<float> logits_of(std::size_t count, std::uint64_t seed) {
    Random random(seed);
    std::vector<float> logits(count);
    for (float& value : logits) value = static_cast<float>(random.between(-3, 2));
    return logits;
}

TEST(Threshold, EachRegionAboveOneHalfPaintsOverThoseBefore) {
    ModelManifest manifest = painted_manifest(1);
    const Case subject = small_case({13, 9, 10});
    const auto prepared = prepare(subject, manifest.view());
    const Grid grid{prepared->padded};
    const auto logits = logits_of(3 * grid.size(), 5);
    const std::vector<std::array<int, 3>> orders{{1, 0, 2}, {1, 2, 0}, {2, 0, 1}};  // into TC, WT, ET
    for (const auto& order : orders) {
        manifest.painting = order;
        std::vector<float> values(kLabels * grid.size());
        label_probabilities_to_restore(manifest, logits, grid.shape, values);
        const auto labels = restore_labels(values, *prepared, subject.grid, decision_of(manifest));
        std::set<std::uint8_t> seen;
        for (int k = 0; k < prepared->content[2]; ++k) {
            for (int j = 0; j < prepared->content[1]; ++j) {
                for (int i = 0; i < prepared->content[0]; ++i) {
                    std::uint8_t expected = 0;
                    for (const int region : order) {
                        const auto channel =
                            static_cast<std::size_t>(std::array{1, 0, 2}[static_cast<std::size_t>(region)]);
                        const double p =
                            1 /
                            (1 + std::exp(-static_cast<double>(logits[channel * grid.size() + grid.index(i, j, k)])));
                        if (p > 0.5) expected = static_cast<std::uint8_t>(region == 0 ? 1 : region == 1 ? 2 : 3);
                    }
                    const Shape& low = prepared->box.low;
                    EXPECT_EQ(labels[subject.grid.index(low[0] + i, low[1] + j, low[2] + k)], expected);
                    seen.insert(expected);
                }
            }
        }
        EXPECT_GE(seen.size(), 3u);
    }
}

// ET where the whole tumour is not, is ET under thresholds; by the largest of 1 - WT, WT - TC, TC - ET, ET it need not
// be.
TEST(Threshold, DiffersFromTheLargestWhereRegionsAreNotNested) {
    ModelManifest manifest = painted_manifest(1);
    manifest.activation = Activation::none;
    const std::vector<float> output{0.3f, 0.55f, 0.52f};  // WT, TC, ET
    const Case subject = small_case({3, 3, 3});
    Prepared one;
    one.box = {{0, 0, 0}, {1, 1, 1}};
    one.case_spacing = one.spacing = {1, 1, 1};
    one.content = one.padded = {1, 1, 1};
    const auto label = [&] {
        std::vector<float> values(kLabels);
        label_probabilities(manifest, output, 1, values);
        return restore_labels(values, one, Grid{{1, 1, 1}}, decision_of(manifest))[0];
    };
    EXPECT_EQ(label(), 3);
    manifest.decoding = Decoding::largest;
    EXPECT_EQ(label(), 0);
}

// Blended between the model's voxels before it is decided, and in tiles.
TEST(Threshold, IsDecidedOnTheCasesGrid) {
    ModelManifest manifest = painted_manifest(1.4);
    manifest.padding = Padding::patch;
    manifest.patch = {40, 32, 36};
    const Case subject = small_case({46, 38, 33}, 8);
    const auto prepared = prepare(subject, manifest.view());
    const Shape padded = prepared->padded;
    EXPECT_EQ(padded, manifest.patch);
    PlainRuntime runtime([&](const RunRequest& request) -> Expected<std::vector<float>> {
        std::vector<float> output(request.input.begin(),
                                  request.input.begin() + static_cast<std::ptrdiff_t>(3 * voxel_count(request.shape)));
        return output;
    });
    auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, kAllContrasts, Precision::exact);
    task.start();
    ASSERT_TRUE(task.result());
    const Grid grid{padded};
    const auto probability = [&](std::size_t channel, const std::array<int, 3>& at) {
        const auto contrast = static_cast<std::size_t>(manifest.contrasts[channel]);
        return 1 / (1 + std::exp(-static_cast<double>(
                            prepared->channels[contrast * grid.size() + grid.index(at[0], at[1], at[2])])));
    };
    int near_ties = 0;
    int wrong = 0;
    for (int k = 0; k < subject.grid.shape[2]; ++k) {
        for (int j = 0; j < subject.grid.shape[1]; ++j) {
            for (int i = 0; i < subject.grid.shape[0]; ++i) {
                bool inside = true;
                std::array<double, 3> values{};  // WT, TC, ET
                for (int corner = 0; corner < 8; ++corner) {
                    double weight = 1;
                    std::array<int, 3> voxel{};
                    for (std::size_t axis = 0; axis < 3; ++axis) {
                        const int off = std::array{i, j, k}[axis] - prepared->box.low[axis];
                        inside = inside && off >= 0 && off < prepared->box.extent()[axis];
                        const double x = std::clamp((off + 0.5) / 1.4 - 0.5, 0.0, prepared->content[axis] - 1.0);
                        const int low = static_cast<int>(x);
                        const bool high = corner >> axis & 1;
                        weight *= high ? x - low : 1 - (x - low);
                        const int first = (padded[axis] - prepared->content[axis]) / 2;
                        voxel[axis] = first + std::min(low + high, prepared->content[axis] - 1);
                    }
                    for (std::size_t c = 0; c < 3; ++c) values[c] += weight * probability(c, voxel);
                }
                if (!inside) continue;
                const std::uint8_t expected = values[2] > 0.5 ? 3 : values[1] > 0.5 ? 1 : values[0] > 0.5 ? 2 : 0;
                const bool tie = std::abs(values[0] - 0.5) < 1e-5 || std::abs(values[1] - 0.5) < 1e-5 ||
                                 std::abs(values[2] - 0.5) < 1e-5;
                near_ties += tie;
                wrong += !tie && task.result()->labels[subject.grid.index(i, j, k)] != expected;
            }
        }
    }
    EXPECT_EQ(wrong, 0);
    EXPECT_LT(near_ties, 100);
}

TEST(View, OfTheWholeImageKeepsEveryVoxelAndPadsAtBothEnds) {
    const Case subject = small_case({12, 10, 7});
    const View view{{1, 1, 1}, 4, {16, 12, 12}, true, true};
    const auto prepared = prepare(subject, view);
    ASSERT_TRUE(prepared);
    EXPECT_EQ(prepared->content, subject.grid.shape);
    EXPECT_EQ(prepared->padded, (Shape{16, 12, 12}));
    EXPECT_EQ(prepared->low, (Shape{2, 1, 2}));  // of 4, 2 and 5 voxels the smaller half
    const auto brain = prepare(subject, {1, 1, 1}, 1);
    const Grid whole{prepared->padded};
    const Grid box{brain->padded};
    for (int k = 0; k < box.shape[2]; ++k) {
        for (int j = 0; j < box.shape[1]; ++j) {
            for (int i = 0; i < box.shape[0]; ++i) {
                const Shape& low = brain->box.low;
                EXPECT_EQ(prepared->channels[whole.index(i + low[0] + 2, j + low[1] + 1, k + low[2] + 2)],
                          brain->channels[box.index(i, j, k)]);
            }
        }
    }
    const auto fractions = prepare_labels(*subject.reference, subject.grid, *prepared);
    EXPECT_EQ(restore_labels(fractions, *prepared, subject.grid), *subject.reference);
}

Json regions_manifest();

TEST(Manifest, TakesAxesInAnyOrder) {
    Json json = regions_manifest();
    json["axes"] = "xzy";
    json["spacing"] = {1, 3, 2};
    const auto manifest = read_manifest("model.json", json);
    ASSERT_TRUE(manifest) << manifest.error().sentence;
    EXPECT_EQ(manifest->axes, (AxisOrder{1, 2, 0}));  // y is the fastest
    EXPECT_EQ(manifest->spacing, (std::array{1.0, 2.0, 3.0}));
    EXPECT_EQ(manifest->patch, (Shape{32, 96, 64}));
    for (const char* wrong : {"", "zy", "zyy", "zyxx", "zyw"}) {
        json["axes"] = wrong;
        EXPECT_FALSE(read_manifest("model.json", json)) << wrong;
    }
}

Json regions_manifest() {
    return Json::parse(R"({"schemaVersion":1,"id":"u","architecture":"U-Net","contrasts":["t1c","t1n","t2f","t2w"],
        "spacing":[1,1,1],"patch":[32,64,96],"multiple":8,"normalisation":"zscore-nonzero",
        "outputs":{"kind":"regions","activation":"sigmoid","channels":["WT","TC","ET"]},
        "folds":[{"file":"fold0.onnx","sha256":"00"}]})");
}

TEST(Manifest, SaysHowRegionsAreDecodedAndWhatTheModelSees) {
    const auto plain = read_manifest("model.json", regions_manifest());
    ASSERT_TRUE(plain) << plain.error().sentence;
    EXPECT_EQ(plain->decoding, Decoding::largest);
    EXPECT_EQ(plain->view(), (View{{1, 1, 1}, 8, {1, 1, 1}, false, false}));
    Json json = regions_manifest();
    json["fieldOfView"] = "image";
    json["padding"] = "patch";
    json["outputs"]["decoding"] = "threshold";
    json["outputs"]["painting"] = {"ET", "WT", "TC"};
    const auto manifest = read_manifest("model.json", json);
    ASSERT_TRUE(manifest) << manifest.error().sentence;
    EXPECT_EQ(manifest->decoding, Decoding::threshold);
    EXPECT_EQ(manifest->painting, (std::array{2, 1, 0}));
    EXPECT_EQ(manifest->view(), (View{{1, 1, 1}, 8, {96, 64, 32}, true, true}));
    EXPECT_EQ(decision_of(*manifest).paints, (std::array<std::uint8_t, 3>{3, 2, 1}));
    // Another way of reading is another model to whoever keeps runs, and the older words are as they were.
    EXPECT_NE(manifest->key(0), plain->key(0));
    EXPECT_EQ(plain->key(0), "00 0 1 2 3 1 1 1 96 64 32 8 0 0 1 1 3 1 0 2");
}

TEST(Manifest, RefusesDecodingsThatCannotBe) {
    const auto says = [](const char* pointer, Json value, const std::string& words) {
        Json json = regions_manifest();
        json[Json::json_pointer(pointer)] = std::move(value);
        const auto manifest = read_manifest("model.json", json);
        ASSERT_FALSE(manifest) << words;
        EXPECT_EQ(manifest.error().sentence, "model.json: " + words);
    };
    says("/fieldOfView", "head", "\"fieldOfView\" is \"head\"; expected brain or image.");
    says("/padding", "none", "\"padding\" is \"none\"; expected multiple or patch.");
    says("/outputs/decoding", "argmax", "\"decoding\" is \"argmax\"; expected largest or threshold.");
    says("/outputs/painting", {"WT", "TC"},
         "\"outputs.painting\" must list WT, TC and ET once each, in the order in which they are painted.");
    says("/outputs/painting", {"WT", "TC", "ED"}, "\"outputs.painting\" names \"ED\"; expected WT, TC and ET.");
    says("/outputs",
         Json{{"kind", "labels"}, {"decoding", "threshold"}, {"channels", {"background", "NCR", "ED", "ET"}}},
         "\"decoding\" is threshold, which fits overlapping regions only; expected largest.");
}

std::string said_of(Activation activation, OutputKind kind, std::vector<float> output) {
    ModelManifest manifest = painted_manifest(1);
    manifest.activation = activation;
    manifest.output_kind = kind;
    OutputRange range;
    for (const float value : output) range.take(std::span(&value, 1));
    const auto problem = range.problem(manifest);
    return problem ? problem->sentence : "";
}

TEST(OutputRange, AnActivationThatWasAppliedIsNotAppliedTwice) {
    const std::string change =
        " and add it again (drop its files once more; in model.json it is \"outputs.activation\"). What was "
        "computed before is kept.";
    EXPECT_EQ(said_of(Activation::sigmoid, OutputKind::regions, {0, 1, 1, 0}),
              "Model m: every value of the network's output is 0 or 1, so it has applied an activation itself, and "
              "sigmoid would be applied once more. Set \"Output activation\" of this model to none" +
                  change);
    EXPECT_EQ(
        said_of(Activation::softmax, OutputKind::labels, {0.02f, 0.98f}),
        "Model m: every value of the network's output is between 0 and 1 (from 0.02 to 0.98), so it has applied an "
        "activation itself, and softmax would be applied once more. Set \"Output activation\" of this model to none" +
            change);
    EXPECT_EQ(said_of(Activation::none, OutputKind::regions, {-7, 0.3f, 4}),
              "Model m: the network's output has values from -7 to 4, which are no probabilities, and no activation is "
              "applied to them. Set \"Output activation\" of this model to sigmoid" +
                  change);
    EXPECT_EQ(said_of(Activation::sigmoid, OutputKind::regions, {-7, 0.3f, 4}), "");
    EXPECT_EQ(said_of(Activation::none, OutputKind::regions, {0, 1.0004f}), "");
    EXPECT_EQ(said_of(Activation::none, OutputKind::labels, {-7, 4}), "");  // the largest of logits is the largest
    EXPECT_EQ(said_of(Activation::sigmoid, OutputKind::regions, {0, 0, 0}), "");
    EXPECT_EQ(said_of(Activation::sigmoid, OutputKind::regions, {}), "");
}

// The study stops at the first run of a model that the user added, and at no run of the site's.
TEST(Segment, LooksAtTheFirstOutputOfAModelOfTheUsersOwn) {
    const Case subject = small_case({20, 18, 16});
    ModelManifest manifest = painted_manifest(1);
    const auto prepared = prepare(subject, manifest.view());
    PlainRuntime runtime([](const RunRequest& request) -> Expected<std::vector<float>> {
        EXPECT_EQ(request.labelling == nullptr, request.model_id == "mine");
        std::vector<float> output(3 * voxel_count(request.shape));
        for (std::size_t n = 0; n < output.size(); ++n) output[n] = n % 3 ? 0.0f : 1.0f;
        return output;
    });
    const auto runs = [&](Coalition coalition) {
        auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, coalition, Precision::exact);
        task.start();
        return task.result().has_value();
    };
    EXPECT_TRUE(runs(kAllContrasts));
    manifest.output_known = false;
    manifest.id = "mine";
    EXPECT_FALSE(runs(kAllContrasts));
    manifest.activation = Activation::none;
    EXPECT_TRUE(runs(kAllContrasts));
}

}  // namespace
}  // namespace shapslice
