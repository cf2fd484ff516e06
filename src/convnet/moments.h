// Means and variances of a volume's channels, recognised in the operators that a graph spells them with: row means
// taken apart axis by axis (models/train/instance_norm.py, layers.py), or the mean of squares less the squared mean.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "convnet/numbers.h"

namespace shapslice::convnet {

// What a tensor is, when it was computed from one volume by means alone.
struct Moment {
    enum class Kind { mean, mean_square, squared_mean, variance };
    // Axes that the tensor still has. `kept` is one of length 1 that a mean left behind; `copies` one along which a
    // group's moment stands once for each of its channels.
    enum class Axis { batch, channel, k, j, i, group, member, copies, kept };

    int volume = 0;  // its node in the graph
    std::int64_t channels = 0;
    Kind kind = Kind::mean;
    int groups = 0;     // channels are averaged in so many groups; 0: each by itself
    double factor = 1;  // the tensor is the moment times this: sums are means times what they add up
    std::vector<Axis> axes;

    // A number for each channel, as normalisations take it.
    bool of_channels() const { return factor == 1 && axes == std::vector<Axis>{Axis::channel}; }
};

// The node's position and extents, batch first; none where the tensor is no volume.
struct VolumeExtents {
    int node = 0;
    Extents extents;
};
using FindVolume = std::function<std::optional<VolumeExtents>(const std::string&)>;
using FindMoment = std::function<std::optional<Moment>(const std::string&)>;

// What the node's output is; none where it is no moment of a volume.
std::optional<Moment> recognise_moment(const onnx::NodeProto& node, const FindVolume& volumes,
                                       const FindMoment& moments, const FindNumbers& numbers);

}  // namespace shapslice::convnet
