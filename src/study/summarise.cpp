// summarise() and display_voxels() (study/case_summary.h): the engine's side of a summary, apart from what the app
// reads.
#include <algorithm>
#include <cmath>

#include "image/prepare.h"
#include "intake/assemble_case.h"
#include "metrics/overlap.h"
#include "study/case_summary.h"

namespace shapslice {

namespace {

void set_label_options(const ReferenceFile& file, CaseSummary& summary) {
    summary.label_convention = file.convention;
    summary.label_question = !file.question.empty();
    LabelValues values;
    values.counts = file.counts;
    for (const LabelConvention& each : label_conventions()) {
        if (!has_values(each, values)) continue;
        summary.label_options.push_back(
            {std::string(each.id), std::string(each.title), region_volumes(each, values, summary.spacing), each.tells});
    }
}

}  // namespace

CaseSummary summarise(const Case& subject) {
    CaseSummary summary;
    summary.name = subject.name;
    summary.synthetic = subject.synthetic;
    summary.shape = subject.grid.shape;
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) {
            summary.affine[static_cast<std::size_t>(row * 4 + column)] = subject.grid.affine(row, column);
        }
    }
    summary.spacing = subject.grid.spacing();
    const auto brain = brain_box(subject);
    summary.brain_low = brain ? brain->low : Shape{0, 0, 0};
    summary.brain_high = brain ? brain->high : summary.shape;
    summary.has_reference = subject.reference.has_value();
    if (subject.reference) {
        const Confusion counts = count_overlap(*subject.reference, *subject.reference);
        for (int r = 0; r < kRegions; ++r) {
            for (std::uint8_t label = 1; label < kLabels; ++label) {
                if (in_region(label, static_cast<Region>(r))) {
                    summary.reference_voxels[static_cast<std::size_t>(r)] += counts[label][label];
                }
            }
        }
    }
    for (const CaseFile& file : subject.files) {
        summary.files.push_back({file.name, std::string(role_name(file.role)), "", "", "", {}, ""});
    }
    summary.notices = notices_of(subject);
    if (subject.reference_file) set_label_options(*subject.reference_file, summary);
    return summary;
}

namespace {

constexpr double kStoredLevels = 65535;

// Whole numbers that span fewer than 65536 levels keep their values; anything else is spread over all levels.
DisplayScale storage_scale(std::span<const float> voxels) {
    float least = 0;
    float largest = 0;
    bool whole = true;
    for (const float value : voxels) {
        least = std::min(least, value);
        largest = std::max(largest, value);
        whole = whole && value == std::floor(value);
    }
    DisplayScale scale;
    scale.intercept = least;
    const double range = static_cast<double>(largest) - static_cast<double>(least);
    scale.slope = (whole && range <= kStoredLevels) || range == 0 ? 1.0 : range / kStoredLevels;
    return scale;
}

// Suggested window from the histogram of stored values, the background's own value left out.
void set_window(std::span<const std::uint16_t> stored, std::uint16_t background, DisplayScale& scale) {
    std::vector<std::uint32_t> histogram(65536, 0);
    for (const std::uint16_t value : stored) ++histogram[value];
    histogram[background] = 0;
    std::uint64_t total = 0;
    for (const std::uint32_t count : histogram) total += count;
    const auto percentile = [&](double share) {
        const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total));
        std::uint64_t below = 0;
        for (std::size_t value = 0; value < histogram.size(); ++value) {
            below += histogram[value];
            if (below > wanted) return scale.slope * static_cast<double>(value) + scale.intercept;
        }
        return scale.intercept;
    };
    // Half of it: the darkest tissue should not be as black as no tissue.
    scale.window_low = total ? percentile(0.005) / 2 : 0;
    scale.window_high = total ? percentile(0.999) : 1;
    if (scale.window_high <= scale.window_low) scale.window_high = scale.window_low + scale.slope;
}

}  // namespace

std::vector<std::uint16_t> display_voxels(std::span<const float> voxels, float shift, DisplayScale& scale) {
    scale = storage_scale(voxels);
    const double per_unit = 1.0 / scale.slope;
    std::vector<std::uint16_t> stored(voxels.size());
    for (std::size_t n = 0; n < voxels.size(); ++n) {
        stored[n] = static_cast<std::uint16_t>((static_cast<double>(voxels[n]) - scale.intercept) * per_unit + 0.5);
    }
    const auto background = static_cast<std::uint16_t>((0 - scale.intercept) * per_unit + 0.5);
    set_window(stored, background, scale);
    for (double* intensity : {&scale.intercept, &scale.window_low, &scale.window_high})
        *intensity += static_cast<double>(shift);
    return stored;
}

}  // namespace shapslice
