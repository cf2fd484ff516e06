// Agreement and uncertainty, each on its own scale with chance marked, and the checks that the numbers add up.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "study/sentence.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

struct Mark {
    double at;
    const char* name;
    bool below = false;  // its name under the scale, so that neighbours do not touch
};

// A horizontal scale with marks, the folds' dots, and the value as a diamond.
void scale(const ImVec2 at, float width, const char* title, double low, double high, const std::vector<Mark>& marks,
           const std::vector<double>& dots, std::optional<double> value, const char* otherwise) {
    ImDrawList* list = ImGui::GetWindowDrawList();
    const float y = at.y + 42;
    const auto x_of = [&](double v) {
        return at.x + 8 + (width - 16) * static_cast<float>(std::clamp((v - low) / (high - low), 0.0, 1.0));
    };
    text_at(list, fonts.strong, at, kText, title);
    const std::string number = value ? two_digits(*value) : otherwise;
    text_at(list, fonts.strong, {at.x + width - text_size(fonts.strong, number.c_str()).x - 4, at.y},
            value ? kAccent : kQuiet, number.c_str());
    list->AddLine({x_of(low), y}, {x_of(high), y}, kLine, 3);
    for (const Mark& mark : marks) {
        const float x = x_of(mark.at);
        list->AddLine({x, y - 7}, {x, y + 7}, kQuiet, 1.5f);
        const std::string words = std::string(mark.name) + " " + two_digits(mark.at);
        const float text_width = text_size(fonts.small, words.c_str()).x;
        const float left = std::clamp(x - text_width / 2, at.x, at.x + width - text_width);
        text_at(list, fonts.small, {left, mark.below ? y + 8 : y - 24}, kQuiet, words.c_str());
    }
    for (const double dot : dots) list->AddCircleFilled({x_of(dot), y}, 3.5f, IM_COL32(255, 255, 255, 150));
    if (value) {
        const float x = x_of(*value);
        list->AddQuadFilled({x, y - 8}, {x + 6, y}, {x, y + 8}, {x - 6, y}, kAccent);
    }
}

std::vector<double> fold_values(const ModelResult& model, std::size_t row) {
    std::vector<double> values;
    for (const FoldResult& fold : model.folds) {
        if (fold.regions[row].agreement) values.push_back(fold.regions[row].agreement->nsf);
    }
    return values;
}

std::string optional_words(const std::optional<double>& value) {
    return value ? two_digits(*value) : "not defined";
}

// Largest efficiency gap of any complete game of the model.
std::optional<double> efficiency_gap(const ModelResult& model) {
    std::optional<double> largest;
    for (const FoldResult& fold : model.folds) {
        for (const RegionGame& game : fold.regions) {
            if (game.analysis) largest = std::max(largest.value_or(0), std::abs(game.analysis->efficiency_gap));
        }
    }
    return largest;
}

}  // namespace

void scales_panel(AppState& state, float height) {
    const ImVec2 start = ImGui::GetCursorScreenPos();
    const float width = ImGui::GetContentRegionAvail().x;
    const ModelResult* model = shown_model(state);
    const auto row = static_cast<std::size_t>(state.choice.region);
    static const ModelResult kNothing;
    const ModelResult& shown = model ? *model : kNothing;
    const RegionSummary& summary = shown.summary[row];
    const FoldResult* fold = shown_fold(state);
    const AgreementScale reach =
        summary.agreement_scale.value_or(agreement_scale(state.study.clinical.of(state.choice.region)));

    std::optional<double> nsf = summary.nsf ? std::optional(summary.nsf->mean) : std::nullopt;
    if (fold) nsf = fold->regions[row].agreement ? std::optional(fold->regions[row].agreement->nsf) : std::nullopt;
    const bool pending = shown_state(state, state.choice.region) == GameState::open;
    scale(start, width, "Agreement with the clinical ranking (NSF)", 0, 1,
          {{reach.chance, "chance", false}, {reach.best, "best", false}, {0, "", true}, {1, "", true}},
          fold_values(shown, row), nsf, pending ? "pending" : "not defined");
    std::string words;
    if (nsf) {
        const auto share = fold ? std::optional(fold->regions[row].agreement->share_at_least) : summary.share_at_least;
        char text[160];
        std::snprintf(text, sizeof text, "Of the 24 rankings %.0f %% agree at least as well.", share.value_or(0) * 100);
        words = reach.best - reach.chance > kEqualValues
                    ? "Corrected for chance " + two_digits((*nsf - reach.chance) / (reach.best - reach.chance)) + ". " +
                          text
                    : "Corrected for chance: not defined, the clinical ranking ranks all alike.";
    }
    const auto own =
        fold ? (fold->regions[row].region_agreement ? std::optional(fold->regions[row].region_agreement->nsf)
                                                    : std::nullopt)
             : (summary.region_nsf ? std::optional(summary.region_nsf->mean) : std::nullopt);
    if (own) words += " With the order for this region alone: " + two_digits(*own) + ".";
    ImGui::SetCursorScreenPos({start.x, start.y + 64});
    if (words.empty())
        words = pending ? "Pending until the first fold is complete." : no_numbers_words(state, state.choice.region);
    quiet_text(words.c_str());

    const auto range = summary.variance_scale.value_or(*variance_scale(kUsualFolds));
    scale({start.x, start.y + 102}, width, "Uncertainty: variance of ranks over folds", 0, range.largest,
          {{0, "stable", true}, {range.chance, "chance", false}, {range.largest, "largest", true}}, {},
          summary.rank_variance, shown.complete_folds == 0 ? "pending" : "not defined");
    ImGui::SetCursorScreenPos({start.x, start.y + 170});
    std::string tau = "Kendall's W over folds: " + optional_words(summary.kendall_w);
    if (fold && fold->regions[row].agreement)
        tau += "   tau-b of this fold: " + optional_words(fold->regions[row].agreement->tau_b);
    quiet_text(tau.c_str());
    const auto gap = efficiency_gap(shown);
    char check[128];
    std::snprintf(check, sizeof check,
                  gap ? "Efficiency check: values sum to v(all) - v(none) within %.0e %s"
                      : "Efficiency check: after the first fold",
                  gap.value_or(0), gap.value_or(1) < 1e-6 ? "(passed)" : "(FAILED)");
    quiet_text(check);
    remember(state, "scales", start, {start.x + width, start.y + height});
    ImGui::SetCursorScreenPos({start.x, start.y + height - 52});
    quiet_text(
        "Diamond: the value; white dots: single folds. One case alone can never be significant (least p 2/24): judge a "
        "model over a cohort.");
}

}  // namespace shapslice::ui
