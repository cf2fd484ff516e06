// The model's ranking of the contrasts beside the clinical one, and the editor of the latter.
#include <imgui.h>
#include <misc/cpp/imgui_stdlib.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "metrics/region_yardstick.h"
#include "study/result_json.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

// Ranks of the fold shown, or the mean ranks over complete folds.
std::optional<PerContrast<double>> model_ranks(const AppState& state) {
    const auto row = static_cast<std::size_t>(state.choice.region);
    if (const FoldResult* fold = shown_fold(state)) return fold->regions[row].ranks;
    const ModelResult* model = shown_model(state);
    return model ? model->summary[row].mean_rank : std::nullopt;
}

struct Editor {
    int dragged = -1;
    bool this_region_only = false;
    std::string name = "My ranking";
};

void edit_buttons(AppState& state, Editor& editor) {
    const ClinicalRanking& clinical = shown_ranking(state);
    const auto row = static_cast<std::size_t>(state.choice.region);
    ImGui::PushFont(fonts.small);
    bool own = clinical.by_region[row].has_value() || editor.this_region_only;
    if (ImGui::Checkbox(("only for " + std::string(kRegionRowNames[row])).c_str(), &own)) {
        editor.this_region_only = own;
        ClinicalRanking changed = clinical;
        changed.by_region[row] = own ? std::optional(clinical.of(state.choice.region)) : std::nullopt;
        send_ranking(state, std::move(changed));
    }
    ImGui::SameLine();
    if (ImGui::Button("Protocol")) send_ranking(state, ClinicalRanking{});
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Back to the protocol ranking: T1c 1, T2-FLAIR 2, T1n and T2w 3");
    ImGui::SameLine();
    if (ImGui::Button("By region")) send_ranking(state, ranking_by_region());
    if (ImGui::IsItemHovered()) {
        ImGui::SetTooltip("%s", row < kRegions ? std::string(kRegionYardsticks[row].source).c_str()
                                               : "Each region's own order: where its annotators look for it.");
    }
    ImGui::SameLine();
    ImGui::SetNextItemWidth(72);
    ImGui::InputText("##name", &editor.name);
    ImGui::SameLine();
    if (ImGui::Button("Save") && !editor.name.empty()) {
        ClinicalRanking named = clinical;
        named.name = editor.name;
        send(state, "saveRanking", clinical_ranking_to_json(named));
        send_ranking(state, std::move(named));
    }
    if (!state.saved_rankings.empty()) {
        ImGui::SameLine();
        ImGui::SetNextItemWidth(-1);
        if (ImGui::BeginCombo("##saved", "Saved", ImGuiComboFlags_NoArrowButton)) {
            for (const ClinicalRanking& saved : state.saved_rankings) {
                if (ImGui::Selectable(saved.name.c_str())) send_ranking(state, saved);
            }
            ImGui::EndCombo();
        }
    }
    ImGui::PopFont();
}

}  // namespace

void ranking_panel(AppState& state, float height) {
    static Editor editor;
    const ImVec2 start = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const auto row = static_cast<std::size_t>(state.choice.region);
    const auto ranks = model_ranks(state);
    const ClinicalRanking clinical = shown_ranking(state);
    const PerContrast<double>& wanted = clinical.of(state.choice.region);

    const float left = start.x + 110;
    const float right = start.x + width - 130;
    const float top = start.y + 40;
    const float step = (height - 132) / 3;
    const auto y_of = [&](double rank) { return top + static_cast<float>(rank - 1) * step; };
    text_at(list, fonts.small, {start.x + 30, start.y}, kQuiet,
            ("Model, " + std::string(kRegionRowNames[row])).c_str());
    text_at(list, fonts.small, {right - 10, start.y}, kQuiet, clinical.name.c_str(), 138);
    for (int rank = 1; rank <= kContrasts; ++rank) {
        const std::string number = std::to_string(rank);
        text_at(list, fonts.small, {start.x, y_of(rank) - 8}, kQuiet, number.c_str());
        list->AddLine({left, y_of(rank)}, {right, y_of(rank)}, faded(kLine, 0.4f));
    }
    text_at(list, fonts.small, {start.x - 2, start.y + 16}, kQuiet, "rank");
    // Tied names are set side by side above and below the line they share.
    const auto shift = [](const PerContrast<double>& all, std::size_t c) {
        float offset = 0;
        for (std::size_t other = 0; other < kContrasts; ++other) {
            if (other != c && std::abs(all[other] - all[c]) < 0.2) offset += other < c ? 8.5f : -8.5f;
        }
        return offset;
    };
    if (!ranks) {
        ImGui::SetCursorScreenPos({start.x + 30, top + 8});
        ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + right - start.x - 50);
        quiet_text(no_numbers_words(state, state.choice.region).c_str());
        ImGui::PopTextWrapPos();
    }
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const std::string name(kContrastTitles[c]);
        const ImU32 colour = kContrastColours[c];
        const float y_right = y_of(wanted[c]) + shift(wanted, c);
        if (ranks) {
            const float y_left = y_of((*ranks)[c]) + shift(*ranks, c);
            list->AddLine({left, y_left}, {right, y_right}, colour, 2);
            list->AddCircleFilled({left, y_left}, 4, colour);
            char words[48];
            std::snprintf(words, sizeof words, "%s %.3g", name.c_str(), (*ranks)[c]);
            text_at(list, fonts.small, {left - 8 - text_size(fonts.small, words).x, y_left - 8}, kText, words);
        }
        list->AddCircleFilled({right, y_right}, 5, colour);
        char words[48];
        std::snprintf(words, sizeof words, "%s %.3g", name.c_str(), wanted[c]);
        ImGui::SetCursorScreenPos({right - 8, y_right - 9});
        ImGui::PushID(static_cast<int>(c));
        ImGui::InvisibleButton("clinical", {136, 18});
        const bool held = ImGui::IsItemActive();
        if (ImGui::IsItemHovered() || held) {
            list->AddRectFilled({right - 10, y_right - 10}, {right + 128, y_right + 10}, faded(kAccent, 0.2f), 3);
            ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeNS);
        }
        if (held) {
            editor.dragged = static_cast<int>(c);
            const double rank = std::clamp(1 + static_cast<double>((ImGui::GetIO().MousePos.y - top) / step), 1.0, 4.0);
            const double snapped = std::round(rank * 2) / 2;
            ClinicalRanking& edited = edit_ranking(state);
            PerContrast<double>& target = edited.by_region[row] ? *edited.by_region[row] : edited.ranks;
            target[c] = snapped;
            edited.name = "Edited";
            state.ranking_held = true;
        } else if (editor.dragged == static_cast<int>(c)) {
            editor.dragged = -1;
            state.ranking_held = false;
            send_ranking(state, shown_ranking(state));
        }
        ImGui::PopID();
        text_at(list, fonts.small, {right + 10, y_right - 8}, kText, words);
    }
    if (!ranks) text_at(list, fonts.small, {start.x + 24, top + step}, kQuiet, "after the first fold");
    remember(state, "ranking", start, {start.x + width, start.y + height});
    ImGui::SetCursorScreenPos({start.x, start.y + height - 66});
    edit_buttons(state, editor);
    ImGui::SetCursorScreenPos({start.x, start.y + height - 34});
    quiet_text(
        "Level lines agree, steep ones do not. Drag a contrast on the right to change its clinical rank; ties are "
        "allowed.");
}

}  // namespace shapslice::ui
