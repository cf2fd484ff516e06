#include "study/open_case.h"

#include <algorithm>
#include <cstdio>
#include <new>

#include "image/sha256.h"
#include "intake/domain_checks.h"

namespace shapslice {

namespace {

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

std::vector<CaseSummary::File> table_of(const FoundCase& found) {
    static constexpr const char* kMarks[] = {"", "chosen", "question"};
    std::vector<CaseSummary::File> table;
    for (const FoundFile& file : found.files) {
        table.push_back({file.key(), std::string(role_name(file.role)), "", kMarks[static_cast<std::size_t>(file.mark)],
                         file.remark, file.instead,
                         file.named == FileRole::unused ? "" : std::string(role_name(file.named))});
    }
    return table;
}

CaseOpening::CaseOpening(FoundCase found, OpeningOptions options)
    : found_(std::move(found)), options_(std::move(options)), listing_(table_of(*found_)) {}

std::vector<CaseOpening::Wanted> CaseOpening::wanted() const {
    std::vector<Wanted> files;
    if (!found_) return files;
    for (const FoundFile& file : found_->files) {
        const bool known =
            std::any_of(files.begin(), files.end(), [&](const Wanted& each) { return each.path == file.path; });
        if (file.role != FileRole::unused && !known) files.push_back({file.path, file.image_path});
    }
    return files;
}

std::vector<const FoundFile*> CaseOpening::files_of(const std::string& path) const {
    std::vector<const FoundFile*> files;
    if (!found_) return files;
    for (const FoundFile& file : found_->files) {
        if (file.path == path && file.role != FileRole::unused) files.push_back(&file);
    }
    return files;
}

Expected<std::string> CaseOpening::take(const std::string& name, FileRole role, NiftiImage image, CaseFile file) {
    files_.push_back(std::move(file));
    std::optional<NamedImage>& slot =
        role == FileRole::segmentation ? segmentation_ : contrasts_[static_cast<std::size_t>(role)];
    if (slot) {
        return fail(name + ": " + slot->file_name + " is already the " + std::string(role_name(role)) +
                    " of this case; expected one file for each role.");
    }
    slot = NamedImage{name, std::move(image)};
    return grid_words(slot->image.volume.grid);
}

Expected<std::string> CaseOpening::read(const std::string& name, FileRole role, std::span<const std::uint8_t> bytes,
                                        std::span<const std::uint8_t> image_bytes) {
    if (role == FileRole::unused) return "";
    auto image = read_nifti(name, bytes, image_bytes);
    if (!image) return tl::make_unexpected(image.error());
    return take(name, role, std::move(*image), {name, role, digest_of(bytes, image_bytes)});
}

// All volumes of a file that have a role, inflated once.
Expected<void> CaseOpening::read_frames(const std::string& path, std::span<const FoundFile* const> files,
                                        std::span<const std::uint8_t> bytes,
                                        std::span<const std::uint8_t> image_bytes) {
    std::vector<int> frames;
    for (const FoundFile* file : files) frames.push_back(file->frame);
    auto volumes = read_nifti_frames(path, frames, bytes, image_bytes);
    if (!volumes) return tl::make_unexpected(volumes.error());
    const std::string digest = digest_of(bytes, image_bytes);
    for (std::size_t n = 0; n < files.size(); ++n) {
        const FoundFile& file = *files[n];
        const auto listed =
            list(file.key(), file.role,
                 take(file.key(), file.role, std::move((*volumes)[n]), {file.key(), file.role, digest, file.frame}));
        if (!listed) return listed;
    }
    return {};
}

Expected<void> CaseOpening::add(const std::string& path, std::span<const std::uint8_t> bytes,
                                std::span<const std::uint8_t> image_bytes) {
    const std::vector<const FoundFile*> files = files_of(path);
    if (files.empty()) return {};
    if (files.front()->frame < 0) return add(path, files.front()->role, bytes, image_bytes);
    try {
        const auto read = read_frames(path, files, bytes, image_bytes);
        if (read || first_error_) return read;
        return list(files.front()->key(), files.front()->role, tl::make_unexpected(read.error()));
    } catch (const std::bad_alloc&) {
        return add_too_large(path);
    }
}

Expected<void> CaseOpening::add_too_large(const std::string& path) {
    const std::vector<const FoundFile*> files = files_of(path);
    if (files.empty()) return add_too_large(path, FileRole::unused);
    return add_too_large(files.front()->key(), files.front()->role);
}

Expected<void> CaseOpening::list(const std::string& name, FileRole role, const Expected<std::string>& read) {
    auto row = std::find_if(listing_.begin(), listing_.end(), [&](const auto& file) { return file.name == name; });
    // Whole before it is listed: where memory runs out on the way, the file is listed once more, as too large.
    std::string detail = read ? *read : read.error().sentence;
    if (row == listing_.end() || !found_) {
        CaseSummary::File made{name, std::string(role_name(role)), "", "", "", {}, ""};
        row = listing_.insert(listing_.end(), std::move(made));
    }
    row->detail = std::move(detail);
    if (read) return {};
    row->mark = "error";  // short enough to need no memory
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

// A refusal that is about the file of a role stands in its row.
void CaseOpening::blame(FileRole role, const std::string& sentence) {
    for (CaseSummary::File& row : listing_) {
        if (row.role != role_name(role) || !sentence.starts_with(row.name)) continue;
        row.detail = sentence;
        row.mark = "error";
    }
}

Expected<Case> CaseOpening::finish() {
    FileRole at_work = FileRole::t1c;
    try {
        auto assembled = assemble(at_work);
        if (!assembled) blame(at_work, assembled.error().sentence);
        return assembled;
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
    const std::string case_name = found_ ? found_->name : common_case_name(names);
    auto assembled =
        assemble_case(case_name, std::move(contrasts_), std::move(segmentation_), &at_work, label_convention_);
    if (!assembled) return assembled;
    assembled->files = files_;
    // What was taken before what else, and what waits for the user's word.
    for (const FoundFile& file : found_ ? found_->files : std::vector<FoundFile>{}) {
        if (file.mark != FoundFile::Mark::none)
            assembled->notices.push_back({file.mark == FoundFile::Mark::question ? NoticeKind::check : NoticeKind::note,
                                          file.key(), file.key() + ": " + file.remark + "."});
    }
    const std::vector<Notice> checks = domain_checks(*assembled);
    assembled->notices.insert(assembled->notices.end(), checks.begin(), checks.end());
    return assembled;
}

}  // namespace shapslice
