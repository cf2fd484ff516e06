// Paths, one a line, and after an empty line a dataset.json, given to each file of that name: every image is in some
// case's table or in none, no role but "unused" goes to two rows of a case, every case is named otherwise, and each can
// be chosen by its name.
#include <set>

#include "image/case.h"
#include "input.h"
#include "intake/case_list.h"

using namespace shapslice;

namespace {

std::vector<FileEntry> entries_of(std::string_view text) {
    const std::size_t end = std::min(text.find("\n\n"), text.size());
    const std::string dataset = end < text.size() ? std::string(text.substr(end + 2)) : "";
    std::vector<FileEntry> files;
    std::string path;
    for (std::size_t n = 0; n <= end; ++n) {
        if (n < end && text[n] != '\n') {
            path += text[n];
            continue;
        }
        FileEntry file{path, static_cast<double>(n), std::nullopt, {}, path.ends_with("json") ? dataset : ""};
        if (path.size() % 3 == 0) file.modified = static_cast<double>(path.size()) * 1e5;
        if (path.size() % 5 == 0) file.start = {"nifti", static_cast<int>(path.size() % 7)};
        files.push_back(std::move(file));
        path.clear();
    }
    return files;
}

void check(const CaseList& list) {
    std::set<std::string> names;
    for (const FoundCase& found : list.cases) {
        fuzz::must(names.insert(found.name).second);
        std::set<FileRole> taken;
        for (const FoundFile& file : found.files) {
            if (file.role != FileRole::unused) fuzz::must(taken.insert(file.role).second);
        }
        for (const FileRole role : found.missing) fuzz::must(!taken.contains(role));
    }
    fuzz::must(!list.chosen || *list.chosen < list.cases.size());
    fuzz::must(list.chosen || !refusal_of(list).empty());
    case_list_to_json(list).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    CaseRequest request;
    request.files = entries_of(fuzz::text_of({bytes, size}));
    const CaseList list = find_cases(request);
    check(list);
    files_to_look_into(request.files);
    if (!list.cases.empty()) {
        request.chosen = list.cases.back().name;
        const CaseList again = find_cases(request);
        check(again);
        fuzz::must(again.chosen == list.cases.size() - 1 || request.chosen == kAllTogether);
        for (const FoundFile& file : list.cases.back().files) request.roles[file.key()] = FileRole::t2w;
        check(find_cases(request));
    }
    std::vector<std::string> names;
    for (const FileEntry& file : request.files) names.push_back(file.path);
    fuzz::must(names.front().starts_with(common_case_name(names)));
    return 0;
}
