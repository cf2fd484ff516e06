// How a graph is run: steps in order, what each reads and writes, in which kind of numbers, and where in one block of
// memory. Made once for a network, a size of input and, for the int8 path, the ranges of its activations.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "convnet/graph.h"
#include "convnet/kernels/conv_row.h"
#include "convnet/phases.h"
#include "convnet/quantisation.h"

namespace shapslice::convnet {

enum class Whole { none, narrow, wide };

// A volume that is written down: [k][j][i][channel], channels padded to a multiple of four, as floats, as whole numbers
// (quantisation.h), or both.
struct Value {
    std::string name;  // of the tensor in the file
    VolumeShape shape;
    bool real = false;
    Whole whole = Whole::none;
    bool moments = false;  // a normalisation reads it: its channels' sums are kept
    Quantisation quantisation;
    std::uint64_t real_at = 0;  // bytes into the plan's memory
    std::uint64_t whole_at = 0;

    std::size_t padded_count() const;  // elements in memory
    std::size_t whole_bytes() const;
};

// A value as a step sees it: through tables where a nearest neighbour resize, padding or cutting out lies between.
struct Source {
    int value = 0;
    VolumeShape shape;                  // as seen
    std::optional<IndexTables> tables;  // none: as it is
};

// What becomes of a step's results, row by row, before they are stored (kernels/finish_row.h).
struct Finish {
    std::vector<float> scale;  // a channel, padded with zeros
    std::vector<float> shift;
    // Set: results are normalised by the moments of `value` first, with scale and shift behind that.
    struct Norm {
        int value = 0;
        int groups = 1;
        double epsilon = 0;
    };
    std::optional<Norm> norm;
    std::optional<Source> added;
    ActivationKind activation = ActivationKind::none;
    std::vector<float> slopes;  // padded
};

// Weights in the order that kernels/conv_row.h reads, and what becomes of an output's sum: sum * scale + offset. What
// stands for 0 in whole numbers is no 0 and adds a sum of weights: offsets take it away.
template <class Element>
struct PackedFilters {
    std::vector<Element> weights;
    std::vector<float> scales;
    std::vector<float> offsets;
};

// For each phase or row of a kernel, in the kind of numbers that the source is in.
using KindsOfFilters = std::variant<std::vector<PackedFilters<float>>, std::vector<PackedFilters<std::int16_t>>,
                                    std::vector<PackedFilters<std::int8_t>>>;

// The network's input, from planes of channels.
struct ReadInput {};

// A source with its share of a convolution's filters.
struct ConvolvedSource {
    Source source;
    // The source lies doubled by nearest neighbour before the convolution: `source` is as it was before, and there are
    // filters for each phase [k][j][i] (filters.h). Else there is one.
    bool doubled = false;
    // Wide numbers, three taps along i: filters for the four parts of F(2, 3) (kernels/winograd_row.h).
    bool winograd = false;
    KindsOfFilters filters;
};

// Each source is convolved by itself, and the results are added: a concatenation is never written down, and its parts
// keep their own scales.
struct Convolve {
    std::array<int, 3> kernel{1, 1, 1};
    std::array<int, 3> stride{1, 1, 1};
    std::array<int, 3> pad_low{0, 0, 0};
    std::vector<ConvolvedSource> sources;
    bool whole = false;
};

// By blocks where kernel = stride: filters for each row of the kernel, [phase k][phase j], whose outputs are the row's
// voxels one after another. Else by phases of the stride: filters for each, [phase k][phase j][phase i] (phases.h).
struct ConvolveTransposed {
    std::array<int, 3> kernel{1, 1, 1};
    std::array<int, 3> stride{1, 1, 1};
    std::array<int, 3> pad_low{0, 0, 0};
    bool blocks = false;
    std::array<std::vector<Phase>, 3> phases;  // along each axis; none where it is done by blocks
    Source source;
    bool whole = false;
    KindsOfFilters filters;
};

struct Pool {
    Pooling window;
    Source source;
};

// The first times the second, which may have one channel for all of the first's.
struct Multiply {
    Source first;
    Source second;
};

struct Interpolate {
    std::array<std::vector<LinearTap>, 3> taps;
    Source source;
};

// One source as it is, or several as neighbouring channels.
struct Copy {
    std::vector<Source> sources;
};

// What makes the rows that a Finish then goes over. Whoever visits it says what becomes of each alternative.
using Producer = std::variant<ReadInput, Convolve, ConvolveTransposed, Pool, Interpolate, Multiply, Copy>;

// What a producer reads, in its order.
std::vector<const Source*> sources_of(const Producer& producer);

struct Step {
    Producer producer;
    Finish finish;
    int value = 0;        // what it writes
    double products = 0;  // multiplications of weights by the network's own count, for measurements

    // Those that the kernels make: doubled images and Winograd spare some.
    double products_made() const;
};

struct Plan {
    std::vector<Value> values;
    std::vector<Step> steps;
    int output = 0;           // the value that is the network's output, always real
    std::uint64_t bytes = 0;  // of all values; an Executor takes them at once

    double products() const;
};

// By the names of tensors. A value without one stays in floats.
using Ranges = std::map<std::string, Range>;

// Which whole numbers to multiply. Wide ones give the labels that floats give. Narrow ones are twice as fast where the
// processor multiplies four at once (relaxed SIMD on AVX-VNNI or ARM's dot product), and elsewhere no faster; they cost
// up to a percent of the labels where a network sees what it was not trained on (docs/ENGINE.md).
enum class Prefer { wide, narrow };

// Without ranges everything is computed in floats. With them convolutions multiply 8-bit weights and whole activations;
// what reads the input or writes the output takes wide ones in any case.
Plan make_plan(const Graph& graph, const Ranges& ranges = {}, Prefer prefer = Prefer::wide);

}  // namespace shapslice::convnet
