// A dataset.json as text: what it says of the channels against a plain reading of the same JSON, and images named by
// number and a 4-D file beside it get the roles that it gives, each role once.
#include <charconv>
#include <map>
#include <set>

#include "input.h"
#include "intake/case_list.h"
#include "intake/dataset_file.h"
#include "intake/name_reading.h"

using namespace shapslice;

namespace {

constexpr int kMostChannels = 64;

// Number and role of each channel that a member of the file names; the last of a number counts.
std::map<int, FileRole> plain_channels(const Json& member) {
    std::map<int, FileRole> channels;
    int place = 0;
    for (const auto& [key, title] : member.items()) {
        int number = place++;
        if (member.is_object()) {
            const auto [end, problem] = std::from_chars(key.data(), key.data() + key.size(), number);
            if (problem != std::errc() || end != key.data() + key.size()) continue;
        }
        if (number < 0 || number >= kMostChannels || !title.is_string()) continue;
        channels[number] = role_of_title(title.get<std::string>());
    }
    return channels;
}

std::map<int, FileRole> plain_reading(const std::string& text) {
    const Json json = Json::parse(text, nullptr, false);
    std::map<int, FileRole> channels;
    if (!json.is_object()) return channels;
    for (const char* name : {"channel_names", "modality"}) {
        const Json member = json.value(name, Json());
        if (channels.empty() && (member.is_object() || member.is_array())) channels = plain_channels(member);
    }
    return channels;
}

// The role of a channel, or "unused" where there is none.
FileRole role_at(const std::map<int, FileRole>& channels, int number) {
    const auto at = channels.find(number);
    return at == channels.end() ? FileRole::unused : at->second;
}

// Every row has the channel's role or none; a role that one channel alone has is taken.
void check_roles(const CaseList& list, const std::map<int, FileRole>& channels) {
    fuzz::must(list.cases.size() == 1);
    std::map<FileRole, int> times;
    for (const auto& [number, role] : channels) ++times[role];
    std::set<FileRole> taken;
    for (const FoundFile& file : list.cases[0].files) {
        const std::string name = file.path.substr(file.path.rfind('/') + 1);
        const int number = file.frame >= 0 ? file.frame : std::stoi(name.substr(4, 4));
        const FileRole said = role_at(channels, number);
        fuzz::must(file.role == FileRole::unused || file.role == said);
        if (file.role != FileRole::unused) fuzz::must(taken.insert(file.role).second);
        if (said != FileRole::unused && times[said] == 1) fuzz::must(file.role == said);
    }
    case_list_to_json(list).dump(-1, ' ', false, Json::error_handler_t::replace);
    refusal_of(list);
}

FileEntry image(const std::string& path, int frames) {
    return {path, 1000, std::nullopt, {"nifti", frames}, ""};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const std::string text(fuzz::text_of({bytes, size}));
    const auto expected = plain_reading(text);
    const auto dataset = read_dataset(text);
    fuzz::must(dataset.has_value() == !expected.empty());
    if (!dataset) return 0;
    fuzz::must(dataset->channels.size() == static_cast<std::size_t>(expected.rbegin()->first) + 1);
    for (int n = 0; n < static_cast<int>(dataset->channels.size()); ++n)
        fuzz::must(dataset->channels[static_cast<std::size_t>(n)] == role_at(expected, n));

    const FileEntry file{"set/dataset.json", static_cast<double>(size), std::nullopt, {}, text};
    CaseRequest numbered;
    numbered.files.push_back(file);
    for (int n = 0; n < 6; ++n) numbered.files.push_back(image("set/imagesTr/P01_000" + std::to_string(n) + ".nii", 1));
    check_roles(find_cases(numbered), expected);
    CaseRequest volumes;
    volumes.files = {file, image("set/imagesTr/P01.nii.gz", 5)};
    check_roles(find_cases(volumes), expected);
    return 0;
}
