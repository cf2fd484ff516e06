// Small random networks as GPU programs, each with an input, a coalition and what the plain reference in double
// precision makes of them: for tests/web/gpu.test.mjs.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include "convnet/gpu_program_json.h"
#include "convnet/halves.h"
#include "inference/labelling.h"
#include "inference/probabilities.h"
#include "networks.h"

namespace shapslice::convnet::testing {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

struct Example {
    std::string name;
    Graph graph;
    bool stands_in = false;
    GpuLimits limits;
};

VolumeShape random_shape(Random& random, int channels) {
    return {channels, {random.between(1, 7), random.between(1, 7), random.between(1, 9)}};
}

Graph random_convolution(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 11)));
    std::array<int, 3> kernel{}, stride{}, low{}, high{};
    for (std::size_t n = 0; n < 3; ++n) {
        kernel[n] = random.between(1, 4);
        stride[n] = random.between(1, 3);
        low[n] = random.between(0, kernel[n] - 1);
        high[n] = std::max(random.between(0, kernel[n] - 1), kernel[n] - low[n] - b.shape(0).extents[n]);
        if (high[n] >= kernel[n]) kernel[n] = 1, low[n] = high[n] = 0;
    }
    return b.finish(b.convolution(0, random.between(1, 19), kernel, stride, low, high));
}

// Of the kernel that most networks have, on one voxel and more.
Graph small_convolution(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
    if (seed % 3 == 0) const_cast<VolumeShape&>(b.shape(0)).extents = {1, 1, 1};
    return b.finish(b.leaky(b.convolution(0, random.between(1, 13), 3, random.between(1, 2))));
}

Graph transposed(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
    const int up =
        b.transposed(0, random.between(1, 11), {random.between(1, 3), random.between(1, 3), random.between(1, 3)});
    return b.finish(b.leaky(b.instance_norm(up)));
}

Graph random_transposed(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
    return b.finish(b.leaky(b.random_transposed(b.affine(0), random.between(1, 11))));
}

Graph random_pool(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
    return b.finish(b.affine(b.random_pool(b.convolution(0, 5), seed % 3 ? PoolKind::mean : PoolKind::largest)));
}

Graph product(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
    const int image = b.convolution(0, random.between(2, 9));
    const int weight = b.convolution(0, seed % 2 ? 1 : b.shape(image).channels, 1);
    return b.finish(b.leaky(b.product(image, b.activation(weight, ActivationKind::sigmoid))));
}

// Zeros before a convolution's sources, of which one has none, and around what is the output.
Graph surrounded(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 6)));
    const std::array<int, 3> low{random.between(0, 2), 1, random.between(0, 2)}, high{1, random.between(0, 2), 0};
    const int padded = b.zeros(b.affine(0), low, high);
    const int made = b.convolution(padded, 5);
    if (seed % 3 == 0) return b.finish(made);
    if (seed % 3 == 1) return b.finish(b.zeros(made, {0, 1, 0}, {-1, 0, 2}));
    return b.finish(b.convolution(b.concat({padded, made}), 3));
}

Graph resized(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
    for (int& extent : const_cast<VolumeShape&>(b.shape(0)).extents) extent += 2;
    const int pooled =
        b.max_pool(b.convolution(0, 5), random.between(2, 3), random.between(1, 2), random.between(0, 1));
    const int grown = seed % 2 ? b.linear(pooled) : b.nearest(pooled, random.between(2, 3));
    return b.finish(b.convolution(b.leaky(grown), 3));
}

Graph activated(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, random_shape(random, random.between(1, 9)));
    const int made = b.prelu(b.sum(b.affine(b.affine(b.convolution(0, 6))), b.prelu(b.affine(b.convolution(0, 6, 1)))));
    if (seed % 3 == 2) return b.finish(b.affine(made));
    return b.finish(b.activation(made, seed % 3 == 0 ? ActivationKind::softmax : ActivationKind::sigmoid));
}

Graph normalised(unsigned seed) {
    Random random(seed);
    GraphBuilder b(seed, {random.between(1, 4), {random.between(2, 12), random.between(2, 12), random.between(2, 19)}});
    int at = b.convolution(0, 6);
    at = seed % 4 == 0   ? b.instance_norm(at)
         : seed % 4 == 1 ? b.norm(at, 2)
         : seed % 4 == 2 ? b.norm(b.concat({at, b.nearest(0, 1)}), 1)
                         : b.affine(b.norm(at, 3));
    return b.finish(b.leaky(at));
}

// An image far from 0 against its own spread: what plain sums of squares in float32 would get wrong.
Graph far_from_zero(unsigned seed) {
    GraphBuilder b(seed, {4, {9, 10, 11}});
    const int affine = b.add({0}, b.shape(0), ChannelAffine{{1, 1, 1, 1}, {1000, -2000, 500, 3000}});
    return b.finish(b.instance_norm(affine));
}

Graph view(unsigned seed) {
    GraphBuilder b(seed, {3, {2, 3, 4}});
    if (seed == 0) return b.finish(b.nearest(b.concat({0, 0}), 2));
    if (seed == 1) return b.finish(b.sum(0, 0));
    return b.finish(0);
}

std::vector<Example> examples() {
    constexpr GpuLimits kLarge{1u << 20, 65535};
    // A few planes to a buffer, and few workgroups to an axis: volumes in parts, dispatches of two dimensions.
    constexpr GpuLimits kSmall{std::uint64_t{128} << 10, 5};
    std::vector<Example> made;
    const auto add = [&](const std::string& name, unsigned count, auto make) {
        for (unsigned seed = 0; seed < count; ++seed)
            made.push_back({name + " " + std::to_string(seed), make(seed), seed % 2 == 1, kLarge});
    };
    add("a convolution", 24, random_convolution);
    add("a convolution of three voxels", 9, small_convolution);
    add("a transposed convolution", 6, transposed);
    add("a transposed convolution by phases", 12, random_transposed);
    add("pooling", 9, random_pool);
    add("a product", 4, product);
    add("zeros around", 6, surrounded);
    add("pooling and resizing", 8, resized);
    add("activations", 6, activated);
    add("normalisations", 8, normalised);
    add("a normalisation far from 0", 1, far_from_zero);
    add("only a view", 3, view);
    add("a U-Net", 2, [](unsigned seed) { return unet(seed, seed ? 5 : 8); });
    add("a residual network", 2, residual);
    add("a network with attention", 2, [](unsigned seed) { return attention(seed, seed ? 5 : 8); });
    for (const unsigned seed : {0u, 1u}) {
        made.push_back({"a network whole " + std::to_string(seed), large_volumes(seed), seed == 1, kLarge});
        made.push_back({"a network in parts " + std::to_string(seed), large_volumes(seed), seed == 1, kSmall});
    }
    return made;
}

template <class T>
val array_of(const std::vector<T>& values) {
    return val(typed_memory_view(values.size(), values.data())).template call<val>("slice");
}

// `half`: volumes and weights in halves.
val example(int n, bool half) {
    const Example all = examples()[static_cast<std::size_t>(n)];
    Random random(static_cast<unsigned>(n));
    const VolumeShape& shape = all.graph.input_shape();
    const auto input = random_input(all.graph, random);
    const auto absent = random_input(all.graph, random);
    std::vector<int> present;
    Volume seen;
    for (int c = 0; c < shape.channels; ++c) {
        present.push_back(c == 0 || random.between(0, 1));
        for (std::size_t v = 0; v < shape.voxels(); ++v) {
            const std::size_t at = static_cast<std::size_t>(c) * shape.voxels() + v;
            seen.push_back(present.back() ? input[at] : all.stands_in ? absent[at] : 0);
        }
    }
    const Volume expected = evaluate(all.graph, seen)[static_cast<std::size_t>(all.graph.output)];
    const auto program = make_gpu_program(all.name, make_plan(all.graph), all.stands_in, all.limits,
                                          half ? GpuFloats::half : GpuFloats::single);
    val made = val::object();
    made.set("name", all.name);
    made.set("problem", program ? std::string() : program.error().sentence);
    if (!program) return made;
    made.set("program", gpu_program_json(*program).dump());
    made.set("weights", half ? array_of(halves(program->weights)) : array_of(program->weights));
    made.set("constants", array_of(program->constants));
    made.set("tables", array_of(program->tables));
    made.set("input", array_of(input));
    made.set("absent", all.stands_in ? array_of(absent) : val::null());
    made.set("present", array_of(present));
    made.set("expected", array_of(expected));
    return made;
}

int count() {
    return static_cast<int>(examples().size());
}

// An output on a coarse grid, and the labels that it gives a case's box: by softmax, sigmoid or neither, of labels or
// of regions, these by the largest or by thresholds (src/inference/labelling.h).
val labelling(int n) {
    Random random(static_cast<unsigned>(n));
    ModelManifest manifest;
    const bool regions = n % 5 >= 3;
    manifest.output_kind = regions ? OutputKind::regions : OutputKind::labels;
    manifest.decoding = n % 5 == 4 ? Decoding::threshold : Decoding::largest;
    if (n % 2) manifest.painting = {1, 2, 0};
    manifest.activation = n % 5 == 1 ? Activation::none : n % 5 == 0 ? Activation::softmax : Activation::sigmoid;
    manifest.channels = regions ? std::vector{1, 2, 0} : std::vector{2, 0, 3, 1};
    manifest.output_channels = static_cast<int>(manifest.channels.size());
    Prepared prepared;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        prepared.box.low[axis] = random.between(0, 3);
        prepared.box.high[axis] = prepared.box.low[axis] + random.between(1, 33);
        prepared.case_spacing[axis] = random.between(0.5, 1.5);
        prepared.spacing[axis] = random.between(0.7, 3.0);
    }
    prepared.content = content_extents(prepared.box, prepared.case_spacing, prepared.spacing);
    prepared.padded = padded_extents(prepared.content, 4, {1, 1, 1});
    const Grid grid{prepared.box.high};
    const std::size_t voxels = voxel_count(prepared.padded);
    const auto output = random.floats(voxels * static_cast<std::size_t>(manifest.output_channels), -4, 4);
    std::vector<float> probabilities(kLabels * voxels);
    label_probabilities(manifest, output, voxels, probabilities);
    const auto labels = restore_labels(probabilities, prepared, grid, decision_of(manifest));
    const Labelling made = labelling_of(manifest, prepared);
    std::vector<std::uint8_t> expected;
    for (int k = prepared.box.low[2]; k < prepared.box.high[2]; ++k) {
        for (int j = prepared.box.low[1]; j < prepared.box.high[1]; ++j) {
            for (int i = prepared.box.low[0]; i < prepared.box.high[0]; ++i)
                expected.push_back(labels[grid.index(i, j, k)]);
        }
    }
    val answer = val::object();
    answer.set("parameters", val::array(made.parameters.begin(), made.parameters.end()));
    answer.set("taps", array_of(made.taps));
    answer.set("channels", made.channels);
    answer.set("words", made.words);
    answer.set("output", array_of(output));
    answer.set("expected", array_of(expected));
    return answer;
}

EMSCRIPTEN_BINDINGS(shapslice_gpu_networks) {
    emscripten::function("count", &count);
    emscripten::function("example", &example);
    emscripten::function("labelling", &labelling);
}

}  // namespace
}  // namespace shapslice::convnet::testing
