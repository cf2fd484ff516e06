#include "study/forecast.h"

#include <algorithm>

#include "inference/tiling.h"

namespace shapslice {

namespace {

double voxels_of(const Shape& shape) {
    return static_cast<double>(voxel_count(shape));
}

// Resident memory of the page's process, measured in Chromium 156 on Linux (bench/models.mjs).
constexpr double kPageBytes = 600e6;  // without case and models: the browser's own, the app, ONNX Runtime's program
constexpr double kFileCopies = 5;     // of a network's file, at the height: read, checked, rewritten, carried, loaded
constexpr double kFragments = 1.25;   // what the runtime's memory takes of what is asked of it

struct PartCost {
    double seconds = 0;
    double bytes = 0;    // of the program that runs it
    double besides = 0;  // of the page around it
};
PartCost cost(const ForecastPart& part) {
    const Tiling tiling = tile(part.whole, part.manifest->patch);
    const double larger = voxels_of(tiling.size) / voxels_of(part.warm_up->shape);
    // A small network may fit into what the runtime holds anyway; its input and output it needs at least.
    const double least = voxels_of(part.warm_up->shape) * (kContrasts + part.manifest->output_channels) * sizeof(float);
    const double measured = std::max(least, part.warm_up->bytes_run - part.warm_up->bytes_loaded) * larger;
    const double asked = kFragments * part.warm_up->values_per_voxel * sizeof(float) * voxels_of(tiling.size);
    // What is cut, carried to the runtime and back, and blended.
    const double carried = voxels_of(tiling.size) * 2 * (kContrasts + part.manifest->output_channels) * sizeof(float) +
                           voxels_of(tiling.whole) * 2 * (kContrasts + kLabels) * sizeof(float);
    return {part.runs * static_cast<double>(tiling.tiles.size()) * part.warm_up->seconds * larger,
            part.warm_up->bytes_loaded + std::max(measured, asked),
            carried + kFileCopies * part.warm_up->bytes_of_file};
}

std::string runs_words(const std::vector<ForecastPart>& parts, int runs) {
    return std::to_string(runs) + (runs == 1 ? " run" : " runs") +
           (parts.size() > 1 ? " of " + std::to_string(parts.size()) + " models" : "");
}

}  // namespace

Shape warm_up_shape(const ModelManifest& manifest) {
    return manifest.small_patch(48);
}

Forecast forecast(const std::vector<ForecastPart>& parts, double held, const Granted& granted) {
    Forecast whole;
    double seconds = 0;
    double most = 0;  // of a program
    double whole_most = 0;
    bool measured = true;
    const ForecastPart* largest = nullptr;
    for (const ForecastPart& part : parts) {
        whole.runs += part.runs;
        if (part.runs == 0) continue;
        if (!part.warm_up) {
            measured = false;
            continue;
        }
        const PartCost of_part = cost(part);
        seconds += of_part.seconds;
        if (of_part.bytes > most) largest = &part;
        most = std::max(most, of_part.bytes);
        whole_most = std::max(whole_most, of_part.bytes + of_part.besides);
    }
    whole.bytes = kPageBytes + held + whole_most;
    if (measured) whole.seconds = seconds;
    whole.sentence = runs_words(parts, whole.runs);
    if (whole.runs == 0) {
        whole.sentence = "Nothing is left to run.";
    } else if (measured) {
        whole.sentence +=
            ": about " + duration_words(seconds) + " and " + size_words(whole.bytes) + " for case and models here.";
    } else {
        whole.sentence += "; not measured here yet.";
    }
    const std::string advice = ". Choose a model of a smaller patch or a coarser spacing.";
    if (most > granted.program && largest) {
        whole.warning = largest->manifest->name + " is expected to need " + size_words(most) + " for its runs; " +
                        granted.by + " grants " + size_words(granted.program) + advice;
    } else if (granted.machine > 0 && whole.bytes > granted.machine && largest) {
        whole.warning = "The page is expected to need " + size_words(whole.bytes) + " with " + largest->manifest->name +
                        "; this machine has " + size_words(granted.machine) + advice;
    }
    return whole;
}

WarmUp warm_up_from_json(const Json& json) {
    return {json.at("shape").get<Shape>(),     json.at("seconds").get<double>(), json.at("bytesLoaded").get<double>(),
            json.at("bytesRun").get<double>(), json.value("bytesOfFile", 0.0),   json.value("valuesPerVoxel", 0.0)};
}

Json forecast_to_json(const Forecast& forecast) {
    return {{"runs", forecast.runs},
            {"seconds", forecast.seconds},
            {"bytes", forecast.bytes},
            {"sentence", forecast.sentence},
            {"warning", forecast.warning}};
}

}  // namespace shapslice
