#include <algorithm>

#include "intake/case_list.h"
#include "intake/file_kind.h"
#include "intake/file_start.h"
#include "intake/name_reading.h"

namespace shapslice {

namespace {

constexpr std::size_t kMostLookedInto = 256;

Json file_json(const FoundFile& file) {
    static constexpr const char* kMarks[] = {"", "chosen", "question"};
    return {{"path", file.path},
            {"key", file.key()},
            {"frame", file.frame < 0 ? Json(nullptr) : Json(file.frame)},
            {"role", role_name(file.role)},
            {"named", role_name(file.named)},
            {"image", file.image_path},
            {"mark", kMarks[static_cast<std::size_t>(file.mark)]},
            {"remark", file.remark},
            {"instead", file.instead}};
}

Json case_json(const FoundCase& found) {
    Json missing = Json::array();
    for (const FileRole role : found.missing) missing.push_back(role_name(role));
    Json files = Json::array();
    for (const FoundFile& file : found.files) files.push_back(file_json(file));
    return {{"name", found.name},
            {"folder", found.folder},
            {"identifier", found.identifier},
            {"visit", found.visit},
            {"missing", missing},
            {"refusal", found.refusal},
            {"files", files},
            {"labelNames", found.label_names}};
}

}  // namespace

std::vector<FileEntry> file_entries_from_json(const Json& json) {
    std::vector<FileEntry> entries;
    for (const Json& file : json) {
        FileEntry entry;
        entry.path = file.value("path", "");
        entry.size = file.value("size", 0.0);
        if (const auto at = file.find("modified"); at != file.end() && at->is_number())
            entry.modified = at->get<double>();
        if (const auto at = file.find("start"); at != file.end() && at->is_object()) {
            entry.start.format = at->value("format", "");
            entry.start.frames = at->value("frames", 1);
        }
        entry.text = file.value("text", "");
        entries.push_back(std::move(entry));
    }
    return entries;
}

Expected<CaseRequest> case_request_from_json(const Json& json) {
    CaseRequest request;
    request.files = file_entries_from_json(json.at("files"));
    const Json roles = json.value("roles", Json::object());
    for (const auto& [key, name] : roles.items()) {
        const std::string word = name.is_string() ? name.get<std::string>() : name.dump();
        const auto role = role_from_name(word);
        if (!role)
            return fail(key + ": the role \"" + word +
                        "\" is not known; expected t1c, t1n, t2f, t2w, segmentation or unused.");
        request.roles[key] = *role;
    }
    request.chosen = json.value("chosen", "");
    return request;
}

Json case_list_to_json(const CaseList& list) {
    Json cases = Json::array();
    for (const FoundCase& found : list.cases) cases.push_back(case_json(found));
    Json foreign = Json::array();
    for (const ForeignFiles& files : list.foreign)
        foreign.push_back(
            {{"what", files.what}, {"sentence", files.sentence}, {"first", files.first}, {"count", files.count}});
    return {{"cases", cases},
            {"foreign", foreign},
            {"chosen", list.chosen ? Json(*list.chosen) : Json(nullptr)},
            {"refusal", list.refusal}};
}

std::map<std::string, std::size_t> files_to_look_into(const std::vector<FileEntry>& files) {
    std::map<std::string, std::size_t> wanted;
    std::size_t looked = 0;
    for (const FileEntry& entry : files) {
        const FilePath path = take_apart(entry.path);
        const FileKind kind = kind_of(path);
        if (kind == FileKind::dataset && entry.size <= kLargestText) wanted[entry.path] = kLargestText;
        if (looked >= kMostLookedInto) continue;
        const bool image = kind == FileKind::nifti || kind == FileKind::nifti_header;
        const NameReading reading = image ? read_name(path) : NameReading{};
        if (kind == FileKind::unknown ||
            (image && reading.role == FileRole::unused && reading.derived.empty() && !reading.channel)) {
            wanted[entry.path] = kFileStart;
            ++looked;
        }
    }
    return wanted;
}

}  // namespace shapslice
