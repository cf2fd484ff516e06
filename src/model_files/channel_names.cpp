#include "model_files/channel_names.h"

#include <algorithm>

#include "intake/name_reading.h"
#include "model_files/output_names.h"

namespace shapslice {

namespace {

std::optional<Contrast> contrast_of(const std::string& title) {
    const FileRole role = role_of_title(title);
    if (role == FileRole::segmentation || role == FileRole::unused) return std::nullopt;
    return static_cast<Contrast>(role);  // FileRole begins with the contrasts
}

bool contains_all(const std::set<int>& outer, const std::set<int>& inner) {
    return outer.size() > inner.size() && std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

// WT, TC and ET of three regions each of which contains the next; empty where they do not.
std::vector<std::string> nested_names(const std::vector<NamedOutput>& outputs) {
    if (outputs.size() != 3) return {};
    std::vector<std::size_t> order{0, 1, 2};
    std::sort(order.begin(), order.end(),
              [&](std::size_t a, std::size_t b) { return outputs[a].values.size() > outputs[b].values.size(); });
    const auto values = [&](std::size_t n) -> const std::set<int>& { return outputs[order[n]].values; };
    if (values(2).empty() || !contains_all(values(0), values(1)) || !contains_all(values(1), values(2))) return {};
    std::vector<std::string> names(3);
    constexpr std::array kFromOuter{"WT", "TC", "ET"};
    for (std::size_t n = 0; n < 3; ++n) names[order[n]] = kFromOuter[n];
    return names;
}

bool has_each_once(const std::vector<std::string>& names, std::initializer_list<std::string_view> wanted) {
    return std::all_of(wanted.begin(), wanted.end(),
                       [&](std::string_view name) { return std::count(names.begin(), names.end(), name) == 1; });
}

}  // namespace

std::string joined_names(const std::vector<std::string>& names) {
    std::string text;
    for (std::size_t n = 0; n < names.size(); ++n)
        text += (n == 0 ? "" : n + 1 == names.size() ? " and " : ", ") + names[n];
    return text;
}

Expected<void> take_sequences(const std::string& file, const std::vector<std::string>& names, ModelSettings& settings) {
    const bool names_the_image = names.size() == 1;  // "image", of however many channels
    if (names.size() != kContrasts && !names_the_image) {
        return fail(file + ": the network takes " + std::to_string(names.size()) + " channels" +
                    (names.empty() ? "" : " (" + joined_names(names) + ")") +
                    "; expected 4: T1c, T1, T2-FLAIR and T2, in any order.");
    }
    PerContrast<Contrast> contrasts{};
    std::set<Contrast> found;
    for (std::size_t n = 0; n < names.size() && !names_the_image; ++n) {
        if (const auto contrast = contrast_of(names[n])) {
            contrasts[n] = *contrast;
            found.insert(*contrast);
        }
    }
    if (found.size() != kContrasts) {
        settings.remarks.push_back(
            file + " calls the channels " + joined_names(names) +
            ", which does not say for each which of T1c, T1, T2-FLAIR and T2 it is: their order is "
            "a guess. Check \"Channels in\".");
        return {};
    }
    if (settings.contrasts && *settings.contrasts != contrasts) {
        return fail(file + " and " + settings.contrasts_file +
                    " say another order of the sequences; expected files of one model. Drop the right one alone.");
    }
    settings.contrasts = contrasts;
    settings.contrasts_file = file;
    return {};
}

Expected<void> take_regions(const std::string& file, const std::vector<NamedOutput>& outputs, ModelSettings& settings) {
    std::vector<std::string> titles, names;
    for (const NamedOutput& output : outputs) {
        titles.push_back(output.name);
        const std::string_view name = output_name(output.name);
        names.push_back(name.empty() ? output.name : std::string(name));
    }
    if (!has_each_once(names, {"WT", "TC", "ET"})) names = nested_names(outputs);
    if (!has_each_once(names, {"WT", "TC", "ET"})) {
        return fail(file + ": the network gives the regions " + joined_names(titles) +
                    "; expected whole tumour, tumour core and enhancing tumour, in any order. If these are they by "
                    "other names, drop the .onnx without " +
                    file + " and say which is which.");
    }
    if (names.size() > 3) {
        std::vector<std::string> others;
        for (std::size_t n = 0; n < names.size(); ++n) {
            if (names[n] != "WT" && names[n] != "TC" && names[n] != "ET") others.push_back(titles[n]);
        }
        settings.remarks.push_back(file + ": the network also gives " + joined_names(others) +
                                   ", which belongs to no region here and is left out.");
    }
    settings.outputs = OutputSettings{file, true, names};
    return {};
}

Expected<void> take_labels(const std::string& file, const std::vector<std::string>& names, ModelSettings& settings) {
    std::vector<std::string> channels;
    for (const std::string& name : names) channels.emplace_back(output_name(name));
    if (names.size() != kLabels) {
        const bool cavity = std::find(channels.begin(), channels.end(), "RC") != channels.end();
        return fail(file + ": the network gives " + std::to_string(names.size()) + " labels (" + joined_names(names) +
                    "); expected 4: background, necrotic core, oedema and enhancing tumour." +
                    (cavity ? " A model of cases after treatment, with a resection cavity, cannot be used here." : ""));
    }
    settings.outputs = OutputSettings{file, false, {}};
    if (has_each_once(channels, {"background", "NCR", "ED", "ET"})) {
        settings.outputs->channels = channels;
        return {};
    }
    settings.remarks.push_back(
        file + " calls the labels " + joined_names(names) +
        ", which does not say for each which of background, NCR, ED and ET it is: their order is a "
        "guess. Check \"Channels out\".");
    return {};
}

}  // namespace shapslice
