// The words after the program's name, checked against what a command takes before it begins: a number that is none, an
// option of another command, a value that is missing are sentences, and nothing is done.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace shapslice {

enum class OptionKind {
    flag,      // no value
    text,      // any; not empty
    length,    // mm: a number above 0, at most 1000
    count,     // a whole number, 1 to 1024
    seed,      // a whole number, 0 to 2^64 - 1
    extents,   // I,J,K: whole numbers, 1 to 32767, at most 2^28 together
    settings,  // NCR, ED or ET, then = and four numbers with commas
};

struct Option {
    std::string_view name;
    OptionKind kind = OptionKind::text;
    bool required = false;
};

// What follows a command's name: options, and words without one.
class Arguments {
  public:
    std::vector<std::string> plain;
    std::multimap<std::string, std::string, std::less<>> named;

    bool has(std::string_view name) const { return named.contains(name); }
    // The value of an option, or `otherwise` where it is not given. Of the kind that the command declares.
    std::string text(std::string_view name, const std::string& otherwise = "") const;
    double length(std::string_view name, double otherwise) const;
    int count(std::string_view name, int otherwise) const;
    std::uint64_t seed(std::string_view name, std::uint64_t otherwise) const;
    std::array<int, 3> extents(std::string_view name, const std::array<int, 3>& otherwise) const;
};

struct Command {
    std::string_view name;
    std::string_view usage;  // what follows the name
    std::size_t least = 0;   // words without an option
    std::size_t most = 0;
    std::vector<Option> options;
    Expected<void> (*run)(const Arguments&);
};

// `words` follow the command's name. The error says what is wrong with them and how the command is used.
Expected<Arguments> parse_arguments(const Command& command, const std::vector<std::string>& words);

// "ET=a,b,c,d": a label of the tumour, from 1, and four finite numbers; nothing where it is something else.
struct LabelSettings {
    std::size_t label = 0;
    std::array<double, 4> values{};
};
std::optional<LabelSettings> label_settings(std::string_view text);

}  // namespace shapslice
