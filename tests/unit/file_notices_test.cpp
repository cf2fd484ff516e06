// What is said of a file stands in its row of the table of files: in the page, in the mirror and in the API.
#include <gtest/gtest.h>

#include "study/case_summary.h"
#include "ui/state.h"

namespace shapslice {
namespace {

CaseSummary::File row(std::string name, std::string mark = "", std::string remark = "", std::string detail = "") {
    return {std::move(name), "t1c", std::move(detail), std::move(mark), std::move(remark), {}, ""};
}

std::vector<std::string> said(const CaseSummary::File& file) {
    std::vector<std::string> words;
    for (const Notice& notice : file.notices) words.emplace_back(beside_its_file(notice));
    return words;
}

TEST(FileNotices, StandInTheRowOfTheirFileTheGravestFirst) {
    std::vector<CaseSummary::File> files{row("a.nii"), row("b.nii", "chosen", "taken before c.nii"), row("b.nii.gz")};
    place_notices(files, {{NoticeKind::note, "a.nii", "a.nii: resampled."},
                          {NoticeKind::question, "a.nii", "a.nii: which labels?"},
                          {NoticeKind::check, "a.nii", "a.nii: half of it is missing."},
                          {NoticeKind::note, "b.nii", "b.nii: taken before c.nii."},
                          {NoticeKind::note, "", "Made by the program."}});
    EXPECT_EQ(said(files[0]), (std::vector<std::string>{"which labels?", "half of it is missing.", "resampled."}));
    EXPECT_EQ(said(files[1]), std::vector<std::string>{"taken before c.nii."});  // once, though both say it
    EXPECT_TRUE(files[2].notices.empty());
}

TEST(FileNotices, OfFilesThatWereNotTakenSayWhy) {
    std::vector<CaseSummary::File> files{row("a.nii", "error", "an earlier remark", "a.nii: the file ends early."),
                                         row("b.nii", "question", "which is T1c?")};
    place_notices(files, {});
    ASSERT_EQ(files[0].notices.size(), 1u);
    EXPECT_EQ(files[0].notices[0], (Notice{NoticeKind::refusal, "a.nii", "a.nii: the file ends early."}));
    ASSERT_EQ(files[1].notices.size(), 1u);
    EXPECT_EQ(files[1].notices[0].kind, NoticeKind::question);
    place_notices(files, {});  // what the rows said before goes
    EXPECT_EQ(files[0].notices.size(), 1u);
}

TEST(FileNotices, KeepTheWholeSentenceWhereItDoesNotBeginWithTheFile) {
    EXPECT_EQ(beside_its_file({NoticeKind::note, "a", "a: b."}), "b.");
    EXPECT_EQ(beside_its_file({NoticeKind::note, "a", "a.nii: b."}), "a.nii: b.");
    EXPECT_EQ(beside_its_file({NoticeKind::note, "", ": b."}), ": b.");
    EXPECT_EQ(beside_its_file({NoticeKind::note, "a", "It is b."}), "It is b.");
}

TEST(FileNotices, AreCarriedByTheTableOfFiles) {
    std::vector<CaseSummary::File> files{row("a.nii", "error", "", "a.nii: no.")};
    place_notices(files, {});
    EXPECT_EQ(files_from_json(files_to_json(files)), files);
}

// A case whose segmentation has a note, and files that were refused after it had opened.
ui::AppState after_a_refusal() {
    ui::AppState state;
    state.subject.emplace();
    state.subject->files = {row("seg.nii")};
    state.subject->notices = {{NoticeKind::note, "seg.nii", "seg.nii: rounded."},
                              {NoticeKind::check, "", "The brain is small."}};
    place_notices(state.subject->files, state.subject->notices);
    state.files = {row("t1c.nii", "error", "", "t1c.nii: it is empty.")};
    place_notices(state.files, {});
    state.notices = {{true, "t1c.nii: it is empty.", "opening"}, {false, "The engine was started again.", ""}};
    return state;
}

TEST(FileNotices, AreNotRepeatedBelowTheTable) {
    const ui::AppState state = after_a_refusal();
    EXPECT_TRUE(ui::opening_refused(state));
    EXPECT_TRUE(ui::stands_at_a_row(state, state.notices[0]));
    EXPECT_FALSE(ui::stands_at_a_row(state, state.notices[1]));
    // Nor is the open case's segmentation spoken of, which the table does not show.
    EXPECT_EQ(ui::notices_without_a_row(state), std::vector<std::string>{"The brain is small."});
}

TEST(FileNotices, OfADismissedOpeningAreGoneAndTheOpenCasesAreBack) {
    ui::AppState state = after_a_refusal();
    ui::dismiss_opening(state);
    EXPECT_FALSE(ui::opening_refused(state));
    ASSERT_EQ(ui::shown_files(state).size(), 1u);
    EXPECT_EQ(said(ui::shown_files(state)[0]), std::vector<std::string>{"rounded."});
    ASSERT_EQ(state.notices.size(), 1u);
    EXPECT_EQ(state.notices[0].topic, "");
}

}  // namespace
}  // namespace shapslice
