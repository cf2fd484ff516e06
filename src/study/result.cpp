#include "study/result.h"

#include <algorithm>
#include <cmath>

#include "metrics/region_yardstick.h"
#include "study/compose.h"
#include "study/result_json.h"
#include "study/verdict.h"

namespace shapslice {

namespace {

bool is_ranking(const PerContrast<double>& ranks) {
    for (const double rank : ranks) {
        if (!std::isfinite(rank) || rank < 1 || rank > kContrasts) return false;
    }
    return true;
}

// What the page and its files read without looking: a decided game has its analysis, ranks and agreement.
bool holds_together(const ModelResult& model) {
    constexpr int kMostFolds = 10000;
    for (const FoldResult& fold : model.folds) {
        if (fold.fold < 0 || fold.fold >= kMostFolds) return false;
        for (const RegionGame& game : fold.regions) {
            const bool decided = game.state == GameState::decided;
            if (decided != (game.analysis && game.ranks && game.agreement)) return false;
            if (!decided && game.region_agreement) return false;
            if ((game_state(game.values) == GameState::open) != (game.state == GameState::open)) return false;
        }
    }
    for (const RegionSummary& summary : model.summary) {
        if (summary.ahead > kAllContrasts) return false;
    }
    return model.complete_folds >= 0 && model.complete_folds <= static_cast<int>(model.folds.size());
}

// Of an older result, which knows no states, all that follows from the values. Without an expert's segmentation a
// region that a fold did not find has Dice 1 against no segmentation at all.
void judge_anew(StudyResult& result) {
    result.schema_version = kResultVersion;
    for (ModelResult& model : result.models) {
        for (FoldResult& fold : model.folds) {
            for (std::size_t r = 0; r < kRegions; ++r) {
                fold.in_reference[r] = result.has_reference ? result.region_present[r]
                                                            : fold.regions[r].values[kNoContrast].value_or(0) < 1;
            }
            judge_games(result.clinical, result.has_reference, fold);
        }
        compose_summary(result.clinical, model);
        judge_model(result, model);
    }
    result.band = compose_band(result);
}

// Games whose values are all there and of which nothing is said: files that keep the values alone are results, too.
bool is_unjudged(const StudyResult& result) {
    for (const ModelResult& model : result.models)
        for (const FoldResult& fold : model.folds)
            for (const RegionGame& game : fold.regions)
                if (game.state == GameState::open && game_state(game.values) != GameState::open) return true;
    return false;
}

}  // namespace

bool FoldResult::complete() const {
    const auto& values = regions[static_cast<std::size_t>(Region::WT)].values;
    return std::all_of(values.begin(), values.end(), [](const auto& value) { return value.has_value(); });
}

Json result_to_json(const StudyResult& result) {
    Json json = result;
    // A reader of the file alone should know what the arrays of 4 and of 16 are indexed by.
    json["contrasts"] = kContrastNames;
    Json coalitions = Json::array();
    for (int mask = 0; mask < kCoalitions; ++mask) {
        Json members = Json::array();
        for (int i = 0; i < kContrasts; ++i) {
            if (contains(static_cast<Coalition>(mask), i))
                members.push_back(kContrastNames[static_cast<std::size_t>(i)]);
        }
        coalitions.push_back(members);
    }
    json["coalitions"] = coalitions;
    for (std::size_t r = 0; r < kRegions; ++r) {
        const auto& [ranks, source] = kRegionYardsticks[r];
        json["regionYardsticks"][std::string(kRegionNames[r])] = {{"ranks", ranks}, {"source", source}};
    }
    return json;
}

Expected<StudyResult> result_from_json(const Json& json) {
    try {
        if (!json.is_object() || !json.contains("schemaVersion")) {
            return fail("This is not a ShapSlice result: it has no schemaVersion; expected a file saved by this page.");
        }
        const Json& version = json.at("schemaVersion");
        if (version != 1 && version != kResultVersion) {
            return fail("This result has schema version " + version.dump() + "; this program reads versions 1 and 2.");
        }
        auto result = json.get<StudyResult>();
        if (result.schema_version == 1 || is_unjudged(result)) judge_anew(result);
        for (const ModelResult& model : result.models) {
            if (holds_together(model)) continue;
            return fail("This result contradicts itself: the folds, ranks or contrasts of the model \"" + model.name +
                        "\" cannot be; expected a file saved by this page.");
        }
        return result;
    } catch (const Json::exception& error) {
        return fail(std::string("This result does not follow the schema: ") + error.what());
    }
}

ClinicalRanking ranking_by_region() {
    ClinicalRanking ranking;
    ranking.name = "By region (BraTS)";
    for (std::size_t r = 0; r < kRegions; ++r) ranking.by_region[r] = kRegionYardsticks[r].ranks;
    return ranking;
}

Expected<ClinicalRanking> clinical_ranking_from_json(const Json& json) {
    ClinicalRanking ranking;
    try {
        ranking = json.get<ClinicalRanking>();
    } catch (const Json::exception& error) {
        return fail(std::string("The clinical ranking cannot be read: ") + error.what());
    }
    bool valid = is_ranking(ranking.ranks);
    for (const auto& ranks : ranking.by_region) valid = valid && (!ranks || is_ranking(*ranks));
    if (!valid)
        return fail("The clinical ranking \"" + ranking.name + "\" needs a rank from 1 to 4 for every contrast.");
    return ranking;
}

Expected<StudySettings> study_settings_from_json(const Json& json) {
    try {
        return json.get<StudySettings>();
    } catch (const Json::exception& error) {
        return fail(std::string("The settings of the study cannot be read: ") + error.what());
    }
}

Json study_settings_to_json(const StudySettings& settings) {
    return settings;
}

Json clinical_ranking_to_json(const ClinicalRanking& ranking) {
    return ranking;
}

}  // namespace shapslice
