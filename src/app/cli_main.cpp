// The core as a native program: what training and tests use, so that there is one code for training and inference.
// `shapslice` alone says what it takes. Exit code 2: it was asked wrongly; 1: a file was not what was expected.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <map>

#include "app/arguments.h"
#include "app/case_folder.h"
#include "app/npy.h"
#include "app/study_commands.h"
#include "base/json.h"
#include "convnet/calibration.h"
#include "image/prepare.h"
#include "image/sha256.h"
#include "inference/probabilities.h"
#include "intake/assemble_case.h"
#include "intake/label_conventions.h"
#include "intake/sequence_look.h"
#include "metrics/overlap.h"
#include "model_files/model_reading.h"
#include "network/rewrite.h"
#include "phantom/phantom.h"
#include "study/cohort.h"

namespace shapslice {
namespace {

namespace fs = std::filesystem;

// Names of files need not be text: what is none of a name becomes a replacement character.
std::string printed(const Json& json, int indent = -1) {
    return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// The cases of folders and what each lacks, as JSON.
Expected<void> run_cases(const Arguments& arguments) {
    Json all = Json::array();
    for (const std::string& folder : arguments.plain) {
        auto files = files_below(folder);
        if (!files) return tl::make_unexpected(files.error());
        all.push_back(case_list_to_json(find_cases({std::move(*files), {}, arguments.text("case")})));
    }
    std::cout << printed(all, 1) << "\n";
    return {};
}

Json statistics_json(const SequenceStatistics& statistics) {
    Json json{{"pairs", Json::array()}, {"depths", statistics.depths}};
    for (std::size_t one = 0; one < kContrasts; ++one)
        for (std::size_t other = 0; other < kContrasts; ++other)
            if (one != other) json["pairs"].push_back({{"of", {one, other}}, {"values", statistics.pairs[one][other]}});
    return json;
}

// Of each case, a line: what its images look like (METHOD 8.7), and with --statistics what that is decided by.
Expected<void> run_sequences(const Arguments& arguments) {
    for (const std::string& folder : arguments.plain) {
        const auto subject = open_folder(folder, arguments.text("case"), arguments.text("labels"));
        if (!subject) return tl::make_unexpected(subject.error());
        const auto statistics = sequence_statistics(subject->voxels, subject->grid);
        Json json{{"case", folder_name(folder)}};
        if (statistics) {
            const SequenceLook look = look_at_sequences(*statistics);
            json.update({{"cells", statistics->cells}, {"likeliest", look.likeliest}, {"behind", look.behind}});
            if (arguments.has("statistics")) json["statistics"] = statistics_json(*statistics);
        }
        std::cout << printed(json) << "\n";
    }
    return {};
}

Expected<Prepared> prepare_as_asked(const Case& subject, const Arguments& arguments) {
    const double spacing = arguments.length("spacing", 2);
    return prepare(subject, {spacing, spacing, spacing}, arguments.count("multiple", 8),
                   arguments.extents("least", {1, 1, 1}));
}

std::vector<std::size_t> npy_shape(const Prepared& prepared, std::size_t channels) {
    const Shape& s = prepared.padded;
    return {channels, static_cast<std::size_t>(s[2]), static_cast<std::size_t>(s[1]), static_cast<std::size_t>(s[0])};
}

Json prepared_json(const Case& subject, const Prepared& prepared) {
    Json json{{"case", subject.name},        {"shape", subject.grid.shape}, {"caseSpacing", prepared.case_spacing},
              {"spacing", prepared.spacing}, {"boxLow", prepared.box.low},  {"boxHigh", prepared.box.high},
              {"content", prepared.content}, {"padded", prepared.padded},   {"notes", Json::array()},
              {"files", Json::array()}};
    for (const Notice& notice : notices_of(subject)) json["notes"].push_back(notice.sentence);
    for (const CaseFile& file : subject.files) json["files"].push_back({{"name", file.name}, {"sha256", file.sha256}});
    return json;
}

// One case's input, target and how they were made, as files of `out` that begin with its name.
Expected<void> prepare_folder(const std::string& folder, const fs::path& out, const Arguments& arguments) {
    const auto subject = open_folder(folder, arguments.text("case"), arguments.text("labels"));
    if (!subject) return tl::make_unexpected(subject.error());
    // Training on a case without a segmentation would teach that there is no tumour.
    if (!subject->reference && !arguments.has("unlabelled"))
        return fail(folder + ": there is no expert segmentation; expected one, or --unlabelled for inputs alone.");
    for (const Notice& notice : notices_of(*subject)) {
        if (notice.kind != NoticeKind::note) std::cerr << folder << ": " << notice.sentence << "\n";
    }
    const auto prepared = prepare_as_asked(*subject, arguments);
    if (!prepared) return tl::make_unexpected(prepared.error());
    const std::string name = folder_name(folder);
    const auto path = [&](const char* ending) { return (out / (name + ending)).string(); };
    Expected<void> written = write_npy(path(".input.npy"), npy_shape(*prepared, kContrasts), prepared->channels);
    if (written && subject->reference)
        written = write_npy(path(".target.npy"), npy_shape(*prepared, kLabels),
                            prepare_labels(*subject->reference, subject->grid, *prepared));
    if (written) written = write_text(path(".prepared.json"), printed(prepared_json(*subject, *prepared), 2) + "\n");
    if (written) std::cout << name << "\n";
    return written;
}

Expected<void> run_prepare(const Arguments& arguments) {
    const fs::path out = arguments.text("out", ".");
    if (const auto made = make_folder(out); !made) return made;
    std::map<std::string, std::string> folders;  // by the name that their files get
    for (const std::string& folder : arguments.plain) {
        const auto [other, first] = folders.emplace(folder_name(folder), folder);
        if (!first) return fail(folder + ": " + other->second + " is of the same name; expected names that differ.");
    }
    for (const std::string& folder : arguments.plain) {
        if (const auto done = prepare_folder(folder, out, arguments); !done) return done;
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
    const auto subject = open_folder(arguments.text("case"), "", arguments.text("labels"));
    if (!subject) return tl::make_unexpected(subject.error());
    const auto prepared = prepare_as_asked(*subject, arguments);
    if (!prepared) return tl::make_unexpected(prepared.error());
    const auto logits = read_npy(arguments.text("logits"), npy_shape(*prepared, kLabels));
    if (!logits) return tl::make_unexpected(logits.error());
    std::vector<float> probabilities(logits->size());
    label_probabilities(label_logits(), *logits, voxel_count(prepared->padded), probabilities);
    const auto labels = restore_labels(probabilities, *prepared, subject->grid);
    if (const std::string to = arguments.text("labels-out"); !to.empty()) {
        if (const auto written = write_file(to, write_nifti_labels(labels, subject->layout)); !written) return written;
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
    std::cout << printed(json) << "\n";
    return {};
}

Expected<void> run_phantom(const Arguments& arguments) {
    PhantomSettings settings;
    settings.seed = arguments.seed("seed", 1);
    settings.shape = arguments.extents("shape", settings.shape);
    const auto [first, last] = arguments.named.equal_range("visibility");
    for (auto at = first; at != last; ++at) {
        if (const auto given = label_settings(at->second)) settings.visibility[given->label - 1] = given->values;
    }
    const fs::path out = arguments.text("out", ".");
    if (const auto made = make_folder(out); !made) return made;
    const std::string name = arguments.text("name", folder_name(out));
    const Case subject = make_phantom(settings);
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const auto written = write_file(out / (name + "-" + std::string(kContrastNames[c]) + ".nii.gz"),
                                        write_nifti_volume(subject.voxels[c], subject.layout, true));
        if (!written) return written;
    }
    return write_file(out / (name + "-seg.nii.gz"), write_nifti_labels(*subject.reference, subject.layout));
}

std::array<double, 16> row_major(const Eigen::Matrix4d& m) {
    std::array<double, 16> values;
    for (int n = 0; n < 16; ++n) values[static_cast<std::size_t>(n)] = m(n / 4, n % 4);
    return values;
}

Expected<void> run_inspect(const Arguments& arguments) {
    const fs::path path = arguments.plain[0];
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const auto image_bytes = arguments.plain.size() > 1 ? read_file(arguments.plain[1]) : std::vector<std::uint8_t>{};
    if (!image_bytes) return tl::make_unexpected(image_bytes.error());
    const auto image = read_nifti(path.filename().string(), *bytes, *image_bytes);
    if (!image) return tl::make_unexpected(image.error());
    if (const std::string raw = arguments.text("raw"); !raw.empty()) {
        const auto& voxels = image->volume.voxels;
        const auto* bytes_of_voxels = reinterpret_cast<const std::uint8_t*>(voxels.data());
        if (const auto written = write_file(raw, {bytes_of_voxels, voxels.size() * sizeof(float)}); !written)
            return written;
    }
    if (const std::string to = arguments.text("labels-out"); !to.empty()) {
        const auto labels = read_label_values(path.filename().string(), image->volume);
        if (!labels) return tl::make_unexpected(labels.error());
        const auto written = write_file(to, write_nifti_labels(labels->voxels, image->layout));
        if (!written) return written;
    }
    std::cout << printed(Json{{"shape", image->volume.grid.shape},
                              {"affine", row_major(image->volume.grid.affine)},
                              {"storedShape", image->layout.grid.shape},
                              {"storedAffine", row_major(image->layout.grid.affine)},
                              {"notes", image->notes}})
              << "\n";
    return {};
}

// What the page makes of a model's files (docs/models.md): {manifest, convention, remarks}. Nothing is written.
Expected<void> run_model(const Arguments& arguments) {
    ModelReading reading(arguments.plain);
    const auto texts = reading.texts();
    if (!texts) return tl::make_unexpected(texts.error());
    for (const std::string& path : *texts) {
        const auto bytes = read_file(path);
        if (!bytes) return tl::make_unexpected(bytes.error());
        const auto added = reading.add_text(path, {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
        if (!added) return added;
    }
    for (const std::string& path : reading.networks()) {
        const auto bytes = read_file(path);
        if (!bytes) return tl::make_unexpected(bytes.error());
        const auto beside = reading.weights_of(path, *bytes);
        if (!beside) return tl::make_unexpected(beside.error());
        std::map<std::string, std::vector<std::uint8_t>> contents;
        std::map<std::string, std::span<const std::uint8_t>> weights;
        for (const std::string& each : *beside) {
            auto content = read_file(each);
            if (!content) return tl::make_unexpected(content.error());
            weights[each] = contents[each] = std::move(*content);
        }
        if (const auto added = reading.add_network(path, *bytes, weights); !added) return added;
    }
    const auto guess = reading.guess(arguments.text("convention"));
    if (!guess) return tl::make_unexpected(guess.error());
    // Whether the page would take it is part of the answer.
    const auto manifest =
        read_manifest(guess->manifest_file.empty() ? "model.json" : guess->manifest_file, guess->manifest);
    if (!manifest) return tl::make_unexpected(manifest.error());
    std::cout
        << Json{{"manifest", guess->manifest}, {"convention", guess->convention}, {"remarks", guess->remarks}}.dump(1)
        << "\n";
    return {};
}

// The graph as the page would run it; prints what was put otherwise.
Expected<void> run_rewrite(const Arguments& arguments) {
    const fs::path path = arguments.plain[0];
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    auto network = Network::parse(path.filename().string(), *bytes);
    if (!network) return tl::make_unexpected(network.error());
    const Rewritten rewritten = rewrite(*network);
    const auto written = write_file(arguments.plain[1], network->serialise());
    if (written) std::cout << Json(rewritten).dump() << "\n";
    return written;
}

// The ranges of a network's activations over prepared inputs, all of one shape and in the order of its channels: for
// each input all contrasts and each alone. Printed as a fold of model.json has them.
Expected<void> run_activations(const Arguments& arguments) {
    const fs::path path = arguments.text("network");
    const auto bytes = read_file(path);
    if (!bytes) return tl::make_unexpected(bytes.error());
    const auto network = Network::parse(path.filename().string(), *bytes);
    if (!network) return tl::make_unexpected(network.error());
    const auto [i, j, k] = arguments.extents("shape", {});
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

// Results saved by the page or by scripts/replicate.mjs to a report over cases (METHOD 7). HELD_OUT.json says for each
// model id and case name which fold, from 0, did not see the case.
Expected<void> run_cohort(const Arguments& arguments) {
    const fs::path held_out_path = arguments.text("held-out");
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
    std::cout << printed(cohort_to_json(*report), 1) << "\n";
    return {};
}

const std::vector<Command>& commands() {
    constexpr std::size_t kMany = 1 << 20;
    using enum OptionKind;
    const std::vector<Option> preparing{{"spacing", length}, {"multiple", count}, {"least", extents}};
    const auto with_preparing = [&](std::vector<Option> options) {
        options.insert(options.end(), preparing.begin(), preparing.end());
        return options;
    };
    static const std::vector<Command> all{
        {"prepare",
         "[--spacing 2] [--multiple 8] [--least I,J,K] [--unlabelled] [--labels CONVENTION] [--case NAME] [--out "
         "FOLDER] CASE_FOLDER...",
         1, kMany, with_preparing({{"out"}, {"unlabelled", flag}, {"case"}, {"labels"}}), run_prepare},
        {"cases", "[--case NAME] FOLDER...", 1, kMany, {{"case"}}, run_cases},
        {"sequences",
         "[--statistics] [--case NAME] [--labels CONVENTION] CASE_FOLDER...",
         1,
         kMany,
         {{"statistics", flag}, {"case"}, {"labels"}},
         run_sequences},
        {"score",
         "--case CASE_FOLDER --logits FILE.npy [--spacing 2] [--multiple 8] [--least I,J,K] [--labels CONVENTION] "
         "[--labels-out FILE.nii.gz]",
         0, 0, with_preparing({{"case", text, true}, {"logits", text, true}, {"labels-out"}, {"labels"}}), run_score},
        {"segment",
         "--model FOLDER --out FILE.nii.gz [--fold 1] [--coalition t1c+t2f] [--baseline zero] [--labels CONVENTION] "
         "[--case NAME] CASE_FOLDER",
         1,
         1,
         {{"model", text, true},
          {"out", text, true},
          {"fold", count},
          {"coalition"},
          {"baseline"},
          {"labels"},
          {"case"}},
         run_segment},
        {"study",
         "--model FOLDER [--segmentations FOLDER] [--baseline zero] [--labels CONVENTION] [--case NAME] CASE_FOLDER",
         1,
         1,
         {{"model", text, true}, {"segmentations"}, {"baseline"}, {"labels"}, {"case"}},
         run_study},
        {"phantom",
         "[--seed N] [--out FOLDER] [--name NAME] [--shape I,J,K] [--visibility ET=1,0,0,0]...",
         0,
         0,
         {{"seed", seed}, {"out"}, {"name"}, {"shape", extents}, {"visibility", settings}},
         run_phantom},
        {"model", "[--convention ID] FILE...", 1, kMany, {{"convention"}}, run_model},
        {"rewrite", "IN.onnx OUT.onnx", 2, 2, {}, run_rewrite},
        {"activations",
         "--network FILE.onnx --shape I,J,K PREPARED.npy...",
         1,
         kMany,
         {{"network", text, true}, {"shape", extents, true}},
         run_activations},
        {"cohort", "--held-out HELD_OUT.json RESULT.json...", 0, kMany, {{"held-out", text, true}}, run_cohort},
        {"inspect",
         "FILE [IMG] [--raw FILE.f32] [--labels-out FILE.nii.gz]",
         1,
         2,
         {{"raw"}, {"labels-out"}},
         run_inspect}};
    return all;
}

int run(const std::vector<std::string>& words) {
    const auto command = std::find_if(commands().begin(), commands().end(),
                                      [&](const Command& each) { return !words.empty() && each.name == words[0]; });
    if (command == commands().end()) {
        if (!words.empty()) std::cerr << words[0] << ": there is no such command.\n";
        for (const Command& each : commands())
            std::cerr << (&each == commands().data() ? "usage: " : "       ") << "shapslice " << each.name << " "
                      << each.usage << "\n";
        return 2;
    }
    const auto arguments = parse_arguments(*command, {words.begin() + 1, words.end()});
    if (!arguments) {
        std::cerr << arguments.error().sentence << "\n";
        return 2;
    }
    auto done = command->run(*arguments);
    if (done && !std::cout.flush()) done = fail("The answer cannot be written to where it was to go.");
    if (!done) std::cerr << done.error().sentence << "\n";
    return done ? 0 : 1;
}

}  // namespace
}  // namespace shapslice

int main(int count, char** words) {
    try {
        return shapslice::run({words + std::min(count, 1), words + count});
    } catch (const std::bad_alloc&) {
        std::cerr << "There is not enough memory for this.\n";
    } catch (const std::exception& error) {  // a defect, or a file system that fails under the program
        std::cerr << "The program could not do this (" << error.what() << ").\n";
    }
    return 1;
}
