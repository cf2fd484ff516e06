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
    EXPECT_EQ(count<Lookup>(*unet), 3);
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
    says("transposed-dilated",
         "the node \"convtranspose\" (ConvTranspose) has a dilation or padding that this engine does not run; expected "
         "no "
         "dilation and padding by numbers.");
    says("transposed-grouped",
         "the node \"convtranspose\" (ConvTranspose) convolves groups of channels; expected one group.");
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
    says(spoilt("unet", [](auto& graph) { graph.add_input()->set_name("prompt"); }),
         "has 2 inputs; expected one image");
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

// A node of no attributes put at the end of the graph, whose output is the network's.
onnx::NodeProto& append(onnx::GraphProto& graph, const std::string& operation, const std::vector<std::string>& inputs) {
    onnx::NodeProto& node = *graph.add_node();
    node.set_op_type(operation);
    node.add_input(graph.output(0).name());
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output("last");
    graph.mutable_output(0)->set_name("last");
    return node;
}

void add_row(onnx::GraphProto& graph, const std::string& name, const std::vector<std::int64_t>& values) {
    onnx::TensorProto& tensor = *graph.add_initializer();
    tensor.set_name(name);
    tensor.set_data_type(onnx::TensorProto::INT64);
    tensor.add_dims(static_cast<std::int64_t>(values.size()));
    for (const std::int64_t value : values) tensor.add_int64_data(value);
}

Graph read_graph_of(const Network& network, const std::string& output = "") {
    const auto graph = read_graph("mine.onnx", network, {4, 6, 8}, output);
    EXPECT_TRUE(graph) << graph.error().sentence;
    return graph.value_or(Graph{});
}

TEST(ReadGraph, PadsAndCutsOutByTables) {
    const auto padded = [](const char* mode, const std::vector<std::int64_t>& amounts) {
        return spoilt("pointwise", [&](auto& graph) {
            add_row(graph, "amounts", amounts);
            onnx::AttributeProto& attribute = *append(graph, "Pad", {"amounts"}).add_attribute();
            attribute.set_name("mode");
            attribute.set_type(onnx::AttributeProto::STRING);
            attribute.set_s(mode);
        });
    };
    const std::vector<std::int64_t> amounts{0, 0, 2, 0, -1, 0, 0, 1, 0, 2};
    const auto along = [&](const char* mode, std::size_t axis) {
        const Graph graph = read_graph_of(padded(mode, amounts));
        EXPECT_EQ(graph.output_shape(), (VolumeShape{4, {7, 6, 9}})) << mode;
        return std::get<Lookup>(graph.nodes.back().operation).from[axis];
    };
    EXPECT_EQ(along("constant", 0), (std::vector{-1, -1, 0, 1, 2, 3, -1}));
    EXPECT_EQ(along("edge", 0), (std::vector{0, 0, 0, 1, 2, 3, 3}));
    EXPECT_EQ(along("reflect", 0), (std::vector{2, 1, 0, 1, 2, 3, 2}));
    EXPECT_EQ(along("wrap", 0), (std::vector{2, 3, 0, 1, 2, 3, 0}));
    EXPECT_EQ(along("constant", 2), (std::vector{1, 2, 3, 4, 5, 6, 7, -1, -1}));
    // Nothing to do is nothing done.
    const Graph same = read_graph_of(padded("edge", std::vector<std::int64_t>(10, 0)));
    EXPECT_TRUE(std::holds_alternative<Convolution>(same.nodes.back().operation));
    const auto refused = [&](const char* mode, const std::vector<std::int64_t>& by) {
        const auto graph = read_graph("mine.onnx", padded(mode, by), {4, 6, 8});
        return graph ? "" : graph.error().sentence;
    };
    EXPECT_NE(refused("reflect", {0, 0, 4, 0, 0, 0, 0, 0, 0, 0}).find("more than there is to reflect"),
              std::string::npos);
    EXPECT_NE(refused("constant", {0, 1, 0, 0, 0, 0, 0, 0, 0, 0}).find("(Pad) pads in a way"), std::string::npos);
    EXPECT_NE(refused("constant", {0, 0, -4, 0, 0, 0, 0, 0, 0, 0}).find("leaves nothing"), std::string::npos);
    EXPECT_NE(refused("mirror", {0, 0, 1, 0, 0, 0, 0, 0, 0, 0}).find("(Pad) pads in a way"), std::string::npos);
}

TEST(ReadGraph, CutsOutOfSpaceAndNotOfChannels) {
    const auto cut = [](const std::vector<std::int64_t>& starts, const std::vector<std::int64_t>& ends,
                        const std::vector<std::int64_t>& axes, const std::vector<std::int64_t>& steps) {
        return spoilt("pointwise", [&](auto& graph) {
            add_row(graph, "starts", starts);
            add_row(graph, "ends", ends);
            add_row(graph, "axes", axes);
            add_row(graph, "steps", steps);
            append(graph, "Slice", {"starts", "ends", "axes", "steps"});
        });
    };
    const Graph graph = read_graph_of(cut({1, -1}, {-1, -100}, {2, 4}, {1, -3}));
    EXPECT_EQ(graph.output_shape(), (VolumeShape{4, {2, 6, 3}}));
    const auto& from = std::get<Lookup>(graph.nodes.back().operation).from;
    EXPECT_EQ(from[0], (std::vector{1, 2}));
    EXPECT_EQ(from[2], (std::vector{7, 4, 1}));
    const auto refused = read_graph("mine.onnx", cut({0}, {2}, {1}, {1}), {4, 6, 8});
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().sentence.find("some of the channels"), std::string::npos);
}

// Of a network with a coarse output before a fine one, and one that is no image at all.
TEST(ReadGraph, TakesTheFinestOutputOrTheOneAskedFor) {
    const Network network = spoilt("unet", [](auto& graph) {
        const std::string fine = graph.output(0).name();
        onnx::NodeProto& pool = *graph.add_node();
        pool.set_op_type("MaxPool");
        pool.add_input("image");
        pool.add_output("coarse");
        for (const char* name : {"kernel_shape", "strides"}) {
            onnx::AttributeProto& attribute = *pool.add_attribute();
            attribute.set_name(name);
            attribute.set_type(onnx::AttributeProto::INTS);
            for (int n = 0; n < 3; ++n) attribute.add_ints(2);
        }
        onnx::NodeProto& decides = *graph.add_node();
        decides.set_op_type("ArgMax");
        decides.add_input(fine);
        decides.add_output("decided");
        graph.clear_output();
        for (const std::string& name : {std::string("coarse"), std::string("decided"), fine})
            graph.add_output()->set_name(name);
    });
    EXPECT_EQ(read_graph_of(network).output_shape(), (VolumeShape{3, {4, 6, 8}}));
    const Graph coarse = read_graph_of(network, "coarse");
    EXPECT_EQ(coarse.output_shape(), (VolumeShape{4, {2, 3, 4}}));
    EXPECT_EQ(coarse.nodes.size(), 2u);  // nothing that it does not need
    const auto decided = read_graph("mine.onnx", network, {4, 6, 8}, "decided");
    ASSERT_FALSE(decided);
    EXPECT_NE(decided.error().sentence.find("(ArgMax) decides inside the network"), std::string::npos);
    const auto missing = read_graph("mine.onnx", network, {4, 6, 8}, "fines");
    ASSERT_FALSE(missing);
    EXPECT_EQ(missing.error().sentence, "mine.onnx: the network has no output \"fines\".");
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
    for (const char* name : {"unet", "segresnet", "group-norm-18", "group-norm-21", "transposed-int8",
                             "transposed-overlapping", "padded", "average-pool", "attention"}) {
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
