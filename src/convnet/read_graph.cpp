#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

#include "convnet/graph.h"
#include "convnet/limits.h"
#include "convnet/moments.h"
#include "convnet/numbers.h"
#include "convnet/read_filters.h"
#include "convnet/resampling.h"
#include "convnet/window.h"

namespace shapslice::convnet {

namespace {

constexpr const char* kNoSize = "leaves an image of no size that fits; expected 1 to 1024.";

// A volume whose channels were put into groups, for an InstanceNormalization that stands for group normalisation.
struct Grouped {
    int volume = 0;
    int groups = 0;
    std::optional<double> epsilon;  // once it is normalised
};

class Reader {
  public:
    Reader(std::string_view file_name, const Network& network) : file_(file_name), network_(network) {}

    Expected<Graph> read(const std::array<int, 3>& extents, const std::string& output);

  private:
    using Node = onnx::NodeProto;
    // Empty: taken. Else what is wrong, to follow the node's name.
    using Refusal = std::string;

    Refusal take(const Node& node);
    Refusal take_image(const Node& node, int volume);
    Refusal take_convolution(const Node& node, int volume);
    Refusal take_transposed(const Node& node, int volume);
    Refusal take_pool(const Node& node, int volume);
    Refusal take_resize(const Node& node, int volume);
    Refusal take_pad(const Node& node, int volume);
    Refusal take_slice(const Node& node, int volume);
    Refusal take_lookup(const Node& node, int volume, IndexTables from);
    Refusal take_concat(const Node& node);
    Refusal take_pair(const Node& node);
    Refusal take_volumes(const Node& node, int first, int second);
    Refusal take_batch_norm(const Node& node, int volume);
    Refusal take_normalisation(const Node& node, int volume, int groups, double epsilon, bool by_channel);
    Refusal take_prelu(const Node& node, int volume);
    Refusal take_softmax(const Node& node, int volume);
    Refusal take_reshape(const Node& node);
    Refusal take_grouped_norm(const Node& node);

    std::optional<int> volume(const std::string& name) const;
    std::optional<Numbers> numbers(const std::string& name) const;
    std::optional<std::vector<float>> per_channel(const std::string& name, int channels, bool trailing_axes) const;
    std::optional<Filters> filters(const Node& node, bool transposed) const;
    const VolumeShape& shape(int node) const { return graph_.nodes[static_cast<std::size_t>(node)].shape; }
    Refusal add(const Node& node, std::vector<int> inputs, VolumeShape shape, Operation operation);
    tl::unexpected<Error> refuse(const Node& node, const Refusal& why) const;
    Expected<void> take_input(const std::array<int, 3>& extents);
    Expected<void> take_nodes(const std::vector<std::string>& outputs);
    Expected<int> finest(const std::vector<std::string>& outputs) const;
    std::set<std::string> needed_for(const std::vector<std::string>& outputs) const;
    void drop_unused();

    std::string file_;
    const Network& network_;
    Graph graph_;
    std::map<std::string, int> volumes_;
    std::map<std::string, Numbers> numbers_;
    std::map<std::string, Moment> moments_;
    std::map<std::string, Grouped> grouped_;
    std::optional<Error> first_refusal_;
};

tl::unexpected<Error> Reader::refuse(const Node& node, const Refusal& why) const {
    const std::string name = node.name().empty() && node.output_size() ? node.output(0) : node.name();
    return fail(file_ + ": the node \"" + name + "\" (" + node.op_type() + ") " + why);
}

std::optional<int> Reader::volume(const std::string& name) const {
    const auto at = volumes_.find(name);
    return at == volumes_.end() ? std::nullopt : std::optional(at->second);
}

std::optional<Numbers> Reader::numbers(const std::string& name) const {
    if (const auto at = numbers_.find(name); at != numbers_.end()) return at->second;
    const auto constant = network_.constant(name);
    return constant ? numbers_of(*constant) : std::nullopt;
}

// A constant with one value a channel, or one for all: [C], or [1, C, 1, 1, 1] without the leading axes where it is
// to meet a volume.
std::optional<std::vector<float>> Reader::per_channel(const std::string& name, int channels, bool trailing_axes) const {
    const auto given = numbers(name);
    if (!given) return std::nullopt;
    const auto count = static_cast<std::size_t>(channels);
    if (given->values.size() == 1) return std::vector<float>(count, static_cast<float>(given->values[0]));
    Extents expected{channels};
    if (trailing_axes) expected.insert(expected.end(), {1, 1, 1});
    Extents extents = given->extents;
    if (extents.size() == expected.size() + 1 && extents.front() == 1) extents.erase(extents.begin());
    if (extents != expected) return std::nullopt;
    return std::vector<float>(given->values.begin(), given->values.end());
}

Reader::Refusal Reader::add(const Node& node, std::vector<int> inputs, VolumeShape made, Operation operation) {
    for (const int extent : made.extents) {
        if (extent < 1 || extent > kLargestExtent) return kNoSize;
    }
    if (made.channels < 1 || made.channels > kMostChannels) return "has more channels than this engine runs.";
    if (static_cast<double>(made.voxels()) * made.channels > kMostElements)
        return "makes an image larger than any memory for it.";
    volumes_[node.output(0)] = static_cast<int>(graph_.nodes.size());
    graph_.nodes.push_back({node.output(0), std::move(inputs), made, std::move(operation)});
    return {};
}

// --- convolutions

std::optional<Filters> Reader::filters(const Node& node, bool transposed) const {
    auto made = read_filters(network_, node, transposed);
    if (!made || node.input_size() < 3 || node.input(2).empty()) return made;
    auto bias = per_channel(node.input(2), made->outputs, false);
    if (!bias) return std::nullopt;
    made->bias = std::move(*bias);
    return made;
}

Reader::Refusal Reader::take_convolution(const Node& node, int from) {
    if (attribute(node, "group", std::int64_t{1}) != 1) return "convolves groups of channels; expected one group.";
    auto made = filters(node, false);
    if (!made) return "has weights that are no finite constants over three axes; expected those of a 3-D convolution.";
    if (made->inputs != shape(from).channels) return "expects another number of channels than it is given.";
    const auto window = read_window(node, made->kernel);
    if (!window || window->kernel != made->kernel)
        return "has a dilation or padding that this engine does not run; expected no dilation and padding by numbers.";
    const VolumeShape outcome{made->outputs, window->outputs(shape(from).extents)};
    return add(node, {from}, outcome, Convolution{std::move(*made), window->stride, window->pad_low});
}

Reader::Refusal Reader::take_transposed(const Node& node, int from) {
    if (attribute(node, "group", std::int64_t{1}) != 1) return "convolves groups of channels; expected one group.";
    auto made = filters(node, true);
    if (!made) return "has weights that are no finite constants over three axes; expected those of a 3-D convolution.";
    if (made->inputs != shape(from).channels) return "expects another number of channels than it is given.";
    const auto window = read_window(node, made->kernel);
    if (!window || window->kernel != made->kernel || !attribute(node, "output_shape", Extents{}).empty())
        return "has a dilation or padding that this engine does not run; expected no dilation and padding by numbers.";
    const Extents given = attribute(node, "output_padding", Extents{0, 0, 0});
    std::array<int, 3> more{};
    for (std::size_t n = 0; n < 3; ++n) {
        if (given.size() != 3 || given[n] < 0 || given[n] >= kLargestKernel)
            return "has an output padding that this engine does not run; expected less than the stride.";
        more[n] = static_cast<int>(given[n]);
    }
    const VolumeShape outcome{made->outputs, window->transposed_outputs(shape(from).extents, more)};
    return add(node, {from}, outcome, TransposedConvolution{std::move(*made), window->stride, window->pad_low});
}

Reader::Refusal Reader::take_pool(const Node& node, int from) {
    auto window = read_window(node, {0, 0, 0});
    if (!window || node.output_size() != 1)
        return "pools in a way that this engine does not; expected kernel, stride and padding by numbers, no dilation.";
    window->ceil = attribute(node, "ceil_mode", std::int64_t{0}) != 0;
    const bool means = node.op_type() == "AveragePool";
    const bool counts = means && attribute(node, "count_include_pad", std::int64_t{0}) != 0;
    return add(node, {from}, {shape(from).channels, window->outputs(shape(from).extents)},
               Pooling{window->kernel, window->stride, window->pad_low, window->pad_high,
                       means ? PoolKind::mean : PoolKind::largest, counts});
}

// --- resampling and joining

Reader::Refusal Reader::take_resize(const Node& node, int from) {
    const VolumeShape& given = shape(from);
    const auto asked =
        read_resampling(node, given, [this](const std::string& name) { return numbers(name); }, network_.opset());
    if (!asked) return "resizes in a way that this engine does not; expected nearest or linear, by known factors.";
    VolumeShape outcome{given.channels, asked->extents};
    for (const int extent : outcome.extents) {
        if (extent < 1 || extent > kLargestExtent) return kNoSize;
    }
    if (asked->linear) return add(node, {from}, outcome, LinearResize{linear_taps(*asked, given.extents)});
    return add(node, {from}, outcome, Lookup{nearest_tables(*asked, given.extents)});
}

// The image as seen through tables; itself where these change nothing.
Reader::Refusal Reader::take_lookup(const Node& node, int from, IndexTables tables) {
    VolumeShape outcome = shape(from);
    bool same = true;
    for (std::size_t n = 0; n < 3; ++n) {
        const auto extent = static_cast<std::int64_t>(tables[n].size());
        if (extent < 1 || extent > kLargestExtent) return kNoSize;
        same = same && extent == outcome.extents[n];
        for (std::size_t at = 0; at < tables[n].size(); ++at) same = same && tables[n][at] == static_cast<int>(at);
        outcome.extents[n] = static_cast<int>(extent);
    }
    if (!same) return add(node, {from}, outcome, Lookup{std::move(tables)});
    volumes_[node.output(0)] = from;
    return {};
}

Reader::Refusal Reader::take_pad(const Node& node, int from) {
    const auto padding = read_padding(node, [this](const std::string& name) { return numbers(name); });
    if (!padding)
        return "pads in a way that this engine does not; expected zeros, edges or reflections along the three axes of "
               "space, as many as are known beforehand.";
    auto tables = padded_tables(*padding, shape(from).extents);
    if (!tables) return "pads by more than there is to reflect, or leaves nothing.";
    return take_lookup(node, from, std::move(*tables));
}

Reader::Refusal Reader::take_slice(const Node& node, int from) {
    const VolumeShape& given = shape(from);
    const Extents extents{1, given.channels, given.extents[0], given.extents[1], given.extents[2]};
    const auto cuts = read_slice(node, extents, [this](const std::string& name) { return numbers(name); });
    if (!cuts) return "cuts out by bounds that are not known beforehand.";
    IndexTables tables;
    for (std::size_t n = 0; n < 3; ++n) {
        tables[n].resize(static_cast<std::size_t>(given.extents[n]));
        std::iota(tables[n].begin(), tables[n].end(), 0);
    }
    for (const AxisCut& cut : *cuts) {
        if (cut.axis >= 2) {
            tables[cut.axis - 2].assign(cut.indices.begin(), cut.indices.end());
        } else if (static_cast<std::int64_t>(cut.indices.size()) != extents[cut.axis] || cut.indices.front() != 0) {
            return "takes some of the channels; expected all of them.";
        }
    }
    return take_lookup(node, from, std::move(tables));
}

Reader::Refusal Reader::take_concat(const Node& node) {
    std::vector<int> parts;
    int channels = 0;
    for (const std::string& name : node.input()) {
        const auto part = volume(name);
        if (!part) return "joins what is no image; expected images of one size.";
        if (!parts.empty() && shape(*part).extents != shape(parts[0]).extents) return "joins images of unlike sizes.";
        parts.push_back(*part);
        channels += shape(*part).channels;
        if (channels > kMostChannels) return "has more channels than this engine runs.";
    }
    const std::int64_t axis = attribute(node, "axis", std::int64_t{0});
    if (parts.empty() || (axis != 1 && axis != -4)) return "joins along another axis; expected channels.";
    const VolumeShape outcome{channels, shape(parts[0]).extents};
    return add(node, parts, outcome, Concatenation{});
}

// --- pointwise

// Add, Sub, Mul and Div: of two volumes, or of one and a constant.
Reader::Refusal Reader::take_pair(const Node& node) {
    if (node.input_size() != 2) return "takes other than two inputs.";
    const auto first = volume(node.input(0));
    const auto second = volume(node.input(1));
    if (first && second) return take_volumes(node, *first, *second);
    const std::string& operation = node.op_type();
    const int image = first ? *first : *second;
    const int channels = shape(image).channels;
    const auto constant = per_channel(node.input(first ? 1 : 0), channels, true);
    if (!constant) return "meets a tensor that is not one number a channel.";
    if (operation == "Div" && !first) return "divides by an image, which this engine does not.";
    ChannelAffine affine;
    for (const float each : *constant) {
        const bool scales = operation == "Mul" || operation == "Div";
        const float scale = operation == "Mul" ? each : operation == "Div" ? 1 / each : 1;
        // Subtracted from the constant where that comes first.
        affine.scale.push_back(operation == "Sub" && !first ? -1 : scale);
        affine.shift.push_back(scales ? 0 : operation == "Sub" && first ? -each : each);
        if (!std::isfinite(affine.scale.back())) return "divides by 0.";
    }
    return add(node, {image}, shape(image), std::move(affine));
}

Reader::Refusal Reader::take_volumes(const Node& node, int first, int second) {
    const VolumeShape& a = shape(first);
    const VolumeShape& b = shape(second);
    if (node.op_type() == "Add") {
        if (a != b) return "adds images of unlike sizes; expected the same.";
        return add(node, {first, second}, a, Sum{});
    }
    if (node.op_type() != "Mul") return "subtracts or divides images, which this engine does not.";
    if (a.extents != b.extents || (a.channels != b.channels && a.channels != 1 && b.channels != 1))
        return "multiplies images of unlike sizes; expected the same, or one channel.";
    if (a.channels == 1) std::swap(first, second);
    return add(node, {first, second}, shape(first), Product{});
}

Reader::Refusal Reader::take_normalisation(const Node& node, int image, int groups, double epsilon, bool by_channel) {
    Normalisation norm{groups, epsilon, {}, {}};
    const int channels = shape(image).channels;
    norm.scale.assign(static_cast<std::size_t>(channels), 1.0f);
    norm.shift.assign(static_cast<std::size_t>(channels), 0.0f);
    if (groups < 1 || channels % groups != 0) return "has groups that do not divide the channels.";
    if (node.input_size() >= 3) {
        const int count = by_channel ? channels : groups;
        const auto scale = per_channel(node.input(1), count, false);
        const auto shift = per_channel(node.input(2), count, false);
        if (!scale || !shift) return "has a scale or bias that is not one number a channel.";
        for (int c = 0; c < channels; ++c) {
            const auto from = static_cast<std::size_t>(by_channel ? c : c / (channels / groups));
            norm.scale[static_cast<std::size_t>(c)] = (*scale)[from];
            norm.shift[static_cast<std::size_t>(c)] = (*shift)[from];
        }
    }
    return add(node, {image}, shape(image), std::move(norm));
}

Reader::Refusal Reader::take_batch_norm(const Node& node, int image) {
    if (node.input_size() != 5 || node.output_size() != 1) return "is of a training graph; expected one for inference.";
    const double epsilon = static_cast<double>(attribute(node, "epsilon", 1e-5f));
    const auto mean = moments_.find(node.input(3));
    const auto variance = moments_.find(node.input(4));
    if (mean != moments_.end() && variance != moments_.end()) {
        const Moment& m = mean->second;
        const Moment& v = variance->second;
        const bool fits = m.kind == Moment::Kind::mean && v.kind == Moment::Kind::variance && m.volume == image &&
                          v.volume == image && m.of_channels() && v.of_channels() && m.groups == v.groups;
        if (!fits) return "normalises with numbers that are not its image's mean and variance.";
        return take_normalisation(node, image, m.groups ? m.groups : shape(image).channels, epsilon, true);
    }
    const int channels = shape(image).channels;
    std::array<std::vector<float>, 4> given;
    for (int n = 0; n < 4; ++n) {
        auto values = per_channel(node.input(n + 1), channels, false);
        if (!values) return "normalises with numbers that are neither constants nor its image's mean and variance.";
        given[static_cast<std::size_t>(n)] = std::move(*values);
    }
    ChannelAffine affine;
    for (std::size_t c = 0; c < static_cast<std::size_t>(channels); ++c) {
        const double scale = double(given[0][c]) / std::sqrt(double(given[3][c]) + epsilon);
        affine.scale.push_back(static_cast<float>(scale));
        affine.shift.push_back(static_cast<float>(double(given[1][c]) - double(given[2][c]) * scale));
    }
    return add(node, {image}, shape(image), std::move(affine));
}

Reader::Refusal Reader::take_prelu(const Node& node, int image) {
    auto slopes = node.input_size() == 2 ? per_channel(node.input(1), shape(image).channels, true) : std::nullopt;
    if (!slopes) return "has slopes that are not one number a channel.";
    return add(node, {image}, shape(image), ActivationFunction{ActivationKind::leaky, std::move(*slopes)});
}

Reader::Refusal Reader::take_softmax(const Node& node, int image) {
    constexpr int kAxisIsOne = 13;  // before, all axes behind it went in as well
    const std::int64_t axis = attribute(node, "axis", std::int64_t{-1});
    if ((axis != 1 && axis != -4) || network_.opset() < kAxisIsOne) return "is not over channels; expected axis 1.";
    return add(node, {image}, shape(image), ActivationFunction{ActivationKind::softmax, {}});
}

// --- group normalisation as PyTorch exports it: Reshape, InstanceNormalization, Reshape

Reader::Refusal Reader::take_reshape(const Node& node) {
    const auto to = node.input_size() == 2 ? numbers(node.input(1)) : std::nullopt;
    if (!to) return "has a shape that is not known beforehand.";
    if (const auto image = volume(node.input(0))) {
        const int channels = shape(*image).channels;
        const std::vector<double>& s = to->values;
        const double groups = s.size() == 3 && (s[0] == 0 || s[0] == 1) && s[2] == -1 ? s[1] : 0;
        if (groups < 1 || std::fmod(channels, groups) != 0)
            return "reshapes an image, which this engine does for group normalisation only.";
        grouped_[node.output(0)] = {*image, static_cast<int>(groups), std::nullopt};
        return {};
    }
    const auto at = grouped_.find(node.input(0));
    if (at == grouped_.end() || !at->second.epsilon) return "reshapes what is no image.";
    const VolumeShape& image = shape(at->second.volume);
    std::vector<double> same{1, double(image.channels)};
    same.insert(same.end(), image.extents.begin(), image.extents.end());
    if (to->values != same) return "reshapes an image, which this engine does for group normalisation only.";
    Node plain = node;
    plain.clear_input();
    return take_normalisation(plain, at->second.volume, at->second.groups, *at->second.epsilon, true);
}

Reader::Refusal Reader::take_grouped_norm(const Node& node) {
    Grouped grouped = grouped_.at(node.input(0));
    if (node.input_size() != 3 || grouped.epsilon) return "normalises what is no image.";
    const auto scale = per_channel(node.input(1), grouped.groups, false);
    const auto shift = per_channel(node.input(2), grouped.groups, false);
    const auto all = [](const std::optional<std::vector<float>>& values, float value) {
        return values && std::all_of(values->begin(), values->end(), [value](float x) { return x == value; });
    };
    if (!all(scale, 1) || !all(shift, 0)) return "scales groups of channels; expected scale 1 and bias 0.";
    grouped.epsilon = static_cast<double>(attribute(node, "epsilon", 1e-5f));
    grouped_[node.output(0)] = grouped;
    return {};
}

// --- the whole

Reader::Refusal Reader::take(const Node& node) {
    const std::string& operation = node.op_type();
    if (node.output_size() < 1 || node.input_size() < 1) return "has no input or output.";
    if (!node.domain().empty() && node.domain() != "ai.onnx")
        return "is of another collection of operators than ONNX's.";
    if (operation == "DequantizeLinear" && network_.constant(node.output(0))) return {};
    const FindNumbers find_numbers = [this](const std::string& name) { return numbers(name); };
    const FindExtents find_extents = [this](const std::string& name) -> std::optional<Extents> {
        const auto image = volume(name);
        if (!image) return std::nullopt;
        const VolumeShape& s = shape(*image);
        return Extents{1, s.channels, s.extents[0], s.extents[1], s.extents[2]};
    };
    if (auto folded = fold(node, find_numbers, find_extents)) {
        numbers_[node.output(0)] = std::move(*folded);
        return {};
    }
    const FindVolume find_volume = [&](const std::string& name) -> std::optional<VolumeExtents> {
        const auto image = volume(name);
        return image ? std::optional(VolumeExtents{*image, *find_extents(name)}) : std::nullopt;
    };
    const FindMoment find_moment = [this](const std::string& name) {
        const auto at = moments_.find(name);
        return at == moments_.end() ? std::nullopt : std::optional(at->second);
    };
    if (auto moment = recognise_moment(node, find_volume, find_moment, find_numbers)) {
        moments_[node.output(0)] = std::move(*moment);
        return {};
    }
    if (operation == "Concat") return take_concat(node);
    if (operation == "Reshape") return take_reshape(node);
    static const std::set<std::string, std::less<>> kPairs{"Add", "Sub", "Mul", "Div"};
    if (kPairs.contains(operation) && (volume(node.input(0)) || volume(node.input(node.input_size() - 1))))
        return take_pair(node);
    if (operation == "InstanceNormalization" && grouped_.contains(node.input(0))) return take_grouped_norm(node);
    const auto image = volume(node.input(0));
    if (!image) return "works on what is no image of this network; expected three-dimensional images throughout.";
    return take_image(node, *image);
}

// A node whose first input is an image.
Reader::Refusal Reader::take_image(const Node& node, int image) {
    const std::string& operation = node.op_type();
    const int channels = shape(image).channels;
    if (operation == "Identity") {
        volumes_[node.output(0)] = image;
        return {};
    }
    if (operation == "Conv") return take_convolution(node, image);
    if (operation == "ConvTranspose") return take_transposed(node, image);
    if (operation == "MaxPool" || operation == "AveragePool") return take_pool(node, image);
    if (operation == "Resize") return take_resize(node, image);
    if (operation == "Pad") return take_pad(node, image);
    if (operation == "Slice") return take_slice(node, image);
    if (operation == "BatchNormalization") return take_batch_norm(node, image);
    if (operation == "InstanceNormalization")
        return take_normalisation(node, image, channels, double(attribute(node, "epsilon", 1e-5f)), true);
    if (operation == "GroupNormalization") {
        constexpr int kScaleByChannel = 21;
        return take_normalisation(node, image, static_cast<int>(attribute(node, "num_groups", std::int64_t{0})),
                                  double(attribute(node, "epsilon", 1e-5f)), network_.opset() >= kScaleByChannel);
    }
    if (operation == "Relu" || operation == "LeakyRelu") {
        const float slope = operation == "Relu" ? 0.0f : attribute(node, "alpha", 0.01f);
        return add(
            node, {image}, shape(image),
            ActivationFunction{ActivationKind::leaky, std::vector<float>(static_cast<std::size_t>(channels), slope)});
    }
    if (operation == "PRelu") return take_prelu(node, image);
    if (operation == "Sigmoid")
        return add(node, {image}, shape(image), ActivationFunction{ActivationKind::sigmoid, {}});
    if (operation == "Softmax") return take_softmax(node, image);
    static const std::set<std::string, std::less<>> kDecisions{"Greater", "GreaterOrEqual", "Less", "LessOrEqual",
                                                               "ArgMax",  "Cast",           "Round"};
    if (kDecisions.contains(operation))
        return "decides inside the network; expected the logits or probabilities that it decides by.";
    return "is no operator that this engine runs.";
}

// Keeps the nodes that the output needs.
void Reader::drop_unused() {
    std::vector<bool> needed(graph_.nodes.size(), false);
    needed[0] = true;
    needed[static_cast<std::size_t>(graph_.output)] = true;
    for (std::size_t n = graph_.nodes.size(); n-- > 0;) {
        if (!needed[n]) continue;
        for (const int input : graph_.nodes[n].inputs) needed[static_cast<std::size_t>(input)] = true;
    }
    std::vector<int> moved(graph_.nodes.size(), 0);
    std::vector<GraphNode> kept;
    for (std::size_t n = 0; n < graph_.nodes.size(); ++n) {
        if (!needed[n]) continue;
        moved[n] = static_cast<int>(kept.size());
        kept.push_back(std::move(graph_.nodes[n]));
        for (int& input : kept.back().inputs) input = moved[static_cast<std::size_t>(input)];
    }
    graph_.output = moved[static_cast<std::size_t>(graph_.output)];
    graph_.nodes = std::move(kept);
}

Expected<void> Reader::take_input(const std::array<int, 3>& extents) {
    const auto inputs = network_.inputs();
    if (inputs.size() != 1)
        return fail(file_ + ": the network has " + std::to_string(inputs.size()) + " inputs; expected one image.");
    const auto& type = inputs[0]->type().tensor_type();
    const std::int64_t channels = type.shape().dim_size() == 5 ? type.shape().dim(1).dim_value() : 0;
    if (type.elem_type() == onnx::TensorProto::FLOAT16)
        return fail(file_ + ": the network takes float16; this engine runs networks that take float32.");
    if (type.elem_type() != onnx::TensorProto::FLOAT || channels < 1 || channels > kMostChannels)
        return fail(file_ + ": the input \"" + inputs[0]->name() + "\" is not a float32 image with known channels.");
    for (std::size_t n = 0; n < 3; ++n) {
        const std::int64_t fixed = type.shape().dim(static_cast<int>(n) + 2).dim_value();
        if (extents[n] < 1 || extents[n] > kLargestExtent || (fixed > 0 && fixed != extents[n]))
            return fail(file_ + ": the input \"" + inputs[0]->name() + "\" takes another size than it is given.");
    }
    volumes_[inputs[0]->name()] = 0;
    graph_.nodes.push_back({inputs[0]->name(), {}, {static_cast<int>(channels), extents}, Input{}});
    return {};
}

// The tensors that these are made of, and they.
std::set<std::string> Reader::needed_for(const std::vector<std::string>& outputs) const {
    std::set<std::string> needed(outputs.begin(), outputs.end());
    const auto& nodes = network_.graph().node();
    for (auto node = nodes.rbegin(); node != nodes.rend(); ++node) {
        const bool read = std::any_of(node->output().begin(), node->output().end(),
                                      [&](const std::string& name) { return needed.contains(name); });
        if (read) needed.insert(node->input().begin(), node->input().end());
    }
    return needed;
}

// Of several outputs one may be what this engine does not run: then the others are left, if any is an image.
Expected<void> Reader::take_nodes(const std::vector<std::string>& outputs) {
    const std::set<std::string> needed = needed_for(outputs);
    for (const Node& node : network_.graph().node()) {
        const bool read = std::any_of(node.output().begin(), node.output().end(),
                                      [&](const std::string& name) { return needed.contains(name); });
        if (!read && node.output_size() > 0) continue;
        const Refusal why = take(node);
        if (why.empty()) continue;
        if (outputs.size() == 1) return refuse(node, why);
        if (!first_refusal_) first_refusal_ = refuse(node, why).value();
    }
    return {};
}

// Of these the image of the most voxels, the first of several.
Expected<int> Reader::finest(const std::vector<std::string>& outputs) const {
    std::optional<int> found;
    for (const std::string& output : outputs) {
        const auto image = volume(output);
        if (image && (!found || shape(*image).voxels() > shape(*found).voxels())) found = image;
    }
    if (found) return *found;
    if (first_refusal_) return tl::make_unexpected(*first_refusal_);
    return fail(file_ + ": the output \"" + outputs[0] + "\" is no image.");
}

Expected<Graph> Reader::read(const std::array<int, 3>& extents, const std::string& wanted) {
    std::vector<std::string> outputs;
    for (const auto& output : network_.graph().output()) {
        if (wanted.empty() || output.name() == wanted) outputs.push_back(output.name());
    }
    if (outputs.empty())
        return fail(file_ + ": the network has no output" + (wanted.empty() ? "." : " \"" + wanted + "\"."));
    if (const auto taken = take_input(extents); !taken) return tl::make_unexpected(taken.error());
    if (const auto taken = take_nodes(outputs); !taken) return tl::make_unexpected(taken.error());
    const auto output = finest(outputs);
    if (!output) return tl::make_unexpected(output.error());
    graph_.output = *output;
    drop_unused();
    return std::move(graph_);
}

}  // namespace

Expected<Graph> read_graph(std::string_view file_name, const Network& network, const std::array<int, 3>& extents,
                           const std::string& output) {
    return Reader(file_name, network).read(extents, output);
}

}  // namespace shapslice::convnet
