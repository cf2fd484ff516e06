// 16-bit floats for graphics processors (gpu_program.h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shapslice::convnet {

// The nearest halves (IEEE 754 binary16), ties to even; what is too large becomes the largest finite one.
std::vector<std::uint16_t> halves(std::span<const float> values);

}  // namespace shapslice::convnet
