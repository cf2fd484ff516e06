#include "study/case_summary.h"

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
Json files_to_json(const std::vector<CaseSummary::File>& files) {
    return files;
}
std::vector<CaseSummary::File> files_from_json(const Json& json) {
    return json.get<std::vector<CaseSummary::File>>();
}

}  // namespace shapslice
