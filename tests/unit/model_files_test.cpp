// Models of other people: what their networks' names and the files beside them say is read without a question.
#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "image/sha256.h"
#include "inference/manifest.h"
#include "model_files/file_kinds.h"
#include "model_files/model_reading.h"
#include "model_files/output_names.h"
#include "support.h"

namespace shapslice {
namespace {

using Strings = std::vector<std::string>;

struct Layout {
    Strings weights{"net.0.weight"};  // names: convolutions one after the other
    int channels_out = 3;
    std::array<int, 3> extents{0, 0, 0};
    int halvings = 0;       // of the first convolutions, by a stride of 2, undone at the end
    std::string last = {};  // an operator behind them all
    int features = 2;
};

void describe_tensor(onnx::ValueInfoProto& value, const char* name, int channels, const std::array<int, 3>& extents) {
    value.set_name(name);
    auto& tensor = *value.mutable_type()->mutable_tensor_type();
    tensor.set_elem_type(onnx::TensorProto::FLOAT);
    auto& shape = *tensor.mutable_shape();
    shape.add_dim()->set_dim_value(1);
    shape.add_dim()->set_dim_value(channels);
    for (const int extent : extents) {
        if (extent > 0) {
            shape.add_dim()->set_dim_value(extent);
        } else {
            shape.add_dim()->set_dim_param("open");
        }
    }
}

onnx::TensorProto weights_named(const std::string& name, const Extents& extents, float first = 0.5f) {
    onnx::TensorProto tensor;
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::FLOAT);
    std::int64_t count = 1;
    for (const std::int64_t extent : extents) {
        tensor.add_dims(extent);
        count *= extent;
    }
    for (std::int64_t n = 0; n < count; ++n) tensor.add_float_data(first + 0.01f * static_cast<float>(n));
    return tensor;
}

// A network of 1x1x1 convolutions whose weights have the names of some library's.
onnx::ModelProto network_of(const Layout& layout, float first = 0.5f) {
    onnx::ModelProto model;
    model.set_ir_version(8);
    model.add_opset_import()->set_version(17);
    auto& graph = *model.mutable_graph();
    describe_tensor(*graph.add_input(), "image", 4, layout.extents);
    describe_tensor(*graph.add_output(), "logits", layout.channels_out, layout.extents);
    std::string from = "image";
    const auto add = [&](onnx::NodeProto node, const std::string& to) {
        node.set_output(0, to);
        *graph.add_node() = std::move(node);
        from = to;
    };
    for (std::size_t n = 0; n < layout.weights.size(); ++n) {
        const bool last = n + 1 == layout.weights.size();
        const int in = n == 0 ? 4 : layout.features, out = last ? layout.channels_out : layout.features;
        *graph.add_initializer() = weights_named(layout.weights[n], {out, in, 1, 1, 1}, first);
        onnx::NodeProto node = make_node("Conv", {from, layout.weights[n]}, "x");
        if (static_cast<int>(n) < layout.halvings) set(node, "strides", Extents{2, 2, 2});
        add(node, last && layout.last.empty() && layout.halvings == 0 ? "logits" : "x" + std::to_string(n));
    }
    if (layout.halvings > 0) {
        *graph.add_initializer() = weights_named("up", {5});
        const auto scale = static_cast<float>(1 << layout.halvings);
        auto& scales = *graph.mutable_initializer(graph.initializer_size() - 1)->mutable_float_data();
        scales[0] = scales[1] = 1;
        scales[2] = scales[3] = scales[4] = scale;
        add(make_node("Resize", {from, "", "up"}, "x"), layout.last.empty() ? "logits" : "raised");
    }
    if (!layout.last.empty()) add(make_node(layout.last, {from}, "x"), "logits");
    return model;
}

Bytes bytes_of(const onnx::ModelProto& model) {
    const std::string text = model.SerializeAsString();
    return {text.begin(), text.end()};
}
Bytes bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}

struct DroppedFile {
    std::string path;
    Bytes bytes;
};

// As the page reads what was dropped.
Expected<ModelGuess> read_files(const std::vector<DroppedFile>& files, std::string_view convention = "") {
    Strings paths;
    std::map<std::string, const Bytes*> by_path;
    for (const DroppedFile& file : files) {
        paths.push_back(file.path);
        by_path[file.path] = &file.bytes;
    }
    ModelReading reading(paths);
    const auto texts = reading.texts();
    if (!texts) return tl::make_unexpected(texts.error());
    for (const std::string& path : *texts) {
        const std::string text(by_path[path]->begin(), by_path[path]->end());
        if (const auto added = reading.add_text(path, text); !added) return tl::make_unexpected(added.error());
    }
    for (const std::string& path : reading.networks()) {
        const auto beside = reading.weights_of(path, *by_path[path]);
        if (!beside) return tl::make_unexpected(beside.error());
        std::map<std::string, std::span<const std::uint8_t>> weights;
        for (const std::string& each : *beside) weights[each] = *by_path[each];
        if (const auto added = reading.add_network(path, *by_path[path], weights); !added)
            return tl::make_unexpected(added.error());
    }
    return reading.guess(convention);
}

std::string sentence_of(const std::vector<DroppedFile>& files) {
    const auto guess = read_files(files);
    return guess ? "" : guess.error().sentence;
}

const Strings kPlainConv{"encoder.stages.0.0.convs.0.conv.weight", "encoder.stages.1.0.convs.0.conv.weight",
                         "encoder.stages.2.0.convs.0.conv.weight", "decoder.transpconvs.0.weight",
                         "decoder.seg_layers.1.weight"};
const Strings kSegResNet{"convInit.conv.weight", "down_layers.1.0.conv.weight", "up_layers.0.0.conv1.conv.weight",
                         "conv_final.2.conv.weight"};

DroppedFile network_file(const std::string& path, const Layout& layout, float first = 0.5f) {
    return {path, bytes_of(network_of(layout, first))};
}
DroppedFile text_file(const std::string& path, const std::string& text) {
    return {path, bytes_of(text)};
}

// What nnU-Net v2 writes for its conversion of BraTS, but with a spacing and a turn that no default has.
const char* const kPlans = R"({"dataset_name": "Dataset137_BraTS", "plans_name": "nnUNetResEncUNetMPlans",
    "transpose_forward": [2, 0, 1], "configurations": {
    "2d": {"patch_size": [192, 160], "spacing": [1.0, 1.0], "normalization_schemes": ["ZScoreNormalization"]},
    "3d_lowres": {"inherits_from": "3d_fullres", "patch_size": [64, 64, 64], "spacing": [2.4, 2.0, 2.0],
                  "architecture": {"arch_kwargs": {"strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2], [2, 2, 2]]}}},
    "3d_fullres": {"patch_size": [96, 160, 128], "spacing": [1.2, 1.0, 0.9],
                   "normalization_schemes": ["ZScoreNormalization", "ZScoreNormalization"],
                   "use_mask_for_norm": [true, true],
                   "architecture": {"arch_kwargs": {"strides": [[1, 1, 1], [2, 2, 2], [2, 2, 2]]}}}}})";
const char* const kRegions = R"({"channel_names": {"0": "Flair", "1": "T1", "2": "T2", "3": "T1ce"},
    "labels": {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": [3]},
    "regions_class_order": [1, 2, 3], "numTraining": 3, "file_ending": ".nii.gz"})";

TEST(ModelFiles, NnunetRegionsAreReadAsPlansAndDatasetSay) {
    const auto guess = read_files({network_file("fold_all.onnx", {kPlainConv, 3, {}, 2}),
                                   text_file("plans.json", kPlans), text_file("dataset.json", kRegions)});
    ASSERT_TRUE(guess) << guess.error().sentence;
    EXPECT_EQ(guess->convention, "files");
    EXPECT_EQ(guess->remarks, Strings{});
    const auto manifest = read_manifest("model.json", guess->manifest);
    ASSERT_TRUE(manifest) << manifest.error().sentence;
    using enum Contrast;
    EXPECT_EQ(manifest->contrasts, (PerContrast<Contrast>{t2f, t1n, t2w, t1c}));
    EXPECT_EQ(guess->manifest["axes"], "xzy");
    EXPECT_EQ(guess->manifest["spacing"], Json({1.2, 1.0, 0.9}));
    EXPECT_EQ(guess->manifest["patch"], Json({96, 160, 128}));
    EXPECT_EQ(manifest->spacing, (std::array{1.2, 0.9, 1.0}));  // along i, j, k
    EXPECT_EQ(manifest->patch, (Shape{96, 128, 160}));
    EXPECT_EQ(manifest->multiple, 4);
    EXPECT_EQ(manifest->output_kind, OutputKind::regions);
    EXPECT_EQ(manifest->activation, Activation::sigmoid);
    EXPECT_EQ(manifest->decoding, Decoding::threshold);
    EXPECT_EQ(manifest->channels, (std::vector{1, 0, 2}));  // of TC, WT, ET
    EXPECT_EQ(manifest->painting, (std::array{1, 0, 2}));   // WT, TC, ET
    EXPECT_EQ(manifest->field_of_view, FieldOfView::brain);
    EXPECT_EQ(manifest->padding, Padding::patch);
    EXPECT_EQ(manifest->id, "Dataset137_BraTS nnUNetResEncUNetMPlans");
    EXPECT_EQ(manifest->architecture, "PlainConvUNet");
}

// The keys of "labels" are in the order of the channels, whatever the alphabet says, and the numbers of the channels
// are numbers, whatever the text says.
TEST(ModelFiles, RegionsKeepTheOrderOfTheFileAndAreKnownByWhatTheyHold) {
    const char* dataset = R"({"channel_names": {"10": "T2", "2": "T1Gd", "0": "T2-FLAIR", "1": "T1w"},
        "labels": {"background": 0, "zone a": [3], "zone c": [1, 2, 3], "zone b": [1, 3]},
        "regions_class_order": [3, 2, 1]})";
    const auto guess = read_files({network_file("net.onnx", {kPlainConv, 3}), text_file("dataset.json", dataset)});
    ASSERT_TRUE(guess) << guess.error().sentence;
    EXPECT_EQ(guess->manifest["outputs"]["channels"], Json({"ET", "WT", "TC"}));
    EXPECT_EQ(guess->manifest["outputs"]["painting"], Json({"ET", "WT", "TC"}));
    EXPECT_EQ(guess->manifest["contrasts"], Json({"t2f", "t1n", "t1c", "t2w"}));
}

TEST(ModelFiles, NnunetLabelsAreReadInTheOrderOfTheirValues) {
    const Layout layout{kPlainConv, 4};
    for (
        const char* labels :
        {R"({"ET": 3, "background": 0, "SNFH": 2, "NETC": 1})",
         R"({"0": "background", "3": "GD-enhancing tumor", "2": "peritumoral edema", "1": "necrotic and non-enhancing tumor core"})"}) {
        const std::string dataset =
            std::string(R"({"modality": {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}, "labels": )") + labels +
            "}";
        const auto guess = read_files({network_file("net.onnx", layout), text_file("dataset.json", dataset)});
        ASSERT_TRUE(guess) << guess.error().sentence;
        EXPECT_EQ(guess->remarks, Strings{});
        EXPECT_EQ(
            guess->manifest["outputs"],
            Json({{"kind", "labels"}, {"activation", "softmax"}, {"channels", {"background", "NCR", "ED", "ET"}}}));
        EXPECT_EQ(guess->manifest["contrasts"], Json({"t2f", "t1n", "t1c", "t2w"}));
    }
}

// The planned network that the file is of: by its extents, or by how often it halves its images.
TEST(ModelFiles, TheConfigurationIsTheOneOfTheNetwork) {
    const auto spacing_of = [](const Layout& layout) {
        const auto guess = read_files({network_file("net.onnx", layout), text_file("plans.json", kPlans)});
        return guess ? guess->manifest["spacing"] : Json(guess.error().sentence);
    };
    EXPECT_EQ(spacing_of({kPlainConv, 4, {}, 2}), Json({1.2, 1.0, 0.9}));
    EXPECT_EQ(spacing_of({kPlainConv, 4, {}, 3}), Json({2.4, 2.0, 2.0}));
    EXPECT_EQ(spacing_of({kPlainConv, 4, {64, 64, 64}, 2}), Json({2.4, 2.0, 2.0}));
}

const char* const kMetadata = R"({"name": "BraTS MRI segmentation", "network_data_format": {
    "inputs": {"image": {"num_channels": 4, "spatial_shape": ["8*n", "8*n", "8*n"],
                         "channel_def": {"0": "FLAIR", "1": "T1", "2": "T2", "3": "T1c"}}},
    "outputs": {"pred": {"num_channels": 3, "channel_def": {"0": "Tumor core", "1": "Whole tumor", "2": "Enhancing tumor"}}}}})";
const char* const kInference = R"({"inferer": {"_target_": "SlidingWindowInferer", "roi_size": [224, 192, 144]},
    "preprocessing": {"_target_": "Compose", "transforms": [
        {"_target_": "monai.transforms.Spacingd", "keys": "image", "pixdim": [1.5, 1.25, 2]},
        {"_target_": "NormalizeIntensityd", "keys": "image", "nonzero": true, "channel_wise": true}]}})";

TEST(ModelFiles, AMonaiBundleIsReadAsItsFilesSay) {
    const auto guess =
        read_files({network_file("models/model.onnx", {kSegResNet, 3, {}, 2}),
                    text_file("configs/metadata.json", kMetadata), text_file("configs/inference.json", kInference)});
    ASSERT_TRUE(guess) << guess.error().sentence;
    EXPECT_EQ(guess->remarks, Strings{});
    const Json& manifest = guess->manifest;
    EXPECT_EQ(manifest["contrasts"], Json({"t2f", "t1n", "t2w", "t1c"}));
    EXPECT_EQ(manifest["axes"], "xyz");
    EXPECT_EQ(manifest["spacing"], Json({1.5, 1.25, 2.0}));
    EXPECT_EQ(manifest["patch"], Json({224, 192, 144}));
    EXPECT_EQ(manifest["fieldOfView"], "image");
    EXPECT_EQ(manifest["padding"], "patch");
    EXPECT_EQ(manifest["outputs"], Json({{"kind", "regions"},
                                         {"activation", "sigmoid"},
                                         {"decoding", "threshold"},
                                         {"channels", {"TC", "WT", "ET"}}}));
    EXPECT_EQ(read_manifest("model.json", manifest)->painting, (std::array{1, 0, 2}));  // WT, TC, ET
    EXPECT_EQ(manifest["name"], "BraTS MRI segmentation");
    EXPECT_EQ(manifest["folds"][0]["file"], "model.onnx");
    EXPECT_TRUE(read_manifest("model.json", manifest));
}

// Whose metadata.json says nothing of the sequences is not refused: their order is a guess, and said to be.
TEST(ModelFiles, ABundleThatNamesNoSequencesIsGuessed) {
    const char* metadata =
        R"({"network_data_format": {"inputs": {"image": {"num_channels": 4, "channel_def": {"0": "image"}}},
        "outputs": {"pred": {"channel_def": {"0": "WT", "1": "TC", "2": "ET"}}}}})";
    const auto guess = read_files({network_file("net.onnx", {kSegResNet, 3}), text_file("metadata.json", metadata)});
    ASSERT_TRUE(guess) << guess.error().sentence;
    ASSERT_EQ(guess->remarks.size(), 1u);
    EXPECT_TRUE(guess->remarks[0].starts_with("metadata.json calls the channels image, ")) << guess->remarks[0];
    EXPECT_EQ(guess->manifest["outputs"]["channels"], Json({"WT", "TC", "ET"}));
}

TEST(ModelFiles, NetworksAloneAreKnownByTheNamesOfTheirWeights) {
    const auto guess_of = [](const Strings& names, int channels) {
        const auto guess = read_files({network_file("net.onnx", {names, channels})});
        return guess ? guess->convention + ", " + guess->manifest["architecture"].get<std::string>()
                     : guess.error().sentence;
    };
    EXPECT_EQ(guess_of(kPlainConv, 3), "nnunet-regions, PlainConvUNet");
    EXPECT_EQ(guess_of(kPlainConv, 4), "nnunet-labels, PlainConvUNet");
    EXPECT_EQ(guess_of(kSegResNet, 3), "monai, SegResNet");
    EXPECT_EQ(guess_of({"module.swinViT.patch_embed.proj.weight", "module.out.conv.conv.weight"}, 3),
              "monai, SwinUNETR");
    EXPECT_EQ(guess_of(kSegResNet, 4), "monai-labels, SegResNet");
    EXPECT_EQ(guess_of({"a.weight", "b.weight"}, 4), "labels, dropped model");
}

TEST(ModelFiles, AnotherConventionTakesThePlaceOfTheFiles) {
    const auto guess =
        read_files({network_file("net.onnx", {kPlainConv, 3}), text_file("dataset.json", kRegions)}, "monai");
    ASSERT_TRUE(guess);
    EXPECT_EQ(guess->convention, "monai");
    EXPECT_EQ(guess->manifest["contrasts"], Json({"t1c", "t1n", "t2w", "t2f"}));
    EXPECT_EQ(guess->conventions.front().first, "files");
}

TEST(ModelFiles, AnActivationInTheGraphIsNotAppliedAgain) {
    for (const auto& [last, channels] : {std::pair("Sigmoid", 3), std::pair("Softmax", 4)}) {
        const auto guess = read_files({network_file("net.onnx", {kPlainConv, channels, {}, 0, last})});
        ASSERT_TRUE(guess) << guess.error().sentence;
        EXPECT_EQ(guess->manifest["outputs"]["activation"], "none");
    }
}

TEST(ModelFiles, FoldsAreCountedAsPeopleCount) {
    std::vector<DroppedFile> files;
    for (const char* fold : {"fold_10", "fold_2", "fold_0"})
        files.push_back(network_file(std::string("trained/") + fold + "/model.onnx", {kPlainConv, 3}, 0.1f));
    files.push_back(text_file("trained/dataset.json", kRegions));
    const auto guess = read_files(files);
    ASSERT_TRUE(guess) << guess.error().sentence;
    Strings named;
    for (const Json& fold : guess->manifest["folds"]) named.push_back(fold["file"]);
    EXPECT_EQ(named, (Strings{"trained/fold_0/model.onnx", "trained/fold_2/model.onnx", "trained/fold_10/model.onnx"}));
    const auto manifest = read_manifest("model.json", guess->manifest);
    ASSERT_TRUE(manifest);
    const Strings paths{"trained/fold_0/model.onnx", "trained/fold_10/model.onnx"};
    EXPECT_EQ(fold_files("model.json", manifest->folds[0], paths)->front(), paths[0]);
    EXPECT_EQ(fold_files("model.json", manifest->folds[1], paths).error().sentence,
              "model.json names the file trained/fold_2/model.onnx, which is not among those given.");
}

TEST(ModelFiles, FoldsOfDifferentNetworksAreNamed) {
    const auto with = [](const Layout& other) {
        return sentence_of({network_file("fold_0.onnx", {kPlainConv, 3}), network_file("fold_1.onnx", other)});
    };
    const std::string begins = "fold_1.onnx: it cannot be a fold of the same model as fold_0.onnx: ";
    const std::string ends =
        ". Files dropped together are one model, one a fold; drop other models one after the other.";
    EXPECT_EQ(with({kPlainConv, 4}), begins + "they give 3 and 4 channels" + ends);
    EXPECT_EQ(with({kPlainConv, 3, {64, 64, 64}}),
              begins + "their inputs have any x any x any and 64 x 64 x 64 voxels" + ends);
    EXPECT_EQ(with({kPlainConv, 3, {}, 0, "", 5}), begins +
                                                       "the weights \"encoder.stages.0.0.convs.0.conv.weight\" are 5 x "
                                                       "4 x 1 x 1 x 1 here and 2 x 4 x 1 x 1 x 1 there" +
                                                       ends);
    EXPECT_EQ(with({kPlainConv, 3, {}, 0, "Sigmoid"}), begins + "it has 6 operations, the other 5" + ends);
    EXPECT_EQ(with({kPlainConv, 3}), "");
}

TEST(ModelFiles, WhatIsReadOtherwiseThanTrainedIsSaid) {
    const auto remarks = [](std::vector<DroppedFile> files, const Layout& layout) {
        files.push_back(network_file("net.onnx", layout));
        const auto guess = read_files(files);
        return guess ? (guess->remarks.empty() ? std::string() : guess->remarks[0])
                     : "error: " + guess.error().sentence;
    };
    const auto plans = [](const std::string& field) {
        return text_file(
            "plans.json",
            R"({"configurations": {"3d_fullres": {"patch_size": [64, 64, 64], "spacing": [1, 1, 1], )" + field + "}}}");
    };
    EXPECT_EQ(
        remarks({}, {kPlainConv, 3, {64, 64, 64}}),
        "net.onnx was exported for 64 x 64 x 64 voxels and runs on no other size: larger brains are cut into tiles "
        "of it. If it was trained on larger patches, export it again with open axes (docs/models.md).");
    EXPECT_EQ(remarks({plans(R"("use_mask_for_norm": [false])")}, {kPlainConv, 3, {64, 64, 64}}),
              "plans.json: the images were normalised with their background (use_mask_for_norm is false); this program "
              "leaves it out, so intensities differ from those of training.");
    EXPECT_EQ(remarks({plans(R"("use_mask_for_norm": [true])")}, {kPlainConv, 3, {32, 32, 32}}),
              "net.onnx was exported for 32 x 32 x 32 voxels, but trained on 64 x 64 x 64 (plans.json): it sees less "
              "around each voxel than it is used to. Export it again with open axes (docs/models.md).");
    EXPECT_EQ(remarks({plans(R"("normalization_schemes": ["CTNormalization"])")}, {kPlainConv, 3}),
              "error: plans.json: the network was trained on images normalised by CTNormalization; expected "
              "ZScoreNormalization for every channel, which is all that this program has.");
    EXPECT_TRUE(remarks({text_file("dataset.json", R"({"channel_names": ["a", "b", "c", "d"], "labels": {}})")},
                        {kPlainConv, 3})
                    .starts_with("error: dataset.json: the network gives 0 labels"));
    EXPECT_TRUE(remarks({text_file("postprocessing.json", "{}")}, {kPlainConv, 3})
                    .starts_with("postprocessing.json was left out: "));
}

TEST(ModelFiles, FilesThatAreNotOfThisModelAreRefusedByName) {
    const DroppedFile network = network_file("net.onnx", {kPlainConv, 4});
    const auto says = [&](const std::string& path, const std::string& text) {
        return sentence_of({network, text_file(path, text)});
    };
    EXPECT_EQ(
        says("dataset.json", kRegions),
        "net.onnx: the network gives 4 channels, but dataset.json speaks of 3 regions; expected files of one model.");
    EXPECT_TRUE(says("plans.json", "{\"configurations\": ").starts_with("plans.json: this is not JSON; "));
    EXPECT_TRUE(says("plans.json", "[1]").starts_with("plans.json: this is not nnU-Net's file of that name; "));
    EXPECT_TRUE(says("metadata.json", "{}").starts_with("metadata.json: this is not MONAI's file of that name; "));
    for (
        const char* wrong :
        {R"({"configurations": {"3d_fullres": {"patch_size": ["a", 1, 1], "spacing": [1, 1, 1]}}})",
         R"({"configurations": {"3d_fullres": {"patch_size": [64, 64, 64], "spacing": "wide"}}})",
         R"({"configurations": {"3d_fullres": {"patch_size": [64, 64, 64], "spacing": [1, 1, 1], "inherits_from": 7}}})",
         R"({"configurations": {"3d_fullres": {"patch_size": [1e30, 64, 64], "spacing": [1, 1, 1]}}})",
         R"({"configurations": {}, "transpose_forward": [0, 0, 1]})",
         R"({"configurations": {"2d": {"patch_size": [1, 1]}}})"}) {
        EXPECT_TRUE(says("plans.json", wrong).starts_with("plans.json: ")) << wrong << says("plans.json", wrong);
    }
    for (const char* wrong :
         {R"({"channel_names": {"0": "T1"}, "labels": {}})", R"({"channel_names": {"0": 7}, "labels": {}})",
          R"({"channel_names": 7, "labels": {}})", R"({"labels": {"a": [[1]]}, "modality": {}})",
          R"({"labels": {"background": 0, "cavity": 4, "edema": 2, "necrosis": 1, "ET": 3}})"}) {
        EXPECT_TRUE(says("dataset.json", wrong).starts_with("dataset.json: ")) << wrong << says("dataset.json", wrong);
    }
    EXPECT_EQ(
        sentence_of({network_file("net.onnx", {{"a"}, 2})}),
        "net.onnx: the output \"logits\" has 2 channels; expected 4 labels (background, NCR, ED, ET) or 3 regions "
        "(TC, WT, ET). Drop the model's dataset.json or metadata.json with it if it has more, and these among them.");
}

// A network whose weights are in a file of their own, and that file.
std::pair<DroppedFile, DroppedFile> split_network(const std::string& path, const Layout& layout,
                                                  const std::string& data) {
    onnx::ModelProto model = network_of(layout);
    std::string weights;
    for (auto& tensor : *model.mutable_graph()->mutable_initializer()) {
        const std::string raw(reinterpret_cast<const char*>(tensor.float_data().data()),
                              static_cast<std::size_t>(tensor.float_data_size()) * sizeof(float));
        const auto add = [&](const char* key, const std::string& value) {
            auto& entry = *tensor.add_external_data();
            entry.set_key(key);
            entry.set_value(value);
        };
        tensor.set_data_location(onnx::TensorProto::EXTERNAL);
        add("location", data);
        add("offset", std::to_string(weights.size()));
        add("length", std::to_string(raw.size()));
        tensor.clear_float_data();
        weights += raw;
    }
    return {{path, bytes_of(model)}, {beside(path, data), bytes_of(weights)}};
}

std::string sha256_of(const Bytes& one, const Bytes& other) {
    Bytes both = one;
    both.insert(both.end(), other.begin(), other.end());
    return sha256_hex(both);
}

TEST(ModelFiles, WeightsInAFileOfTheirOwnArePartOfTheModel) {
    const auto [network, data] = split_network("some/net.onnx", {kPlainConv, 3}, "net.onnx.data");
    const auto guess = read_files({network, data});
    ASSERT_TRUE(guess) << guess.error().sentence;
    const Json& fold = guess->manifest["folds"][0];
    EXPECT_EQ(fold["data"], Json({"net.onnx.data"}));
    EXPECT_EQ(fold["sha256"], sha256_of(network.bytes, data.bytes));
    const auto manifest = read_manifest("model.json", guess->manifest);
    ASSERT_TRUE(manifest);
    const Strings given{"some/net.onnx", "some/net.onnx.data"};
    EXPECT_EQ(*fold_files("model.json", manifest->folds[0], given), given);
    const auto whole =
        whole_network(manifest->folds[0], std::vector<std::span<const std::uint8_t>>{network.bytes, data.bytes});
    ASSERT_TRUE(whole) << whole.error().sentence;
    const auto read = Network::parse("net.onnx", *whole);
    ASSERT_TRUE(read) << read.error().sentence;
    const auto plain = Network::parse("net.onnx", bytes_of(network_of({kPlainConv, 3})));
    for (const std::string& name : kPlainConv)
        EXPECT_EQ(read->constant(name)->elements, plain->constant(name)->elements);
    // Other weights are another model.
    Bytes changed = data.bytes;
    changed[3] ^= 1;
    const auto refused =
        whole_network(manifest->folds[0], std::vector<std::span<const std::uint8_t>>{network.bytes, changed});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().sentence.find("damaged or another version"), std::string::npos);
}

TEST(ModelFiles, WeightsThatAreMissingOrCutShortAreNamed) {
    const auto [network, data] = split_network("net.onnx", {kPlainConv, 3}, "weights.bin");
    EXPECT_EQ(
        sentence_of({network}),
        "net.onnx: its weights are in the file weights.bin, which is not among those given. Drop both together; or "
        "export the network as one file (docs/models.md).");
    DroppedFile half = data;
    half.bytes.resize(half.bytes.size() - 5);
    EXPECT_NE(sentence_of({network, half}).find("it is cut short or belongs to another model"), std::string::npos);
}

// What an exporter's manifest pins is the .onnx alone: what is taken with it is recorded.
TEST(ModelFiles, AManifestThatDoesNotKnowOfTheWeightsIsCompleted) {
    const auto [network, data] = split_network("fold_0.onnx", {kPlainConv, 3}, "fold_0.onnx.data");
    Json manifest = read_files({network, data})->manifest;
    manifest["folds"][0] = {{"file", "fold_0.onnx"}, {"sha256", sha256_hex(network.bytes)}};
    const auto guess = read_files({network, data, text_file("model.json", manifest.dump())});
    ASSERT_TRUE(guess) << guess.error().sentence;
    EXPECT_EQ(guess->manifest_file, "model.json");
    EXPECT_EQ(guess->manifest["folds"][0]["data"], Json({"fold_0.onnx.data"}));
    EXPECT_EQ(guess->manifest["folds"][0]["sha256"], sha256_of(network.bytes, data.bytes));
    manifest["folds"][0]["sha256"] = std::string(64, 'a');
    EXPECT_NE(sentence_of({network, data, text_file("model.json", manifest.dump())}).find("damaged or another version"),
              std::string::npos);
}

TEST(ModelFiles, OtherFormatsGetASentenceThatPointsToTheRecipe) {
    for (const char* name : {"model.pt", "checkpoint_final.pth", "model.ts", "best.ckpt", "model.safetensors",
                             "unet.h5", "unet.tflite", "MODEL.PT", "some/folder/model.PTH"}) {
        const std::string sentence = sentence_of({text_file(name, "x")});
        EXPECT_TRUE(sentence.starts_with(std::string(name) + ": this is a ")) << sentence;
        EXPECT_NE(sentence.find("docs/models.md"), std::string::npos) << sentence;
        EXPECT_TRUE(is_model_drop(Strings{name})) << name;
    }
    EXPECT_EQ(sentence_of({text_file("plans.json", kPlans)}), "There is no network to read; drop an .onnx file first.");
}

TEST(ModelFiles, CapitalsHiddenFilesAndFoldersDoNotMatter) {
    const auto guess =
        read_files({network_file("Trained/NET.ONNX", {kPlainConv, 3}), text_file("Trained/._NET.ONNX", "x"),
                    text_file("Trained/checkpoint_final.pth", "x"), text_file("Trained/progress.png", "x")});
    ASSERT_TRUE(guess) << guess.error().sentence;
    EXPECT_EQ(guess->manifest["id"], "NET");
    EXPECT_EQ(guess->manifest["folds"].size(), 1u);
}

TEST(ModelFiles, ADropIsAModelOrACase) {
    EXPECT_TRUE(is_model_drop(Strings{"a/net.OnnX", "a/t1.nii.gz"}));
    EXPECT_TRUE(is_model_drop(Strings{"plans.json"}));
    EXPECT_FALSE(is_model_drop(Strings{"case/t1.nii.gz", "case/notes.pt"}));
    EXPECT_FALSE(is_model_drop(Strings{"dataset.json", "imagesTr/a_0000.nii.gz"}));
    EXPECT_FALSE(is_model_drop(Strings{"a.dcm", "b.dcm"}));
    EXPECT_FALSE(is_model_drop(Strings{}));
}

TEST(ModelFiles, NamesOfOutputs) {
    const auto are = [](std::initializer_list<const char*> titles, std::string_view name) {
        for (const char* title : titles) EXPECT_EQ(output_name(title), name) << title;
    };
    are({"background", "BG", "Background class"}, "background");
    are({"whole tumor", "Whole Tumour", "WT", "whole_tumor", "complete tumor"}, "WT");
    are({"tumor core", "TC", "Tumor_Core", "core"}, "TC");
    are({"enhancing tumor", "ET", "GD-enhancing tumor", "Enhancing", "active tumor"}, "ET");
    are({"edema", "ED", "peritumoral edema", "oedema", "SNFH", "peritumoral edematous/invaded tissue"}, "ED");
    are({"necrosis", "NCR", "NCR/NET", "non-enhancing tumor core", "necrotic core", "NETC", "nonenhancing tumor"},
        "NCR");
    are({"resection cavity", "RC"}, "RC");
    are({"", "label 1", "liver"}, "");
}

// Any bytes beside a network: a sentence, or read without harm (under sanitizers).
TEST(ModelFiles, SurviveDamagedText) {
    Random random(5);
    const DroppedFile network = network_file("net.onnx", {kPlainConv, 3});
    for (const char* text : {kPlans, kRegions, kMetadata, kInference}) {
        for (int round = 0; round < 200; ++round) {
            std::string damaged = text;
            for (int n = 0; n < 3; ++n)
                damaged[static_cast<std::size_t>(random.between(0, static_cast<double>(damaged.size()) - 1))] =
                    static_cast<char>(random.between(32, 126));
            (void)read_files({network, text_file("plans.json", damaged)});
        }
    }
}

}  // namespace
}  // namespace shapslice
