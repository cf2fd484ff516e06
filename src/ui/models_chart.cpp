// The study's models side by side: Shapley values of one region with the model band (METHOD 6.3), and each model's
// Dice, agreement and uncertainty.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "study/sentence.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

constexpr ImU32 kFoldMark = IM_COL32(255, 255, 255, 210);

std::string letter(std::size_t n) {
    return std::string(1, static_cast<char>('A' + n));
}

struct Plot {
    float x, y, width, height;
    double low, high;
    float at(double value) const { return y + height * static_cast<float>((high - value) / (high - low)); }
};

// The range that holds every bar and its folds, rounded out to tenths.
std::array<double, 2> value_range(const StudyResult& study, std::size_t row) {
    double low = 0;
    double high = 0.2;
    for (const ModelResult& model : study.models) {
        for (const auto& spread : model.summary[row].shapley) {
            if (!spread) continue;
            low = std::min(low, spread->least);
            high = std::max(high, spread->largest);
        }
    }
    return {std::floor(low * 10) / 10, std::ceil(high * 10) / 10};
}

void axis(const Plot& plot, float left) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const double step = plot.high - plot.low > 0.5 ? 0.2 : 0.1;
    for (double tick = std::ceil(plot.low / step - 1e-9) * step; tick < plot.high + 1e-9; tick += step) {
        const bool zero = std::abs(tick) < 1e-9;
        list->AddLine({plot.x, plot.at(tick)}, {plot.x + plot.width, plot.at(tick)},
                      zero ? kQuiet : faded(kLine, 0.6f));
        char number[16];
        std::snprintf(number, sizeof number, "%.1f", zero ? 0.0 : tick);
        text_at(list, fonts.small, {left, plot.at(tick) - 8}, kQuiet, number);
    }
}

void legend(ImVec2 at, float width) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    for (std::size_t c = kContrasts; c-- > 0;) {
        const std::string name(kContrastTitles[c]);
        width -= text_size(fonts.small, name.c_str()).x + 24;
        list->AddRectFilled({at.x + width, at.y + 4}, {at.x + width + 9, at.y + 13}, kContrastColours[c], 2);
        text_at(list, fonts.small, {at.x + width + 13, at.y}, kText, name.c_str());
    }
}

// Four bars of one model, with the range over its folds; a tooltip says the numbers.
void model_bars(const Plot& plot, float left, float width, const ModelResult& model, std::size_t row) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float bar = (width - 10) / kContrasts;
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const auto& spread = model.summary[row].shapley[c];
        if (!spread) continue;
        const float x = left + 5 + bar * static_cast<float>(c);
        const float y0 = plot.at(0);
        const float y1 = plot.at(spread->mean);
        list->AddRectFilled({x, std::min(y0, y1)}, {x + bar - 1, std::max(y0, y1) + 1}, kContrastColours[c], 1);
        if (model.complete_folds > 1)
            list->AddLine({x + (bar - 1) / 2, plot.at(spread->least)}, {x + (bar - 1) / 2, plot.at(spread->largest)},
                          kFoldMark);
    }
    ImGui::SetCursorScreenPos({left, plot.y});
    ImGui::InvisibleButton(model.id.c_str(), {width, plot.height});
    if (!ImGui::IsItemHovered()) return;
    ImGui::BeginTooltip();
    ImGui::Text("%s, %d of %d folds complete", model.name.c_str(), model.complete_folds,
                static_cast<int>(model.folds.size()));
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const auto& spread = model.summary[row].shapley[c];
        if (spread)
            ImGui::Text("%s %s (folds %s to %s)", std::string(kContrastTitles[c]).c_str(),
                        two_digits(spread->mean).c_str(), two_digits(spread->least).c_str(),
                        two_digits(spread->largest).c_str());
    }
    ImGui::EndTooltip();
}

// From the least to the largest value over every fold whose loss is near the best one's: boxes, not bars from 0.
void band_boxes(const Plot& plot, float left, float width, const ModelBand& band, double tolerance) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float box = (width - 10) / kContrasts;
    list->AddRectFilled({left + 1, plot.y}, {left + width - 1, plot.y + plot.height}, faded(kLine, 0.35f), 3);
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const float x = left + 5 + box * static_cast<float>(c);
        list->AddRectFilled({x, plot.at(band.shapley[c].largest) - 1},
                            {x + box - 2, plot.at(band.shapley[c].least) + 1}, faded(kContrastColours[c], 0.55f), 2);
        list->AddRect({x, plot.at(band.shapley[c].largest) - 1}, {x + box - 2, plot.at(band.shapley[c].least) + 1},
                      kContrastColours[c], 2);
    }
    ImGui::SetCursorScreenPos({left, plot.y});
    ImGui::InvisibleButton("band", {width, plot.height});
    if (!ImGui::IsItemHovered()) return;
    ImGui::BeginTooltip();
    ImGui::Text("Band: least to largest value over the %d of %d networks (folds of all models)", band.models,
                static_cast<int>(band.within.size()));
    ImGui::Text("whose loss on this case is at most %s above the best one's.", two_digits(tolerance).c_str());
    for (std::size_t c = 0; c < kContrasts; ++c)
        ImGui::Text("%s %s to %s", std::string(kContrastTitles[c]).c_str(), two_digits(band.shapley[c].least).c_str(),
                    two_digits(band.shapley[c].largest).c_str());
    ImGui::EndTooltip();
}

// A number as a diamond on a line from `low` to `high`, chance as a tick.
void mini_scale(float x, float y, float width, double low, double high, double chance, std::optional<double> value) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const auto x_of = [&](double v) {
        return x + width * static_cast<float>(std::clamp((v - low) / (high - low), 0.0, 1.0));
    };
    list->AddLine({x, y}, {x + width, y}, kLine, 2);
    list->AddLine({x_of(chance), y - 5}, {x_of(chance), y + 5}, kQuiet, 1.5f);
    if (!value) return;
    const float at = x_of(*value);
    list->AddQuadFilled({at, y - 6}, {at + 5, y}, {at, y + 6}, {at - 5, y}, kAccent);
}

std::optional<double> mean_dice(const ModelResult& model, std::size_t row) {
    double sum = 0;
    int known = 0;
    for (const FoldResult& fold : model.folds) {
        if (!fold.regions[row].values[kAllContrasts]) continue;
        sum += *fold.regions[row].values[kAllContrasts];
        ++known;
    }
    return known ? std::optional(sum / known) : std::nullopt;
}

constexpr float kRowHeight = 18;

std::string row_name(const AppState& state, std::size_t n) {
    return letter(n) + "  " + state.study.models[n].name;
}

void table(const AppState& state, ImVec2 at, float width) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const auto row = static_cast<std::size_t>(state.choice.region);
    float name = 0;  // as wide as the longest
    for (std::size_t n = 0; n < state.study.models.size(); ++n)
        name = std::max(name, text_size(fonts.small, row_name(state, n).c_str()).x + 10);
    name = std::min(name, width * 0.5f);
    const float dice = name + 40;
    const float scale = (width - dice - 92) / 2;
    const float second = dice + scale + 50;
    text_at(list, fonts.small, {at.x + name, at.y}, kQuiet, "Dice");
    text_at(list, fonts.small, {at.x + dice, at.y}, kQuiet, "agreement, 0 to 1");
    text_at(list, fonts.small, {at.x + second, at.y}, kQuiet, "uncertainty");
    for (std::size_t n = 0; n < state.study.models.size(); ++n) {
        const ModelResult& model = state.study.models[n];
        const RegionSummary& summary = model.summary[row];
        const float y = at.y + kRowHeight * static_cast<float>(n + 1);
        text_at(list, fonts.small, {at.x, y}, kText, row_name(state, n).c_str(), name - 6);
        const auto value = mean_dice(model, row);
        text_at(list, fonts.small, {at.x + name, y}, kText, value ? two_digits(*value).c_str() : "-");
        const AgreementScale reach =
            summary.agreement_scale.value_or(agreement_scale(state.study.clinical.of(state.choice.region)));
        mini_scale(at.x + dice, y + 8, scale, 0, 1, reach.chance,
                   summary.nsf ? std::optional(summary.nsf->mean) : std::nullopt);
        text_at(list, fonts.small, {at.x + dice + scale + 8, y}, kAccent,
                summary.nsf ? two_digits(summary.nsf->mean).c_str() : "-");
        const VarianceScale range = summary.variance_scale.value_or(*variance_scale(kUsualFolds));
        mini_scale(at.x + second, y + 8, scale, 0, range.largest, range.chance, summary.rank_variance);
        text_at(list, fonts.small, {at.x + second + scale + 8, y}, kAccent,
                summary.rank_variance ? two_digits(*summary.rank_variance).c_str() : "-");
    }
}

}  // namespace

void models_chart(AppState& state, float height) {
    const ImVec2 start = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    ImDrawList* list = ImGui::GetWindowDrawList();
    const auto row = static_cast<std::size_t>(state.choice.region);
    const auto& models = state.study.models;
    const float rows = kRowHeight * static_cast<float>(models.size() + 1);
    text_at(list, fonts.small, start, kQuiet, ("Shapley value, " + std::string(kRegionRowNames[row])).c_str());
    legend(start, width);
    const auto range = value_range(state.study, row);
    const Plot plot{start.x + 30, start.y + 22, width - 32, height - rows - 84, range[0], range[1]};
    axis(plot, start.x);
    const float group = plot.width / static_cast<float>(models.size() + 1);
    for (std::size_t n = 0; n < models.size(); ++n) {
        const float left = plot.x + group * static_cast<float>(n);
        model_bars(plot, left, group, models[n], row);
        const std::string label = letter(n);  // the table below has the names
        text_at(list, fonts.small,
                {left + (group - text_size(fonts.small, label.c_str()).x) / 2, plot.y + plot.height + 3}, kText,
                label.c_str());
    }
    if (state.study.band && (*state.study.band)[row].models > 0) {
        band_boxes(plot, plot.x + plot.width - group, group, (*state.study.band)[row],
                   state.study.settings.model_band_tolerance);
        text_at(list, fonts.small,
                {plot.x + plot.width - group / 2 - text_size(fonts.small, "band").x / 2, plot.y + plot.height + 3},
                kText, "band");
    }
    if (models.empty())
        text_at(list, fonts.body, {plot.x + 20, plot.y + plot.height / 2 - 10}, kQuiet,
                "Choose several models and run them.");
    table(state, {start.x, plot.y + plot.height + 22}, width);
    remember(state, "models-chart", start, {start.x + width, start.y + height});
    ImGui::SetCursorScreenPos({start.x, start.y + height - 34});
    quiet_text(("Bars: mean of folds and their range. Band: all networks within " +
                two_digits(state.study.settings.model_band_tolerance) +
                " of the best loss; not a confidence interval. Tick: chance.")
                   .c_str());
}

}  // namespace shapslice::ui
