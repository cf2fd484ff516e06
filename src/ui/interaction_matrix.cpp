// Pairwise Shapley interactions of the contrasts: which say the same thing, which need each other.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "study/sentence.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

// Of the fold shown, or the mean over complete folds.
std::optional<PerContrast<PerContrast<double>>> shown_interaction(const AppState& state) {
    const auto row = static_cast<std::size_t>(state.choice.region);
    if (const FoldResult* fold = shown_fold(state)) {
        return fold->regions[row].analysis ? std::optional(fold->regions[row].analysis->interaction) : std::nullopt;
    }
    const ModelResult* model = shown_model(state);
    PerContrast<PerContrast<double>> sum{};
    int folds = 0;
    for (std::size_t n = 0; model && n < model->folds.size(); ++n) {
        const auto& analysis = model->folds[n].regions[row].analysis;
        if (!analysis) continue;
        ++folds;
        for (std::size_t i = 0; i < kContrasts; ++i) {
            for (std::size_t j = 0; j < kContrasts; ++j) sum[i][j] += analysis->interaction[i][j];
        }
    }
    if (folds == 0) return std::nullopt;
    for (auto& line : sum) {
        for (double& value : line) value /= folds;
    }
    return sum;
}

}  // namespace

void interaction_matrix(AppState& state, float height) {
    const ImVec2 start = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const std::string title = "Pairwise interaction in Dice of " +
                              std::string(kRegionRowNames[static_cast<std::size_t>(state.choice.region)]);
    text_at(list, fonts.small, start, kQuiet, title.c_str());
    const auto interaction = shown_interaction(state);
    const float cell_width = (width - 70) / kContrasts;
    const float cell_height = std::min(44.0f, (height - 120) / kContrasts);
    const ImVec2 corner{start.x + 66, start.y + 42};
    double largest = 0.1;
    for (std::size_t i = 0; interaction && i < kContrasts; ++i) {
        for (const double value : (*interaction)[i]) largest = std::max(largest, std::abs(value));
    }
    for (std::size_t i = 0; i < kContrasts; ++i) {
        const std::string name(kContrastTitles[i]);
        text_at(list, fonts.small, {start.x, corner.y + cell_height * (static_cast<float>(i) + 0.5f) - 8}, kText,
                name.c_str());
        text_at(list, fonts.small,
                {corner.x + cell_width * (static_cast<float>(i) + 0.5f) - text_size(fonts.small, name.c_str()).x / 2,
                 corner.y - 19},
                kText, name.c_str());
        for (std::size_t j = 0; j < kContrasts; ++j) {
            const ImVec2 low{corner.x + cell_width * static_cast<float>(j),
                             corner.y + cell_height * static_cast<float>(i)};
            const ImVec2 high{low.x + cell_width - 2, low.y + cell_height - 2};
            if (i == j || !interaction) {
                list->AddRect(low, high, faded(kLine, 0.6f), 3);
                continue;
            }
            const double value = (*interaction)[i][j];
            const ImU32 colour = diverging(static_cast<float>(value / largest));
            list->AddRectFilled(low, high, colour, 3);
            char number[16];
            std::snprintf(number, sizeof number, "%+.2f", value);
            const ImVec2 size = text_size(fonts.small, number);
            text_at(list, fonts.small, {(low.x + high.x - size.x) / 2, (low.y + high.y - size.y) / 2}, ink_on(colour),
                    number);
        }
    }
    const ImVec2 legend{corner.x, corner.y + cell_height * kContrasts + 8};
    for (int n = 0; n < 120; ++n) {
        const float x = legend.x + 50 + static_cast<float>(n);
        list->AddRectFilled({x, legend.y + 3}, {x + 1, legend.y + 13}, diverging(static_cast<float>(n) / 59.5f - 1));
    }
    char low_end[16];
    char high_end[16];
    std::snprintf(low_end, sizeof low_end, "-%.2f", largest);
    std::snprintf(high_end, sizeof high_end, "+%.2f", largest);
    text_at(list, fonts.small, {legend.x + 10, legend.y}, kQuiet, low_end);
    text_at(list, fonts.small, {legend.x + 176, legend.y}, kQuiet, high_end);
    remember(state, "interactions", start, {start.x + width, start.y + height});
    ImGui::SetCursorScreenPos({start.x, start.y + height - 34});
    if (!interaction) {
        quiet_text(no_numbers_words(state, state.choice.region).c_str());
        return;
    }
    quiet_text("Orange (+): the two help more together than apart. Blue (-): either can stand in for the other.");
}

}  // namespace shapslice::ui
