// The core as a native program: what training and tests use, so that there is one code for training and inference.
//
//   shapslice prepare --spacing 2 --multiple 8 [--least I,J,K] [--case NAME] --out FOLDER CASE_FOLDER...
//   shapslice cases [--case NAME] FOLDER...
//   shapslice score --case CASE_FOLDER --spacing 2 --multiple 8 [--least I,J,K] --logits FILE.npy
//             [--labels-out FILE.nii.gz]
//   shapslice phantom --seed N --out FOLDER [--name NAME] [--shape X,Y,Z] [--visibility ET=1,0,0,0 ...]
//   shapslice rewrite IN.onnx OUT.onnx
//   shapslice activations --network FILE.onnx --shape I,J,K PREPARED.npy...
//   shapslice cohort --held-out HELD_OUT.json RESULT.json...
//   shapslice inspect FILE [IMG] [--raw FILE.f32] [--labels-out FILE.nii.gz]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <map>

#include "app/npy.h"
#include "base/json.h"
#include "convnet/calibration.h"
#include "image/prepare.h"
#include "image/sha256.h"
#include "inference/probabilities.h"
#include "intake/file_start.h"
#include "metrics/overlap.h"
#include "network/rewrite.h"
#include "phantom/phantom.h"
#include "study/cohort.h"
#include "study/open_case.h"

namespace shapslice {
namespace {

namespace fs = std::filesystem;

struct Arguments {
    std::vector<std::string> plain;
    std::multimap<std::string, std::string> named;

    std::string get(const std::string& name, const std::string& otherwise = "") const {
        const auto at = named.find(name);
        return at == named.end() ? otherwise : at->second;
    }
};

Arguments parse(int count, char** words) {
    Arguments arguments;
    for (int n = 2; n < count; ++n) {
        const std::string word = words[n];
        if (word.starts_with("--") && n + 1 < count) {
            arguments.named.emplace(word.substr(2), words[++n]);
        } else {
            arguments.plain.push_back(word);
        }
    }
    return arguments;
}

Expected<std::vector<std::uint8_t>> read_file(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(path.string() + ": the file cannot be opened.");
    return std::vector<std::uint8_t>(std::istreambuf_iterator<char>(file), {});
}

void write_file(const fs::path& path, std::span<const std::uint8_t> bytes) {
    std::ofstream(path, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

// All files below a folder, by their path from it; dataset.json read, and the beginning of files whose names tell
// little.
std::vector<FileEntry> files_below(const fs::path& folder) {
    std::vector<FileEntry> files;
    std::error_code problem;
    for (auto at = fs::recursive_directory_iterator(folder, problem); at != fs::recursive_directory_iterator(); ++at) {
        if (!at->is_regular_file()) continue;
        FileEntry file;
        file.path = at->path().lexically_relative(folder).generic_string();
        file.size = static_cast<double>(at->file_size());
        const auto written = std::chrono::file_clock::to_sys(at->last_write_time()).time_since_epoch();
        file.modified = std::chrono::duration<double, std::milli>(written).count();
        files.push_back(std::move(file));
    }
    std::sort(files.begin(), files.end(), [](const auto& a, const auto& b) { return a.path < b.path; });
    const auto wanted = files_to_look_into(files);
    for (FileEntry& file : files) {
        const auto at = wanted.find(file.path);
        if (at == wanted.end()) continue;
        std::ifstream stream(folder / file.path, std::ios::binary);
        std::vector<std::uint8_t> bytes(std::min(at->second, static_cast<std::size_t>(file.size)));
        stream.read(reinterpret_cast<char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
        take_beginning(file, bytes);
    }
    return files;
}

// The case that a folder holds. Several are refused with their names: `chosen` is one of them, or "".
Expected<Case> open_folder(const fs::path& folder, const std::string& chosen = "") {
    if (!fs::is_directory(folder)) return fail(folder.string() + ": this is no folder; expected the folder of a case.");
    const CaseList list = find_cases({files_below(folder), {}, chosen});
    if (const std::string refusal = refusal_of(list); !refusal.empty()) return fail(folder.string() + ": " + refusal);
    CaseOpening opening(list.cases[*list.chosen], {list.cases[*list.chosen].label_names});
    for (const auto& [path, image_path] : opening.wanted()) {
        const auto bytes = read_file(folder / path);
        if (!bytes) return tl::make_unexpected(bytes.error());
        const auto image = image_path.empty() ? std::vector<std::uint8_t>{} : read_file(folder / image_path);
        if (!image) return tl::make_unexpected(image.error());
        if (const auto added = opening.add(path, *bytes, *image); !added) return tl::make_unexpected(added.error());
    }
    return opening.finish();
}

// The cases of folders and what each lacks, as JSON.
Expected<void> run_cases(const Arguments& arguments) {
    Json all = Json::array();
    for (const std::string& folder : arguments.plain) {
        if (!fs::is_directory(folder)) return fail(folder + ": this is no folder; expected folders of cases.");
        all.push_back(case_list_to_json(find_cases({files_below(folder), {}, arguments.get("case")})));
    }
    std::cout << all.dump(1) << "\n";
    return {};
}

// "a,b,c" as numbers.
template <class T, std::size_t N>
Expected<std::array<T, N>> numbers(const std::string& text) {
    std::array<T, N> values{};
    std::size_t at = 0;
    for (std::size_t n = 0; n < N; ++n) {
        const std::size_t end = std::min(text.find(',', at), text.size());
        if (at >= text.size()) return fail("\"" + text + "\": expected " + std::to_string(N) + " numbers with commas.");
        values[n] = static_cast<T>(std::stod(text.substr(at, end - at)));
        at = end + 1;
    }
    return values;
}

Expected<Prepared> prepare_as_asked(const Case& subject, const Arguments& arguments) {
    const double spacing = std::stod(arguments.get("spacing", "2"));
    const auto least = numbers<int, 3>(arguments.get("least", "1,1,1"));
    if (!least) return tl::make_unexpected(least.error());
    return prepare(subject, {spacing, spacing, spacing}, std::stoi(arguments.get("multiple", "8")), *least);
}

std::vector<std::size_t> npy_shape(const Prepared& prepared, std::size_t channels) {
    const Shape& s = prepared.padded;
    return {channels, static_cast<std::size_t>(s[2]), static_cast<std::size_t>(s[1]), static_cast<std::size_t>(s[0])};
}

Json prepared_json(const Case& subject, const Prepared& prepared) {
    Json json{{"case", subject.name},        {"shape", subject.grid.shape}, {"caseSpacing", prepared.case_spacing},
              {"spacing", prepared.spacing}, {"boxLow", prepared.box.low},  {"boxHigh", prepared.box.high},
              {"content", prepared.content}, {"padded", prepared.padded},   {"notes", subject.notes},
              {"files", Json::array()}};
    for (const CaseFile& file : subject.files) json["files"].push_back({{"name", file.name}, {"sha256", file.sha256}});
    return json;
}

Expected<void> run_prepare(const Arguments& arguments) {
    const fs::path out = arguments.get("out", ".");
    fs::create_directories(out);
    for (const std::string& folder : arguments.plain) {
        const auto subject = open_folder(folder, arguments.get("case"));
        if (!subject) return tl::make_unexpected(subject.error());
        const auto prepared = prepare_as_asked(*subject, arguments);
        if (!prepared) return tl::make_unexpected(prepared.error());
        const std::string name = fs::path(folder).lexically_normal().filename().string();
        write_npy((out / (name + ".input.npy")).string(), npy_shape(*prepared, kContrasts), prepared->channels);
        const std::vector<std::uint8_t> nothing(subject->grid.size(), 0);
        write_npy((out / (name + ".target.npy")).string(), npy_shape(*prepared, kLabels),
                  prepare_labels(subject->reference ? *subject->reference : nothing, subject->grid, *prepared));
        std::ofstream(out / (name + ".prepared.json")) << prepared_json(*subject, *prepared).dump(2) << "\n";
        std::cout << name << "\n";
    }
    return {};
}

// The manifest's part that score needs: four softmax channels in label order.
ModelManifest label_logits() {
    ModelManifest manifest;
    manifest.channels = {0, 1, 2, 3};
    manifest.output_channels = kLabels;
    return manifest;
}

Expected<void> run_score(const Arguments& arguments) {
    const auto subject = open_folder(arguments.get("case"));
    if (!subject) return tl::make_unexpected(subject.error());
    const auto prepared = prepare_as_asked(*subject, arguments);
    if (!prepared) return tl::make_unexpected(prepared.error());
    const auto logits = read_npy(arguments.get("logits"), npy_shape(*prepared, kLabels));
    if (!logits) return tl::make_unexpected(logits.error());
    std::vector<float> probabilities(logits->size());
    label_probabilities(label_logits(), *logits, voxel_count(prepared->padded), probabilities);
    const auto labels = restore_labels(probabilities, *prepared, subject->grid);
    if (const std::string to = arguments.get("labels-out"); !to.empty()) {
        write_file(to, write_nifti_labels(labels, subject->layout));
    }
    if (!subject->reference) return fail(subject->name + ": there is no segmentation to score against.");
    const Confusion counts = count_overlap(*subject->reference, labels);
    const PerRegion<double> values = dice_of_regions(counts);
    const PerRegion<bool> present = regions_in_reference(counts);
    Json json{{"case", subject->name}};
    for (std::size_t r = 0; r < kRegions; ++r) {
        json["dice"][std::string(kRegionNames[r])] = values[r];
        json["present"][std::string(kRegionNames[r])] = static_cast<bool>(present[r]);
    }
    json["confusion"] = counts;
    std::cout << json.dump() << "\n";
    return {};
}

Expected<void> run_phantom(const Arguments& arguments) {
    PhantomSettings settings;
    settings.seed = std::stoull(arguments.get("seed", "1"));
    if (const std::string shape = arguments.get("shape"); !shape.empty()) {
        const auto parsed = numbers<int, 3>(shape);
        if (!parsed) return tl::make_unexpected(parsed.error());
        settings.shape = *parsed;
    }
    const auto [first, last] = arguments.named.equal_range("visibility");
    for (auto at = first; at != last; ++at) {
        const std::size_t equals = at->second.find('=');
        const auto label = std::find(kLabelNames.begin() + 1, kLabelNames.end(), at->second.substr(0, equals));
        if (equals == std::string::npos || label == kLabelNames.end()) {
            return fail("--visibility " + at->second + ": expected NCR, ED or ET, then = and four numbers.");
        }
        const auto values = numbers<double, 4>(at->second.substr(equals + 1));
        if (!values) return tl::make_unexpected(values.error());
        settings.visibility[static_cast<std::size_t>(label - kLabelNames.begin() - 1)] = *values;
    }
    const fs::path out = arguments.get("out", ".");
    fs::create_directories(out);
    const std::string name = arguments.get("name", out.lexically_normal().filename().string());
    const Case subject = make_phantom(settings);
    for (std::size_t c = 0; c < kContrasts; ++c) {
        write_file(out / (name + "-" + std::string(kContrastNames[c]) + ".nii.gz"),
                   write_nifti_volume(subject.voxels[c], subject.layout, true));
    }
    write_file(out / (name + "-seg.nii.gz"), write_nifti_labels(*subject.reference, subject.layout));
    return {};
}

std::array<double, 16> row_major(const Eigen::Matrix4d& m) {
    std::array<double, 16> values;
    for (int n = 0; n < 16; ++n) values[static_cast<std::size_t>(n)] = m(n / 4, n % 4);
    return values;
}

Expected<void> run_inspect(const Arguments& arguments) {
    if (arguments.plain.empty()) return fail("inspect: expected the name of a file.");
    const fs::path path = arguments.plain[0];
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    std::vector<std::uint8_t> image_bytes;
    if (arguments.plain.size() > 1) image_bytes = *read_file(arguments.plain[1]);
    const auto image = read_nifti(path.filename().string(), *bytes, image_bytes);
    if (!image) return tl::make_unexpected(image.error());
    if (const std::string raw = arguments.get("raw"); !raw.empty()) {
        const auto& voxels = image->volume.voxels;
        write_file(raw, {reinterpret_cast<const std::uint8_t*>(voxels.data()), voxels.size() * sizeof(float)});
    }
    if (const std::string to = arguments.get("labels-out"); !to.empty()) {
        const auto labels = read_labels(path.filename().string(), image->volume);
        if (!labels) return tl::make_unexpected(labels.error());
        write_file(to, write_nifti_labels(labels->volume.voxels, image->layout));
    }
    std::cout << Json{{"shape", image->volume.grid.shape},
                      {"affine", row_major(image->volume.grid.affine)},
                      {"storedShape", image->layout.grid.shape},
                      {"storedAffine", row_major(image->layout.grid.affine)},
                      {"notes", image->notes}}
                     .dump()
              << "\n";
    return {};
}

// The graph as the page would run it; prints what was put otherwise.
Expected<void> run_rewrite(const Arguments& arguments) {
    if (arguments.plain.size() != 2) return fail("rewrite: expected the names of two files.");
    const fs::path path = arguments.plain[0];
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    auto network = Network::parse(path.filename().string(), *bytes);
    if (!network) return tl::make_unexpected(network.error());
    const Rewritten rewritten = rewrite(*network);
    write_file(arguments.plain[1], network->serialise());
    std::cout << Json(rewritten).dump() << "\n";
    return {};
}

// The ranges of a network's activations over prepared inputs, all of one shape and in the order of its channels: for
// each input all contrasts and each alone. Printed as a fold of model.json has them.
Expected<void> run_activations(const Arguments& arguments) {
    const fs::path path = arguments.get("network");
    const auto shape = numbers<int, 3>(arguments.get("shape"));
    if (path.empty() || !shape || arguments.plain.empty())
        return fail("activations: expected --network FILE.onnx, --shape I,J,K and prepared inputs.");
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const auto network = Network::parse(path.filename().string(), *bytes);
    if (!network) return tl::make_unexpected(network.error());
    const auto [i, j, k] = *shape;
    const auto graph = convnet::read_graph(path.filename().string(), *network, {k, j, i});
    if (!graph) return tl::make_unexpected(graph.error());
    convnet::Executor floats(convnet::make_plan(*graph));
    convnet::Calibration calibration;
    const auto extent = [](int n) { return static_cast<std::size_t>(n); };
    for (const std::string& each : arguments.plain) {
        const auto input = read_npy(each, {kContrasts, extent(k), extent(j), extent(i)});
        if (!input) return tl::make_unexpected(input.error());
        calibration.observe_coalitions(floats, *input);
    }
    std::cout << convnet::ranges_to_json(calibration.ranges()).dump() << "\n";
    return {};
}

Expected<Json> read_json(const fs::path& path) {
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const std::string text(bytes->begin(), bytes->end());
    Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return fail(path.string() + ": this is not JSON.");
    return json;
}

// Results saved by the page or by scripts/replicate.mjs to a report over cases (METHOD 7). HELD_OUT.json says for each
// model id and case name which fold, from 0, did not see the case.
Expected<void> run_cohort(const Arguments& arguments) {
    const fs::path held_out_path = arguments.get("held-out");
    if (held_out_path.empty()) return fail("cohort: expected --held-out and the name of a file.");
    const auto held_out_json = read_json(held_out_path);
    if (!held_out_json) return tl::make_unexpected(held_out_json.error());
    const auto held_out = held_out_from_json(*held_out_json);
    if (!held_out) return fail(held_out_path.string() + ": " + held_out.error().sentence);
    std::vector<StudyResult> results;
    for (const std::string& path : arguments.plain) {
        const auto json = read_json(path);
        if (!json) return tl::make_unexpected(json.error());
        auto result = result_from_json(*json);
        if (!result) return fail(path + ": " + result.error().sentence);
        results.push_back(std::move(*result));
    }
    const auto report = compose_cohort(results, *held_out);
    if (!report) return tl::make_unexpected(report.error());
    std::cout << cohort_to_json(*report).dump(1) << "\n";
    return {};
}

int run(int count, char** words) {
    const std::map<std::string, Expected<void> (*)(const Arguments&)> commands{
        {"prepare", run_prepare}, {"score", run_score}, {"phantom", run_phantom}, {"rewrite", run_rewrite},
        {"cohort", run_cohort},   {"cases", run_cases}, {"inspect", run_inspect}, {"activations", run_activations}};
    const auto command = count > 1 ? commands.find(words[1]) : commands.end();
    if (command == commands.end()) {
        std::cerr
            << "usage: shapslice prepare | score | phantom | rewrite | activations | cohort | cases | inspect ... (see "
               "src/app/cli_main.cpp)\n";
        return 2;
    }
    const auto done = command->second(parse(count, words));
    if (!done) std::cerr << done.error().sentence << "\n";
    return done ? 0 : 1;
}

}  // namespace
}  // namespace shapslice

int main(int count, char** words) {
    return shapslice::run(count, words);
}
