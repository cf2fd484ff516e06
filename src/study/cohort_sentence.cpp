// cohort_sentence() (study/cohort.h): what a cohort shows and what it does not.
#include <cstdio>

#include "study/cohort.h"
#include "study/sentence.h"

namespace shapslice {

namespace {

constexpr double kLevel = 0.05;  // of significance, as the 95 % intervals have it

std::string p_words(double p) {
    if (p < 0.001) return "p < 0.001";
    char text[32];
    std::snprintf(text, sizeof text, "p = %.3f", p);
    return text;
}

std::string undefined_words(const CohortModel& model) {
    const auto cases = [](int n) { return std::to_string(n) + (n == 1 ? " case" : " cases"); };
    std::string words;
    if (model.undefined_variance > 0)
        words += " Of " + cases(model.undefined_variance) +
                 " uncertainty is not defined: a fold says nothing there, with any contrasts.";
    if (model.undefined_agreement > 0) words += " Of " + cases(model.undefined_agreement) + " agreement is not.";
    return words;
}

std::string cases_words(const CohortModel& model) {
    return std::to_string(model.cases.size()) + " of " + std::to_string(model.held_out_cases) + " cases";
}

// What the interval of r says, and where the paper's r lies.
std::string correlation_words(const CohortModel& model) {
    const auto& found = model.uncertainty.pearson;
    if (!found || !found->interval)
        return "r between uncertainty and mean Dice is not defined for " + cases_words(model) + ".";
    const auto [low, high] = *found->interval;
    std::string words = "Over " + cases_words(model) + " r between uncertainty and mean Dice is " +
                        two_digits(found->coefficient) + " (95 % " + two_digits(low) + " to " + two_digits(high) +
                        ", " + p_words(found->p) + ")";
    if (high < 0) {
        words += ": more uncertainty goes with lower Dice, as in the paper.";
    } else if (low > 0) {
        words += ": more uncertainty goes with higher Dice, the opposite of the paper's finding.";
    } else {
        words += ": the interval holds 0, so these cases neither show the paper's finding nor refute it.";
    }
    if (!model.published) return words;
    const double r = model.published->r;
    return words + " The paper's " + two_digits(r) + " lies " + (low <= r && r <= high ? "within" : "outside") +
           " the interval.";
}

std::string agreement_words(const CohortModel& model) {
    const auto& [good, poor, rest, against_poor, against_rest] = model.agreement;
    const std::string above = "above Dice " + two_digits(kGoodDice);
    const std::string below = "below " + two_digits(kPoorDice);
    if (!good || !poor) {
        return " Agreement of cases " + above + " and " + below + " cannot be compared: there are " +
               std::to_string(good ? good->cases : 0) + " and " + std::to_string(poor ? poor->cases : 0) + ".";
    }
    const std::string means = " Mean NSF is " + two_digits(good->mean) + " " + above +
                              " (n = " + std::to_string(good->cases) + ") and " + two_digits(poor->mean) + " " + below +
                              " (n = " + std::to_string(poor->cases) + ")";
    if (!against_poor) return means + "; all of them agree alike.";
    const bool shown = against_poor->p < kLevel;
    return means + ", " + p_words(against_poor->p) + ": " +
           (!shown ? "a difference is not shown."
            : against_poor->first_larger > 0.5
                ? "better segmented cases agree more, as the paper found for U-Net."
                : "better segmented cases agree less, the opposite of what the paper found for U-Net.");
}

}  // namespace

std::string cohort_sentence(const CohortModel& model) {
    return correlation_words(model) + agreement_words(model) + undefined_words(model);
}

}  // namespace shapslice
