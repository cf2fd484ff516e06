// METHOD 8.6: does the case look like one? Cases are ellipsoids whose sequences are told apart by simple tissues.
#include "intake/domain_checks.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "intake/sequence_look.h"
#include "study/open_case.h"
#include "support.h"

namespace shapslice {
namespace {

// A head of 140 x 170 x 130 mm at 2 mm: fluid in the middle and outside, white matter around it, grey matter below the
// surface; each sequence gives these their usual brightness, with a little noise so that there are many values.
Case plain_case(double size = 1, double spacing = 2) {
    Case subject;
    subject.grid.shape = {80, 95, 75};
    for (int a = 0; a < 3; ++a) subject.grid.affine(a, a) = spacing;
    constexpr std::array<std::array<float, 3>, kContrasts> kTissues{
        {{20, 60, 90}, {20, 60, 90}, {25, 80, 65}, {100, 60, 45}}};  // fluid, grey, white
    for (auto& image : subject.voxels) image.assign(subject.grid.size(), 0);
    std::uint32_t state = 1;
    for (int k = 0; k < 75; ++k) {
        for (int j = 0; j < 95; ++j) {
            for (int i = 0; i < 80; ++i) {
                const double r = std::hypot((i - 40) / 35.0, (j - 47) / 42.5, (k - 37) / 32.5) / size;
                if (r > 1) continue;
                const std::size_t tissue = r < .2 || r > .95 ? 0 : r > .8 ? 1 : 2;
                for (std::size_t c = 0; c < kContrasts; ++c) {
                    state = state * 1664525U + 1013904223U;
                    subject.voxels[c][subject.grid.index(i, j, k)] =
                        kTissues[c][tissue] + 8 * static_cast<float>(state >> 8) / static_cast<float>(1 << 24);
                }
            }
        }
    }
    for (std::size_t c = 0; c < kContrasts; ++c)
        subject.files.push_back({"P-" + std::string(kContrastNames[c]) + ".nii.gz", static_cast<FileRole>(c),
                                 std::string(64, static_cast<char>('a' + c)), -1});
    return subject;
}

Case read_case(const std::filesystem::path& folder) {
    CaseOpening opening;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        const std::string name = file.path().filename().string();
        for (int c = 0; c < kContrasts; ++c) {
            if (name.find("-" + std::string(kContrastNames[static_cast<std::size_t>(c)]) + ".") == std::string::npos)
                continue;
            EXPECT_TRUE(opening.add(name, static_cast<FileRole>(c), testing::file_bytes(file.path()), {}));
        }
    }
    auto subject = opening.finish();
    EXPECT_TRUE(subject);
    return subject ? std::move(*subject) : Case{};
}

// The sentences but those about exchanged sequences, which these images are too simple for.
std::vector<std::string> sentences(const Case& subject) {
    std::vector<std::string> all;
    for (const Notice& notice : domain_checks(subject)) {
        EXPECT_EQ(notice.kind, NoticeKind::check);
        if (notice.sentence.find("looks like") == std::string::npos) all.push_back(notice.sentence);
    }
    return all;
}
void expect_one(const Case& subject, const std::string& part) {
    const auto all = sentences(subject);
    ASSERT_EQ(all.size(), 1U) << (all.empty() ? "" : all[0]);
    EXPECT_NE(all[0].find(part), std::string::npos) << all[0];
}

TEST(DomainChecks, AnOrdinaryCaseRaisesNone) {
    const auto all = sentences(plain_case());
    EXPECT_TRUE(all.empty()) << all[0];
}

TEST(DomainChecks, SizeOfTheBrain) {
    expect_one(plain_case(.6), "The brain measures 86 x 102 x 78 mm; expected 110 to 200 mm each way");
    expect_one(plain_case(1, 2.5), "mL that are not background; a brain has 900 to 2000 mL");
}

TEST(DomainChecks, NoBackground) {
    Case subject = plain_case(1, 1.5);
    for (auto& image : subject.voxels)
        for (float& value : image) value += value == 0 ? 3 : 0;
    expect_one(subject, "The images have no background (0 % of their voxels)");
}

TEST(DomainChecks, BrainThatOneSequenceLacks) {
    Case subject = plain_case();
    for (int k = 0; k < 30; ++k)
        for (int j = 0; j < 95; ++j)
            for (int i = 0; i < 80; ++i) subject.voxels[3][subject.grid.index(i, j, k)] = 0;
    expect_one(subject, "P-t2w.nii.gz: 33 % of the brain that the other sequences show is 0 here");
}

TEST(DomainChecks, OneSequenceWithItsSkull) {
    Case subject = plain_case(.8);
    subject.voxels[1] = plain_case(1).voxels[1];
    const auto all = sentences(subject);
    ASSERT_FALSE(all.empty());
    EXPECT_NE(all.back().find("P-t1n.nii.gz: 49 % of it lies where no other sequence has brain"), std::string::npos)
        << all.back();
}

TEST(DomainChecks, ConstantCutOffAndFewValues) {
    Case subject = plain_case();
    for (float& value : subject.voxels[2]) value = value != 0 ? 1 : 0;
    expect_one(subject, "P-t2f.nii.gz: its brain has one value throughout");
    subject = plain_case();
    for (float& value : subject.voxels[2]) value = std::ceil(value / 30);
    expect_one(subject, "P-t2f.nii.gz: its brain has only 3 different values");
    subject = plain_case();
    for (float& value : subject.voxels[3]) value = std::min(value, 52.0F);
    expect_one(subject, "of its brain has the largest value (52); expected less than 1 %");
}

TEST(DomainChecks, ReferenceOfMoreThanATumour) {
    Case subject = plain_case();
    subject.files.push_back({"P-seg.nii.gz", FileRole::segmentation, std::string(64, 'z'), -1});
    subject.reference.emplace(subject.grid.size(), 0);
    for (std::size_t n = 0; n < subject.grid.size(); ++n) (*subject.reference)[n] = subject.voxels[0][n] > 55 ? 2 : 0;
    const auto all = sentences(subject);
    ASSERT_EQ(all.size(), 1U);
    EXPECT_TRUE(all[0].starts_with("P-seg.nii.gz: its labels cover ")) << all[0];
}

TEST(DomainChecks, OneImageForTwoSequences) {
    Case subject = plain_case();
    subject.files[1].sha256 = subject.files[0].sha256;
    expect_one(subject, "P-t1n.nii.gz: it has the same content as P-t1c.nii.gz");
}

TEST(DomainChecks, VoxelsThatAreLargeOrFlat) {
    Grid grid;
    grid.shape = {10, 10, 10};
    EXPECT_FALSE(voxel_size_check("a.nii", grid));
    grid.affine(2, 2) = 2.9;
    EXPECT_FALSE(voxel_size_check("a.nii", grid));
    grid.affine(2, 2) = 5;
    const auto flat = voxel_size_check("a.nii", grid);
    ASSERT_TRUE(flat);
    EXPECT_TRUE(flat->sentence.starts_with("a.nii: its voxels measure 1.0 x 1.0 x 5.0 mm; expected at most 3 mm"))
        << flat->sentence;
    grid.affine(2, 2) = 1;
    grid.affine(0, 0) = .3;
    EXPECT_TRUE(voxel_size_check("a.nii", grid));
}

// What the classifier goes by does not change with units, gamma or a mirror.
TEST(SequenceLook, StatisticsKnowNothingOfTheScanner) {
    const Case subject = plain_case();
    Case other = subject;
    for (auto& image : other.voxels)
        for (float& value : image) value = 1e-3F * value * value;
    const auto one = sequence_statistics(subject.voxels, subject.grid);
    const auto two = sequence_statistics(other.voxels, other.grid);
    ASSERT_TRUE(one && two);
    EXPECT_EQ(one->pairs, two->pairs);
    EXPECT_EQ(one->depths, two->depths);
    double sum = 0;
    for (const float root : one->pairs[0][3]) sum += static_cast<double>(root) * static_cast<double>(root);
    EXPECT_NEAR(sum, 1, 1e-5);
}

// Real cases as published, and every wrong order of their four images (23 each): flagged, and named rightly.
TEST(SequenceLook, KnowsExchangedSequencesOfRealCases) {
    const std::filesystem::path cases = std::filesystem::path(SHAPSLICE_CASES) / "fullres";
    if (!std::filesystem::exists(cases)) GTEST_SKIP() << "real cases are not on this machine: " << cases;
    int opened = 0;
    for (const auto& folder : std::filesystem::directory_iterator(cases)) {
        if (!folder.is_directory()) continue;
        const Case subject = read_case(folder.path());
        const auto statistics = sequence_statistics(subject.voxels, subject.grid);
        ASSERT_TRUE(statistics) << folder;
        ++opened;
        std::array<std::uint8_t, kContrasts> images{0, 1, 2, 3};  // images[role]: which is called so
        do {
            SequenceStatistics named;
            for (std::size_t a = 0; a < kContrasts; ++a) {
                named.depths[a] = statistics->depths[images[a]];
                for (std::size_t b = 0; b < kContrasts; ++b)
                    if (a != b) named.pairs[a][b] = statistics->pairs[images[a]][images[b]];
            }
            const SequenceLook look = look_at_sequences(named);
            const bool right = std::is_sorted(images.begin(), images.end());
            EXPECT_EQ(look.behind > kSequenceDoubt, !right) << folder << look.behind;
            for (std::size_t role = 0; role < kContrasts; ++role)
                EXPECT_EQ(images[look.likeliest[role]], role) << folder;
        } while (std::next_permutation(images.begin(), images.end()));
    }
    EXPECT_GE(opened, 1);
}

// Exchanged sequences contradict the labels; what is wrong are the sequences, and the labels are not asked about.
TEST(SequenceLook, ExchangedSequencesRaiseNoQuestionOfLabels) {
    const std::filesystem::path folder = std::filesystem::path(SHAPSLICE_CASES) / "fullres/BraTS-SSA-00002-000";
    if (!std::filesystem::exists(folder)) GTEST_SKIP() << folder << " is not there";
    CaseOpening opening;
    for (const auto& [ending, role] : {std::pair{"t1c", FileRole::t2w},
                                       {"t1n", FileRole::t1c},
                                       {"t2f", FileRole::t1n},
                                       {"t2w", FileRole::t2f},
                                       {"seg", FileRole::segmentation}}) {
        const std::string name = "BraTS-SSA-00002-000-" + std::string(ending) + ".nii.gz";
        ASSERT_TRUE(opening.add(name, role, testing::file_bytes(folder / name), {}));
    }
    const auto subject = opening.finish();
    ASSERT_TRUE(subject);
    EXPECT_EQ(subject->reference_file->question, "");
    EXPECT_EQ(subject->reference_file->convention, "brats2023");
    EXPECT_EQ(
        std::count_if(subject->notices.begin(), subject->notices.end(),
                      [](const Notice& notice) { return notice.sentence.find("looks like") != std::string::npos; }),
        4);
}

TEST(SequenceLook, SaysNothingOfTooLittleBrain) {
    const Case subject = plain_case(.1);
    EXPECT_FALSE(sequence_statistics(subject.voxels, subject.grid));
}

}  // namespace
}  // namespace shapslice
