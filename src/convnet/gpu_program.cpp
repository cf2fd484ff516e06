#include "convnet/gpu_program.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/overloads.h"
#include "convnet/kernels/simd.h"

namespace shapslice::convnet {

namespace {

constexpr int kGroupWidth = 64;   // invocations of a workgroup, in every shader
constexpr int kVoxels = 4;        // of a row, in an invocation of convolve.wgsl
constexpr int kMostPieces = 256;  // of a plane, for its moments

std::size_t index(int n) {
    return static_cast<std::size_t>(n);
}

int planes_of(int channels) {
    return padded_channels(channels) / 4;
}

int upwards(int n, int step) {
    return (n + step - 1) / step;
}

// Voxels of a plane whose moments a workgroup takes.
int piece_of(int voxels) {
    return std::max(8 * kGroupWidth, upwards(upwards(voxels, kMostPieces), kGroupWidth) * kGroupWidth);
}

// Some planes of a volume in a buffer of their own: a volume larger than a buffer may be lies in several.
struct Part {
    int buffer = 0;
    int first = 0;  // plane
    int planes = 0;
    GpuFloats floats = GpuFloats::single;
};
using Parts = std::vector<Part>;

// Planes that two volumes have in common parts: [from, from + planes) of the parts a and b.
struct Overlap {
    const Part* a;
    const Part* b;
    int first = 0;  // plane of the volumes
    int planes = 0;
};

std::vector<Overlap> overlaps(const Parts& a, const Parts& b) {
    std::vector<Overlap> found;
    for (const Part& one : a) {
        for (const Part& other : b) {
            const int first = std::max(one.first, other.first);
            const int end = std::min(one.first + one.planes, other.first + other.planes);
            if (first < end) found.push_back({&one, &other, first, end - first});
        }
    }
    return found;
}

// What a pass reads and writes.
struct PassFloats {
    GpuFloats read = GpuFloats::single;
    GpuFloats written = GpuFloats::single;
};

// Whether a finish leaves a volume of so many channels as it is.
bool is_plain(const Finish& finish, int channels) {
    const auto all = [&](const std::vector<float>& values, float wanted) {
        return std::all_of(values.begin(), values.begin() + channels, [&](float value) { return value == wanted; });
    };
    return !finish.norm && !finish.added && finish.activation == ActivationKind::none && all(finish.scale, 1) &&
           all(finish.shift, 0);
}

// The values that a step reads.
std::vector<int> values_read(const Step& step) {
    std::vector<int> found;
    for (const Source* source : sources_of(step.producer)) found.push_back(source->value);
    if (step.finish.added) found.push_back(step.finish.added->value);
    if (step.finish.norm) found.push_back(step.finish.norm->value);
    return found;
}

// Whether a producer is a convolution, which can end a step itself.
bool convolves(const Producer& producer) {
    return std::visit(Overloads{[](const ReadInput&) { return false; }, [](const Convolve&) { return true; },
                                [](const ConvolveTransposed&) { return true; }, [](const Pool&) { return false; },
                                [](const Interpolate&) { return false; }, [](const Multiply&) { return false; },
                                [](const Copy&) { return false; }},
                      producer);
}

// A weight where conv_row.h's order has it.
float packed_weight(const PackedFilters<float>& filters, int run, int output, int row, int at) {
    const int outputs = static_cast<int>(filters.scales.size());
    const int first = output / kOutputBlock * kOutputBlock;
    const int block = std::min(kOutputBlock, outputs - first);
    const int rows = static_cast<int>(filters.weights.size()) / outputs / run;
    return filters.weights[index(first * rows * run + (row * run + at) * block + output - first)];
}

// How a convolution reads its source and where it puts its voxels.
struct Lattice {
    std::array<int, 3> kernel{1, 1, 1};
    std::array<int, 3> stride{1, 1, 1};
    std::array<int, 3> pad{0, 0, 0};
    std::array<int, 3> grid{1, 1, 1};
    std::array<int, 3> step{1, 1, 1};
    std::array<int, 3> phase{0, 0, 0};
};

// What a convolution reads: a volume, and whether it is the input, from which a coalition takes its share.
struct Convolved {
    Parts parts;
    VolumeShape shape;
    bool input = false;
};

class Programmer {
  public:
    Programmer(std::string_view file_name, const Plan& plan, bool stands_in, const GpuLimits& limits, GpuFloats floats)
        : file_name_(file_name), plan_(plan), stands_in_(stands_in), limits_(limits), floats_(floats) {}

    Expected<GpuProgram> make();

  private:
    const Value& value(int n) const { return plan_.values[index(n)]; }

    // --- buffers
    int new_buffer(std::uint64_t bytes);
    int take_buffer(std::uint64_t bytes);
    void give(const Parts& parts);
    Parts take_volume(const VolumeShape& shape, GpuFloats floats);
    // What a value's volume holds: the output is single, so that no label hangs by how it is rounded.
    GpuFloats floats_of(int v) const;
    void find_last_uses();
    void release_after(int step);

    // --- passes
    void dispatch(std::string shader, PassFloats floats, std::vector<std::int32_t> parameters, std::vector<int> buffers,
                  int invocations, int depth);
    void read_input(std::vector<GpuPass>& passes, int from, int absence, const VolumeShape& shape, const Parts& to);
    void take_input(const Step& step);
    bool masked_while_read(const Step& step) const;
    void convolve(const Step& step, const Convolve& convolution, const Parts& to, bool ends);
    void transpose(const Step& step, const ConvolveTransposed& convolution, const Parts& to, bool ends);
    int load_matrices(const PackedFilters<float>& filters, int first_output, int outputs, int channels,
                      const std::array<int, 3>& kernel);
    struct End {  // what follows the last part of a sum
        bool ends = false;
        int factors = 0;
        const Parts* added = nullptr;
        bool leaks = false;
    };
    void convolve_part(const Convolved& from, const Part& part, int matrices, const Lattice& lattice,
                       const VolumeShape& made, const Parts& to, bool accumulates, const End& end);
    void pool(const Pool& step, const VolumeShape& made, const Parts& to);
    void interpolate(const Interpolate& step, const VolumeShape& made, const Parts& to);
    void multiply(const Multiply& step, const VolumeShape& made, const Parts& to);
    void gather(const std::vector<Source>& sources, const VolumeShape& made, const Parts& to);
    void finish(const Step& step, const Parts& from, const Parts& to);
    void measure(int value);
    int normalise(const Finish& finish);
    int load_finish(const Finish& finish);
    // A source as it is seen, gathered first where tables lie between; `borrowed` is to be given back.
    Parts seen(const Source& source, Parts& borrowed);
    void produce(const Step& step, const Parts& to, bool ends);
    void take_step(const Step& step);
    void write_output();

    int add_constants(const std::vector<float>& values);
    int add_table(const std::vector<int>& table);

    std::string_view file_name_;
    const Plan& plan_;
    bool stands_in_;
    GpuLimits limits_;
    GpuFloats floats_;
    GpuProgram program_;
    std::vector<Parts> parts_;   // of values
    std::vector<int> last_use_;  // of values: a step
    std::vector<int> pieces_;    // of values whose moments are measured: the buffer of their pieces
    std::vector<int> free_;      // buffers
    Parts absent_;               // what stands in for the input, where it is masked while it is read
    bool masked_while_read_ = false;
    bool too_large_ = false;
};

// --- buffers

int Programmer::new_buffer(std::uint64_t bytes) {
    if (bytes > limits_.buffer_bytes) too_large_ = true;
    program_.buffers.push_back(std::max<std::uint64_t>(bytes, 16));
    return static_cast<int>(program_.buffers.size()) - 1;
}

// The smallest free buffer that is large enough, or a new one.
int Programmer::take_buffer(std::uint64_t bytes) {
    auto best = free_.end();
    for (auto at = free_.begin(); at != free_.end(); ++at) {
        const std::uint64_t size = program_.buffers[index(*at)];
        if (size >= bytes && (best == free_.end() || size < program_.buffers[index(*best)])) best = at;
    }
    if (best == free_.end()) return new_buffer(bytes);
    const int buffer = *best;
    free_.erase(best);
    return buffer;
}

void Programmer::give(const Parts& parts) {
    for (const Part& part : parts) free_.push_back(part.buffer);
}

GpuFloats Programmer::floats_of(int v) const {
    if (v != plan_.output) return floats_;
    const bool read_again = std::any_of(plan_.steps.begin(), plan_.steps.end(), [&](const Step& step) {
        const auto read = values_read(step);
        return std::find(read.begin(), read.end(), v) != read.end();
    });
    return read_again || value(v).moments ? floats_ : GpuFloats::single;
}

Parts Programmer::take_volume(const VolumeShape& shape, GpuFloats floats) {
    const std::uint64_t plane = shape.voxels() * 4 * sizeof(float);
    const int planes = planes_of(shape.channels);
    // As many as of floats, whatever these are: passes from halves to floats go part by part.
    const int at_most = static_cast<int>(std::max<std::uint64_t>(1, limits_.buffer_bytes / plane));
    Parts parts;
    for (int first = 0; first < planes; first += at_most) {
        const int count = std::min(at_most, planes - first);
        const std::uint64_t bytes = plane * index(count) / (floats == GpuFloats::half ? 2 : 1);
        parts.push_back({take_buffer(bytes), first, count, floats});
    }
    return parts;
}

void Programmer::find_last_uses() {
    last_use_.resize(plan_.values.size());
    for (int n = 0; n < static_cast<int>(plan_.steps.size()); ++n) {
        last_use_[index(plan_.steps[index(n)].value)] = n;
        for (const int read : values_read(plan_.steps[index(n)])) last_use_[index(read)] = n;
    }
    last_use_[index(plan_.output)] = static_cast<int>(plan_.steps.size());
}

void Programmer::release_after(int step) {
    for (std::size_t v = 0; v < plan_.values.size(); ++v) {
        // The input stays from run to run where it is masked while it is read.
        const bool kept = masked_while_read_ && static_cast<int>(v) == plan_.steps[0].value;
        if (last_use_[v] != step || kept) continue;
        give(parts_[v]);
        if (pieces_[v] >= 0) free_.push_back(pieces_[v]);
    }
}

int Programmer::add_constants(const std::vector<float>& values) {
    const int at = static_cast<int>(program_.constants.size() / 4);
    program_.constants.insert(program_.constants.end(), values.begin(), values.end());
    program_.constants.resize(index(padded_channels(static_cast<int>(program_.constants.size()))));
    return at;
}

int Programmer::add_table(const std::vector<int>& table) {
    const int at = static_cast<int>(program_.tables.size());
    program_.tables.insert(program_.tables.end(), table.begin(), table.end());
    return at;
}

// --- passes

void Programmer::dispatch(std::string shader, PassFloats floats, std::vector<std::int32_t> parameters,
                          std::vector<int> buffers, int invocations, int depth) {
    const int groups = upwards(invocations, kGroupWidth);
    const int across = std::min(groups, limits_.workgroups);
    program_.run.push_back({std::move(shader),
                            floats.read,
                            floats.written,
                            {},
                            std::move(parameters),
                            std::move(buffers),
                            {across, upwards(groups, across), depth}});
}

void Programmer::read_input(std::vector<GpuPass>& passes, int from, int absence, const VolumeShape& shape,
                            const Parts& to) {
    const int voxels = static_cast<int>(shape.voxels());
    dispatch("read_input", PassFloats{GpuFloats::single, to[0].floats}, {voxels, shape.channels, absence},
             {from, kGpuAbsent, kGpuPresent, to[0].buffer}, voxels, to[0].planes);
    if (&passes == &program_.run) return;
    passes.push_back(std::move(program_.run.back()));
    program_.run.pop_back();
}

// Whether only convolutions read the input, as it is: then these take a coalition's share themselves.
bool Programmer::masked_while_read(const Step& step) const {
    if (step.value == plan_.output || value(step.value).moments ||
        !is_plain(step.finish, value(step.value).shape.channels))
        return false;
    if (planes_of(value(step.value).shape.channels) != 1) return false;
    return std::all_of(plan_.steps.begin() + 1, plan_.steps.end(), [&](const Step& user) {
        const auto read = values_read(user);
        const auto times = std::count(read.begin(), read.end(), step.value);
        if (times == 0) return true;
        const auto* convolve = std::get_if<Convolve>(&user.producer);
        if (!convolve) return false;
        return times == std::count_if(convolve->sources.begin(), convolve->sources.end(), [&](const auto& each) {
                   return each.source.value == step.value && !each.source.tables;
               });
    });
}

void Programmer::take_input(const Step& step) {
    const Value& made = value(step.value);
    program_.channels = made.shape.channels;
    masked_while_read_ = masked_while_read(step);
    const Parts to = take_volume(made.shape, floats_of(step.value));
    if (to.size() != 1) too_large_ = true;  // of a handful of channels, and larger than a buffer
    parts_[index(step.value)] = to;
    if (masked_while_read_) {
        read_input(program_.load, kGpuInput, 0, made.shape, to);
        if (!stands_in_) return;
        absent_ = take_volume(made.shape, floats_);
        read_input(program_.load, kGpuAbsent, 0, made.shape, absent_);
        program_.load.back().buffers[1] = kGpuInput;  // not read
        return;
    }
    if (is_plain(step.finish, made.shape.channels)) {
        produce(step, to, false);
        return;
    }
    const Parts raw = take_volume(made.shape, floats_);
    produce(step, raw, false);
    finish(step, raw, to);
    give(raw);
}

// Matrices for `outputs` channels from `first_output` on: | plane of the target | plane of the source | tap |, columns
// by channel of the source. Returns the number of the first.
int Programmer::load_matrices(const PackedFilters<float>& filters, int first_output, int outputs, int channels,
                              const std::array<int, 3>& kernel) {
    const int padded = padded_channels(channels);
    const int run = kernel[2] * padded;
    const int rows = kernel[0] * kernel[1];
    const int at = static_cast<int>(program_.weights.size() / 16);
    for (int o = 0; o < outputs; o += 4) {
        for (int c = 0; c < padded; c += 4) {
            for (int row = 0; row < rows; ++row) {
                for (int tap = 0; tap < kernel[2]; ++tap) {
                    for (int element = 0; element < 16; ++element) {
                        const int from = tap * padded + c + element / 4;
                        program_.weights.push_back(
                            packed_weight(filters, run, first_output + o + element % 4, row, from));
                    }
                }
            }
        }
    }
    return at;
}

void Programmer::convolve_part(const Convolved& from, const Part& part, int matrices, const Lattice& lattice,
                               const VolumeShape& made, const Parts& to, bool accumulates, const End& end) {
    const int taps = lattice.kernel[0] * lattice.kernel[1] * lattice.kernel[2];
    const int source_planes = planes_of(from.shape.channels);
    const int planes = planes_of(made.channels);
    for (std::size_t n = 0; n < to.size(); ++n) {
        const Part& target = to[n];
        std::vector<std::int32_t> parameters;
        const auto add = [&](const std::array<int, 3>& three) {
            parameters.insert(parameters.end(), three.begin(), three.end());
        };
        add(from.shape.extents);
        parameters.push_back(part.planes);
        for (const auto* three : {&lattice.kernel, &lattice.stride})
            parameters.insert(parameters.end(), three->begin(), three->begin() + 2);  // along i they are constants
        for (const auto* three : {&lattice.pad, &lattice.grid, &made.extents}) add(*three);
        parameters.push_back(target.planes);
        add(lattice.step);
        add(lattice.phase);
        parameters.push_back(matrices + (target.first * source_planes + part.first) * taps);
        parameters.push_back(source_planes * taps);
        parameters.push_back(end.factors + target.first);
        parameters.push_back(planes);
        for (const bool flag : {accumulates, end.ends, end.added != nullptr, end.leaks}) parameters.push_back(flag);
        const int added = end.added ? (*end.added)[n].buffer : kGpuConstants;
        const int absent = from.input && stands_in_ ? absent_[0].buffer : kGpuConstants;
        const int invocations = upwards(lattice.grid[2], kVoxels) * lattice.grid[1] * lattice.grid[0];
        dispatch("convolve", PassFloats{part.floats, target.floats}, std::move(parameters),
                 {part.buffer, kGpuWeights, kGpuConstants, added, absent, kGpuPresent, target.buffer}, invocations,
                 upwards(target.planes, 2));
        program_.run.back().constants = {{"kernel_i", lattice.kernel[2]},
                                         {"stride_i", lattice.stride[2]},
                                         {"absence", !from.input  ? 0
                                                     : stands_in_ ? 2
                                                                  : 1}};
    }
}

void Programmer::convolve(const Step& step, const Convolve& convolution, const Parts& to, bool ends) {
    const VolumeShape& made = value(step.value).shape;
    End end;
    Parts borrowed_added;
    Parts added;
    if (ends) {
        end.factors = load_finish(step.finish);
        end.leaks = step.finish.activation == ActivationKind::leaky;
        if (step.finish.added) {
            added = seen(*step.finish.added, borrowed_added);
            end.added = &added;
        }
    }
    bool first = true;
    for (std::size_t s = 0; s < convolution.sources.size(); ++s) {
        const ConvolvedSource& each = convolution.sources[s];
        Parts borrowed;
        const Convolved from{seen(each.source, borrowed), each.source.shape,
                             masked_while_read_ && each.source.value == plan_.steps[0].value};
        const auto& filters = std::get<std::vector<PackedFilters<float>>>(each.filters);
        const bool last_source = s + 1 == convolution.sources.size();
        const int outputs = padded_channels(made.channels);
        std::vector<std::pair<Lattice, int>> lattices;  // with their first matrices
        if (each.doubled) {
            for (int n = 0; n < 8; ++n) {
                const std::array<int, 3> phase{n / 4, n / 2 % 2, n % 2};
                Lattice lattice{{2, 2, 2}, {1, 1, 1}, {}, each.source.shape.extents, {2, 2, 2}, phase};
                for (std::size_t axis = 0; axis < 3; ++axis) lattice.pad[axis] = 1 - phase[axis];
                lattices.emplace_back(
                    lattice, load_matrices(filters[index(n)], 0, outputs, from.shape.channels, lattice.kernel));
            }
        } else {
            const Lattice lattice{convolution.kernel, convolution.stride, convolution.pad_low,
                                  made.extents,       {1, 1, 1},          {}};
            lattices.emplace_back(lattice, load_matrices(filters[0], 0, outputs, from.shape.channels, lattice.kernel));
        }
        for (const Part& part : from.parts) {
            End here = end;
            here.ends = ends && last_source && &part == &from.parts.back();
            for (const auto& [lattice, matrices] : lattices)
                convolve_part(from, part, matrices, lattice, made, to, !first, here);
            first = false;
        }
        give(borrowed);
    }
    give(borrowed_added);
}

namespace {

// Where a phase of a transposed convolution reads, and which voxels it makes.
Lattice lattice_of(const ConvolveTransposed& convolution, const std::array<int, 3>& phase) {
    Lattice lattice;
    lattice.step = convolution.stride;
    if (convolution.blocks) {
        lattice.grid = convolution.source.shape.extents;
        lattice.phase = phase;
        return lattice;
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const Phase& at = convolution.phases[axis][index(phase[axis])];
        lattice.kernel[axis] = at.taps;
        lattice.pad[axis] = -at.first_input;
        lattice.grid[axis] = at.count;
        lattice.phase[axis] = at.first_output;
    }
    return lattice;
}

}  // namespace

void Programmer::transpose(const Step& step, const ConvolveTransposed& convolution, const Parts& to, bool ends) {
    const VolumeShape& made = value(step.value).shape;
    End end;
    Parts borrowed_added;
    Parts added;
    if (ends) {
        end.factors = load_finish(step.finish);
        end.leaks = step.finish.activation == ActivationKind::leaky;
        if (step.finish.added) {
            added = seen(*step.finish.added, borrowed_added);
            end.added = &added;
        }
    }
    Parts borrowed;
    const Convolved from{seen(convolution.source, borrowed), convolution.source.shape, false};
    const auto& filters = std::get<std::vector<PackedFilters<float>>>(convolution.filters);
    const int outputs = padded_channels(made.channels);
    const auto [depth, height, width] = convolution.stride;
    for (int n = 0; n < depth * height * width; ++n) {
        const std::array<int, 3> phase{n / (height * width), n / width % height, n % width};
        const Lattice lattice = lattice_of(convolution, phase);
        if (lattice.grid[0] * lattice.grid[1] * lattice.grid[2] == 0) continue;
        const int matrices = convolution.blocks
                                 ? load_matrices(filters[index(phase[0] * height + phase[1])], phase[2] * outputs,
                                                 outputs, from.shape.channels, lattice.kernel)
                                 : load_matrices(filters[index(n)], 0, outputs, from.shape.channels, lattice.kernel);
        for (const Part& part : from.parts) {
            End here = end;
            here.ends = ends && &part == &from.parts.back();
            convolve_part(from, part, matrices, lattice, made, to, &part != &from.parts.front(), here);
        }
    }
    give(borrowed);
    give(borrowed_added);
}

namespace {

std::vector<std::int32_t> between(const VolumeShape& from, int from_plane, const VolumeShape& to, int to_plane) {
    return {from.extents[0], from.extents[1], from.extents[2], from_plane,
            to.extents[0],   to.extents[1],   to.extents[2],   to_plane};
}

}  // namespace

void Programmer::pool(const Pool& step, const VolumeShape& made, const Parts& to) {
    Parts borrowed;
    const Parts from = seen(step.source, borrowed);
    for (const Overlap& both : overlaps(from, to)) {
        auto parameters = between(step.source.shape, both.first - both.a->first, made, both.first - both.b->first);
        for (const auto* three : {&step.window.kernel, &step.window.stride, &step.window.pad_low})
            parameters.insert(parameters.end(), three->begin(), three->end());
        parameters.push_back(step.window.kind == PoolKind::mean);
        const int padding = step.window.counts_padding;
        for (const int low : step.window.pad_low) parameters.push_back(-padding * low);
        for (std::size_t axis = 0; axis < 3; ++axis)
            parameters.push_back(step.source.shape.extents[axis] + padding * step.window.pad_high[axis]);
        dispatch("pool", PassFloats{both.a->floats, both.b->floats}, std::move(parameters),
                 {both.a->buffer, both.b->buffer}, static_cast<int>(made.voxels()), both.planes);
    }
    give(borrowed);
}

void Programmer::interpolate(const Interpolate& step, const VolumeShape& made, const Parts& to) {
    Parts borrowed;
    const Parts from = seen(step.source, borrowed);
    std::array<int, 3> taps{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        taps[axis] = static_cast<int>(program_.tables.size());
        for (const LinearTap& tap : step.taps[axis]) add_table({tap.low, tap.high, std::bit_cast<int>(tap.share)});
    }
    for (const Overlap& both : overlaps(from, to)) {
        auto parameters = between(step.source.shape, both.first - both.a->first, made, both.first - both.b->first);
        parameters.insert(parameters.end(), taps.begin(), taps.end());
        dispatch("interpolate", PassFloats{both.a->floats, both.b->floats}, std::move(parameters),
                 {both.a->buffer, kGpuTables, both.b->buffer}, static_cast<int>(made.voxels()), both.planes);
    }
    give(borrowed);
}

void Programmer::multiply(const Multiply& step, const VolumeShape& made, const Parts& to) {
    Parts borrowed_first, borrowed_second;
    const Parts first = seen(step.first, borrowed_first);
    const Parts second = seen(step.second, borrowed_second);
    const int voxels = static_cast<int>(made.voxels());
    const bool one_for_all = step.second.shape.channels == 1 && made.channels > 1;
    for (std::size_t n = 0; n < to.size(); ++n) {
        // Volumes of as many planes lie in the same parts.
        const Part& factor = one_for_all ? second[0] : second[n];
        dispatch("multiply", PassFloats{first[n].floats, to[n].floats}, {voxels, one_for_all},
                 {first[n].buffer, factor.buffer, to[n].buffer}, voxels, to[n].planes);
    }
    give(borrowed_first);
    give(borrowed_second);
}

void Programmer::gather(const std::vector<Source>& sources, const VolumeShape& made, const Parts& to) {
    int first = 0;  // channel of the target
    for (const Source& source : sources) {
        const VolumeShape& stored = value(source.value).shape;
        std::array<int, 3> tables{-1, -1, -1};
        for (std::size_t axis = 0; source.tables && axis < 3; ++axis) tables[axis] = add_table((*source.tables)[axis]);
        for (const Part& part : parts_[index(source.value)]) {
            const int channels = std::min(4 * part.planes, stored.channels - 4 * part.first);
            const int low = first + 4 * part.first;
            for (const Part& target : to) {
                const int begin = std::max(low / 4, target.first);
                const int end = std::min((low + channels + 3) / 4, target.first + target.planes);
                if (begin >= end) continue;
                std::vector<std::int32_t> parameters(stored.extents.begin(), stored.extents.end());
                parameters.insert(parameters.end(), made.extents.begin(), made.extents.end());
                for (const int each : {low - 4 * target.first, channels, begin - target.first})
                    parameters.push_back(each);
                parameters.insert(parameters.end(), tables.begin(), tables.end());
                dispatch("gather", PassFloats{part.floats, target.floats}, std::move(parameters),
                         {part.buffer, kGpuTables, target.buffer}, static_cast<int>(made.voxels()), end - begin);
            }
        }
        first += stored.channels;
    }
}

Parts Programmer::seen(const Source& source, Parts& borrowed) {
    if (!source.tables) return parts_[index(source.value)];
    borrowed = take_volume(source.shape, floats_);
    gather({source}, source.shape, borrowed);
    return borrowed;
}

// Scales, shifts and, where there are, slopes, one after another.
int Programmer::load_finish(const Finish& finish) {
    const int at = add_constants(finish.scale);
    add_constants(finish.shift);
    if (finish.activation == ActivationKind::leaky) add_constants(finish.slopes);
    return at;
}

// Moments of a volume, in pieces.
void Programmer::measure(int v) {
    const VolumeShape& shape = value(v).shape;
    const int voxels = static_cast<int>(shape.voxels());
    const int piece = piece_of(voxels);
    const int pieces = upwards(voxels, piece);
    pieces_[index(v)] = take_buffer(index(planes_of(shape.channels)) * index(pieces) * 2 * 4 * sizeof(float));
    for (const Part& part : parts_[index(v)]) {
        dispatch("moments", PassFloats{part.floats}, {voxels, piece, pieces, part.first},
                 {part.buffer, pieces_[index(v)]}, pieces * kGroupWidth, part.planes);
    }
}

// Scale, shift and mean a channel of a normalisation: a buffer to be given back.
int Programmer::normalise(const Finish& finish) {
    const VolumeShape& shape = value(finish.norm->value).shape;
    const int voxels = static_cast<int>(shape.voxels());
    const int piece = piece_of(voxels);
    const std::uint64_t row = index(padded_channels(shape.channels)) * sizeof(float);
    const int merged = take_buffer(2 * row);
    const int factors = take_buffer(3 * row);
    const auto epsilon = std::bit_cast<std::int32_t>(static_cast<float>(finish.norm->epsilon));
    dispatch("normalisation", PassFloats{},
             {voxels, piece, upwards(voxels, piece), shape.channels, shape.channels / finish.norm->groups, epsilon,
              load_finish(finish)},
             {pieces_[index(finish.norm->value)], kGpuConstants, merged, factors}, 1, 1);
    free_.push_back(merged);
    return factors;
}

void Programmer::finish(const Step& step, const Parts& from, const Parts& to) {
    const VolumeShape& shape = value(step.value).shape;
    const Finish& finish = step.finish;
    const int voxels = static_cast<int>(shape.voxels());
    const int planes = planes_of(shape.channels);
    const bool softmax = finish.activation == ActivationKind::softmax;
    const int normalised = finish.norm ? normalise(finish) : -1;
    const int constants = load_finish(finish);
    Parts borrowed;
    Parts added;
    if (finish.added) added = seen(*finish.added, borrowed);
    const int kind = finish.activation == ActivationKind::none      ? 0
                     : finish.activation == ActivationKind::leaky   ? 1
                     : finish.activation == ActivationKind::sigmoid ? 2
                                                                    : 3;
    if (softmax && to.size() != 1) too_large_ = true;
    for (std::size_t n = 0; n < to.size(); ++n) {
        const int factors = (finish.norm ? 0 : constants) + to[n].first;
        dispatch("finish", PassFloats{from[n].floats, to[n].floats},
                 {voxels, factors, planes, finish.norm.has_value(), constants + 2 * planes + to[n].first,
                  finish.added.has_value(), kind, shape.channels},
                 {from[n].buffer, finish.norm ? normalised : kGpuConstants, kGpuConstants,
                  finish.added ? added[n].buffer : kGpuConstants, to[n].buffer},
                 voxels, softmax ? 1 : to[n].planes);
    }
    if (finish.norm) free_.push_back(normalised);
    give(borrowed);
}

// What a step's producer makes, into `to`; its finish too where `ends`.
void Programmer::produce(const Step& step, const Parts& to, bool ends) {
    const VolumeShape& made = value(step.value).shape;
    std::visit(Overloads{[&](const ReadInput&) { read_input(program_.run, kGpuInput, stands_in_ ? 2 : 1, made, to); },
                         [&](const Convolve& from) { convolve(step, from, to, ends); },
                         [&](const ConvolveTransposed& from) { transpose(step, from, to, ends); },
                         [&](const Pool& from) { pool(from, made, to); },
                         [&](const Interpolate& from) { interpolate(from, made, to); },
                         [&](const Multiply& from) { multiply(from, made, to); },
                         [&](const Copy& from) { gather(from.sources, made, to); }},
               step.producer);
}

// Steps end in their last convolution where they can, else in a pass of their own.
void Programmer::take_step(const Step& step) {
    const VolumeShape& made = value(step.value).shape;
    const auto* copied = std::get_if<Copy>(&step.producer);
    const Parts to = take_volume(made, floats_of(step.value));
    parts_[index(step.value)] = to;
    const bool ends = convolves(step.producer) && (step.finish.activation == ActivationKind::none ||
                                                   step.finish.activation == ActivationKind::leaky);
    if (copied && copied->sources.size() == 1 && !copied->sources[0].tables) {
        finish(step, parts_[index(copied->sources[0].value)], to);
        return;
    }
    const bool at_once = ends || (!convolves(step.producer) && is_plain(step.finish, made.channels));
    // What finish() reads is all of one kind, and another volume to add is none of the output's.
    const Parts raw = at_once ? to : take_volume(made, step.finish.added ? floats_ : floats_of(step.value));
    produce(step, raw, ends);
    if (at_once) return;
    finish(step, raw, to);
    give(raw);
}

void Programmer::write_output() {
    const VolumeShape& shape = value(plan_.output).shape;
    const int voxels = static_cast<int>(shape.voxels());
    for (const Part& part : parts_[index(plan_.output)]) {
        const int channels = std::min(4 * part.planes, shape.channels - 4 * part.first);
        dispatch("write_output", PassFloats{part.floats}, {voxels, channels, 4 * part.first}, {part.buffer, kGpuOutput},
                 voxels, part.planes);
    }
}

Expected<GpuProgram> Programmer::make() {
    const auto bytes = [](const VolumeShape& shape) { return shape.voxels() * index(shape.channels) * sizeof(float); };
    const VolumeShape& input = value(plan_.steps[0].value).shape;
    program_.buffers.resize(kGpuFixedBuffers, 16);
    for (const int buffer : {kGpuInput, kGpuAbsent})
        program_.buffers[index(buffer)] = buffer == kGpuInput || stands_in_ ? bytes(input) : 16;
    program_.buffers[kGpuPresent] = index(padded_channels(input.channels)) * sizeof(float);
    program_.buffers[kGpuOutput] = bytes(value(plan_.output).shape);
    parts_.resize(plan_.values.size());
    pieces_.assign(plan_.values.size(), -1);
    find_last_uses();
    for (int n = 0; n < static_cast<int>(plan_.steps.size()); ++n) {
        const Step& step = plan_.steps[index(n)];
        if (std::holds_alternative<ReadInput>(step.producer)) {
            take_input(step);
        } else {
            take_step(step);
        }
        if (value(step.value).moments) measure(step.value);
        release_after(n);
    }
    write_output();
    program_.floats = floats_;
    const std::uint64_t weight = floats_ == GpuFloats::half ? 2 : sizeof(float);
    program_.buffers[kGpuWeights] = std::max<std::uint64_t>(64, program_.weights.size() * weight);
    program_.buffers[kGpuConstants] = std::max<std::uint64_t>(16, program_.constants.size() * sizeof(float));
    program_.buffers[kGpuTables] = std::max<std::uint64_t>(16, program_.tables.size() * sizeof(std::int32_t));
    const bool fits = std::all_of(program_.buffers.begin(), program_.buffers.end(),
                                  [&](std::uint64_t size) { return size <= limits_.buffer_bytes; });
    if (too_large_ || !fits)
        return fail(std::string(file_name_) + ": the network needs a buffer larger than the " +
                    std::to_string(limits_.buffer_bytes >> 20) + " MB that this graphics adapter allows.");
    return std::move(program_);
}

}  // namespace

std::uint64_t GpuProgram::bytes() const {
    return std::accumulate(buffers.begin(), buffers.end(), std::uint64_t{0});
}

Expected<GpuProgram> make_gpu_program(std::string_view file_name, const Plan& plan, bool stands_in,
                                      const GpuLimits& limits, GpuFloats floats) {
    return Programmer(file_name, plan, stands_in, limits, floats).make();
}

}  // namespace shapslice::convnet
