// Notices as JSON: {kind, file, sentence}.
#pragma once

#include "base/json.h"
#include "base/notice.h"

namespace shapslice {

NLOHMANN_JSON_SERIALIZE_ENUM(NoticeKind, {{NoticeKind::note, "note"},
                                          {NoticeKind::check, "check"},
                                          {NoticeKind::question, "question"},
                                          {NoticeKind::refusal, "refusal"}})

template <class F>
void describe(F& f, Notice& n) {
    f("kind", n.kind);
    f("file", n.file);
    f("sentence", n.sentence);
}

}  // namespace shapslice
