#include "image/case.h"

#include <algorithm>
#include <cstdio>

#include "image/resample.h"
#include "image/sha256.h"

namespace shapslice {

namespace {

constexpr double kSameGrid = 1e-3;  // mm, METHOD 8.2

std::string millimetres(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g mm", value);
    return text;
}

std::string shape_words(const Shape& shape) {
    return std::to_string(shape[0]) + " x " + std::to_string(shape[1]) + " x " + std::to_string(shape[2]);
}

// Brings `volume` to t1c's grid if it is on another, and says so.
Expected<void> bring_to_grid(NamedImage& named, const Grid& grid, const std::string& grid_file, Interpolation how,
                             std::vector<std::string>& notes) {
    Volume<float>& volume = named.image.volume;
    if (same_grid(volume.grid, grid, kSameGrid)) return {};
    if (!grids_overlap(volume.grid, grid)) {
        return fail(named.file_name + ": it lies nowhere over " + grid_file +
                    "; expected images of one patient in one space.");
    }
    std::string note = named.file_name + ": resampled (" + (how == Interpolation::linear ? "linear" : "nearest") +
                       ") to the grid of " + grid_file + "; its own is ";
    note += volume.grid.shape == grid.shape ? "off by up to " + millimetres(corner_distance(volume.grid, grid))
                                            : shape_words(volume.grid.shape) + " instead of " + shape_words(grid.shape);
    notes.push_back(note + ".");
    volume.voxels = resample_to(volume, grid, how);
    volume.grid = grid;
    return {};
}

}  // namespace

std::string content_digest(const Case& subject) {
    std::vector<std::string> lines;
    for (const CaseFile& file : subject.files) {
        if (file.role == FileRole::unused) continue;
        lines.push_back(std::string(role_name(file.role)) + " " + file.sha256);
        if (file.frame >= 0) lines.back() += " " + std::to_string(file.frame);
    }
    std::sort(lines.begin(), lines.end());
    std::string text = subject.made_from;
    for (const std::string& line : lines) text += "\n" + line;
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Expected<Case> assemble_case(std::string case_name, PerContrast<std::optional<NamedImage>> images,
                             std::optional<NamedImage> segmentation, FileRole* at_work) {
    Case subject;
    subject.name = std::move(case_name);
    for (std::size_t i = 0; i < kContrasts; ++i) {
        if (!images[i])
            return fail("There is no " + std::string(kContrastTitles[i]) + " image; expected all four contrasts.");
    }
    subject.grid = images[0]->image.volume.grid;
    subject.layout = images[0]->image.layout;
    const std::string grid_file = images[0]->file_name;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        NamedImage& named = *images[i];
        if (at_work) *at_work = static_cast<FileRole>(i);
        subject.notes.insert(subject.notes.end(), named.image.notes.begin(), named.image.notes.end());
        const auto brought = bring_to_grid(named, subject.grid, grid_file, Interpolation::linear, subject.notes);
        if (!brought) return tl::make_unexpected(brought.error());
        subject.voxels[i] = std::move(named.image.volume.voxels);
        if (std::all_of(subject.voxels[i].begin(), subject.voxels[i].end(), [](float v) { return v == 0; })) {
            return fail(named.file_name + ": every voxel is 0; expected an image with a brain in it.");
        }
    }
    if (segmentation) {
        if (at_work) *at_work = FileRole::segmentation;
        const auto brought =
            bring_to_grid(*segmentation, subject.grid, grid_file, Interpolation::nearest, subject.notes);
        if (!brought) return tl::make_unexpected(brought.error());
        auto labels = read_labels(segmentation->file_name, segmentation->image.volume);
        if (!labels) return tl::make_unexpected(labels.error());
        subject.notes.insert(subject.notes.end(), labels->notes.begin(), labels->notes.end());
        subject.reference = std::move(labels->volume.voxels);
    }
    return subject;
}

std::string common_case_name(const std::vector<std::string>& file_names) {
    if (file_names.empty()) return "";
    std::string common = file_names.front();
    for (const std::string& name : file_names) {
        const auto end = std::mismatch(common.begin(), common.end(), name.begin(), name.end()).first;
        common.erase(end, common.end());
    }
    // Not half a word: "case-t" of "case-t1c" and "case-t2w" is "case".
    const std::size_t separator = common.find_last_of("-_. ");
    common = separator == std::string::npos ? "" : common.substr(0, separator);
    while (!common.empty() && std::string_view("-_. ").find(common.back()) != std::string_view::npos) common.pop_back();
    return common.empty() ? file_names.front().substr(0, file_names.front().find('.')) : common;
}

}  // namespace shapslice
