// The engine as JavaScript sees it: web/engine_worker.js in the page, tests and scripts under Node.
//
// Strings cross as JSON or as one sentence for the user (empty: all is well), voxels as typed arrays. The runtime seam:
// the engine calls host.startRun(ticket, modelId, fold, channels, [i, j, k], input, fast, mask, ranges, measures); the
// host answers later with completeRun(ticket, ...) or failRun(ticket, sentence): never from within startRun, since the
// functions that Emscripten makes for a page without eval may not be entered a second time. `mask` is null, or for a
// host that masks (setMasks): {present: [1 or 0 a channel], absent: voxels or null, image: number, labelling: null or
// {parameters, channels, taps, words}} (inference/runtime.h). `ranges`: JSON of those that a fast run goes by, "" for
// the model's own; `measures`: ranges are asked for in place of a run, and completeRanges() gives them. Where there is
// a labelling it may answer with completeLabels(ticket, words, ...) in place of completeRun().
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>
#include <emscripten/heap.h>
#include <emscripten/val.h>

#include <algorithm>
#include <map>
#include <memory>
#include <new>

#include "app/guarded.h"
#include "image/sha256.h"
#include "inference/calibration_input.h"
#include "intake/file_start.h"
#include "metrics/consensus.h"
#include "model_files/file_kinds.h"
#include "model_files/model_reading.h"
#include "network/rewrite.h"
#include "network/working_size.h"
#include "phantom/phantom.h"
#include "study/case_summary.h"
#include "study/forecast.h"
#include "study/open_case.h"
#include "study/study.h"

namespace shapslice {
namespace {

using emscripten::typed_memory_view;
using emscripten::val;

std::vector<std::uint8_t> bytes_of(const val& array) {
    return array.isNull() || array.isUndefined() ? std::vector<std::uint8_t>{}
                                                 : emscripten::convertJSArrayToNumberVector<std::uint8_t>(array);
}

// A copy that JavaScript owns: views of this memory die when it grows.
template <class T>
val owned_array(const std::vector<T>& values) {
    return val(typed_memory_view(values.size(), values.data())).call<val>("slice");
}

std::string error_json(const Error& error) {
    return Json{{"error", error.sentence}}.dump(-1, ' ', false, Json::error_handler_t::replace);
}

class HostRuntime final : public Runtime {
  public:
    explicit HostRuntime(val host) : host_(std::move(host)) {}

    void start(const RunRequest& request, Completion done) override {
        const int ticket = next_ticket_++;
        open_[ticket] = std::move(done);
        try {
            ask(ticket, request);
        } catch (...) {
            open_.erase(ticket);  // who asked hears of it now, and must not be resumed later
            throw;
        }
    }
    double now() const override { return emscripten_get_now() / 1000; }
    int at_once(bool fast) const override { return fast ? engines_ : 1; }
    bool masks() const override { return masks_; }
    void set_masks(bool masks) { masks_ = masks; }
    std::string_view fast_arithmetic() const override { return halves_ ? kHalves : kWholeNumbers; }
    void set_halves(bool halves) { halves_ = halves; }
    // How many fast runs the host makes at once.
    void set_engines(int count) { engines_ = std::max(1, count); }

    void answer(int ticket, Expected<RunOutcome> outcome) {
        const auto at = open_.find(ticket);
        if (at == open_.end()) return;  // answered before: a host that reports twice must not resume twice
        Completion done = std::move(at->second);
        open_.erase(at);
        done(std::move(outcome));
    }
    // Forgets what is under way: the study that waits for it is going away.
    void drop() { open_.clear(); }

  private:
    void ask(int ticket, const RunRequest& request) {
        val shape = val::array();
        for (const int extent : request.shape) shape.call<void>("push", extent);
        const auto view = [](std::span<const float> voxels) {
            return val(typed_memory_view(voxels.size(), voxels.data()));
        };
        val mask = val::null();
        if (!request.present.empty()) {
            mask = val::object();
            mask.set("present", val::array(request.present));
            mask.set("absent", request.absent.empty() ? val::null() : view(request.absent));
            mask.set("image", static_cast<double>(request.image));
            mask.set("labelling", val::null());
            if (request.labelling) {
                val labelling = val::object();
                const auto& parameters = request.labelling->parameters;
                labelling.set("parameters", val::array(parameters.begin(), parameters.end()));
                labelling.set("taps", owned_array(request.labelling->taps));
                labelling.set("channels", request.labelling->channels);
                labelling.set("words", request.labelling->words);
                mask.set("labelling", labelling);
            }
        }
        host_.call<void>("startRun", ticket, request.model_id, request.fold, request.channels, shape,
                         view(request.input), request.fast, mask, request.ranges, request.measures);
    }

    val host_;
    std::map<int, Completion> open_;
    int next_ticket_ = 1;
    int engines_ = 1;
    bool masks_ = false;
    bool halves_ = false;
};

class HostEvents final : public StudyEvents {
  public:
    explicit HostEvents(val host) : host_(std::move(host)) {}
    void on_result(const StudyResult& result) override { host_.call<void>("onResult", result_to_json(result).dump()); }
    void on_other_settings() override { host_.call<void>("onOtherSettings"); }
    void on_segmentation(const std::string& model_id, int fold, Coalition coalition, const Runs& labels) override {
        host_.call<void>("onSegmentation", model_id, fold, static_cast<int>(coalition), owned_array(labels));
    }
    void on_run(const std::string& key, Coalition coalition, const KnownRun& run) override {
        std::vector<double> counts;
        for (const auto& of_reference : run.counts)
            counts.insert(counts.end(), of_reference.begin(), of_reference.end());
        host_.call<void>("onRun", key, static_cast<int>(coalition), owned_array(counts), owned_array(run.labels),
                         run.provider, run.seconds);
    }

  private:
    val host_;
};

class Engine {
  public:
    explicit Engine(const val& host) : runtime_(host), events_(host), host_(host) {}

    // {path: bytes}: what of which files is to be read before find_cases() is asked. `files`: [{path, size}].
    std::string files_to_look_into_json(const std::string& files) const {
        return Json(files_to_look_into(file_entries_from_json(Json::parse(files)))).dump();
    }
    // {start, text}: what those bytes say; members of a file that find_cases() is given.
    std::string look_into_file(const std::string& path, const val& bytes) const {
        FileEntry file;
        file.path = path;
        take_beginning(file, bytes_of(bytes));
        const Json start{{"format", file.start.format}, {"frames", file.start.frames}};
        return Json{{"start", start}, {"text", file.text}}.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    // The list of cases (intake/case_list.h), or {error}. begin_case() opens the one that is chosen.
    std::string find_cases_json(const std::string& request_json) {
        const auto request = case_request_from_json(Json::parse(request_json));
        if (!request) return Json{{"error", request.error().sentence}}.dump();
        list_ = find_cases(*request);
        Json answer = case_list_to_json(list_);
        answer["error"] = refusal_of(list_);
        return answer.dump(-1, ' ', false, Json::error_handler_t::replace);
    }
    // The table of files of the case that is chosen: what is shown where it cannot be opened.
    std::string file_table() const {
        if (!list_.chosen) return "[]";
        std::vector<CaseSummary::File> table = table_of(list_.cases[*list_.chosen]);
        place_notices(table, {});
        return files_to_json(table).dump();
    }

    // [{path, imagePath}]: the files to give to add_file(), once each. The case is the chosen one of the list, which
    // must have no refusal.
    std::string begin_case() {
        if (!list_.chosen) return "[]";
        const FoundCase& found = list_.cases[*list_.chosen];
        opening_ = std::make_unique<CaseOpening>(found, OpeningOptions{found.label_names});
        Json wanted = Json::array();
        for (const auto& [path, image_path] : opening_->wanted())
            wanted.push_back({{"path", path}, {"imagePath", image_path}});
        return wanted.dump();
    }
    std::string add_file(const std::string& path, const val& bytes, const val& image_bytes) {
        std::vector<std::uint8_t> content, image;
        try {
            content = bytes_of(bytes);
            image = bytes_of(image_bytes);
        } catch (const std::bad_alloc&) {
            return opening_->add_too_large(path).error().sentence;
        }
        const auto added = opening_->add(path, content, image);
        return added ? "" : added.error().sentence;
    }
    // {error, files}: what was open before stays open when there is an error.
    std::string finish_case() {
        const std::unique_ptr<CaseOpening> opening = std::move(opening_);
        auto opened = opening->finish();
        std::string error = opened ? "" : opened.error().sentence;
        if (opened) {
            const std::string name = opened->name;
            try {
                take_case(std::move(*opened), opening->files());
            } catch (const std::bad_alloc&) {
                error = no_memory(name, "show it", "what was open before stays open").sentence;
            }
        }
        if (error.empty()) return Json{{"error", ""}, {"files", files_to_json(summary_.files)}}.dump();
        std::vector<CaseSummary::File> table = opening->files();
        place_notices(table, {});
        return Json{{"error", error}, {"files", files_to_json(table)}}.dump();
    }
    // Reads the open case's segmentation under another convention (METHOD 1.2a): as if the case were opened anew. An
    // error or "".
    std::string choose_labels(const std::string& convention) {
        if (!case_) return "There is no case open.";
        Case changed = *case_;  // a copy: should memory run out on the way, what was open stays
        if (const auto chosen = shapslice::choose_labels(changed, convention); !chosen) return chosen.error().sentence;
        take_case(std::move(changed), summary_.files);
        return "";
    }
    // Lets go of files that were added and will not be opened.
    void abandon_case() { opening_.reset(); }
    void open_phantom(const std::string& settings_json) {
        const Json settings = Json::parse(settings_json);
        PhantomSettings phantom;
        phantom.seed = settings.value("seed", phantom.seed);
        phantom.shape = settings.value("shape", phantom.shape);
        phantom.visibility = settings.value("visibility", phantom.visibility);
        phantom.noise = settings.value("noise", phantom.noise);
        phantom.bias_field = settings.value("biasField", phantom.bias_field);
        take_case(make_phantom(phantom), std::nullopt);
    }
    bool has_case() const { return case_ != nullptr; }

    // One contrast of the case just opened, for display (Uint16Array). It is handed over: once a case.
    val display(int contrast) { return std::exchange(display_[static_cast<std::size_t>(contrast)], val::undefined()); }
    std::string case_summary() const { return case_summary_to_json(summary_).dump(); }
    val reference() const { return case_ && case_->reference ? owned_array(*case_->reference) : val::null(); }

    // Whether files, by path, are meant as a model.
    bool is_model_drop(const std::string& paths) const {
        return shapslice::is_model_drop(Json::parse(paths).get<std::vector<std::string>>());
    }
    // {error, texts}: the JSON files of a model out of these paths, to be given to add_model_text(). Then come
    // model_networks(), and for each of them network_weights() and add_network(); guess_model() ends the reading.
    std::string begin_model(const std::string& paths) {
        reading_.emplace(Json::parse(paths).get<std::vector<std::string>>());
        const auto texts = reading_->texts();
        return texts ? Json{{"error", ""}, {"texts", *texts}}.dump() : error_json(texts.error());
    }
    std::string add_model_text(const std::string& path, const val& bytes) {
        const std::vector<std::uint8_t> content = bytes_of(bytes);
        const auto added = reading_->add_text(path, {reinterpret_cast<const char*>(content.data()), content.size()});
        return added ? "" : added.error().sentence;
    }
    // Paths of the networks to add.
    std::string model_networks() const { return Json(reading_->networks()).dump(); }
    // {error, files}: paths of the files that hold a network's weights.
    std::string network_weights(const std::string& path, const val& bytes) const {
        const auto files = reading_->weights_of(path, bytes_of(bytes));
        return files ? Json{{"error", ""}, {"files", *files}}.dump() : error_json(files.error());
    }
    // `weights`: bytes of the files of network_weights(), whose paths are in `paths`.
    std::string add_network(const std::string& path, const val& bytes, const std::string& paths, const val& weights) {
        const auto names = Json::parse(paths).get<std::vector<std::string>>();
        std::vector<std::vector<std::uint8_t>> contents;
        std::map<std::string, std::span<const std::uint8_t>> by_path;
        for (std::size_t n = 0; n < names.size(); ++n) contents.push_back(bytes_of(weights[n]));
        for (std::size_t n = 0; n < names.size(); ++n) by_path[names[n]] = contents[n];
        const auto added = reading_->add_network(path, bytes_of(bytes), by_path);
        return added ? "" : added.error().sentence;
    }
    // {error} or {manifestFile, manifest, convention, conventions: [{id, name}], remarks}
    // (model_files/model_reading.h).
    std::string guess_model(const std::string& convention) const {
        const auto guess = reading_->guess(convention);
        if (!guess) return error_json(guess.error());
        Json known = Json::array();
        for (const auto& [id, name] : guess->conventions) known.push_back({{"id", id}, {"name", name}});
        return Json{{"error", ""},
                    {"manifestFile", guess->manifest_file},
                    {"manifest", guess->manifest},
                    {"convention", guess->convention},
                    {"conventions", known},
                    {"remarks", guess->remarks}}
            .dump(-1, ' ', false, Json::error_handler_t::replace);
    }

    // `files`: JSON array of the paths given beside the manifest; null where they lie on the site. Nothing changes when
    // the answer is an error.
    std::string add_model(const std::string& file_name, const std::string& manifest_json, const std::string& files) {
        const Json json = Json::parse(manifest_json, nullptr, false);
        if (json.is_discarded()) return file_name + ": this is not JSON; expected a model manifest.";
        auto manifest = read_manifest(file_name, json);
        if (!manifest) return manifest.error().sentence;
        const Json given = Json::parse(files);
        std::vector<std::vector<std::string>> of_folds;
        for (const FoldModel& fold : manifest->folds) {
            std::vector<std::string> paths{fold.file};
            for (const std::string& name : fold.data) paths.push_back(beside(fold.file, name));
            if (given.is_array()) {
                auto found = fold_files(file_name, fold, given.get<std::vector<std::string>>());
                if (!found) return found.error().sentence;
                paths = std::move(*found);
            }
            of_folds.push_back(std::move(paths));
        }
        manifest->output_known = given.is_null();  // the site's own were tried
        fold_files_[manifest->id] = std::move(of_folds);
        models_[manifest->id] = std::move(*manifest);
        return "";
    }
    // Paths of a fold's files: its network, then its weights where they lie beside it.
    std::string model_files(const std::string& model_id, int fold) const {
        return Json(fold_files_.at(model_id).at(static_cast<std::size_t>(fold))).dump();
    }
    // {error} or {bytes}: a fold's network as it is pinned, its weights in it; null where the first file is that.
    // `files`: the bytes of those of model_files().
    val whole_network(const std::string& model_id, int fold, const val& files) const {
        const FoldModel& model = models_.at(model_id).folds.at(static_cast<std::size_t>(fold));
        std::vector<std::vector<std::uint8_t>> contents;
        for (unsigned n = 0; n < files["length"].as<unsigned>(); ++n) contents.push_back(bytes_of(files[n]));
        const std::vector<std::span<const std::uint8_t>> pieces(contents.begin(), contents.end());
        const auto whole = shapslice::whole_network(model, pieces);
        val answer = val::object();
        answer.set("error", whole ? "" : whole.error().sentence);
        if (whole) answer.set("bytes", whole->empty() ? val::null() : owned_array(*whole));
        return answer;
    }

    // {error} or {bytes, ending}: a model's file as the runtime shall get it (network/rewrite.h), and what to put
    // behind the name of the provider that runs it.
    val rewrite_network(const std::string& file_name, const val& bytes) const {
        val answer = val::object();
        auto network = Network::parse(file_name, bytes_of(bytes));
        if (!network) {
            answer.set("error", network.error().sentence);
            return answer;
        }
        answer.set("valuesPerVoxel", working_values(*network));
        answer.set("ending", std::string(computes_in_halves(*network) ? kHalfNetwork : ""));
        rewrite(*network);
        answer.set("bytes", owned_array(network->serialise()));
        return answer;
    }
    // {error} or {shape: [i, j, k], input}: what the activations of a model without ranges are to be measured on.
    val calibration_input_of(const std::string& model_id) const {
        val answer = val::object();
        const auto input = calibration_input(models_.at(model_id));
        if (!input) {
            answer.set("error", input.error().sentence);
            return answer;
        }
        val shape = val::array();
        for (const int extent : input->shape) shape.call<void>("push", extent);
        answer.set("shape", shape);
        answer.set("input", owned_array(input->values));
        return answer;
    }
    // {models: [{id, folds: []}], settings: {...}}. Returns an error or ""; the study then goes on by itself and ends
    // with host.onStudyEnd(sentence).
    std::string run_study(const std::string& options_json) {
        if (!case_) return "There is no case to run on; open one first.";
        if (study_task_ && !study_task_->done()) return "A study is already running.";
        auto wanted = wanted_study(options_json);
        if (!wanted) return wanted.error().sentence;
        study_task_.emplace(watch(study_->run(std::move(wanted->models), wanted->settings)));
        study_task_->start();
        return "";
    }
    // Extents, fastest first, of the input that a model is to be measured on.
    std::string warm_up_shape_json(const std::string& model_id) const {
        const ModelManifest& manifest = models_.at(model_id);
        return Json(turned_shape(warm_up_shape(manifest), manifest.axes)).dump();
    }
    // {error} or {runs, seconds, bytes, sentence, warning} of a study as run_study takes it. `measured_json`: {warmUps:
    // {model id: {shape, seconds, bytesLoaded, bytesRun, bytesOfFile, valuesPerVoxel}}, granted, grantedBy, machine}.
    std::string forecast_study(const std::string& options_json, const std::string& measured_json) const {
        if (!case_) return Json{{"error", "There is no case to run on; open one first."}}.dump();
        const auto wanted = wanted_study(options_json);
        if (!wanted) return Json{{"error", wanted.error().sentence}}.dump();
        const Json measured = Json::parse(measured_json);
        const Box brain{summary_.brain_low, summary_.brain_high};
        const Box whole{{0, 0, 0}, case_->grid.shape};
        std::vector<ForecastPart> parts;
        for (const SelectedModel& model : wanted->models) {
            const ModelManifest& manifest = model.manifest;
            const View view = manifest.view();
            const Shape content = content_extents(view.whole_image ? whole : brain, summary_.spacing, view.spacing);
            ForecastPart part{&manifest, padded_extents(content, view.multiple, view.least),
                              study_->runs_to_make(model, wanted->settings), std::nullopt};
            const Json& warm_ups = measured.at("warmUps");
            if (const auto at = warm_ups.find(manifest.id); at != warm_ups.end()) part.warm_up = warm_up_from_json(*at);
            parts.push_back(part);
        }
        return forecast_to_json(forecast(parts, static_cast<double>(emscripten_get_heap_size()),
                                         {measured.at("granted").get<double>(),
                                          measured.at("grantedBy").get<std::string>(), measured.value("machine", 0.0)}))
            .dump();
    }
    // Of the case that is open: whose stored runs restore_run() takes.
    std::string stored_case_key() const { return case_ ? stored_key(*case_) : ""; }
    // What host.onRun() was called with, in this page or an earlier one; the run from all contrasts of a fold first.
    // False where it is damaged or not of this case.
    bool restore_run(const std::string& key, int coalition, const val& counts, const val& labels,
                     const std::string& provider, double seconds) {
        const auto given = emscripten::convertJSArrayToNumberVector<double>(counts);
        if (!study_ || coalition < 0 || coalition >= kCoalitions || given.size() != kLabels * kLabels) return false;
        KnownRun run;
        for (std::size_t n = 0; n < given.size(); ++n) {
            if (!(given[n] >= 0 && given[n] <= 0x1p53)) return false;
            run.counts[n / kLabels][n % kLabels] = static_cast<std::uint64_t>(given[n]);
        }
        run.labels = emscripten::convertJSArrayToNumberVector<std::uint32_t>(labels);
        run.provider = provider;
        run.seconds = seconds;
        return study_->restore(key, static_cast<Coalition>(coalition), std::move(run));
    }
    // Shows what is known of a study as run_study takes it. An error, and nothing changes, while one is running.
    std::string recall_study(const std::string& options_json) {
        if (!case_) return "There is no case open.";
        if (study_task_ && !study_task_->done()) return "A study is already running.";
        auto wanted = wanted_study(options_json);
        if (!wanted) return wanted.error().sentence;
        study_->recall(std::move(wanted->models), wanted->settings);
        return "";
    }
    // How many fast runs are asked for at once.
    void set_engines(int count) { runtime_.set_engines(count); }
    // Whether it makes fast runs in halves, on a graphics processor.
    void set_halves(bool halves) {
        runtime_.set_halves(halves);
        if (study_) study_->follow_arithmetic();
    }
    // Whether the host makes coalitions itself.
    void set_masks(bool masks) { runtime_.set_masks(masks); }
    void cancel() {
        if (study_) study_->cancel();
    }
    std::string set_clinical_ranking(const std::string& json) {
        if (!study_) return "There is no case open.";
        auto ranking = clinical_ranking_from_json(Json::parse(json, nullptr, false));
        if (!ranking) return ranking.error().sentence;
        study_->set_clinical_ranking(std::move(*ranking));
        return "";
    }

    void complete_run(int ticket, const val& output, const std::string& provider, double seconds,
                      const std::string& notice) {
        runtime_.answer(ticket,
                        RunOutcome{emscripten::convertJSArrayToNumberVector<float>(output), provider, seconds, notice});
    }
    void complete_labels(int ticket, const val& words, const std::string& provider, double seconds,
                         const std::string& notice) {
        runtime_.answer(
            ticket,
            RunOutcome{{}, provider, seconds, notice, emscripten::convertJSArrayToNumberVector<std::uint32_t>(words)});
    }
    // Ranges of activations as JSON; "": those of the model do.
    void complete_ranges(int ticket, const std::string& ranges) {
        RunOutcome outcome;
        outcome.ranges = ranges;
        runtime_.answer(ticket, std::move(outcome));
    }
    void fail_run(int ticket, const std::string& sentence) { runtime_.answer(ticket, fail(sentence)); }

    std::string result_json() const { return study_ ? result_to_json(study_->result()).dump() : "null"; }
    std::string result_csv() const { return study_ ? to_csv(study_->result()) : ""; }
    // The fold's segmentation from one coalition, or with a negative fold the majority of those of the study's folds
    // that know it, as .nii.gz on the case's stored grid; null when it is not known.
    val segmentation_file(const std::string& model_id, int fold, int coalition) const {
        const auto at = models_.find(model_id);
        if (!study_ || at == models_.end() || fold >= static_cast<int>(at->second.folds.size())) return val::null();
        std::vector<const Runs*> held;
        for (const ModelResult& model : study_->result().models) {
            for (const FoldResult& each : model.folds) {
                if (model.id != model_id || (fold >= 0 && each.fold != fold)) continue;
                const KnownRun* known = study_->known(at->second, each.fold, static_cast<Coalition>(coalition));
                if (known) held.push_back(&known->labels);
            }
        }
        std::vector<std::uint8_t> labels(case_->grid.size());
        if (!decode_runs(majority_of_runs(held), labels)) return val::null();
        return owned_array(write_nifti_labels(labels, case_->layout));
    }

  private:
    struct WantedStudy {
        std::vector<SelectedModel> models;
        StudySettings settings;
    };
    Expected<WantedStudy> wanted_study(const std::string& options_json) const {
        const Json options = Json::parse(options_json);
        WantedStudy study;
        for (const Json& wanted : options.at("models")) {
            const auto at = models_.find(wanted.at("id").get<std::string>());
            if (at == models_.end())
                return fail("The model \"" + wanted.at("id").get<std::string>() + "\" is not loaded.");
            SelectedModel selected{at->second, wanted.value("folds", std::vector<int>{})};
            const auto count = static_cast<int>(at->second.folds.size());
            if (selected.folds.empty()) {
                for (int fold = 0; fold < count; ++fold) selected.folds.push_back(fold);
            }
            for (const int fold : selected.folds) {
                if (fold < 0 || fold >= count)
                    return fail(at->second.name + " has no fold " + std::to_string(fold + 1) + ".");
            }
            study.models.push_back(std::move(selected));
        }
        if (study.models.empty()) return fail("No model is chosen.");
        auto settings = study_settings_from_json(options.value("settings", Json::object()));
        if (!settings) return tl::make_unexpected(settings.error());
        study.settings = *settings;
        return study;
    }

    // `files` where the summary lists others than the case's own. Should memory run out on the way, what was open
    // stays.
    void take_case(Case opened, std::optional<std::vector<CaseSummary::File>> files) {
        auto subject = std::make_unique<Case>(std::move(opened));
        CaseSummary summary = summarise(*subject);
        if (files) summary.files = std::move(*files);
        place_notices(summary.files, summary.notices);
        PerContrast<val> display;
        for (std::size_t i = 0; i < kContrasts; ++i)
            display[i] = owned_array(display_voxels(subject->voxels[i], subject->shift[i], summary.display[i]));
        auto study = std::make_unique<Study>(*subject, runtime_, events_);
        // From here on nothing is asked for.
        runtime_.drop();
        study_task_.reset();
        study_ = std::move(study);
        case_ = std::move(subject);
        summary_ = std::move(summary);
        display_ = std::move(display);
    }
    Task<bool> watch(Task<Expected<void>> study) {
        std::string sentence;
        try {
            const Expected<void> outcome = co_await std::move(study);
            if (!outcome) sentence = outcome.error().sentence;
        } catch (const std::bad_alloc&) {
            sentence = no_memory("The study", "run it", "what was computed before is kept").sentence;
        }
        host_.call<void>("onStudyEnd", sentence);
        co_return sentence.empty();
    }

    HostRuntime runtime_;
    HostEvents events_;
    val host_;
    CaseList list_;
    std::unique_ptr<CaseOpening> opening_;
    std::unique_ptr<Case> case_;
    CaseSummary summary_;
    PerContrast<val> display_;
    std::map<std::string, ModelManifest> models_;
    std::map<std::string, std::vector<std::vector<std::string>>> fold_files_;  // paths, by model and fold
    std::optional<ModelReading> reading_;
    std::unique_ptr<Study> study_;
    std::optional<Task<bool>> study_task_;
};

}  // namespace
}  // namespace shapslice

EMSCRIPTEN_BINDINGS(shapslice_engine) {
    using shapslice::Engine;
    using shapslice::Guarded;
    emscripten::class_<Engine>("Engine")
        .constructor<const emscripten::val&>()
        .function("filesToLookInto", &Guarded<&Engine::files_to_look_into_json>::call)
        .function("lookIntoFile", &Guarded<&Engine::look_into_file>::call)
        .function("findCases", &Guarded<&Engine::find_cases_json>::call)
        .function("fileTable", &Guarded<&Engine::file_table>::call)
        .function("beginCase", &Guarded<&Engine::begin_case>::call)
        .function("addFile", &Guarded<&Engine::add_file>::call)
        .function("finishCase", &Guarded<&Engine::finish_case>::call)
        .function("abandonCase", &Guarded<&Engine::abandon_case>::call)
        .function("chooseLabels", &Guarded<&Engine::choose_labels>::call)
        .function("openPhantom", &Guarded<&Engine::open_phantom>::call)
        .function("hasCase", &Guarded<&Engine::has_case>::call)
        .function("display", &Guarded<&Engine::display>::call)
        .function("caseSummary", &Guarded<&Engine::case_summary>::call)
        .function("reference", &Guarded<&Engine::reference>::call)
        .function("addModel", &Guarded<&Engine::add_model>::call)
        .function("modelFiles", &Guarded<&Engine::model_files>::call)
        .function("wholeNetwork", &Guarded<&Engine::whole_network>::call)
        .function("calibrationInput", &Guarded<&Engine::calibration_input_of>::call)
        .function("rewriteNetwork", &Guarded<&Engine::rewrite_network>::call)
        .function("isModelDrop", &Guarded<&Engine::is_model_drop>::call)
        .function("beginModel", &Guarded<&Engine::begin_model>::call)
        .function("addModelText", &Guarded<&Engine::add_model_text>::call)
        .function("modelNetworks", &Guarded<&Engine::model_networks>::call)
        .function("networkWeights", &Guarded<&Engine::network_weights>::call)
        .function("addNetwork", &Guarded<&Engine::add_network>::call)
        .function("guessModel", &Guarded<&Engine::guess_model>::call)
        .function("runStudy", &Guarded<&Engine::run_study>::call)
        .function("warmUpShape", &Guarded<&Engine::warm_up_shape_json>::call)
        .function("forecastStudy", &Guarded<&Engine::forecast_study>::call)
        .function("storedCaseKey", &Guarded<&Engine::stored_case_key>::call)
        .function("restoreRun", &Guarded<&Engine::restore_run>::call)
        .function("recallStudy", &Guarded<&Engine::recall_study>::call)
        .function("setEngines", &Guarded<&Engine::set_engines>::call)
        .function("setHalves", &Guarded<&Engine::set_halves>::call)
        .function("setMasks", &Guarded<&Engine::set_masks>::call)
        .function("cancel", &Guarded<&Engine::cancel>::call)
        .function("setClinicalRanking", &Guarded<&Engine::set_clinical_ranking>::call)
        .function("completeRun", &Guarded<&Engine::complete_run>::call)
        .function("completeLabels", &Guarded<&Engine::complete_labels>::call)
        .function("completeRanges", &Guarded<&Engine::complete_ranges>::call)
        .function("failRun", &Guarded<&Engine::fail_run>::call)
        .function("resultJson", &Guarded<&Engine::result_json>::call)
        .function("resultCsv", &Guarded<&Engine::result_csv>::call)
        .function("segmentationFile", &Guarded<&Engine::segmentation_file>::call);
}
