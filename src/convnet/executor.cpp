#include "convnet/executor.h"

#include <algorithm>
#include <cmath>

#include "base/overloads.h"
#include "convnet/kernels/finish_row.h"
#include "convnet/kernels/resample_row.h"
#include "convnet/kernels/simd.h"
#include "convnet/kernels/stage_row.h"
#include "convnet/kernels/winograd_row.h"
#include "convnet/limits.h"

namespace shapslice::convnet {

namespace {

std::size_t index(int n) {
    return static_cast<std::size_t>(n);
}

// Elements before row j of slice k.
std::size_t row_at(const VolumeShape& shape, int k, int j) {
    return (index(k) * index(shape.extents[1]) + index(j)) * index(shape.extents[2]) *
           index(padded_channels(shape.channels));
}

// The stored row behind row j of slice k as seen; none where nothing is there.
std::optional<std::pair<int, int>> stored_row(const Source& source, int k, int j) {
    if (!source.tables) return std::pair{k, j};
    const std::pair stored{(*source.tables)[0][index(k)], (*source.tables)[1][index(j)]};
    if (stored.first == kNothing || stored.second == kNothing) return std::nullopt;
    return stored;
}

const int* width_table(const Source& source) {
    return source.tables ? (*source.tables)[2].data() : nullptr;
}

}  // namespace

Executor::Executor(Plan plan) : plan_(std::move(plan)), memory_(static_cast<std::size_t>(plan_.bytes)) {
    clipped_.resize(plan_.values.size());
    sums_.resize(plan_.values.size());
    square_sums_.resize(plan_.values.size());
    for (std::size_t v = 0; v < plan_.values.size(); ++v) {
        const Value& value = plan_.values[v];
        if (!value.moments) continue;
        sums_[v].resize(index(padded_channels(value.shape.channels)));
        square_sums_[v].resize(sums_[v].size());
    }
    size_scratch();
}

// Rows are as long as the longest of the plan, so that no run has to take memory.
void Executor::size_scratch() {
    std::size_t longest = 0;
    std::size_t channels = 0;
    std::size_t parts = 1;
    std::size_t gathered = 4;
    for (const Step& step : plan_.steps) {
        const VolumeShape& shape = plan_.values[index(step.value)].shape;
        channels = std::max(channels, index(padded_channels(shape.channels)));
        longest = std::max(longest, index(padded_channels(shape.channels)) * index(shape.extents[2]));
        parts = std::max(parts, sources_of(step.producer).size());
        if (const auto* pool = std::get_if<Pool>(&step.producer))
            gathered = std::max(gathered, index(pool->window.kernel[0] * pool->window.kernel[1]));
    }
    row_.resize(longest);
    added_.resize(longest);
    norm_scale_.resize(channels);
    norm_shift_.resize(channels);
    gathered_.resize(gathered);
    gathered_at_.resize(gathered);
    real_stages_.resize(parts);
    wide_stages_.resize(parts);
    narrow_stages_.resize(parts);
}

std::size_t Executor::bytes() const {
    std::size_t total = memory_.size();
    const auto add = [&](const auto& filters) {
        for (const auto& each : filters) total += each.weights.size() * sizeof each.weights[0];
    };
    for (const Step& step : plan_.steps) {
        std::visit(Overloads{[](const ReadInput&) {},
                             [&](const Convolve& made) {
                                 for (const ConvolvedSource& source : made.sources) std::visit(add, source.filters);
                             },
                             [&](const ConvolveTransposed& made) { std::visit(add, made.filters); }, [](const Pool&) {},
                             [](const Interpolate&) {}, [](const Multiply&) {}, [](const Copy&) {}},
                   step.producer);
    }
    return total;
}

float* Executor::real(const Value& value) {
    return reinterpret_cast<float*>(memory_.data() + value.real_at);
}
template <class Element>
Element* Executor::whole(const Value& value) {
    return reinterpret_cast<Element*>(memory_.data() + value.whole_at);
}

// A row in floats: where it is stored, or staged into `scratch`.
const float* Executor::real_row(const Source& source, int k, int j, std::vector<float>& scratch) {
    const Value& value = plan_.values[index(source.value)];
    const auto stored = stored_row(source, k, j);
    const std::size_t at = stored ? row_at(value.shape, stored->first, stored->second) : 0;
    if (value.real && !source.tables) return real(value) + at;
    const RowStaging staging{width_table(source), source.shape.extents[2], padded_channels(value.shape.channels), 0, 0};
    if (scratch.size() < index(staging.staged())) scratch.resize(index(staging.staged()));
    if (!stored) {
        stage_row(staging, static_cast<const float*>(nullptr), scratch.data());
    } else if (value.real) {
        stage_row(staging, real(value) + at, scratch.data());
    } else if (value.whole == Whole::wide) {
        stage_row(staging, whole<std::int16_t>(value) + at, value.quantisation, scratch.data());
    } else {
        stage_row(staging, whole<std::int8_t>(value) + at, value.quantisation, scratch.data());
    }
    return scratch.data();
}

// --- convolutions

template <>
std::vector<Executor::Stage<float>>& Executor::stages<float>() {
    return real_stages_;
}
template <>
std::vector<Executor::Stage<std::int16_t>>& Executor::stages<std::int16_t>() {
    return wide_stages_;
}
template <>
std::vector<Executor::Stage<std::int8_t>>& Executor::stages<std::int8_t>() {
    return narrow_stages_;
}

// What one step staged says nothing to the next.
void Executor::reset_stages() {
    for (auto& each : real_stages_) each.length = 0;
    for (auto& each : wide_stages_) each.length = 0;
    for (auto& each : narrow_stages_) each.length = 0;
}

namespace {

// Makes room for `slots` rows; keeps what is there during a step. True where it did not yet.
template <class Stage>
bool open_stage(Stage& stage, std::size_t slots, std::size_t length) {
    const bool opened = stage.length == length;
    if (opened && stage.holds.size() >= slots) return false;
    if (!opened) stage.holds.clear();
    stage.length = length;
    stage.rows.resize(std::max(stage.rows.size(), slots * length));
    stage.holds.resize(slots, -1);
    stage.pointers.resize(slots);
    stage.empty.resize(length);
    return !opened;
}

}  // namespace

// The rows of the input that one row of the output is made from: `count` slices and rows from (k, j) on.
struct Executor::Window {
    int k = 0;
    int j = 0;
    int slices = 1;
    int rows = 1;
    int most_rows = 0;  // of any window of the step, where these differ

    int slots() const { return slices * std::max(rows, most_rows); }
};

// Row j of slice k as seen, staged; a row of padding for k = -1.
template <class Element>
void Executor::stage_one(const Source& source, const Staging& staging, int k, int j, Element* to) {
    const Value& from = plan_.values[index(source.value)];
    const auto stored = k < 0 ? std::nullopt : stored_row(source, k, j);
    const std::size_t at = stored ? row_at(from.shape, stored->first, stored->second) : 0;
    if constexpr (std::is_same_v<Element, float>) {
        stage_row(staging.row, stored ? real(from) + at : nullptr, to);
    } else {
        Element* row = to;
        if constexpr (std::is_same_v<Element, std::int16_t>) {
            if (staging.tiles > 0) {
                untransformed_.resize(std::max(untransformed_.size(), index(staging.row.staged())));
                row = untransformed_.data();
            }
        }
        const auto zero = static_cast<Element>(from.quantisation.zero);
        stage_row(staging.row, stored ? whole<Element>(from) + at : nullptr, zero, row);
        if constexpr (std::is_same_v<Element, std::int16_t>) {
            if (staging.tiles > 0) transform_row(row, staging.tiles, staging.row.channels, to);
        }
    }
}

// The staged rows of a window, row by row; those staged before are not staged again.
template <class Element>
const Element* const* Executor::stage_window(Stage<Element>& stage_of, const Source& source, const Staging& staging,
                                             const Window& window) {
    const auto& seen = source.shape.extents;
    const int length =
        staging.tiles == 0 ? staging.row.staged() : kWinogradParts * staging.tiles * staging.row.channels;
    if (open_stage(stage_of, index(window.slots()), index(length)))
        stage_one(source, staging, -1, -1, stage_of.empty.data());
    for (int n = 0; n < window.slices * window.rows; ++n) {
        const int at_k = window.k + n / window.rows;
        const int at_j = window.j + n % window.rows;
        if (at_k < 0 || at_k >= seen[0] || at_j < 0 || at_j >= seen[1]) {
            stage_of.pointers[index(n)] = stage_of.empty.data();
            continue;
        }
        const std::size_t slot = index(n / window.rows * (window.slots() / window.slices) + at_j % window.rows);
        Element* staged = stage_of.rows.data() + slot * stage_of.length;
        if (const int row_number = at_k * seen[1] + at_j; stage_of.holds[slot] != row_number) {
            stage_one(source, staging, at_k, at_j, staged);
            stage_of.holds[slot] = row_number;
        }
        stage_of.pointers[index(n)] = staged;
    }
    return stage_of.pointers.data();
}

namespace {

template <class Element>
RowConvolution<Element> with_filters(const PackedFilters<Element>& filters, int outputs, float* to) {
    RowConvolution<Element> row;
    row.weights = filters.weights.data();
    row.scales = filters.scales.data();
    row.offsets = filters.offsets.data();
    row.outputs = outputs;
    row.to = to;
    row.to_step = outputs;
    return row;
}

}  // namespace

template <class Element>
void Executor::convolve_source(const Convolve& step, std::size_t part,
                               const std::vector<PackedFilters<Element>>& filters, const Value& made, int k, int j,
                               float* row) {
    const Source& source = step.sources[part].source;
    const auto [depth, height, width] = step.kernel;
    const int channels = padded_channels(source.shape.channels);
    const int reached = (made.shape.extents[2] - 1) * step.stride[2] + width;
    const int low = step.pad_low[2];
    const int voxels = std::min(source.shape.extents[2], reached - low);
    const RowStaging staging{width_table(source), voxels, channels, low, reached - low - voxels};
    const Window window{k * step.stride[0] - step.pad_low[0], j * step.stride[1] - step.pad_low[1], depth, height};
    auto convolution = with_filters(filters[0], padded_channels(made.shape.channels), row);
    convolution.rows = stage_window(stages<Element>()[part], source, {staging, 0}, window);
    convolution.row_count = depth * height;
    convolution.run = width * channels;
    convolution.step = step.stride[2] * channels;
    convolution.voxels = made.shape.extents[2];
    convolution.accumulate = part > 0;
    convolve_row(convolution);
}

// Of an image that lies doubled before the convolution: even and odd voxels of the row each by their own filters.
template <class Element>
void Executor::convolve_doubled(const Convolve& step, std::size_t part,
                                const std::vector<PackedFilters<Element>>& filters, const Value& made, int k, int j,
                                float* row) {
    const Source& source = step.sources[part].source;
    const int channels = padded_channels(source.shape.channels);
    const RowStaging staging{nullptr, source.shape.extents[2], channels, 1, 1};
    const Window window{k / 2 + k % 2 - 1, j / 2 + j % 2 - 1, 2, 2};
    const int outputs = padded_channels(made.shape.channels);
    const Element* const* rows = stage_window(stages<Element>()[part], source, {staging, 0}, window);
    for (int phase = 0; phase < 2; ++phase) {
        // An odd voxel's run begins one voxel later.
        std::array<const Element*, 4> shifted{};
        for (std::size_t n = 0; n < shifted.size(); ++n) shifted[n] = rows[n] + phase * channels;
        auto convolution = with_filters(filters[index(k % 2 * 4 + j % 2 * 2 + phase)], outputs, row + phase * outputs);
        convolution.rows = shifted.data();
        convolution.row_count = static_cast<int>(shifted.size());
        convolution.run = 2 * channels;
        convolution.step = channels;
        convolution.voxels = source.shape.extents[2];
        convolution.to_step = 2 * outputs;
        convolution.accumulate = part > 0;
        convolve_row(convolution);
    }
}

// Three taps along i as F(2, 3): two voxels of the row for four products.
void Executor::convolve_winograd(const Convolve& step, std::size_t part,
                                 const std::vector<PackedFilters<std::int16_t>>& filters, const Value& made, int k,
                                 int j, float* row) {
    const Source& source = step.sources[part].source;
    const auto [depth, height, width] = step.kernel;
    const int channels = padded_channels(source.shape.channels);
    const int outputs = padded_channels(made.shape.channels);
    const int made_voxels = made.shape.extents[2];
    const int tiles = (made_voxels + 1) / 2;
    const int low = step.pad_low[2];
    const int voxels = std::min(source.shape.extents[2], 2 * tiles + 2 - low);
    const Staging staging{{width_table(source), voxels, channels, low, 2 * tiles + 2 - low - voxels}, tiles};
    const Window window{k * step.stride[0] - step.pad_low[0], j * step.stride[1] - step.pad_low[1], depth, height};
    const std::int16_t* const* rows = stage_window(wide_stages_[part], source, staging, window);
    const int row_count = depth * height;
    winograd_rows_.resize(index(row_count));
    winograd_parts_.resize(std::max(winograd_parts_.size(), index(kWinogradParts * tiles * outputs)));
    for (int n = 0; n < kWinogradParts; ++n) {
        for (int r = 0; r < row_count; ++r) winograd_rows_[index(r)] = rows[r] + n * tiles * channels;
        auto convolution = with_filters(filters[index(n)], outputs, winograd_parts_.data() + n * tiles * outputs);
        convolution.rows = winograd_rows_.data();
        convolution.row_count = row_count;
        convolution.run = channels;
        convolution.step = channels;
        convolution.voxels = tiles;
        convolve_row(convolution);
    }
    combine_row(winograd_parts_.data(), tiles, made_voxels, outputs, part > 0, row);
}

void Executor::convolve(const Convolve& step, const Value& made, int k, int j, float* row) {
    for (std::size_t part = 0; part < step.sources.size(); ++part) {
        const ConvolvedSource& from = step.sources[part];
        if (from.winograd) {
            convolve_winograd(step, part, std::get<std::vector<PackedFilters<std::int16_t>>>(from.filters), made, k, j,
                              row);
            continue;
        }
        std::visit(
            [&](const auto& filters) {
                if (from.doubled) {
                    convolve_doubled(step, part, filters, made, k, j, row);
                } else {
                    convolve_source(step, part, filters, made, k, j, row);
                }
            },
            from.filters);
    }
}

template <class Element>
void Executor::transpose_blocks(const ConvolveTransposed& step, const std::vector<PackedFilters<Element>>& filters,
                                int k, int j, float* row) {
    const Source& source = step.source;
    const auto [depth, height, width] = step.kernel;
    const int channels = padded_channels(source.shape.channels);
    const RowStaging staging{width_table(source), source.shape.extents[2], channels, 0, 0};
    const PackedFilters<Element>& packed = filters[index(k % depth * height + j % height)];
    auto convolution = with_filters(packed, static_cast<int>(packed.scales.size()), row);
    convolution.rows = stage_window(stages<Element>()[0], source, {staging, 0}, {k / depth, j / height, 1, 1});
    convolution.row_count = 1;
    convolution.run = channels;
    convolution.step = channels;
    convolution.voxels = source.shape.extents[2];
    convolve_row(convolution);
}

namespace {

// Where phases look along a row, and what must be staged around the image for it.
struct PhasedRow {
    int pad_low = 0;
    int pad_high = 0;
};

PhasedRow padding_of(const std::vector<Phase>& phases, int voxels) {
    PhasedRow found;
    for (const Phase& phase : phases) {
        if (phase.count == 0) continue;
        const int end = phase.first_input + phase.count - 1 + phase.taps;
        found.pad_low = std::max(found.pad_low, -phase.first_input);
        found.pad_high = std::max(found.pad_high, end - voxels);
    }
    return found;
}

// The first input voxel of output voxel `at` of a phase.
int first_input(const Phase& phase, int at, int stride) {
    return phase.first_input + (at - phase.first_output) / stride;
}

int most_taps(const std::vector<Phase>& phases) {
    int most = 1;
    for (const Phase& phase : phases) most = std::max(most, phase.taps);
    return most;
}

}  // namespace

// Every stride-th voxel of the row by filters of its own.
template <class Element>
void Executor::transpose_phases(const ConvolveTransposed& step, const std::vector<PackedFilters<Element>>& filters,
                                const Value& made, int k, int j, float* row) {
    const Source& source = step.source;
    const int channels = padded_channels(source.shape.channels);
    const int outputs = padded_channels(made.shape.channels);
    const auto [stride_k, stride_j, stride_i] = step.stride;
    const int phase_k = (k + step.pad_low[0]) % stride_k;
    const int phase_j = (j + step.pad_low[1]) % stride_j;
    const Phase& slices = step.phases[0][index(phase_k)];
    const Phase& lines = step.phases[1][index(phase_j)];
    const PhasedRow padding = padding_of(step.phases[2], source.shape.extents[2]);
    const RowStaging staging{width_table(source), source.shape.extents[2], channels, padding.pad_low, padding.pad_high};
    const Window window{first_input(slices, k, stride_k), first_input(lines, j, stride_j), slices.taps, lines.taps,
                        most_taps(step.phases[1])};
    const Element* const* rows = stage_window(stages<Element>()[0], source, {staging, 0}, window);
    const int row_count = slices.taps * lines.taps;
    std::array<const Element*, kLargestKernel * kLargestKernel> shifted{};
    for (int phase_i = 0; phase_i < stride_i; ++phase_i) {
        const Phase& phase = step.phases[2][index(phase_i)];
        if (phase.count == 0) continue;
        for (int n = 0; n < row_count; ++n)
            shifted[index(n)] = rows[n] + (padding.pad_low + phase.first_input) * channels;
        auto convolution = with_filters(filters[index((phase_k * stride_j + phase_j) * stride_i + phase_i)], outputs,
                                        row + phase.first_output * outputs);
        convolution.rows = shifted.data();
        convolution.row_count = row_count;
        convolution.run = phase.taps * channels;
        convolution.step = channels;
        convolution.voxels = phase.count;
        convolution.to_step = stride_i * outputs;
        convolve_row(convolution);
    }
}

// --- other producers

void Executor::read_input(const Value& made, std::span<const float> input, int k, int j, float* row) const {
    const auto [slices, rows, width] = made.shape.extents;
    const int padded = padded_channels(made.shape.channels);
    for (int c = 0; c < padded; ++c) {
        const bool there = c < made.shape.channels;
        const std::size_t at = ((index(c) * index(slices) + index(k)) * index(rows) + index(j)) * index(width);
        for (int i = 0; i < width; ++i) row[i * padded + c] = there ? input[at + index(i)] : 0;
    }
}

void Executor::copy(const Copy& step, const Value& made, int k, int j, float* row) {
    const int padded = padded_channels(made.shape.channels);
    const int width = made.shape.extents[2];
    if (step.sources.size() == 1) {
        const float* from = real_row(step.sources[0], k, j, gathered_[0]);
        std::copy_n(from, index(width * padded), row);
        return;
    }
    std::fill_n(row, width * padded, 0.0f);
    int first = 0;
    for (const Source& source : step.sources) {
        const float* from = real_row(source, k, j, gathered_[0]);
        const int channels = source.shape.channels;
        for (int i = 0; i < width; ++i)
            std::copy_n(from + i * padded_channels(channels), channels, row + i * padded + first);
        first += channels;
    }
}

namespace {

// Rows or slices of a window that a mean counts.
int counted(const Pooling& window, std::size_t axis, int at, int extent) {
    const int low = window.counts_padding ? -window.pad_low[axis] : 0;
    const int high = extent + (window.counts_padding ? window.pad_high[axis] : 0);
    const int first = at * window.stride[axis] - window.pad_low[axis];
    return std::min(high, first + window.kernel[axis]) - std::max(low, first);
}

}  // namespace

void Executor::pool(const Pool& step, const Value& made, int k, int j, float* row) {
    const auto& from = step.source.shape;
    std::size_t count = 0;
    for (int kk = 0; kk < step.window.kernel[0]; ++kk) {
        for (int jj = 0; jj < step.window.kernel[1]; ++jj) {
            const int at_k = k * step.window.stride[0] - step.window.pad_low[0] + kk;
            const int at_j = j * step.window.stride[1] - step.window.pad_low[1] + jj;
            if (at_k < 0 || at_k >= from.extents[0] || at_j < 0 || at_j >= from.extents[1]) continue;
            gathered_at_[count] = real_row(step.source, at_k, at_j, gathered_[count]);
            ++count;
        }
    }
    RowPooling pooling;
    pooling.kind = step.window.kind;
    pooling.counted_rows = counted(step.window, 0, k, from.extents[0]) * counted(step.window, 1, j, from.extents[1]);
    pooling.counted_from = step.window.counts_padding ? -step.window.pad_low[2] : 0;
    pooling.counted_to = from.extents[2] + (step.window.counts_padding ? step.window.pad_high[2] : 0);
    pooling.rows = {gathered_at_.data(), count};
    pooling.width = from.extents[2];
    pooling.channels = padded_channels(from.channels);
    pooling.kernel = step.window.kernel[2];
    pooling.stride = step.window.stride[2];
    pooling.pad_low = step.window.pad_low[2];
    pool_row(pooling, made.shape.extents[2], row);
}

void Executor::interpolate(const Interpolate& step, int k, int j, float* row) {
    const LinearTap& slices = step.taps[0][index(k)];
    const LinearTap& rows = step.taps[1][index(j)];
    RowInterpolation interpolation;
    interpolation.rows = {real_row(step.source, slices.low, rows.low, gathered_[0]),
                          real_row(step.source, slices.low, rows.high, gathered_[1]),
                          real_row(step.source, slices.high, rows.low, gathered_[2]),
                          real_row(step.source, slices.high, rows.high, gathered_[3])};
    interpolation.share_k = slices.share;
    interpolation.share_j = rows.share;
    interpolation.channels = padded_channels(step.source.shape.channels);
    interpolate_row(interpolation, step.taps[2], row);
}

void Executor::multiply(const Multiply& step, const Value& made, int k, int j, float* row) {
    const int padded = padded_channels(made.shape.channels);
    const int width = made.shape.extents[2];
    std::copy_n(real_row(step.first, k, j, gathered_[0]), index(width * padded), row);
    const bool one_for_all = step.second.shape.channels == 1 && made.shape.channels > 1;
    multiply_row(row, real_row(step.second, k, j, gathered_[1]), width, padded, one_for_all);
}

// --- a step

void Executor::produce(const Step& step, std::span<const float> input, int k, int j, float* row) {
    const Value& made = plan_.values[index(step.value)];
    std::visit(Overloads{[&](const ReadInput&) { read_input(made, input, k, j, row); },
                         [&](const Convolve& from) { convolve(from, made, k, j, row); },
                         [&](const ConvolveTransposed& from) {
                             std::visit(
                                 [&](const auto& filters) {
                                     if (from.blocks) {
                                         transpose_blocks(from, filters, k, j, row);
                                     } else {
                                         transpose_phases(from, filters, made, k, j, row);
                                     }
                                 },
                                 from.filters);
                         },
                         [&](const Pool& from) { pool(from, made, k, j, row); },
                         [&](const Interpolate& from) { interpolate(from, k, j, row); },
                         [&](const Multiply& from) { multiply(from, made, k, j, row); },
                         [&](const Copy& from) { copy(from, made, k, j, row); }},
               step.producer);
}

// Scale and shift a channel that take the place of the step's own: those of the normalisation with this image's
// moments.
void Executor::prepare_norm(const Step& step) {
    const Finish::Norm& norm = *step.finish.norm;
    const Value& from = plan_.values[index(norm.value)];
    const auto& sums = sums_[index(norm.value)];
    const auto& square_sums = square_sums_[index(norm.value)];
    const std::size_t members = index(from.shape.channels / norm.groups);
    const double count = static_cast<double>(from.shape.voxels()) * static_cast<double>(members);
    for (std::size_t first = 0; first < index(from.shape.channels); first += members) {
        double mean = 0;
        double mean_square = 0;
        for (std::size_t c = first; c < first + members; ++c) {
            mean += sums[c] / count;
            mean_square += square_sums[c] / count;
        }
        // Rounding may leave the variance of a constant channel below 0.
        const double variance = std::max(0.0, mean_square - mean * mean);
        const double factor = 1 / std::sqrt(variance + norm.epsilon);
        for (std::size_t c = first; c < first + members; ++c) {
            norm_scale_[c] = static_cast<float>(factor * double(step.finish.scale[c]));
            norm_shift_[c] =
                static_cast<float>(double(step.finish.shift[c]) - mean * factor * double(step.finish.scale[c]));
        }
    }
    for (std::size_t c = index(from.shape.channels); c < index(padded_channels(from.shape.channels)); ++c)
        norm_scale_[c] = norm_shift_[c] = 0;
}

void Executor::finish(const Step& step, int k, int j, float* row) {
    const Value& made = plan_.values[index(step.value)];
    RowFinish finish;
    finish.scale = step.finish.norm ? norm_scale_.data() : step.finish.scale.data();
    finish.shift = step.finish.norm ? norm_shift_.data() : step.finish.shift.data();
    if (step.finish.added) finish.added = real_row(*step.finish.added, k, j, added_);
    finish.activation = step.finish.activation;
    finish.slopes = step.finish.slopes.data();
    if (made.moments) {
        finish.sums = sums_[index(step.value)].data();
        finish.square_sums = square_sums_[index(step.value)].data();
    }
    finish_row(row, made.shape.extents[2], made.shape.channels, finish);
    const int count = made.shape.extents[2] * padded_channels(made.shape.channels);
    const std::size_t at = row_at(made.shape, k, j);
    int clipped = 0;
    if (made.whole == Whole::wide)
        clipped = quantise_row(row, count, made.quantisation, whole<std::int16_t>(made) + at);
    if (made.whole == Whole::narrow)
        clipped = quantise_row(row, count, made.quantisation, whole<std::int8_t>(made) + at);
    clipped_[index(step.value)] += static_cast<std::uint64_t>(clipped);
}

void Executor::run_step(const Step& step, std::span<const float> input) {
    const Value& made = plan_.values[index(step.value)];
    if (step.finish.norm) prepare_norm(step);
    std::fill(sums_[index(step.value)].begin(), sums_[index(step.value)].end(), 0.0);
    std::fill(square_sums_[index(step.value)].begin(), square_sums_[index(step.value)].end(), 0.0);
    reset_stages();
    for (int k = 0; k < made.shape.extents[0]; ++k) {
        for (int j = 0; j < made.shape.extents[1]; ++j) {
            float* row = made.real ? real(made) + row_at(made.shape, k, j) : row_.data();
            produce(step, input, k, j, row);
            finish(step, k, j, row);
        }
    }
}

void Executor::run(std::span<const float> input, std::span<float> output, const Observer& observer) {
    std::fill(clipped_.begin(), clipped_.end(), std::uint64_t{0});
    for (const Step& step : plan_.steps) {
        run_step(step, input);
        const Value& made = plan_.values[index(step.value)];
        if (observer) observer(made, {real(made), made.real ? made.padded_count() : 0});
    }
    const Value& last = plan_.values[index(plan_.output)];
    const std::size_t voxels = last.shape.voxels();
    const std::size_t padded = index(padded_channels(last.shape.channels));
    const float* from = real(last);
    for (std::size_t c = 0; c < index(last.shape.channels); ++c) {
        for (std::size_t v = 0; v < voxels; ++v) output[c * voxels + v] = from[v * padded + c];
    }
}

}  // namespace shapslice::convnet
