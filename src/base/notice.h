// What the user should know about a file that was taken: beside the file on the page, in the API, in the result.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shapslice {

// note: what was done, such as resampling. check: something looks wrong, and the numbers may be (METHOD 8.6). question:
// nothing is computed until the user has said which. refusal: the file was not taken, and why; in the table of files of
// an opening that failed, never in a result. From the lightest to the gravest.
enum class NoticeKind { note, check, question, refusal };

struct Notice {
    NoticeKind kind = NoticeKind::note;
    std::string file;      // its name; empty where it is about the whole case
    std::string sentence;  // for the user; begins with the file's name where there is one
    bool operator==(const Notice&) const = default;
};

// The sentence as it stands beside its file: without the name that it begins with.
inline std::string_view beside_its_file(const Notice& notice) {
    const std::string_view sentence = notice.sentence;
    const std::string_view rest = sentence.substr(sentence.starts_with(notice.file) ? notice.file.size() : 0);
    return !notice.file.empty() && rest.size() < sentence.size() && rest.starts_with(": ") ? rest.substr(2) : sentence;
}

// Notes of one file, in order.
inline void add_notes(std::vector<Notice>& notices, const std::string& file,
                      const std::vector<std::string>& sentences) {
    for (const std::string& sentence : sentences) notices.push_back({NoticeKind::note, file, sentence});
}

}  // namespace shapslice
