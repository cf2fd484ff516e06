// What the user should know about a file that was taken: beside the file on the page, in the API, in the result.
#pragma once

#include <string>
#include <vector>

namespace shapslice {

// note: what was done, such as resampling. check: something looks wrong, and the numbers may be (METHOD 8.6). question:
// nothing is computed until the user has said which.
enum class NoticeKind { note, check, question };

struct Notice {
    NoticeKind kind = NoticeKind::note;
    std::string file;      // its name; empty where it is about the whole case
    std::string sentence;  // for the user; begins with the file's name where there is one
    bool operator==(const Notice&) const = default;
};

// Notes of one file, in order.
inline void add_notes(std::vector<Notice>& notices, const std::string& file,
                      const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences) notices.push_back({NoticeKind::note, file, sentence});
}

}  // namespace shapslice
