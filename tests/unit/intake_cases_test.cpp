// The folders of ../shared/data/intake/names, opened as the programs open them: the same voxels as the case without a
// fault where they are of that case, else a refusal.
#include <gtest/gtest.h>

#include <filesystem>

#include "intake/file_start.h"
#include "study/open_case.h"
#include "support.h"

namespace shapslice {
namespace {

namespace fs = std::filesystem;

const fs::path kIntake = fs::path(SHAPSLICE_CASES) / "intake";

CaseRequest request_of(const fs::path& folder) {
    CaseRequest request;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
        if (!entry.is_regular_file()) continue;
        FileEntry file;
        file.path = entry.path().lexically_relative(folder).generic_string();
        file.size = static_cast<double>(entry.file_size());
        request.files.push_back(std::move(file));
    }
    const auto wanted = files_to_look_into(request.files);
    for (FileEntry& file : request.files) {
        if (wanted.contains(file.path)) take_beginning(file, testing::file_bytes(folder / file.path));
    }
    return request;
}

Expected<Case> open_request(const fs::path& folder, const CaseRequest& request) {
    const CaseList list = find_cases(request);
    if (const std::string refusal = refusal_of(list); !refusal.empty()) return fail(refusal);
    CaseOpening opening(list.cases[*list.chosen]);
    for (const auto& [path, image_path] : opening.wanted()) {
        const auto image = image_path.empty() ? std::vector<std::uint8_t>{} : testing::file_bytes(folder / image_path);
        if (const auto added = opening.add(path, testing::file_bytes(folder / path), image); !added)
            return tl::make_unexpected(added.error());
    }
    return opening.finish();
}

class IntakeCases : public ::testing::Test {
  protected:
    void SetUp() override {
        if (!fs::is_directory(kIntake / "names")) GTEST_SKIP() << kIntake << " is not there";
        auto base = open_request(kIntake / "base", request_of(kIntake / "base"));
        ASSERT_TRUE(base) << base.error().sentence;
        base_ = std::move(*base);
    }

    // The folder's case, with some roles or a case chosen, has the voxels of the case without a fault.
    void expect_base(const std::string& name, const CaseRequest& choices = {}) {
        SCOPED_TRACE(name);
        CaseRequest request = request_of(kIntake / "names" / name);
        request.roles = choices.roles;
        request.chosen = choices.chosen;
        const auto opened = open_request(kIntake / "names" / name, request);
        ASSERT_TRUE(opened) << opened.error().sentence;
        EXPECT_EQ(opened->voxels, base_.voxels);
        EXPECT_EQ(opened->reference, base_.reference);
    }

    std::string refusal(const std::string& name) {
        const auto opened = open_request(kIntake / "names" / name, request_of(kIntake / "names" / name));
        return opened ? "opened" : opened.error().sentence;
    }

    Case base_;
};

TEST_F(IntakeCases, NamesOfEveryKindAreTheSameCase) {
    for (const char* name : {"bids", "browser_copies", "macos_folder", "registered_copies", "ucsf_pdgm"})
        expect_base(name);
}

TEST_F(IntakeCases, AnOlderFileBesideANewerIsAsked) {
    EXPECT_NE(refusal("nii_beside_nii_gz").find("P001-t1c.nii, P001-t1c.nii.gz: both are named as T1c"),
              std::string::npos);
    CaseRequest choice;
    choice.roles["P001-t1c.nii.gz"] = FileRole::t1c;
    expect_base("nii_beside_nii_gz", choice);
}

TEST_F(IntakeCases, FoldersOfSeveralCasesAreNotMixed) {
    EXPECT_TRUE(refusal("two_patients")
                    .starts_with("These files are of 2 cases: P001 (no T2w, no expert segmentation); P002."));
    EXPECT_TRUE(
        refusal("lumiere").starts_with("These files are of 2 cases: Patient-000/week-000-1; Patient-000/week-040."));
    CaseRequest request = request_of(kIntake / "names/lumiere");
    request.chosen = "Patient-000/week-000-1";
    const auto visit = open_request(kIntake / "names/lumiere", request);
    ASSERT_TRUE(visit) << visit.error().sentence;
    EXPECT_EQ(visit->voxels, base_.voxels);
    for (const CaseFile& file : visit->files)
        EXPECT_TRUE(file.name.starts_with("Patient-000/week-000-1/")) << file.name;
}

TEST_F(IntakeCases, VolumesOfOneFile) {
    EXPECT_NE(refusal("decathlon_4d").find("imagesTr/BRATS_001.nii.gz is 4-D"), std::string::npos);
    CaseRequest request = request_of(kIntake / "names/decathlon_4d");
    request.files.push_back(
        {"dataset.json",
         1,
         std::nullopt,
         {},
         R"({"modality": {"0": "FLAIR", "1": "T1w", "2": "t1gd", "3": "T2w"}, "labels": {"0": "background"}})"});
    const auto opened = open_request(kIntake / "names/decathlon_4d", request);
    ASSERT_TRUE(opened) << opened.error().sentence;
    EXPECT_EQ(opened->name, "BRATS_001");
    const std::string image = "imagesTr/BRATS_001.nii.gz";
    const auto bytes = testing::file_bytes(kIntake / "names/decathlon_4d" / image);
    const std::array<int, 4> frames{2, 1, 0, 3};
    const auto volumes = read_nifti_frames(image, frames, bytes);
    ASSERT_TRUE(volumes) << volumes.error().sentence;
    for (std::size_t i = 0; i < kContrasts; ++i) EXPECT_EQ(opened->voxels[i], (*volumes)[i].volume.voxels);
    EXPECT_NE(opened->voxels[0], opened->voxels[1]);
    // The volume counts: the same file with its volumes exchanged is another case.
    Case exchanged = *opened;
    std::swap(exchanged.files[0].frame, exchanged.files[1].frame);
    EXPECT_NE(content_digest(exchanged), content_digest(*opened));
    const std::array<int, 1> beyond{4};
    EXPECT_FALSE(read_nifti_frames(image, beyond, bytes));
}

}  // namespace
}  // namespace shapslice
