// Which of a model's folds were trained on a case (METHOD 2.7).
#pragma once

#include <optional>

#include "image/case.h"
#include "inference/manifest.h"

namespace shapslice {

// By the manifest's lists of held-out cases: a case in one of them was in the training of all folds but that one, and a
// case in none was in nobody's. Nothing where there are no lists, and of the synthetic case. A case is known by its
// name, by a file named after it, or by a file of the same content, in whichever role.
std::optional<bool> has_seen(const ModelManifest& manifest, int fold, const Case& subject);

}  // namespace shapslice
