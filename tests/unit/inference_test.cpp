#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <numeric>
#include <set>

#include "base/runs.h"
#include "inference/probabilities.h"
#include "inference/segment.h"
#include "inference/tiling.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::manifest_of;
using testing::PlainRuntime;
using testing::small_case;

TEST(Tiling, CoversTheWholeWithHalfOverlap) {
    for (const Shape& whole : {Shape{96, 96, 96}, {70, 80, 64}, {10, 200, 65}, {64, 64, 64}}) {
        const Tiling tiling = tile(whole, {64, 64, 64});
        std::vector<int> covered(voxel_count(whole));
        for (const Tile& at : tiling.tiles) {
            for (int k = 0; k < tiling.size[2]; ++k)
                for (int j = 0; j < tiling.size[1]; ++j)
                    for (int i = 0; i < tiling.size[0]; ++i) {
                        ASSERT_LT(at.low[0] + i, whole[0]);
                        ASSERT_LT(at.low[1] + j, whole[1]);
                        ASSERT_LT(at.low[2] + k, whole[2]);
                        ++covered[Grid{whole}.index(at.low[0] + i, at.low[1] + j, at.low[2] + k)];
                    }
        }
        EXPECT_GE(*std::min_element(covered.begin(), covered.end()), 1);
        for (const Tile& a : tiling.tiles) {
            for (std::size_t axis = 0; axis < 3; ++axis) {
                if (a.low[axis] == 0) continue;
                // Some tile begins at most half a tile lower.
                EXPECT_TRUE(std::any_of(tiling.tiles.begin(), tiling.tiles.end(), [&](const Tile& b) {
                    const int step = a.low[axis] - b.low[axis];
                    return step > 0 && step <= tiling.size[axis] / 2;
                }));
            }
        }
    }
}

TEST(Tiling, WeightsPeakAtTheCentreAndNeverVanish) {
    const auto weights = gaussian_weights({9, 7, 5});
    EXPECT_EQ(*std::max_element(weights.begin(), weights.end()), weights[(2 * 7 + 3) * 9 + 4]);
    EXPECT_GE(*std::min_element(weights.begin(), weights.end()), 1e-3f);
}

TEST(Probabilities, ExpIsExp) {
    float worst = 0;
    for (float x = -80; x < 80; x += 0.0137f) {
        worst = std::max(worst, std::abs(exp_single(x) / std::exp(x) - 1));
    }
    EXPECT_LT(worst, 3e-7f);
    EXPECT_EQ(exp_single(0), 1.0f);
}

TEST(Probabilities, SoftmaxOverLabelsInTheManifestsOrder) {
    ModelManifest manifest = manifest_of("m", 1);
    manifest.channels = {3, 2, 1, 0};                         // background is the last channel
    const std::vector<float> logits{1, 0, 2, 0, 3, 0, 4, 0};  // [channel][2 voxels]
    std::vector<float> probabilities(8);
    label_probabilities(manifest, logits, 2, probabilities);
    const double sum = std::exp(1) + std::exp(2) + std::exp(3) + std::exp(4);
    for (std::size_t label = 0; label < 4; ++label) {
        EXPECT_NEAR(static_cast<double>(probabilities[label * 2]), std::exp(4 - static_cast<double>(label)) / sum,
                    1e-6);
        EXPECT_NEAR(probabilities[label * 2 + 1], 0.25f, 1e-6);
    }
}

TEST(Probabilities, OverlappingRegionsBecomeLabels) {
    ModelManifest manifest = manifest_of("m", 1);
    manifest.output_kind = OutputKind::regions;
    manifest.activation = Activation::none;
    manifest.channels = {0, 1, 2};
    manifest.output_channels = 3;
    std::vector<float> probabilities(4);
    label_probabilities(manifest, std::vector<float>{0.7f, 0.9f, 0.4f}, 1, probabilities);  // TC, WT, ET
    EXPECT_NEAR(probabilities[0], 0.1f, 1e-6);
    EXPECT_NEAR(probabilities[1], 0.3f, 1e-6);
    EXPECT_NEAR(probabilities[2], 0.2f, 1e-6);
    EXPECT_NEAR(probabilities[3], 0.4f, 1e-6);
}

Json good_manifest() {
    return Json::parse(R"({"schemaVersion":1,"id":"u","architecture":"U-Net","contrasts":["t1c","t1n","t2f","t2w"],
        "spacing":[3,2,1],"patch":[32,64,96],"multiple":8,"normalisation":"zscore-nonzero",
        "outputs":{"kind":"labels","activation":"softmax","channels":["background","NCR","ED","ET"]},
        "folds":[{"file":"fold0.onnx","sha256":"00"}]})");
}

TEST(Manifest, ReadsExtentsSlowestFirst) {
    const auto manifest = read_manifest("model.json", good_manifest());
    ASSERT_TRUE(manifest) << manifest.error().sentence;
    EXPECT_EQ(manifest->spacing, (std::array{1.0, 2.0, 3.0}));
    EXPECT_EQ(manifest->patch, (Shape{96, 64, 32}));
}

TEST(Manifest, RefusesWithFileAndField) {
    const auto says = [](const char* pointer, Json value, const char* words) {
        Json json = good_manifest();
        json[Json::json_pointer(pointer)] = std::move(value);
        const auto manifest = read_manifest("model.json", json);
        ASSERT_FALSE(manifest) << pointer;
        EXPECT_TRUE(manifest.error().sentence.starts_with("model.json: ")) << manifest.error().sentence;
        EXPECT_NE(manifest.error().sentence.find(words), std::string::npos) << manifest.error().sentence;
    };
    says("/schemaVersion", 9, "schemaVersion is 9");
    says("/contrasts", {"t1c", "t1n", "t2f"}, "contrasts");
    says("/contrasts/3", "pd", "pd");
    says("/spacing/0", 0, "spacing");
    says("/patch/0", 30, "multiples of 8");
    says("/multiple", 0, "multiple");
    says("/normalisation", "percentile", "normalisation");
    says("/outputs/activation", "relu", "relu");
    says("/outputs/channels/3", "cyst", "ET");
    says("/spacing/0", 1e-9, "from 0.05 to 50");
    says("/patch/0", 1e300, "expected a whole number");
    says("/patch/0", 32.5, "expected a whole number");
    says("/patch", {2048, 2048, 2048}, "at most 512 x 512 x 512 voxels");
    says("/multiple", 4294967297, "expected a whole number");
    says("/axes", "zzy", "zzy");
    says("/outputs/kind", "boxes", "boxes");
    says("/folds", Json::array(), "folds");
    says("/folds", 3, "field");
}

TEST(CoalitionInput, AbsentContrastsAreZeroInTheModelsOrder) {
    const Case subject = small_case();
    const auto prepared = prepare(subject, {1, 1, 1}, 4);
    ModelManifest manifest = manifest_of("m", 1);
    manifest.contrasts = {Contrast::t2w, Contrast::t1c, Contrast::t2f, Contrast::t1n};
    const std::size_t voxels = voxel_count(prepared->padded);
    std::vector<float> input(4 * voxels, 99.0f);
    coalition_input(*prepared, {}, manifest, 0b1001, input);  // t1c and t2w
    EXPECT_TRUE(std::equal(input.begin(), input.begin() + static_cast<std::ptrdiff_t>(voxels),
                           prepared->channels.begin() + static_cast<std::ptrdiff_t>(3 * voxels)));
    EXPECT_TRUE(std::equal(input.begin() + static_cast<std::ptrdiff_t>(voxels),
                           input.begin() + static_cast<std::ptrdiff_t>(2 * voxels), prepared->channels.begin()));
    for (std::size_t n = 2 * voxels; n < 4 * voxels; ++n) ASSERT_EQ(input[n], 0.0f);
}

// A network that looks at each voxel alone gives the same labels however the case is cut.
TEST(Segment, TilesOfAVoxelwiseNetworkGiveTheWhole) {
    const Case subject = small_case({40, 36, 33}, 8);
    const auto prepared = prepare(subject, {1, 1, 1}, 4);
    PlainRuntime runtime([](const RunRequest& request) -> Expected<std::vector<float>> {
        const std::vector<float> input(request.input.begin(), request.input.end());
        return input;  // the four contrasts' z-scores as the labels' logits
    });
    std::vector<std::vector<std::uint8_t>> labels;
    for (const int patch : {64, 20}) {
        const ModelManifest manifest = manifest_of("m", 1, 1, {patch, patch, patch});
        auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, kAllContrasts, Precision::exact);
        task.start();
        ASSERT_TRUE(task.done());
        ASSERT_TRUE(task.result());
        labels.push_back(task.result()->labels);
        EXPECT_EQ(task.result()->tiles, patch == 64 ? 1 : 27);
    }
    EXPECT_EQ(labels[0], labels[1]);
    EXPECT_GT(std::accumulate(labels[0].begin(), labels[0].end(), 0), 1000);
}

// METHOD 8.4 written out plainly, in doubles and voxel by voxel: every tile's softmax at a voxel, weighted by a
// Gaussian of sigma an eighth of the tile about the tile's centre, then trilinear to the case's grid.
struct PlainTiles {
    const Prepared& prepared;
    int side;
    std::vector<std::array<double, kLabels>> blended;

    // Low ends of the fewest evenly spread tiles that overlap by half or more.
    std::vector<int> starts(int whole) const {
        for (int count = 1;; ++count) {
            std::vector<int> lows;
            for (int n = 0; n < count; ++n) lows.push_back(count == 1 ? 0 : (whole - side) * n / (count - 1));
            bool half = lows.back() + side >= whole;
            for (std::size_t n = 1; n < lows.size(); ++n) half = half && (whole - side) <= (count - 1) * (side / 2);
            if (half) return lows;
        }
    }
    std::array<double, kLabels> softmax(const std::array<double, kLabels>& logits) const {
        std::array<double, kLabels> p;
        double sum = 0;
        for (std::size_t c = 0; c < kLabels; ++c) sum += p[c] = std::exp(logits[c]);
        for (double& each : p) each /= sum;
        return p;
    }
    template <class Network>
    void blend(Network network) {
        const Grid grid{prepared.padded};
        blended.assign(grid.size(), {});
        for (int k = 0; k < grid.shape[2]; ++k) {
            for (int j = 0; j < grid.shape[1]; ++j) {
                for (int i = 0; i < grid.shape[0]; ++i) blended[grid.index(i, j, k)] = at(network, {i, j, k});
            }
        }
    }
    template <class Network>
    std::array<double, kLabels> at(Network network, const Shape& voxel) const {
        std::array<double, kLabels> sum{};
        double total = 0;
        for (const int k : starts(prepared.padded[2])) {
            for (const int j : starts(prepared.padded[1])) {
                for (const int i : starts(prepared.padded[0])) {
                    const Shape local{voxel[0] - i, voxel[1] - j, voxel[2] - k};
                    double squares = 0;
                    bool inside = true;
                    for (const int n : local) {
                        inside = inside && n >= 0 && n < side;
                        squares += std::pow((n - (side - 1) / 2.0) / (side / 8.0), 2);
                    }
                    if (!inside) continue;
                    const double weight = std::max(1e-3, std::exp(-squares / 2));
                    const auto p = softmax(network(voxel, local));
                    for (std::size_t c = 0; c < kLabels; ++c) sum[c] += weight * p[c];
                    total += weight;
                }
            }
        }
        for (double& each : sum) each /= total;
        return sum;
    }
    // Probabilities at a voxel of the case.
    std::array<double, kLabels> on_case(const Shape& voxel) const {
        std::array<double, kLabels> p{};
        Shape low;
        std::array<double, 3> share;
        for (std::size_t a = 0; a < 3; ++a) {
            const double centre = (voxel[a] - prepared.box.low[a] + 0.5) * prepared.case_spacing[a];
            const double place = std::clamp(centre / prepared.spacing[a] - 0.5, 0.0, prepared.content[a] - 1.0);
            low[a] = static_cast<int>(place);
            share[a] = place - low[a];
        }
        for (int corner = 0; corner < 8; ++corner) {
            double weight = 1;
            Shape at_corner;
            for (std::size_t a = 0; a < 3; ++a) {
                const int up = corner >> a & 1;
                weight *= up ? share[a] : 1 - share[a];
                at_corner[a] = std::min(low[a] + up, prepared.content[a] - 1);
            }
            const auto& there = blended[Grid{prepared.padded}.index(at_corner[0], at_corner[1], at_corner[2])];
            for (std::size_t c = 0; c < kLabels; ++c) p[c] += weight * there[c];
        }
        return p;
    }
};

// Where softmax is left out no label changes: logits that tie with background, or miss it by the last bit, among them.
TEST(Probabilities, WhatIsLeftOutChangesNoLabel) {
    const Case subject = small_case({46, 38, 33}, 8);
    for (const double spacing : {1.25, 0.8}) {
        const auto prepared = prepare(subject, {spacing, spacing, spacing}, 4);
        const Shape shape = prepared->padded;
        const std::size_t voxels = voxel_count(shape);
        const ModelManifest manifest = manifest_of("m", 1, spacing, {96, 96, 96});
        Random random(7);
        for (const double share : {0.0, 0.001, 0.02, 0.5}) {
            std::vector<float> logits(kLabels * voxels);
            for (std::size_t v = 0; v < voxels; ++v) {
                const auto background = static_cast<float>(random.between(-1, 1));
                logits[v] = background;
                for (std::size_t label = 1; label < kLabels; ++label) {
                    float& logit = logits[label * voxels + v];
                    logit = background - static_cast<float>(random.between(0, 2));
                    if (random.between(0, 1) < share) {
                        const double kind = random.between(0, 3);
                        logit = kind < 1   ? background
                                : kind < 2 ? std::nextafter(background, 10.0f)
                                           : background + static_cast<float>(random.between(0, 3));
                    }
                }
            }
            std::vector<float> all(kLabels * voxels), some(kLabels * voxels);
            label_probabilities(manifest, logits, voxels, all);
            label_probabilities_to_restore(manifest, logits, shape, some);
            EXPECT_EQ(restore_labels(some, *prepared, subject.grid), restore_labels(all, *prepared, subject.grid));
            if (share < 0.0001) EXPECT_NE(some, all);  // there was something to leave out
        }
    }
}

class MaskingRuntime final : public PlainRuntime {
  public:
    using PlainRuntime::PlainRuntime;
    bool masks() const override { return true; }
};

TEST(Segment, TilesBlendAsMethodSays) {
    const Case subject = small_case({46, 38, 33}, 8);
    const auto prepared = prepare(subject, {1.25, 1.25, 1.25}, 4);
    constexpr int kSide = 16;
    // Logits that depend on where in its tile a voxel lies, so that every tile says something else of it.
    const auto network = [&](const Shape& voxel, const Shape& local) {
        std::array<double, kLabels> logits;
        const std::size_t at = Grid{prepared->padded}.index(voxel[0], voxel[1], voxel[2]);
        for (std::size_t c = 0; c < kLabels; ++c) {
            const double z = static_cast<double>(prepared->channels[c * voxel_count(prepared->padded) + at]);
            logits[c] = z + std::sin(0.7 * local[c % 3] + static_cast<double>(c)) * 1.5;
        }
        return logits;
    };
    PlainRuntime runtime([&](const RunRequest& request) -> Expected<std::vector<float>> {
        std::vector<float> output(request.input.begin(), request.input.end());
        const Grid tile_grid{request.shape};
        for (std::size_t c = 0; c < kLabels; ++c) {
            for (int k = 0; k < kSide; ++k) {
                for (int j = 0; j < kSide; ++j) {
                    for (int i = 0; i < kSide; ++i) {
                        const Shape local{i, j, k};
                        output[c * tile_grid.size() + tile_grid.index(i, j, k)] +=
                            static_cast<float>(std::sin(0.7 * local[c % 3] + static_cast<double>(c)) * 1.5);
                    }
                }
            }
        }
        return output;
    });
    const ModelManifest manifest = manifest_of("m", 1, 1.25, {kSide, kSide, kSide});
    auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, kAllContrasts, Precision::exact);
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    PlainTiles plain{*prepared, kSide, {}};
    plain.blend(network);
    int compared = 0;
    for (int k = prepared->box.low[2]; k < prepared->box.high[2]; ++k) {
        for (int j = prepared->box.low[1]; j < prepared->box.high[1]; ++j) {
            for (int i = prepared->box.low[0]; i < prepared->box.high[0]; ++i) {
                const auto p = plain.on_case({i, j, k});
                const auto best = static_cast<std::size_t>(std::max_element(p.begin(), p.end()) - p.begin());
                const std::size_t found = task.result()->labels[subject.grid.index(i, j, k)];
                ASSERT_TRUE(found == best || p[best] - p[found] < 1e-5)
                    << i << " " << j << " " << k << ": " << p[found] << " against " << p[best];
                ++compared;
            }
        }
    }
    EXPECT_GT(compared, 40000);
    EXPECT_EQ(task.result()->tiles, runtime.runs);
}

// A network with its axes in another order sees the same voxels there, and its answer comes back where it belongs.
TEST(Segment, AxesInAnyOrderGiveTheSame) {
    const Case subject = small_case({40, 36, 33}, 8);
    const auto prepared = prepare(subject, {1, 1, 1}, 4);
    const Grid grid{prepared->padded};
    ModelManifest manifest = manifest_of("m", 1, 1, {64, 64, 64});
    std::vector<std::uint8_t> expected;
    AxisOrder axes = kPlainAxes;
    do {
        manifest.axes = axes;
        PlainRuntime runtime([&](const RunRequest& request) -> Expected<std::vector<float>> {
            const Grid seen{request.shape};
            for (std::size_t n = 0; n < 3; ++n) {
                EXPECT_EQ(request.shape[n], grid.shape[static_cast<std::size_t>(axes[n])]);
            }
            for (const Shape& voxel : {Shape{3, 20, 11}, Shape{17, 5, 30}}) {  // of the image
                std::array<int, 3> at;
                for (std::size_t n = 0; n < 3; ++n) at[n] = voxel[static_cast<std::size_t>(axes[n])];
                EXPECT_EQ(request.input[seen.index(at[0], at[1], at[2])],
                          prepared->channels[grid.index(voxel[0], voxel[1], voxel[2])]);
            }
            return std::vector<float>(request.input.begin(), request.input.end());
        });
        auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, kAllContrasts, Precision::exact);
        task.start();
        ASSERT_TRUE(task.done() && task.result());
        if (expected.empty()) expected = task.result()->labels;
        EXPECT_EQ(task.result()->labels, expected) << axes[0] << axes[1] << axes[2];
    } while (std::next_permutation(axes.begin(), axes.end()));
}

TEST(Segment, ANetworkOfFixedSizeGetsItsPatch) {
    const Case subject = small_case({40, 36, 33}, 8);
    ModelManifest manifest = manifest_of("m", 1, 1, {64, 36, 24});
    manifest.fixed_patch = true;
    const auto prepared = prepare(subject, {1, 1, 1}, 4, manifest.least());
    ASSERT_TRUE(prepared);
    EXPECT_EQ(prepared->padded[0], 64);
    PlainRuntime runtime([&](const RunRequest& request) -> Expected<std::vector<float>> {
        EXPECT_EQ(request.shape, manifest.patch);
        return std::vector<float>(request.input.begin(), request.input.end());
    });
    auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, kAllContrasts, Precision::exact);
    task.start();
    ASSERT_TRUE(task.done() && task.result());
    // Padding changes nothing: the same labels as from a grid that needs none.
    manifest = manifest_of("m", 1, 1, {64, 64, 64});
    const auto plain = prepare(subject, {1, 1, 1}, 4);
    PlainRuntime echo([](const RunRequest& request) -> Expected<std::vector<float>> {
        return std::vector<float>(request.input.begin(), request.input.end());
    });
    auto whole = segment(echo, manifest, 0, *plain, {}, subject.grid, kAllContrasts, Precision::exact);
    whole.start();
    EXPECT_EQ(task.result()->labels, whole.result()->labels);
}

// A runtime that makes coalitions itself is told of them, and sees the same image for each.
TEST(Segment, ARuntimeThatMasksGivesTheSame) {
    const Case subject = small_case({46, 38, 33}, 8);
    const auto prepared = prepare(subject, {1, 1, 1}, 4);
    std::vector<float> stand_in(prepared->channels.size());
    for (std::size_t n = 0; n < stand_in.size(); ++n) stand_in[n] = static_cast<float>(n % 17) / 4;
    PlainRuntime plain([](const RunRequest& request) -> Expected<std::vector<float>> {
        EXPECT_TRUE(request.present.empty());
        return std::vector<float>(request.input.begin(), request.input.end());
    });
    std::map<std::uint64_t, std::vector<float>> images;
    MaskingRuntime masking([&](const RunRequest& request) -> Expected<std::vector<float>> {
        std::vector<float> input(request.input.begin(), request.input.end());
        const auto [at, first] = images.emplace(request.image, input);
        EXPECT_TRUE(first || at->second == input);
        const std::size_t voxels = voxel_count(request.shape);
        for (std::size_t n = 0; n < input.size(); ++n) {
            if (!request.present[n / voxels]) input[n] = request.absent.empty() ? 0 : request.absent[n];
        }
        return input;
    });
    ModelManifest manifest = manifest_of("m", 1, 1, {64, 64, 64});
    std::swap(manifest.contrasts[0], manifest.contrasts[2]);
    std::uint64_t image = 0;
    for (const int patch : {64, 24}) {
        for (const bool other : {false, true}) {
            for (const bool stands_in : {false, true}) {
                manifest.patch = {patch, patch, patch};
                manifest.axes = other ? AxisOrder{2, 1, 0} : kPlainAxes;
                ++image;
                for (const Coalition coalition : {Coalition{0b0101}, Coalition{0b1000}, kAllContrasts}) {
                    const std::span<const float> absent = stands_in ? stand_in : std::span<const float>{};
                    const auto labels = [&](Runtime& runtime) {
                        auto task = segment(runtime, manifest, 0, *prepared, absent, subject.grid, coalition,
                                            Precision::exact, image);
                        task.start();
                        return task.result()->labels;
                    };
                    EXPECT_EQ(labels(masking), labels(plain)) << patch << other << stands_in << int{coalition};
                }
            }
        }
    }
    EXPECT_GT(images.size(), 8u);
}

// Makes the labels itself where it is asked to, from what the request says of them alone.
class LabellingRuntime final : public Runtime {
  public:
    explicit LabellingRuntime(const ModelManifest& manifest) : manifest_(manifest) {}

    void start(const RunRequest& request, Completion done) override {
        const auto voxels = voxel_count(request.shape);
        std::vector<float> output(
            request.input.begin(),
            request.input.begin() + static_cast<std::ptrdiff_t>(voxels * index(manifest_.output_channels)));
        asked = request.labelling != nullptr;
        if (!asked) return done(RunOutcome{std::move(output), "plain", 1, ""});
        std::vector<float> probabilities(kLabels * voxels);
        label_probabilities(manifest_, output, voxels, probabilities);
        done(RunOutcome{{}, "plain", 1, "", labels(*request.labelling, probabilities)});
    }
    double now() const override { return 0; }

    bool asked = false;

  private:
    static std::size_t index(int n) { return static_cast<std::size_t>(n); }

    static std::vector<std::uint32_t> labels(const Labelling& labelling, std::span<const float> probabilities) {
        const auto& p = labelling.parameters;
        const Grid from{{p[0], p[1], p[2]}};
        const auto tap = [&](int n, std::size_t of) { return labelling.taps[3 * index(n) + of]; };
        const auto mix = [&](float low, float high, int n) {
            const float share = std::bit_cast<float>(tap(n, 2));
            return low * (1 - share) + high * share;
        };
        std::vector<std::uint32_t> words(labelling.words);
        std::size_t voxel = 0;
        for (int k = p[3] + p[4]; k < p[3] + p[4] + p[5]; ++k) {
            for (int j = p[3]; j < p[3] + p[4]; ++j) {
                for (int i = 0; i < p[3]; ++i, ++voxel) {
                    std::array<float, kLabels> value{};
                    for (std::size_t label = 0; label < kLabels; ++label) {
                        const auto at = [&](std::size_t ti, std::size_t tj, std::size_t tk) {
                            return probabilities[label * from.size() + from.index(tap(i, ti), tap(j, tj), tap(k, tk))];
                        };
                        const auto row = [&](std::size_t ti) {
                            return mix(mix(at(ti, 0, 0), at(ti, 0, 1), k), mix(at(ti, 1, 0), at(ti, 1, 1), k), j);
                        };
                        value[label] = mix(row(0), row(1), i);
                    }
                    auto best = std::max_element(value.begin(), value.end()) - value.begin();
                    if (p[6] == static_cast<int>(LabelsFrom::painting)) {
                        best = 0;
                        for (std::size_t n = 0; n < 3; ++n) best = value[n + 1] > 0.5f ? p[11] >> (2 * n) & 3 : best;
                    }
                    words[voxel / 16] |= static_cast<std::uint32_t>(best) << (2 * (voxel % 16));
                }
            }
        }
        EXPECT_EQ(labelling.taps.size(), 3 * index(p[3] + p[4] + p[5]));
        return words;
    }

    const ModelManifest& manifest_;
};

TEST(Segment, ARuntimeThatMakesLabelsGivesTheSame) {
    const Case subject = small_case({46, 38, 33}, 8);
    ModelManifest labels = manifest_of("m", 1, 1.4, {64, 64, 64});
    ModelManifest regions = labels;
    regions.output_kind = OutputKind::regions;
    regions.activation = Activation::sigmoid;
    regions.channels = {1, 2, 0};
    regions.output_channels = 3;
    ModelManifest painted = regions;
    painted.decoding = Decoding::threshold;
    painted.painting = {1, 2, 0};
    painted.padding = Padding::patch;
    for (ModelManifest manifest : {labels, regions, painted}) {
        const auto prepared = prepare(subject, manifest.view());
        LabellingRuntime labelling(manifest);
        PlainRuntime plain([&](const RunRequest& request) -> Expected<std::vector<float>> {
            const auto count = voxel_count(request.shape) * static_cast<std::size_t>(manifest.output_channels);
            return std::vector<float>(request.input.begin(),
                                      request.input.begin() + static_cast<std::ptrdiff_t>(count));
        });
        const auto found = [&](Runtime& runtime) {
            auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, kAllContrasts, Precision::exact);
            task.start();
            return task.result()->labels;
        };
        const auto expected = found(plain);
        const bool covers = manifest.decoding == Decoding::threshold;  // TC, painted last, covers ET's label or it not
        EXPECT_GE(std::set(expected.begin(), expected.end()).size(), covers ? kLabels - 1 : kLabels);
        EXPECT_EQ(found(labelling), expected);
        EXPECT_TRUE(labelling.asked);
        // Tiles are blended before there is a label, and axes may lie the other way round.
        manifest.patch = {16, 16, 16};
        EXPECT_EQ(found(labelling), found(plain));
        EXPECT_FALSE(labelling.asked);
        manifest.patch = {64, 64, 64};
        manifest.axes = {2, 1, 0};
        found(labelling);
        EXPECT_FALSE(labelling.asked);
    }
}

TEST(Segment, AnOutputOfTheWrongSizeNamesTheModel) {
    const Case subject = small_case();
    const auto prepared = prepare(subject, {1, 1, 1}, 4);
    PlainRuntime runtime([](const RunRequest&) -> Expected<std::vector<float>> { return std::vector<float>(7); });
    const ModelManifest manifest = manifest_of("m", 1);
    auto task = segment(runtime, manifest, 0, *prepared, {}, subject.grid, kAllContrasts, Precision::exact);
    task.start();
    ASSERT_FALSE(task.result());
    EXPECT_TRUE(task.result().error().sentence.starts_with("Model m: the network's output has 7 values"));
}

TEST(Runs, DecodeWhatWasEncoded) {
    Random random(4);
    for (const double change : {0.001, 0.1, 0.9}) {
        std::vector<std::uint8_t> labels(10007);
        std::uint8_t label = 0;
        for (auto& voxel : labels) {
            if (random.between(0, 1) < change) label = static_cast<std::uint8_t>(random.next() & 3);
            voxel = label;
        }
        std::vector<std::uint8_t> back(labels.size(), 9);
        ASSERT_TRUE(decode_runs(encode_runs(labels), back));
        EXPECT_EQ(back, labels);
    }
    EXPECT_TRUE(encode_runs({}).empty());
}

TEST(Runs, OfAnotherLengthAreRefused) {
    const Runs runs = encode_runs(std::vector<std::uint8_t>(100, 2));
    std::vector<std::uint8_t> shorter(99), longer(101);
    EXPECT_FALSE(decode_runs(runs, shorter));
    EXPECT_FALSE(decode_runs(runs, longer));
}

}  // namespace
}  // namespace shapslice
