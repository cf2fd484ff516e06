// What the browser keeps of cases, and how to have it forgotten.
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

std::string counted(int number, const char* word) {
    return std::to_string(number) + " " + word + (number == 1 ? "" : "s");
}

std::string kept_words(const AppState& state) {
    if (state.storage.value("traceless", false)) return "Nothing is kept: values go when this tab is closed.";
    const int runs = state.storage.value("runs", 0);
    if (runs == 0) return "Nothing is kept yet.";
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

}  // namespace

void storage_menu(AppState& state) {
    if (ImGui::Button("Kept here ...", {-1, 0})) ImGui::OpenPopup("storage");
    remember(state, "storage", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("What this browser keeps of the cases you study.");
    if (!state.storage.is_object() || !ImGui::BeginPopup("storage")) return;
    ImGui::TextUnformatted("Kept in this browser, on this computer");
    ImGui::TextDisabled("%s", kept_words(state).c_str());
    ImGui::TextDisabled("No image and no file's name is ever kept.");
    ImGui::Separator();
    forget_item(state, "Forget this case", "forgetCase", "Removes its runs, and closes it.");
    forget_item(state, "Forget everything", "forgetEverything",
                "Removes the runs of all cases and saved rankings, and closes this case.");
    ImGui::Separator();
    bool traceless = state.storage.value("traceless", false);
    if (ImGui::Checkbox("Leave no trace", &traceless)) send(state, "leaveNoTrace", {{"on", traceless}});
    remember(state, "leave-no-trace", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    ImGui::TextDisabled("Nothing is stored or read from now on. The setting is part of the page's address.");
    ImGui::EndPopup();
}

}  // namespace shapslice::ui
