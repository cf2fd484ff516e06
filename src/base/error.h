// Errors are values that carry one sentence for the user: which file, what is wrong, what was expected.
#pragma once

#include <string>
#include <string_view>
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

// Memory that runs out is thrown (std::bad_alloc) and caught where work for a user begins: by then what that work took
// is free again, and there is room for a sentence. `aim` is what there was no memory to do, "read it"; `kept` what the
// user still has.
inline Error no_memory(std::string_view subject, std::string_view aim, std::string_view kept) {
    return Error{std::string(subject) + ": there is not enough memory to " + std::string(aim) + "; " +
                 std::string(kept) + ", and closing other pages may make room."};
}

}  // namespace shapslice
