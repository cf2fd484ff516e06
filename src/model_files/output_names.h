// What people call the channels that a network gives.
#pragma once

#include <string_view>

namespace shapslice {

// The name that model.json has for it: "background", "NCR", "ED", "ET", "TC" or "WT"; "RC" for a resection cavity,
// which belongs to no region here; "" where the words say none of these. "enhancing tumor", "Non-enhancing tumor core",
// "peritumoral edema", "GD-enhancing", "NCR/NET", "whole tumour" are understood.
std::string_view output_name(std::string_view title);

}  // namespace shapslice
