#include "study/seen_cases.h"

#include <algorithm>
#include <cctype>
#include <string>

#include "intake/name_words.h"

namespace shapslice {

namespace {

// Whether `text` holds `name` as a whole: not as a part of a longer word or number.
bool is_named(const std::string& text, const std::string& name) {
    const std::size_t at = lower_case(text).find(lower_case(name));
    if (name.empty() || at == std::string::npos) return false;
    const std::size_t end = at + name.size();
    const auto goes_on = [&](std::size_t n) { return std::isalnum(static_cast<unsigned char>(text[n])); };
    return (at == 0 || !goes_on(at - 1)) && (end == text.size() || !goes_on(end));
}

bool is_held_out(const FoldModel& fold, const Case& subject) {
    const auto any_file = [&](const auto& is_it) {
        return std::any_of(subject.files.begin(), subject.files.end(), is_it);
    };
    for (const std::string& name : fold.held_out) {
        if (is_named(subject.name, name)) return true;
        if (any_file([&](const CaseFile& file) { return is_named(file.name, name); })) return true;
    }
    const auto& digests = fold.held_out_sha256;
    return any_file(
        [&](const CaseFile& file) { return std::find(digests.begin(), digests.end(), file.sha256) != digests.end(); });
}

}  // namespace

std::optional<bool> has_seen(const ModelManifest& manifest, int fold, const Case& subject) {
    const auto lists = [&](const FoldModel& each) { return is_held_out(each, subject); };
    const bool any_list = std::any_of(manifest.folds.begin(), manifest.folds.end(),
                                      [](const FoldModel& each) { return !each.held_out.empty(); });
    if (!any_list || subject.synthetic) return std::nullopt;
    if (std::none_of(manifest.folds.begin(), manifest.folds.end(), lists)) return false;
    return !lists(manifest.folds[static_cast<std::size_t>(fold)]);
}

}  // namespace shapslice
