#include "network/describe.h"

#include <algorithm>
#include <map>

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
    double voxels = 1;
    for (int axis = 0; axis < 3; ++axis) {
        const std::int64_t length = std::min(extent(image, axis + 2), kLongestAxis);
        description.extents[static_cast<std::size_t>(axis)] = static_cast<int>(length);
        voxels *= static_cast<double>(std::max<std::int64_t>(1, extent(image, axis + 2)));
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

Expected<void> describe_output(std::string_view file, const Network& network, NetworkDescription& description) {
    if (network.graph().output_size() == 0) return tl::make_unexpected(at(file, "the network has no output."));
    // Networks trained with deep supervision have further outputs, coarser ones, after the first.
    const onnx::ValueInfoProto& found = network.graph().output(0);
    description.output = found.name();
    const std::string name = "the output " + quoted(found.name());
    const auto& type = found.type().tensor_type();
    if (type.has_shape() && type.shape().dim_size() != 0) {
        if (type.shape().dim_size() != kImageRank) {
            return tl::make_unexpected(at(file, name + " has " + std::to_string(type.shape().dim_size()) +
                                                    " axes; expected 5, as the input has."));
        }
        description.output_channels = static_cast<int>(std::min(extent(found, 1), kLongestAxis));
    }
    if (description.output_channels == 0) description.output_channels = channels_from(network, found.name());
    if (description.output_channels != 0 && description.output_channels != 3 && description.output_channels != 4) {
        return tl::make_unexpected(
            at(file, name + " has " + std::to_string(description.output_channels) +
                         " channels; expected 4 labels (background, NCR, ED, ET) or 3 regions (TC, WT, ET)."));
    }
    const onnx::NodeProto* last = network.producer(found.name());
    if (last && last->op_type() == "Cast" && last->input_size() > 0) last = network.producer(last->input(0));
    if (last && last->op_type() == "Softmax") description.applied = Activation::softmax;
    if (last && last->op_type() == "Sigmoid") description.applied = Activation::sigmoid;
    return {};
}

// By how much each tensor is coarser than the image; the coarsest decides what extents must be multiples of.
int coarsest(const Network& network, const std::string& image) {
    constexpr std::int64_t kMost = 256;
    std::map<std::string, std::int64_t> coarser{{image, 1}};
    std::int64_t most = 1;
    for (const auto& node : network.graph().node()) {
        std::int64_t here = 0;
        for (const std::string& input : node.input()) {
            if (const auto found = coarser.find(input); found != coarser.end()) here = std::max(here, found->second);
        }
        if (here == 0 || node.output_size() == 0) continue;
        const std::string& operation = node.op_type();
        const Extents strides = attribute(node, "strides", Extents{});
        const std::int64_t stride = strides.empty() ? 1 : *std::max_element(strides.begin(), strides.end());
        if (operation == "Conv" || operation == "MaxPool" || operation == "AveragePool") {
            here = std::min(here * std::clamp<std::int64_t>(stride, 1, kMost), kMost);
        } else if (operation == "ConvTranspose") {
            here = std::max<std::int64_t>(1, here / std::max<std::int64_t>(1, stride));
        } else if (operation == "Resize" || operation == "Upsample") {
            here = std::max<std::int64_t>(1, here / 2);
        }
        coarser[node.output(0)] = here;
        most = std::max(most, here);
    }
    return static_cast<int>(most);
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

std::string text(std::string_view view) {
    return std::string(view);
}

}  // namespace

Expected<NetworkDescription> describe(std::string_view file_name, const Network& network) {
    NetworkDescription description;
    if (const auto input = describe_input(file_name, network, description); !input)
        return tl::make_unexpected(input.error());
    if (const auto output = describe_output(file_name, network, description); !output)
        return tl::make_unexpected(output.error());
    if (const auto operators = check_operators(file_name, network); !operators)
        return tl::make_unexpected(operators.error());
    description.multiple = coarsest(network, description.input);
    return description;
}

std::span<const Convention> conventions() {
    using enum Contrast;
    static const std::vector<Convention> kConventions{
        {"labels", "labels, t1c t1n t2f t2w", {t1c, t1n, t2f, t2w}, "zyx", 1, false, {"background", "NCR", "ED", "ET"}},
        // MONAI's model zoo, brats_mri_segmentation.
        {"monai", "MONAI BraTS bundle", {t1c, t1n, t2w, t2f}, "xyz", 1, true, {"TC", "WT", "ET"}},
        // nnU-Net's own conversion of BraTS (Dataset137).
        {"nnunet-labels", "nnU-Net, labels", {t1n, t1c, t2w, t2f}, "zyx", 1, false, {"background", "ED", "NCR", "ET"}},
        {"nnunet-regions", "nnU-Net, regions", {t1n, t1c, t2w, t2f}, "zyx", 1, true, {"WT", "TC", "ET"}},
    };
    return kConventions;
}

bool fits(const Convention& convention, const NetworkDescription& description) {
    return description.output_channels == 0 ||
           static_cast<std::size_t>(description.output_channels) == convention.outputs.size();
}

const Convention& guess_convention(const NetworkDescription& description) {
    const bool regions =
        description.output_channels ? description.output_channels == 3 : description.applied == Activation::sigmoid;
    return *std::find_if(conventions().begin(), conventions().end(),
                         [&](const Convention& each) { return each.regions == regions; });
}

Json manifest_under(const Convention& convention, const NetworkDescription& description, std::string_view file_name,
                    std::string_view sha256) {
    std::string stem(file_name);
    if (stem.ends_with(".onnx")) stem.resize(stem.size() - 5);
    Json contrasts = Json::array();
    for (const Contrast contrast : convention.contrasts)
        contrasts.push_back(kContrastNames[static_cast<std::size_t>(contrast)]);
    const bool fixed = description.extents[0] && description.extents[1] && description.extents[2];
    // What an open size is tiled by: large enough for a brain at 1 mm in eight tiles.
    constexpr int kOpenPatch = 128;
    Json patch = Json::array();
    for (const int extent : description.extents) {
        const int wanted = extent ? extent : kOpenPatch;
        patch.push_back((wanted + description.multiple - 1) / description.multiple * description.multiple);
    }
    const char* activation = description.applied != Activation::none ? "none"
                             : convention.regions                    ? "sigmoid"
                                                                     : "softmax";
    return {{"schemaVersion", 1},
            {"id", stem},
            {"name", stem},
            {"architecture", "dropped model"},
            {"description", "Opened by the user, read as: " + text(convention.name) + "."},
            {"contrasts", contrasts},
            {"axes", text(convention.axes)},
            {"spacing", {convention.spacing, convention.spacing, convention.spacing}},
            {"patch", patch},
            {"multiple", fixed ? 1 : description.multiple},
            {"fixedPatch", fixed},
            {"normalisation", "zscore-nonzero"},
            {"input", description.input},
            {"output", description.output},
            {"outputs",
             {{"kind", convention.regions ? "regions" : "labels"},
              {"activation", activation},
              {"channels", convention.outputs}}},
            {"folds", {{{"file", text(file_name)}, {"sha256", text(sha256)}}}}};
}

}  // namespace shapslice
