#include "study/case_summary.h"

#include <algorithm>

#include "base/notice_json.h"

namespace shapslice {

template <class F>
void describe(F& f, DisplayScale& s) {
    f("slope", s.slope);
    f("intercept", s.intercept);
    f("windowLow", s.window_low);
    f("windowHigh", s.window_high);
}

template <class F>
void describe(F& f, CaseSummary::File& file) {
    f("name", file.name);
    f("role", file.role);
    f("detail", file.detail);
    f("mark", file.mark);
    f("remark", file.remark);
    f("instead", file.instead);
    f("named", file.named);
    f("notices", file.notices);
}

template <class F>
void describe(F& f, CaseSummary::Labels& labels) {
    f("id", labels.id);
    f("title", labels.title);
    f("volumes", keyed(labels.volumes, kRegionNames));
    f("tells", keyed(labels.tells, kRegionNames));
}

template <class F>
void describe(F& f, CaseSummary& s) {
    f("name", s.name);
    f("synthetic", s.synthetic);
    f("shape", s.shape);
    f("affine", s.affine);
    f("spacing", s.spacing);
    f("brainLow", s.brain_low);
    f("brainHigh", s.brain_high);
    f("display", s.display);
    f("hasReference", s.has_reference);
    f("referenceVoxels", keyed(s.reference_voxels, kRegionNames));
    f("files", s.files);
    f("notices", s.notices);
    f("labelOptions", s.label_options);
    f("labelConvention", s.label_convention);
    f("labelQuestion", s.label_question);
}

Json case_summary_to_json(const CaseSummary& summary) {
    return summary;
}
CaseSummary case_summary_from_json(const Json& json) {
    return json.get<CaseSummary>();
}

namespace {

// What the row itself says, or nothing.
std::vector<Notice> own_notice(const CaseSummary::File& file) {
    if (file.mark == "error") return {{NoticeKind::refusal, file.name, file.detail}};
    if (file.remark.empty()) return {};
    const NoticeKind kind = file.mark == "question" ? NoticeKind::question : NoticeKind::note;
    return {{kind, file.name, file.name + ": " + file.remark + "."}};
}

}  // namespace

void place_notices(std::vector<CaseSummary::File>& files, const std::vector<Notice>& of_case) {
    for (CaseSummary::File& file : files) {
        file.notices = own_notice(file);
        for (const Notice& notice : of_case) {
            const auto same = [&](const Notice& other) { return other.sentence == notice.sentence; };
            const bool said = std::any_of(file.notices.begin(), file.notices.end(), same);
            if (notice.file == file.name && !said) file.notices.push_back(notice);
        }
        std::stable_sort(file.notices.begin(), file.notices.end(),
                         [](const Notice& a, const Notice& b) { return a.kind > b.kind; });
    }
}

Json files_to_json(const std::vector<CaseSummary::File>& files) {
    return files;
}
std::vector<CaseSummary::File> files_from_json(const Json& json) {
    return json.get<std::vector<CaseSummary::File>>();
}

}  // namespace shapslice
