// Where ONNX's Resize and Pad look: for each output index of an axis the input indices and their shares.
#pragma once

#include <optional>

#include "convnet/graph.h"
#include "convnet/numbers.h"

namespace shapslice::convnet {

struct Resampling {
    bool linear = false;
    std::array<int, 3> extents{0, 0, 0};    // of the output
    std::array<double, 3> factor{1, 1, 1};  // output over input
    std::string transformation;             // coordinate_transformation_mode
    std::string nearest_mode;
};

// What a Resize node asks of a volume; none where this engine does not do it (cubic, by cropping, by factors that are
// not known beforehand).
std::optional<Resampling> read_resampling(const onnx::NodeProto& node, const VolumeShape& from,
                                          const FindNumbers& numbers, int opset);

IndexTables nearest_tables(const Resampling& resampling, const std::array<int, 3>& from);
std::array<std::vector<LinearTap>, 3> linear_taps(const Resampling& resampling, const std::array<int, 3>& from);

enum class PaddingMode { zeros, edge, reflect, wrap };
// Voxels to add at both ends of each axis; below 0: to take away.
struct Padding {
    PaddingMode mode = PaddingMode::zeros;
    std::array<std::int64_t, 3> low{0, 0, 0};
    std::array<std::int64_t, 3> high{0, 0, 0};
};

// What a Pad node asks of a volume; none where its amounts are not known beforehand, where it pads batch or channels,
// or by a constant that is not 0.
std::optional<Padding> read_padding(const onnx::NodeProto& node, const FindNumbers& numbers);
// None where nothing is left, or a reflection reaches beyond the other end.
std::optional<IndexTables> padded_tables(const Padding& padding, const std::array<int, 3>& from);

}  // namespace shapslice::convnet
