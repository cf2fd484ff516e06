// Networks as graphs: what is read, what is refused, what is left of a graph that is rewritten. That the rewritten
// graph computes the same is tested on ONNX Runtime (tests/network).
#include <gtest/gtest.h>

#include <functional>
#include <random>

#include "inference/manifest.h"
#include "network/conventions.h"
#include "network/external_weights.h"
#include "network/rewrite.h"
#include "network/working_size.h"
#include "support.h"

namespace shapslice {
namespace {

Bytes test_network(const std::string& name) {
    return testing::file_bytes(SHAPSLICE_TEST_DATA "/networks/" + name + ".onnx");
}

int count(const Network& network, const std::string& operation) {
    return static_cast<int>(std::count_if(network.graph().node().begin(), network.graph().node().end(),
                                          [&](const auto& node) { return node.op_type() == operation; }));
}

TEST(Network, ReadsAndWritesWhatPyTorchExports) {
    for (const char* name : {"unet", "segresnet", "unetr", "swin-unetr"}) {
        const auto network = Network::parse(name, test_network(name));
        ASSERT_TRUE(network) << name;
        EXPECT_EQ(network->opset(), 17);
        ASSERT_EQ(network->inputs().size(), 1u);
        EXPECT_EQ(network->inputs()[0]->name(), "image");
        EXPECT_EQ(network->rank("image"), 5);
        EXPECT_EQ(count(*network, "Constant"), 0);
        const auto again = Network::parse(name, network->serialise());
        ASSERT_TRUE(again);
        EXPECT_EQ(again->serialise(), network->serialise());
    }
}

TEST(Network, RefusesWhatIsNoModel) {
    const Bytes text{'h', 'e', 'l', 'l', 'o'};
    const auto network = Network::parse("notes.onnx", text);
    ASSERT_FALSE(network);
    EXPECT_EQ(network.error().sentence,
              "notes.onnx: this is no ONNX model; expected an .onnx file as PyTorch, MONAI or nnU-Net export it.");
    EXPECT_FALSE(Network::parse("empty.onnx", Bytes{}));
}

TEST(Network, RefusesWeightsInAnotherFile) {
    onnx::ModelProto model;
    ASSERT_TRUE(model.ParseFromString([] {
        const Bytes bytes = test_network("grouped");
        return std::string(bytes.begin(), bytes.end());
    }()));
    model.mutable_graph()->mutable_initializer(0)->set_data_location(onnx::TensorProto::EXTERNAL);
    const std::string bytes = model.SerializeAsString();
    const auto network = Network::parse("split.onnx", Bytes(bytes.begin(), bytes.end()));
    ASSERT_FALSE(network);
    EXPECT_EQ(network.error().sentence,
              "split.onnx: the weights \"constant0\" are in another file, which is not among those given; drop both "
              "together.");
}

TEST(Network, KnowsInt8WeightsAsFloats) {
    const auto network = Network::parse("int8", test_network("transposed-int8"));
    ASSERT_TRUE(network);
    const auto weights = network->constant("constant0");
    ASSERT_TRUE(weights);
    EXPECT_EQ(weights->type, onnx::TensorProto::FLOAT);
    EXPECT_EQ(weights->extents, (Extents{4, 3, 2, 2, 2}));
    EXPECT_EQ(weights->count() * 4, weights->elements.size());
}

// Float16 in which a network computes, not in which weights are only kept; whatever the input's type is.
TEST(Network, KnowsWhatItComputesIn) {
    const auto halves = [](const char* name) { return computes_in_halves(*Network::parse(name, test_network(name))); };
    EXPECT_TRUE(halves("pointwise-half"));
    EXPECT_FALSE(halves("pointwise"));
    EXPECT_FALSE(halves("transposed-int8"));
    auto kept = *Network::parse("pointwise-half", test_network("pointwise-half"));
    for (auto& node : *kept.graph().mutable_node()) {
        if (node.op_type() == "Conv")
            node.set_input(1, "cast");  // of a Cast node, or of anything but halves themselves
    }
    EXPECT_FALSE(computes_in_halves(kept));
    EXPECT_TRUE(
        describe("pointwise-half", *Network::parse("pointwise-half", test_network("pointwise-half")))->in_halves);
}

TEST(Rewrite, LeavesNothingThatWebGpuRefuses) {
    for (const char* name :
         {"unet", "segresnet", "unetr", "swin-unetr", "grouped", "depthwise", "transposed-grouped"}) {
        auto network = Network::parse(name, test_network(name));
        ASSERT_TRUE(network);
        rewrite(*network);
        EXPECT_EQ(count(*network, "ConvTranspose"), 0) << name;
        EXPECT_EQ(count(*network, "GroupNormalization"), 0) << name;
        EXPECT_EQ(count(*network, "InstanceNormalization"), 0) << name;
        for (const auto& node : network->graph().node()) {
            if (node.op_type() == "Conv") EXPECT_EQ(attribute(node, "group", std::int64_t{1}), 1) << name;
        }
    }
}

TEST(Rewrite, DropsWeightsThatNothingReads) {
    auto network = Network::parse("int8", test_network("transposed-int8"));
    ASSERT_TRUE(network);
    rewrite(*network);
    EXPECT_EQ(count(*network, "DequantizeLinear"), 0);
    EXPECT_FALSE(network->constant("whole"));
    EXPECT_FALSE(network->constant("scale"));
}

TEST(Rewrite, LeavesPaddingThatDependsOnTheInput) {
    auto network = Network::parse("unet", test_network("unet"));
    ASSERT_TRUE(network);
    for (auto& node : *network->graph().mutable_node()) {
        if (node.op_type() != "ConvTranspose") continue;
        auto& padding = *node.add_attribute();
        padding.set_name("auto_pad");
        padding.set_type(onnx::AttributeProto::STRING);
        padding.set_s("SAME_UPPER");
    }
    EXPECT_FALSE(rewrite(*network).contains("ConvTranspose"));
    EXPECT_EQ(count(*network, "ConvTranspose"), 1);
}

TEST(Rewrite, ASecondTimeChangesNothing) {
    auto network = Network::parse("unet", test_network("unet"));
    ASSERT_TRUE(network);
    rewrite(*network);
    auto again = Network::parse("unet", network->serialise());
    ASSERT_TRUE(again);
    EXPECT_TRUE(rewrite(*again).empty());
    EXPECT_EQ(again->serialise(), network->serialise());
}

TEST(Describe, ReadsWhatTheGraphSays) {
    const auto described = [](const char* name) { return describe(name, *Network::parse(name, test_network(name))); };
    const auto unet = described("unet");
    ASSERT_TRUE(unet);
    EXPECT_EQ(unet->input, "image");
    EXPECT_EQ(unet->output, "found");
    EXPECT_EQ(unet->extents, (std::array{0, 0, 0}));
    EXPECT_EQ(unet->output_channels, 3);
    EXPECT_EQ(unet->applied, Activation::sigmoid);
    EXPECT_EQ(unet->multiple, 2);
    EXPECT_EQ(guess_convention(*unet).id, "monai");
    const auto swin = described("swin-unetr");
    ASSERT_TRUE(swin);
    EXPECT_EQ(swin->extents, (std::array{16, 16, 16}));
    EXPECT_EQ(swin->output_channels, 4);
    EXPECT_EQ(swin->applied, Activation::none);
    EXPECT_EQ(guess_convention(*swin).id, "labels");
}

TEST(Describe, EveryConventionMakesAManifestThatReads) {
    for (const char* name : {"unet", "unetr"}) {
        const auto network = Network::parse(name, test_network(name));
        const auto description = describe(name, *network);
        ASSERT_TRUE(description);
        for (const Convention& convention : conventions()) {
            const bool regions = description->output_channels == 3;
            EXPECT_EQ(fits(convention, *description), convention.regions == regions);
            if (convention.regions != regions) continue;
            Json json = manifest_under(convention, *description, "mine");
            json["folds"] = {{{"file", "mine.onnx"}, {"sha256", std::string(64, 'a')}}};
            const auto manifest = read_manifest("model.json", json);
            ASSERT_TRUE(manifest) << manifest.error().sentence;
            EXPECT_EQ(manifest->id, "mine");
            EXPECT_EQ(manifest->contrasts, convention.contrasts);
            EXPECT_EQ(manifest->axes == kPlainAxes, convention.axes == "zyx");
            EXPECT_EQ(manifest->fixed_patch, std::string(name) == "unetr");
            EXPECT_EQ(manifest->output_channels, regions ? 3 : 4);
        }
    }
}

TEST(Describe, RefusesByNameWhatCannotWork) {
    const auto says = [](const std::function<void(onnx::GraphProto&)>& spoil, const std::string& words) {
        auto network = Network::parse("mine.onnx", test_network("unet"));
        spoil(network->graph());
        const auto description = describe("mine.onnx", *network);
        ASSERT_FALSE(description) << words;
        EXPECT_EQ(description.error().sentence, "mine.onnx: " + words);
    };
    const auto axis = [](onnx::ValueInfoProto& value, int n) {
        return value.mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim(n);
    };
    says([&](auto& graph) { axis(*graph.mutable_input(0), 1)->set_dim_value(1); },
         "the input \"image\" has 1 channels; expected 4, one a contrast.");
    says([&](auto& graph) { axis(*graph.mutable_input(0), 0)->set_dim_value(2); },
         "the input \"image\" takes 2 images at once; expected 1.");
    says(
        [](auto& graph) {
            graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape()->mutable_dim()->RemoveLast();
        },
        "the input \"image\" has 4 axes; expected 5: batch, contrast, and three of space.");
    says(
        [](auto& graph) {
            *graph.add_input() = graph.input(0);
            graph.mutable_input(1)->set_name("prompt");
        },
        "the network has 2 inputs, \"image\" and \"prompt\"; expected one image.");
    says(
        [](auto& graph) {
            graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->set_elem_type(onnx::TensorProto::INT64);
        },
        "the input \"image\" is not of floats; expected float32 or float16.");
    says(
        [&](auto& graph) {
            for (int n = 2; n < 5; ++n) axis(*graph.mutable_input(0), n)->set_dim_value(8);
        },
        "the input \"image\" was exported for 8 x 8 x 8 voxels only, too few to see a tumour in. Export the network "
        "again with open (dynamic) axes; docs/models.md has a recipe.");
    for (const int type : {onnx::TensorProto::BOOL, onnx::TensorProto::UINT8, onnx::TensorProto::INT64}) {
        const bool yes_or_no = type == onnx::TensorProto::BOOL;
        says([&](auto& graph) { graph.mutable_output(0)->mutable_type()->mutable_tensor_type()->set_elem_type(type); },
             std::string("the output \"found\" is a finished segmentation in ") +
                 (yes_or_no ? "yes or no (bool)" : "whole numbers") +
                 "; expected the logits or probabilities of each label or region, in floats. Export the network "
                 "without its " +
                 (yes_or_no ? "threshold" : "argmax") + "; docs/models.md has a recipe.");
    }
    says(
        [](auto& graph) {
            graph.mutable_node(0)->set_domain("my.own");
            graph.mutable_node(0)->set_name("stem");
        },
        "the node \"stem\" is of the operator Conv of \"my.own\", which this program does not have; expected operators "
        "of ONNX itself.");
}

// Counted by hand: four channels go in; what is made lies beside what it is made of, and a transposed convolution's
// phases beside both.
TEST(WorkingSize, CountsWhatLivesAtTheSameTime) {
    const auto values = [](const char* name) { return working_values(*Network::parse(name, test_network(name))); };
    EXPECT_DOUBLE_EQ(values("pointwise"), 4 + 4);
    EXPECT_DOUBLE_EQ(values("max-pool-ceil"), 4 + 4.0 / 8);
    EXPECT_DOUBLE_EQ(values("transposed-kernel-is-stride"), 4 + 2 * 3 * 8);
    EXPECT_DOUBLE_EQ(values("padded"),
                     7.5 + 7.5);  // of a stride of 2: the three that were put together, and all around
}

// The network of this name after `spoil`, written and read again.
Network spoilt(const char* name, const std::function<void(onnx::GraphProto&)>& spoil) {
    auto network = Network::parse(name, test_network(name));
    spoil(network->graph());
    return *Network::parse(name, network->serialise());
}

void set_extents(onnx::TensorProto& tensor, const Extents& extents) {
    tensor.clear_dims();
    for (const std::int64_t extent : extents) tensor.add_dims(extent);
}

// Weights that claim 2^40 groups, or channels, and hold nothing: they cost no bytes, and must cost no time.
TEST(Rewrite, LeavesWeightsWithoutElementsAlone) {
    constexpr std::int64_t kMany = std::int64_t{1} << 40;
    for (const char* name : {"grouped", "transposed-grouped", "group-norm-18", "group-norm-21"}) {
        auto network = spoilt(name, [](auto& graph) {
            for (auto& tensor : *graph.mutable_initializer()) {
                tensor.clear_float_data();
                tensor.set_raw_data("");
                set_extents(tensor, {kMany, 0, 1, 1, 1});
            }
            for (auto& node : *graph.mutable_node()) {
                for (auto& each : *node.mutable_attribute()) {
                    if (each.name() == "group" || each.name() == "num_groups") each.set_i(kMany);
                }
            }
        });
        EXPECT_TRUE(rewrite(network).empty()) << name;
    }
}

// In 32 bits (WebAssembly) their size in bytes is 0.
TEST(Network, WeightsLargerThanMemoryAreNoConstants) {
    for (const std::int64_t extent : {std::int64_t{1} << 30, std::int64_t{1} << 32, std::int64_t{1} << 62}) {
        const auto network = spoilt("grouped", [&](auto& graph) {
            graph.mutable_initializer(0)->set_raw_data("");
            set_extents(*graph.mutable_initializer(0), {extent, 4, 1, 1, 1});
        });
        EXPECT_FALSE(network.constant(network.graph().initializer(0).name())) << extent;
    }
}

TEST(Describe, RefusesAnImageThatNoMemoryHolds) {
    const auto network = spoilt("unet", [](auto& graph) {
        auto& shape = *graph.mutable_input(0)->mutable_type()->mutable_tensor_type()->mutable_shape();
        for (int axis = 2; axis < 5; ++axis) shape.mutable_dim(axis)->set_dim_value(std::int64_t{1} << 40);
    });
    const auto description = describe("mine.onnx", network);
    ASSERT_FALSE(description);
    EXPECT_EQ(description.error().sentence,
              "mine.onnx: the input \"image\" is larger than 512 x 512 x 512 voxels; expected at most that.");
}

TEST(Describe, StridesBeyondAnyNetworkDoNotOverflow) {
    const auto network = spoilt("unet", [](auto& graph) {
        for (auto& node : *graph.mutable_node()) {
            if (node.op_type() == "Conv") {
                for (auto& each : *node.mutable_attribute()) {
                    if (each.name() == "strides") each.set_ints(0, std::int64_t{1} << 60);
                }
            }
        }
    });
    const auto description = describe("unet", network);
    ASSERT_TRUE(description);
    EXPECT_LE(description->multiple, 256);
}

// Any bytes: refused, or read without reading beyond them (under sanitizers).
TEST(Network, SurvivesDamagedFiles) {
    std::mt19937 random(7);
    for (const char* name : {"unet", "transposed-int8", "group-norm-18", "grouped"}) {
        const Bytes whole = test_network(name);
        for (int round = 0; round < 300; ++round) {
            Bytes damaged = whole;
            for (int n = 0; n < 1 + round % 5; ++n)
                damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
            if (round % 7 == 0) damaged.resize(random() % damaged.size());
            auto network = Network::parse(name, damaged);
            if (network) {
                (void)describe(name, *network);
                rewrite(*network);
                (void)network->serialise();
            }
        }
    }
}

}  // namespace
}  // namespace shapslice
