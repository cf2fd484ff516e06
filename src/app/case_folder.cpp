#include "app/case_folder.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <fstream>
#include <iostream>

#include "intake/file_start.h"
#include "intake/label_conventions.h"
#include "study/open_case.h"

namespace shapslice {

namespace fs = std::filesystem;

Expected<std::vector<std::uint8_t>> read_file(const fs::path& path) {
    std::error_code problem;
    if (fs::is_directory(path, problem)) return fail(path.string() + ": this is a folder; expected a file.");
    if (fs::is_character_file(path, problem)) return fail(path.string() + ": this is a device; expected a file.");
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(path.string() + ": the file cannot be opened.");
    std::vector<std::uint8_t> bytes;
    std::array<char, 1 << 16> part;
    while (file.read(part.data(), part.size()) || file.gcount() > 0)
        bytes.insert(bytes.end(), part.begin(), part.begin() + file.gcount());
    if (file.bad()) return fail(path.string() + ": the file cannot be read to its end.");
    return bytes;
}

Expected<void> write_file(const fs::path& path, std::span<const std::uint8_t> bytes) {
    std::ofstream file(path, std::ios::binary);
    file.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
    if (!file.flush()) return fail(path.string() + ": the file cannot be written.");
    return {};
}

Expected<void> write_text(const fs::path& path, const std::string& text) {
    return write_file(path, {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

Expected<void> make_folder(const fs::path& folder) {
    std::error_code problem;
    fs::create_directories(folder, problem);
    if (!fs::is_directory(folder, problem)) return fail(folder.string() + ": the folder cannot be made.");
    return {};
}

std::string folder_name(const fs::path& folder) {
    const fs::path whole = fs::absolute(folder).lexically_normal();
    return (whole.has_filename() ? whole : whole.parent_path()).filename().string();
}

namespace {

// Files below a folder, links to files among them. A folder within that cannot be read is said, and passed over.
Expected<void> list_files(const fs::path& folder, std::vector<fs::path>& files) {
    std::error_code problem, other;
    for (auto at = fs::directory_iterator(folder, problem); !problem && at != fs::directory_iterator();
         at.increment(problem)) {
        if (at->is_directory(other) && !at->is_symlink(other)) {
            if (const auto listed = list_files(at->path(), files); !listed)
                std::cerr << listed.error().sentence << "\n";
        } else if (at->is_regular_file(other)) {
            files.push_back(at->path());
        }
    }
    if (problem) return fail(folder.string() + ": the folder cannot be read.");
    return {};
}

}  // namespace

Expected<std::vector<FileEntry>> files_below(const fs::path& folder) {
    std::error_code problem;
    if (!fs::is_directory(folder, problem))
        return fail(folder.string() + ": this is no folder; expected the folder of a case.");
    std::vector<fs::path> paths;
    if (const auto listed = list_files(folder, paths); !listed) return tl::make_unexpected(listed.error());
    std::vector<FileEntry> files;
    for (const fs::path& path : paths) {
        FileEntry file;
        file.path = path.lexically_relative(folder).generic_string();
        const auto size = fs::file_size(path, problem);
        if (problem) continue;  // it has gone meanwhile
        file.size = static_cast<double>(size);
        const auto changed = fs::last_write_time(path, problem);
        const auto written = std::chrono::file_clock::to_sys(changed).time_since_epoch();
        if (!problem) file.modified = std::chrono::duration<double, std::milli>(written).count();
        files.push_back(std::move(file));
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    const auto wanted = files_to_look_into(files);
    for (FileEntry& file : files) {
        const auto at = wanted.find(file.path);
        if (at == wanted.end()) continue;
        std::ifstream stream(folder / file.path, std::ios::binary);
        std::vector<std::uint8_t> bytes(std::min(at->second, static_cast<std::size_t>(file.size)));
        stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        take_beginning(file, bytes);
    }
    return files;
}

Expected<Case> open_folder(const fs::path& folder, const std::string& chosen, const std::string& labels) {
    auto files = files_below(folder);
    if (!files) return tl::make_unexpected(files.error());
    const CaseList list = find_cases({std::move(*files), {}, chosen});
    if (const std::string refusal = refusal_of(list); !refusal.empty()) return fail(folder.string() + ": " + refusal);
    CaseOpening opening(list.cases[*list.chosen], {list.cases[*list.chosen].label_names});
    for (const auto& [path, image_path] : opening.wanted()) {
        const auto bytes = read_file(folder / path);
        if (!bytes) return tl::make_unexpected(bytes.error());
        const auto image = image_path.empty() ? std::vector<std::uint8_t>{} : read_file(folder / image_path);
        if (!image) return tl::make_unexpected(image.error());
        if (const auto added = opening.add(path, *bytes, *image); !added) return tl::make_unexpected(added.error());
    }
    opening.set_label_convention(labels);
    auto subject = opening.finish();
    if (subject && subject->reference_file && !subject->reference_file->question.empty()) {
        std::string known;
        for (const LabelConvention& each : label_conventions())
            known += (known.empty() ? "" : ", ") + std::string(each.id);
        return fail(subject->reference_file->question + " Say which with --labels: " + known + ".");
    }
    return subject;
}

Expected<Json> read_json(const fs::path& path) {
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const std::string text(bytes->begin(), bytes->end());
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return fail(path.string() + ": this is not JSON.");
    return json;
}

}  // namespace shapslice
