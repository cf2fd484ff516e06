#include "study/study.h"

#include <algorithm>
#include <bit>
#include <exception>
#include <new>
#include <numeric>

#include "inference/absent_channels.h"
#include "inference/providers.h"
#include "intake/assemble_case.h"
#include "intake/label_conventions.h"
#include "study/model_terms.h"
#include "study/seen_cases.h"
#include "study/sentence.h"
#include "study/verdict.h"

namespace shapslice {

std::vector<Coalition> coalition_order(bool run_empty_coalition) {
    std::vector<Coalition> order{kAllContrasts};
    for (const int size : {1, 3, 2}) {
        for (int mask = 1; mask < kAllContrasts; ++mask) {
            if (std::popcount(static_cast<unsigned>(mask)) == size) order.push_back(static_cast<Coalition>(mask));
        }
    }
    if (run_empty_coalition) order.push_back(kNoContrast);
    return order;
}

namespace {

using LabelCounts = std::array<std::uint64_t, kLabels>;

LabelCounts counts_of(const Runs& runs) {
    LabelCounts counts{};
    for (const std::uint32_t run : runs) counts[run & 3] += run >> 2;
    return counts;
}

LabelCounts reference_of(const Confusion& counts) {
    LabelCounts sums{};
    for (std::size_t reference = 0; reference < kLabels; ++reference) {
        for (const std::uint64_t voxels : counts[reference]) sums[reference] += voxels;
    }
    return sums;
}

LabelCounts predicted_of(const Confusion& counts) {
    LabelCounts sums{};
    for (const auto& of_reference : counts) {
        for (std::size_t predicted = 0; predicted < kLabels; ++predicted) sums[predicted] += of_reference[predicted];
    }
    return sums;
}

// A file of the case with what was done to it (METHOD 8.2, 8.3).
StudyResult::File recorded(const Case& subject, const CaseFile& file) {
    StudyResult::File record{file.name, std::string(role_name(file.role)), file.sha256, "", 0};
    const auto n = static_cast<std::size_t>(file.role);
    const GridFit fit = n < kContrasts           ? subject.fit[n]
                        : subject.reference_file ? subject.reference_file->fit
                                                 : GridFit{};
    record.on_grid = kGridFitNames[static_cast<std::size_t>(fit)];
    if (n < kContrasts) record.background = static_cast<double>(subject.shift[n]);
    return record;
}

// Of the values that occur in the segmentation's file, which label each was read as (METHOD 1.2a).
std::map<std::string, std::string> labels_read(const ReferenceFile& file) {
    std::map<std::string, std::string> read;
    const LabelConvention* convention = find_label_convention(file.convention);
    for (std::size_t value = 0; convention && value < file.counts.size(); ++value) {
        const auto label = static_cast<std::size_t>(convention->meaning[value]);
        if (file.counts[value] > 0) read[std::to_string(value)] = kLabelNames[label];
    }
    return read;
}

}  // namespace

Study::Study(const Case& subject, Runtime& runtime, StudyEvents& events)
    : subject_(subject), runtime_(runtime), events_(events) {
    result_.values_version = kValuesVersion;
    result_.case_name = subject.name;
    result_.synthetic = subject.synthetic;
    result_.has_reference = subject.reference.has_value();
    for (const CaseFile& file : subject.files) {
        if (file.role != FileRole::unused) result_.files.push_back(recorded(subject, file));
    }
    if (subject.reference) {
        const Confusion counts = count_overlap(*subject.reference, *subject.reference);
        result_.region_present = regions_in_reference(counts);
        take_labels();
        reference_voxels_ = reference_of(counts);
        for (std::size_t r = 0; r < kRegions; ++r) {
            for (std::uint8_t label = 1; label < kLabels; ++label) {
                if (in_region(label, static_cast<Region>(r))) result_.reference_voxels[r] += counts[label][label];
            }
        }
    }
    result_.input_notices = notices_of(subject);
    result_.sentence = plain_sentence(result_);
}

// Which regions the expert's labels tell (METHOD 1.2a); the others are as if they were not there.
void Study::take_labels() {
    if (!subject_.reference_file) return;
    result_.label_convention = subject_.reference_file->convention;
    result_.regions_told = subject_.reference_file->tells;
    result_.labels_read = labels_read(*subject_.reference_file);
    for (std::size_t r = 0; r < kRegions; ++r)
        result_.region_present[r] = result_.region_present[r] && result_.regions_told[r];
}

// What an exact run is in: floats, or what the network's file itself says, whose digest the key holds.
std::string_view Study::arithmetic(const ModelManifest& manifest, int fold, const StudySettings& settings) const {
    return runs_fast(manifest, fold, settings.precision) ? runtime_.fast_arithmetic() : kFloats;
}

std::string Study::key(const ModelManifest& manifest, int fold, const Baseline& baseline, std::string_view arithmetic) {
    const std::string key = manifest.key(fold) + " " + baseline.key() + " " + std::string(arithmetic);
    if (arithmetic != kWholeNumbers) return key;
    return key + " " + manifest.folds[static_cast<std::size_t>(fold)].activations;
}

std::string Study::key(const ModelManifest& manifest, int fold, const StudySettings& settings) const {
    return key(manifest, fold, settings.baseline, arithmetic(manifest, fold, settings));
}

const KnownRun* Study::known(const ModelManifest& manifest, int fold, Coalition coalition) const {
    const auto at = known_.find(key(manifest, fold, result_.settings));
    return at != known_.end() && at->second[coalition] ? &*at->second[coalition] : nullptr;
}

const KnownRun* Study::known_job(const Job& job) const {
    return known(models_[job.model].manifest, job.fold, job.coalition);
}

std::vector<Study::Job> Study::open_jobs() const {
    std::vector<Job> jobs;
    for (std::size_t m = 0; m < models_.size(); ++m) {
        for (const int fold : models_[m].folds) {
            for (const Coalition coalition : coalition_order(result_.settings.run_empty_coalition)) {
                const Job job{m, fold, coalition};
                if (!known_job(job)) jobs.push_back(job);
            }
        }
    }
    return jobs;
}

int Study::runs_to_make(const SelectedModel& selected, const StudySettings& settings) const {
    int runs = 0;
    for (const int fold : selected.folds) {
        const auto at = known_.find(key(selected.manifest, fold, settings));
        for (const Coalition coalition : coalition_order(settings.run_empty_coalition))
            runs += at == known_.end() || !at->second[coalition];
    }
    return runs;
}

bool Study::restore(const std::string& key, Coalition coalition, KnownRun run) {
    if (coalition >= kCoalitions) return false;
    const LabelCounts labels = counts_of(run.labels);
    if (std::accumulate(labels.begin(), labels.end(), std::uint64_t{0}) != subject_.grid.size()) return false;
    if (labels != predicted_of(run.counts)) return false;
    const auto at = known_.find(key);
    LabelCounts reference = reference_voxels_;
    if (!subject_.reference) {
        const bool full_known = at != known_.end() && at->second[kAllContrasts];
        if (!full_known && coalition != kAllContrasts) return false;
        reference = full_known ? counts_of(at->second[kAllContrasts]->labels) : labels;
    }
    if (reference != reference_of(run.counts)) return false;
    auto& slot = known_[key][coalition];
    if (slot) return true;
    slot = std::move(run);
    return true;
}

namespace {

// Another one for each image of the program's life: a runtime may keep one from a study before this.
std::uint64_t next_image() {
    static std::uint64_t last = 0;
    return ++last;
}

}  // namespace

Expected<const Prepared*> Study::prepared_for(const ModelManifest& manifest) {
    const View key = manifest.view();
    if (!prepared_ || prepared_->first != key) {
        prepared_.reset();  // one at a time: models of one study mostly share it
        Expected<Prepared> made = prepare(subject_, key);
        if (!made) return tl::make_unexpected(made.error());
        prepared_.emplace(key, std::move(*made));
        image_ = next_image();
        absent_key_.clear();
    }
    return &prepared_->second;
}

Expected<std::vector<std::uint8_t>> Study::reference_labels(const std::string& of_fold) const {
    if (subject_.reference) return *subject_.reference;
    const auto at = known_.find(of_fold);
    const KnownRun* full = at != known_.end() && at->second[kAllContrasts] ? &*at->second[kAllContrasts] : nullptr;
    std::vector<std::uint8_t> labels(subject_.grid.size());
    if (!full || !decode_runs(full->labels, labels))
        return fail("The segmentation from all contrasts, the reference of this study, is not there.");
    return labels;
}

// Of what stands in for absent contrasts; empty where nothing does. With an expert's labels, all folds of a model share
// it.
std::string Study::absent_key(const Job& job) const {
    const Baseline& baseline = result_.settings.baseline;
    if (baseline.kind == BaselineKind::zero) return "";
    const bool by_fold = needs_lesion(baseline.kind) && !subject_.reference;
    return by_fold ? key(models_[job.model].manifest, job.fold, result_.settings) : baseline.key();
}

Expected<std::span<const float>> Study::absent_for(const Job& job, const Prepared& prepared) {
    const Baseline& baseline = result_.settings.baseline;
    if (baseline.kind == BaselineKind::zero || job.coalition == kAllContrasts) return std::span<const float>{};
    const ModelManifest& manifest = models_[job.model].manifest;
    const std::string wanted = absent_key(job);
    if (wanted != absent_key_) {
        std::vector<float> fractions;
        if (needs_lesion(baseline.kind)) {
            const auto labels = reference_labels(key(manifest, job.fold, result_.settings));
            if (!labels) return tl::make_unexpected(labels.error());
            fractions = prepare_labels(*labels, subject_.grid, prepared);
        }
        absent_ = absent_channels(prepared, baseline, fractions);
        absent_key_ = wanted;
        image_ = next_image();
    }
    return std::span<const float>(absent_);
}

// The page holds segmentations by model, fold and coalition alone. It is told to drop them where one of those that the
// study shows was announced for another run, and is told of every known one that it does not hold.
void Study::announce_known() {
    const auto is_of_another = [this](const SelectedModel& selected) {
        return std::any_of(announced_.begin(), announced_.end(), [&](const auto& announced) {
            const auto& [id, fold, coalition] = announced.first;
            return id == selected.manifest.id && fold < static_cast<int>(selected.manifest.folds.size()) &&
                   announced.second != key(selected.manifest, fold, result_.settings);
        });
    };
    if (std::any_of(models_.begin(), models_.end(), is_of_another)) {
        events_.on_other_settings();
        announced_.clear();
    }
    for (const SelectedModel& selected : models_) {
        for (const int fold : selected.folds) {
            const std::string of_fold = key(selected.manifest, fold, result_.settings);
            for (int mask = 0; mask < kCoalitions; ++mask) {
                const auto coalition = static_cast<Coalition>(mask);
                const KnownRun* run = known(selected.manifest, fold, coalition);
                if (run) announce(selected.manifest.id, fold, coalition, of_fold, run->labels);
            }
        }
    }
}

void Study::announce(const std::string& model_id, int fold, Coalition coalition, const std::string& key,
                     const Runs& labels) {
    std::string& announced = announced_[{model_id, fold, coalition}];
    if (announced == key) return;
    events_.on_segmentation(model_id, fold, coalition, labels);
    announced = key;
}

// Under the key of the arithmetic that it was made in, which need not be the one that it was begun for: what made runs
// in halves may have failed. Without an expert's labels such a run would be counted against another's segmentation, or
// against one that was not kept itself: it is made again.
Expected<void> Study::keep(const Job& job, const std::string& begun_as, Segmentation segmentation) {
    const ModelManifest& manifest = models_[job.model].manifest;
    const std::string_view made_in =
        fast(job) ? fast_arithmetic_of(segmentation.provider, runtime_.fast_arithmetic()) : kFloats;
    const std::string made_as = key(manifest, job.fold, result_.settings.baseline, made_in);
    const bool counted = subject_.reference || job.coalition == kAllContrasts || known_[made_as][kAllContrasts];
    if (segmentation.mixed || !counted || (!subject_.reference && made_as != begun_as)) return {};
    KnownRun run;
    if (subject_.reference) {
        run.counts = count_overlap(*subject_.reference, segmentation.labels);
    } else if (job.coalition == kAllContrasts) {
        run.counts = count_overlap(segmentation.labels, segmentation.labels);
    } else {
        const auto reference = reference_labels(made_as);
        if (!reference) return tl::make_unexpected(reference.error());
        run.counts = count_overlap(*reference, segmentation.labels);
    }
    run.labels = encode_runs(segmentation.labels);
    run.provider = segmentation.provider;
    run.seconds = segmentation.run_seconds;
    auto& slot = known_[made_as][job.coalition];
    // Announced first: should that throw, the run is made again.
    if (made_as == key(manifest, job.fold, result_.settings))
        announce(manifest.id, job.fold, job.coalition, made_as, run.labels);
    events_.on_run(made_as, job.coalition, run);
    slot = std::move(run);
    return {};
}

// What a model's games are made with. Without an expert's segmentation the mean is over the regions that every fold
// has found, so that its row is of the same regions in all of them.
GameTerms Study::terms_of(const SelectedModel& selected) const {
    GameTerms terms;
    terms.expert = subject_.reference.has_value();
    terms.told = result_.regions_told;
    PerRegion<bool> found{true, true, true, true, true};
    for (const int fold : selected.folds) {
        const auto at = known_.find(key(selected.manifest, fold, result_.settings));
        const auto regions = at == known_.end() ? std::nullopt : reference_regions(at->second);
        for (std::size_t r = 0; regions && r < kRegions; ++r) found[r] = found[r] && (*regions)[r];
    }
    const bool all = terms.expert && result_.settings.mean_over_all_disjoint_regions;
    for (std::size_t r = 0; r < kDisjointRegions; ++r) terms.averaged[r] = terms.told[r] && (all || found[r]);
    return terms;
}

PerRegion<std::optional<double>> Study::folds_agree(const SelectedModel& selected) const {
    std::vector<const Runs*> segmentations;
    for (const int fold : selected.folds) {
        const KnownRun* run = known(selected.manifest, fold, kAllContrasts);
        if (run) segmentations.push_back(&run->labels);
    }
    PerRegion<std::optional<double>> means{};
    const std::size_t pairs = segmentations.size() * (segmentations.size() - 1) / 2;
    if (segmentations.size() < 2) return means;
    PerRegion<double> sums{};
    for (std::size_t one = 0; one < segmentations.size(); ++one) {
        for (std::size_t other = 0; other < one; ++other) {
            const auto dice = dice_of_regions(count_overlap_of_runs(*segmentations[one], *segmentations[other]));
            for (std::size_t r = 0; r < kRegions; ++r) sums[r] += dice[r];
        }
    }
    for (std::size_t r = 0; r < kRegions; ++r) means[r] = sums[r] / static_cast<double>(pairs);
    return means;
}

FoldResult Study::fold_result(const SelectedModel& selected, int index, const GameTerms& terms) const {
    FoldResult fold;
    fold.fold = index;
    const FoldModel& file = selected.manifest.folds[static_cast<std::size_t>(index)];
    fold.model_sha256 = file.sha256;
    fold.seen = has_seen(selected.manifest, index, subject_);
    const auto at = known_.find(key(selected.manifest, index, result_.settings));
    if (at == known_.end()) return fold;
    compose_fold(at->second, result_.settings, result_.clinical, terms, fold);
    if (fold.precision.find(precision_of(kEngineProvider)) != std::string::npos) fold.activations = file.activations;
    return fold;
}

void Study::recompose() {
    result_.models.clear();
    // Without an expert's segmentation a region is there when a version of a chosen model finds it; what ran before for
    // other models or settings does not count.
    if (!subject_.reference) result_.region_present = {};
    for (const SelectedModel& selected : models_) {
        ModelResult model;
        model.id = selected.manifest.id;
        model.name = selected.manifest.name;
        model.architecture = selected.manifest.architecture;
        model.terms = model_terms(selected.manifest);
        const GameTerms terms = terms_of(selected);
        for (const int index : selected.folds) {
            FoldResult& fold = model.folds.emplace_back(fold_result(selected, index, terms));
            const bool known = fold.regions[static_cast<std::size_t>(Region::WT)].values[kAllContrasts].has_value();
            for (std::size_t r = 0; !subject_.reference && known && r < kRegions; ++r)
                result_.region_present[r] |= fold.in_reference[r];
        }
        model.held_out_dice = selected.manifest.held_out_dice;
        model.folds_agree = folds_agree(selected);
        compose_summary(result_.clinical, model);
        judge_model(result_, model);
        result_.models.push_back(std::move(model));
    }
    result_.band = compose_band(result_);
    result_.sentence = plain_sentence(result_);
}

// Each model's runs take what its own took so far; a model not begun, what all took on average.
std::optional<double> Study::seconds_left(std::span<const Job> jobs) const {
    Spent all;
    for (const auto& [model, spent] : spent_) {
        all.seconds += spent.seconds;
        all.runs += spent.runs;
    }
    if (all.runs == 0) return std::nullopt;
    double seconds = 0;
    for (const Job& job : jobs) {
        const auto at = spent_.find(job.model);
        const Spent& of_model = at == spent_.end() ? all : at->second;
        seconds += of_model.seconds / of_model.runs;
    }
    return seconds;
}

// `latest`: the job begun last; of no use once none goes on.
void Study::report_progress(const std::vector<Job>& jobs, std::size_t done, std::size_t latest) {
    StudyProgress& progress = result_.progress;
    const bool goes_on = done < jobs.size() && !cancelled_ && running_;
    progress.runs_done = static_cast<int>(done);
    progress.runs_total = static_cast<int>(jobs.size());
    progress.running = goes_on;
    progress.cancelled = cancelled_;
    progress.seconds_spent = runtime_.now() - started_;
    progress.seconds_left.reset();
    progress.now.clear();
    if (goes_on) {
        const Job& job = jobs[latest];
        const ModelManifest& manifest = models_[job.model].manifest;
        progress.now = manifest.name + ", fold " + std::to_string(job.fold + 1) + " of " +
                       std::to_string(manifest.folds.size()) + ": " + coalition_words(job.coalition);
        progress.seconds_left = seconds_left(std::span(jobs).subspan(done));
    }
    recompose();
    events_.on_result(result_);
}

Task<Expected<void>> Study::run(std::vector<SelectedModel> models, StudySettings settings) {
    if (subject_.reference_file && !subject_.reference_file->question.empty())
        co_return fail(subject_.reference_file->question);
    try {
        co_return co_await run_jobs(std::move(models), settings);
    } catch (const std::bad_alloc&) {
        co_return tl::make_unexpected(end_without_memory());
    }
}

// What the run had taken is free again; what is only kept to be quicker goes, too.
Error Study::end_without_memory() {
    running_ = false;
    prepared_.reset();
    absent_ = {};
    absent_key_.clear();
    StudyProgress& progress = result_.progress;
    const std::string at_work = progress.now.substr(0, progress.now.find(':'));  // "Model, fold 1 of 5"
    progress.running = false;
    progress.seconds_left.reset();
    progress.now.clear();
    recompose();
    events_.on_result(result_);
    return no_memory(at_work.empty() ? "The study" : at_work, "run it", "what was computed before is kept");
}

void Study::adopt(std::vector<SelectedModel> models, StudySettings settings) {
    cancelled_ = false;
    models_ = std::move(models);
    result_.settings = settings;
    announce_known();
}

void Study::recall(std::vector<SelectedModel> models, StudySettings settings) {
    adopt(std::move(models), settings);
    show_known();
}

void Study::show_known() {
    const std::size_t of_fold = coalition_order(result_.settings.run_empty_coalition).size();
    int total = 0;
    for (const SelectedModel& selected : models_) total += static_cast<int>(selected.folds.size() * of_fold);
    result_.progress = {};
    result_.progress.runs_total = total;
    result_.progress.runs_done = total - static_cast<int>(open_jobs().size());
    recompose();
    events_.on_result(result_);
}

void Study::follow_arithmetic() {
    if (running_ || models_.empty()) return;
    announce_known();
    show_known();
}

bool Study::fast(const Job& job) const {
    return runs_fast(models_[job.model].manifest, job.fold, result_.settings.precision);
}

// Runs under way share what they are prepared with, and none begins before what it is counted against is known.
bool Study::may_join(const Job& job, std::span<const Flight> flights) const {
    if (flights.empty()) return true;
    const Job& other = flights.front().job;
    const bool counted_against_full = !subject_.reference && job.coalition != kAllContrasts;
    return job.model == other.model && fast(job) == fast(other) &&
           static_cast<int>(flights.size()) < runtime_.at_once(fast(job)) &&
           !(counted_against_full && !known_job({job.model, job.fold, kAllContrasts})) &&
           (job.coalition == kAllContrasts || absent_key(job).empty() || absent_key(job) == absent_key_);
}

bool Study::ranges_settled(const Job& job) const {
    return !fast(job) || case_ranges_.contains(key(models_[job.model].manifest, job.fold, result_.settings));
}

Task<Expected<void>> Study::settle_ranges(const Job& job) {
    const ModelManifest& manifest = models_[job.model].manifest;
    const std::string fold = key(manifest, job.fold, result_.settings);
    const Expected<const Prepared*> prepared = prepared_for(manifest);
    if (!prepared) co_return tl::make_unexpected(prepared.error());
    std::string ranges;
    if (leaves_ranges(manifest, job.fold, **prepared)) {
        Expected<std::string> measured = co_await case_ranges(runtime_, manifest, job.fold, **prepared);
        if (!measured) co_return tl::make_unexpected(measured.error());
        ranges = std::move(*measured);
    }
    case_ranges_[fold] = std::move(ranges);
    co_return Expected<void>{};
}

Expected<void> Study::begin(const Job& job, std::vector<Flight>& flights) {
    const ModelManifest& manifest = models_[job.model].manifest;
    const Expected<const Prepared*> prepared = prepared_for(manifest);
    if (!prepared) return tl::make_unexpected(prepared.error());
    const auto absent = absent_for(job, **prepared);
    if (!absent) return tl::make_unexpected(absent.error());
    const auto ranges = case_ranges_.find(key(manifest, job.fold, result_.settings));
    flights.push_back(
        {job, key(manifest, job.fold, result_.settings),
         segment(runtime_, manifest, job.fold, **prepared, *absent, subject_.grid, job.coalition,
                 result_.settings.precision, image_, ranges == case_ranges_.end() ? std::string() : ranges->second)});
    flights.back().segmentation.start();
    return {};
}

Expected<void> Study::land(Flight flight) {
    Expected<Segmentation> segmentation = flight.segmentation.take();
    if (!segmentation) {
        // A runtime that hears of the cancel before it has begun answers with an error: that is none of the study's.
        if (cancelled_) return {};
        return tl::make_unexpected(segmentation.error());
    }
    if (!segmentation->notice.empty()) add_notice(segmentation->notice);
    if (const auto kept = keep(flight.job, flight.begun_as, std::move(*segmentation)); !kept) return kept;
    // With several under way, a run has taken what passed since the one that ended before it.
    Spent& spent = spent_[flight.job.model];
    const double now = runtime_.now();
    spent.seconds += now - last_landed_;
    last_landed_ = now;
    ++spent.runs;
    ++landed_;
    return {};
}

Task<Expected<void>> Study::run_jobs(std::vector<SelectedModel> models, StudySettings settings) {
    adopt(std::move(models), settings);
    spent_.clear();
    running_ = true;
    started_ = last_landed_ = runtime_.now();
    Expected<void> outcome;
    std::vector<Job> jobs;
    std::size_t left = 0;
    bool nearer = true;
    do {
        const std::string_view begun_in = runtime_.fast_arithmetic();
        jobs = open_jobs();
        outcome = co_await run_in_one_arithmetic(jobs);
        const bool other_arithmetic = runtime_.fast_arithmetic() != begun_in;
        if (other_arithmetic) announce_known();
        left = open_jobs().size();
        nearer = other_arithmetic || left < jobs.size();
    } while (outcome && !cancelled_ && left > 0 && nearer);
    running_ = false;
    report_progress(jobs, landed_, jobs.size());
    co_return outcome;
}

// Ends early where the runtime's fast arithmetic becomes another: what is open is then more than the rest.
Task<Expected<void>> Study::run_in_one_arithmetic(const std::vector<Job>& jobs) {
    const std::string_view begun_in = runtime_.fast_arithmetic();
    landed_ = 0;
    std::vector<Flight> flights;
    flights.reserve(jobs.size());  // a task that was started must not be lost for want of memory
    Expected<void> outcome;
    std::exception_ptr thrown;  // memory has run out, most likely
    std::size_t next = 0;
    const auto goes_on = [&] {
        return next < jobs.size() && !cancelled_ && outcome && !thrown && runtime_.fast_arithmetic() == begun_in;
    };
    do {
        try {
            bool reported = false;
            while (goes_on() && ranges_settled(jobs[next]) && may_join(jobs[next], flights)) {
                report_progress(jobs, landed_, next);
                reported = true;
                outcome = begin(jobs[next++], flights);
            }
            if (!reported && !flights.empty()) report_progress(jobs, landed_, next - 1);
        } catch (...) {
            thrown = std::current_exception();
        }
        // Nothing is under way: what is thrown here leaves nothing behind.
        if (flights.empty() && goes_on() && !ranges_settled(jobs[next])) {
            report_progress(jobs, landed_, next);
            if (const auto settled = co_await settle_ranges(jobs[next]); !settled && !cancelled_) outcome = settled;
        }
        // Whatever has happened, those under way come to their end first: the runtime will answer them.
        if (!flights.empty()) co_await any_done(std::span(flights), &Flight::segmentation);
        for (std::size_t n = 0; n < flights.size();) {
            if (!flights[n].segmentation.done()) {
                ++n;
                continue;
            }
            Flight flight = std::move(flights[n]);
            flights.erase(flights.begin() + static_cast<std::ptrdiff_t>(n));
            try {
                if (const auto landed = land(std::move(flight)); !landed && outcome) outcome = landed;
            } catch (...) {
                thrown = std::current_exception();
            }
        }
    } while (!flights.empty() || goes_on());
    if (thrown) std::rethrow_exception(thrown);
    co_return outcome;
}

void Study::set_clinical_ranking(ClinicalRanking ranking) {
    result_.clinical = std::move(ranking);
    recompose();
    events_.on_result(result_);
}

void Study::add_notice(std::string sentence) {
    if (std::find(result_.notices.begin(), result_.notices.end(), sentence) == result_.notices.end()) {
        result_.notices.push_back(std::move(sentence));
    }
}

}  // namespace shapslice
