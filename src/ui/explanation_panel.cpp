// The right-hand side: region and fold, the coalition picker, and the charts.
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

bool choice_button(const char* text, bool on, bool flagged = false) {
    ImGui::PushStyleColor(ImGuiCol_Button, on ? IM_COL32(48, 84, 116, 255) : kRaised);
    ImGui::PushStyleColor(ImGuiCol_Text, flagged ? kWarning : kText);
    const bool pressed = ImGui::SmallButton(text);
    ImGui::PopStyleColor(2);
    ImGui::SameLine(0, 4);
    return pressed;
}

// Which of the study's models is shown, where there are several: on the regions' row, since five folds fill theirs.
void model_on_show(AppState& state) {
    const auto& models = state.study.models;
    if (models.size() < 2) return ImGui::NewLine();
    const ModelResult* shown = shown_model(state);
    ImGui::PushFont(fonts.small);
    ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x);
    if (ImGui::BeginCombo("##model", shown->name.c_str())) {
        for (std::size_t n = 0; n < models.size(); ++n) {
            if (ImGui::Selectable(models[n].name.c_str(), &models[n] == shown))
                state.choice.model = static_cast<int>(n);
        }
        ImGui::EndCombo();
    }
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", shown->name.c_str());
    ImGui::PopFont();
}

void region_choice(AppState& state) {
    for (int row = 0; row < kRegionRows; ++row) {
        const auto n = static_cast<std::size_t>(row);
        const bool absent = row < kRegions && state.study.has_reference && !state.study.region_present[n];
        if (choice_button(std::string(kRegionRowNames[n]).c_str(), state.choice.region == row, absent))
            state.choice.region = row;
        if (ImGui::IsItemHovered()) {
            const std::string title = row < kRegions ? std::string(kRegionTitles[n]) : "mean over ET, NCR and ED";
            ImGui::SetTooltip("%s%s", title.c_str(),
                              absent ? ": not in the reference; its values speak of false positives only" : "");
        }
    }
    model_on_show(state);
}

void fold_choice(AppState& state) {
    const ModelResult* model = shown_model(state);
    if (choice_button("all versions", state.choice.fold < 0)) state.choice.fold = -1;
    // The fold that has not seen the case comes first, and is marked (METHOD 2.7).
    for (const bool unseen : {true, false}) {
        for (int n = 0; model && n < static_cast<int>(model->folds.size()); ++n) {
            const FoldResult& fold = model->folds[static_cast<std::size_t>(n)];
            const bool marked = model->knows_case() && fold.seen == false;
            if (marked != unseen) continue;
            const std::string name = "fold " + std::to_string(fold.fold + 1) + (marked ? " (unseen)" : "");
            if (choice_button(name.c_str(), state.choice.fold == n)) state.choice.fold = n;
            if (marked && ImGui::IsItemHovered())
                ImGui::SetTooltip("This one was not trained on the case; the others were.");
        }
    }
    ImGui::NewLine();
}

}  // namespace

void explanation_panel(AppState& state, const Rect& rect) {
    begin_panel(state, "explanation", rect, kPanel);
    region_choice(state);
    fold_choice(state);
    if (!state.study.models.empty()) {
        const bool old = settings_changed(state);
        const std::string words = (old ? "Of the settings before: " : "") + settings_words(state.study.settings) +
                                  (old ? " Run to see the new ones." : "");
        ImGui::PushStyleColor(ImGuiCol_Text, old ? kWarning : kQuiet);
        ImGui::PushFont(fonts.small);
        ImGui::TextUnformatted(words.c_str());
        ImGui::PopFont();
        ImGui::PopStyleColor();
    }
    const float rest = rect.height - ImGui::GetCursorPosY() - 10;
    const float picker = rest * 0.46f;
    coalition_picker(state, picker);
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + 2);
    if (ImGui::BeginTabBar("charts")) {
        const struct {
            const char* name;
            void (*draw)(AppState&, float);
        } charts[] = {{"Shapley", shapley_chart},
                      {"Ranking", ranking_panel},
                      {"Agreement", scales_panel},
                      {"Models", models_chart},
                      {"Interactions", interaction_matrix}};
        for (const auto& chart : charts) {
            if (!ImGui::BeginTabItem(chart.name)) continue;
            const ImVec2 low = ImGui::GetCursorScreenPos();
            const float height = rect.y + rect.height - low.y - 8;
            chart.draw(state, height);
            remember(state, "chart", low, {rect.x + rect.width, low.y + height});
            ImGui::EndTabItem();
        }
        ImGui::EndTabBar();
    }
    end_panel();
}

}  // namespace shapslice::ui
