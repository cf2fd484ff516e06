// What the browser keeps of cases, and how to have it forgotten.
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

std::string kept_words(const AppState& state) {
    const int runs = state.storage.value("runs", 0);
    if (state.storage.value("traceless", false) && runs == 0)
        return "Nothing is stored: values go when this tab is closed.";
    if (runs == 0) return "Nothing is stored yet.";
    return counted(runs, "model run") + " of " + counted(state.storage.value("cases", 0), "case") +
           ": segmentations and voxel counts, so that no run is made twice.";
}

// Twice, so that a slip of the hand forgets nothing.
void forget_item(AppState& state, const char* label, const char* command, const char* what) {
    if (!ImGui::BeginMenu(label)) {
        remember(state, command, ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
        return;
    }
    ImGui::TextDisabled("%s", what);
    if (ImGui::MenuItem("Yes, forget")) send(state, command);
    remember(state, "yes-forget", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    ImGui::EndMenu();
}

// What was stored before stays until it is deleted. Takes no more height than what else stands here: a menu that grows
// while it is open would leave the page.
void delete_offer(AppState& state) {
    const std::string words = stored_before_words(state);
    if (words.empty()) {
        ImGui::TextDisabled("Nothing is stored or read from now on. The setting is part of the page's address.");
        return;
    }
    ImGui::SameLine(0, 20);
    if (ImGui::Button("Delete what is stored")) send(state, "deleteStored");
    remember(state, "delete-stored", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    ImGui::PushStyleColor(ImGuiCol_Text, kWarning);
    ImGui::TextUnformatted(words.c_str());
    ImGui::PopStyleColor();
}

}  // namespace

void storage_menu(AppState& state) {
    if (ImGui::Button("Stored results ...", {-1, 0})) ImGui::OpenPopup("storage");
    remember(state, "storage", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("What this browser stores of the cases you study.");
    if (!state.storage.is_object() || !ImGui::BeginPopup("storage")) return;
    ImGui::TextUnformatted("Stored in this browser, on this computer");
    ImGui::TextDisabled("%s", kept_words(state).c_str());
    ImGui::TextDisabled("Images and file names are never stored.");
    ImGui::Separator();
    forget_item(state, "Forget this case", "forgetCase", "Removes its runs, and closes it.");
    forget_item(state, "Forget everything", "forgetEverything",
                "Removes the runs of all cases and saved rankings, and closes this case.");
    ImGui::Separator();
    bool traceless = state.storage.value("traceless", false);
    if (ImGui::Checkbox("Leave no trace", &traceless)) send(state, "leaveNoTrace", {{"on", traceless}});
    remember(state, "leave-no-trace", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    delete_offer(state);
    ImGui::EndPopup();
}

}  // namespace shapslice::ui
