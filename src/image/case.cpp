#include "image/case.h"

#include <algorithm>

#include "image/sha256.h"

namespace shapslice {

std::string content_digest(const Case& subject) {
    std::vector<std::string> lines;
    for (const CaseFile& file : subject.files) {
        if (file.role == FileRole::unused) continue;
        lines.push_back(std::string(role_name(file.role)) + " " + file.sha256);
        if (file.frame >= 0) lines.back() += " " + std::to_string(file.frame);
    }
    // BraTS's own conventions went without a word before there were others.
    const auto& labels = subject.reference_file;
    if (labels && labels->convention != "brats2023" && labels->convention != "brats2021")
        lines.push_back("labels " + labels->convention);
    std::sort(lines.begin(), lines.end());
    std::string text = subject.made_from;
    for (const std::string& line : lines) text += "\n" + line;
    return sha256_hex({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

std::string common_case_name(const std::vector<std::string>& file_names) {
    if (file_names.empty()) return "";
    std::string common = file_names.front();
    for (const std::string& name : file_names) {
        const auto end = std::mismatch(common.begin(), common.end(), name.begin(), name.end()).first;
        common.erase(end, common.end());
    }
    // Not half a word: "case-t" of "case-t1c" and "case-t2w" is "case".
    const std::size_t separator = common.find_last_of("-_. ");
    common = separator == std::string::npos ? "" : common.substr(0, separator);
    while (!common.empty() && std::string_view("-_. ").find(common.back()) != std::string_view::npos) common.pop_back();
    return common.empty() ? file_names.front().substr(0, file_names.front().find('.')) : common;
}

}  // namespace shapslice
