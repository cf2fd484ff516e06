// All models to choose from, each with what is known of it: a card a model.
#include <algorithm>
#include <cstdio>

#include "study/forecast.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

constexpr float kWidth = 720;

std::string size_of(const ModelCard& card) {
    std::string words = std::to_string(card.folds) + (card.folds == 1 ? " fold" : " folds");
    char text[64];
    if (card.parameters > 0) {
        std::snprintf(text, sizeof text, ", %.2f M weights", card.parameters / 1e6);
        words += text;
    }
    if (card.fold_bytes > 0) {
        std::snprintf(text, sizeof text, ", %.1f MB a fold", card.fold_bytes / 1e6);
        words += text;
    }
    return words;
}

// "WT 0.91  TC 0.73 ..." of the cases that each fold did not see.
std::string dice_words(const ModelCard& card) {
    std::string words;
    for (const Region region : {Region::WT, Region::TC, Region::ET, Region::NCR, Region::ED}) {
        const auto r = static_cast<std::size_t>(region);
        if (!card.dice[r]) continue;
        char text[32];
        std::snprintf(text, sizeof text, "   %s %.2f", std::string(kRegionNames[r]).c_str(), *card.dice[r]);
        words += text;
    }
    if (words.empty()) return "Held-out Dice is not recorded.";
    return "Held-out Dice (" +
           (card.held_out ? "median of " + std::to_string(card.held_out) + " cases" : "median over folds") +
           "):" + words;
}

// "It has seen z from -5.0 to 5.4, of images cut off at their 99.9th percentile."
std::string intensity_words(const ModelCard& card) {
    if (!card.z_range) return "";
    char text[96];
    std::snprintf(text, sizeof text, "It has seen intensities of z from %.1f to %.1f", (*card.z_range)[0],
                  (*card.z_range)[1]);
    std::string words = text;
    if (card.clipped_at) {
        std::snprintf(text, sizeof text, ", of images cut off at their %.4gth percentile", *card.clipped_at);
        words += text;
    }
    return words + ".";
}

void sources_tooltip(const ModelCard& card) {
    if (!ImGui::IsItemHovered() || card.citation.empty()) return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(460);
    for (const std::string& source : card.citation) ImGui::TextUnformatted(source.c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

void card(AppState& state, const ModelCard& model) {
    ImGui::PushID(model.id.c_str());
    bool chosen = state.choice.models_to_run.contains(model.id);
    const ImVec2 low = ImGui::GetCursorScreenPos();
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->ChannelsSplit(2);
    list->ChannelsSetCurrent(1);
    ImGui::SetCursorScreenPos({low.x + 8, low.y + 7});
    ImGui::BeginGroup();
    ImGui::PushFont(fonts.strong);
    if (ImGui::Checkbox(model.name.c_str(), &chosen)) {
        if (chosen) {
            state.choice.models_to_run.insert(model.id);
        } else {
            state.choice.models_to_run.erase(model.id);
        }
    }
    ImGui::PopFont();
    remember(state, ("card-" + model.id).c_str(), ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    const std::string size = size_of(model);
    text_at(list, fonts.small, {low.x + kWidth - 46 - text_size(fonts.small, size.c_str()).x, low.y + 12}, kQuiet,
            size.c_str());
    ImGui::PushTextWrapPos(kWidth - 40);
    ImGui::PushFont(fonts.small);
    ImGui::TextUnformatted(model.description.empty() ? model.architecture.c_str() : model.description.c_str());
    ImGui::TextUnformatted(dice_words(model).c_str());
    if (!model.training.empty()) {
        const std::string words = "Trained on " + model.training + (model.licence.empty() ? "" : ", " + model.licence) +
                                  (model.quantisation.empty() ? "" : "; " + model.quantisation);
        ImGui::TextDisabled("%s", words.c_str());
        sources_tooltip(model);
    }
    if (const std::string words = intensity_words(model); !words.empty()) ImGui::TextDisabled("%s", words.c_str());
    ImGui::PopFont();
    ImGui::PopTextWrapPos();
    ImGui::EndGroup();
    const ImVec2 high{low.x + kWidth - 36, ImGui::GetItemRectMax().y + 7};
    list->ChannelsSetCurrent(0);
    // Darker than the box to tick, which must be seen.
    list->AddRectFilled(low, high, chosen ? IM_COL32(38, 58, 78, 255) : kGround, 5);
    list->AddRect(low, high, chosen ? kAccent : kLine, 5);
    list->ChannelsMerge();
    ImGui::SetCursorScreenPos({low.x, high.y + 7});
    ImGui::Dummy({0, 0});
    ImGui::PopID();
}

}  // namespace

void model_cards(AppState& state) {
    if (!state.choice.cards_open) return;
    const ImVec2 page = ImGui::GetIO().DisplaySize;
    ImGui::OpenPopup("model cards");
    ImGui::SetNextWindowPos({page.x / 2, page.y / 2}, ImGuiCond_Always, {0.5f, 0.5f});
    ImGui::SetNextWindowSize({kWidth, 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    const bool open = ImGui::BeginPopupModal("model cards", nullptr, ImGuiWindowFlags_NoDecoration);
    ImGui::PopStyleVar();
    if (!open) return;
    ImGui::PushFont(fonts.strong);
    ImGui::TextUnformatted("Which models?");
    ImGui::PopFont();
    quiet_text(
        "Several are compared side by side under \"Models\". Drop an .onnx file on the page to add one of your own.");
    ImGui::BeginChild("cards", {0, std::min(142.0f * static_cast<float>(state.models.size()), page.y - 150)});
    for (const ModelCard& each : state.models) card(state, each);
    ImGui::EndChild();
    ImGui::BeginDisabled(state.choice.models_to_run.empty());
    const bool done = ImGui::Button("Done", {120, 30});
    remember(state, "cards-done", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    ImGui::EndDisabled();
    ImGui::SameLine();
    if (ImGui::Button("Choose all", {120, 30})) {
        for (const ModelCard& each : state.models) state.choice.models_to_run.insert(each.id);
    }
    remember(state, "cards-all", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    remember(state, "model-cards", ImGui::GetWindowPos(),
             {ImGui::GetWindowPos().x + ImGui::GetWindowSize().x, ImGui::GetWindowPos().y + ImGui::GetWindowSize().y});
    if (done || (ImGui::IsKeyPressed(ImGuiKey_Escape, false) && !state.choice.models_to_run.empty())) {
        ImGui::CloseCurrentPopup();
        state.choice.cards_open = false;
    }
    ImGui::EndPopup();
}

}  // namespace shapslice::ui
