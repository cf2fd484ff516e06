// Where ONNX's Resize looks: for each output index of an axis the input indices and their shares.
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

}  // namespace shapslice::convnet
