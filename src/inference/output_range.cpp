#include "inference/output_range.h"

#include <algorithm>
#include <cstdio>

namespace shapslice {

namespace {

constexpr float kRounding = 1e-3f;  // by which half floats may leave [0, 1]

std::string range_words(float least, float largest) {
    char text[64];
    std::snprintf(text, sizeof text, "from %.3g to %.3g", static_cast<double>(least), static_cast<double>(largest));
    return text;
}

}  // namespace

void OutputRange::take(std::span<const float> output) {
    if (output.empty()) return;
    if (!any_) least_ = largest_ = output[0];
    any_ = true;
    for (const float value : output) {
        least_ = std::min(least_, value);
        largest_ = std::max(largest_, value);
        only_ends_ &= value == 0 || value == 1;
    }
}

std::optional<Error> OutputRange::problem(const ModelManifest& manifest) const {
    if (!any_ || !(least_ < largest_)) return std::nullopt;
    const bool probabilities = least_ >= -kRounding && largest_ <= 1 + kRounding;
    const std::string to_change =
        " and add it again (drop its files once more; in model.json it is \"outputs.activation\"). What was computed "
        "before "
        "is kept.";
    if (probabilities && manifest.activation != Activation::none) {
        const std::string word = manifest.activation == Activation::sigmoid ? "sigmoid" : "softmax";
        return Error{manifest.name + ": every value of the network's output is " +
                     (only_ends_ ? std::string("0 or 1") : "between 0 and 1 (" + range_words(least_, largest_) + ")") +
                     ", so it has applied an activation itself, and " + word +
                     " would be applied once more. Set \"Output activation\" of this model to none" + to_change};
    }
    if (!probabilities && manifest.activation == Activation::none && manifest.output_kind == OutputKind::regions) {
        return Error{manifest.name + ": the network's output has values " + range_words(least_, largest_) +
                     ", which are no probabilities, and no activation is applied to them. Set \"Output activation\" of "
                     "this model to sigmoid" +
                     to_change};
    }
    return std::nullopt;
}

}  // namespace shapslice
