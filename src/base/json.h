// JSON for plain structs, on nlohmann-json.
//
// A struct that has `template <class Fields> void describe(Fields& f, T& value)` beside it, listing its members once as
// f("name", value.member), reads and writes JSON by that one list. An absent std::optional is null.
#pragma once

#include <array>
#include <concepts>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace shapslice {

using Json = nlohmann::json;

// A whole number that the type holds; the JSON library itself would cast 1e300 or -1 to one without a word.
template <std::integral T>
T whole_number(const Json& json) {
    const auto refuse = [&](const std::string& found) {
        throw Json::other_error::create(502, "a number is " + found + "; expected a whole number that is not too large",
                                        &json);
    };
    if (!json.is_number_integer()) refuse(json.dump(-1, ' ', false, Json::error_handler_t::replace));
    const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                : std::in_range<T>(json.get<std::int64_t>());
    if (!fits) refuse(json.dump());
    return json.get<T>();
}

template <class T>
void read_member(const Json& json, T& member) {
    if constexpr (std::integral<T> && !std::same_as<T, bool>) {
        member = whole_number<T>(json);
    } else {
        json.get_to(member);
    }
}

struct FieldWriter {
    Json& object;
    template <class T>
    void operator()(const char* name, const T& member) {
        object[name] = member;
    }
};

// A field that is not there keeps its default: older results stay readable.
struct FieldReader {
    const Json& object;
    template <class T>
    void operator()(const char* name, T&& member) {
        if (const auto at = object.find(name); at != object.end()) read_member(*at, member);
    }
};

template <class T>
concept Described = requires(FieldWriter& writer, T& value) { describe(writer, value); };

// A fixed array written as an object with one key per element: {"ET": ..., "NCR": ...}.
template <class T, std::size_t N>
struct Keyed {
    std::array<T, N>& elements;
    const std::array<std::string_view, N>& keys;
};
template <class T, std::size_t N>
Keyed<T, N> keyed(std::array<T, N>& elements, const std::array<std::string_view, N>& keys) {
    return {elements, keys};
}
template <class T, std::size_t N>
void to_json(Json& j, const Keyed<T, N>& value) {
    j = Json::object();
    for (std::size_t n = 0; n < N; ++n) j[std::string(value.keys[n])] = value.elements[n];
}
template <class T, std::size_t N>
void from_json(const Json& j, Keyed<T, N>& value) {
    for (std::size_t n = 0; n < N; ++n) {
        if (const auto at = j.find(std::string(value.keys[n])); at != j.end()) read_member(*at, value.elements[n]);
    }
}

}  // namespace shapslice

namespace nlohmann {
template <class T>
struct adl_serializer<std::optional<T>> {
    static void to_json(json& j, const std::optional<T>& value) {
        if (value) {
            j = *value;
        } else {
            j = nullptr;
        }
    }
    static void from_json(const json& j, std::optional<T>& value) {
        if (j.is_null()) {
            value.reset();
        } else {
            shapslice::read_member(j, value.emplace());
        }
    }
};

template <class T>
    requires shapslice::Described<T>
struct adl_serializer<T> {
    static void to_json(json& j, const T& value) {
        j = json::object();
        shapslice::FieldWriter writer{j};
        describe(writer, const_cast<T&>(value));  // the writer reads members only
    }
    static void from_json(const json& j, T& value) {
        shapslice::FieldReader reader{j};
        describe(reader, value);
    }
};
}  // namespace nlohmann
