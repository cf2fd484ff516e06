// A case whose opening runs out of memory at each of its allocations in turn: one sentence that names the file, nothing
// leaked (blocks of `new` by count; the sanitized build looks at all), and what was open before is whole.
#include <gtest/gtest.h>

#include <regex>

#include "image/gzip.h"
#include "refuse_allocation.h"
#include "study/open_case.h"
#include "support.h"

namespace shapslice {
namespace {

using testing::grid_of;
using testing::small_case;
using File = std::vector<std::uint8_t>;

struct NamedFile {
    std::string name;
    FileRole role;
    File bytes;
};

std::vector<float> floats(const std::vector<std::uint8_t>& values) {
    return {values.begin(), values.end()};
}

// Compressed, of several members, not compressed, off t1c's grid; a segmentation of another shape with older labels; a
// file that is not used. Each way through the reader allocates otherwise.
std::vector<NamedFile> files_of_a_case() {
    const Case made = small_case({24, 20, 16});
    StorageLayout moved = made.layout;
    moved.grid.affine(0, 3) = 0.5;
    Case coarse = small_case({6, 5, 4});
    coarse.layout.grid = grid_of({6, 5, 4}, 2);
    for (std::uint8_t& label : *coarse.reference) label = label == 3 ? std::uint8_t{4} : label;
    const File plain = *gunzip("t1n", write_nifti_volume(made.voxels[1], made.layout, false), 1 << 20);
    File members = gzip(std::span(plain).first(500));
    const File rest = gzip(std::span(plain).subspan(500));
    members.insert(members.end(), rest.begin(), rest.end());
    using enum FileRole;
    return {{"patient-of-a-long-name-t1c.nii.gz", t1c, write_nifti_volume(made.voxels[0], made.layout, true)},
            {"patient-of-a-long-name-t1n.nii.gz", t1n, members},
            {"patient-of-a-long-name-t2f.nii", t2f, plain},
            {"patient-of-a-long-name-t2w.nii.gz", t2w, write_nifti_volume(made.voxels[3], moved, false)},
            {"patient-of-a-long-name-seg.nii.gz", segmentation,
             write_nifti_volume(floats(*coarse.reference), coarse.layout, false)},
            {"notes.txt", unused, {}}};
}

// Opens the case; the file at which it was refused, by role, goes to `at`.
Expected<Case> open(const std::vector<NamedFile>& files, std::size_t& at) {
    CaseOpening opening;
    for (at = 0; at < files.size(); ++at) {
        const auto& [name, role, bytes] = files[at];
        if (const auto added = opening.add(name, role, bytes, {}); !added) {
            if (opening.finish()) return fail("a case with a file that was refused has opened");
            if (opening.files().size() != at + 1) return fail("the table of files is not right");
            return tl::make_unexpected(added.error());
        }
    }
    return opening.finish();
}

bool same(const Case& a, const Case& b) {
    return a.name == b.name && a.voxels == b.voxels && a.reference == b.reference && a.notices == b.notices;
}

void refuse_each(Then then) {
    const std::vector<NamedFile> files = files_of_a_case();
    std::size_t at = 0;
    const auto before = open(files, at);
    ASSERT_TRUE(before) << before.error().sentence;
    // Two files resampled; what the domain checks say of so small a head needs memory, too.
    const auto is_note = [](const Notice& notice) { return notice.kind == NoticeKind::note; };
    ASSERT_EQ(std::count_if(before->notices.begin(), before->notices.end(), is_note), 2);
    ASSERT_GT(before->notices.size(), 2u);
    const Case whole = *before;
    const std::regex sentence(
        "(.*): there is not enough memory to (read it|bring it into the case); what was open before stays open, and "
        "closing other pages may make room\\.");
    std::size_t nth = 1;
    for (;; ++nth) {
        const std::ptrdiff_t held = blocks_held();
        bool refused = false;
        {
            std::optional<Expected<Case>> opened;
            {
                const RefuseAllocation refusal(nth, then);
                opened = open(files, at);
                refused = refusal.refused();
            }
            ASSERT_EQ(opened->has_value(), !refused) << "allocation " << nth;
            if (refused) {
                std::smatch words;
                ASSERT_TRUE(std::regex_match(opened->error().sentence, words, sentence))
                    << "allocation " << nth << ": " << opened->error().sentence;
                if (at < files.size()) ASSERT_EQ(words[1], files[at].name) << "allocation " << nth;
                const auto named =
                    std::find_if(files.begin(), files.end(), [&](const auto& f) { return f.name == words[1]; });
                ASSERT_NE(named, files.end()) << "allocation " << nth << ": " << opened->error().sentence;
            } else {
                ASSERT_TRUE(same(**opened, whole));
            }
        }
        ASSERT_EQ(blocks_held(), held) << "allocation " << nth;
        ASSERT_TRUE(same(*before, whole)) << "allocation " << nth;
        if (!refused) break;
    }
    std::printf("%zu allocations, each refused once\n", nth - 1);
    EXPECT_GT(nth, 100u);
}

TEST(OutOfMemory, AtEachAllocationOfOpeningACase) {
    refuse_each(Then::well);
}

TEST(OutOfMemory, FromEachAllocationOfOpeningACaseOn) {
    refuse_each(Then::full);
}

}  // namespace
}  // namespace shapslice
