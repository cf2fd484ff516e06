#include "image/file_roles.h"

#include <algorithm>
#include <array>
#include <utility>

namespace shapslice {

namespace {

constexpr std::array<std::pair<FileRole, std::string_view>, 6> kRoleNames{{{FileRole::t1c, "t1c"},
                                                                           {FileRole::t1n, "t1n"},
                                                                           {FileRole::t2f, "t2f"},
                                                                           {FileRole::t2w, "t2w"},
                                                                           {FileRole::segmentation, "segmentation"},
                                                                           {FileRole::unused, "unused"}}};

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

}  // namespace shapslice
