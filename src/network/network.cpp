#include "network/network.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace shapslice {

namespace {

template <class T>
T element(const Weights& weights, std::size_t at) {
    T value;
    std::memcpy(&value, weights.elements.data() + at * sizeof value, sizeof value);
    return value;
}

// (q - zero) * scale, per tensor or along one axis.
std::optional<Weights> dequantised(const Weights& quantised, const Weights& scale, const Weights* zero,
                                   std::int64_t axis) {
    const bool is_signed = quantised.type == onnx::TensorProto::INT8;
    if ((!is_signed && quantised.type != onnx::TensorProto::UINT8) || scale.type != onnx::TensorProto::FLOAT)
        return std::nullopt;
    const auto rank = static_cast<std::int64_t>(quantised.extents.size());
    if (axis < 0) axis += rank;
    const bool single = scale.count() == 1;
    if (!single && (axis < 0 || axis >= rank ||
                    scale.count() != static_cast<std::size_t>(quantised.extents[static_cast<std::size_t>(axis)])))
        return std::nullopt;
    if (zero && zero->count() != scale.count()) return std::nullopt;
    std::size_t inner = 1;
    for (std::int64_t n = axis + 1; n < rank; ++n)
        inner *= static_cast<std::size_t>(quantised.extents[static_cast<std::size_t>(n)]);
    const auto whole = [is_signed](const Weights& from, std::size_t at) {
        return is_signed ? static_cast<int>(element<std::int8_t>(from, at))
                         : static_cast<int>(element<std::uint8_t>(from, at));
    };
    Weights floats{onnx::TensorProto::FLOAT, quantised.extents, {}};
    floats.elements.resize(quantised.count() * sizeof(float));
    for (std::size_t n = 0; n < quantised.count(); ++n) {
        const std::size_t channel = single ? 0 : n / inner % scale.count();
        const int offset = zero ? whole(*zero, channel) : 0;
        const float value = static_cast<float>(whole(quantised, n) - offset) * element<float>(scale, channel);
        std::memcpy(floats.elements.data() + n * sizeof value, &value, sizeof value);
    }
    return floats;
}

const onnx::AttributeProto* find_attribute(const onnx::NodeProto& node, std::string_view name) {
    for (const auto& each : node.attribute()) {
        if (each.name() == name) return &each;
    }
    return nullptr;
}

// True when a node carries a graph of its own (If, Loop, Scan), which may read names from outside it.
bool has_graphs_within(const onnx::GraphProto& graph) {
    for (const auto& node : graph.node()) {
        for (const auto& each : node.attribute()) {
            if (each.has_g() || each.graphs_size() > 0) return true;
        }
    }
    return false;
}

// Constant nodes become initialisers and Identity nodes go: what looks for a constant then finds it.
void inline_constants(onnx::GraphProto& graph) {
    std::vector<onnx::NodeProto> kept;
    std::map<std::string, std::string> same_as;
    std::set<std::string> outputs;
    for (const auto& output : graph.output()) outputs.insert(output.name());
    const bool keep_identities = has_graphs_within(graph);
    for (onnx::NodeProto& node : *graph.mutable_node()) {
        const onnx::AttributeProto* value = node.op_type() == "Constant" ? find_attribute(node, "value") : nullptr;
        if (value && value->has_t() && node.output_size() == 1) {
            onnx::TensorProto& tensor = *graph.add_initializer();
            tensor = value->t();
            tensor.set_name(node.output(0));
            continue;
        }
        for (std::string& input : *node.mutable_input()) {
            if (const auto at = same_as.find(input); at != same_as.end()) input = at->second;
        }
        const bool passes_on = node.op_type() == "Identity" && node.input_size() == 1 && node.output_size() == 1;
        if (passes_on && !keep_identities && !outputs.contains(node.output(0))) {
            same_as[node.output(0)] = node.input(0);
            continue;
        }
        kept.push_back(std::move(node));
    }
    graph.clear_node();
    for (onnx::NodeProto& node : kept) *graph.add_node() = std::move(node);
}

}  // namespace

std::optional<Weights> weights_of(const onnx::TensorProto& tensor) {
    Weights weights;
    weights.type = tensor.data_type();
    weights.extents.assign(tensor.dims().begin(), tensor.dims().end());
    const std::size_t size = weights.element_size();
    if (size == 0) return std::nullopt;
    const auto take = [&](const auto& values) {
        weights.elements.resize(static_cast<std::size_t>(values.size()) * size);
        std::size_t at = 0;
        for (const auto value : values) std::memcpy(weights.elements.data() + size * at++, &value, size);
    };
    if (tensor.has_raw_data()) {
        weights.elements = tensor.raw_data();
    } else if (weights.type == onnx::TensorProto::FLOAT) {
        take(tensor.float_data());
    } else if (weights.type == onnx::TensorProto::DOUBLE) {
        take(tensor.double_data());
    } else if (weights.type == onnx::TensorProto::INT64) {
        take(tensor.int64_data());
    } else {
        take(tensor.int32_data());  // 1- and 2-byte types, the low bytes of each
    }
    // Divided, not multiplied: in WebAssembly a size has 32 bits.
    if (weights.elements.size() % size != 0 || weights.elements.size() / size != weights.count()) return std::nullopt;
    return weights;
}

std::size_t Weights::element_size() const {
    switch (type) {
        case onnx::TensorProto::INT8:
        case onnx::TensorProto::UINT8:
        case onnx::TensorProto::BOOL:
            return 1;
        case onnx::TensorProto::FLOAT16:
        case onnx::TensorProto::BFLOAT16:
            return 2;
        case onnx::TensorProto::FLOAT:
        case onnx::TensorProto::INT32:
            return 4;
        case onnx::TensorProto::DOUBLE:
        case onnx::TensorProto::INT64:
            return 8;
        default:
            return 0;
    }
}

std::size_t Weights::count() const {
    constexpr std::size_t kMost = std::size_t{1} << 31;  // more than any file holds
    std::size_t product = 1;
    for (const std::int64_t extent : extents) {
        const auto factor = static_cast<std::uint64_t>(std::max<std::int64_t>(0, extent));
        if (factor > 0 && product > kMost / factor) return kMost;
        product *= static_cast<std::size_t>(factor);
    }
    return product;
}

Error no_network(std::string_view file_name) {
    return Error{std::string(file_name) +
                 ": this is no ONNX model; expected an .onnx file as PyTorch, MONAI or nnU-Net export it."};
}

Expected<Network> Network::parse(std::string_view file_name, std::span<const std::uint8_t> bytes) {
    const std::string file(file_name);
    Network network;
    const bool fits = !bytes.empty() && bytes.size() <= static_cast<std::size_t>(INT32_MAX);  // protobuf's own limits
    if (!fits || !network.model_.ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) ||
        !network.model_.has_graph() || network.model_.graph().node_size() == 0) {
        return tl::make_unexpected(no_network(file_name));
    }
    for (const auto& import : network.model_.opset_import()) {
        if (import.domain().empty() || import.domain() == "ai.onnx")
            network.opset_ = static_cast<int>(import.version());
    }
    for (const auto& tensor : network.graph().initializer()) {
        if (tensor.data_location() == onnx::TensorProto::EXTERNAL) {
            std::string beside = "another file";
            for (const auto& each : tensor.external_data()) {
                if (each.key() == "location") beside = "the file " + each.value();
            }
            return fail(file + ": the weights \"" + tensor.name() + "\" are in " + beside +
                        ", which is not among those given; drop both together.");
        }
    }
    inline_constants(network.graph());
    network.index();
    return network;
}

Bytes Network::serialise() const {
    Bytes bytes(model_.ByteSizeLong());
    model_.SerializeToArray(bytes.data(), static_cast<int>(bytes.size()));
    return bytes;
}

void Network::index() {
    initialisers_.clear();
    producers_.clear();
    for (int n = 0; n < graph().initializer_size(); ++n) initialisers_[graph().initializer(n).name()] = n;
    for (int n = 0; n < graph().node_size(); ++n) {
        for (const std::string& output : graph().node(n).output()) producers_[output] = n;
    }
    find_ranks();
}

std::optional<Weights> Network::initialiser(const std::string& name) const {
    const auto at = initialisers_.find(name);
    return at == initialisers_.end() ? std::nullopt : weights_of(graph().initializer(at->second));
}

std::optional<Weights> Network::constant(const std::string& name) const {
    if (initialisers_.contains(name)) return initialiser(name);
    const onnx::NodeProto* node = producer(name);
    if (!node || node->op_type() != "DequantizeLinear" || node->input_size() < 2) return std::nullopt;
    const auto quantised = initialiser(node->input(0));
    const auto scale = initialiser(node->input(1));
    const bool has_zero = node->input_size() > 2 && !node->input(2).empty();
    const auto zero = has_zero ? initialiser(node->input(2)) : std::nullopt;
    if (!quantised || !scale || (has_zero && !zero)) return std::nullopt;
    return dequantised(*quantised, *scale, zero ? &*zero : nullptr, attribute(*node, "axis", std::int64_t{1}));
}

const onnx::NodeProto* Network::producer(const std::string& name) const {
    const auto at = producers_.find(name);
    return at == producers_.end() ? nullptr : &graph().node(at->second);
}

std::optional<int> Network::rank(const std::string& name) const {
    const auto at = ranks_.find(name);
    return at == ranks_.end() ? std::nullopt : std::optional(at->second);
}

// Node by node, each after those it reads, as the format demands.
void Network::find_ranks() {
    static const std::set<std::string, std::less<>> kSameAsFirst{"Add",
                                                                 "Sub",
                                                                 "Mul",
                                                                 "Div",
                                                                 "Relu",
                                                                 "LeakyRelu",
                                                                 "PRelu",
                                                                 "Sigmoid",
                                                                 "Tanh",
                                                                 "Elu",
                                                                 "Cast",
                                                                 "Concat",
                                                                 "Softmax",
                                                                 "Clip",
                                                                 "Dropout",
                                                                 "Pad",
                                                                 "MaxPool",
                                                                 "AveragePool",
                                                                 "Resize",
                                                                 "Upsample",
                                                                 "InstanceNormalization",
                                                                 "BatchNormalization",
                                                                 "GroupNormalization",
                                                                 "LayerNormalization"};
    ranks_.clear();
    for (const auto& input : graph().input()) {
        const auto& type = input.type().tensor_type();
        if (type.has_shape()) ranks_[input.name()] = type.shape().dim_size();
    }
    for (const onnx::NodeProto& node : graph().node()) {
        if (node.input_size() == 0 || node.output_size() == 0) continue;
        std::optional<int> found;
        const std::string& operation = node.op_type();
        if (kSameAsFirst.contains(operation)) {
            found = rank(node.input(0));
        } else if ((operation == "Conv" || operation == "ConvTranspose") && node.input_size() > 1) {
            if (const auto weights = constant(node.input(1))) found = static_cast<int>(weights->extents.size());
        } else if (operation == "Reshape" && node.input_size() > 1) {
            if (const auto shape = constant(node.input(1))) found = static_cast<int>(shape->count());
        } else if (operation == "Transpose") {
            const Extents order = attribute(node, "perm", Extents{});
            if (!order.empty()) found = static_cast<int>(order.size());
        }
        if (found) ranks_[node.output(0)] = *found;
    }
}

std::vector<const onnx::ValueInfoProto*> Network::inputs() const {
    std::vector<const onnx::ValueInfoProto*> found;
    for (const auto& input : graph().input()) {
        if (!initialisers_.contains(input.name())) found.push_back(&input);
    }
    return found;
}

std::string Network::fresh(const std::string& stem) {
    std::string name;
    do {
        name = stem + ".shapslice" + std::to_string(names_[stem]++);
    } while (initialisers_.contains(name) || producers_.contains(name));
    return name;
}

std::string Network::add(const std::string& stem, const Weights& weights) {
    onnx::TensorProto& tensor = *graph().add_initializer();
    tensor.set_name(fresh(stem));
    tensor.set_data_type(weights.type);
    for (const std::int64_t extent : weights.extents) tensor.add_dims(extent);
    tensor.set_raw_data(weights.elements);
    initialisers_[tensor.name()] = graph().initializer_size() - 1;
    return tensor.name();
}

std::string Network::add(const std::string& stem, const Extents& whole_numbers) {
    Weights weights{onnx::TensorProto::INT64, {static_cast<std::int64_t>(whole_numbers.size())}, {}};
    weights.elements.assign(reinterpret_cast<const char*>(whole_numbers.data()),
                            whole_numbers.size() * sizeof(std::int64_t));
    return add(stem, weights);
}

void Network::replace_nodes(std::vector<onnx::NodeProto> nodes) {
    graph().clear_node();
    for (onnx::NodeProto& node : nodes) *graph().add_node() = std::move(node);
    index();
}

void Network::drop_unused() {
    if (has_graphs_within(graph())) return;
    std::set<std::string> read;
    for (const auto& output : graph().output()) read.insert(output.name());
    for (const auto& node : graph().node()) {
        if (node.op_type() != "DequantizeLinear") read.insert(node.input().begin(), node.input().end());
    }
    std::vector<onnx::NodeProto> kept;
    for (const auto& node : graph().node()) {
        const bool used =
            node.op_type() != "DequantizeLinear" || node.output_size() == 0 || read.contains(node.output(0));
        if (!used) continue;
        if (node.op_type() == "DequantizeLinear") read.insert(node.input().begin(), node.input().end());
        kept.push_back(node);
    }
    std::vector<onnx::TensorProto> tensors;
    for (auto& tensor : *graph().mutable_initializer()) {
        if (read.contains(tensor.name())) tensors.push_back(std::move(tensor));
    }
    graph().clear_initializer();
    for (auto& tensor : tensors) *graph().add_initializer() = std::move(tensor);
    replace_nodes(std::move(kept));
}

bool computes_in_halves(const Network& network) {
    std::map<std::string, int> types;
    for (const auto& tensor : network.graph().initializer()) types[tensor.name()] = tensor.data_type();
    int halves = 0, others = 0;
    for (const auto& node : network.graph().node()) {
        const std::string& operation = node.op_type();
        if (operation != "Conv" && operation != "ConvTranspose" && operation != "MatMul" && operation != "Gemm")
            continue;
        for (int n = 1; n < std::min(2, node.input_size()); ++n) {
            const auto type = types.find(node.input(n));
            ++(type != types.end() && type->second == onnx::TensorProto::FLOAT16 ? halves : others);
        }
    }
    return halves > others;
}

std::int64_t attribute(const onnx::NodeProto& node, std::string_view name, std::int64_t otherwise) {
    const auto* found = find_attribute(node, name);
    return found ? found->i() : otherwise;
}

float attribute(const onnx::NodeProto& node, std::string_view name, float otherwise) {
    const auto* found = find_attribute(node, name);
    return found ? found->f() : otherwise;
}

std::string attribute(const onnx::NodeProto& node, std::string_view name, const char* otherwise) {
    const auto* found = find_attribute(node, name);
    return found ? found->s() : otherwise;
}

Extents attribute(const onnx::NodeProto& node, std::string_view name, Extents otherwise) {
    const auto* found = find_attribute(node, name);
    return found ? Extents(found->ints().begin(), found->ints().end()) : otherwise;
}

void set(onnx::NodeProto& node, const std::string& name, std::int64_t value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INT);
    attribute.set_i(value);
}

void set(onnx::NodeProto& node, const std::string& name, float value) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::FLOAT);
    attribute.set_f(value);
}

void set(onnx::NodeProto& node, const std::string& name, const Extents& values) {
    auto& attribute = *node.add_attribute();
    attribute.set_name(name);
    attribute.set_type(onnx::AttributeProto::INTS);
    for (const std::int64_t value : values) attribute.add_ints(value);
}

std::optional<std::int64_t> output_channels(const onnx::NodeProto& node, const Weights& weights) {
    constexpr std::int64_t kMost = 1 << 16;
    const bool transposed = node.op_type() == "ConvTranspose";
    const std::int64_t groups = transposed ? attribute(node, "group", std::int64_t{1}) : 1;
    if (weights.extents.size() < 2 || groups < 1 || groups > kMost) return std::nullopt;
    const std::int64_t of_group = weights.extents[transposed ? 1 : 0];
    if (of_group < 1 || of_group > kMost / groups) return std::nullopt;
    return of_group * groups;
}

onnx::NodeProto make_node(const std::string& operation, const std::vector<std::string>& inputs,
                          const std::string& output) {
    onnx::NodeProto node;
    node.set_op_type(operation);
    node.set_name(output);
    for (const std::string& input : inputs) node.add_input(input);
    node.add_output(output);
    return node;
}

}  // namespace shapslice
