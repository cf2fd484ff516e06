// Small random networks for tests, put together layer by layer.
#pragma once

#include <random>

#include "convnet/executor.h"
#include "reference.h"

namespace shapslice::convnet::testing {

class Random {
  public:
    explicit Random(unsigned seed) : bits_(seed) {}
    double between(double low, double high) { return low + (high - low) * (bits_() / 4294967296.0); }
    int between(int low, int high) { return low + static_cast<int>(bits_() % static_cast<unsigned>(high - low + 1)); }
    std::vector<float> floats(std::size_t count, double low, double high) {
        std::vector<float> made(count);
        for (float& each : made) each = static_cast<float>(between(low, high));
        return made;
    }

  private:
    std::mt19937 bits_;
};

class GraphBuilder {
  public:
    GraphBuilder(unsigned seed, const VolumeShape& input) : random(seed) {
        graph_.nodes.push_back({"input", {}, input, Input{}});
    }

    int add(std::vector<int> inputs, const VolumeShape& shape, Operation operation) {
        const int n = static_cast<int>(graph_.nodes.size());
        graph_.nodes.push_back({"t" + std::to_string(n), std::move(inputs), shape, std::move(operation)});
        return n;
    }
    const VolumeShape& shape(int n) const { return graph_.nodes[static_cast<std::size_t>(n)].shape; }

    Filters filters(int outputs, int inputs, const std::array<int, 3>& kernel) {
        Filters made{outputs, inputs, kernel, {}, {}, {}, random.floats(static_cast<std::size_t>(outputs), -1, 1)};
        const auto each = static_cast<std::size_t>(inputs * made.taps());
        for (int o = 0; o < outputs; ++o) {
            made.scales.push_back(static_cast<float>(random.between(0.001, 0.01)));
            for (std::size_t n = 0; n < each; ++n) {
                made.whole.push_back(static_cast<std::int8_t>(random.between(-127, 127)));
                made.values.push_back(float(made.whole.back()) * made.scales.back());
            }
        }
        return made;
    }
    int convolution(int from, int outputs, const std::array<int, 3>& kernel, const std::array<int, 3>& stride,
                    const std::array<int, 3>& pad_low, const std::array<int, 3>& pad_high) {
        VolumeShape to{outputs, {}};
        for (std::size_t n = 0; n < 3; ++n)
            to.extents[n] = (shape(from).extents[n] + pad_low[n] + pad_high[n] - kernel[n]) / stride[n] + 1;
        return add({from}, to, Convolution{filters(outputs, shape(from).channels, kernel), stride, pad_low});
    }
    int convolution(int from, int outputs, int kernel = 3, int stride = 1) {
        const int pad = kernel / 2;
        return convolution(from, outputs, {kernel, kernel, kernel}, {stride, stride, stride}, {pad, pad, pad},
                           {pad, pad, pad});
    }
    int transposed(int from, int outputs, const std::array<int, 3>& kernel) {
        VolumeShape to{outputs, shape(from).extents};
        for (std::size_t n = 0; n < 3; ++n) to.extents[n] *= kernel[n];
        return add({from}, to, TransposedConvolution{filters(outputs, shape(from).channels, kernel), kernel, {}});
    }
    // Of any kernel, stride and padding; nothing where the padding takes all away. `more` voxels at the high end.
    int transposed(int from, int outputs, const std::array<int, 3>& kernel, const std::array<int, 3>& stride,
                   const std::array<int, 3>& pad_low, const std::array<int, 3>& pad_high,
                   const std::array<int, 3>& more) {
        VolumeShape to{outputs, {}};
        for (std::size_t n = 0; n < 3; ++n) {
            to.extents[n] = (shape(from).extents[n] - 1) * stride[n] + kernel[n] + more[n] - pad_low[n] - pad_high[n];
            if (to.extents[n] < 1) return from;
        }
        return add({from}, to, TransposedConvolution{filters(outputs, shape(from).channels, kernel), stride, pad_low});
    }
    // The same, drawn.
    int random_transposed(int from, int outputs) {
        std::array<int, 3> kernel{}, stride{}, low{}, high{}, more{};
        for (std::size_t n = 0; n < 3; ++n) {
            kernel[n] = random.between(1, 5);
            stride[n] = random.between(1, 4);
            low[n] = random.between(0, kernel[n] - 1);
            high[n] = random.between(0, kernel[n] - 1);
            more[n] = random.between(0, stride[n] - 1);
        }
        return transposed(from, outputs, kernel, stride, low, high, more);
    }
    int norm(int from, int groups) {
        const auto count = static_cast<std::size_t>(shape(from).channels);
        return add({from}, shape(from),
                   Normalisation{groups, 1e-5, random.floats(count, 0.5, 2), random.floats(count, -1, 1)});
    }
    int instance_norm(int from) { return norm(from, shape(from).channels); }
    int affine(int from) {
        const auto count = static_cast<std::size_t>(shape(from).channels);
        return add({from}, shape(from), ChannelAffine{random.floats(count, 0.5, 2), random.floats(count, -1, 1)});
    }
    int leaky(int from, double slope = 0.01) {
        const auto count = static_cast<std::size_t>(shape(from).channels);
        return add({from}, shape(from),
                   ActivationFunction{ActivationKind::leaky, std::vector<float>(count, static_cast<float>(slope))});
    }
    int prelu(int from) {
        const auto count = static_cast<std::size_t>(shape(from).channels);
        return add({from}, shape(from), ActivationFunction{ActivationKind::leaky, random.floats(count, 0, 0.5)});
    }
    int activation(int from, ActivationKind kind) { return add({from}, shape(from), ActivationFunction{kind, {}}); }
    int sum(int a, int b) { return add({a, b}, shape(a), Sum{}); }
    int concat(const std::vector<int>& parts) {
        VolumeShape to{0, shape(parts[0]).extents};
        for (const int part : parts) to.channels += shape(part).channels;
        return add(parts, to, Concatenation{});
    }
    int max_pool(int from, int kernel, int stride, int pad) {
        VolumeShape to = shape(from);
        for (int& extent : to.extents) extent = (extent + 2 * pad - kernel) / stride + 1;
        return add({from}, to, Pooling{{kernel, kernel, kernel}, {stride, stride, stride}, {pad, pad, pad}});
    }
    // Windows drawn, of which the last may reach beyond the padding.
    int random_pool(int from, PoolKind kind) {
        Pooling pooling;
        pooling.kind = kind;
        pooling.counts_padding = kind == PoolKind::mean && random.between(0, 1);
        VolumeShape to = shape(from);
        for (std::size_t n = 0; n < 3; ++n) {
            const int extent = to.extents[n];
            const int kernel = random.between(1, std::min(4, extent)), stride = random.between(1, 3);
            pooling.kernel[n] = kernel;
            pooling.stride[n] = stride;
            pooling.pad_low[n] = random.between(0, kernel - 1);
            pooling.pad_high[n] = random.between(0, kernel - 1);
            const int padded = extent + pooling.pad_low[n] + pooling.pad_high[n];
            to.extents[n] = (padded - kernel) / stride + 1;
            const bool left_over = (padded - kernel) % stride != 0 && random.between(0, 1);
            if (left_over && to.extents[n] * stride < extent + pooling.pad_low[n]) ++to.extents[n];
        }
        return add({from}, to, pooling);
    }
    int nearest(int from, int factor) {
        Lookup resize;
        VolumeShape to = shape(from);
        for (std::size_t n = 0; n < 3; ++n) {
            to.extents[n] *= factor;
            for (int at = 0; at < to.extents[n]; ++at) resize.from[n].push_back(at / factor);
        }
        return add({from}, to, std::move(resize));
    }
    // Zeros before and behind each axis; below 0, voxels taken away.
    int zeros(int from, const std::array<int, 3>& low, const std::array<int, 3>& high) {
        Lookup padding;
        VolumeShape to = shape(from);
        for (std::size_t n = 0; n < 3; ++n) {
            for (int at = -low[n]; at < to.extents[n] + high[n]; ++at)
                padding.from[n].push_back(at >= 0 && at < to.extents[n] ? at : kNothing);
            to.extents[n] = static_cast<int>(padding.from[n].size());
        }
        return add({from}, to, std::move(padding));
    }
    int product(int first, int second) { return add({first, second}, shape(first), Product{}); }
    int linear(int from) {  // to twice the size, corners of voxels aligned
        LinearResize resize;
        VolumeShape to = shape(from);
        for (std::size_t n = 0; n < 3; ++n) {
            for (int at = 0; at < 2 * to.extents[n]; ++at) {
                const double x = std::clamp((at + 0.5) / 2 - 0.5, 0.0, to.extents[n] - 1.0);
                const int low = static_cast<int>(x);
                resize.taps[n].push_back({low, std::min(low + 1, to.extents[n] - 1), static_cast<float>(x - low)});
            }
            to.extents[n] *= 2;
        }
        return add({from}, to, std::move(resize));
    }

    Graph finish(int output) {
        graph_.output = output;
        return std::move(graph_);
    }

    Random random;

  private:
    Graph graph_;
};

// A U-Net with skips through concatenation, nearest and transposed upsampling, pooling and strides.
inline Graph unet(unsigned seed, int width) {
    GraphBuilder b(seed, {4, {8, 4, 12}});
    const auto block = [&](int from, int outputs, int stride = 1) {
        return b.leaky(b.instance_norm(b.convolution(from, outputs, 3, stride)));
    };
    const int fine = block(block(0, width), width);
    const int middle = block(block(fine, 2 * width, 2), 2 * width);
    const int coarse = block(b.max_pool(middle, 2, 2, 0), 3 * width);
    const int up = block(b.concat({b.nearest(coarse, 2), middle}), 2 * width);
    const int top = block(b.concat({b.transposed(up, width, {2, 2, 2}), fine}), width);
    return b.finish(b.activation(b.convolution(top, 4, 1), ActivationKind::softmax));
}

// A residual network: normalisation before convolution, sums, shortcuts with a normalisation of their own, linear
// upsampling.
inline Graph residual(unsigned seed) {
    GraphBuilder b(seed, {4, {6, 4, 10}});
    const auto block = [&](int from) {
        const int half = b.convolution(b.leaky(b.norm(from, 2), 0), 6);
        return b.sum(from, b.convolution(b.leaky(b.norm(half, 2), 0), 6));
    };
    const int fine = block(b.convolution(0, 6));
    const int coarse = b.convolution(fine, 12, 3, 2);
    const int path = b.instance_norm(b.convolution(b.leaky(b.instance_norm(coarse)), 12));
    const int shortcut = b.instance_norm(b.convolution(coarse, 12, 1));
    const int joined = b.leaky(b.sum(path, shortcut));
    const int up = b.sum(b.linear(b.convolution(joined, 6, 1)), fine);
    return b.finish(b.activation(b.convolution(b.leaky(b.norm(up, 2), 0), 3, 1), ActivationKind::sigmoid));
}

// As MONAI's AttentionUnet and nnU-Net's residual encoder do it: skips weighted by one channel of attention,
// overlapping transposed convolutions, mean pooling on the way round a block, zeros put around what is a voxel short.
inline Graph attention(unsigned seed, int width) {
    GraphBuilder b(seed, {4, {8, 6, 14}});
    const int fine = b.leaky(b.affine(b.convolution(0, width)), 0);
    const int down = b.instance_norm(b.convolution(fine, 2 * width, 3, 2));
    const int coarse = b.leaky(b.sum(
        down, b.convolution(b.add({fine}, {width, {4, 3, 7}}, Pooling{{2, 2, 2}, {2, 2, 2}, {}, {}, PoolKind::mean}),
                            2 * width, 1)));
    const int up =
        b.leaky(b.affine(b.transposed(coarse, width, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}, {1, 1, 1})));
    const int short_of_one =
        b.zeros(b.transposed(coarse, 3, {3, 3, 3}, {2, 2, 2}, {1, 1, 1}, {1, 1, 1}, {0, 0, 0}), {0, 0, 0}, {1, 1, 1});
    const int gate = b.leaky(b.sum(b.convolution(up, 5, 1), b.convolution(fine, 5, 1)), 0);
    const int weight = b.activation(b.convolution(gate, 1, 1), ActivationKind::sigmoid);
    const int joined = b.concat({b.product(fine, weight), up, short_of_one});
    const int last = b.leaky(b.instance_norm(b.convolution(joined, width)));
    return b.finish(b.activation(b.convolution(last, 4, 1), ActivationKind::softmax));
}

// Few weights and large volumes: what a limit on buffers parts.
inline Graph large_volumes(unsigned seed) {
    GraphBuilder b(seed, {4, {16, 12, 20}});
    const int fine = b.leaky(b.instance_norm(b.convolution(0, 11)));
    const int coarse = b.leaky(b.norm(b.convolution(fine, 10, 3, 2), 2));
    const int pooled = b.max_pool(fine, 2, 2, 0);
    const int joined = b.convolution(b.concat({b.linear(b.concat({coarse, pooled})), b.nearest(coarse, 2)}), 11);
    const int summed = b.prelu(b.sum(joined, fine));
    return b.finish(b.activation(b.convolution(summed, 4, 1), ActivationKind::softmax));
}

inline std::vector<float> run(const Graph& graph, std::span<const float> input, const Ranges& ranges = {},
                              Prefer prefer = Prefer::wide) {
    Executor executor(make_plan(graph, ranges, prefer));
    std::vector<float> output(graph.output_shape().voxels() * static_cast<std::size_t>(graph.output_shape().channels));
    executor.run(input, output);
    std::vector<float> again(output.size());
    executor.run(input, again);  // nothing is left of the first run
    return output == again ? output : std::vector<float>{};
}

inline std::vector<float> random_input(const Graph& graph, Random& random) {
    const VolumeShape& shape = graph.input_shape();
    return random.floats(shape.voxels() * static_cast<std::size_t>(shape.channels), -2, 2);
}

// The largest difference as a share of the largest value; infinite where the sizes differ.
inline double difference(const std::vector<float>& found, const Volume& expected) {
    if (found.size() != expected.size()) return std::numeric_limits<double>::infinity();
    double off = 0, largest = 1e-30;
    for (std::size_t n = 0; n < found.size(); ++n) {
        off = std::max(off, std::abs(double(found[n]) - expected[n]));
        if (!std::isfinite(found[n])) return std::numeric_limits<double>::infinity();
        largest = std::max(largest, std::abs(expected[n]));
    }
    return off / largest;
}

}  // namespace shapslice::convnet::testing
