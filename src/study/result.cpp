#include "study/result.h"

#include <cmath>

#include "study/result_json.h"

namespace shapslice {

namespace {

bool is_ranking(const PerContrast<double>& ranks) {
    for (const double rank : ranks) {
        if (!std::isfinite(rank) || rank < 1 || rank > kContrasts) return false;
    }
    return true;
}

}  // namespace

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
    return json;
}

Expected<StudyResult> result_from_json(const Json& json) {
    try {
        if (!json.is_object() || !json.contains("schemaVersion")) {
            return fail("This is not a ShapSlice result: it has no schemaVersion; expected a file saved by this page.");
        }
        if (json.at("schemaVersion") != StudyResult{}.schema_version) {
            return fail("This result has schema version " + json.at("schemaVersion").dump() +
                        "; this program reads version 1.");
        }
        return json.get<StudyResult>();
    } catch (const Json::exception& error) {
        return fail(std::string("This result does not follow the schema: ") + error.what());
    }
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
