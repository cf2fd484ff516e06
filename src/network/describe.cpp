#include "network/describe.h"

#include <algorithm>
#include <cstring>
#include <map>
#include <set>

namespace shapslice {

namespace {

constexpr int kImageRank = 5;  // batch, contrast, and three of space

std::string quoted(const std::string& name) {
    return "\"" + name + "\"";
}

Error at(std::string_view file, const std::string& sentence) {
    return Error{std::string(file) + ": " + sentence};
}

// No image of a brain, and no list of channels, is longer.
constexpr std::int64_t kLongestAxis = 1 << 12;

constexpr const char* kRecipe = "; docs/models.md has a recipe.";

// "8 x 8 x 8"; an open axis is "any".
std::string extents_words(const std::array<int, 3>& extents) {
    std::string words;
    for (const int extent : extents) {
        words += words.empty() ? "" : " x ";
        words += extent ? std::to_string(extent) : "any";
    }
    return words;
}

// Extent of an axis, 0 where it is open.
std::int64_t extent(const onnx::ValueInfoProto& value, int axis) {
    const auto& dimension = value.type().tensor_type().shape().dim(axis);
    return dimension.has_dim_value() && dimension.dim_value() > 0 ? dimension.dim_value() : 0;
}

Expected<void> describe_input(std::string_view file, const Network& network, NetworkDescription& description) {
    const auto inputs = network.inputs();
    if (inputs.empty()) return tl::make_unexpected(at(file, "the network has no input; expected one image."));
    if (inputs.size() > 1) {
        return tl::make_unexpected(at(file, "the network has " + std::to_string(inputs.size()) + " inputs, " +
                                                quoted(inputs[0]->name()) + " and " + quoted(inputs[1]->name()) +
                                                (inputs.size() > 2 ? " among them" : "") + "; expected one image."));
    }
    const onnx::ValueInfoProto& image = *inputs[0];
    const std::string name = "the input " + quoted(image.name());
    const auto& type = image.type().tensor_type();
    if (type.elem_type() != onnx::TensorProto::FLOAT && type.elem_type() != onnx::TensorProto::FLOAT16)
        return tl::make_unexpected(at(file, name + " is not of floats; expected float32 or float16."));
    if (!type.has_shape() || type.shape().dim_size() != kImageRank) {
        return tl::make_unexpected(at(file, name + " has " + std::to_string(type.shape().dim_size()) +
                                                " axes; expected 5: batch, contrast, and three of space."));
    }
    if (extent(image, 0) > 1) {
        return tl::make_unexpected(
            at(file, name + " takes " + std::to_string(extent(image, 0)) + " images at once; expected 1."));
    }
    if (extent(image, 1) != kContrasts) {
        const std::string found = extent(image, 1) ? std::to_string(extent(image, 1)) : "an open number of";
        return tl::make_unexpected(at(file, name + " has " + found + " channels; expected 4, one a contrast."));
    }
    description.input = image.name();
    description.half = type.elem_type() == onnx::TensorProto::FLOAT16;
    double voxels = 1;
    for (int axis = 0; axis < 3; ++axis) {
        const std::int64_t length = std::min(extent(image, axis + 2), kLongestAxis);
        description.extents[static_cast<std::size_t>(axis)] = static_cast<int>(length);
        voxels *= static_cast<double>(std::max<std::int64_t>(1, extent(image, axis + 2)));
    }
    constexpr int kLeastExtent = 16;
    const auto& [slow, middle, fast] = description.extents;
    const int shortest =
        std::min({slow ? slow : kLeastExtent, middle ? middle : kLeastExtent, fast ? fast : kLeastExtent});
    if (shortest < kLeastExtent) {
        return tl::make_unexpected(
            at(file, name + " was exported for " + extents_words(description.extents) +
                         " voxels only, too few to see a tumour in. Export the network again with "
                         "open (dynamic) axes" +
                         kRecipe));
    }
    constexpr double kMostVoxels = 1 << 27;
    if (voxels > kMostVoxels)
        return tl::make_unexpected(at(file, name + " is larger than 512 x 512 x 512 voxels; expected at most that."));
    return {};
}

// Channels that a node's output has, where its weights say so.
int channels_from(const Network& network, const std::string& name) {
    const onnx::NodeProto* node = network.producer(name);
    for (int steps = 0; node && node->input_size() > 0 && steps < 16; ++steps) {
        const std::string& operation = node->op_type();
        if (operation == "Conv" || operation == "ConvTranspose") {
            const auto weights = node->input_size() > 1 ? network.constant(node->input(1)) : std::nullopt;
            if (!weights || weights->extents.size() < 2) return 0;
            return static_cast<int>(output_channels(*node, *weights).value_or(0));
        }
        static const std::array kKeep{"Softmax", "Sigmoid", "Cast", "Resize", "Add", "Relu", "LeakyRelu", "Mul"};
        if (std::find(kKeep.begin(), kKeep.end(), operation) == kKeep.end()) return 0;
        node = network.producer(node->input(0));
    }
    return 0;
}

// By what factor a node's output is coarser than its input: above 1 for strides, below it on the way up.
double coarsening(const Network& network, const onnx::NodeProto& node) {
    constexpr double kLeast = 1.0 / 256;
    constexpr double kMost = 256;
    const std::string& operation = node.op_type();
    const Extents strides = attribute(node, "strides", Extents{});
    const double stride = strides.empty() ? 1 : static_cast<double>(*std::max_element(strides.begin(), strides.end()));
    if (operation == "Conv" || operation == "MaxPool" || operation == "AveragePool")
        return std::clamp(stride, 1.0, kMost);
    if (operation == "ConvTranspose") return std::clamp(1 / std::max(1.0, stride), kLeast, 1.0);
    if (operation != "Resize" && operation != "Upsample") return 1;
    const int scales_at = operation == "Resize" ? 2 : 1;
    const auto scales = node.input_size() > scales_at ? network.constant(node.input(scales_at)) : std::nullopt;
    if (!scales || scales->type != onnx::TensorProto::FLOAT || scales->count() != 5) return 0.5;  // to some size, up
    float scale = 0;
    std::memcpy(&scale, scales->elements.data() + 4 * sizeof scale, sizeof scale);
    return scale > 0 ? std::clamp(1.0 / static_cast<double>(scale), kLeast, kMost) : 1;
}

// By how much each tensor that depends on the image is coarser than it.
std::map<std::string, double> coarseness(const Network& network, const std::string& image) {
    constexpr double kMost = 256;
    std::map<std::string, double> coarser{{image, 1}};
    for (const auto& node : network.graph().node()) {
        double here = 0;
        for (const std::string& input : node.input()) {
            if (const auto found = coarser.find(input); found != coarser.end()) here = std::max(here, found->second);
        }
        if (here == 0) continue;
        here = std::clamp(here * coarsening(network, node), 1.0, kMost);
        for (const std::string& output : node.output()) coarser[output] = here;
    }
    return coarser;
}

int output_channels_of(const Network& network, const onnx::ValueInfoProto& output) {
    const auto& shape = output.type().tensor_type().shape();
    const int said = shape.dim_size() == kImageRank ? static_cast<int>(std::min(extent(output, 1), kLongestAxis)) : 0;
    return said ? said : channels_from(network, output.name());
}

bool is_float(int type) {
    return type == onnx::TensorProto::FLOAT || type == onnx::TensorProto::FLOAT16 || type == onnx::TensorProto::DOUBLE;
}
bool is_float_or_open(int type) {
    return is_float(type) || type == onnx::TensorProto::UNDEFINED;
}

// The finest output; of equally fine ones the first. Those that could be a segmentation come before all others.
const onnx::ValueInfoProto& finest_output(const Network& network, const std::map<std::string, double>& coarser) {
    const auto cost = [&](const onnx::ValueInfoProto& output) {
        const int rank = output.type().tensor_type().shape().dim_size();
        const int channels = output_channels_of(network, output);
        const bool possible = (rank == 0 || rank == kImageRank) && channels != 1 && channels != 2 &&
                              is_float_or_open(output.type().tensor_type().elem_type());
        const auto found = coarser.find(output.name());
        return std::pair(!possible, found == coarser.end() ? 1e9 : found->second);
    };
    const auto& outputs = network.graph().output();
    return *std::min_element(outputs.begin(), outputs.end(),
                             [&](const auto& a, const auto& b) { return cost(a) < cost(b); });
}

// What is done to an output at its end, looked through casts.
void describe_end(const Network& network, const std::string& output, NetworkDescription& description) {
    static const std::set<std::string, std::less<>> kPassedOver{"Cast", "Identity", "Round", "Where", "Clip"};
    static const std::set<std::string, std::less<>> kThresholds{"Greater", "GreaterOrEqual", "Less", "LessOrEqual",
                                                                "Not"};
    const onnx::NodeProto* node = network.producer(output);
    for (int steps = 0; node && node->input_size() > 0 && steps < 16; ++steps) {
        const std::string& operation = node->op_type();
        const bool threshold = kThresholds.contains(operation) || operation == "Round";
        description.yes_or_no |= threshold;
        if (operation == "Softmax") description.applied = Activation::softmax;
        if (operation == "Sigmoid" || operation == "HardSigmoid") description.applied = Activation::sigmoid;
        if (!threshold && !kPassedOver.contains(operation)) break;
        node = network.producer(node->input(0));
    }
    if (description.yes_or_no && description.applied == Activation::none) description.applied = Activation::sigmoid;
}

Expected<void> describe_output(std::string_view file, const Network& network, NetworkDescription& description,
                               const std::map<std::string, double>& coarser) {
    if (network.graph().output_size() == 0) return tl::make_unexpected(at(file, "the network has no output."));
    const onnx::ValueInfoProto& found = finest_output(network, coarser);
    description.outputs = network.graph().output_size();
    description.output = found.name();
    const std::string name = "the output " + quoted(found.name());
    const auto& type = found.type().tensor_type();
    description.output_channels = output_channels_of(network, found);
    const bool image = !type.has_shape() || type.shape().dim_size() == 0 || type.shape().dim_size() == kImageRank;
    const onnx::NodeProto* last = network.producer(found.name());
    if (last && last->op_type() == "Cast" && last->input_size() > 0) last = network.producer(last->input(0));
    const bool finished = last && (last->op_type() == "ArgMax" || last->op_type() == "OneHot");
    if (finished || !is_float_or_open(type.elem_type())) {
        const bool whole = finished || type.elem_type() != onnx::TensorProto::BOOL;
        return tl::make_unexpected(
            at(file, name + " is a finished segmentation in " + (whole ? "whole numbers" : "yes or no (bool)") +
                         "; expected the logits or probabilities of each label or region, in floats. Export the "
                         "network without its " +
                         (whole ? "argmax" : "threshold") + kRecipe));
    }
    if (!image) {
        return tl::make_unexpected(at(
            file, name + " has " + std::to_string(type.shape().dim_size()) + " axes; expected 5, as the input has."));
    }
    describe_end(network, found.name(), description);
    return {};
}

Expected<void> check_operators(std::string_view file, const Network& network) {
    for (const auto& node : network.graph().node()) {
        const std::string& domain = node.domain();
        if (domain.empty() || domain == "ai.onnx" || domain == "com.microsoft") continue;
        return tl::make_unexpected(
            at(file, "the node " + quoted(node.name().empty() ? node.op_type() : node.name()) + " is of the operator " +
                         node.op_type() + " of \"" + domain +
                         "\", which this program does not have; expected operators of ONNX itself."));
    }
    return {};
}

}  // namespace

Expected<NetworkDescription> describe(std::string_view file_name, const Network& network) {
    NetworkDescription description;
    description.file = file_name;
    if (const auto input = describe_input(file_name, network, description); !input)
        return tl::make_unexpected(input.error());
    const std::map<std::string, double> coarser = coarseness(network, description.input);
    if (const auto output = describe_output(file_name, network, description, coarser); !output)
        return tl::make_unexpected(output.error());
    if (const auto operators = check_operators(file_name, network); !operators)
        return tl::make_unexpected(operators.error());
    for (const auto& [tensor, factor] : coarser)
        description.multiple = std::max(description.multiple, static_cast<int>(factor));
    description.in_halves = computes_in_halves(network);
    description.family = family_of(network);
    for (const auto& node : network.graph().node()) description.operators.push_back(node.op_type());
    for (const auto& tensor : network.graph().initializer())
        description.weights.emplace_back(tensor.name(), Extents(tensor.dims().begin(), tensor.dims().end()));
    return description;
}

namespace {

std::string product_words(const Extents& extents) {
    std::string words;
    for (const std::int64_t extent : extents) words += (words.empty() ? "" : " x ") + std::to_string(extent);
    return words.empty() ? "1" : words;
}

// The first difference between two networks' layers, of those that are more than values; empty where there is none.
std::string different_layers(const NetworkDescription& one, const NetworkDescription& other) {
    for (std::size_t n = 0; n < std::min(one.weights.size(), other.weights.size()); ++n) {
        if (one.weights[n].second == other.weights[n].second) continue;
        return "the weights " + quoted(other.weights[n].first) + " are " + product_words(other.weights[n].second) +
               " here and " + product_words(one.weights[n].second) + " there";
    }
    if (one.weights.size() != other.weights.size()) {
        return "it has " + std::to_string(other.weights.size()) + " tensors of weights, the other " +
               std::to_string(one.weights.size());
    }
    if (one.operators.size() != other.operators.size()) {
        return "it has " + std::to_string(other.operators.size()) + " operations, the other " +
               std::to_string(one.operators.size());
    }
    for (std::size_t n = 0; n < one.operators.size(); ++n) {
        if (one.operators[n] != other.operators[n])
            return "operation " + std::to_string(n + 1) + " is " + other.operators[n] + " here and " +
                   one.operators[n] + " there";
    }
    return "";
}

}  // namespace

Expected<void> same_network(const NetworkDescription& one, const NetworkDescription& other) {
    const auto differ = [&](const std::string& what) {
        return fail(other.file + ": it cannot be a fold of the same model as " + one.file + ": " + what +
                    ". Files dropped together are one model, one a fold; drop other models one after the other.");
    };
    const auto channels = [](const NetworkDescription& network) { return std::to_string(network.output_channels); };
    if (one.input != other.input)
        return differ("their inputs are " + quoted(one.input) + " and " + quoted(other.input));
    if (one.output != other.output)
        return differ("their outputs are " + quoted(one.output) + " and " + quoted(other.output));
    if (one.extents != other.extents) {
        return differ("their inputs have " + extents_words(one.extents) + " and " + extents_words(other.extents) +
                      " voxels");
    }
    if (one.output_channels != other.output_channels)
        return differ("they give " + channels(one) + " and " + channels(other) + " channels");
    if (one.half != other.half || one.in_halves != other.in_halves)
        return differ("one computes in float16, the other in float32");
    if (const std::string what = different_layers(one, other); !what.empty()) return differ(what);
    return {};
}

std::vector<std::string> describe_remarks(const NetworkDescription& description) {
    std::vector<std::string> remarks;
    if (std::any_of(description.extents.begin(), description.extents.end(), [](int extent) { return extent > 0; })) {
        remarks.push_back(
            description.file + " was exported for " + extents_words(description.extents) +
            " voxels and runs on no other size: larger brains are cut into tiles of it. If it was trained on "
            "larger patches, export it again with open axes (docs/models.md).");
    }
    if (description.yes_or_no) {
        remarks.push_back(
            description.file +
            " decides inside: its output is 0 or 1, and maps of probability have nothing between. Export it "
            "without its threshold (docs/models.md) to have them.");
    }
    return remarks;
}

}  // namespace shapslice
