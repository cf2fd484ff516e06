// A segmentation network as an ONNX graph: read, looked into, changed, written. ONNX's own format description and
// Google's protobuf do the reading and writing.
#pragma once

#include <onnx/onnx.pb.h>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace shapslice {

using Bytes = std::vector<std::uint8_t>;
using Extents = std::vector<std::int64_t>;

// A constant tensor with its elements as they lie in memory, little-endian.
struct Weights {
    int type = onnx::TensorProto::FLOAT;
    Extents extents;
    std::string elements;

    std::size_t element_size() const;
    std::size_t count() const;
};

// A tensor's elements, whichever field of the file holds them; none where they are of a type that no network here has,
// or not as many as its extents say.
std::optional<Weights> weights_of(const onnx::TensorProto& tensor);

// What is said of bytes that are no network.
Error no_network(std::string_view file_name);

class Network {
  public:
    // Errors name `file_name`. Weights kept in files beside the .onnx must be embedded first (external_weights.h).
    static Expected<Network> parse(std::string_view file_name, std::span<const std::uint8_t> bytes);
    Bytes serialise() const;

    const onnx::GraphProto& graph() const { return model_.graph(); }
    onnx::GraphProto& graph() { return *model_.mutable_graph(); }
    int opset() const { return opset_; }

    // The constant of this name: an initialiser, or int8 weights behind DequantizeLinear as the floats they stand for.
    std::optional<Weights> constant(const std::string& name) const;
    // The node whose output is `name`, or null. Valid until nodes are added or removed.
    const onnx::NodeProto* producer(const std::string& name) const;
    // Number of axes of a tensor, where the graph lets it be known without running it.
    std::optional<int> rank(const std::string& name) const;
    // Inputs that are not initialisers.
    std::vector<const onnx::ValueInfoProto*> inputs() const;

    // A name that nothing in the graph has.
    std::string fresh(const std::string& stem);
    // Adds a constant; gives back its name.
    std::string add(const std::string& stem, const Weights& weights);
    std::string add(const std::string& stem, const Extents& whole_numbers);
    // Takes a list of nodes in place of the present ones.
    void replace_nodes(std::vector<onnx::NodeProto> nodes);
    // Drops initialisers and DequantizeLinear nodes that nothing reads any more.
    void drop_unused();

  private:
    void index();
    void find_ranks();
    std::optional<Weights> initialiser(const std::string& name) const;

    onnx::ModelProto model_;
    int opset_ = 0;
    std::map<std::string, int> initialisers_;  // positions in the graph
    std::map<std::string, int> producers_;
    std::map<std::string, int> ranks_;
    std::map<std::string, int> names_;  // how often each stem was asked for
};

// Whether a network computes in float16: most of what its convolutions and products are given is of that type. Weights
// that are only kept in it, and cast to float32 before they are used, do not count.
bool computes_in_halves(const Network& network);

// --- nodes and their attributes ----------------------------------------------------------------------------------

std::int64_t attribute(const onnx::NodeProto& node, std::string_view name, std::int64_t otherwise);
float attribute(const onnx::NodeProto& node, std::string_view name, float otherwise);
std::string attribute(const onnx::NodeProto& node, std::string_view name, const char* otherwise);
Extents attribute(const onnx::NodeProto& node, std::string_view name, Extents otherwise);
void set(onnx::NodeProto& node, const std::string& name, std::int64_t value);
void set(onnx::NodeProto& node, const std::string& name, float value);
void set(onnx::NodeProto& node, const std::string& name, const Extents& values);
// Channels that a Conv or ConvTranspose of these weights puts out; none where that is no number a network could have.
std::optional<std::int64_t> output_channels(const onnx::NodeProto& node, const Weights& weights);
onnx::NodeProto make_node(const std::string& operation, const std::vector<std::string>& inputs,
                          const std::string& output);

}  // namespace shapslice
