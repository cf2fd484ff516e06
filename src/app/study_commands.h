// `shapslice segment` and `shapslice study`: a case through a model without a page (METHOD 2 to 6).
#pragma once

#include "app/arguments.h"

namespace shapslice {

// One coalition through one fold: the segmentation as a file.
Expected<void> run_segment(const Arguments& arguments);
// Every coalition through every fold: the result as JSON on the output, the segmentations as files where asked for.
Expected<void> run_study(const Arguments& arguments);

}  // namespace shapslice
