// Results in plain words.
#pragma once

#include <string>

#include "base/terms.h"

namespace shapslice {

// "T1c + T2-FLAIR", "all contrasts", "no contrast".
std::string coalition_words(Coalition coalition);

// "0.44"; no more digits than the eye needs, "-0.00" is "0.00".
std::string two_digits(double value);

}  // namespace shapslice
