#include "image/case.h"

#include <gtest/gtest.h>

#include "image/gzip.h"
#include "image/orient.h"
#include "image/resample.h"
#include "image/sha256.h"
#include "intake/assemble_case.h"
#include "study/open_case.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::grid_of;
using testing::small_case;

Volume<float> segmentation(std::initializer_list<float> values) {
    return {grid_of({static_cast<int>(values.size()), 1, 1}), values};
}

TEST(LabelValues, AreTakenAsTheyAre) {
    const auto read = read_label_values("seg.nii", segmentation({0, 1, 2, 3, 4, 3}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->voxels, (std::vector<std::uint8_t>{0, 1, 2, 3, 4, 3}));
    EXPECT_EQ(read->counts[3], 2u);
    EXPECT_TRUE(read->notes.empty());
}

TEST(LabelValues, NearlyWholeOnesAreRoundedAndThatIsSaid) {
    const auto read = read_label_values("seg.nii", segmentation({0, 1.0000153f, 2.00003f, 3.999999f}));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->voxels, (std::vector<std::uint8_t>{0, 1, 2, 4}));
    ASSERT_EQ(read->notes.size(), 1u);
    EXPECT_TRUE(read->notes[0].starts_with("seg.nii: 3 voxels are no whole numbers")) << read->notes[0];
}

TEST(LabelValues, OthersAreRefusedWithValueAndCount) {
    const auto unknown = read_label_values("seg.nii", segmentation({0, 7, 7, 1}));
    ASSERT_FALSE(unknown);
    EXPECT_TRUE(unknown.error().sentence.starts_with("seg.nii: label 7 is in 2 voxels")) << unknown.error().sentence;
    EXPECT_FALSE(read_label_values("seg.nii", segmentation({0, 0.5f})));
    EXPECT_FALSE(read_label_values("seg.nii", segmentation({0, -1})));
}

// The role that a file's name says.
FileRole role_of_name(const std::string& name) {
    CaseRequest request;
    request.files.push_back({name, 1, std::nullopt, {}, ""});
    const CaseList list = find_cases(request);
    return list.cases.empty() ? FileRole::unused : list.cases[0].files[0].role;
}

TEST(FileRoles, AreToldByWholeWords) {
    using enum FileRole;
    const std::vector<std::pair<std::string, FileRole>> known{{"BraTS-SSA-00002-000-t1c.nii.gz", t1c},
                                                              {"BraTS20_001_t1ce.nii.gz", t1c},
                                                              {"p1 T1Gd.nii", t1c},
                                                              {"p1.t1post.nii", t1c},
                                                              {"BraTS-GLI-1-t1n.nii.gz", t1n},
                                                              {"BraTS20_001_t1.nii.gz", t1n},
                                                              {"BraTS20_001_flair.nii.gz", t2f},
                                                              {"x_t2_flair.nii", t2f},
                                                              {"a-t2f.hdr", t2f},
                                                              {"a-t2w.nii", t2w},
                                                              {"A_T2.nii.gz", t2w},
                                                              {"A_seg.nii.gz", segmentation},
                                                              {"flair_seg.nii.gz", segmentation},
                                                              {"label.nii", segmentation},
                                                              {"mask.nii.gz", segmentation},
                                                              {"t1c.txt", unused},
                                                              {"readme.md", unused},
                                                              {"contrast.nii", unused}};
    for (const auto& [name, role] : known) EXPECT_EQ(role_of_name(name), role) << name;
}

TEST(Sha256, OfFips180Examples) {
    const auto of = [](std::string text) {
        return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
    };
    EXPECT_EQ(of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(of(std::string(1000000, 'a')), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The four contrasts of `subject` as files, opened.
std::optional<Error> open_all(const Case& subject, const StorageLayout& layout, CaseOpening& opening) {
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const auto bytes = write_nifti_volume(subject.voxels[c], layout, false);
        const auto added =
            opening.add("p-" + std::string(kContrastNames[c]) + ".nii.gz", static_cast<FileRole>(c), bytes, {});
        if (!added) return added.error();
    }
    return std::nullopt;
}

TEST(OpenCase, FromFourFilesAndASegmentation) {
    const Case made = small_case();
    CaseOpening opening;
    ASSERT_FALSE(open_all(made, made.layout, opening));
    ASSERT_TRUE(
        opening.add("p-seg.nii.gz", FileRole::segmentation, write_nifti_labels(*made.reference, made.layout), {}));
    const auto subject = opening.finish();
    ASSERT_TRUE(subject) << subject.error().sentence;
    EXPECT_EQ(subject->name, "p");
    EXPECT_EQ(subject->voxels, made.voxels);
    EXPECT_EQ(subject->reference, made.reference);
    EXPECT_EQ(subject->files.size(), 5u);
    EXPECT_EQ(subject->files[0].sha256.size(), 64u);
}

TEST(OpenCase, AMissingContrastIsNamed) {
    const Case made = small_case();
    CaseOpening opening;
    for (const FileRole role : {FileRole::t1c, FileRole::t1n, FileRole::t2w}) {
        ASSERT_TRUE(opening.add("p-" + std::string(role_name(role)) + ".nii.gz", role,
                                write_nifti_volume(made.voxels[0], made.layout, false), {}));
    }
    const auto subject = opening.finish();
    ASSERT_FALSE(subject);
    EXPECT_NE(subject.error().sentence.find("No file was recognised as T2-FLAIR"), std::string::npos)
        << subject.error().sentence;
}

TEST(OpenCase, TheSameRoleTwiceIsRefused) {
    const Case made = small_case();
    CaseOpening opening;
    const auto bytes = write_nifti_volume(made.voxels[0], made.layout, false);
    EXPECT_TRUE(opening.add("a.nii.gz", FileRole::t1c, bytes, {}));
    EXPECT_FALSE(opening.add("b.nii.gz", FileRole::t1c, bytes, {}));
    EXPECT_FALSE(opening.finish());
}

TEST(OpenCase, ABlankContrastIsRefusedByName) {
    Case made = small_case();
    made.voxels[2].assign(made.grid.size(), 0.0f);
    CaseOpening opening;
    ASSERT_FALSE(open_all(made, made.layout, opening));
    const auto subject = opening.finish();
    ASSERT_FALSE(subject);
    EXPECT_TRUE(subject.error().sentence.starts_with("p-t2f.nii.gz: every voxel is 0")) << subject.error().sentence;
}

TEST(OpenCase, ARefusalThatComesWithTheOthersStandsInItsFilesRow) {
    Case made = small_case();
    made.voxels[2].assign(made.grid.size(), 0.0f);  // each file is read; together they are refused
    CaseOpening opening;
    ASSERT_FALSE(open_all(made, made.layout, opening));
    EXPECT_EQ(opening.files()[2].mark, "");
    const auto subject = opening.finish();
    ASSERT_FALSE(subject);
    for (const auto& file : opening.files())
        EXPECT_EQ(file.mark, file.name == "p-t2f.nii.gz" ? "error" : "") << file.name;
    EXPECT_EQ(opening.files()[2].detail, subject.error().sentence);
}

NamedImage image_on(const std::string& name, const Grid& grid, float value) {
    NiftiImage image;
    image.volume = {grid, std::vector<float>(grid.size(), value)};
    image.layout = plain_layout(grid);
    return {name, image};
}

TEST(AssembleCase, ResamplesAnotherGridAndSaysHowFarItWasOff) {
    const Grid grid = grid_of({6, 6, 6});
    Grid moved = grid;
    moved.affine(0, 3) = 0.5;
    PerContrast<std::optional<NamedImage>> images;
    for (std::size_t c = 0; c < kContrasts; ++c)
        images[c] = image_on("c" + std::to_string(c), c == 2 ? moved : grid, 4);
    const auto subject = assemble_case("x", images, std::nullopt);
    ASSERT_TRUE(subject);
    EXPECT_EQ(subject->voxels[2].size(), grid.size());
    EXPECT_EQ(subject->fit, (PerContrast<GridFit>{GridFit::own, GridFit::own, GridFit::linear, GridFit::own}));
    ASSERT_EQ(subject->notices.size(), 1u);
    EXPECT_NE(subject->notices[0].sentence.find("0.5 mm"), std::string::npos) << subject->notices[0].sentence;
    EXPECT_EQ(subject->voxels[2][grid.index(3, 3, 3)], 4.0f);
}

TEST(AssembleCase, RefusesImagesThatLieElsewhere) {
    const Grid grid = grid_of({6, 6, 6});
    Grid far = grid;
    far.affine(2, 3) = 500;
    PerContrast<std::optional<NamedImage>> images;
    for (std::size_t c = 0; c < kContrasts; ++c) images[c] = image_on("c" + std::to_string(c), c == 1 ? far : grid, 4);
    const auto subject = assemble_case("x", images, std::nullopt);
    ASSERT_FALSE(subject);
    EXPECT_TRUE(subject.error().sentence.starts_with("c1: it lies nowhere over c0")) << subject.error().sentence;
}

TEST(ResampleTo, LinearIsExactOnALinearField) {
    Volume<float> source{grid_of({8, 8, 8}), std::vector<float>(512)};
    for (int k = 0; k < 8; ++k)
        for (int j = 0; j < 8; ++j)
            for (int i = 0; i < 8; ++i)
                source.voxels[source.grid.index(i, j, k)] = static_cast<float>(i + 10 * j + 100 * k);
    Grid target = grid_of({4, 4, 4}, 1.25);
    target.affine.col(3) << 1.5, 1.25, 0.5, 1;
    const auto values = resample_to(source, target, Interpolation::linear);
    for (int k = 0; k < 4; ++k)
        for (int j = 0; j < 4; ++j)
            for (int i = 0; i < 4; ++i) {
                const double x = 1.5 + 1.25 * i, y = 1.25 + 1.25 * j, z = 0.5 + 1.25 * k;
                EXPECT_NEAR(values[target.index(i, j, k)], x + 10 * y + 100 * z, 1e-3);
            }
}

TEST(OpenCase, ThePinOfAPairIsOfHeaderAndImage) {
    const Case subject = testing::small_case({6, 5, 4});
    CaseOpening opening;
    std::size_t contrast = 0;
    std::vector<std::uint8_t> both;
    for (const auto& voxels : subject.voxels) {
        const auto file = *gunzip("scan.nii.gz", write_nifti_volume(voxels, subject.layout, false), 1 << 20);
        std::vector<std::uint8_t> header(file.begin(), file.begin() + 348);
        std::copy_n("ni1", 4, header.begin() + 344);
        std::fill_n(header.begin() + 108, 4, 0);  // vox_offset: the image's bytes start at 0
        const std::vector<std::uint8_t> image(file.begin() + 352, file.end());
        ASSERT_TRUE(opening.add("scan.hdr", static_cast<FileRole>(contrast), header, image));
        if (contrast++ == 0) {
            both = header;
            both.insert(both.end(), image.begin(), image.end());
        }
    }
    const auto opened = opening.finish();
    ASSERT_TRUE(opened);
    EXPECT_EQ(opened->files[0].sha256, sha256_hex(both));
}

// METHOD 8.1: a real case stored LPS is the same case, voxel for voxel. tests/nibabel/compare.py does the same with
// files that nibabel wrote.
TEST(RealCase, StoredLpsIsTheSameCase) {
    const std::filesystem::path folder = std::filesystem::path(SHAPSLICE_CASES) / "fullres/BraTS-SSA-00002-000";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
    CaseOpening as_is, flipped;
    for (const auto& [ending, role] : {std::pair{"t1c", FileRole::t1c},
                                       {"t1n", FileRole::t1n},
                                       {"t2f", FileRole::t2f},
                                       {"t2w", FileRole::t2w},
                                       {"seg", FileRole::segmentation}}) {
        const std::string name = "BraTS-SSA-00002-000-" + std::string(ending) + ".nii.gz";
        const auto bytes = testing::file_bytes(folder / name);
        ASSERT_TRUE(as_is.add(name, role, bytes, {}));
        const auto image = read_nifti(name, bytes);
        StorageLayout lps = image->layout;
        for (int axis = 0; axis < 2; ++axis) {
            const auto column = lps.grid.affine.col(axis).eval();
            lps.grid.affine.col(3) += column * (lps.grid.shape[static_cast<std::size_t>(axis)] - 1);
            lps.grid.affine.col(axis) = -column;
        }
        orient_ras(lps);
        ASSERT_EQ(lps.flip, (std::array{true, true, false}));
        ASSERT_TRUE(flipped.add(name, role, write_nifti_volume(image->volume.voxels, lps, true), {}));
    }
    const auto a = as_is.finish();
    const auto b = flipped.finish();
    ASSERT_TRUE(a);
    ASSERT_TRUE(b);
    EXPECT_TRUE(a->voxels == b->voxels);
    EXPECT_TRUE(a->reference == b->reference);
    EXPECT_TRUE(a->grid.affine.isApprox(b->grid.affine, 1e-9));
}

}  // namespace
}  // namespace shapslice
