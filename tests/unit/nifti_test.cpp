#include "image/nifti.h"

#include <gtest/gtest.h>
#include <nifti1.h>

#include <cstring>
#include <limits>

#include "image/gzip.h"
#include "image/orient.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::grid_of;
using ::testing::Test;

// An uncompressed int16 .nii of 4 x 3 x 2 voxels 0, 1, 2 ...
std::vector<std::uint8_t> plain_file() {
    std::vector<float> voxels(24);
    for (std::size_t n = 0; n < voxels.size(); ++n) voxels[n] = static_cast<float>(n);
    const auto packed = write_nifti_volume(voxels, plain_layout(grid_of({4, 3, 2})), true);
    return *gunzip("plain.nii.gz", packed, 1 << 20);
}

template <class Change>
std::vector<std::uint8_t> changed(Change change) {
    auto bytes = plain_file();
    nifti_1_header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    change(header);
    std::memcpy(bytes.data(), &header, sizeof header);
    return bytes;
}

std::string refusal(std::span<const std::uint8_t> bytes, std::span<const std::uint8_t> image = {}) {
    const auto read = read_nifti("scan.nii", bytes, image);
    return read ? "it was read" : read.error().sentence;
}

TEST(ReadNifti, ReadsWhatWasWritten) {
    const auto image = read_nifti("plain.nii", plain_file());
    ASSERT_TRUE(image) << image.error().sentence;
    EXPECT_EQ(image->volume.grid.shape, (Shape{4, 3, 2}));
    for (std::size_t n = 0; n < 24; ++n) EXPECT_EQ(image->volume.voxels[n], static_cast<float>(n));
    EXPECT_TRUE(image->notes.empty());
}

TEST(ReadNifti, AppliesSlopeAndIntercept) {
    const auto image = read_nifti("scan.nii", changed([](nifti_1_header& h) {
                                      h.scl_slope = 0.5f;
                                      h.scl_inter = -1;
                                  }));
    ASSERT_TRUE(image);
    EXPECT_EQ(image->volume.voxels[5], 1.5f);
}

TEST(ReadNifti, TakesSlopeZeroOrNotFiniteAsNone) {
    for (const float slope : {0.0f, std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity()}) {
        const auto image = read_nifti("scan.nii", changed([&](nifti_1_header& h) {
                                          h.scl_slope = slope;
                                          h.scl_inter = 7;
                                      }));
        ASSERT_TRUE(image);
        EXPECT_EQ(image->volume.voxels[5], 5.0f) << slope;
    }
}

TEST(ReadNifti, RefusesEveryTruncationWithASentenceThatNamesTheFile) {
    const auto bytes = plain_file();
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const std::string sentence = refusal(std::span(bytes).first(length));
        EXPECT_TRUE(sentence.starts_with("scan.nii: ")) << length << ": " << sentence;
        EXPECT_TRUE(sentence.ends_with(".")) << length << ": " << sentence;
    }
}

TEST(ReadNifti, RefusesHeadersThatCannotBe) {
    const auto says = [](auto change, const char* words) {
        const std::string sentence = refusal(changed(change));
        EXPECT_NE(sentence.find(words), std::string::npos) << sentence;
    };
    says([](nifti_1_header& h) { h.dim[1] = 0; }, "expected");
    says([](nifti_1_header& h) { h.dim[2] = -3; }, "expected");
    says([](nifti_1_header& h) { h.dim[0] = 2; }, "2 dimensions");
    says([](nifti_1_header& h) { h.dim[1] = h.dim[2] = h.dim[3] = 32767; }, "expected");
    says([](nifti_1_header& h) { h.datatype = 32; }, "COMPLEX");
    says([](nifti_1_header& h) { h.datatype = 128; }, "RGB");
    says([](nifti_1_header& h) { h.datatype = 1234; }, "code 1234");
    says([](nifti_1_header& h) { h.vox_offset = 100; }, "byte 352 or later");
    says([](nifti_1_header& h) { h.vox_offset = std::numeric_limits<float>::quiet_NaN(); }, "expected");
    says([](nifti_1_header& h) { h.vox_offset = 1e30f; }, "expected");
    says([](nifti_1_header& h) { std::memset(h.srow_x, 0, sizeof h.srow_x); }, "singular");
    says([](nifti_1_header& h) { h.srow_y[1] = std::numeric_limits<float>::quiet_NaN(); }, "not finite");
    says(
        [](nifti_1_header& h) {
            h.dim[0] = 4;
            h.dim[4] = 2;
            h.dim[3] = 1;
        },
        "2 volumes");
}

TEST(ReadNifti, FourDimensionsOfOneFramePass) {
    const auto image = read_nifti("scan.nii", changed([](nifti_1_header& h) { h.dim[0] = 4; }));
    ASSERT_TRUE(image);
    EXPECT_EQ(image->volume.grid.shape, (Shape{4, 3, 2}));
}

TEST(ReadNifti, SaysWhichAffineIsUsedWhereTheyDisagree) {
    const auto image = read_nifti("scan.nii", changed([](nifti_1_header& h) {
                                      h.qform_code = 1;
                                      h.qoffset_x = 50;
                                  }));
    ASSERT_TRUE(image);
    ASSERT_EQ(image->notes.size(), 1u);
    EXPECT_NE(image->notes[0].find("sform"), std::string::npos) << image->notes[0];
}

TEST(ReadNifti, SetsNaNVoxelsToZeroAndSaysSo) {
    std::vector<float> voxels(8, 2.0f);
    voxels[3] = std::numeric_limits<float>::quiet_NaN();
    const auto image = read_nifti("nan.nii.gz", write_nifti_volume(voxels, plain_layout(grid_of({2, 2, 2})), false));
    ASSERT_TRUE(image);
    EXPECT_EQ(image->volume.voxels[3], 0.0f);
    EXPECT_EQ(image->volume.voxels[4], 2.0f);
    ASSERT_EQ(image->notes.size(), 1u);
    EXPECT_NE(image->notes[0].find("1 voxel"), std::string::npos) << image->notes[0];
}

TEST(ReadNifti, AHeaderWithoutItsImageIsRefused) {
    auto header = changed([](nifti_1_header& h) {
        std::memcpy(h.magic, "ni1", 4);
        h.vox_offset = 0;
    });
    const std::vector<std::uint8_t> image(header.begin() + 352, header.end());
    header.resize(348);
    EXPECT_NE(refusal(header).find(".img is missing"), std::string::npos);
    const auto both = read_nifti("scan.hdr", header, image);
    ASSERT_TRUE(both) << both.error().sentence;
    EXPECT_EQ(both->volume.voxels[23], 23.0f);
}

TEST(ReadNifti, TextIsNoImage) {
    const std::string text(2000, 'a');
    EXPECT_NE(refusal({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()}).find("not a NIfTI file"),
              std::string::npos);
}

// Each of the 48 ways to store a volume, written and read, is the same RAS+ volume, and keeps its own grid.
TEST(Orientation, EveryStorageOrderReadsAlike) {
    const Grid ras = grid_of({5, 4, 3}, 1.5);
    std::vector<float> voxels(ras.size());
    for (std::size_t n = 0; n < voxels.size(); ++n) voxels[n] = static_cast<float>(n * n % 251);
    std::array<int, 3> axes{0, 1, 2};
    do {
        for (int flips = 0; flips < 8; ++flips) {
            StorageLayout layout;
            layout.sform_code = 1;
            layout.grid.affine = Eigen::Matrix4d::Zero();
            layout.grid.affine(3, 3) = 1;
            for (int r = 0; r < 3; ++r) {
                const auto stored = axes[static_cast<std::size_t>(r)];
                layout.grid.shape[static_cast<std::size_t>(stored)] = ras.shape[static_cast<std::size_t>(r)];
                const bool flip = flips >> r & 1;
                layout.grid.affine(r, stored) = flip ? -1.5 : 1.5;
                layout.grid.affine(r, 3) = flip ? 1.5 * (ras.shape[static_cast<std::size_t>(r)] - 1) : 0;
            }
            const Grid found = orient_ras(layout);
            EXPECT_EQ(found.shape, ras.shape);
            EXPECT_TRUE(found.affine.isApprox(ras.affine, 1e-9));
            const auto image = read_nifti("x.nii.gz", write_nifti_volume(voxels, layout, true));
            ASSERT_TRUE(image) << image.error().sentence;
            EXPECT_EQ(image->volume.voxels, voxels);
            EXPECT_TRUE(image->volume.grid.affine.isApprox(ras.affine, 1e-6));
            EXPECT_TRUE(image->layout.grid.affine.isApprox(layout.grid.affine, 1e-6));
        }
    } while (std::next_permutation(axes.begin(), axes.end()));
}

TEST(Gzip, RefusesEveryTruncationAndDamage) {
    std::vector<std::uint8_t> content(5000);
    for (std::size_t n = 0; n < content.size(); ++n) content[n] = static_cast<std::uint8_t>(n * n >> 3);
    const auto packed = gzip(content);
    ASSERT_EQ(*gunzip("a.gz", packed, 1 << 20), content);
    for (std::size_t length = 2; length < packed.size(); length += 7) {
        EXPECT_FALSE(gunzip("a.gz", std::span(packed).first(length), 1 << 20)) << length;
    }
    auto damaged = packed;
    damaged[packed.size() / 2] ^= 0x10;
    EXPECT_FALSE(gunzip("a.gz", damaged, 1 << 20));
}

TEST(Gzip, ReadsSeveralMembersAndZeroPadding) {
    const std::vector<std::uint8_t> a(70000, 1), b(3, 2);
    auto packed = gzip(a);
    const auto second = gzip(b);
    packed.insert(packed.end(), second.begin(), second.end());
    packed.insert(packed.end(), 100, 0);
    auto both = a;
    both.insert(both.end(), b.begin(), b.end());
    EXPECT_EQ(*gunzip("a.gz", packed, 1 << 20), both);
    packed.back() = 9;
    EXPECT_FALSE(gunzip("a.gz", packed, 1 << 20));
}

TEST(Gzip, RefusesMoreThanTheLimit) {
    const auto packed = gzip(std::vector<std::uint8_t>(3 << 20, 0));
    const auto read = gunzip("bomb.nii.gz", packed, 1 << 20);
    ASSERT_FALSE(read);
    EXPECT_TRUE(read.error().sentence.starts_with("bomb.nii.gz: it inflates to more than 1 MB"))
        << read.error().sentence;
}

}  // namespace
}  // namespace shapslice
