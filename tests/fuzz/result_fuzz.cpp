// Saved results, clinical rankings and settings: refused, or good for everything that is done with them, and the same
// when written and read again.
#include "input.h"
#include "study/result.h"

using namespace shapslice;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const Json json = Json::parse(fuzz::text_of({bytes, size}), nullptr, false);
    if (const auto result = result_from_json(json)) {
        (void)plain_sentence(*result);
        (void)to_csv(*result);
        const Json written = result_to_json(*result);
        const auto again = result_from_json(Json::parse(written.dump()));
        fuzz::must(again && result_to_json(*again) == written);
    } else {
        fuzz::must(result.error().sentence.starts_with("This "));
    }
    if (const auto ranking = clinical_ranking_from_json(json)) {
        for (int row = 0; row < kRegionRows; ++row)
            for (const double rank : ranking->of(row)) fuzz::must(rank >= 1 && rank <= kContrasts);
        fuzz::must(clinical_ranking_from_json(clinical_ranking_to_json(*ranking)).has_value());
    }
    if (const auto settings = study_settings_from_json(json))
        fuzz::must(study_settings_from_json(study_settings_to_json(*settings)).has_value());
    return 0;
}
