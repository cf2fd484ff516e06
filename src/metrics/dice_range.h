// The Dice that a model reaches on cases it has not seen: what a case's own is judged by (METHOD 2.6).
#pragma once

namespace shapslice {

struct DiceRange {
    int cases = 0;
    double tenth = 0;  // a tenth of the cases lie below it
    double lower = 0;  // a quarter
    double median = 0;
    double upper = 0;  // three quarters
};

}  // namespace shapslice
