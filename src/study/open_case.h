// Opening a case from files, one at a time, so that never more than one file's bytes and voxels are held twice.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "image/case.h"
#include "study/case_summary.h"

namespace shapslice {

// What is to be done with each of the files dropped: its role (METHOD 8.5), and for a .hdr the file that holds its
// voxels.
struct FilePlan {
    std::string name;
    FileRole role = FileRole::unused;
    std::string image_name;  // of a .hdr with a role: its .img (or .img.gz) among the files, else empty
};
std::vector<FilePlan> plan_files(const std::vector<std::string>& names);

class CaseOpening {
  public:
    // Reads one file of a role; `image_bytes` is the .img of a .hdr. An error names the file; the opening goes on, and
    // finish() then refuses.
    Expected<void> add(const std::string& name, FileRole role, std::span<const std::uint8_t> bytes,
                       std::span<const std::uint8_t> image_bytes);
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
    Expected<void> list(const std::string& name, FileRole role, const Expected<std::string>& read);
    Expected<Case> assemble(FileRole& at_work);

    PerContrast<std::optional<NamedImage>> contrasts_;
    std::optional<NamedImage> segmentation_;
    std::vector<CaseFile> files_;
    std::vector<CaseSummary::File> listing_;
    std::optional<Error> first_error_;
};

// "240 x 240 x 155 voxels, 1 x 1 x 1 mm"
std::string grid_words(const Grid& grid);

}  // namespace shapslice
