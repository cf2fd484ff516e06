#include "model_files/output_names.h"

#include <algorithm>
#include <cctype>
#include <initializer_list>
#include <string>
#include <vector>

namespace shapslice {

namespace {

// Runs of letters, in lower case.
std::vector<std::string> letters_of(std::string_view title) {
    std::vector<std::string> words{""};
    for (const char c : title) {
        const auto letter = static_cast<unsigned char>(c);
        if (std::isalpha(letter)) {
            words.back() += static_cast<char>(std::tolower(letter));
        } else if (!words.back().empty()) {
            words.emplace_back();
        }
    }
    if (words.back().empty()) words.pop_back();
    return words;
}

}  // namespace

std::string_view output_name(std::string_view title) {
    const std::vector<std::string> words = letters_of(title);
    const auto is = [&](std::initializer_list<std::string_view> any) {
        return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
            return std::find(any.begin(), any.end(), word) != any.end();
        });
    };
    const auto begins = [&](std::initializer_list<std::string_view> any) {
        return std::any_of(words.begin(), words.end(), [&](const std::string& word) {
            return std::any_of(any.begin(), any.end(), [&](std::string_view part) { return word.starts_with(part); });
        });
    };
    const bool enhances = begins({"enhanc"});
    if (begins({"background"}) || is({"bg", "outside"})) return "background";
    if (begins({"cavit", "resect"}) || is({"rc"})) return "RC";
    if (begins({"edema", "oedema", "peritum", "infiltrat", "invad"}) || is({"ed", "snfh", "flair"})) return "ED";
    if (begins({"whole", "complete", "entire"}) || is({"wt"})) return "WT";
    if (begins({"necro", "nonenhanc"}) || (is({"non", "not"}) && enhances) ||
        is({"ncr", "net", "netc", "nec", "ncrnet"}))
        return "NCR";
    if (enhances || is({"et", "at", "active", "gd"})) return "ET";
    if (is({"core", "tc"})) return "TC";
    return "";
}

}  // namespace shapslice
