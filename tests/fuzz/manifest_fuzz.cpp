// model.json: a manifest that is taken has what a study counts on; any other is refused with a sentence.
#include "inference/manifest.h"
#include "input.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const Json json = Json::parse(fuzz::text_of({bytes, size}), nullptr, false);
    const auto manifest = read_manifest("model.json", json);
    if (!manifest) {
        fuzz::must(manifest.error().sentence.starts_with("model.json: "));
        return 0;
    }
    fuzz::must(!manifest->folds.empty() && !manifest->key(0).empty());
    for (std::size_t axis = 0; axis < 3; ++axis) {
        fuzz::must(manifest->spacing[axis] > 0 && manifest->patch[axis] > 0);
        fuzz::must(manifest->patch[axis] % manifest->multiple == 0);
    }
    for (const int channel : manifest->channels) fuzz::must(channel >= 0 && channel < manifest->output_channels);
    return 0;
}
