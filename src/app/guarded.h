// Methods as JavaScript may call them. An exception of C++ means nothing there, so what memory that runs out, or a
// defect, throws becomes an Error with a sentence. What the object holds is as it was.
#pragma once

#include <emscripten/val.h>

#include <cstdlib>
#include <new>
#include <string>

namespace shapslice {

[[noreturn]] inline void throw_to_javascript(const std::string& sentence) {
    emscripten::val::global("Error").new_(sentence).throw_();
    std::abort();  // never: throw_() does not return, but is not declared so
}

template <class Call>
auto guarded(Call call) {
    std::string sentence;
    try {
        return call();
    } catch (const std::bad_alloc&) {
        sentence =
            "There is not enough memory for this; what was open and computed before is kept, and closing other "
            "pages may make room.";
    } catch (const std::exception& error) {
        sentence = std::string("The engine could not do this (") + error.what() + ").";
    }
    throw_to_javascript(sentence);
}

// &Guarded<&Class::method>::call, &Guarded<&function>::call
template <auto kMethod>
struct Guarded;
template <class Result, class... Given, Result (*kFunction)(Given...)>
struct Guarded<kFunction> {
    static Result call(Given... given) {
        return guarded([&] { return kFunction(given...); });
    }
};
template <class Object, class Result, class... Given, Result (Object::*kMethod)(Given...)>
struct Guarded<kMethod> {
    static Result call(Object& object, Given... given) {
        return guarded([&] { return (object.*kMethod)(given...); });
    }
};
template <class Object, class Result, class... Given, Result (Object::*kMethod)(Given...) const>
struct Guarded<kMethod> {
    static Result call(const Object& object, Given... given) {
        return guarded([&] { return (object.*kMethod)(given...); });
    }
};

}  // namespace shapslice
