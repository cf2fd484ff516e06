// One function for each alternative of a variant, to visit it with: one that is missing does not compile.
#pragma once

namespace shapslice {

template <class... Functions>
struct Overloads : Functions... {
    using Functions::operator()...;
};

}  // namespace shapslice
