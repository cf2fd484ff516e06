// Opening a case from files, one at a time, so that never more than one file's bytes and voxels are held twice.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/case.h"
#include "intake/assemble_case.h"
#include "intake/case_list.h"
#include "study/case_summary.h"

namespace shapslice {

// What an opening is told beside the files.
struct OpeningOptions {
    Json label_names;  // "labels" of the dataset.json beside the files, else null
};

class CaseOpening {
  public:
    CaseOpening() = default;
    // A case of the list that find_cases() made: its table of files, and the roles that add() without a role goes by.
    explicit CaseOpening(FoundCase found, OpeningOptions options = {});

    // The files to be given to add(): those with a role, each once, with the .img of a .hdr.
    struct Wanted {
        std::string path;
        std::string image_path;
    };
    std::vector<Wanted> wanted() const;
    // Reads a file of the list: one image, or those volumes of a 4-D file that have a role.
    Expected<void> add(const std::string& path, std::span<const std::uint8_t> bytes,
                       std::span<const std::uint8_t> image_bytes);
    Expected<void> add_too_large(const std::string& path);
    // Reads one file of a role; `image_bytes` is the .img of a .hdr. An error names the file; the opening goes on, and
    // finish() then refuses.
    Expected<void> add(const std::string& name, FileRole role, std::span<const std::uint8_t> bytes,
                       std::span<const std::uint8_t> image_bytes);
    // The convention of the segmentation's labels; where it is not set they are guessed (METHOD 1.2a).
    void set_label_convention(std::string id) { label_convention_ = std::move(id); }
    // In place of add(): there was no memory even for the file's bytes.
    Expected<void> add_too_large(const std::string& name, FileRole role);
    // The case, or what is missing or does not fit, memory among it. Called once.
    Expected<Case> finish();
    // The files added, with their grid or what is wrong with them.
    const std::vector<CaseSummary::File>& files() const { return listing_; }

  private:
    // The file's grid in words.
    Expected<std::string> read(const std::string& name, FileRole role, std::span<const std::uint8_t> bytes,
                               std::span<const std::uint8_t> image_bytes);
    Expected<void> read_frames(const std::string& path, std::span<const FoundFile* const> files,
                               std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> image_bytes);
    Expected<std::string> take(const std::string& name, FileRole role, NiftiImage image, CaseFile file);
    std::vector<const FoundFile*> files_of(const std::string& path) const;
    Expected<void> list(const std::string& name, FileRole role, const Expected<std::string>& read);
    void blame(FileRole role, const std::string& sentence);
    Expected<Case> assemble(FileRole& at_work);

    std::optional<FoundCase> found_;
    OpeningOptions options_;
    PerContrast<std::optional<NamedImage>> contrasts_;
    std::optional<NamedImage> segmentation_;
    std::vector<CaseFile> files_;
    std::vector<CaseSummary::File> listing_;
    std::optional<Error> first_error_;
    std::string label_convention_;
};

// The table of files of a case that is not read yet.
std::vector<CaseSummary::File> table_of(const FoundCase& found);

// "240 x 240 x 155 voxels, 1 x 1 x 1 mm"
std::string grid_words(const Grid& grid);

}  // namespace shapslice
