#include "convnet/plan.h"

#include <algorithm>
#include <numeric>

#include "base/overloads.h"
#include "base/precision.h"
#include "convnet/filters.h"
#include "convnet/kernels/pack_weights.h"
#include "convnet/kernels/simd.h"
#include "convnet/memory.h"

namespace shapslice::convnet {

namespace {

std::size_t index(int n) {
    return static_cast<std::size_t>(n);
}

std::vector<float> padded(std::vector<float> values, float padding = 0) {
    values.resize(index(padded_channels(static_cast<int>(values.size()))), padding);
    return values;
}

// What is seen through `outer` of what is seen through `inner`.
IndexTables composed(const std::optional<IndexTables>& inner, const IndexTables& outer) {
    if (!inner) return outer;
    IndexTables made = outer;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        for (int& at : made[axis]) at = at == kNothing ? kNothing : (*inner)[axis][index(at)];
    }
    return made;
}

// How many zeros lie before each axis of an image of these extents, where tables do nothing but pad it with zeros.
std::optional<std::array<int, 3>> zeros_before(const IndexTables& tables, const std::array<int, 3>& extents) {
    std::array<int, 3> low{};
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const std::vector<int>& table = tables[axis];
        const auto first = std::find_if(table.begin(), table.end(), [](int at) { return at != kNothing; });
        low[axis] = static_cast<int>(first - table.begin());
        for (int n = 0; n < static_cast<int>(table.size()); ++n) {
            const int at = n - low[axis];
            if (table[index(n)] != (at >= 0 && at < extents[axis] ? at : kNothing)) return std::nullopt;
        }
        if (low[axis] + extents[axis] > static_cast<int>(table.size())) return std::nullopt;
    }
    return low;
}

// Whether tables double every axis: 0 0 1 1 2 2 ...
bool doubles(const IndexTables& tables) {
    return std::all_of(tables.begin(), tables.end(), [](const std::vector<int>& table) {
        for (std::size_t n = 0; n < table.size(); ++n) {
            if (table[n] != static_cast<int>(n / 2)) return false;
        }
        return table.size() % 2 == 0;
    });
}

// A source of a convolution, before it was doubled where that spares products.
ConvolvedSource convolved(const Source& source, const Convolution& convolution, const VolumeShape& outcome) {
    constexpr std::array kThree{3, 3, 3}, kOne{1, 1, 1};
    const bool fits = convolution.filters.kernel == kThree && convolution.stride == kOne &&
                      convolution.pad_low == kOne && outcome.extents == source.shape.extents;
    if (!fits || !source.tables || !doubles(*source.tables)) return {source, false, false, {}};
    Source before{source.value, source.shape, std::nullopt};
    for (int& extent : before.shape.extents) extent /= 2;
    return {before, true, false, {}};
}

// Which operations a step has taken in so far, in the order that finish_row has.
enum class Taken { scale, sum, activation };

class Planner {
  public:
    Planner(const Graph& graph, const Ranges& ranges, Prefer prefer)
        : graph_(graph), ranges_(ranges), prefer_(prefer) {}

    Plan make() {
        find_users();
        for (int n = 0; n < static_cast<int>(graph_.nodes.size()); ++n) {
            if (!views_.contains(n)) take(n);
        }
        plan_.output = single(graph_.output).value;
        choose_numbers();
        for (std::size_t n = 0; n < plan_.steps.size(); ++n) load_weights(plan_.steps[n], filters_[n]);
        lay_out();
        return std::move(plan_);
    }

  private:
    using View = std::vector<Source>;  // several: neighbouring channels

    const GraphNode& node(int n) const { return graph_.nodes[index(n)]; }
    Value& value(int n) { return plan_.values[index(n)]; }

    void find_users();
    void take(int n);
    // Each operation's step, or the way it looks at what is there.
    void take_as(int n, const Input& operation);
    void take_as(int n, const Convolution& operation);
    void take_as(int n, const TransposedConvolution& operation);
    void take_as(int n, const Pooling& operation);
    void take_as(int n, const Lookup& operation);
    void take_as(int n, const LinearResize& operation);
    void take_as(int n, const Concatenation& operation);
    void take_as(int n, const Sum& operation);
    void take_as(int n, const Product& operation);
    void take_as(int n, const ChannelAffine& operation);
    void take_as(int n, const Normalisation& operation);
    void take_as(int n, const ActivationFunction& operation);
    void keep_view(int n, View view);
    bool unpad(View& view, Convolve& step) const;
    // Adds a step that begins at node n, together with the nodes behind it that it can take in.
    void add(int n, Producer producer, Finish finish, Taken taken, const Filters* filters = nullptr);
    int absorb(int n, Finish& finish, Taken taken) const;
    Finish plain_finish(int n) const;
    // The source that a node is, written down first where it is several.
    Source single(int n);
    Source written(int n);
    void materialise(int n);

    void choose_numbers();
    bool takes_whole(const Step& step);
    // Sees to it that whole numbers of a value leave room for a step's sums, of these filters.
    void limit(const Step& step, const Filters& filters);
    void limit(int v, double weights);
    void choose_winograd(Step& step);
    void load_weights(Step& step, const Filters* filters);
    void load(Convolve& convolve, const Filters& filters);
    void load(ConvolveTransposed& convolve, const Filters& filters);
    void lay_out();

    const Graph& graph_;
    const Ranges& ranges_;
    Prefer prefer_;
    Plan plan_;
    std::map<int, View> views_;            // of nodes that are there
    std::vector<std::vector<int>> users_;  // of nodes
    std::vector<const Filters*> filters_;  // of steps
};

void Planner::find_users() {
    users_.resize(graph_.nodes.size());
    for (int n = 0; n < static_cast<int>(graph_.nodes.size()); ++n) {
        for (const int input : node(n).inputs) users_[index(input)].push_back(n);
    }
}

Finish Planner::plain_finish(int n) const {
    Finish finish;
    finish.scale.assign(index(node(n).shape.channels), 1.0f);
    finish.shift.assign(index(node(n).shape.channels), 0.0f);
    return finish;
}

Source Planner::single(int n) {
    if (views_.at(n).size() != 1) materialise(n);
    return views_.at(n)[0];
}

Source Planner::written(int n) {
    if (views_.at(n).size() != 1 || views_.at(n)[0].tables) materialise(n);
    return views_.at(n)[0];
}

void Planner::materialise(int n) {
    Step step{Copy{views_.at(n)}, plain_finish(n), static_cast<int>(plan_.values.size()), 0};
    plan_.values.push_back({node(n).name, node(n).shape, false, Whole::none, false, {}, 0, 0});
    views_[n] = {{step.value, node(n).shape, std::nullopt}};
    plan_.steps.push_back(std::move(step));
    filters_.push_back(nullptr);
}

// --- which nodes become one step

void compose(Finish& finish, const ChannelAffine& affine) {
    for (std::size_t c = 0; c < affine.scale.size(); ++c) {
        finish.scale[c] *= affine.scale[c];
        finish.shift[c] = finish.shift[c] * affine.scale[c] + affine.shift[c];
    }
}

void set_activation(Finish& finish, const ActivationFunction& function) {
    finish.activation = function.kind;
    finish.slopes = function.slopes;
}

// Takes in what follows node n as long as nothing else reads what lies between; the last node taken.
int Planner::absorb(int n, Finish& finish, Taken taken) const {
    while (users_[index(n)].size() == 1 && n != graph_.output) {
        const int next = users_[index(n)][0];
        const Operation& operation = node(next).operation;
        if (const auto* affine = std::get_if<ChannelAffine>(&operation); affine && taken == Taken::scale) {
            compose(finish, *affine);
        } else if (std::holds_alternative<Sum>(operation) && taken == Taken::scale) {
            const int other = node(next).inputs[0] == n ? node(next).inputs[1] : node(next).inputs[0];
            const auto there = views_.find(other);
            if (there == views_.end() || there->second.size() != 1) return n;
            finish.added = there->second[0];
            taken = Taken::sum;
        } else if (const auto* function = std::get_if<ActivationFunction>(&operation);
                   function && taken != Taken::activation) {
            set_activation(finish, *function);
            taken = Taken::activation;
        } else {
            return n;
        }
        n = next;
    }
    return n;
}

void Planner::add(int n, Producer producer, Finish finish, Taken taken, const Filters* filters) {
    const int last = absorb(n, finish, taken);
    Step step{std::move(producer), std::move(finish), static_cast<int>(plan_.values.size()), 0};
    if (filters) {
        // Each tap meets every voxel of a convolution's output, of a transposed one's input.
        const auto* transposed = std::get_if<ConvolveTransposed>(&step.producer);
        const VolumeShape& met = transposed ? transposed->source.shape : node(n).shape;
        step.products = static_cast<double>(met.voxels()) * filters->outputs * filters->inputs * filters->taps();
    }
    plan_.values.push_back({node(last).name, node(last).shape, false, Whole::none, false, {}, 0, 0});
    views_[last] = {{step.value, node(last).shape, std::nullopt}};
    // What lies between first and last is nowhere: nothing reads it.
    for (int between = n; between != last; between = users_[index(between)][0]) views_[between] = {};
    plan_.steps.push_back(std::move(step));
    filters_.push_back(filters);
}

// Concatenations, nearest neighbour resizes and padding are ways to look at other values.
void Planner::keep_view(int n, View view) {
    views_[n] = std::move(view);
    if (n == graph_.output) materialise(n);
}

void Planner::take(int n) {
    std::visit([&](const auto& operation) { take_as(n, operation); }, node(n).operation);
}

void Planner::take_as(int n, const Input&) {
    add(n, ReadInput{}, plain_finish(n), Taken::scale);
}

void Planner::take_as(int n, const Convolution& operation) {
    Convolve step;
    step.kernel = operation.filters.kernel;
    step.stride = operation.stride;
    step.pad_low = operation.pad_low;
    View view = views_.at(node(n).inputs[0]);
    if (unpad(view, step)) {
        for (const Source& source : view) step.sources.push_back({source, false, false, {}});
    } else {
        for (const Source& source : view) step.sources.push_back(convolved(source, operation, node(n).shape));
    }
    add(n, std::move(step), plain_finish(n), Taken::scale, &operation.filters);
}

// Zeros that lie around all sources of a convolution become its own padding.
bool Planner::unpad(View& view, Convolve& step) const {
    std::optional<std::array<int, 3>> common;
    for (const Source& source : view) {
        const auto low = source.tables ? zeros_before(*source.tables, plan_.values[index(source.value)].shape.extents)
                                       : std::nullopt;
        if (!low || (common && common != low)) return false;
        common = low;
    }
    for (std::size_t axis = 0; axis < 3; ++axis) {
        if (step.pad_low[axis] + (*common)[axis] >= step.kernel[axis]) return false;  // more than its window reaches
    }
    for (std::size_t axis = 0; axis < 3; ++axis) step.pad_low[axis] += (*common)[axis];
    for (Source& source : view) source = {source.value, plan_.values[index(source.value)].shape, std::nullopt};
    return true;
}

void Planner::take_as(int n, const TransposedConvolution& operation) {
    ConvolveTransposed step;
    step.kernel = operation.filters.kernel;
    step.stride = operation.stride;
    step.pad_low = operation.pad_low;
    step.source = single(node(n).inputs[0]);
    step.blocks = step.kernel == step.stride;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        const int outputs = node(n).shape.extents[axis];
        step.blocks =
            step.blocks && step.pad_low[axis] == 0 && outputs == step.kernel[axis] * step.source.shape.extents[axis];
        step.phases[axis] = phases_of(step.kernel[axis], step.stride[axis], step.pad_low[axis], outputs);
    }
    if (step.blocks) step.phases = {};
    add(n, std::move(step), plain_finish(n), Taken::scale, &operation.filters);
}

void Planner::take_as(int n, const Pooling& operation) {
    add(n, Pool{operation, single(node(n).inputs[0])}, plain_finish(n), Taken::scale);
}

void Planner::take_as(int n, const Lookup& operation) {
    View view = views_.at(node(n).inputs[0]);
    for (Source& source : view) {
        source.tables = composed(source.tables, operation.from);
        source.shape.extents = node(n).shape.extents;
    }
    keep_view(n, std::move(view));
}

void Planner::take_as(int n, const LinearResize& operation) {
    add(n, Interpolate{operation.taps, single(node(n).inputs[0])}, plain_finish(n), Taken::scale);
}

void Planner::take_as(int n, const Concatenation&) {
    View view;
    for (const int input : node(n).inputs) {
        const View& part = views_.at(input);
        view.insert(view.end(), part.begin(), part.end());
    }
    keep_view(n, std::move(view));
}

void Planner::take_as(int n, const Sum&) {
    Finish finish = plain_finish(n);
    finish.added = single(node(n).inputs[1]);
    add(n, Copy{views_.at(node(n).inputs[0])}, std::move(finish), Taken::sum);
}

void Planner::take_as(int n, const Product&) {
    const Source first = single(node(n).inputs[0]);
    add(n, Multiply{first, single(node(n).inputs[1])}, plain_finish(n), Taken::scale);
}

void Planner::take_as(int n, const ChannelAffine& operation) {
    Finish finish = plain_finish(n);
    compose(finish, operation);
    add(n, Copy{views_.at(node(n).inputs[0])}, std::move(finish), Taken::scale);
}

void Planner::take_as(int n, const Normalisation& operation) {
    Finish finish;
    const Source source = written(node(n).inputs[0]);
    value(source.value).moments = true;
    finish.norm = {source.value, operation.groups, operation.epsilon};
    finish.scale = operation.scale;
    finish.shift = operation.shift;
    add(n, Copy{{source}}, std::move(finish), Taken::scale);
}

void Planner::take_as(int n, const ActivationFunction& operation) {
    Finish finish = plain_finish(n);
    set_activation(finish, operation);
    add(n, Copy{views_.at(node(n).inputs[0])}, std::move(finish), Taken::activation);
}

// --- floats or whole numbers

// The sources that a step takes from whichever form is there, or in whole numbers; and what it must have in floats.
struct Readings {
    std::vector<int> convolved;
    std::vector<int> either;
    std::vector<int> real;
};

Readings readings(const Step& step) {
    Readings found;
    using List = std::vector<int>;
    List& list = std::visit(
        Overloads{
            [&](const ReadInput&) -> List& { return found.real; },
            [&](const Convolve& made) -> List& { return made.whole ? found.convolved : found.real; },
            [&](const ConvolveTransposed& made) -> List& { return made.whole ? found.convolved : found.real; },
            [&](const Pool&) -> List& { return found.either; }, [&](const Interpolate&) -> List& { return found.real; },
            [&](const Multiply&) -> List& { return found.real; }, [&](const Copy&) -> List& { return found.real; }},
        step.producer);
    for (const Source* source : sources_of(step.producer)) list.push_back(source->value);
    if (step.finish.added) found.real.push_back(step.finish.added->value);
    return found;
}

// Whether a producer multiplies whole numbers; null where it has no weights.
bool* whole_of(Producer& producer) {
    return std::visit(Overloads{[](ReadInput&) -> bool* { return nullptr; }, [](Convolve& made) { return &made.whole; },
                                [](ConvolveTransposed& made) { return &made.whole; },
                                [](Pool&) -> bool* { return nullptr; }, [](Interpolate&) -> bool* { return nullptr; },
                                [](Multiply&) -> bool* { return nullptr; }, [](Copy&) -> bool* { return nullptr; }},
                      producer);
}

// The values that a convolution multiplies, each with the products that make one of its sums.
std::vector<std::pair<int, double>> multiplied(const Step& step) {
    std::vector<std::pair<int, double>> found;
    if (const auto* convolve = std::get_if<Convolve>(&step.producer)) {
        const double taps = convolve->kernel[0] * convolve->kernel[1] * convolve->kernel[2];
        for (const ConvolvedSource& each : convolve->sources)
            found.emplace_back(each.source.value, (each.doubled ? 8 : taps) * each.source.shape.channels);
    } else {
        const auto& transposed = std::get<ConvolveTransposed>(step.producer);
        double taps = 1;  // of the phase that has most
        for (const auto& phases : transposed.phases) {
            int most = 1;
            for (const Phase& phase : phases) most = std::max(most, phase.taps);
            taps *= most;
        }
        found.emplace_back(transposed.source.value, taps * transposed.source.shape.channels);
    }
    return found;
}

constexpr double kLargestWeight = 128;
constexpr double kLargestSum = 2147483647;
constexpr double kLargestTransformed = 16383;  // of a value whose sums of two must fit 16 bits

bool Planner::takes_whole(const Step& step) {
    const auto read = multiplied(step);
    return std::all_of(read.begin(), read.end(), [&](const auto& each) {
        const auto& [v, products] = each;
        return ranges_.contains(value(v).name) && products * kLargestWeight * kLargestNarrow <= kLargestSum;
    });
}

void Planner::limit(int v, double weights) {
    int& largest = value(v).quantisation.largest;
    largest = std::min(largest, static_cast<int>(kLargestSum / std::max(1.0, weights)));
}

// `weights` of a sum add up to so much at most, in size.
void Planner::limit(const Step& step, const Filters& filters) {
    const auto* convolve = std::get_if<Convolve>(&step.producer);
    if (!convolve) {
        for (const auto& [v, products] : multiplied(step)) limit(v, products * kLargestWeight);
        return;
    }
    int first = 0;
    for (const ConvolvedSource& each : convolve->sources) {
        const int v = each.source.value;
        const int inputs = each.source.shape.channels;
        if (each.doubled) {
            limit(v, 8 * inputs * kLargestWeight);
        } else if (each.winograd) {
            limit(v, kLargestSum / kLargestTransformed);
            for (const Filters& part : winograd_filters(filters, first, inputs))
                limit(v, 2 * largest_weight_sum(part, 0, inputs));  // sums of two activations
        } else {
            limit(v, largest_weight_sum(filters, first, inputs));
        }
        first += inputs;
    }
}

// Where rows are long enough for tiles of two, and channels for what is done around the products.
void Planner::choose_winograd(Step& step) {
    auto* convolve = std::get_if<Convolve>(&step.producer);
    if (!convolve || !convolve->whole || convolve->kernel[2] != 3 || convolve->stride[2] != 1) return;
    constexpr int kLeastChannels = 12, kLeastWidth = 12;
    if (value(step.value).shape.extents[2] < kLeastWidth) return;
    for (ConvolvedSource& each : convolve->sources) {
        each.winograd = !each.doubled && each.source.shape.channels >= kLeastChannels &&
                        value(each.source.value).whole == Whole::wide;
    }
}

void Planner::choose_numbers() {
    for (Value& each : plan_.values) each.quantisation.largest = kLargestWide;
    for (std::size_t n = 0; n < plan_.steps.size(); ++n) {
        Step& step = plan_.steps[n];
        if (!filters_[n] || !takes_whole(step)) continue;
        *whole_of(step.producer) = true;
        for (const auto& [v, products] : multiplied(step)) {
            const bool end = v == plan_.steps[0].value || step.value == plan_.output;
            const bool wide = prefer_ == Prefer::wide || end || ranges_.at(value(v).name).needs_wide;
            if (value(v).whole != Whole::wide) value(v).whole = wide ? Whole::wide : Whole::narrow;
        }
    }
    for (std::size_t n = 0; n < plan_.steps.size(); ++n) {
        Step& step = plan_.steps[n];
        choose_winograd(step);
        if (const bool* whole = whole_of(step.producer); whole && *whole) limit(step, *filters_[n]);
    }
    for (const Step& step : plan_.steps) {
        for (const int v : readings(step).real) value(v).real = true;
    }
    value(plan_.output).real = true;
    for (Value& each : plan_.values) {
        if (each.whole == Whole::none) each.real = true;  // only pooled, or not read at all
        if (each.whole == Whole::none) continue;
        const Range& range = ranges_.at(each.name);
        each.quantisation =
            each.whole == Whole::narrow
                ? quantisation_of(range.low, range.high, kLargestNarrow)
                : quantisation_of(kRangeRoom * range.lowest, kRangeRoom * range.highest, each.quantisation.largest);
    }
}

// --- weights

template <class Element>
constexpr bool kIsWhole = !std::is_same_v<Element, float>;

// Packs filters for a source's `inputs` channels from `first_input` on; `q` is the source's.
template <class Element>
PackedFilters<Element> packed(const Filters& filters, int first_input, int inputs, const Quantisation& q) {
    const auto outputs = index(padded_channels(filters.outputs));
    PackedFilters<Element> made{pack_weights<Element>(filters, first_input, inputs), std::vector<float>(outputs, 1.0f),
                                std::vector<float>(outputs, 0.0f)};
    if (!kIsWhole<Element>) return made;
    const std::size_t taps = index(filters.taps());
    for (std::size_t o = 0; o < index(filters.outputs); ++o) {
        const auto first = filters.whole.begin() +
                           static_cast<std::ptrdiff_t>((o * index(filters.inputs) + index(first_input)) * taps);
        const double sum = std::accumulate(first, first + static_cast<std::ptrdiff_t>(index(inputs) * taps), 0.0);
        const double scale = double(q.scale) * double(filters.scales[o]);
        made.scales[o] = static_cast<float>(scale);
        made.offsets[o] = static_cast<float>(-scale * q.zero * sum);
    }
    return made;
}

// The same for a row of a transposed convolution's kernel.
template <class Element>
PackedFilters<Element> packed_transposed(const Filters& filters, int phase_k, int phase_j, const Quantisation& q) {
    const int outputs = padded_channels(filters.outputs);
    const auto count = index(filters.kernel[2] * outputs);
    PackedFilters<Element> made{pack_transposed_weights<Element>(filters, phase_k, phase_j),
                                std::vector<float>(count, 1.0f), std::vector<float>(count, 0.0f)};
    for (int tap = 0; kIsWhole<Element> && tap < filters.kernel[2]; ++tap) {
        for (int o = 0; o < filters.outputs; ++o) {
            double sum = 0;
            for (int c = 0; c < filters.inputs; ++c) {
                const int row = (o * filters.inputs + c) * filters.kernel[0] + phase_k;
                sum += filters.whole[index((row * filters.kernel[1] + phase_j) * filters.kernel[2] + tap)];
            }
            const double scale = double(q.scale) * double(filters.scales[index(o)]);
            made.scales[index(tap * outputs + o)] = static_cast<float>(scale);
            made.offsets[index(tap * outputs + o)] = static_cast<float>(-scale * q.zero * sum);
        }
    }
    return made;
}

// Differences of activations know nothing of the number that stands for 0; the second part, a sum of two, has it twice.
std::vector<PackedFilters<std::int16_t>> packed_winograd(const Filters& filters, int first_input, int inputs,
                                                         const Quantisation& q) {
    std::vector<PackedFilters<std::int16_t>> made;
    const auto parts = winograd_filters(filters, first_input, inputs);
    for (std::size_t n = 0; n < parts.size(); ++n) {
        Quantisation seen = q;
        seen.zero = n == 1 ? 2 * q.zero : 0;
        made.push_back(packed<std::int16_t>(parts[n], 0, inputs, seen));
    }
    return made;
}

template <class Element>
std::vector<PackedFilters<Element>> packed_source(const ConvolvedSource& from, const Filters& filters, int first_input,
                                                  const Quantisation& q) {
    const int inputs = from.source.shape.channels;
    if constexpr (std::is_same_v<Element, std::int16_t>) {
        if (from.winograd) return packed_winograd(filters, first_input, inputs, q);
    }
    if (!from.doubled) return {packed<Element>(filters, first_input, inputs, q)};
    std::vector<PackedFilters<Element>> made;
    for (int phase = 0; phase < 8; ++phase) {
        const Filters part = doubled_filters(filters, first_input, inputs, {phase / 4, phase / 2 % 2, phase % 2});
        made.push_back(packed<Element>(part, 0, inputs, q));
    }
    return made;
}

template <class Element>
std::vector<PackedFilters<Element>> packed_rows(const Filters& filters, const Quantisation& q) {
    std::vector<PackedFilters<Element>> made;
    for (int k = 0; k < filters.kernel[0]; ++k) {
        for (int j = 0; j < filters.kernel[1]; ++j) made.push_back(packed_transposed<Element>(filters, k, j, q));
    }
    return made;
}

// Packs weights in the kind of numbers that `from` is in where they are whole, by `pack<Element>(quantisation)`.
template <class Pack>
KindsOfFilters packed_as(const Value& from, bool whole, const Pack& pack) {
    const Quantisation& q = from.quantisation;
    if (!whole) return pack.template operator()<float>(q);
    if (from.whole == Whole::wide) return pack.template operator()<std::int16_t>(q);
    return pack.template operator()<std::int8_t>(q);
}

// For each phase of a transposed convolution's stride.
template <class Element>
std::vector<PackedFilters<Element>> packed_phases(const Filters& filters, const std::array<int, 3>& stride,
                                                  const Quantisation& q) {
    std::vector<PackedFilters<Element>> made;
    for (int n = 0; n < stride[0] * stride[1] * stride[2]; ++n) {
        const std::array<int, 3> phase{n / (stride[1] * stride[2]), n / stride[2] % stride[1], n % stride[2]};
        made.push_back(packed<Element>(phase_filters(filters, stride, phase), 0, filters.inputs, q));
    }
    return made;
}

void Planner::load(Convolve& convolve, const Filters& filters) {
    int first = 0;
    for (ConvolvedSource& each : convolve.sources) {
        each.filters = packed_as(value(each.source.value), convolve.whole, [&]<class Element>(const Quantisation& q) {
            return packed_source<Element>(each, filters, first, q);
        });
        first += each.source.shape.channels;
    }
}

void Planner::load(ConvolveTransposed& convolve, const Filters& filters) {
    if (!convolve.blocks) {
        convolve.filters = packed_as(
            value(convolve.source.value), convolve.whole,
            [&]<class Element>(const Quantisation& q) { return packed_phases<Element>(filters, convolve.stride, q); });
        return;
    }
    convolve.filters =
        packed_as(value(convolve.source.value), convolve.whole,
                  [&]<class Element>(const Quantisation& q) { return packed_rows<Element>(filters, q); });
}

void Planner::load_weights(Step& step, const Filters* filters) {
    std::visit(Overloads{[](ReadInput&) {}, [&](Convolve& made) { load(made, *filters); },
                         [&](ConvolveTransposed& made) { load(made, *filters); }, [](Pool&) {}, [](Interpolate&) {},
                         [](Multiply&) {}, [](Copy&) {}},
               step.producer);
    for (std::size_t o = 0; filters && o < index(filters->outputs); ++o)
        step.finish.shift[o] += step.finish.scale[o] * filters->bias[o];
    step.finish.scale = padded(std::move(step.finish.scale));
    step.finish.shift = padded(std::move(step.finish.shift));
    step.finish.slopes = padded(std::move(step.finish.slopes));
}

// --- memory

void Planner::lay_out() {
    std::vector<Tenant> tenants(2 * plan_.values.size());  // a value's floats, its whole numbers
    const auto last_step = static_cast<int>(plan_.steps.size()) - 1;
    for (int n = 0; n <= last_step; ++n) {
        const Step& step = plan_.steps[index(n)];
        const Value& made = value(step.value);
        Tenant& real = tenants[2 * index(step.value)];
        Tenant& whole = tenants[2 * index(step.value) + 1];
        real = {made.real ? made.padded_count() * sizeof(float) : 0, n, n, 0};
        whole = {made.whole_bytes(), n, n, 0};
        const Readings read = readings(step);
        for (const int v : read.convolved) tenants[2 * index(v) + 1].last = n;
        for (const int v : read.real) tenants[2 * index(v)].last = n;
        for (const int v : read.either) tenants[2 * index(v) + (value(v).real ? 0 : 1)].last = n;
    }
    tenants[2 * index(plan_.output)].last = last_step;
    plan_.bytes = place(tenants);
    for (std::size_t v = 0; v < plan_.values.size(); ++v) {
        plan_.values[v].real_at = tenants[2 * v].at;
        plan_.values[v].whole_at = tenants[2 * v + 1].at;
    }
}

}  // namespace

std::size_t Value::padded_count() const {
    return shape.voxels() * index(padded_channels(shape.channels));
}

std::size_t Value::whole_bytes() const {
    return whole == Whole::none ? 0
                                : padded_count() * (whole == Whole::wide ? sizeof(std::int16_t) : sizeof(std::int8_t));
}

std::vector<const Source*> sources_of(const Producer& producer) {
    std::vector<const Source*> found;
    std::visit(Overloads{[](const ReadInput&) {},
                         [&](const Convolve& made) {
                             for (const ConvolvedSource& each : made.sources) found.push_back(&each.source);
                         },
                         [&](const ConvolveTransposed& made) { found.push_back(&made.source); },
                         [&](const Pool& made) { found.push_back(&made.source); },
                         [&](const Interpolate& made) { found.push_back(&made.source); },
                         [&](const Multiply& made) {
                             found.push_back(&made.first);
                             found.push_back(&made.second);
                         },
                         [&](const Copy& made) {
                             for (const Source& each : made.sources) found.push_back(&each);
                         }},
               producer);
    return found;
}

double Step::products_made() const {
    const auto* convolve = std::get_if<Convolve>(&producer);
    if (!convolve) return products;
    const double taps = convolve->kernel[0] * convolve->kernel[1] * convolve->kernel[2];
    double counted = 0, made = 0;
    for (const ConvolvedSource& each : convolve->sources) {
        double share = 1;
        if (each.doubled) share = 8 / taps;  // filters.h
        if (each.winograd) share = 4.0 / 6;  // kernels/winograd_row.h
        counted += each.source.shape.channels;
        made += share * each.source.shape.channels;
    }
    return products * made / counted;
}

double Plan::products() const {
    return std::accumulate(steps.begin(), steps.end(), 0.0,
                           [](double sum, const Step& step) { return sum + step.products; });
}

Plan make_plan(const Graph& graph, const Ranges& ranges, Prefer prefer) {
    return Planner(graph, ranges, prefer).make();
}

}  // namespace shapslice::convnet
