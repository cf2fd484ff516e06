// The 16 coalitions as the lattice of subsets, coloured by v(S); hover previews, click pins.
#include <bit>
#include <cstdio>

#include "study/sentence.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

// Place of a coalition in the lattice: all contrasts on top, none at the bottom.
ImVec2 node_place(int mask, const Rect& area) {
    const int size = std::popcount(static_cast<unsigned>(mask));
    int before = 0;
    int all = 0;
    for (int other = 0; other < kCoalitions; ++other) {
        if (std::popcount(static_cast<unsigned>(other)) != size) continue;
        before += other < mask;
        ++all;
    }
    const float row = static_cast<float>(kContrasts - size) / kContrasts;
    return {area.x + area.width * (static_cast<float>(before) + 0.5f) / static_cast<float>(all),
            area.y + 14 + row * (area.height - 28)};
}

// Four squares, filled in the contrasts' colours where the coalition has them.
void draw_members(ImDrawList* list, ImVec2 at, int mask) {
    for (int i = 0; i < kContrasts; ++i) {
        const ImVec2 low{at.x - 13 + static_cast<float>(i) * 7, at.y};
        const ImVec2 high{low.x + 5, low.y + 5};
        if (contains(static_cast<Coalition>(mask), i)) {
            list->AddRectFilled(low, high, kContrastColours[static_cast<std::size_t>(i)]);
        } else {
            list->AddRect(low, high, faded(kQuiet, 0.5f));
        }
    }
}

void draw_legend(ImDrawList* list, ImVec2 at) {
    for (int n = 0; n < 60; ++n) {
        list->AddRectFilled({at.x + static_cast<float>(n), at.y + 4}, {at.x + static_cast<float>(n) + 1, at.y + 12},
                            sequential(static_cast<float>(n) / 59));
    }
    text_at(list, fonts.small, {at.x - 12, at.y - 1}, kQuiet, "0");
    text_at(list, fonts.small, {at.x + 64, at.y - 1}, kQuiet, "1 Dice");
}

void draw_contrast_key(ImDrawList* list, ImVec2 at) {
    for (std::size_t i = 0; i < kContrasts; ++i) {
        list->AddRectFilled({at.x, at.y + 4}, {at.x + 8, at.y + 12}, kContrastColours[i]);
        const std::string title(kContrastTitles[i]);
        text_at(list, fonts.small, {at.x + 12, at.y}, kText, title.c_str());
        at.x += 20 + text_size(fonts.small, title.c_str()).x;
    }
}

void node_tooltip(const AppState& state, int mask, const std::optional<double>& value) {
    ImGui::BeginTooltip();
    ImGui::TextUnformatted(("The model given " + coalition_words(static_cast<Coalition>(mask))).c_str());
    const std::string region(kRegionRowNames[static_cast<std::size_t>(state.choice.region)]);
    const bool of_all = slice_fold(state) == kConsensus;
    ImGui::TextUnformatted(
        value ? ((of_all ? "Mean Dice of the versions, " : "Dice ") + region + ": " + two_digits(*value)).c_str()
              : "Not known yet.");
    // What the slices show is of this box only once it has been hovered for a frame.
    if (std::get<2>(state.prediction_key) == mask && !state.prediction.empty()) {
        const auto r = static_cast<std::size_t>(state.choice.region);
        if (of_all && r < kRegions && state.prediction_dice[r])
            ImGui::TextUnformatted(
                ("In the slices: " + version_words(state) + ", its Dice " + two_digits(*state.prediction_dice[r]))
                    .c_str());
        const auto changes = change_words(state);
        if (!changes.empty()) ImGui::TextDisabled("Against all sequences:");
        for (const std::string& line : changes) ImGui::TextUnformatted(line.c_str());
    }
    ImGui::EndTooltip();
}

}  // namespace

void coalition_picker(AppState& state, float height) {
    const ImVec2 start = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    ImDrawList* list = ImGui::GetWindowDrawList();
    draw_contrast_key(list, start);
    draw_legend(list, {start.x + width - 106, start.y});
    const Rect area{start.x, start.y + 18, width, height - 36};
    for (int mask = 0; mask < kCoalitions; ++mask) {
        for (int i = 0; i < kContrasts; ++i) {
            if (contains(static_cast<Coalition>(mask), i)) continue;
            const ImVec2 a = node_place(mask, area);
            const ImVec2 b = node_place(with(static_cast<Coalition>(mask), i), area);
            list->AddLine({a.x, a.y - 8}, {b.x, b.y + 12}, faded(kLine, 0.7f));
        }
    }
    int hovered = -1;
    for (int mask = 0; mask < kCoalitions; ++mask) {
        const ImVec2 at = node_place(mask, area);
        const auto value = shown_value(state, state.choice.region, mask);
        const ImVec2 low{at.x - 21, at.y - 11};
        const ImVec2 high{at.x + 21, at.y + 14};
        ImGui::SetCursorScreenPos(low);
        ImGui::PushID(mask);
        if (ImGui::InvisibleButton("coalition", {high.x - low.x, high.y - low.y})) state.choice.pinned = mask;
        remember(state, ("coalition-" + std::to_string(mask)).c_str(), low, high);
        if (ImGui::IsItemHovered()) {
            hovered = mask;
            node_tooltip(state, mask, value);
        }
        ImGui::PopID();
        const ImU32 colour = value ? sequential(static_cast<float>(*value)) : kRaised;
        list->AddRectFilled(low, {high.x, at.y + 6}, colour, 4);
        if (!value) list->AddRect(low, {high.x, at.y + 6}, kLine, 4);
        if (mask == state.choice.pinned) list->AddRect({low.x - 2, low.y - 2}, {high.x + 2, at.y + 8}, kText, 5, 0, 2);
        if (mask == hovered) list->AddRect({low.x - 2, low.y - 2}, {high.x + 2, at.y + 8}, kAccent, 5, 0, 2);
        const std::string text = value ? two_digits(*value) : "...";
        text_at(list, fonts.small, {at.x - text_size(fonts.small, text.c_str()).x / 2, at.y - 10},
                value ? ink_on(colour) : kQuiet, text.c_str());
        draw_members(list, {at.x, at.y + 8}, mask);
    }
    if (hovered != state.choice.hovered) {
        state.choice.hovered = hovered;
        state.hover_started = hovered >= 0 ? ImGui::GetTime() * 1000 : -1;
    }
    ImGui::SetCursorScreenPos({start.x, start.y + height - 18});
    quiet_text("Hover: slices show what the model sees with those contrasts. Click: keep.");
    remember(state, "coalitions", start, {start.x + width, start.y + height});
}

}  // namespace shapslice::ui
