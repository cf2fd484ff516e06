#include "intake/label_conventions.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>

#include "image/prepare.h"
#include "intake/name_words.h"

namespace shapslice {

namespace {

constexpr auto kNone = Label::background;
constexpr PerRegion<bool> kAll{true, true, true, true, true};  // ET, NCR, ED, TC, WT

constexpr std::array<LabelConvention, 7> kConventions{{
    {"brats2023",
     "BraTS 2023 and later: 1 necrotic core, 2 oedema, 3 enhancing tumour",
     {kNone, Label::NCR, Label::ED, Label::ET, kNone},
     {true, true, true, true, false},
     kAll,
     ""},
    {"brats2021",
     "BraTS to 2021: 1 necrotic core, 2 oedema, 4 enhancing tumour",
     {kNone, Label::NCR, Label::ED, kNone, Label::ET},
     {true, true, true, false, true},
     kAll,
     "label 4 is read as ET, as in BraTS before 2023."},
    {"brats2024",
     "BraTS 2024 after treatment: 1 non-enhancing core, 2 FLAIR abnormality, 3 enhancing tumour, 4 resection cavity",
     {kNone, Label::NCR, Label::ED, Label::ET, kNone},
     {true, true, true, true, true},
     kAll,
     "label 4 is the resection cavity, which belongs to no region here and counts as background."},
    {"brats_ped",
     "BraTS paediatric: 1 enhancing tumour, 2 non-enhancing core, 3 cyst, 4 oedema",
     {kNone, Label::ET, Label::NCR, Label::NCR, Label::ED},
     {true, true, true, true, true},
     kAll,
     "labels are read as in BraTS-PED; non-enhancing core and cyst are counted as NCR."},
    {"decathlon",
     "Decathlon, nnU-Net's BraTS: 1 oedema, 2 necrotic core, 3 enhancing tumour",
     {kNone, Label::ED, Label::NCR, Label::ET, kNone},
     {true, true, true, true, false},
     kAll,
     "labels are read as in the Medical Segmentation Decathlon: 1 oedema, 2 necrotic core, 3 enhancing tumour."},
    {"hd_glio",
     "HD-GLIO: 1 non-enhancing T2 abnormality, 2 enhancing tumour",
     {kNone, Label::ED, Label::ET, kNone, kNone},
     {true, true, true, false, false},
     {true, false, true, false, true},
     "labels are read as in HD-GLIO: 1 non-enhancing abnormality (as ED), 2 enhancing tumour; it cannot tell NCR or "
     "TC."},
    {"binary",
     "Whole tumour only: 1",
     {kNone, Label::ED, kNone, kNone, kNone},
     {true, true, false, false, false},
     {false, false, false, false, true},
     "the segmentation has one label, read as the whole tumour; ET, NCR, ED and TC cannot be told from it."},
}};

constexpr double kContradicted = 0.25;       // z: signs weaker than this are noise
constexpr std::uint64_t kFewestVoxels = 30;  // of a value whose signs count

std::string value_words(float value) {
    char text[32];
    std::snprintf(text, sizeof text, "%g", static_cast<double>(value));
    return text;
}

double quantile(std::vector<float>& values, double share) {
    if (values.empty()) return 0;
    const auto at = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
    std::nth_element(values.begin(), at, values.end());
    return static_cast<double>(*at);
}

// How strongly the images speak against a convention, in z; 0 or less where they do not. What is called ET enhances
// most of all labels; what is called ED is brighter on T2-FLAIR than healthy brain (METHOD 1.2a), and lies outermost:
// in the 28 cases of BraTS-Africa 60 to 95 % of its border is with healthy brain, of NCR's and ET's at most 42 %. Where
// nothing is called ET, nothing enhances like one.
double contradiction(const LabelConvention& convention, const LabelSigns& signs) {
    constexpr double kPerShare = 5;  // an outermost label that lies further in by a twentieth counts as kContradicted
    const auto tells = [&](Region region) { return convention.tells[static_cast<std::size_t>(region)]; };
    double worst = 0, enhancing = -INFINITY, others = -INFINITY, oedema = -INFINITY, core = -INFINITY;
    for (std::size_t value = 1; value <= kMostLabelValue; ++value) {
        const auto& of = signs.values[value];
        if (of.voxels < kFewestVoxels) continue;
        const Label meaning = convention.meaning[value];
        double& best = meaning == Label::ET ? enhancing : others;
        best = std::max(best, of.enhancement);
        if (meaning == Label::ED) oedema = std::max(oedema, of.outer);
        if (meaning == Label::ET || meaning == Label::NCR) core = std::max(core, of.outer);
        if (meaning == Label::ED && tells(Region::ED)) worst = std::max(worst, signs.values[0].fluid - of.fluid);
    }
    if (std::isfinite(oedema) && std::isfinite(core)) worst = std::max(worst, kPerShare * (core - oedema));
    if (!tells(Region::ET) || std::isinf(others)) return worst;
    if (std::isinf(enhancing)) return std::max(worst, others - 2 * signs.strong_enhancement);
    return std::max(worst, others - enhancing);
}

// The convention that a path speaks of, or nothing.
std::string_view named_convention(std::string_view file_name) {
    const std::string name = lower_case(file_name);
    const auto says = [&](std::string_view word) { return name.find(word) != std::string::npos; };
    if (says("hd-glio") || says("hd_glio") || says("hdglio")) return "hd_glio";
    if (says("brats-ped") || says("brats_ped")) return "brats_ped";
    if (says("task01_braintumour") || says("task001_braintumour") || says("labelstr/brats_")) return "decathlon";
    // BraTS-GLI-00005-101: after treatment, visits are counted from 100.
    const std::size_t gli = name.find("brats-gli-");
    if (gli != std::string::npos && name.size() > gli + 18 && name[gli + 15] == '-' && name[gli + 16] == '1')
        return "brats2024";
    return "";
}

// By the values alone: the one of those that have all of them that is met most.
const LabelConvention* usual_convention(const LabelValues& values) {
    const auto has = [&](std::size_t value) { return values.counts[value] > 0; };
    if (has(1) && !has(2) && !has(3) && !has(4)) return find_label_convention("binary");
    if (has(3) && has(4)) return find_label_convention("brats2024");
    return find_label_convention(has(4) ? "brats2021" : "brats2023");
}

std::string values_words(const LabelValues& values) {
    std::string words;
    for (std::size_t value = 1; value <= kMostLabelValue; ++value) {
        if (values.counts[value] > 0) words += (words.empty() ? "" : ", ") + std::to_string(value);
    }
    return words;
}

// For each value, the share of its border that is with voxels of none.
std::array<double, kMostLabelValue + 1> outer_shares(std::span<const std::uint8_t> values, const Shape& shape) {
    std::array<std::size_t, kMostLabelValue + 1> border{}, outer{};
    const auto meet = [&](std::uint8_t a, std::uint8_t b) {
        if (a == b) return;
        for (const auto& [here, there] : {std::pair(a, b), std::pair(b, a)}) {
            ++border[here];
            outer[here] += there == 0;
        }
    };
    const auto nx = static_cast<std::size_t>(shape[0]), slice = nx * static_cast<std::size_t>(shape[1]);
    for (std::size_t n = 0; n < values.size(); ++n) {
        if (n % nx + 1 < nx) meet(values[n], values[n + 1]);
        if (n % slice + nx < slice) meet(values[n], values[n + nx]);
        if (n + slice < values.size()) meet(values[n], values[n + slice]);
    }
    std::array<double, kMostLabelValue + 1> shares{};
    for (std::size_t value = 1; value < shares.size(); ++value)
        shares[value] = border[value] ? static_cast<double>(outer[value]) / static_cast<double>(border[value]) : 0;
    return shares;
}

}  // namespace

std::span<const LabelConvention> label_conventions() {
    return kConventions;
}

const LabelConvention* find_label_convention(std::string_view id) {
    const auto at =
        std::find_if(kConventions.begin(), kConventions.end(), [&](const auto& each) { return each.id == id; });
    return at == kConventions.end() ? nullptr : &*at;
}

Expected<LabelValues> read_label_values(std::string_view file_name, const Volume<float>& segmentation) {
    constexpr float kNearlyWhole = 0.01f;  // METHOD 1.2
    const std::string file(file_name);
    LabelValues read;
    read.voxels.resize(segmentation.voxels.size());
    std::map<float, std::size_t> others;
    std::size_t rounded = 0;
    for (std::size_t n = 0; n < segmentation.voxels.size(); ++n) {
        const float value = segmentation.voxels[n];
        const float whole = std::round(value);
        if (!(whole >= 0 && whole <= kMostLabelValue && std::abs(value - whole) <= kNearlyWhole)) {
            ++others[value];
            if (others.size() > 64) break;  // not a label map at all
            continue;
        }
        rounded += value != whole;
        read.voxels[n] = static_cast<std::uint8_t>(whole);
        ++read.counts[read.voxels[n]];
    }
    if (!others.empty()) {
        const auto most = std::max_element(others.begin(), others.end(),
                                           [](const auto& a, const auto& b) { return a.second < b.second; });
        const auto& [value, count] = *most;
        return fail(file + ": label " + value_words(value) + " is in " + std::to_string(count) +
                    " voxels; expected 0 (background), 1 (NCR), 2 (ED) and 3 (ET), or 4 for ET in older files.");
    }
    if (rounded > 0)
        read.notes.push_back(file + ": " + std::to_string(rounded) +
                             " voxels are no whole numbers, but within 0.01 of one, and are taken for it.");
    return read;
}

LabelSigns measure_signs(std::span<const std::uint8_t> values, const Shape& shape,
                         const PerContrast<std::vector<float>>& images,
                         const std::array<std::uint8_t, kContrasts>& order) {
    const auto& t1c = images[order[static_cast<std::size_t>(Contrast::t1c)]];
    const auto& t1n = images[order[static_cast<std::size_t>(Contrast::t1n)]];
    const auto& t2f = images[order[static_cast<std::size_t>(Contrast::t2f)]];
    const ZScore z_t1c = z_score(t1c), z_t1n = z_score(t1n), z_t2f = z_score(t2f);
    std::array<std::vector<float>, kMostLabelValue + 1> enhancement, fluid;
    LabelSigns signs;
    for (std::size_t n = 0; n < values.size(); ++n) {
        const std::uint8_t value = values[n];
        if (value == 0 && n % 7 != 0) continue;  // a sample of the healthy brain will do
        if (t1c[n] == 0 || t1n[n] == 0 || t2f[n] == 0) continue;
        enhancement[value].push_back(z_t1c.of(t1c[n]) - z_t1n.of(t1n[n]));
        fluid[value].push_back(z_t2f.of(t2f[n]));
    }
    const auto outer = outer_shares(values, shape);
    for (std::size_t value = 0; value <= kMostLabelValue; ++value)
        signs.values[value] = {enhancement[value].size(), quantile(enhancement[value], 0.5),
                               quantile(fluid[value], 0.5), outer[value]};
    signs.strong_enhancement = quantile(enhancement[0], 0.9);
    return signs;
}

bool has_values(const LabelConvention& convention, const LabelValues& values) {
    for (std::size_t value = 0; value <= kMostLabelValue; ++value) {
        if (values.counts[value] > 0 && !convention.known[value]) return false;
    }
    return true;
}

LabelGuess guess_convention(std::string_view file_name, const LabelValues& values, const LabelSigns& signs) {
    LabelGuess guess;
    guess.convention = usual_convention(values);
    const LabelConvention* named = find_label_convention(named_convention(file_name));
    const bool name_counts = named && has_values(*named, values);
    if (name_counts) guess.convention = named;
    if (values.counts[1] + values.counts[2] + values.counts[3] + values.counts[4] == 0) return guess;
    if (contradiction(*guess.convention, signs) <= kContradicted) return guess;
    // The one that the images contradict least is proposed.
    const LabelConvention* proposed = guess.convention;
    for (const LabelConvention& each : kConventions) {
        if (has_values(each, values) && contradiction(each, signs) < contradiction(*proposed, signs) - 1e-9)
            proposed = &each;
    }
    guess.question = std::string(file_name) + ": its labels (" + values_words(values) + ") " +
                     (name_counts ? "and its name suggest \"" : "suggest \"") + std::string(guess.convention->title) +
                     "\", but the images do not agree" +
                     (proposed == guess.convention ? "" : "; they look like \"" + std::string(proposed->title) + "\"") +
                     ". Choose which labels it has; nothing is computed until then.";
    guess.convention = proposed;
    return guess;
}

std::vector<std::uint8_t> labels_under(const LabelConvention& convention, std::span<const std::uint8_t> values) {
    std::vector<std::uint8_t> labels(values.size());
    for (std::size_t n = 0; n < values.size(); ++n)
        labels[n] = static_cast<std::uint8_t>(convention.meaning[values[n]]);
    return labels;
}

PerRegion<double> region_volumes(const LabelConvention& convention, const LabelValues& values,
                                 const std::array<double, 3>& spacing) {
    PerRegion<double> volumes{};
    const double voxel = spacing[0] * spacing[1] * spacing[2] / 1000;  // mL
    for (std::size_t value = 1; value <= kMostLabelValue; ++value) {
        for (std::size_t r = 0; r < kRegions; ++r) {
            if (convention.tells[r] &&
                in_region(static_cast<std::uint8_t>(convention.meaning[value]), static_cast<Region>(r)))
                volumes[r] += voxel * static_cast<double>(values.counts[value]);
        }
    }
    return volumes;
}

}  // namespace shapslice
