// Errors are values that carry one sentence for the user: which file, what is wrong, what was expected.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace shapslice {

struct Error {
    std::string sentence;
};

template <class T>
using Expected = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string sentence) {
    return tl::make_unexpected(Error{std::move(sentence)});
}

}  // namespace shapslice
