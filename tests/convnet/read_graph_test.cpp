// Networks of PyTorch as graphs of this engine: normalisations known in every spelling, and what is refused, by name.
#include <gtest/gtest.h>

#include <fstream>
#include <functional>

#include "convnet/graph.h"

namespace shapslice::convnet {
namespace {

Network read(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return *Network::parse("mine.onnx", Bytes(std::istreambuf_iterator<char>(file), {}));
}
Network test_network(const std::string& name) {
    return read(SHAPSLICE_TEST_DATA "/networks/" + name + ".onnx");
}

template <class Kind>
int count(const Graph& graph) {
    int found = 0;
    for (const GraphNode& node : graph.nodes) found += std::holds_alternative<Kind>(node.operation);
    return found;
}

TEST(ReadGraph, ShippedNetworksAreConvolutionsAndNormalisations) {
    const auto unet = read_graph("unet", read(SHAPSLICE_MODELS "/unet/fold0.onnx"), {16, 8, 24});
    ASSERT_TRUE(unet) << unet.error().sentence;
    EXPECT_EQ(count<Convolution>(*unet), 15);
    EXPECT_EQ(count<Normalisation>(*unet), 14);
    EXPECT_EQ(count<ActivationFunction>(*unet), 14);
    EXPECT_EQ(count<NearestResize>(*unet), 3);
    EXPECT_EQ(count<Concatenation>(*unet), 3);
    EXPECT_EQ(unet->nodes.size(), 1u + 15 + 14 + 14 + 3 + 3);
    EXPECT_EQ(unet->output_shape(), (VolumeShape{4, {16, 8, 24}}));
    for (const GraphNode& node : unet->nodes) {
        if (const auto* norm = std::get_if<Normalisation>(&node.operation))
            EXPECT_EQ(norm->groups, node.shape.channels);
    }
    const auto segresnet = read_graph("segresnet", read(SHAPSLICE_MODELS "/segresnet/fold0.onnx"), {16, 8, 24});
    ASSERT_TRUE(segresnet) << segresnet.error().sentence;
    EXPECT_EQ(count<LinearResize>(*segresnet), 3);
    EXPECT_EQ(count<Normalisation>(*segresnet), count<ActivationFunction>(*segresnet));
    for (const GraphNode& node : segresnet->nodes) {
        if (const auto* norm = std::get_if<Normalisation>(&node.operation)) EXPECT_EQ(norm->groups, 8);
    }
}

TEST(ReadGraph, TakesTheFilesInt8WeightsAsTheyAre) {
    const Network network = read(SHAPSLICE_MODELS "/unet/fold0.onnx");
    const auto graph = read_graph("unet", network, {8, 8, 8});
    ASSERT_TRUE(graph);
    const Filters& filters = std::get<Convolution>(graph->nodes[1].operation).filters;
    const auto whole = network.constant("down.0.0.0.weight.int8");
    ASSERT_TRUE(whole);
    EXPECT_EQ(std::string(filters.whole.begin(), filters.whole.end()), whole->elements);
    for (std::size_t n = 0; n < filters.values.size(); ++n)
        EXPECT_EQ(filters.values[n], float(filters.whole[n]) * filters.scales[n / (4 * 27)]);
}

TEST(ReadGraph, KnowsNormalisationsAsTheyAreExported) {
    const auto unet = read_graph("unet", test_network("unet"), {4, 6, 8});
    ASSERT_TRUE(unet) << unet.error().sentence;
    EXPECT_EQ(count<TransposedConvolution>(*unet), 1);
    EXPECT_EQ(count<Normalisation>(*unet), 3);
    const auto segresnet = read_graph("segresnet", test_network("segresnet"), {4, 6, 8});
    ASSERT_TRUE(segresnet) << segresnet.error().sentence;
    for (const GraphNode& node : segresnet->nodes) {
        if (const auto* norm = std::get_if<Normalisation>(&node.operation)) EXPECT_EQ(norm->groups, 2);
    }
    for (const char* name : {"group-norm-18", "group-norm-21", "instance-norm", "instance-norm-18"}) {
        const auto graph = read_graph(name, test_network(name), {4, 6, 8});
        ASSERT_TRUE(graph) << graph.error().sentence;
        EXPECT_EQ(count<Normalisation>(*graph), 1) << name;
    }
}

TEST(ReadGraph, RefusesByName) {
    const auto says = [](const char* name, const std::string& words) {
        const Network network = test_network(name);
        std::array<int, 3> extents{16, 16, 16};
        const auto graph = read_graph("mine.onnx", network, extents);
        ASSERT_FALSE(graph) << name;
        EXPECT_EQ(graph.error().sentence, "mine.onnx: " + words);
    };
    says("grouped", "the node \"conv\" (Conv) convolves groups of channels; expected one group.");
    says("transposed-overlapping",
         "the node \"convtranspose\" (ConvTranspose) overlaps or leaves gaps; expected a kernel as large "
         "as the stride, and no padding.");
}

// The network of this name after `spoil`.
Network spoilt(const char* name, const std::function<void(onnx::GraphProto&)>& spoil) {
    Network network = test_network(name);
    spoil(network.graph());
    return *Network::parse(name, network.serialise());
}

TEST(ReadGraph, RefusesOperatorsAndSizesItDoesNotRun) {
    const auto says = [](const Network& network, const std::string& words, std::array<int, 3> extents = {4, 6, 8}) {
        const auto graph = read_graph("mine.onnx", network, extents);
        ASSERT_FALSE(graph) << words;
        EXPECT_NE(graph.error().sentence.find(words), std::string::npos) << graph.error().sentence;
    };
    says(spoilt("unet", [](auto& graph) { graph.mutable_node(2)->set_op_type("Gelu"); }),
         "(Gelu) is no operator that this engine runs.");
    says(spoilt("unet", [](auto& graph) { graph.mutable_node(2)->set_domain("my.own"); }),
         "another collection of operators");
    says(spoilt("unet", [](auto& graph) { *graph.add_output() = graph.output(0); }), "several inputs or outputs");
    says(test_network("unet"), "takes another size", {0, 6, 8});
    says(test_network("unet"), "takes another size", {4, 6, 5000});
    // Odd sizes do not come back to themselves through a stride and an upsampling of 2.
    says(test_network("unet"), "joins images of unlike sizes", {5, 6, 8});
    says(spoilt("unet",
                [](auto& graph) {
                    for (auto& each : *graph.mutable_node(0)->mutable_attribute()) {
                        if (each.name() == "dilations") each.set_ints(0, 2);
                    }
                }),
         "a dilation or padding");
}

// A normalisation by the mean of another image is none.
TEST(ReadGraph, RefusesMomentsOfAnotherImage) {
    Network network = read(SHAPSLICE_MODELS "/unet/fold0.onnx");
    std::string first_mean;
    for (auto& node : *network.graph().mutable_node()) {
        if (node.op_type() != "BatchNormalization") continue;
        if (first_mean.empty()) {
            first_mean = node.input(3);
        } else {
            node.set_input(3, first_mean);
            break;
        }
    }
    const auto graph = read_graph("mine.onnx", *Network::parse("mine.onnx", network.serialise()), {8, 8, 8});
    ASSERT_FALSE(graph);
    EXPECT_NE(graph.error().sentence.find("not its image's mean and variance"), std::string::npos)
        << graph.error().sentence;
}

// Any bytes: refused or read, without reading beyond them (under sanitizers).
TEST(ReadGraph, SurvivesDamagedFiles) {
    unsigned state = 7;
    const auto next = [&state] { return state = state * 1664525u + 1013904223u, state >> 8; };
    int taken = 0;
    for (const char* name : {"unet", "segresnet", "group-norm-18", "group-norm-21", "transposed-int8"}) {
        std::ifstream file(SHAPSLICE_TEST_DATA "/networks/" + std::string(name) + ".onnx", std::ios::binary);
        const Bytes whole(std::istreambuf_iterator<char>(file), {});
        for (int round = 0; round < 200; ++round) {
            Bytes damaged = whole;
            for (int n = 0; n < 1 + round % 5; ++n)
                damaged[next() % damaged.size()] = static_cast<std::uint8_t>(next());
            const auto network = Network::parse(name, damaged);
            if (network) taken += read_graph(name, *network, {4, 6, 8}).has_value();
        }
    }
    EXPECT_GT(taken, 0);
}

}  // namespace
}  // namespace shapslice::convnet
