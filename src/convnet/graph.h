// A convolutional network as this engine sees it: volumes, and the few operations that lead from one to the next.
// Everything is worked out for one size of input, so that whatever a graph computes from shapes is a number here.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "network/network.h"

namespace shapslice::convnet {

// Of a tensor [1][channels][k][j][i]. `extents` are in the graph's order, slowest first.
struct VolumeShape {
    int channels = 0;
    std::array<int, 3> extents{0, 0, 0};

    std::size_t voxels() const {
        return static_cast<std::size_t>(extents[0]) * static_cast<std::size_t>(extents[1]) *
               static_cast<std::size_t>(extents[2]);
    }
    bool operator==(const VolumeShape&) const = default;
};

// Filters of a convolution, [output][input][k][j][i], as floats and as 8-bit numbers with a scale an output channel:
// value = whole * scale. Where the file holds int8 weights both say the same; else the whole numbers are rounded. (What
// winograd_filters() makes of them has up to ten bits.)
struct Filters {
    int outputs = 0;
    int inputs = 0;
    std::array<int, 3> kernel{1, 1, 1};
    std::vector<float> values;
    std::vector<std::int16_t> whole;
    std::vector<float> scales;
    std::vector<float> bias;  // an output channel; zeros where there is none

    int taps() const { return kernel[0] * kernel[1] * kernel[2]; }
};

struct Input {};

struct Convolution {
    Filters filters;
    std::array<int, 3> stride{1, 1, 1};
    std::array<int, 3> pad_low{0, 0, 0};
};

// Input voxel x and tap t add to output voxel x * stride + t - pad_low. Where kernel = stride and nothing is padded,
// every input voxel becomes a block of output voxels; else they overlap, or leave voxels with the bias alone.
struct TransposedConvolution {
    Filters filters;
    std::array<int, 3> stride{1, 1, 1};
    std::array<int, 3> pad_low{0, 0, 0};
};

enum class PoolKind { largest, mean };
// A mean is over what of its window lies in the image; with `counts_padding` also over the padding, whose values are 0,
// up to pad_high, but not over what lies beyond.
struct Pooling {
    std::array<int, 3> kernel{1, 1, 1};
    std::array<int, 3> stride{1, 1, 1};
    std::array<int, 3> pad_low{0, 0, 0};
    std::array<int, 3> pad_high{0, 0, 0};
    PoolKind kind = PoolKind::largest;
    bool counts_padding = false;
};

// For each axis and output index the input index whose value is taken, or kNothing, which stands for 0.
constexpr int kNothing = -1;
using IndexTables = std::array<std::vector<int>, 3>;
// Nearest neighbour resizes, padding, and cutting out.
struct Lookup {
    IndexTables from;
};

// value = (1 - share) * at(low) + share * at(high)
struct LinearTap {
    int low = 0;
    int high = 0;
    float share = 0;
};
struct LinearResize {
    std::array<std::vector<LinearTap>, 3> taps;
};

struct Concatenation {};  // of channels
struct Sum {};            // of two volumes
struct Product {};        // of two volumes; where the second has one channel, of each of the first's with that

// A constant factor and summand a channel: batch normalisation as trained, scale and bias behind a normalisation.
struct ChannelAffine {
    std::vector<float> scale;
    std::vector<float> shift;
};

// (x - mean) / sqrt(variance + epsilon) * scale + shift, with mean and variance of this image over all voxels of a
// group of neighbouring channels. As many groups as channels: instance normalisation.
struct Normalisation {
    int groups = 1;
    double epsilon = 1e-5;
    std::vector<float> scale;  // a channel
    std::vector<float> shift;
};

enum class ActivationKind { none, leaky, sigmoid, softmax };
// leaky: x where x > 0, else slope * x; ReLU has slope 0. Slopes are given for each channel.
struct ActivationFunction {
    ActivationKind kind = ActivationKind::none;
    std::vector<float> slopes;
};

using Operation = std::variant<Input, Convolution, TransposedConvolution, Pooling, Lookup, LinearResize, Concatenation,
                               Sum, Product, ChannelAffine, Normalisation, ActivationFunction>;

struct GraphNode {
    std::string name;         // of the tensor in the file
    std::vector<int> inputs;  // positions of nodes before this one
    VolumeShape shape;
    Operation operation;
};

// Nodes after those they read. The first is the input; only what the output needs is there.
struct Graph {
    std::vector<GraphNode> nodes;
    int output = 0;

    const VolumeShape& input_shape() const { return nodes.front().shape; }
    const VolumeShape& output_shape() const { return nodes[static_cast<std::size_t>(output)].shape; }
};

// The graph for an input of these extents (the graph's order, slowest first), with what the output of that name needs
// and nothing else. "": the finest of the outputs that are images, the first of several. An error is a sentence that
// names `file_name` and the first node that this engine does not run: the network then belongs to ONNX Runtime.
Expected<Graph> read_graph(std::string_view file_name, const Network& network, const std::array<int, 3>& extents,
                           const std::string& output = "");

}  // namespace shapslice::convnet
