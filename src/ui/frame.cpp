// Windows of the fixed layout.
#include "ui/palette.h"
#include "ui/panels.h"

namespace shapslice::ui {

void begin_panel(AppState& state, const char* name, const Rect& rect, ImU32 ground) {
    ImGui::SetNextWindowPos({rect.x, rect.y});
    ImGui::SetNextWindowSize({rect.width, rect.height});
    state.grounds.push_back({{rect.x, rect.y, rect.width, rect.height}, ground});
    ImGui::Begin(name, nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                     ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNavInputs |
                     ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoBackground);
    state.panels[name] = {rect.x, rect.y, rect.width, rect.height};
}

void end_panel() {
    ImGui::End();
}

void remember(AppState& state, const char* name, ImVec2 low, ImVec2 high) {
    state.panels[name] = {low.x, low.y, high.x - low.x, high.y - low.y};
}

}  // namespace shapslice::ui
