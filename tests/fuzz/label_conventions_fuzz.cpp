// A segmentation of any values under any name, and images beside it: read, guessed and painted as a plain version with
// maps does it. The guess has all values that occur; a question names the file; painting keeps every voxel of the same
// value together, as METHOD 1.2a's table says.
#include <cmath>
#include <cstring>
#include <map>
#include <set>

#include "image/prepare.h"
#include "input.h"
#include "intake/assemble_case.h"
#include "intake/label_conventions.h"

using namespace shapslice;

namespace {

// METHOD 1.2a, for itself: NCR 1, ED 2, ET 3; what is left out is background.
const std::map<std::string, std::map<int, int>> kPlainTable{
    {"brats2023", {{0, 0}, {1, 1}, {2, 2}, {3, 3}}},
    {"brats2021", {{0, 0}, {1, 1}, {2, 2}, {4, 3}}},
    {"brats2024", {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 0}}},
    {"brats_ped", {{0, 0}, {1, 3}, {2, 1}, {3, 1}, {4, 2}}},
    {"decathlon", {{0, 0}, {1, 2}, {2, 1}, {3, 3}}},
    {"hd_glio", {{0, 0}, {1, 2}, {2, 3}}},
    {"binary", {{0, 0}, {1, 2}}},
};

float value_of(std::uint8_t byte) {
    if (byte < 240) return static_cast<float>(byte % 5);
    constexpr std::array<float, 16> kOdd{1.0000153f, 2.0099f, 2.011f,   2.99f, 3.985f,    4.009f, 5, -0.004f,
                                         -1,         9,       INFINITY, 0.5f,  -INFINITY, 1e30f,  7, -0.0f};
    return kOdd[byte - 240u];
}

struct Given {
    std::string name;
    Volume<float> segmentation;
    PerContrast<std::vector<float>> images;
};

// Length of the name, three extents, a byte for the images; the name; then a byte a voxel, again from the start where
// there are too few.
Given given_of(fuzz::Bytes input) {
    Given given;
    Grid& grid = given.segmentation.grid;
    for (std::size_t axis = 0; axis < 3; ++axis) grid.shape[axis] = 1 + input[1 + axis] % 8;
    const fuzz::Bytes rest = input.subspan(5);
    const std::size_t length = std::min<std::size_t>(input[0], rest.size());
    given.name = std::string(fuzz::text_of(rest.first(length))) + ".nii";
    fuzz::Bytes values = rest.subspan(length);
    if (values.empty()) values = input;
    const auto count = grid.size();
    for (std::size_t n = 0; n < count; ++n) given.segmentation.voxels.push_back(value_of(values[n % values.size()]));
    for (std::size_t c = 0; c < kContrasts; ++c) {
        for (std::size_t n = 0; n < count; ++n) {
            const unsigned mixed =
                values[(n * (c + 1)) % values.size()] * 37u + static_cast<unsigned>(n * (c + 3)) + input[4];
            given.images[c].push_back(static_cast<float>(mixed % 61) / 4);
        }
    }
    return given;
}

// The reader has made what is no number 0 before.
void check_reading(const Given& given, const Expected<LabelValues>& read) {
    std::map<std::string, std::size_t> others;
    std::map<int, std::uint64_t> labels;
    std::size_t rounded = 0;
    for (const float v : given.segmentation.voxels) {
        int label = -1;
        for (int whole = 0; whole <= 4; ++whole) {
            if (std::abs(v - static_cast<float>(whole)) <= 0.01f) label = whole;
        }
        if (label < 0) ++others[std::to_string(v)];
        if (label >= 0) ++labels[label];
        rounded += label >= 0 && v != static_cast<float>(label);
    }
    fuzz::must(read.has_value() == others.empty());
    if (!read) {
        std::size_t most = 0;
        for (const auto& [value, count] : others) most = std::max(most, count);
        const std::string& sentence = read.error().sentence;
        fuzz::must(sentence.starts_with(given.name + ": label "));
        fuzz::must(sentence.find(" is in " + std::to_string(most) + " voxels") != std::string::npos);
        return;
    }
    for (int whole = 0; whole <= 4; ++whole) fuzz::must(read->counts[static_cast<std::size_t>(whole)] == labels[whole]);
    fuzz::must(read->notes.size() == (rounded > 0 ? 1u : 0u));
    for (const std::string& note : read->notes) fuzz::must(note.starts_with(given.name + ": "));
}

double plain_quantile(std::vector<float> values, double share) {
    if (values.empty()) return 0;
    std::sort(values.begin(), values.end());
    return static_cast<double>(values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))]);
}

constexpr std::array<std::array<int, 3>, 6> kSteps{
    {{1, 0, 0}, {-1, 0, 0}, {0, 1, 0}, {0, -1, 0}, {0, 0, 1}, {0, 0, -1}}};

// Share of the border of a value's voxels that is with voxels of none.
double plain_outer(const std::vector<std::uint8_t>& values, const Grid& grid, int value) {
    std::size_t border = 0, outer = 0;
    const Shape& shape = grid.shape;
    for (int k = 0; k < shape[2]; ++k) {
        for (int j = 0; j < shape[1]; ++j) {
            for (int i = 0; i < shape[0]; ++i) {
                if (values[grid.index(i, j, k)] != value) continue;
                for (const auto& [x, y, z] : kSteps) {
                    const int a = i + x, b = j + y, c = k + z;
                    if (a < 0 || b < 0 || c < 0 || a >= shape[0] || b >= shape[1] || c >= shape[2]) continue;
                    const int other = values[grid.index(a, b, c)];
                    border += other != value;
                    outer += other != value && other == 0;
                }
            }
        }
    }
    return border ? static_cast<double>(outer) / static_cast<double>(border) : 0;
}

void check_signs(const Given& given, const LabelValues& read, const LabelSigns& signs) {
    const ZScore t1c = z_score(given.images[0]), t1n = z_score(given.images[1]), t2f = z_score(given.images[2]);
    std::map<int, std::vector<float>> enhancement, fluid;
    for (std::size_t n = 0; n < read.voxels.size(); ++n) {
        const int value = read.voxels[n];
        if (value == 0 && n % 7 != 0) continue;
        if (given.images[0][n] == 0 || given.images[1][n] == 0 || given.images[2][n] == 0) continue;
        enhancement[value].push_back(t1c.of(given.images[0][n]) - t1n.of(given.images[1][n]));
        fluid[value].push_back(t2f.of(given.images[2][n]));
    }
    for (int value = 0; value <= 4; ++value) {
        const auto& of = signs.values[static_cast<std::size_t>(value)];
        fuzz::must(of.voxels == enhancement[value].size());
        fuzz::must(of.enhancement == plain_quantile(enhancement[value], 0.5));
        fuzz::must(of.fluid == plain_quantile(fluid[value], 0.5));
        if (value > 0) fuzz::must(of.outer == plain_outer(read.voxels, given.segmentation.grid, value));
    }
    fuzz::must(signs.strong_enhancement == plain_quantile(enhancement[0], 0.9));
}

void check_painting(const LabelConvention& convention, const LabelValues& read, const std::array<double, 3>& spacing) {
    const auto& table = kPlainTable.at(std::string(convention.id));
    const auto labels = labels_under(convention, read.voxels);
    fuzz::must(labels.size() == read.voxels.size());
    std::array<std::uint64_t, kLabels> counts{};
    for (std::size_t n = 0; n < labels.size(); ++n) {
        const auto at = table.find(read.voxels[n]);
        fuzz::must(labels[n] == (at == table.end() ? 0 : at->second));
        ++counts[labels[n]];
    }
    const auto volumes = region_volumes(convention, read, spacing);
    const double voxel = spacing[0] * spacing[1] * spacing[2] / 1000;
    for (std::size_t r = 0; r < kRegions; ++r) {
        std::uint64_t inside = 0;
        for (std::uint8_t label = 1; label < kLabels; ++label)
            inside += in_region(label, static_cast<Region>(r)) ? counts[label] : 0;
        const double expected = convention.tells[r] ? voxel * static_cast<double>(inside) : 0;
        fuzz::must(std::abs(volumes[r] - expected) <= 1e-9 * (1 + expected));
    }
}

bool plainly_has(const std::map<int, int>& table, const LabelValues& read) {
    for (int value = 0; value <= 4; ++value) {
        if (read.counts[static_cast<std::size_t>(value)] > 0 && !table.contains(value)) return false;
    }
    return true;
}

// The user's choice of every convention: taken where it has all values, else refused and nothing changes.
void check_choices(const Given& given, const LabelValues& read) {
    Case subject;
    subject.grid = given.segmentation.grid;
    subject.reference_file = ReferenceFile{given.name, read.voxels, read.counts, "", "", {}};
    subject.reference = read.voxels;
    for (const LabelConvention& convention : label_conventions()) {
        const auto before = subject.reference;
        const bool fits = plainly_has(kPlainTable.at(std::string(convention.id)), read);
        fuzz::must(has_values(convention, read) == fits);
        fuzz::must(choose_labels(subject, convention.id).has_value() == fits);
        if (fits) check_painting(convention, read, subject.grid.spacing());
        fuzz::must(subject.reference == (fits ? labels_under(convention, read.voxels) : before));
        for (const Notice& notice : notices_of(subject)) fuzz::must(notice.file == given.name);
    }
    fuzz::must(!choose_labels(subject, given.name).has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    if (size < 6) return 0;
    const Given given = given_of({bytes, size});
    const auto read = read_label_values(given.name, given.segmentation);
    check_reading(given, read);
    if (!read) return 0;
    const LabelSigns signs = measure_signs(read->voxels, given.segmentation.grid.shape, given.images);
    check_signs(given, *read, signs);
    const LabelGuess guess = guess_convention(given.name, *read, signs);
    fuzz::must(guess.convention != nullptr && has_values(*guess.convention, *read));
    fuzz::must(guess.question.empty() || guess.question.starts_with(given.name + ": its labels ("));
    if (read->counts[0] == read->voxels.size()) fuzz::must(guess.question.empty());
    check_choices(given, *read);
    return 0;
}
