#include "network/working_size.h"

#include <algorithm>
#include <cstring>
#include <set>

namespace shapslice {

namespace {

using Values = std::map<std::string, double>;  // of a tensor, for each voxel of the input

double product(const Extents& extents) {
    double all = 1;
    for (const std::int64_t extent : extents) all *= static_cast<double>(std::clamp<std::int64_t>(extent, 1, 1 << 12));
    return all;
}

// Out of a volume's channels: those of the weights over those that they read.
double channels_ratio(const Network& network, const onnx::NodeProto& node) {
    const auto weights = node.input_size() > 1 ? network.constant(node.input(1)) : std::nullopt;
    if (!weights || weights->extents.size() < 2) return 1;
    const auto group = static_cast<double>(std::max<std::int64_t>(1, attribute(node, "group", std::int64_t{1})));
    const auto first = static_cast<double>(std::max<std::int64_t>(1, weights->extents[0]));
    const auto second = static_cast<double>(std::max<std::int64_t>(1, weights->extents[1]));
    if (node.op_type() == "Conv") return first / (second * group);
    if (node.op_type() == "ConvTranspose") return second * group / first;
    return second / first;  // MatMul
}

double enlargement(const Network& network, const onnx::NodeProto& node) {
    const int at = node.op_type() == "Resize" ? 2 : 1;
    const auto scales = node.input_size() > at ? network.constant(node.input(at)) : std::nullopt;
    constexpr double kTwiceEachWay = 8;
    if (!scales || scales->type != onnx::TensorProto::FLOAT || scales->count() == 0) return kTwiceEachWay;
    double all = 1;
    for (std::size_t n = 0; n < scales->count(); ++n) {
        float scale = 0;
        std::memcpy(&scale, scales->elements.data() + n * sizeof scale, sizeof scale);
        all *= static_cast<double>(std::clamp(scale, 1.0f / 256, 256.0f));
    }
    return all;
}

double output_values(const Network& network, const onnx::NodeProto& node, const Values& values) {
    double largest = 0, sum = 0;
    for (const std::string& input : node.input()) {
        const auto found = values.find(input);
        if (found == values.end()) continue;
        largest = std::max(largest, found->second);
        sum += found->second;
    }
    const std::string& operation = node.op_type();
    const double strides = product(attribute(node, "strides", Extents{}));
    if (operation == "Conv") return largest * channels_ratio(network, node) / strides;
    if (operation == "ConvTranspose") return largest * channels_ratio(network, node) * strides;
    if (operation == "MatMul") return largest * channels_ratio(network, node);
    if (operation == "MaxPool" || operation == "AveragePool") return largest / strides;
    if (operation == "Resize" || operation == "Upsample") return largest * enlargement(network, node);
    if (operation == "Concat") return sum;
    static const std::set<std::string, std::less<>> kSmall{"Shape", "ReduceMean", "ReduceSum", "GlobalAveragePool",
                                                           "Size"};
    return kSmall.contains(operation) ? 0 : largest;
}

bool writes_over(const std::string& operation) {
    static const std::set<std::string, std::less<>> kElementwise{
        "Relu", "LeakyRelu", "PRelu", "Sigmoid", "Tanh", "Elu",     "Clip",    "Add",       "Sub",     "Mul",
        "Div",  "Erf",       "Sqrt",  "Pow",     "Exp",  "Reshape", "Flatten", "Unsqueeze", "Squeeze", "Identity"};
    return kElementwise.contains(operation);
}

}  // namespace

double working_values(const Network& network) {
    const onnx::GraphProto& graph = network.graph();
    std::map<std::string, int> last;  // reader of each tensor
    for (int n = 0; n < graph.node_size(); ++n) {
        for (const std::string& input : graph.node(n).input()) last[input] = n;
    }
    for (const auto& output : graph.output()) last[output.name()] = graph.node_size();
    Values values;
    double held = 0, height = 0;
    for (const onnx::ValueInfoProto* image : network.inputs()) {
        const auto& shape = image->type().tensor_type().shape();
        const double channels =
            shape.dim_size() > 1 ? static_cast<double>(std::max<std::int64_t>(1, shape.dim(1).dim_value())) : 1;
        values[image->name()] = channels;
        held += channels;
    }
    for (int n = 0; n < graph.node_size(); ++n) {
        const onnx::NodeProto& node = graph.node(n);
        const double made = output_values(network, node, values);
        if (made == 0) continue;
        double freed = 0, largest_freed = 0;
        for (const std::string& input : std::set<std::string>(node.input().begin(), node.input().end())) {
            const auto found = values.find(input);
            if (found == values.end() || last[input] != n) continue;
            freed += found->second;
            largest_freed = std::max(largest_freed, found->second);
            values.erase(found);
        }
        const bool over = writes_over(node.op_type()) && largest_freed >= made;
        // Its phases lie one beside the other before they are moved into place.
        const double besides = node.op_type() == "ConvTranspose" ? made : 0;
        height = std::max(height, held + (over ? 0 : made) + besides);
        held += made - freed;
        if (node.output_size() > 0 && last.contains(node.output(0))) {
            values[node.output(0)] = made;
        } else {
            held -= made;
        }
    }
    return height;
}

}  // namespace shapslice
