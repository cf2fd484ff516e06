// What the engine computes, written down plainly in double precision: one loop for each index, nothing fused, nothing
// shared with the code that is tested. Volumes are [channel][k][j][i].
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "base/overloads.h"
#include "convnet/graph.h"

namespace shapslice::convnet::testing {

using Volume = std::vector<double>;

struct At {
    int c, k, j, i;
};

inline std::size_t offset(const VolumeShape& s, const At& at) {
    return ((static_cast<std::size_t>(at.c) * static_cast<std::size_t>(s.extents[0]) + static_cast<std::size_t>(at.k)) *
                static_cast<std::size_t>(s.extents[1]) +
            static_cast<std::size_t>(at.j)) *
               static_cast<std::size_t>(s.extents[2]) +
           static_cast<std::size_t>(at.i);
}

template <class Value>
Volume for_each_voxel(const VolumeShape& shape, const Value& value) {
    Volume made;
    for (int c = 0; c < shape.channels; ++c) {
        for (int k = 0; k < shape.extents[0]; ++k) {
            for (int j = 0; j < shape.extents[1]; ++j) {
                for (int i = 0; i < shape.extents[2]; ++i) made.push_back(value(At{c, k, j, i}));
            }
        }
    }
    return made;
}

inline bool inside(const VolumeShape& shape, int k, int j, int i) {
    return k >= 0 && j >= 0 && i >= 0 && k < shape.extents[0] && j < shape.extents[1] && i < shape.extents[2];
}

// `whole`: the filters' whole numbers times their scales, instead of their floats.
inline double filter(const Filters& f, int o, int c, int kk, int jj, int ii, bool whole) {
    const auto at =
        static_cast<std::size_t>((((o * f.inputs + c) * f.kernel[0] + kk) * f.kernel[1] + jj) * f.kernel[2] + ii);
    return whole ? double(f.whole[at]) * double(f.scales[static_cast<std::size_t>(o)]) : double(f.values[at]);
}

inline Volume convolve(const Convolution& op, const Volume& x, const VolumeShape& from, const VolumeShape& to,
                       bool whole) {
    const Filters& f = op.filters;
    return for_each_voxel(to, [&](const At& at) {
        double sum = double(f.bias[static_cast<std::size_t>(at.c)]);
        for (int c = 0; c < f.inputs; ++c) {
            for (int kk = 0; kk < f.kernel[0]; ++kk) {
                for (int jj = 0; jj < f.kernel[1]; ++jj) {
                    for (int ii = 0; ii < f.kernel[2]; ++ii) {
                        const int k = at.k * op.stride[0] - op.pad_low[0] + kk;
                        const int j = at.j * op.stride[1] - op.pad_low[1] + jj;
                        const int i = at.i * op.stride[2] - op.pad_low[2] + ii;
                        if (inside(from, k, j, i))
                            sum += x[offset(from, {c, k, j, i})] * filter(f, at.c, c, kk, jj, ii, whole);
                    }
                }
            }
        }
        return sum;
    });
}

// Written down as it is defined: each input voxel adds a kernel's worth to the output.
inline Volume convolve_transposed(const TransposedConvolution& op, const Volume& x, const VolumeShape& from,
                                  const VolumeShape& to, bool whole) {
    const Filters& f = op.filters;
    Volume made = for_each_voxel(to, [&](const At& at) { return double(f.bias[static_cast<std::size_t>(at.c)]); });
    for_each_voxel(from, [&](const At& at) {
        for (int o = 0; o < f.outputs; ++o) {
            for (int kk = 0; kk < f.kernel[0]; ++kk) {
                for (int jj = 0; jj < f.kernel[1]; ++jj) {
                    for (int ii = 0; ii < f.kernel[2]; ++ii) {
                        const int k = at.k * op.stride[0] - op.pad_low[0] + kk;
                        const int j = at.j * op.stride[1] - op.pad_low[1] + jj;
                        const int i = at.i * op.stride[2] - op.pad_low[2] + ii;
                        if (inside(to, k, j, i))
                            made[offset(to, {o, k, j, i})] +=
                                x[offset(from, at)] * filter(f, o, at.c, kk, jj, ii, whole);
                    }
                }
            }
        }
        return 0.0;
    });
    return made;
}

inline Volume pool(const Pooling& op, const Volume& x, const VolumeShape& from, const VolumeShape& to) {
    return for_each_voxel(to, [&](const At& at) {
        double largest = -std::numeric_limits<double>::infinity(), sum = 0;
        int counted = 0;
        for (int kk = 0; kk < op.kernel[0]; ++kk) {
            for (int jj = 0; jj < op.kernel[1]; ++jj) {
                for (int ii = 0; ii < op.kernel[2]; ++ii) {
                    const std::array<int, 3> p{at.k * op.stride[0] - op.pad_low[0] + kk,
                                               at.j * op.stride[1] - op.pad_low[1] + jj,
                                               at.i * op.stride[2] - op.pad_low[2] + ii};
                    bool padded = op.counts_padding;
                    for (std::size_t n = 0; n < 3; ++n) padded = padded && p[n] < from.extents[n] + op.pad_high[n];
                    const bool there = inside(from, p[0], p[1], p[2]);
                    if (there || padded) ++counted;
                    if (!there) continue;
                    largest = std::max(largest, x[offset(from, {at.c, p[0], p[1], p[2]})]);
                    sum += x[offset(from, {at.c, p[0], p[1], p[2]})];
                }
            }
        }
        return op.kind == PoolKind::largest ? largest : sum / counted;
    });
}

inline Volume look_up(const Lookup& op, const Volume& x, const VolumeShape& from, const VolumeShape& to) {
    return for_each_voxel(to, [&](const At& at) {
        const int k = op.from[0][static_cast<std::size_t>(at.k)], j = op.from[1][static_cast<std::size_t>(at.j)],
                  i = op.from[2][static_cast<std::size_t>(at.i)];
        return k < 0 || j < 0 || i < 0 ? 0 : x[offset(from, {at.c, k, j, i})];
    });
}

inline Volume interpolate(const LinearResize& op, const Volume& x, const VolumeShape& from, const VolumeShape& to) {
    return for_each_voxel(to, [&](const At& at) {
        const LinearTap& a = op.taps[0][static_cast<std::size_t>(at.k)];
        const LinearTap& b = op.taps[1][static_cast<std::size_t>(at.j)];
        const LinearTap& c = op.taps[2][static_cast<std::size_t>(at.i)];
        double sum = 0;
        for (int corner = 0; corner < 8; ++corner) {
            const bool k = corner & 1, j = corner & 2, i = corner & 4;
            const double share = (k ? double(a.share) : 1 - double(a.share)) *
                                 (j ? double(b.share) : 1 - double(b.share)) *
                                 (i ? double(c.share) : 1 - double(c.share));
            sum += share * x[offset(from, {at.c, k ? a.high : a.low, j ? b.high : b.low, i ? c.high : c.low})];
        }
        return sum;
    });
}

inline Volume normalise(const Normalisation& op, const Volume& x, const VolumeShape& shape) {
    const int members = shape.channels / op.groups;
    const std::size_t group_size = shape.voxels() * static_cast<std::size_t>(members);
    std::vector<double> means, variances;
    for (int g = 0; g < op.groups; ++g) {
        const auto begin = x.begin() + static_cast<std::ptrdiff_t>(static_cast<std::size_t>(g) * group_size);
        const auto end = begin + static_cast<std::ptrdiff_t>(group_size);
        double mean = 0, variance = 0;
        for (auto at = begin; at != end; ++at) mean += *at / double(group_size);
        for (auto at = begin; at != end; ++at) variance += (*at - mean) * (*at - mean) / double(group_size);
        means.push_back(mean);
        variances.push_back(variance);
    }
    return for_each_voxel(shape, [&](const At& at) {
        const auto g = static_cast<std::size_t>(at.c / members);
        const auto c = static_cast<std::size_t>(at.c);
        return (x[offset(shape, at)] - means[g]) / std::sqrt(variances[g] + op.epsilon) * double(op.scale[c]) +
               double(op.shift[c]);
    });
}

inline Volume activate(const ActivationFunction& op, const Volume& x, const VolumeShape& shape) {
    return for_each_voxel(shape, [&](const At& at) {
        const double value = x[offset(shape, at)];
        if (op.kind == ActivationKind::sigmoid) return 1 / (1 + std::exp(-value));
        if (op.kind == ActivationKind::leaky)
            return value > 0 ? value : value * double(op.slopes[static_cast<std::size_t>(at.c)]);
        double total = 0;
        for (int c = 0; c < shape.channels; ++c) total += std::exp(x[offset(shape, {c, at.k, at.j, at.i})] - value);
        return 1 / total;
    });
}

// The values of all nodes of a graph for an input.
inline std::vector<Volume> evaluate(const Graph& graph, const Volume& input) {
    std::vector<Volume> values;
    for (const GraphNode& node : graph.nodes) {
        const auto x = [&](std::size_t n) -> const Volume& { return values[static_cast<std::size_t>(node.inputs[n])]; };
        const auto from = [&](std::size_t n) -> const VolumeShape& {
            return graph.nodes[static_cast<std::size_t>(node.inputs[n])].shape;
        };
        values.push_back(std::visit(
            Overloads{[&](const Input&) { return input; },
                      [&](const Convolution& op) { return convolve(op, x(0), from(0), node.shape, false); },
                      [&](const TransposedConvolution& op) {
                          return convolve_transposed(op, x(0), from(0), node.shape, false);
                      },
                      [&](const Pooling& op) { return pool(op, x(0), from(0), node.shape); },
                      [&](const Lookup& op) { return look_up(op, x(0), from(0), node.shape); },
                      [&](const LinearResize& op) { return interpolate(op, x(0), from(0), node.shape); },
                      [&](const Concatenation&) {
                          Volume joined;
                          for (std::size_t n = 0; n < node.inputs.size(); ++n)
                              joined.insert(joined.end(), x(n).begin(), x(n).end());
                          return joined;
                      },
                      [&](const Sum&) {
                          return for_each_voxel(node.shape, [&](const At& at) {
                              return x(0)[offset(node.shape, at)] + x(1)[offset(node.shape, at)];
                          });
                      },
                      [&](const Product&) {
                          return for_each_voxel(node.shape, [&](const At& at) {
                              const int c = from(1).channels == 1 ? 0 : at.c;
                              return x(0)[offset(node.shape, at)] * x(1)[offset(from(1), {c, at.k, at.j, at.i})];
                          });
                      },
                      [&](const ChannelAffine& op) {
                          return for_each_voxel(node.shape, [&](const At& at) {
                              const auto c = static_cast<std::size_t>(at.c);
                              return x(0)[offset(node.shape, at)] * double(op.scale[c]) + double(op.shift[c]);
                          });
                      },
                      [&](const Normalisation& op) { return normalise(op, x(0), node.shape); },
                      [&](const ActivationFunction& op) { return activate(op, x(0), node.shape); }},
            node.operation));
    }
    return values;
}

}  // namespace shapslice::convnet::testing
