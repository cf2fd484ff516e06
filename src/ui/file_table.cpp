// The table of files: name, role, and what is said of each, at its row.
#include <algorithm>

#include "image/file_roles.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

using FileNotice = shapslice::Notice;

constexpr float kRow = 25;
constexpr float kRoleWidth = 100;
constexpr float kMarkWidth = 18;

ImU32 colour_of(NoticeKind kind) {
    if (kind >= NoticeKind::question) return kError;
    return kind == NoticeKind::check ? kWarning : kQuiet;
}

// Shapes that differ without their colours: a filled square with a cross, a ring with a question mark, a triangle with
// an exclamation mark, an i in a square.
void draw_mark(NoticeKind kind, ImVec2 centre) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImU32 colour = colour_of(kind);
    const auto [x, y] = centre;
    const char* sign = "i";
    float down = 0;
    switch (kind) {
        case NoticeKind::refusal:
            list->AddRectFilled({x - 7, y - 7}, {x + 7, y + 7}, colour, 2);
            list->AddLine({x - 3.5f, y - 3.5f}, {x + 3.5f, y + 3.5f}, kPanel, 2);
            list->AddLine({x - 3.5f, y + 3.5f}, {x + 3.5f, y - 3.5f}, kPanel, 2);
            return;
        case NoticeKind::question:
            list->AddCircle(centre, 7, colour, 0, 1.5f);
            sign = "?";
            break;
        case NoticeKind::check:
            list->AddTriangle({x, y - 7.5f}, {x + 8, y + 6.5f}, {x - 8, y + 6.5f}, colour, 1.5f);
            sign = "!";
            down = 1;
            break;
        case NoticeKind::note:
            list->AddRect({x - 7, y - 7}, {x + 7, y + 7}, colour, 3);
            break;
    }
    const ImVec2 size = text_size(fonts.small, sign);
    text_at(list, fonts.small, {x - size.x / 2, y - size.y / 2 + down}, colour, sign);
}

// The whole name, the grid or what is wrong, and all that is said of it.
void file_tooltip(const CaseSummary::File& file) {
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(420);
    ImGui::TextUnformatted(file.name.c_str());
    if (!file.detail.empty() && file.mark != "error") ImGui::TextUnformatted(file.detail.c_str());
    for (const FileNotice& notice : file.notices) ImGui::TextUnformatted(std::string(beside_its_file(notice)).c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

void file_role(AppState& state, const CaseSummary::File& file, bool fixed) {
    static constexpr std::array<FileRole, 6> kRoles{FileRole::t1c, FileRole::t1n,          FileRole::t2f,
                                                    FileRole::t2w, FileRole::segmentation, FileRole::unused};
    // Another file for a role is one click away.
    const bool offered =
        !fixed && file.role == "unused" && !file.named.empty() && (!file.instead.empty() || file.mark == "question");
    const float use = offered ? 34.0f : 0.0f;
    ImGui::SetNextItemWidth(kRoleWidth - use);
    if (fixed) {
        ImGui::TextDisabled("%s", file.role.c_str());
    } else if (ImGui::BeginCombo("##role", file.role.c_str(), ImGuiComboFlags_NoArrowButton)) {
        for (const FileRole role : kRoles) {
            const std::string word(role_name(role));
            if (ImGui::Selectable(word.c_str(), word == file.role))
                send(state, "assignRole", {{"file", file.name}, {"role", word}});
        }
        ImGui::EndCombo();
    }
    if (!offered) return;
    ImGui::SameLine(0, 3);
    if (ImGui::Button("use", {use - 3, 0})) send(state, "assignRole", {{"file", file.name}, {"role", file.named}});
    remember(state, ("use-" + file.name).c_str(), ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Take this file as %s.", file.named.c_str());
}

float words_height(const CaseSummary::File& file, float width) {
    float height = 0;
    for (const FileNotice& notice : file.notices) {
        const std::string words(beside_its_file(notice));
        height += ImGui::CalcTextSize(words.c_str(), nullptr, false, width).y + 2;
    }
    return height > 0 ? height + 4 : 0;
}

// What is said of the file, below its name.
void file_words(const CaseSummary::File& file, ImVec2 at, float width) {
    for (const FileNotice& notice : file.notices) {
        const std::string words(beside_its_file(notice));
        ImGui::SetCursorPos(at);
        ImGui::PushStyleColor(ImGuiCol_Text, colour_of(notice.kind));
        ImGui::PushTextWrapPos(at.x + width);
        ImGui::TextUnformatted(words.c_str());
        ImGui::PopTextWrapPos();
        ImGui::PopStyleColor();
        at.y += ImGui::GetItemRectSize().y + 2;
    }
}

void file_row(AppState& state, const CaseSummary::File& file, bool fixed, float width) {
    const ImVec2 at = ImGui::GetCursorPos();
    const ImVec2 corner = ImGui::GetCursorScreenPos();
    if (!file.notices.empty()) draw_mark(file.notices.front().kind, {corner.x + 8, corner.y + 12});
    ImGui::SetCursorPos({at.x + kMarkWidth, at.y + 4});
    ImGui::BeginGroup();
    text_end(file.name.substr(file.name.rfind('/') + 1), width - kMarkWidth - kRoleWidth - 6);
    ImGui::EndGroup();
    if (ImGui::IsMouseHoveringRect(corner, {corner.x + width - kRoleWidth - 6, corner.y + kRow}) &&
        ImGui::IsWindowHovered())
        file_tooltip(file);
    ImGui::SetCursorPos({at.x + width - kRoleWidth, at.y});
    file_role(state, file, fixed);
    file_words(file, {at.x + kMarkWidth, at.y + kRow - 2}, width - kMarkWidth - 4);
    const float height = kRow + words_height(file, width - kMarkWidth - 4);
    remember(state, ("file-" + file.name).c_str(), corner, {corner.x + width, corner.y + height});
    ImGui::SetCursorPos({at.x, at.y + height});
}

}  // namespace

void file_table(AppState& state, float most) {
    const auto& files = shown_files(state);
    const bool fixed = state.files.empty();
    std::erase_if(state.panels, [](const auto& panel) {
        return panel.first.starts_with("file-") || panel.first.starts_with("use-");
    });
    if (files.empty()) return;
    ImGui::PushFont(fonts.small);
    const float scrollbar = ImGui::GetStyle().ScrollbarSize;
    const float width = ImGui::GetContentRegionAvail().x;
    float height = 4;
    for (const auto& file : files) height += kRow + words_height(file, width - scrollbar - kMarkWidth - 4);
    ImGui::BeginChild("files", {0, std::min(most, height)});
    bool wanted =
        state.files_revision != state.files_seen;  // where something must be answered, it is brought into view
    state.files_seen = state.files_revision;
    for (std::size_t n = 0; n < files.size(); ++n) {
        ImGui::PushID(static_cast<int>(n));
        const auto& notices = files[n].notices;
        if (wanted && !notices.empty() && notices.front().kind >= NoticeKind::question) {
            ImGui::SetScrollHereY(0);
            wanted = false;
        }
        file_row(state, files[n], fixed, width - (height > most ? scrollbar : 0));
        ImGui::PopID();
    }
    ImGui::EndChild();
    ImGui::PopFont();
}

}  // namespace shapslice::ui
