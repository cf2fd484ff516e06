// Shapley values of the contrasts per region, with the spread over folds.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "study/sentence.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

// What one bar shows: a value, and the folds' own where there are several.
struct Bar {
    double value = 0;
    std::optional<Spread> spread;
    std::vector<double> folds;
};

std::optional<Bar> bar_of(const AppState& state, std::size_t row, std::size_t contrast) {
    if (const FoldResult* fold = shown_fold(state)) {
        const auto& analysis = fold->regions[row].analysis;
        return analysis ? std::optional(Bar{analysis->shapley[contrast], std::nullopt, {}}) : std::nullopt;
    }
    const ModelResult* model = shown_model(state);
    if (!model || !model->summary[row].shapley[contrast]) return std::nullopt;
    Bar bar{model->summary[row].shapley[contrast]->mean, model->summary[row].shapley[contrast], {}};
    for (const FoldResult& fold : model->folds) {
        if (fold.regions[row].analysis) bar.folds.push_back(fold.regions[row].analysis->shapley[contrast]);
    }
    return bar;
}

// Range of the vertical axis: 0 and every value shown, rounded out to tenths.
std::array<double, 2> value_range(const AppState& state) {
    double low = 0;
    double high = 0.2;
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        for (std::size_t c = 0; c < kContrasts; ++c) {
            const auto bar = bar_of(state, row, c);
            if (!bar) continue;
            low = std::min(low, bar->spread ? bar->spread->least : bar->value);
            high = std::max(high, bar->spread ? bar->spread->largest : bar->value);
        }
    }
    return {std::floor(low * 10) / 10, std::ceil(high * 10) / 10};
}

// Mean marginal contribution by how many contrasts were there before: phi is the mean of these four, each of which
// stands for 1, 3, 3 and 1 coalitions.
void marginals_tooltip(const AppState& state, std::size_t row, std::size_t contrast, const Bar& bar) {
    ImGui::BeginTooltip();
    ImGui::PushFont(fonts.strong);
    ImGui::Text("%s for %s: %s", std::string(kContrastTitles[contrast]).c_str(),
                std::string(kRegionRowNames[row]).c_str(), two_digits(bar.value).c_str());
    ImGui::PopFont();
    if (bar.spread)
        ImGui::Text("folds from %s to %s", two_digits(bar.spread->least).c_str(),
                    two_digits(bar.spread->largest).c_str());
    const auto marginals = shown_marginals(state, static_cast<int>(row), static_cast<int>(contrast));
    if (!marginals.empty()) {
        const FoldResult* fold = shown_fold(state);
        const std::string whose = fold ? "fold " + std::to_string(fold->fold + 1) : "mean of the versions";
        ImGui::TextDisabled("What adding it changes in Dice (%s):", whose.c_str());
        for (int size = 0; size < kContrasts; ++size) {
            double sum = 0;
            int count = 0;
            for (const Marginal& m : marginals) {
                if (std::popcount(static_cast<unsigned>(m.before)) != size) continue;
                sum += m.contribution;
                ++count;
            }
            ImGui::Text("to %d other%s: mean %+.2f", size, size == 1 ? "" : "s", sum / count);
        }
        ImGui::Separator();
        for (const Marginal& m : marginals) {
            ImGui::Text("%+.3f  x %.3f  after %s", m.contribution, m.weight, coalition_words(m.before).c_str());
        }
        double sum = 0;
        for (const Marginal& m : marginals) sum += m.contribution * m.weight;
        ImGui::Text("sum %+.3f", sum);
    }
    ImGui::EndTooltip();
}

// In place of bars: no bar of length 0, which would be a value.
void not_defined(AppState& state, std::size_t row, const Rect& group, float zero) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const char* lines[] = {"not", "defined"};
    for (int n = 0; n < 2; ++n)
        text_at(
            list, fonts.small,
            {group.x + (group.width - text_size(fonts.small, lines[n]).x) / 2, zero - 36 + 15 * static_cast<float>(n)},
            kQuiet, lines[n]);
    ImGui::SetCursorScreenPos({group.x, group.y});
    ImGui::PushID(static_cast<int>(row));
    if (ImGui::InvisibleButton("undefined", {group.width, group.height})) state.choice.region = static_cast<int>(row);
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("%s", no_numbers_words(state, static_cast<int>(row)).c_str());
    ImGui::PopID();
}

}  // namespace

void shapley_chart(AppState& state, float height) {
    const ImVec2 start = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const auto range = value_range(state);
    const Rect plot{start.x + 34, start.y + 20, width - 36, height - 76};
    const auto y_of = [&](double value) {
        return plot.y + plot.height * static_cast<float>((range[1] - value) / (range[1] - range[0]));
    };
    text_at(list, fonts.small, start, kQuiet, "Shapley value (share of Dice), by region");
    const double step = range[1] - range[0] > 0.8 ? 0.2 : 0.1;
    for (double tick = std::ceil(range[0] / step - 1e-9) * step; tick < range[1] + 1e-9; tick += step) {  // 0 is one
        const float y = y_of(tick);
        const bool zero = std::abs(tick) < 1e-9;
        list->AddLine({plot.x, y}, {plot.x + plot.width, y}, zero ? kQuiet : faded(kLine, 0.6f));
        char number[16];
        std::snprintf(number, sizeof number, "%.1f", zero ? 0.0 : tick);
        text_at(list, fonts.small, {start.x + 4, y - 8}, kQuiet, number);
    }
    const float group = plot.width / kRegionRows;
    bool anything = false;
    for (std::size_t row = 0; row < kRegionRows; ++row) {
        const float left = plot.x + group * static_cast<float>(row);
        if (static_cast<int>(row) == state.choice.region) {
            list->AddRectFilled({left, plot.y}, {left + group, plot.y + plot.height + 19}, faded(kAccent, 0.12f), 3);
        }
        const bool absent = row < kRegions && state.study.has_reference && !state.study.region_present[row];
        const std::string name = std::string(kRegionRowNames[row]) + (absent ? "*" : "");
        text_at(list, fonts.small,
                {left + (group - text_size(fonts.small, name.c_str()).x) / 2, plot.y + plot.height + 3},
                absent ? kWarning : kText, name.c_str());
        if (shown_state(state, static_cast<int>(row)) == GameState::undefined)
            not_defined(state, row, {left, plot.y, group, plot.height}, y_of(0));
        const float bar_width = (group - 12) / kContrasts;
        for (std::size_t c = 0; c < kContrasts; ++c) {
            const auto bar = bar_of(state, row, c);
            if (!bar) continue;
            anything = true;
            const float x = left + 6 + bar_width * static_cast<float>(c);
            const float middle = x + (bar_width - 1) / 2;
            const float y0 = y_of(0);
            const float y1 = y_of(bar->value);
            list->AddRectFilled({x, std::min(y0, y1)}, {x + bar_width - 1, std::max(y0, y1) + 1}, kContrastColours[c],
                                1);
            for (const double fold : bar->folds)
                list->AddCircleFilled({middle, y_of(fold)}, 2, IM_COL32(255, 255, 255, 210), 8);
            if (bar->spread)
                list->AddLine({middle, y_of(bar->spread->least)}, {middle, y_of(bar->spread->largest)},
                              IM_COL32(255, 255, 255, 210));
            ImGui::SetCursorScreenPos({x - 1, plot.y});
            ImGui::PushID(static_cast<int>(row * kContrasts + c));
            if (ImGui::InvisibleButton("bar", {bar_width + 1, plot.height}))
                state.choice.region = static_cast<int>(row);
            if (ImGui::IsItemHovered()) marginals_tooltip(state, row, c, *bar);
            ImGui::PopID();
        }
    }
    if (!anything)
        text_at(list, fonts.body, {plot.x + 20, plot.y + plot.height / 2 - 10}, kQuiet,
                "Bars appear as each fold completes.");
    remember(state, "shapley", start, {start.x + width, start.y + height});
    ImGui::SetCursorScreenPos({start.x, start.y + height - 34});
    quiet_text(
        "Taller: the model's Dice depends more on that contrast. White: each fold and their range. Hover for the "
        "marginal contributions. * not in the reference.");
}

}  // namespace shapslice::ui
