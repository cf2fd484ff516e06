// Malformed input, by name: what a damaged, lying or odd file gives, the sentence or the right result; how much memory
// it may ask for; and that what was open before stays open. Every truncation, slopes and frames: nifti_test.cpp;
// missing and blank contrasts: case_test.cpp; the same readers under random bytes: tests/fuzz.
#include <gtest/gtest.h>
#include <nifti1.h>
#include <nifti2.h>

#include <cstring>
#include <limits>
#include <regex>

#include "image/gzip.h"
#include "image/prepare.h"
#include "largest_allocation.h"
#include "study/open_case.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::grid_of;
using testing::small_case;
using File = std::vector<std::uint8_t>;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

// 4 x 3 x 2 voxels 0, 1, 2 ... as floats or int16, not compressed.
File scan(bool as_int16 = true) {
    std::vector<float> voxels(24);
    for (std::size_t n = 0; n < voxels.size(); ++n) voxels[n] = static_cast<float>(n);
    return *gunzip("scan.nii", write_nifti_volume(voxels, plain_layout(grid_of({4, 3, 2})), as_int16), 1 << 20);
}

template <class Change>
File with_header(Change change, bool as_int16 = true) {
    File file = scan(as_int16);
    nifti_1_header header;
    std::memcpy(&header, file.data(), sizeof header);
    change(header);
    std::memcpy(file.data(), &header, sizeof header);
    return file;
}

// A float file whose sixth voxel is `value`.
File with_voxel(float value) {
    File file = scan(false);
    std::memcpy(file.data() + 352 + 5 * sizeof value, &value, sizeof value);
    return file;
}

// A NIfTI-2 header alone, claiming `extent` voxels along each axis.
File nifti2_claiming(std::int64_t extent, std::int64_t offset = 544) {
    nifti_2_header header{};
    header.sizeof_hdr = sizeof header;
    std::memcpy(header.magic, "n+2\0\r\n\x1a\n", 8);
    header.datatype = 2;
    header.bitpix = 8;
    header.dim[0] = 3;
    for (int axis = 1; axis <= 3; ++axis) {
        header.dim[axis] = extent;
        header.pixdim[axis] = 1;
    }
    header.vox_offset = offset;
    File file(sizeof header + 4 + 100);
    std::memcpy(file.data(), &header, sizeof header);
    return file;
}

// A NIfTI-2 file of 4 x 4 x 4 voxels, `size` mm apart along x.
File nifti2_reaching(double size) {
    File file = nifti2_claiming(4);
    nifti_2_header header;
    std::memcpy(&header, file.data(), sizeof header);
    header.sform_code = 1;
    header.srow_x[0] = size;
    header.srow_y[1] = header.srow_z[2] = 1;
    std::memcpy(file.data(), &header, sizeof header);
    return file;
}

File joined(File a, const File& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}

// A gzip file whose last four bytes claim `size`.
File claiming(File packed, std::uint32_t size) {
    for (std::size_t n = 0; n < 4; ++n) packed[packed.size() - 4 + n] = static_cast<std::uint8_t>(size >> (8 * n));
    return packed;
}

struct Row {
    const char* name;
    File (*file)();
    const char* outcome;  // a refusal's words after "scan.nii: ", or "read" and the notes
};

// What read_nifti makes of it, in one line.
std::string outcome(const File& file) {
    const auto image = read_nifti("scan.nii", file);
    if (!image) return image.error().sentence;
    std::string words = "read";
    for (const std::string& note : image->notes) words += "; " + note;
    return words;
}

constexpr const char* kNotInSpace =
    "the header's affine is singular or not finite; expected one that places voxels in space.";

const Row kRows[]{
    {"a dimension of 0", [] { return with_header([](auto& h) { h.dim[1] = 0; }); },
     "the header gives dimension 1 as 0 voxels; expected 1 to 32767."},
    {"a negative dimension", [] { return with_header([](auto& h) { h.dim[2] = -3; }); },
     "the header gives dimension 2 as -3 voxels; expected 1 to 32767."},
    {"no dimensions", [] { return with_header([](auto& h) { h.dim[0] = 0; }); },
     "the header says the image has 0 dimensions; expected 3. The header is damaged."},
    {"a hundred dimensions", [] { return with_header([](auto& h) { h.dim[0] = 100; }); },
     "the header says the image has 100 dimensions; expected 3. The header is damaged."},
    {"more voxels than 64 bits of bytes",
     [] { return with_header([](auto& h) { h.dim[1] = h.dim[2] = h.dim[3] = 32767; }); },
     "the image has 35181150961663 voxels; expected at most 268435456."},
    // 2^32 + 2^22 voxels: in 32 bits, 2^22.
    {"voxels that overflow 32 bits to few",
     [] {
         return with_header([](auto& h) {
             h.dim[1] = h.dim[2] = 2048;
             h.dim[3] = 1025;
         });
     },
     "the image has 4299161600 voxels; expected at most 268435456."},
    {"a dimension beyond 32 bits", [] { return nifti2_claiming((std::int64_t{1} << 32) + 4); },
     "the header gives dimension 1 as 4294967300 voxels; expected 1 to 32767."},
    {"512 x 512 x 512 claimed by a few bytes", [] { return nifti2_claiming(512); },
     "the file ends early: it holds 100 bytes of voxels; expected 134217728."},
    {"512 x 512 x 512 claimed by a few bytes of gzip", [] { return gzip(nifti2_claiming(512)); },
     "the file ends early: it holds 100 bytes of voxels; expected 134217728."},
    {"one slice more than the file has", [] { return with_header([](auto& h) { h.dim[3] = 3; }); },
     "the file ends early: it holds 48 bytes of voxels; expected 72."},
    {"one slice less than the file has", [] { return with_header([](auto& h) { h.dim[3] = 1; }); }, "read"},
    {"vox_offset NaN", [] { return with_header([](auto& h) { h.vox_offset = kNaN; }); },
     "the header places the voxels at byte nan; expected byte 352 or later, within the file."},
    {"vox_offset infinite", [] { return with_header([](auto& h) { h.vox_offset = kInfinity; }); },
     "the header places the voxels at byte inf; expected byte 352 or later, within the file."},
    {"vox_offset negative", [] { return with_header([](auto& h) { h.vox_offset = -352; }); },
     "the header places the voxels at byte -352; expected byte 352 or later, within the file."},
    {"vox_offset inside the header", [] { return with_header([](auto& h) { h.vox_offset = 348; }); },
     "the header places the voxels at byte 348; expected byte 352 or later, within the file."},
    {"vox_offset behind the file", [] { return with_header([](auto& h) { h.vox_offset = 5000; }); },
     "the file ends early: it holds 0 bytes of voxels; expected 48."},
    // 2^32 + 544: in 32 bits, 544.
    {"vox_offset that overflows 32 bits", [] { return nifti2_claiming(4, (std::int64_t{1} << 32) + 544); },
     "the header places the voxels at byte 4294967840; expected byte 544 or later, within the file."},
    {"vox_offset odd",
     [] {
         return with_header([](auto& h) {
             h.vox_offset = 353;
             h.dim[3] = 1;
         });
     },
     "read"},
    {"vox_offset with a fraction", [] { return with_header([](auto& h) { h.vox_offset = 352.5f; }); }, "read"},
    {"an unknown datatype", [] { return with_header([](auto& h) { h.datatype = 77; }); },
     "the voxel type is code 77; expected an integer or floating-point type of 8 to 64 bits."},
    {"bits as voxels", [] { return with_header([](auto& h) { h.datatype = 1; }); },
     "the voxel type is BINARY; expected an integer or floating-point type of 8 to 64 bits."},
    // The datatype counts, as in nifti_clib and nibabel.
    {"bitpix that contradicts the datatype", [] { return with_header([](auto& h) { h.bitpix = 64; }); }, "read"},
    {"slope NaN", [] { return with_header([](auto& h) { h.scl_slope = kNaN; }); }, "read"},
    {"an intercept that is not finite",
     [] {
         return with_header([](auto& h) {
             h.scl_slope = 2;
             h.scl_inter = kInfinity;
         });
     },
     "read"},
    {"a slope that carries integers beyond a float", [] { return with_header([](auto& h) { h.scl_slope = 1e38f; }); },
     "read; scan.nii: 20 voxels are not numbers; they are read as 0."},
    {"an affine that flattens", [] { return with_header([](auto& h) { h.srow_z[2] = 0; }); }, kNotInSpace},
    {"an affine that is not a number", [] { return with_header([](auto& h) { h.srow_x[3] = kNaN; }); }, kNotInSpace},
    {"an affine whose corner is at infinity, each of its numbers finite", [] { return nifti2_reaching(-1e308); },
     kNotInSpace},
    {"an affine beyond the floats that results are saved in", [] { return nifti2_reaching(1e39); }, kNotInSpace},
    {"an affine that only just ends within a float", [] { return nifti2_reaching(-8e37); }, "read"},
    {"an affine with a shear", [] { return with_header([](auto& h) { h.srow_x[1] = 0.9f; }); }, "read"},
    {"no affine and no voxel size",
     [] {
         return with_header([](auto& h) {
             h.sform_code = 0;
             h.pixdim[1] = 0;
         });
     },
     kNotInSpace},
    {"a voxel that is not a number", [] { return with_voxel(kNaN); },
     "read; scan.nii: 1 voxels are not numbers; they are read as 0."},
    {"an infinite voxel", [] { return with_voxel(-kInfinity); },
     "read; scan.nii: 1 voxels are not numbers; they are read as 0."},
    {"an ANALYZE header", [] { return with_header([](auto& h) { std::memset(h.magic, 0, 4); }); },
     "this is an ANALYZE 7.5 header; expected NIfTI-1 or NIfTI-2."},
    {"a zip", [] { return joined({'P', 'K', 3, 4}, File(600)); },
     "this is not a NIfTI file; expected a .nii, .nii.gz or .hdr/.img pair."},
    {"a zip inside gzip", [] { return gzip(joined({'P', 'K', 3, 4}, File(600))); },
     "this is not a NIfTI file; expected a .nii, .nii.gz or .hdr/.img pair."},
    {"gzip inside gzip", [] { return gzip(gzip(scan())); },
     "this is not a NIfTI file; expected a .nii, .nii.gz or .hdr/.img pair."},
    {"two bytes of gzip", [] { return File{0x1f, 0x8b}; },
     "the gzip data end early or are damaged; expected a complete .gz file."},
    {"gzip with garbage behind it", [] { return joined(gzip(scan()), {1, 2, 3}); },
     "the gzip data end early or are damaged; expected a complete .gz file."},
    {"gzip with zeros behind it", [] { return joined(gzip(scan()), File(512)); }, "read"},
    {"gzip whose claimed size is a lie", [] { return claiming(gzip(scan()), 0xffffffff); },
     "the gzip data end early or are damaged; expected a complete .gz file."},
    {"several members of gzip",
     [] {
         const File file = scan();
         return joined(gzip(std::span(file).first(100)), gzip(std::span(file).subspan(100)));
     },
     "read"},
    {"a gzip bomb that is no image", [] { return gzip(File(64 << 20)); },
     "this is not a NIfTI file; expected a .nii, .nii.gz or .hdr/.img pair."},
    {"a gzip bomb behind an image", [] { return gzip(joined(scan(), File(64 << 20))); },
     "it inflates to more than 1 MB; expected no more than its image needs."},
    {"a gzip bomb of many members",
     [] {
         File file = gzip(scan());
         const File more = gzip(File(1 << 20));
         for (int member = 0; member < 64; ++member) file = joined(std::move(file), more);
         return file;
     },
     "it inflates to more than 1 MB; expected no more than its image needs."},
};

TEST(Malformed, GivesItsSentenceOrTheRightResult) {
    for (const Row& row : kRows) {
        const std::string expected = row.outcome;
        EXPECT_EQ(outcome(row.file()), (expected.starts_with("read") ? "" : "scan.nii: ") + expected) << row.name;
    }
}

// With every number as N: "-3", "7.5", "nan".
std::string without_numbers(const std::string& sentence) {
    return std::regex_replace(sentence, std::regex("-?[0-9]+(\\.[0-9]+)?|\\b(nan|inf)\\b"), "N");
}

TEST(Malformed, EverySentenceIsInTheDocument) {
    const File bytes = testing::file_bytes(SHAPSLICE_TEST_DATA "/../../docs/errors.md");
    const std::string document = without_numbers({bytes.begin(), bytes.end()});
    for (const Row& row : kRows) {
        const std::string sentence = without_numbers(row.outcome);
        if (sentence.starts_with("read")) continue;
        EXPECT_NE(document.find(sentence), std::string::npos) << row.name << ": " << sentence;
    }
}

// The inflated bytes up to the last voxel and a little, or the voxels as floats, whichever is more: and no more than
// the file's own bytes can become.
TEST(Malformed, AsksForNoMoreMemoryThanTheBytesCanFill) {
    constexpr std::size_t kLittle = (1 << 20) + (1 << 18);
    for (const Row& row : kRows) {
        const File file = row.file();
        const LargestAllocation largest;
        (void)read_nifti("scan.nii", file);
        EXPECT_LE(largest.bytes(), kLittle) << row.name << ", a file of " << file.size() << " bytes";
    }
}

TEST(Malformed, OddOffsetsAndSlopesReadTheRightVoxels) {
    const auto voxel = [](const File& file) { return read_nifti("scan.nii", file)->volume.voxels[5]; };
    EXPECT_EQ(voxel(with_header([](auto& h) { h.vox_offset = 352.5f; })), 5.0f);
    EXPECT_EQ(voxel(with_header([](auto& h) { h.bitpix = 64; })), 5.0f);
    EXPECT_EQ(voxel(with_header([](auto& h) { h.scl_slope = kNaN; })), 5.0f);
    EXPECT_EQ(voxel(with_header([](auto& h) {
                  h.scl_slope = 2;
                  h.scl_inter = kInfinity;
              })),
              10.0f);
    EXPECT_EQ(voxel(with_header([](auto& h) {
                  h.vox_offset = 353;
                  h.dim[3] = 1;
              })),
              static_cast<float>(6 << 8));  // the high byte of one voxel, the low byte of the next
    EXPECT_EQ(voxel(with_voxel(-kInfinity)), 0.0f);
}

// nifti_clib looks at bytes as structures: found by tests/fuzz under UBSan.
TEST(Malformed, ReadsBytesAtOddAddresses) {
    const File shifted = joined({0}, scan());
    const auto image = read_nifti("scan.nii", std::span(shifted).subspan(1));
    ASSERT_TRUE(image) << image.error().sentence;
    EXPECT_EQ(image->volume.voxels[23], 23.0f);
}

TEST(Malformed, TruncatedAtAHundredPlacesInTheVoxels) {
    const std::vector<float> voxels(1000, 7.0f);
    const File packed = write_nifti_volume(voxels, plain_layout(grid_of({10, 10, 10})), false);
    const File file = *gunzip("scan.nii", packed, 1 << 20);
    for (std::size_t n = 0; n < 100; ++n) {
        const std::size_t kept = n * 40;
        EXPECT_EQ(
            outcome(File(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(352 + kept))),
            "scan.nii: the file ends early: it holds " + std::to_string(kept) + " bytes of voxels; expected 4000.");
    }
}

// Sizes times deflate's largest expansion, 1032, need more than 32 bits from 4.2 MB on: a size that came back small
// refused whole files in WebAssembly.
TEST(Malformed, LargeFilesOfNoiseStillInflate) {
    Random random(5);
    File noise(4'162'000);
    for (std::uint8_t& byte : noise) byte = static_cast<std::uint8_t>(random.between(0, 255.99));
    const auto inflated = gunzip("noise.gz", gzip(noise), 1 << 30);
    ASSERT_TRUE(inflated) << inflated.error().sentence;
    EXPECT_TRUE(*inflated == noise);
}

TEST(Malformed, AVolumeOfOneVoxelIsRead) {
    const auto image =
        read_nifti("scan.nii", write_nifti_volume(std::vector{3.0f}, plain_layout(grid_of({1, 1, 1})), false));
    ASSERT_TRUE(image) << image.error().sentence;
    EXPECT_EQ(image->volume.voxels, std::vector{3.0f});
}

#ifndef __EMSCRIPTEN__
TEST(Malformed, AVolumeOf512CubedIsReadInItsOwnMemory) {
    const std::size_t voxels = std::size_t{512} * 512 * 512;
    const File packed = [&] {
        File file = nifti2_claiming(512);
        auto& type = *reinterpret_cast<nifti_2_header*>(file.data());
        type.sform_code = 1;
        type.srow_x[0] = type.srow_y[1] = type.srow_z[2] = 0.5;
        file.resize(544 + voxels);
        file.back() = 9;
        return gzip(file);
    }();
    const LargestAllocation largest;
    const auto image = read_nifti("scan.nii", packed);
    ASSERT_TRUE(image) << image.error().sentence;
    EXPECT_EQ(image->volume.voxels.back(), 9.0f);
    EXPECT_LE(largest.bytes(), voxels * sizeof(float));
}
#endif

// --- cases --------------------------------------------------------------------------------------------------------

// The four contrasts of a small case, opened under `prefix`.
void add_contrasts(CaseOpening& opening, const Case& made, const std::string& prefix = "p-") {
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const auto added = opening.add(prefix + std::string(kContrastNames[c]) + ".nii.gz", static_cast<FileRole>(c),
                                       write_nifti_volume(made.voxels[c], made.layout, false), {});
        ASSERT_TRUE(added) << added.error().sentence;
    }
}

// A case with this segmentation: its notes, or the refusal.
std::string with_segmentation(const std::vector<float>& labels, const Grid& grid) {
    CaseOpening opening;
    add_contrasts(opening, small_case());
    const auto file = write_nifti_volume(labels, plain_layout(grid), false);
    const auto added = opening.add("p-seg.nii.gz", FileRole::segmentation, file, {});
    if (!added) return added.error().sentence;
    const auto subject = opening.finish();
    if (!subject) return subject.error().sentence;
    std::string words = "opened, " +
                        std::to_string(subject->reference->size() -
                                       static_cast<std::size_t>(std::count(
                                           subject->reference->begin(), subject->reference->end(), std::uint8_t{0}))) +
                        " voxels of tumour";
    for (const Notice& notice : subject->notices)
        if (!notice.file.empty()) words += "; " + notice.sentence;  // of the whole case: how small it is
    return words;
}

TEST(MalformedCase, SegmentationsOfEveryKind) {
    const Grid grid = small_case().grid;  // 12 x 10 x 8
    const auto filled = [&](float value) { return std::vector<float>(grid.size(), value); };
    auto one = filled(0);
    one[grid.index(5, 5, 5)] = 1;
    auto half = filled(0);
    half[7] = 1.5f;
    Grid coarse = grid_of({6, 5, 4}, 2);
    coarse.affine.col(3) << 0.5, 0.5, 0.5, 1;
    Grid far = grid;
    far.affine(0, 3) = 1000;
    EXPECT_EQ(
        with_segmentation(filled(0), grid),
        "opened, 0 voxels of tumour; p-seg.nii.gz: it has no label at all; expected a tumour. Every Dice against it "
        "is 1 where a model finds nothing, and 0 else.");
    EXPECT_EQ(with_segmentation(one, grid), "opened, 1 voxels of tumour");
    EXPECT_EQ(with_segmentation(half, grid),
              "p-seg.nii.gz: label 1.5 is in 1 voxels; expected 0 (background), 1 (NCR), 2 (ED) and 3 (ET), or 4 for "
              "ET in older files.");
    EXPECT_EQ(
        with_segmentation(std::vector<float>(coarse.size(), 1), coarse),
        "opened, 960 voxels of tumour; p-seg.nii.gz: resampled (nearest) to the grid of p-t1c.nii.gz; its own is 6 "
        "x 5 x 4 instead of 12 x 10 x 8.; p-seg.nii.gz: its labels cover 100 % of the brain; expected a tumour, at "
        "most "
        "50 %. It may be a map of something else.");
    EXPECT_EQ(with_segmentation({1}, grid_of({1, 1, 1})),
              "p-seg.nii.gz: only 0 % of its labels lie in the brain of the images; expected a segmentation of this "
              "case, on its images' grid.");
    EXPECT_EQ(with_segmentation(filled(1), far),
              "p-seg.nii.gz: it lies nowhere over p-t1c.nii.gz; expected images of one patient in one space.");
}

TEST(MalformedCase, AFifthContrastIsRefusedByName) {
    CaseOpening opening;
    const Case made = small_case();
    add_contrasts(opening, made);
    const auto fifth =
        opening.add("q-t2w.nii.gz", FileRole::t2w, write_nifti_volume(made.voxels[0], made.layout, false), {});
    ASSERT_FALSE(fifth);
    EXPECT_EQ(fifth.error().sentence,
              "q-t2w.nii.gz: p-t2w.nii.gz is already the t2w of this case; expected one file for each role.");
    const auto subject = opening.finish();
    ASSERT_FALSE(subject);
    EXPECT_EQ(subject.error().sentence, fifth.error().sentence);
}

TEST(MalformedCase, AFailedOpeningLeavesTheOpenCaseAlone) {
    const Case made = small_case();
    CaseOpening first;
    add_contrasts(first, made);
    const auto open = first.finish();
    ASSERT_TRUE(open);
    CaseOpening second;
    add_contrasts(second, made, "q-");
    EXPECT_FALSE(second.add("q-seg.nii.gz", FileRole::segmentation, gzip(File(100)), {}));
    EXPECT_FALSE(second.finish());
    EXPECT_EQ(second.files().size(), 5u);
    EXPECT_NE(second.files().back().detail.find("not a NIfTI file"), std::string::npos);
    EXPECT_EQ(open->name, "p");
    EXPECT_EQ(open->voxels, made.voxels);
}

TEST(MalformedCase, OneVoxelIsACase) {
    Case made = small_case();
    made.grid = grid_of({1, 1, 1});
    made.layout = plain_layout(made.grid);
    for (auto& voxels : made.voxels) voxels = {5};
    CaseOpening opening;
    add_contrasts(opening, made);
    const auto subject = opening.finish();
    ASSERT_TRUE(subject) << subject.error().sentence;
    const auto prepared = prepare(*subject, {1, 1, 1}, 8);
    ASSERT_TRUE(prepared) << prepared.error().sentence;
    EXPECT_EQ(prepared->padded, (Shape{8, 8, 8}));
}

TEST(MalformedCase, NamesInAnyScript) {
    const std::vector<std::string> names{"患者 一-t1c.nii.gz", "患者 一-t1n.nii.gz", "患者 一-FLAIR.nii.gz",
                                         "患者 一-t2w.nii.gz", "患者 一-🧠_seg.nii.gz"};
    CaseRequest request;
    for (const std::string& name : names) request.files.push_back({name, 1, std::nullopt, {}, ""});
    const CaseList list = find_cases(request);
    ASSERT_EQ(list.cases.size(), 1u);
    EXPECT_EQ(list.cases[0].name, "患者 一");
    EXPECT_TRUE(list.cases[0].missing.empty());
    EXPECT_EQ(common_case_name(names), "患者 一");
    EXPECT_EQ(common_case_name({"🧠.nii", "🧟.nii"}), "🧠");  // they share three bytes of four, and no character
    EXPECT_TRUE(read_nifti("患者🧠.nii", File(9)).error().sentence.starts_with("患者🧠.nii: "));
}

TEST(MalformedCase, VoxelsOfAKilometreAreRefusedBeforeTheyAreResampled) {
    Case subject = small_case();
    subject.grid.affine.diagonal() << 1e6, 1e6, 1e6, 1;
    const auto prepared = prepare(subject, {1, 1, 1}, 8);
    ASSERT_FALSE(prepared);
    EXPECT_EQ(
        prepared.error().sentence,
        "small: at the model's spacing the brain has 4.8e+20 voxels; expected at most 67108864. The voxel size in "
        "the files may be wrong.");
}

TEST(MalformedCase, PaddingThatNothingCanHoldIsRefusedBeforeItIsMade) {
    const auto prepared = prepare(small_case(), {1, 1, 1}, 1024, {1, 1, 1});
    ASSERT_FALSE(prepared);
    EXPECT_EQ(
        prepared.error().sentence,
        "small: padded as the model wants it the image has 1.07e+09 voxels; expected at most 1.34e+08. The model's "
        "least extents or the number that its extents are multiples of may be wrong.");
    EXPECT_FALSE(prepare(small_case(), {1, 1, 1}, 1 << 30, {1, 1, 1}));
}

TEST(MalformedCase, ValuesAtTheEndsOfAFloatDoNotBecomeNaN) {
    Case subject = small_case();
    for (std::size_t n = 0; n < subject.grid.size(); ++n) {
        subject.voxels[0][n] = n % 2 ? 1e-42f : 2e-42f;
        subject.voxels[1][n] = 0;
    }
    const auto small = prepare(subject, {1, 1, 1}, 4);
    ASSERT_TRUE(small);
    for (const float value : small->channels) ASSERT_TRUE(std::isfinite(value));
    for (std::size_t n = 0; n < subject.grid.size(); ++n) subject.voxels[1][n] = n % 2 ? 3e38f : -3e38f;
    const auto large = prepare(subject, {1, 1, 1}, 4);
    ASSERT_FALSE(large);
    EXPECT_EQ(large.error().sentence,
              "small: the values of T1n are too far apart to be normalised; expected intensities of an image.");
}

}  // namespace
}  // namespace shapslice
