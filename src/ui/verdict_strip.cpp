// How good the segmentation from all contrasts is, by region, before any of what it comes from (METHOD 2.6).
#include <algorithm>

#include "study/sentence.h"
#include "study/verdict.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

ImU32 colour_of(VerdictLevel level) {
    if (level == VerdictLevel::poor) return kError;
    return level == VerdictLevel::low ? kWarning : kText;
}

// Shapes that differ without their colours: a dot, a triangle with its point down, a square with a cross, a ring.
void draw_shape(VerdictLevel level, ImVec2 centre) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const ImU32 colour = colour_of(level);
    const auto [x, y] = centre;
    switch (level) {
        case VerdictLevel::unknown:
            list->AddCircle(centre, 4, kQuiet, 0, 1.5f);
            return;
        case VerdictLevel::usual:
            list->AddCircleFilled(centre, 4.5f, colour);
            return;
        case VerdictLevel::low:
            list->AddTriangleFilled({x - 6, y - 4}, {x + 6, y - 4}, {x, y + 6}, colour);
            return;
        case VerdictLevel::poor:
            list->AddRectFilled({x - 6, y - 6}, {x + 6, y + 6}, colour, 2);
            list->AddLine({x - 3, y - 3}, {x + 3, y + 3}, kPanel, 2);
            list->AddLine({x - 3, y + 3}, {x + 3, y - 3}, kPanel, 2);
            return;
    }
}

}  // namespace

bool has_verdict(const AppState& state) {
    const ModelResult* model = shown_model(state);
    return model && std::any_of(model->verdict.regions.begin(), model->verdict.regions.end(),
                                [](const RegionVerdict& region) { return region.dice.has_value(); });
}

void verdict_strip(const AppState& state) {
    const ModelResult& model = *shown_model(state);
    ImGui::PushFont(fonts.small);
    const char* title = state.study.has_reference ? "Overlap with the expert (Dice), all contrasts:"
                                                  : "Overlap between versions (Dice), all contrasts:";
    ImGui::PushStyleColor(ImGuiCol_Text, kQuiet);
    ImGui::TextUnformatted(title);
    ImGui::PopStyleColor();
    for (int region = 0; region < kRegions; ++region) {
        const auto r = static_cast<std::size_t>(region);
        const RegionVerdict& verdict = model.verdict.regions[r];
        if (!verdict.dice) continue;
        ImGui::SameLine(0, 22);
        const ImVec2 at = ImGui::GetCursorScreenPos();
        draw_shape(verdict.level, {at.x - 9, at.y + ImGui::GetTextLineHeight() / 2});
        const std::string words =
            std::string(kRegionNames[r]) + " " + two_digits(*verdict.dice) +
            (verdict.level == VerdictLevel::unknown ? "" : " " + level_words(state.study, verdict.level));
        ImGui::PushStyleColor(ImGuiCol_Text, colour_of(verdict.level));
        ImGui::TextUnformatted(words.c_str());
        ImGui::PopStyleColor();
        if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", verdict_words(state.study, model, region).c_str());
    }
    ImGui::PopFont();
}

}  // namespace shapslice::ui
