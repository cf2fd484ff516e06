#include "intake/sequence_look.h"
namespace shapslice {
const double kSequenceDoubt = 1;
const std::array<float, kSequenceWeights> kSequenceWeight{};
}  // namespace shapslice
