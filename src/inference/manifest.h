// model.json: what a model expects and what its outputs mean (docs/models.md, METHOD 8.4).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "base/terms.h"
#include "image/grid.h"
#include "image/view.h"
#include "metrics/dice_range.h"

namespace shapslice {

enum class OutputKind { labels, regions };         // disjoint labels, or the BraTS regions TC, WT, ET
enum class Activation { softmax, sigmoid, none };  // what still has to be applied; none: already probabilities
// How regions become labels. largest: of the disjoint labels' probabilities, the largest. threshold: each region where
// its probability exceeds one half, one painted over the other, as MONAI and nnU-Net do it.
enum class Decoding { largest, threshold };
enum class FieldOfView { brain, image };  // what of the case the model sees: the brain's box, or the whole image
// What is done with an image smaller than a tile. multiple: zeros at the high ends, up to the next multiple. patch:
// zeros at both ends alike, up to the patch, as the sliding windows of MONAI and nnU-Net do it.
enum class Padding { multiple, patch };

// Of the three axes of space, fastest first.
using AxisOrder = std::array<int, 3>;
inline constexpr AxisOrder kPlainAxes{0, 1, 2};

struct FoldModel {
    std::string file;    // beside model.json
    std::string sha256;  // of the file, or of it and its `data` one after the other; one that differs is refused
    // Digest of the ranges of its activations, by which it runs in whole numbers (docs/ENGINE.md); empty: it does
    // not run fast.
    std::string activations;
    // Of the network's input among these ranges, the ends; empty where there is none.
    std::optional<std::array<float, 2>> input_range = {};
    std::vector<std::string> data = {};  // files beside it that hold its weights, as its graph names them
    // Cases that it was not trained on while the other folds were, by name, and by the digest of their T1c file.
    std::vector<std::string> held_out = {}, held_out_sha256 = {};
};

struct ModelManifest {
    std::string id;
    std::string name;
    std::string architecture;
    PerContrast<Contrast> contrasts{Contrast::t1c, Contrast::t1n, Contrast::t2f, Contrast::t2w};  // of input channels
    std::array<double, 3> spacing{1, 1, 1};                                                       // mm along i, j, k
    Shape patch{0, 0, 0};  // largest input along i, j, k; larger boxes are tiled
    int multiple = 1;      // every extent must be a multiple of this
    // The image's axis (0 is i) along each of a tensor's axes of space, fastest first: "zyx" is {0, 1, 2}, tensors are
    // [channel][k][j][i]; "xyz" is {2, 1, 0}.
    AxisOrder axes = kPlainAxes;
    bool fixed_patch = false;  // true: no other input than the patch runs
    OutputKind output_kind = OutputKind::labels;
    Activation activation = Activation::softmax;
    // Output channel of each Label (labels) or of {TC, WT, ET} in that order (regions).
    std::vector<int> channels;
    int output_channels = 0;
    Decoding decoding = Decoding::largest;
    // Under `threshold`: the order in which regions are painted, as indices into {TC, WT, ET}. The last wins.
    std::array<int, 3> painting{1, 0, 2};
    FieldOfView field_of_view = FieldOfView::brain;
    Padding padding = Padding::multiple;
    // False for a model of the user's own: its first output is looked at, whether it is what the manifest says.
    bool output_known = true;
    std::vector<FoldModel> folds;
    PerRegion<std::optional<DiceRange>> held_out_dice{};  // over the cases held out of its folds

    // Extents that a prepared case has at least.
    Shape least() const { return fixed_patch ? patch : Shape{1, 1, 1}; }
    // How a case is prepared for it.
    View view() const;
    // A patch of at most about `side` voxels along each axis, or the only one that runs.
    Shape small_patch(int side) const;
    // What decides a fold's answers: its file, and how that is read. Equal keys, equal runs.
    std::string key(int fold) const;
};

// Reads and checks a manifest. Extents in the file are in the order of its "axes" ("zyx" or "xyz": slowest first).
// Errors name `file_name` and the field.
Expected<ModelManifest> read_manifest(std::string_view file_name, const Json& json);

}  // namespace shapslice
