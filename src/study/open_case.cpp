#include "study/open_case.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <new>

#include "image/sha256.h"

namespace shapslice {

namespace {

std::string lower(std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return text;
}

// "scan" of "scan.hdr" and "scan.hdr.gz" when `extension` is ".hdr"; nothing for other names.
std::optional<std::string> stem_of(const std::string& name, const std::string& extension) {
    const std::string small = lower(name);
    for (const std::string& ending : {extension, extension + ".gz"}) {
        if (small.size() > ending.size() && small.ends_with(ending))
            return small.substr(0, small.size() - ending.size());
    }
    return std::nullopt;
}

std::string number_words(double value) {
    char text[32];
    std::snprintf(text, sizeof text, "%.3g", value);
    return text;
}

constexpr std::string_view kOpenStays = "what was open before stays open";

// Of a header and its image as of one file: what `cat scan.hdr scan.img | sha256sum` says.
std::string digest_of(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> image_bytes) {
    if (image_bytes.empty()) return sha256_hex(bytes);
    std::vector<std::uint8_t> both(bytes.begin(), bytes.end());
    both.insert(both.end(), image_bytes.begin(), image_bytes.end());
    return sha256_hex(both);
}

std::string missing_contrasts(const PerContrast<std::optional<NamedImage>>& contrasts) {
    std::string missing;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        if (contrasts[i]) continue;
        if (!missing.empty()) missing += ", ";
        missing += kContrastTitles[i];
    }
    return missing;
}

}  // namespace

std::string grid_words(const Grid& grid) {
    const auto spacing = grid.spacing();
    return std::to_string(grid.shape[0]) + " x " + std::to_string(grid.shape[1]) + " x " +
           std::to_string(grid.shape[2]) + " voxels, " + number_words(spacing[0]) + " x " + number_words(spacing[1]) +
           " x " + number_words(spacing[2]) + " mm";
}

std::vector<FilePlan> plan_files(const std::vector<std::string>& names) {
    const std::vector<FileRole> roles = guess_roles(names);
    std::vector<FilePlan> plans;
    for (std::size_t n = 0; n < names.size(); ++n) {
        FilePlan plan{names[n], roles[n], ""};
        if (stem_of(names[n], ".img")) plan.role = FileRole::unused;  // read with its .hdr
        if (const auto stem = stem_of(names[n], ".hdr")) {
            for (const std::string& other : names) {
                if (stem_of(other, ".img") == stem) plan.image_name = other;
            }
        }
        plans.push_back(std::move(plan));
    }
    return plans;
}

Expected<std::string> CaseOpening::read(const std::string& name, FileRole role, std::span<const std::uint8_t> bytes,
                                        std::span<const std::uint8_t> image_bytes) {
    if (role == FileRole::unused) return "";
    auto image = read_nifti(name, bytes, image_bytes);
    if (!image) return tl::make_unexpected(image.error());
    files_.push_back({name, role, digest_of(bytes, image_bytes)});
    std::optional<NamedImage>& slot =
        role == FileRole::segmentation ? segmentation_ : contrasts_[static_cast<std::size_t>(role)];
    if (slot) {
        return fail(name + ": " + slot->file_name + " is already the " + std::string(role_name(role)) +
                    " of this case; expected one file for each role.");
    }
    slot = NamedImage{name, std::move(*image)};
    return grid_words(slot->image.volume.grid);
}

Expected<void> CaseOpening::list(const std::string& name, FileRole role, const Expected<std::string>& read) {
    listing_.push_back({name, std::string(role_name(role)), read ? *read : read.error().sentence});
    if (read) return {};
    if (!first_error_) first_error_ = read.error();
    return tl::make_unexpected(read.error());
}

Expected<void> CaseOpening::add(const std::string& name, FileRole role, std::span<const std::uint8_t> bytes,
                                std::span<const std::uint8_t> image_bytes) {
    try {
        return list(name, role, read(name, role, bytes, image_bytes));
    } catch (const std::bad_alloc&) {
        return add_too_large(name, role);
    }
}

Expected<void> CaseOpening::add_too_large(const std::string& name, FileRole role) {
    return list(name, role, tl::make_unexpected(no_memory(name, "read it", kOpenStays)));
}

Expected<Case> CaseOpening::finish() {
    FileRole at_work = FileRole::t1c;
    try {
        return assemble(at_work);
    } catch (const std::bad_alloc&) {
        const auto file = std::find_if(files_.begin(), files_.end(), [&](const auto& f) { return f.role == at_work; });
        const std::string subject = file == files_.end() ? "The case" : file->name;
        return tl::make_unexpected(no_memory(subject, "bring it into the case", kOpenStays));
    }
}

Expected<Case> CaseOpening::assemble(FileRole& at_work) {
    if (first_error_) return tl::make_unexpected(*first_error_);
    const std::string missing = missing_contrasts(contrasts_);
    if (!missing.empty()) {
        std::string names;
        for (const CaseFile& file : files_) names += (names.empty() ? "" : ", ") + file.name;
        return fail("No file was recognised as " + missing +
                    "; expected one file for each of T1c, T1n, T2-FLAIR and T2w" +
                    (names.empty() ? "." : " (read: " + names + "). Correct the roles in the table of files."));
    }
    std::vector<std::string> names;
    for (const CaseFile& file : files_) names.push_back(file.name);
    auto assembled = assemble_case(common_case_name(names), std::move(contrasts_), std::move(segmentation_), &at_work);
    if (assembled) assembled->files = files_;
    return assembled;
}

}  // namespace shapslice
