// What of a model's manifest a result records: with the file's digest, all that its answers depend on (METHOD 8.4).
#pragma once

#include "inference/manifest.h"
#include "study/result.h"

namespace shapslice {

ModelTerms model_terms(const ModelManifest& manifest);

}  // namespace shapslice
