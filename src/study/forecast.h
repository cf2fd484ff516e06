// What a study will cost on this machine, from one small measured run of each model (METHOD 8.4 decides the tiles).
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/json.h"
#include "image/grid.h"
#include "inference/manifest.h"

namespace shapslice {

// One run of a model's first fold on an input of `shape` (i, j, k), measured by whoever runs networks.
struct WarmUp {
    Shape shape{0, 0, 0};
    double seconds = 0;
    double bytes_loaded = 0;      // what the runtime held before the run, the model loaded
    double bytes_run = 0;         // at the run's height
    double bytes_of_file = 0;     // of the fold's network
    double values_per_voxel = 0;  // that a run holds at its height (network/working_size.h); 0: not known
};

// The input to measure on: the patch of a network that takes nothing else, otherwise at most about 48 voxels a side:
// long enough to time, short enough not to be noticed.
Shape warm_up_shape(const ModelManifest& manifest);

// A model's part of a study.
struct ForecastPart {
    const ModelManifest* manifest = nullptr;
    Shape whole{0, 0, 0};           // the prepared case's extents
    int runs = 0;                   // still to be made
    std::optional<WarmUp> warm_up;  // none: it could not be measured
};

struct Forecast {
    int runs = 0;
    std::optional<double> seconds;  // of the bare runs; none while a part is not measured
    double bytes = 0;               // of the page's process at the study's height
    std::string sentence;           // for the user: runs, time and memory
    std::string warning;            // why it will probably not fit; empty where it does
};

// What may be had here.
struct Granted {
    double program = 0;  // bytes that one program may hold
    std::string by;      // who says so ("WebAssembly")
    double machine = 0;  // bytes of the machine; 0: not known
};

// Time and working memory grow with the voxels of a tile; what a loaded model holds does not. Working memory is what
// the measured run took, or what the graph asks for where that is more: a small run fits into what loading has left
// behind. A network's file is held several times over between disk and runtime. `held`: bytes of the engine besides the
// runtime.
Forecast forecast(const std::vector<ForecastPart>& parts, double held, const Granted& granted);

WarmUp warm_up_from_json(const Json& json);
Json forecast_to_json(const Forecast& forecast);

// "45 s", "3 min 20 s", "1 h 5 min"
std::string duration_words(double seconds);
// "850 MB", "1.2 GB"; decimal units
std::string size_words(double bytes);

}  // namespace shapslice
