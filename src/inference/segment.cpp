#include "inference/segment.h"

#include <algorithm>
#include <optional>

#include "inference/output_range.h"
#include "inference/probabilities.h"
#include "inference/providers.h"
#include "inference/tiling.h"

namespace shapslice {

void coalition_input(const Prepared& prepared, std::span<const float> absent, const ModelManifest& manifest,
                     Coalition coalition, std::span<float> input) {
    const std::size_t voxels = voxel_count(prepared.padded);
    for (std::size_t channel = 0; channel < kContrasts; ++channel) {
        const auto contrast = static_cast<std::size_t>(manifest.contrasts[channel]);
        float* to = input.data() + channel * voxels;
        const bool given = contains(coalition, static_cast<int>(contrast));
        if (given || !absent.empty()) {
            std::copy_n((given ? prepared.channels.data() : absent.data()) + contrast * voxels, voxels, to);
        } else {
            std::fill_n(to, voxels, 0.0f);
        }
    }
}

Shape turned_shape(const Shape& extents, const AxisOrder& axes) {
    Shape turned;
    for (std::size_t n = 0; n < 3; ++n) turned[n] = extents[static_cast<std::size_t>(axes[n])];
    return turned;
}

AxisOrder turned_back(const AxisOrder& axes) {
    AxisOrder back;
    for (std::size_t n = 0; n < 3; ++n) back[static_cast<std::size_t>(axes[n])] = static_cast<int>(n);
    return back;
}

void turn_axes(std::span<const float> from, const Shape& extents, const AxisOrder& axes, std::size_t channels,
               std::span<float> to) {
    const auto count = [](int extent) { return static_cast<std::size_t>(extent); };
    const Shape turned = turned_shape(extents, axes);
    std::array<std::size_t, 3> strides{1, count(turned[0]), count(turned[0]) * count(turned[1])};  // of `to`
    std::array<std::size_t, 3> step;  // in `to`, along each axis of `from`
    for (std::size_t n = 0; n < 3; ++n) step[count(axes[n])] = strides[n];
    const std::size_t voxels = voxel_count(extents);
    for (std::size_t c = 0; c < channels; ++c) {
        const float* read = from.data() + c * voxels;
        for (std::size_t k = 0; k < count(extents[2]); ++k) {
            for (std::size_t j = 0; j < count(extents[1]); ++j) {
                float* write = to.data() + c * voxels + k * step[2] + j * step[1];
                for (std::size_t i = 0; i < count(extents[0]); ++i) write[i * step[0]] = *read++;
            }
        }
    }
}

namespace {

// One tile of a volume of all contrasts as a network takes it: where it lies, or cut and turned into memory of its own.
class TileView {
  public:
    TileView(const Tiling& tiling, const AxisOrder& axes)
        : tiling_(tiling),
          axes_(axes),
          single_(tiling.tiles.size() == 1),
          cut_(single_ ? 0 : kContrasts * voxel_count(tiling.size)),
          turned_(axes == kPlainAxes ? 0 : kContrasts * voxel_count(tiling.size)) {}

    std::span<const float> of(std::span<const float> whole, const Tile& at) {
        if (whole.empty()) return {};
        std::span<const float> given = whole;
        if (!single_) {
            cut_tile(whole, tiling_, at, kContrasts, cut_);
            given = cut_;
        }
        if (turned_.empty()) return given;
        turn_axes(given, tiling_.size, axes_, kContrasts, turned_);
        return turned_;
    }

  private:
    const Tiling& tiling_;
    AxisOrder axes_;
    bool single_;
    std::vector<float> cut_, turned_;
};

constexpr int kTileBits = 20;  // of an image's number in a request: more tiles than memory has room for

// For each of a model's channels whether the coalition has its contrast.
std::vector<int> present_channels(const ModelManifest& manifest, Coalition coalition) {
    std::vector<int> present;
    for (const auto contrast : manifest.contrasts)
        present.push_back(contains(coalition, static_cast<int>(contrast)) ? 1 : 0);
    return present;
}

Error wrong_size(const ModelManifest& manifest, std::size_t expected, std::size_t found) {
    return Error{manifest.name + ": the network's output has " + std::to_string(found) + " values; expected " +
                 std::to_string(expected) + " (" + std::to_string(manifest.output_channels) +
                 " channels of the input's size)."};
}

}  // namespace

Task<Expected<Segmentation>> segment(Runtime& runtime, const ModelManifest& manifest, int fold,
                                     const Prepared& prepared, std::span<const float> absent, const Grid& case_grid,
                                     Coalition coalition, Precision precision, std::uint64_t image,
                                     std::string ranges) {
    const Tiling tiling = tile(prepared.padded, manifest.patch);
    const std::size_t tile_voxels = voxel_count(tiling.size);
    const std::size_t whole_voxels = voxel_count(tiling.whole);
    const bool single = tiling.tiles.size() == 1;
    const bool fast = runs_fast(manifest, fold, precision);
    const bool masked_there = runtime.masks();

    std::vector<float> input(kContrasts * whole_voxels);
    coalition_input(prepared, absent, manifest, masked_there ? kAllContrasts : coalition, input);
    std::vector<float> stand_in(masked_there && !absent.empty() ? input.size() : 0);
    if (!stand_in.empty()) coalition_input(prepared, absent, manifest, Coalition{0}, stand_in);
    const bool turned = manifest.axes != kPlainAxes;
    TileView input_tile(tiling, manifest.axes);
    TileView stand_in_tile(tiling, stand_in.empty() ? kPlainAxes : manifest.axes);
    std::vector<float> probabilities;
    std::vector<float> sum(single ? 0 : kLabels * whole_voxels, 0.0f);
    std::vector<float> total(single ? 0 : whole_voxels, 0.0f);
    const std::vector<float> weights = single ? std::vector<float>{} : gaussian_weights(tiling.size);

    // The first output of a model of the user's own is looked at itself.
    const bool looked_at = !manifest.output_known && coalition == kAllContrasts;
    const bool whole_at_once = single && !turned && !looked_at;
    OutputRange range;
    const std::optional<Labelling> labelling =
        whole_at_once ? std::optional(labelling_of(manifest, prepared)) : std::nullopt;

    const std::string_view begun_in = runtime.fast_arithmetic();
    std::optional<std::string_view> made_in;
    Segmentation segmentation;
    segmentation.tiles = static_cast<int>(tiling.tiles.size());
    for (const Tile& at : tiling.tiles) {
        const Shape size = turned_shape(tiling.size, manifest.axes);
        RunRequest request{manifest.id, fold, kContrasts, size, input_tile.of(input, at),
                           fast,        {},   {},         0,    labelling ? &*labelling : nullptr};
        request.ranges = ranges;
        if (masked_there) {
            request.present = present_channels(manifest, coalition);
            request.absent = stand_in_tile.of(stand_in, at);
            request.image = image << kTileBits | static_cast<std::uint64_t>(&at - tiling.tiles.data());
        }
        Expected<RunOutcome> outcome = co_await run(runtime, std::move(request));
        if (!outcome) co_return tl::make_unexpected(outcome.error());
        const std::string_view arithmetic = fast ? fast_arithmetic_of(outcome->provider, begun_in) : kFloats;
        segmentation.mixed = segmentation.mixed || arithmetic != made_in.value_or(arithmetic);
        made_in = arithmetic;
        segmentation.provider = outcome->provider;
        segmentation.run_seconds += outcome->seconds;
        if (!outcome->notice.empty()) segmentation.notice = outcome->notice;
        if (labelling && outcome->labels.size() == labelling->words) {
            segmentation.labels = unpack_labels(outcome->labels, prepared.box, case_grid);
            co_return segmentation;
        }
        const std::size_t expected = static_cast<std::size_t>(manifest.output_channels) * tile_voxels;
        if (outcome->output.size() != expected) {
            co_return tl::make_unexpected(wrong_size(manifest, expected, outcome->output.size()));
        }
        if (looked_at) range.take(outcome->output);
        if (turned) {
            std::vector<float> output(outcome->output.size());
            turn_axes(outcome->output, size, turned_back(manifest.axes),
                      static_cast<std::size_t>(manifest.output_channels), output);
            outcome->output = std::move(output);
        }
        probabilities.resize(kLabels * tile_voxels);
        if (single) {
            label_probabilities_to_restore(manifest, outcome->output, tiling.size, probabilities);
            continue;
        }
        label_probabilities(manifest, outcome->output, tile_voxels, probabilities);
        add_tile(probabilities, weights, tiling, at, kLabels, sum, total);
    }
    if (const auto problem = looked_at ? range.problem(manifest) : std::nullopt)
        co_return tl::make_unexpected(*problem);
    // The weights' sum scales all labels of a voxel alike, but neighbouring voxels are blended afterwards.
    for (std::size_t label = 0; !single && label < kLabels; ++label) {
        for (std::size_t v = 0; v < whole_voxels; ++v) sum[label * whole_voxels + v] /= total[v];
    }
    segmentation.labels = restore_labels(single ? probabilities : sum, prepared, case_grid, decision_of(manifest));
    co_return segmentation;
}

bool leaves_ranges(const ModelManifest& manifest, int fold, const Prepared& prepared) {
    const auto& range = manifest.folds[static_cast<std::size_t>(fold)].input_range;
    if (!range || prepared.channels.empty()) return false;
    const auto [least, most] = std::minmax_element(prepared.channels.begin(), prepared.channels.end());
    return *least < kRangeRoom * (*range)[0] || *most > kRangeRoom * (*range)[1];
}

Task<Expected<std::string>> case_ranges(Runtime& runtime, const ModelManifest& manifest, int fold,
                                        const Prepared& prepared) {
    const Tiling tiling = tile(prepared.padded, manifest.patch);
    std::vector<float> input(kContrasts * voxel_count(tiling.whole));
    coalition_input(prepared, {}, manifest, kAllContrasts, input);
    TileView view(tiling, manifest.axes);
    const auto furthest = [&](const Tile& at) {
        const auto values = view.of(input, at);
        const auto [least, most] = std::minmax_element(values.begin(), values.end());
        return std::max(-*least, *most);
    };
    const Tile* chosen = &tiling.tiles.front();
    float far = furthest(*chosen);
    for (const Tile& at : tiling.tiles) {
        const float found = furthest(at);
        if (found > far) chosen = &at, far = found;
    }
    const Shape size = turned_shape(tiling.size, manifest.axes);
    RunRequest request{manifest.id, fold, kContrasts, size, view.of(input, *chosen), true, {}, {}, 0, nullptr};
    request.measures = true;
    Expected<RunOutcome> outcome = co_await run(runtime, std::move(request));
    if (!outcome) co_return tl::make_unexpected(outcome.error());
    co_return outcome->ranges;
}

}  // namespace shapslice
