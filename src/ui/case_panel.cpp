// The case, its contrasts, the models, and the run.
#include <algorithm>
#include <cstdio>

#include "image/file_roles.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

void heading(const char* text) {
    ImGui::Spacing();
    ImGui::PushFont(fonts.strong);
    ImGui::TextUnformatted(text);
    ImGui::PopFont();
}

void open_buttons(AppState& state) {
    const float width = (ImGui::GetContentRegionAvail().x - 7) / 2;
    if (ImGui::Button("Open files", {width, 0})) send(state, "chooseFiles");
    ImGui::SameLine();
    if (ImGui::Button("Open folder", {width, 0})) send(state, "chooseFolder");
    ImGui::PushFont(fonts.small);
    if (ImGui::Button("Built-in synthetic case", {-1, 0})) send(state, "openPhantom");
    ImGui::PopFont();
}

// File name and role; the role can be corrected.
void file_table(AppState& state) {
    static constexpr std::array<FileRole, 6> kRoles{FileRole::t1c, FileRole::t1n,          FileRole::t2f,
                                                    FileRole::t2w, FileRole::segmentation, FileRole::unused};
    const auto& files = state.files.empty() && state.subject ? state.subject->files : state.files;
    const bool fixed = state.files.empty();
    ImGui::PushFont(fonts.small);
    if (ImGui::BeginTable("files", 2, ImGuiTableFlags_SizingStretchProp | ImGuiTableFlags_ScrollY,
                          {0, std::min(150.0f, 4 + 25.0f * static_cast<float>(files.size()))})) {
        ImGui::TableSetupColumn("file", ImGuiTableColumnFlags_WidthStretch);
        ImGui::TableSetupColumn("role", ImGuiTableColumnFlags_WidthFixed, 92);
        for (std::size_t n = 0; n < files.size(); ++n) {
            ImGui::TableNextRow();
            ImGui::TableNextColumn();
            // The end of a name tells the contrast, so that is what is shown when it is long.
            const std::string& name = files[n].name;
            std::string shown = name;
            while (shown.size() > 4 &&
                   ImGui::CalcTextSize(("..." + shown).c_str()).x > ImGui::GetContentRegionAvail().x)
                shown.erase(0, 1);
            ImGui::AlignTextToFramePadding();
            ImGui::TextUnformatted(shown == name ? name.c_str() : ("..." + shown).c_str());
            if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s\n%s", name.c_str(), files[n].detail.c_str());
            ImGui::TableNextColumn();
            ImGui::PushID(static_cast<int>(n));
            ImGui::SetNextItemWidth(-1);
            if (fixed) {
                ImGui::TextDisabled("%s", files[n].role.c_str());
            } else if (ImGui::BeginCombo("##role", files[n].role.c_str(), ImGuiComboFlags_NoArrowButton)) {
                for (const FileRole role : kRoles) {
                    const std::string word(role_name(role));
                    if (ImGui::Selectable(word.c_str(), word == files[n].role))
                        send(state, "assignRole", {{"file", name}, {"role", word}});
                }
                ImGui::EndCombo();
            }
            ImGui::PopID();
        }
        ImGui::EndTable();
    }
    ImGui::PopFont();
}

// Whether every run that the button would ask for is known.
bool study_complete(const AppState& state) {
    if (state.models.empty() || state.study.progress.running) return false;
    const ModelCard& card = state.models[static_cast<std::size_t>(state.choice.chosen_model)];
    const auto& models = state.study.models;
    const auto found =
        std::find_if(models.begin(), models.end(), [&](const ModelResult& model) { return model.id == card.id; });
    return found != models.end() && found->complete_folds >= (state.choice.all_folds ? card.folds : 1);
}

void send_run(AppState& state) {
    const ModelCard& card = state.models[static_cast<std::size_t>(state.choice.chosen_model)];
    Json folds = Json::array();
    for (int fold = 0; fold < (state.choice.all_folds ? card.folds : 1); ++fold) folds.push_back(fold);
    send(state, "run",
         {{"models", {{{"id", card.id}, {"folds", folds}}}},
          {"settings", {{"meanOverAllDisjointRegions", state.study.settings.mean_over_all_disjoint_regions}}}});
}

void model_choice(AppState& state) {
    if (state.models.empty()) {
        quiet_text("No model is installed.");
        return;
    }
    Choice& choice = state.choice;
    choice.chosen_model = std::clamp(choice.chosen_model, 0, static_cast<int>(state.models.size()) - 1);
    const ModelCard& card = state.models[static_cast<std::size_t>(choice.chosen_model)];
    ImGui::SetNextItemWidth(-1);
    if (ImGui::BeginCombo("##model", card.name.c_str())) {
        for (int n = 0; n < static_cast<int>(state.models.size()); ++n) {
            if (ImGui::Selectable(state.models[static_cast<std::size_t>(n)].name.c_str(), n == choice.chosen_model))
                choice.chosen_model = n;
        }
        ImGui::EndCombo();
    }
    if (ImGui::IsItemHovered()) {
        ImGui::BeginTooltip();
        ImGui::PushTextWrapPos(360);
        ImGui::TextUnformatted(card.description.c_str());
        ImGui::TextDisabled("Trained on %s (%s)", card.training.c_str(), card.licence.c_str());
        ImGui::PopTextWrapPos();
        ImGui::EndTooltip();
    }
    char words[160];
    const auto dice = [&](Region region) { return card.dice[static_cast<std::size_t>(region)].value_or(0); };
    std::snprintf(words, sizeof words, "Held-out Dice: WT %.2f, TC %.2f, ET %.2f", dice(Region::WT), dice(Region::TC),
                  dice(Region::ET));
    if (card.dice[0]) quiet_text(words);
    ImGui::PushFont(fonts.small);
    if (ImGui::RadioButton((std::to_string(card.folds) + (card.folds == 1 ? " fold" : " folds")).c_str(),
                           choice.all_folds))
        choice.all_folds = true;
    if (card.folds > 1) {
        ImGui::SameLine();
        if (ImGui::RadioButton("first fold only", !choice.all_folds)) choice.all_folds = false;
    }
    bool all_three = state.study.settings.mean_over_all_disjoint_regions;
    if (ImGui::Checkbox("mean over all 3 regions", &all_three)) {
        state.study.settings.mean_over_all_disjoint_regions = all_three;
        if (study_complete(state)) send_run(state);  // computes, but runs nothing
    }
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("Otherwise over those of ET, NCR and ED that the reference contains.");
    ImGui::PopFont();
}

std::string duration(double seconds) {
    const int whole = static_cast<int>(seconds + 0.5);
    return whole < 60 ? std::to_string(whole) + " s"
                      : std::to_string(whole / 60) + " min " + std::to_string(whole % 60) + " s";
}

void run_part(AppState& state) {
    const StudyProgress& progress = state.study.progress;
    if (!progress.running) {
        ImGui::PushStyleColor(ImGuiCol_Button, IM_COL32(30, 110, 170, 255));
        ImGui::PushFont(fonts.strong);
        ImGui::BeginDisabled(!state.subject || state.models.empty());
        const char* label = study_complete(state)    ? "Study complete"
                            : progress.runs_done > 0 ? "Run what is not known yet"
                                                     : "Run";
        if (ImGui::Button(label, {-1, 32})) send_run(state);
        remember(state, "run", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
        ImGui::EndDisabled();
        ImGui::PopFont();
        ImGui::PopStyleColor();
        if (progress.cancelled) quiet_text("Cancelled. What was computed is kept.");
        return;
    }
    if (ImGui::Button("Cancel", {-1, 32})) send(state, "cancel");
    const float share =
        progress.runs_total ? static_cast<float>(progress.runs_done) / static_cast<float>(progress.runs_total) : 0;
    char words[64];
    std::snprintf(words, sizeof words, "%d of %d runs", progress.runs_done, progress.runs_total);
    ImGui::ProgressBar(share, {-1, 18}, words);
    quiet_text((progress.now + (progress.seconds_left ? "\nabout " + duration(*progress.seconds_left) + " left" : ""))
                   .c_str());
}

void save_menu(AppState& state) {
    const bool anything = !state.study.models.empty();
    ImGui::BeginDisabled(!anything);
    if (ImGui::Button("Save ...", {-1, 0})) ImGui::OpenPopup("save");
    ImGui::EndDisabled();
    if (!ImGui::BeginPopup("save")) return;
    if (ImGui::MenuItem("Result (JSON)")) send(state, "saveResult");
    if (ImGui::MenuItem("Tables (CSV)")) send(state, "saveCsv");
    if (const ModelResult* model = shown_model(state)) {
        const Json which{{"model", model->id}, {"fold", slice_fold(state)}, {"coalition", state.choice.pinned}};
        if (ImGui::MenuItem("Segmentation on show (.nii.gz)")) send(state, "saveSegmentation", which);
    }
    ImGui::Separator();
    for (const char* panel : {"slices", "coalitions", "chart", "explanation", "page"}) {
        if (ImGui::MenuItem((std::string(panel) + " as PNG").c_str())) send(state, "savePng", {{"panel", panel}});
    }
    ImGui::EndPopup();
}

void notices(AppState& state) {
    for (std::size_t n = 0; n < state.notices.size(); ++n) {
        ImGui::PushID(static_cast<int>(n));
        ImGui::PushStyleColor(ImGuiCol_Text, state.notices[n].error ? kError : kWarning);
        ImGui::PushTextWrapPos(0);
        ImGui::PushFont(fonts.small);
        ImGui::TextUnformatted(state.notices[n].sentence.c_str());
        ImGui::PopTextWrapPos();
        ImGui::PopStyleColor();
        const bool close = ImGui::SmallButton("dismiss");
        ImGui::PopFont();
        ImGui::PopID();
        if (close) {
            state.notices.erase(state.notices.begin() + static_cast<std::ptrdiff_t>(n));
            break;
        }
    }
}

}  // namespace

void case_panel(AppState& state, const Rect& rect) {
    begin_panel(state, "case", rect, kPanel);
    ImGui::PushFont(fonts.title);
    ImGui::TextUnformatted("ShapSlice");
    ImGui::PopFont();
    open_buttons(state);
    heading(state.subject ? state.subject->name.c_str() : "No case");
    file_table(state);
    if (state.opening.is_object() && state.opening.value("done", 0) < state.opening.value("total", 0)) {
        const float share =
            static_cast<float>(state.opening.value("done", 0)) / static_cast<float>(state.opening.value("total", 1));
        ImGui::ProgressBar(share, {-1, 18}, "reading");
    }
    heading("Model");
    model_choice(state);
    ImGui::Spacing();
    run_part(state);
    save_menu(state);
    // Notes and notices scroll where there are many; everything above stays in reach.
    ImGui::BeginChild("notices", {0, 0});
    notices(state);
    for (const std::string& notice : state.study.notices) quiet_text(notice.c_str());
    if (state.subject) {
        for (const std::string& note : state.subject->notes) quiet_text(note.c_str());
    }
    ImGui::EndChild();
    end_panel();
}

}  // namespace shapslice::ui
