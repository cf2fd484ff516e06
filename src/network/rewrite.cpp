#include "network/rewrite.h"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <functional>
#include <numeric>

namespace shapslice {

namespace {

using Nodes = std::vector<onnx::NodeProto>;

// Appends nodes whose names start with the one they replace.
class Builder {
  public:
    Builder(Network& network, Nodes& nodes, std::string stem)
        : network_(network), nodes_(nodes), stem_(std::move(stem)) {}

    onnx::NodeProto& node(const std::string& operation, const std::vector<std::string>& inputs,
                          const std::string& output = "") {
        nodes_.push_back(make_node(operation, inputs, output.empty() ? network_.fresh(stem_) : output));
        return nodes_.back();
    }
    std::string name_of(const std::string& operation, const std::vector<std::string>& inputs,
                        const std::string& output = "") {
        return node(operation, inputs, output).output(0);
    }
    std::string whole_numbers(const Extents& values) { return network_.add(stem_, values); }
    std::string weights(const Weights& values) { return network_.add(stem_, values); }

    std::string reshape(const std::string& tensor, const Extents& shape) {
        return name_of("Reshape", {tensor, whole_numbers(shape)});
    }
    std::string slice(const std::string& tensor, const Extents& starts, const Extents& ends, const Extents& axes,
                      const std::string& output = "") {
        return name_of("Slice", {tensor, whole_numbers(starts), whole_numbers(ends), whole_numbers(axes)}, output);
    }
    // Mean over axes, which opset 18 made an input.
    std::string mean(const std::string& tensor, const Extents& axes, bool keep = false) {
        constexpr int kAxesAsInput = 18;
        const bool as_input = network_.opset() >= kAxesAsInput;
        onnx::NodeProto& made =
            as_input ? node("ReduceMean", {tensor, whole_numbers(axes)}) : node("ReduceMean", {tensor});
        if (!as_input) set(made, "axes", axes);
        set(made, "keepdims", std::int64_t{keep});
        return made.output(0);
    }

  private:
    Network& network_;
    Nodes& nodes_;
    std::string stem_;
};

std::string stem_of(const onnx::NodeProto& node) {
    return node.name().empty() ? node.output(0) : node.name();
}

// Gives one node's stand-ins to the builder; false: the node is kept as it was.
using Change = bool (*)(const Network&, const onnx::NodeProto&, Builder&);

// Changes each node of the operator; how many.
int each(Network& network, const std::string& operation, Change change) {
    const Nodes before(network.graph().node().begin(), network.graph().node().end());
    Nodes after;
    int changed = 0;
    for (const onnx::NodeProto& node : before) {
        const std::size_t kept = after.size();
        bool done = false;
        if (node.op_type() == operation && node.input_size() > 1 && node.output_size() == 1) {
            Builder builder(network, after, stem_of(node));
            done = change(network, node, builder);
        }
        if (done) {
            ++changed;
        } else {
            after.resize(kept);
            after.push_back(node);
        }
    }
    if (changed) network.replace_nodes(std::move(after));
    return changed;
}

// --- transposed convolution ---------------------------------------------------------------------------------------

struct Transposed {
    std::size_t axes = 0;  // of space
    Extents kernel, stride, dilation, pad_low, pad_high, output_padding;
    Extents phase_kernel;  // of the convolution that stands for it
    std::int64_t groups = 1;
};

std::optional<Transposed> read_transposed(const onnx::NodeProto& node, const Weights& weights) {
    const std::string auto_pad = attribute(node, "auto_pad", "NOTSET");
    if ((auto_pad != "NOTSET" && auto_pad != "VALID") || !attribute(node, "output_shape", Extents{}).empty())
        return std::nullopt;  // paddings that depend on the input's extents
    if (weights.extents.size() < 3 || weights.count() == 0) return std::nullopt;
    Transposed t;
    t.axes = weights.extents.size() - 2;
    t.kernel.assign(weights.extents.begin() + 2, weights.extents.end());
    t.stride = attribute(node, "strides", Extents(t.axes, 1));
    t.dilation = attribute(node, "dilations", Extents(t.axes, 1));
    t.output_padding = attribute(node, "output_padding", Extents(t.axes, 0));
    const Extents pads = attribute(node, "pads", Extents(2 * t.axes, 0));
    t.groups = attribute(node, "group", std::int64_t{1});
    if (t.stride.size() != t.axes || t.dilation.size() != t.axes || t.output_padding.size() != t.axes ||
        pads.size() != 2 * t.axes || t.groups < 1 || weights.extents[0] % t.groups != 0)
        return std::nullopt;
    const auto middle = pads.begin() + static_cast<std::ptrdiff_t>(t.axes);
    t.pad_low.assign(pads.begin(), middle);
    t.pad_high.assign(middle, pads.end());
    double elements = static_cast<double>(weights.extents[0] * weights.extents[1]);
    for (std::size_t n = 0; n < t.axes; ++n) {
        constexpr std::int64_t kMost = 1 << 16;
        for (const std::int64_t value : {t.stride[n], t.dilation[n], t.kernel[n]}) {
            if (value < 1 || value > kMost) return std::nullopt;
        }
        for (const std::int64_t value : {t.pad_low[n], t.pad_high[n], t.output_padding[n]}) {
            if (value < 0 || value > kMost) return std::nullopt;
        }
        // Output o = i * stride + k * dilation - pad: phase r of the stride sees every stride-th element of the kernel.
        // As many inputs as those elements, and as the padding of the output asks for.
        const std::int64_t reach = (t.kernel[n] - 1) * t.dilation[n] + 1;
        const std::int64_t wanted = std::max(reach, reach + t.output_padding[n] - t.pad_high[n]);
        t.phase_kernel.push_back((wanted + t.stride[n] - 1) / t.stride[n]);
        elements *= static_cast<double>(t.phase_kernel[n] * t.stride[n]);
    }
    // Strides larger than the kernel make weights of zeros out of few; beyond this they are no network's.
    const double most = std::max(64.0 * static_cast<double>(weights.count()), 1.0 * (1 << 22));
    if (elements > most || weights.extents[1] > (1 << 16) / t.groups) return std::nullopt;
    return t;
}

// Weights [in, out / groups, kernel] to [out * phases, in / groups, phase kernel], the phases of an output side by
// side.
Weights phase_weights(const Transposed& t, const Weights& weights) {
    const std::int64_t in = weights.extents[0];
    const std::int64_t out_of_group = weights.extents[1];
    const std::int64_t in_of_group = in / t.groups;
    const auto product = [](const Extents& extents) {
        return std::accumulate(extents.begin(), extents.end(), std::int64_t{1}, std::multiplies<>());
    };
    const std::int64_t phases = product(t.stride);
    const std::int64_t kernel = product(t.kernel);
    const std::int64_t phase_kernel = product(t.phase_kernel);
    Weights made{weights.type, {out_of_group * t.groups * phases, in_of_group}, {}};
    made.extents.insert(made.extents.end(), t.phase_kernel.begin(), t.phase_kernel.end());
    const std::size_t size = weights.element_size();
    made.elements.assign(made.count() * size, '\0');
    for (std::int64_t k = 0; k < kernel; ++k) {
        // Where the kernel's element k lies among phases, and in the phase's own kernel, which runs backwards.
        std::int64_t rest = k;
        std::int64_t phase = 0;
        std::int64_t at = 0;
        std::int64_t phase_step = 1;
        std::int64_t at_step = 1;
        for (std::size_t n = t.axes; n-- > 0;) {
            const std::int64_t reach = rest % t.kernel[n] * t.dilation[n];
            rest /= t.kernel[n];
            phase += reach % t.stride[n] * phase_step;
            at += (t.phase_kernel[n] - 1 - reach / t.stride[n]) * at_step;
            phase_step *= t.stride[n];
            at_step *= t.phase_kernel[n];
        }
        for (std::int64_t i = 0; i < in; ++i) {
            for (std::int64_t o = 0; o < out_of_group; ++o) {
                const std::int64_t output = (i / in_of_group * out_of_group + o) * phases + phase;
                const std::int64_t to = (output * in_of_group + i % in_of_group) * phase_kernel + at;
                const std::int64_t from = (i * out_of_group + o) * kernel + k;
                std::memcpy(made.elements.data() + static_cast<std::size_t>(to) * size,
                            weights.elements.data() + static_cast<std::size_t>(from) * size, size);
            }
        }
    }
    return made;
}

// Each element `times` over.
Weights repeated(const Weights& weights, std::int64_t times) {
    Weights made{weights.type, {weights.extents[0] * times}, {}};
    const std::size_t size = weights.element_size();
    for (std::size_t n = 0; n < weights.count(); ++n) {
        for (std::int64_t copy = 0; copy < times; ++copy) made.elements.append(weights.elements, n * size, size);
    }
    return made;
}

bool change_transposed(const Network& network, const onnx::NodeProto& node, Builder& builder) {
    const auto weights = network.constant(node.input(1));
    const auto t = weights ? read_transposed(node, *weights) : std::nullopt;
    if (!t) return false;
    const bool has_bias = node.input_size() > 2 && !node.input(2).empty();
    const auto bias = has_bias ? network.constant(node.input(2)) : std::nullopt;
    if (has_bias && (!bias || bias->extents != Extents{weights->extents[1] * t->groups})) return false;
    const Weights phases = phase_weights(*t, *weights);
    const std::int64_t outputs = weights->extents[1] * t->groups;
    const std::int64_t per_output = phases.extents[0] / outputs;

    std::vector<std::string> inputs{node.input(0), builder.weights(phases)};
    if (bias) inputs.push_back(builder.weights(repeated(*bias, per_output)));
    onnx::NodeProto& convolution = builder.node("Conv", inputs);
    Extents pads;
    for (int side = 0; side < 2; ++side) {
        for (const std::int64_t extent : t->phase_kernel) pads.push_back(extent - 1);
    }
    set(convolution, "kernel_shape", t->phase_kernel);
    set(convolution, "pads", pads);
    set(convolution, "group", t->groups);
    const std::string found = convolution.output(0);

    // Channels into space, an axis at a time, each with six axes at most: [outputs * strides..., D, H, W]. The axis's
    // own stride is the last of what is left in the channels.
    std::string grown = found;
    Extents starts, ends, axes;
    for (std::size_t n = t->axes; n-- > 0;) {
        const std::int64_t stride = t->stride[n];
        const auto axis = static_cast<std::int64_t>(n) + 2;
        if (stride > 1) {
            // [N, C * s, D, H, W] -> [N, C, s, D, H, W] -> s behind axis n -> [N, C, .., n * s, ..]
            const auto channels = std::accumulate(t->stride.begin(), t->stride.begin() + static_cast<std::ptrdiff_t>(n),
                                                  outputs, std::multiplies<>());
            const std::string shape = builder.name_of("Shape", {grown});
            const auto extents = [&](std::int64_t first, std::int64_t last) {
                return builder.slice(shape, {first}, {last}, {0});
            };
            const auto joined = [&](const std::vector<std::string>& parts) {
                onnx::NodeProto& concat = builder.node("Concat", parts);
                set(concat, "axis", std::int64_t{0});
                return std::string(concat.output(0));
            };
            constexpr std::int64_t kEnd = INT32_MAX;
            const std::string split =
                joined({extents(0, 1), builder.whole_numbers({channels, stride}), extents(2, kEnd)});
            const std::string parted = builder.name_of("Reshape", {grown, split});
            Extents order{0, 1};
            for (std::int64_t from = 3; from < static_cast<std::int64_t>(t->axes) + 3; ++from) {
                order.push_back(from);
                if (from == axis + 1) order.push_back(2);
            }
            onnx::NodeProto& transpose = builder.node("Transpose", {parted});
            set(transpose, "perm", order);
            const std::string turned = transpose.output(0);
            std::vector<std::string> parts{extents(0, 1), builder.whole_numbers({channels})};
            if (n > 0) parts.push_back(extents(2, axis));
            parts.push_back(builder.whole_numbers({-1}));
            if (n + 1 < t->axes) parts.push_back(extents(axis + 1, kEnd));
            grown = builder.name_of("Reshape", {turned, joined(parts)});
        }
        const std::int64_t reach = (t->kernel[n] - 1) * t->dilation[n] + 1;
        const std::int64_t surplus = t->phase_kernel[n] * stride + t->pad_high[n] - reach - t->output_padding[n];
        starts.push_back(t->pad_low[n]);
        ends.push_back(surplus == 0 ? INT32_MAX : -surplus);
        axes.push_back(axis);
    }
    builder.slice(grown, starts, ends, axes, node.output(0));
    return true;
}

// --- grouped convolution ------------------------------------------------------------------------------------------

bool change_grouped(const Network& network, const onnx::NodeProto& node, Builder& builder) {
    const std::int64_t groups = attribute(node, "group", std::int64_t{1});
    if (groups < 2) return false;
    const auto weights = network.constant(node.input(1));
    if (!weights || weights->extents.size() < 3 || weights->count() == 0 || weights->extents[0] < groups ||
        weights->extents[0] % groups != 0)
        return false;
    const bool has_bias = node.input_size() > 2 && !node.input(2).empty();
    const auto bias = has_bias ? network.constant(node.input(2)) : std::nullopt;
    if (has_bias && (!bias || bias->count() != static_cast<std::size_t>(weights->extents[0]))) return false;
    const std::int64_t in = weights->extents[1];
    const auto part = [&](const Weights& whole, std::int64_t group) {
        Weights share{whole.type, whole.extents, {}};
        share.extents[0] /= groups;
        const std::size_t bytes = share.count() * share.element_size();
        share.elements = whole.elements.substr(static_cast<std::size_t>(group) * bytes, bytes);
        return builder.weights(share);
    };
    std::vector<std::string> found;
    for (std::int64_t group = 0; group < groups; ++group) {
        std::vector<std::string> inputs{builder.slice(node.input(0), {group * in}, {(group + 1) * in}, {1}),
                                        part(*weights, group)};
        if (bias) inputs.push_back(part(*bias, group));
        onnx::NodeProto& convolution = builder.node("Conv", inputs);
        for (const auto& each : node.attribute()) {
            if (each.name() != "group") *convolution.add_attribute() = each;
        }
        found.push_back(convolution.output(0));
    }
    set(builder.node("Concat", found, node.output(0)), "axis", std::int64_t{1});
    return true;
}

// --- normalisations -----------------------------------------------------------------------------------------------

Weights filled(std::size_t count, float value) {
    Weights made{onnx::TensorProto::FLOAT, {static_cast<std::int64_t>(count)}, {}};
    for (std::size_t n = 0; n < count; ++n) made.elements.append(reinterpret_cast<const char*>(&value), sizeof value);
    return made;
}

// [C], or [groups] with each repeated, as [C, 1, 1, 1] floats.
std::optional<Weights> per_channel(const Network& network, const std::string& name, std::int64_t groups,
                                   std::int64_t channels, int image_axes) {
    auto weights = network.constant(name);
    if (!weights || weights->type != onnx::TensorProto::FLOAT || weights->extents.size() != 1) return std::nullopt;
    if (weights->extents[0] == groups && channels > groups) *weights = repeated(*weights, channels / groups);
    if (weights->extents[0] != channels) return std::nullopt;
    weights->extents.resize(static_cast<std::size_t>(image_axes) + 1, 1);
    return weights;
}

// Channels of a tensor, from the convolution or the normalisation's own parameters behind it.
std::optional<std::int64_t> channels_of(const Network& network, const onnx::NodeProto& group_norm) {
    if (network.opset() >= 21) {  // scale and bias a channel
        const auto scale = network.constant(group_norm.input(1));
        return scale && scale->extents.size() == 1 ? std::optional(scale->extents[0]) : std::nullopt;
    }
    const onnx::NodeProto* producer = network.producer(group_norm.input(0));
    int steps = 0;
    while (producer && producer->op_type() != "Conv" && producer->op_type() != "ConvTranspose") {
        static const std::vector<std::string> kKeep{"Relu", "LeakyRelu", "Add", "Mul", "GroupNormalization"};
        if (std::find(kKeep.begin(), kKeep.end(), producer->op_type()) == kKeep.end()) return std::nullopt;
        const onnx::NodeProto* before = producer->input_size() ? network.producer(producer->input(0)) : nullptr;
        if (!before) return std::nullopt;
        if (++steps > network.graph().node_size()) return std::nullopt;  // a ring: no valid graph
        producer = before;
    }
    if (!producer || producer->input_size() < 2) return std::nullopt;
    const auto weights = network.constant(producer->input(1));
    return weights ? output_channels(*producer, *weights) : std::nullopt;
}

bool change_group_norm(const Network& network, const onnx::NodeProto& node, Builder& builder) {
    const std::int64_t groups = attribute(node, "num_groups", std::int64_t{0});
    const auto channels = channels_of(network, node);
    const auto rank = network.rank(node.input(0));
    if (node.input_size() < 3 || groups < 1 || !channels || *channels < 1 || *channels % groups != 0 || !rank ||
        *rank < 3)
        return false;
    const auto scale = per_channel(network, node.input(1), groups, *channels, *rank - 2);
    const auto bias = per_channel(network, node.input(2), groups, *channels, *rank - 2);
    if (!scale || !bias) return false;
    const std::string shape = builder.name_of("Shape", {node.input(0)});
    const std::string grouped = builder.reshape(node.input(0), {0, groups, -1});
    const auto count = static_cast<std::size_t>(groups);
    onnx::NodeProto& norm = builder.node(
        "InstanceNormalization", {grouped, builder.weights(filled(count, 1)), builder.weights(filled(count, 0))});
    set(norm, "epsilon", attribute(node, "epsilon", 1e-5f));
    const std::string normalised = norm.output(0);
    const std::string whole = builder.name_of("Reshape", {normalised, shape});
    const std::string scaled = builder.name_of("Mul", {whole, builder.weights(*scale)});
    builder.node("Add", {scaled, builder.weights(*bias)}, node.output(0));
    return true;
}

bool change_instance_norm(const Network& network, const onnx::NodeProto& node, Builder& builder) {
    if (node.input_size() < 3) return false;
    const auto scale = network.constant(node.input(1));
    if (!scale || scale->type != onnx::TensorProto::FLOAT)
        return false;  // half floats run on GPUs, which add in a tree
    const auto rank = network.rank(node.input(0));
    const std::string image = node.input(0);
    std::function<std::string(const std::string&)> channel_means;
    std::string source = image;
    if (rank == 5) {
        channel_means = [&](const std::string& tensor) {
            return builder.mean(builder.mean(builder.mean(tensor, {4}), {3}), {0, 2});
        };
    } else if (rank == 3) {
        // Group normalisation: an image's channels reshaped to [N, groups, rest]. Rows are averaged before that.
        const onnx::NodeProto* reshape = network.producer(image);
        if (!reshape || reshape->op_type() != "Reshape" || reshape->input_size() < 2 ||
            network.rank(reshape->input(0)) != 5)
            return false;
        const auto shape = network.constant(reshape->input(1));
        if (!shape || shape->type != onnx::TensorProto::INT64 || shape->count() != 3) return false;
        std::int64_t rest = 0;
        std::memcpy(&rest, shape->elements.data() + 2 * sizeof rest, sizeof rest);
        if (rest != -1) return false;
        source = reshape->input(0);
        const std::string grouped = reshape->input(1);
        channel_means = [&builder, grouped](const std::string& tensor) {
            const std::string slices = builder.mean(builder.mean(tensor, {4}), {3});
            return builder.mean(builder.name_of("Reshape", {slices, grouped}), {0, 2});
        };
    } else {
        return false;
    }
    const std::string mean = channel_means(source);
    const std::string mean_square = channel_means(builder.name_of("Mul", {source, source}));
    const std::string square_mean = builder.name_of("Mul", {mean, mean});
    // Rounding may leave the variance of a constant channel below 0.
    const std::string variance = builder.name_of("Relu", {builder.name_of("Sub", {mean_square, square_mean})});
    onnx::NodeProto& norm =
        builder.node("BatchNormalization", {image, node.input(1), node.input(2), mean, variance}, node.output(0));
    set(norm, "epsilon", attribute(node, "epsilon", 1e-5f));
    return true;
}

}  // namespace

Rewritten rewrite(Network& network) {
    Rewritten done;
    constexpr int kSliceTakesInputs = 10;
    if (network.opset() < kSliceTakesInputs) return done;
    constexpr std::pair<const char*, Change> kChanges[]{{"ConvTranspose", change_transposed},
                                                        {"Conv", change_grouped},
                                                        {"GroupNormalization", change_group_norm},
                                                        {"InstanceNormalization", change_instance_norm}};
    for (const auto& [operation, change] : kChanges) {
        if (const int changed = each(network, operation, change)) done[operation] = changed;
    }
    network.drop_unused();
    return done;
}

}  // namespace shapslice
