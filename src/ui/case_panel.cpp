// The case, its contrasts, the models, and the run.
#include <algorithm>
#include <cstdio>

#include "image/file_roles.h"
#include "study/forecast.h"
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

// Room that a list takes, of what the rest of the panel can spare.
constexpr float kFewestOfFiles = 190;
constexpr float kMostCases = 132;
constexpr float kRoomBelowFiles = 400;  // the model, what it is run with, the run, and a line or two of notices

std::string lacks_words(const Json& found) {
    std::string words;
    for (const Json& role : found["missing"]) {
        const auto known = role_from_name(role.get<std::string>());
        const std::string title = known && *known < FileRole::segmentation
                                      ? std::string(kContrastTitles[static_cast<std::size_t>(*known)])
                                      : "expert segmentation";
        words += (words.empty() ? "no " : ", no ") + title;
    }
    return words.empty() ? "complete" : words;
}

bool choosing_a_case(const AppState& state) {
    return state.cases.is_object() && state.cases["cases"].size() > 1 && !state.cases["chosen"].is_number();
}

// Files of several cases: which there are, what each lacks, and one is opened by a click.
void case_list(AppState& state) {
    state.panels.erase("cases");
    if (!state.cases.is_object() || state.cases["cases"].size() < 2) return;
    const Json& cases = state.cases["cases"];
    const Json& chosen = state.cases["chosen"];
    heading((std::to_string(cases.size()) + " cases among these files").c_str());
    ImGui::PushFont(fonts.small);
    const float line = ImGui::GetTextLineHeight();
    const float row = 2 * line + 8;
    const ImVec2 top = ImGui::GetCursorScreenPos();
    ImGui::BeginChild("cases", {0, std::min(kMostCases, row * static_cast<float>(cases.size()) + 4)});
    ImGuiListClipper clipper;
    clipper.Begin(static_cast<int>(cases.size()), row);
    while (clipper.Step()) {
        for (int n = clipper.DisplayStart; n < clipper.DisplayEnd; ++n) {
            const Json& found = cases[static_cast<std::size_t>(n)];
            const std::string name = found["name"].get<std::string>();
            ImGui::PushID(n);
            const ImVec2 at = ImGui::GetCursorPos();
            const bool is_chosen = chosen.is_number() && chosen.get<int>() == n;
            if (ImGui::Selectable("##case", is_chosen, 0, {0, row - 4})) send(state, "openCase", {{"name", name}});
            remember(state, ("case-" + std::to_string(n)).c_str(), ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
            if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s: open this case.", name.c_str());
            ImGui::SetCursorPos({at.x + 4, at.y + 1});
            text_end(name, ImGui::GetContentRegionAvail().x);
            ImGui::SetCursorPos({at.x + 4, at.y + 1 + line});
            ImGui::TextDisabled("%s", lacks_words(found).c_str());
            ImGui::SetCursorPos({at.x, at.y + row});
            ImGui::PopID();
        }
    }
    ImGui::EndChild();
    remember(state, "cases", top, {top.x + ImGui::GetItemRectSize().x, top.y + ImGui::GetItemRectSize().y});
    if (choosing_a_case(state)) ImGui::TextWrapped("Choose one to open it.");
    if (ImGui::SmallButton("All files as one case")) send(state, "openCase", {{"name", "*"}});
    remember(state, "all-as-one", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("Whatever their names say, the files are of one case: choose their roles yourself.");
    ImGui::PopFont();
}

// Files among those opened that are no images that can be read.
void foreign_words(const AppState& state) {
    if (!state.cases.is_object() || state.cases["cases"].empty()) return;
    for (const Json& files : state.cases["foreign"]) {
        const auto count = files["count"].get<std::size_t>();
        const std::string more = count > 1 ? " " + std::to_string(count - 1) + " more are like it." : "";
        quiet_text((files["sentence"].get<std::string>() + more).c_str());
    }
}

void opening_progress(AppState& state) {
    if (!state.opening.is_object()) return;
    const double done = state.opening.value("done", 0.0);
    const double total = state.opening.value("total", 0.0);
    if (done >= total) return;
    const Json left = state.opening.value("secondsLeft", Json());
    const std::string words = left.is_number() ? "reading, " + duration_words(left.get<double>()) + " left" : "reading";
    ImGui::ProgressBar(static_cast<float>(done / total), {ImGui::GetContentRegionAvail().x - 67, 0}, words.c_str());
    ImGui::SameLine();
    if (ImGui::Button("Cancel##opening", {60, 0})) send(state, "cancel");
    remember(state, "cancel-opening", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
}

// Whether every run that the button would ask for is known.
bool study_complete(const AppState& state) {
    const auto cards = models_to_run(state);
    const StudySettings& settings = state.choice.settings;
    const StudySettings& made = state.study.settings;
    if (cards.empty() || state.study.progress.running || settings.baseline != made.baseline ||
        settings.run_empty_coalition != made.run_empty_coalition || settings.precision != made.precision)
        return false;
    return std::all_of(cards.begin(), cards.end(), [&](const ModelCard* card) {
        const auto& models = state.study.models;
        const auto found =
            std::find_if(models.begin(), models.end(), [&](const ModelResult& model) { return model.id == card->id; });
        return found != models.end() && found->complete_folds >= (state.choice.all_folds ? card->folds : 1);
    });
}

void send_run(AppState& state) {
    send(state, "run", wanted_study(state));
}

// Asks what the study chosen will cost, whenever the choice or what is known changes; not while one is running.
void ask_forecast(AppState& state) {
    if (!state.runtime.contains("provider") || !state.subject || state.study.progress.running) return;
    const Json wanted = wanted_study(state);
    if (wanted["models"].empty()) {
        state.forecast = nullptr;
        return;
    }
    const std::string key = wanted.dump() + state.subject->name + std::to_string(state.images_revision) +
                            std::to_string(state.study.progress.runs_done);
    if (key == state.forecast_key) return;
    state.forecast_key = key;
    state.forecast = nullptr;
    send(state, "forecast", wanted);
}

// In which numbers models run: whole ones, or halves, on the program's own engine, or float32.
void precision_choice(AppState& state) {
    const bool on_gpu = state.runtime.value("provider", "") == "webgpu";
    const bool in_halves = state.runtime.value("halves", false);
    Precision& precision = state.choice.settings.precision;
    if (ImGui::RadioButton("fast", precision == Precision::fast)) precision = Precision::fast;
    remember(state, "precision-fast", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip(
            "%s, on ShapSlice's own engine: convolutional networks.\n"
            "Other networks run in float32 on ONNX Runtime, as under \"exact\".",
            in_halves ? "Weights and activations in float16 on WebGPU" : "int8 weights times 15-bit activations");
    ImGui::SameLine();
    if (ImGui::RadioButton("exact (float)", precision == Precision::exact)) precision = Precision::exact;
    remember(state, "precision-exact", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("int8 weights in float32 arithmetic%s: the reference.", on_gpu ? "" : ", on ONNX Runtime");
}

void model_choice(AppState& state) {
    if (state.models.empty()) {
        quiet_text("No model is installed.");
        return;
    }
    Choice& choice = state.choice;
    const auto cards = models_to_run(state);
    const std::string label = cards.empty()       ? "Choose models"
                              : cards.size() == 1 ? cards[0]->name
                                                  : std::to_string(cards.size()) + " models";
    if (ImGui::Button((label + "##models").c_str(), {-1, 0})) choice.cards_open = true;
    remember(state, "models", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered()) {
        std::string words = "Choose what to run and see what is known of each model.";
        for (const ModelCard* card : cards) words += "\n" + card->name;
        ImGui::SetTooltip("%s", words.c_str());
    }
    ImGui::PushFont(fonts.small);
    int most = 1;
    for (const ModelCard* card : cards) most = std::max(most, card->folds);
    if (ImGui::RadioButton((std::to_string(most) + (most == 1 ? " fold" : " folds")).c_str(), choice.all_folds))
        choice.all_folds = true;
    if (most > 1) {
        ImGui::SameLine();
        if (ImGui::RadioButton("first only", !choice.all_folds)) choice.all_folds = false;
    }
    precision_choice(state);
    ImGui::PopFont();
}

void baseline_choice(AppState& state, Baseline& baseline) {
    ImGui::TextUnformatted("In place of an absent contrast the model is given");
    static constexpr const char* kMeanings[] = {"0 after normalisation, everywhere",
                                                "the mean of the contrast's brain: after z-scoring hardly different",
                                                "draws from the contrast's own brain outside the tumour, fixed seed",
                                                "0 within 5 mm of the tumour; elsewhere the contrast itself"};
    for (std::size_t n = 0; n < kBaselineTitles.size(); ++n) {
        const auto kind = static_cast<BaselineKind>(n);
        if (ImGui::RadioButton(std::string(kBaselineTitles[n]).c_str(), baseline.kind == kind)) baseline.kind = kind;
        remember(state, ("baseline-" + std::string(kBaselineNames[n])).c_str(), ImGui::GetItemRectMin(),
                 ImGui::GetItemRectMax());
        ImGui::SameLine(190);
        ImGui::TextDisabled("%s", kMeanings[n]);
    }
}

// What METHOD leaves to the user; each is recorded in the result.
void settings_choice(AppState& state) {
    StudySettings& settings = state.choice.settings;
    const bool others = settings.run_empty_coalition || settings.mean_over_all_disjoint_regions;
    ImGui::PushFont(fonts.small);
    const std::string label =
        "Absent: " + std::string(baseline_name(settings.baseline.kind)) + (others ? " *" : "") + " ...##settings";
    if (ImGui::Button(label.c_str(), {-1, 0})) ImGui::OpenPopup("settings");
    remember(state, "settings", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered())
        ImGui::SetTooltip("What the model is given in place of an absent contrast, and other settings of the study.");
    if (ImGui::BeginPopup("settings")) {
        baseline_choice(state, settings.baseline);
        ImGui::Separator();
        ImGui::Checkbox("run the empty coalition too", &settings.run_empty_coalition);
        remember(state, "run-empty", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
        ImGui::SameLine(250);
        ImGui::TextDisabled("otherwise its segmentation is empty by definition");
        if (ImGui::Checkbox("mean over all of ET, NCR and ED", &settings.mean_over_all_disjoint_regions) &&
            study_complete(state))
            send_run(state);  // computes, but runs nothing
        ImGui::SameLine(250);
        ImGui::TextDisabled("otherwise over those that the reference contains");
        ImGui::TextDisabled("Every setting is recorded in the result.");
        ImGui::EndPopup();
    }
    ImGui::PopFont();
}

void forecast_words(AppState& state) {
    if (!state.forecast.is_object()) {
        if (!state.measuring.empty()) quiet_text(("Measuring " + state.measuring + " ...").c_str());
        return;
    }
    const std::string warning = state.forecast.value("warning", "");
    if (state.forecast.value("runs", 0) > 0) quiet_text(state.forecast.value("sentence", "").c_str());
    if (warning.empty()) return;
    ImGui::PushStyleColor(ImGuiCol_Text, kWarning);
    ImGui::PushFont(fonts.small);
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted(warning.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopFont();
    ImGui::PopStyleColor();
}

void recalled_words(const AppState& state) {
    if (!state.recalled.is_object() || study_complete(state)) return;
    const std::string known = std::to_string(state.recalled.value("known", 0));
    quiet_text((known + " of " + std::to_string(state.recalled.value("total", 0)) +
                " runs of an earlier study of this case are kept.")
                   .c_str());
}

// Run, or Cancel while something runs or waits. As high as the other, so that nothing below moves.
void run_button(AppState& state) {
    const StudyProgress& progress = state.study.progress;
    if (state.waiting || progress.running) {
        if (ImGui::Button("Cancel", {-1, 32})) send(state, "cancel");
        remember(state, "cancel", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
        return;
    }
    ImGui::PushStyleColor(ImGuiCol_Button, IM_COL32(30, 110, 170, 255));
    ImGui::PushFont(fonts.strong);
    ImGui::BeginDisabled(!state.subject || state.choice.models_to_run.empty());
    const char* label = study_complete(state)    ? "Study complete"
                        : progress.runs_done > 0 ? "Run what is not known yet"
                                                 : "Run";
    if (ImGui::Button(label, {-1, 32})) send_run(state);
    remember(state, "run", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    ImGui::EndDisabled();
    ImGui::PopFont();
    ImGui::PopStyleColor();
}

// What is being done, or what a run would take.
void run_words(AppState& state) {
    const StudyProgress& progress = state.study.progress;
    if (state.waiting) {
        quiet_text("Another tab runs a study of this case. This one waits, and takes over what that one computes.");
        return;
    }
    if (!progress.running) {
        recalled_words(state);
        ask_forecast(state);
        forecast_words(state);
        if (progress.cancelled) quiet_text("Cancelled. What was computed is kept.");
        return;
    }
    const float share =
        progress.runs_total ? static_cast<float>(progress.runs_done) / static_cast<float>(progress.runs_total) : 0;
    char words[64];
    std::snprintf(words, sizeof words, "%d of %d runs", progress.runs_done, progress.runs_total);
    ImGui::ProgressBar(share, {-1, 18}, words);
    quiet_text(
        (progress.now + (progress.seconds_left ? "\nabout " + duration_words(*progress.seconds_left) + " left" : ""))
            .c_str());
}

void save_menu(AppState& state, float width) {
    const bool anything = !state.study.models.empty();
    ImGui::BeginDisabled(!anything);
    if (ImGui::Button("Save ...", {width, 0})) ImGui::OpenPopup("save");
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

// What happened, the newest first. What stands at the row of its file is not said twice.
void notices(AppState& state) {
    for (std::size_t n = 0; n < state.notices.size(); ++n) {
        const Notice notice = state.notices[n];
        if (stands_at_a_row(state, notice)) continue;
        ImGui::PushID(static_cast<int>(n));
        ImGui::PushStyleColor(ImGuiCol_Text, notice.error ? kError : kWarning);
        ImGui::PushTextWrapPos(0);
        ImGui::PushFont(fonts.small);
        ImGui::TextUnformatted(notice.sentence.c_str());
        ImGui::PopTextWrapPos();
        ImGui::PopStyleColor();
        const bool close = ImGui::SmallButton("dismiss");
        ImGui::PopFont();
        ImGui::PopID();
        if (!close) continue;
        if (notice.topic == "opening") {
            dismiss_opening(state);
        } else {
            state.notices.erase(state.notices.begin() + static_cast<std::ptrdiff_t>(n));
        }
        break;
    }
}

// "ET 12.3, NCR 0.4, ED 45.6 mL": of the regions that the convention tells.
std::string volume_words(const CaseSummary::Labels& labels) {
    std::string words;
    for (std::size_t r = 0; r < kRegions; ++r) {
        const bool union_of_others = r >= kDisjointRegions && labels.tells[0];
        if (!labels.tells[r] || union_of_others) continue;
        char text[48];
        std::snprintf(text, sizeof text, "%s%s %.1f", words.empty() ? "" : ", ", kRegionNames[r].data(),
                      labels.volumes[r]);
        words += text;
    }
    return words + " mL";
}

// How the segmentation's numbers are read (METHOD 1.2a), and what each way would make of them.
void label_choice(AppState& state) {
    if (!state.subject || state.subject->label_options.empty()) return;
    const CaseSummary& subject = *state.subject;
    const auto chosen = std::find_if(subject.label_options.begin(), subject.label_options.end(),
                                     [&](const auto& each) { return each.id == subject.label_convention; });
    if (chosen == subject.label_options.end()) return;
    ImGui::PushFont(fonts.small);
    if (subject.label_question) ImGui::PushStyleColor(ImGuiCol_Text, kWarning);
    ImGui::TextUnformatted(subject.label_question ? "Which labels does the segmentation have?" : "Labels");
    if (subject.label_question) ImGui::PopStyleColor();
    ImGui::SetNextItemWidth(-1);
    const std::string shown = subject.label_question ? "Choose ..." : chosen->title.substr(0, chosen->title.find(':'));
    if (ImGui::BeginCombo("##labels", shown.c_str())) {
        for (const auto& each : subject.label_options) {
            const std::string words = each.title + "\n" + volume_words(each);
            if (ImGui::Selectable(words.c_str(), !subject.label_question && each.id == chosen->id))
                send(state, "chooseLabels", {{"id", each.id}});
        }
        ImGui::EndCombo();
    }
    remember(state, "labels", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    quiet_text(((subject.label_question ? "shown as proposed: " : "") + volume_words(*chosen)).c_str());
    ImGui::PopFont();
}

// Whose files the table has, where they are not the open case's, and the way back to those.
void not_opened(AppState& state) {
    state.panels.erase("not-opened");
    state.panels.erase("dismiss-opening");
    if (!opening_refused(state)) return;
    ImGui::PushFont(fonts.small);
    ImGui::TextWrapped("%s", state.subject ? "is still open. Not opened:" : "Not opened:");
    remember(state, "not-opened", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (state.subject) {
        ImGui::SameLine();
        if (ImGui::SmallButton("dismiss##opening")) dismiss_opening(state);
        remember(state, "dismiss-opening", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    }
    ImGui::PopFont();
}

}  // namespace

void case_panel(AppState& state, const Rect& rect) {
    begin_panel(state, "case", rect, kPanel);
    ImGui::PushFont(fonts.title);
    ImGui::TextUnformatted("ShapSlice");
    ImGui::PopFont();
    open_buttons(state);
    case_list(state);
    heading(state.subject ? state.subject->name.c_str() : "No case");
    not_opened(state);
    // Where a case is still to be chosen, the one that is open has said enough by its name.
    if (!(state.files.empty() && choosing_a_case(state))) {
        file_table(state, std::max(kFewestOfFiles, rect.height - ImGui::GetCursorPosY() - kRoomBelowFiles));
        label_choice(state);
    }
    opening_progress(state);
    heading("Model");
    model_choice(state);
    settings_choice(state);
    run_button(state);
    const float half = (ImGui::GetContentRegionAvail().x - 7) / 2;
    save_menu(state, half * 0.8f);
    ImGui::SameLine();
    storage_menu(state);
    run_words(state);
    // Notes and notices scroll where there are many; everything above stays in reach.
    ImGui::BeginChild("notices", {0, 0});
    notices(state);
    foreign_words(state);
    for (const std::string& notice : state.study.notices) quiet_text(notice.c_str());
    for (const std::string& sentence : notices_without_a_row(state)) quiet_text(sentence.c_str());
    ImGui::EndChild();
    end_panel();
}

}  // namespace shapslice::ui
