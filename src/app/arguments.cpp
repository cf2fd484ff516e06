#include "app/arguments.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <optional>

#include "base/terms.h"

namespace shapslice {

namespace {

constexpr int kMostCount = 1024;
constexpr double kMostLength = 1000;
constexpr int kMostExtent = 32767;                           // of NIfTI-1
constexpr std::int64_t kMostVoxels = std::int64_t{1} << 28;  // of an image (docs/errors.md)

// The whole of the text as one number, in digits.
template <class T>
std::optional<T> number(std::string_view text) {
    T value{};
    const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}
template <>
std::optional<double> number(std::string_view text) {
    if (text.empty() || text.find_first_not_of("0123456789+-.eE") != std::string_view::npos) return std::nullopt;
    const std::string whole(text);
    char* end = nullptr;
    const double value = std::strtod(whole.c_str(), &end);
    return *end == 0 ? std::optional(value) : std::nullopt;
}

template <class T, std::size_t N>
std::optional<std::array<T, N>> numbers(std::string_view text) {
    std::array<T, N> values{};
    for (std::size_t n = 0; n < N; ++n) {
        const std::size_t comma = n + 1 < N ? text.find(',') : text.size();
        if (comma == std::string_view::npos) return std::nullopt;
        const auto value = number<T>(text.substr(0, comma));
        if (!value) return std::nullopt;
        values[n] = *value;
        text.remove_prefix(std::min(comma + 1, text.size()));
    }
    return values;
}

std::optional<double> length_of(std::string_view text) {
    const auto value = number<double>(text);
    return value && std::isfinite(*value) && *value > 0 && *value <= kMostLength ? value : std::nullopt;
}

std::optional<int> count_of(std::string_view text) {
    const auto value = number<int>(text);
    return value && *value >= 1 && *value <= kMostCount ? value : std::nullopt;
}

std::optional<std::array<int, 3>> extents_of(std::string_view text) {
    const auto values = numbers<int, 3>(text);
    if (!values) return std::nullopt;
    std::int64_t voxels = 1;
    for (const int extent : *values) {
        if (extent < 1 || extent > kMostExtent) return std::nullopt;
        voxels *= extent;
    }
    return voxels <= kMostVoxels ? values : std::nullopt;
}

// What is expected of an option's value; "" where the value is that.
std::string expected_of(OptionKind kind, std::string_view value) {
    switch (kind) {
        case OptionKind::flag:
            return "";
        case OptionKind::text:
            return value.empty() ? "a word" : "";
        case OptionKind::length:
            return length_of(value) ? "" : "a number of mm above 0, at most 1000";
        case OptionKind::count:
            return count_of(value) ? "" : "a whole number, 1 to 1024";
        case OptionKind::seed:
            return number<std::uint64_t>(value) ? "" : "a whole number, 0 or more";
        case OptionKind::extents:
            return extents_of(value) ? "" : "three whole numbers of voxels with commas, 2^28 voxels at most";
        case OptionKind::settings:
            return label_settings(value) ? "" : "NCR, ED or ET, then = and four numbers with commas";
    }
    return "";
}

std::string misuse(const Command& command, const std::string& what) {
    return std::string(command.name) + ": " + what + ".\nusage: shapslice " + std::string(command.name) + " " +
           std::string(command.usage);
}

}  // namespace

std::optional<LabelSettings> label_settings(std::string_view text) {
    const std::size_t equals = std::min(text.find('='), text.size());
    const auto label = std::find(kLabelNames.begin() + 1, kLabelNames.end(), text.substr(0, equals));
    const auto values = numbers<double, 4>(text.substr(std::min(equals + 1, text.size())));
    if (label == kLabelNames.end() || !values) return std::nullopt;
    if (!std::all_of(values->begin(), values->end(), [](double v) { return std::isfinite(v); })) return std::nullopt;
    return LabelSettings{static_cast<std::size_t>(label - kLabelNames.begin()), *values};
}

std::string Arguments::text(std::string_view name, const std::string& otherwise) const {
    const auto at = named.find(name);
    return at == named.end() ? otherwise : at->second;
}
double Arguments::length(std::string_view name, double otherwise) const {
    return length_of(text(name)).value_or(otherwise);
}
int Arguments::count(std::string_view name, int otherwise) const {
    return count_of(text(name)).value_or(otherwise);
}
std::uint64_t Arguments::seed(std::string_view name, std::uint64_t otherwise) const {
    return number<std::uint64_t>(text(name)).value_or(otherwise);
}
std::array<int, 3> Arguments::extents(std::string_view name, const std::array<int, 3>& otherwise) const {
    return extents_of(text(name)).value_or(otherwise);
}

Expected<Arguments> parse_arguments(const Command& command, const std::vector<std::string>& words) {
    Arguments arguments;
    for (std::size_t n = 0; n < words.size(); ++n) {
        const std::string& word = words[n];
        if (!word.starts_with("--")) {
            arguments.plain.push_back(word);
            continue;
        }
        const auto option = std::find_if(command.options.begin(), command.options.end(),
                                         [&](const Option& each) { return each.name == word.substr(2); });
        if (option == command.options.end()) return fail(misuse(command, "there is no option " + word));
        std::string value;
        if (option->kind != OptionKind::flag) {
            if (n + 1 == words.size()) return fail(misuse(command, word + " has no value"));
            value = words[++n];
        }
        if (const std::string expected = expected_of(option->kind, value); !expected.empty())
            return fail(misuse(command, word + " " + value + ": expected " + expected));
        if (option->kind != OptionKind::settings && arguments.has(option->name))
            return fail(misuse(command, word + " is given twice"));
        arguments.named.emplace(option->name, value);
    }
    for (const Option& option : command.options) {
        if (option.required && !arguments.has(option.name))
            return fail(misuse(command, "expected --" + std::string(option.name)));
    }
    const std::size_t count = arguments.plain.size();
    if (count < command.least || count > command.most) {
        const std::string wrong = count < command.least ? "too few" : "too many";
        return fail(misuse(command, wrong + " names after the options"));
    }
    return arguments;
}

}  // namespace shapslice
