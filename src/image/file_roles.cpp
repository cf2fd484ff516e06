#include "image/file_roles.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <set>
#include <utility>

namespace shapslice {

namespace {

constexpr std::array<std::pair<FileRole, std::string_view>, 6> kRoleNames{{{FileRole::t1c, "t1c"},
                                                                           {FileRole::t1n, "t1n"},
                                                                           {FileRole::t2f, "t2f"},
                                                                           {FileRole::t2w, "t2w"},
                                                                           {FileRole::segmentation, "segmentation"},
                                                                           {FileRole::unused, "unused"}}};

// METHOD 8.5. Words, so "t1ce" never matches "t1".
constexpr std::array<std::pair<std::string_view, FileRole>, 17> kWords{{{"t1c", FileRole::t1c},
                                                                        {"t1ce", FileRole::t1c},
                                                                        {"t1gd", FileRole::t1c},
                                                                        {"t1post", FileRole::t1c},
                                                                        {"t1n", FileRole::t1n},
                                                                        {"t1", FileRole::t1n},
                                                                        {"t2f", FileRole::t2f},
                                                                        {"flair", FileRole::t2f},
                                                                        {"t2flair", FileRole::t2f},
                                                                        {"t2w", FileRole::t2w},
                                                                        {"t2", FileRole::t2w},
                                                                        {"seg", FileRole::segmentation},
                                                                        {"label", FileRole::segmentation},
                                                                        {"labels", FileRole::segmentation},
                                                                        {"mask", FileRole::segmentation},
                                                                        {"segmentation", FileRole::segmentation},
                                                                        {"t1w", FileRole::t1n}}};

std::string lower(std::string_view text) {
    std::string small(text);
    for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return small;
}

// The lower-case name without its image extension, or nothing when it has none.
std::optional<std::string> image_stem(std::string_view file_name) {
    const std::string name = lower(file_name);
    for (const std::string_view ending : {".nii.gz", ".nii", ".hdr", ".img", ".hdr.gz", ".img.gz"}) {
        if (name.size() > ending.size() && name.ends_with(ending)) return name.substr(0, name.size() - ending.size());
    }
    return std::nullopt;
}

bool ends_with_any(std::string_view file_name, std::string_view a, std::string_view b) {
    const std::string name = lower(file_name);
    return name.ends_with(a) || name.ends_with(b);
}

// The role of the last word that names one: "t1_subject-flair" is a FLAIR.
FileRole role_of_stem(const std::string& stem) {
    FileRole role = FileRole::unused;
    std::size_t start = 0;
    while (start <= stem.size()) {
        const std::size_t end = std::min(stem.find_first_of("-_. ", start), stem.size());
        const std::string_view word(stem.data() + start, end - start);
        for (const auto& [known, means] : kWords) {
            // "t2_flair" is one contrast said in two words; "flair_seg" is a segmentation whatever precedes it.
            if (word == known && !(role == FileRole::segmentation)) role = means;
        }
        start = end + 1;
    }
    return role;
}

}  // namespace

std::string_view role_name(FileRole role) {
    return std::find_if(kRoleNames.begin(), kRoleNames.end(), [&](const auto& each) { return each.first == role; })
        ->second;
}

std::optional<FileRole> role_from_name(std::string_view name) {
    const auto at =
        std::find_if(kRoleNames.begin(), kRoleNames.end(), [&](const auto& each) { return each.second == name; });
    return at == kRoleNames.end() ? std::nullopt : std::optional(at->first);
}

std::vector<FileRole> guess_roles(const std::vector<std::string>& file_names) {
    std::vector<FileRole> roles(file_names.size(), FileRole::unused);
    std::map<std::string, FileRole> headers;  // role by stem, of each .hdr that got one
    std::set<FileRole> taken;
    for (std::size_t n = 0; n < file_names.size(); ++n) {
        const auto stem = image_stem(file_names[n]);
        if (!stem || ends_with_any(file_names[n], ".img", ".img.gz")) continue;
        const FileRole role = role_of_stem(*stem);
        if (role == FileRole::unused || !taken.insert(role).second) continue;
        roles[n] = role;
        if (ends_with_any(file_names[n], ".hdr", ".hdr.gz")) headers[*stem] = role;
    }
    for (std::size_t n = 0; n < file_names.size(); ++n) {
        const auto stem = image_stem(file_names[n]);
        if (!stem || !ends_with_any(file_names[n], ".img", ".img.gz")) continue;
        if (const auto header = headers.find(*stem); header != headers.end()) roles[n] = header->second;
    }
    return roles;
}

}  // namespace shapslice
