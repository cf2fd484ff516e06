#include "intake/assemble_case.h"

#include <algorithm>

#include "intake/domain_checks.h"
#include "intake/sequence_look.h"

namespace shapslice {

namespace {

constexpr double kLeastInBrain = 0.5;  // of the labelled voxels

Expected<void> take_image(Case& subject, std::size_t contrast, NamedImage named, const CaseGrid& to) {
    std::vector<std::string> notes = named.image.notes;
    const Background background = find_background(named.image.volume.voxels, named.image.volume.grid.shape);
    if (!background.exact) {
        subject.shift[contrast] = background.value;
        notes.push_back(named.file_name +
                        ": its background is not exactly 0; it was found from the faces of the volume, " +
                        "and the rest is taken for brain.");
    }
    const auto voxel_size = voxel_size_check(named.file_name, named.image.volume.grid);
    const auto brought = bring_image(named, background, to, notes);
    if (!brought) return tl::make_unexpected(brought.error());
    subject.fit[contrast] = *brought;
    add_notes(subject.notices, named.file_name, notes);
    if (voxel_size) subject.notices.push_back(*voxel_size);
    subject.voxels[contrast] = std::move(named.image.volume.voxels);
    const auto& voxels = subject.voxels[contrast];
    if (std::all_of(voxels.begin(), voxels.end(), [](float v) { return v == 0; })) {
        return fail(named.file_name + (background.exact ? ": every voxel is 0" : ": every voxel has the same value") +
                    "; expected an image with a brain in it.");
    }
    return {};
}

// Share of the labelled voxels where some image has brain; 1 where nothing is labelled.
double share_in_brain(const std::vector<std::uint8_t>& values, const PerContrast<std::vector<float>>& images) {
    std::size_t labelled = 0, inside = 0;
    for (std::size_t n = 0; n < values.size(); ++n) {
        if (values[n] == 0) continue;
        ++labelled;
        inside += std::any_of(images.begin(), images.end(), [n](const auto& image) { return image[n] != 0; });
    }
    return labelled ? static_cast<double>(inside) / static_cast<double>(labelled) : 1;
}

LabelValues values_of(const ReferenceFile& file) {
    LabelValues values;
    values.counts = file.counts;
    return values;
}

void set_labels(Case& subject, const LabelConvention& convention, std::string question) {
    ReferenceFile& file = *subject.reference_file;
    file.convention = convention.id;
    file.question = std::move(question);
    file.tells = convention.tells;
    subject.reference = labels_under(convention, file.values);
}

// Which convention the labels follow. Images that contradict them may themselves have been exchanged: then the labels
// are held against what the images look like, and are asked about only if that contradicts them, too.
LabelGuess guess_labels(const Case& subject, const LabelValues& values) {
    const ReferenceFile& file = *subject.reference_file;
    const auto guess_under = [&](const SequenceOrder& order) {
        return guess_convention(file.name, values,
                                measure_signs(file.values, subject.grid.shape, subject.voxels, order));
    };
    LabelGuess guess = guess_under({0, 1, 2, 3});
    if (guess.question.empty()) return guess;
    const auto statistics = sequence_statistics(subject.voxels, subject.grid);
    if (!statistics) return guess;
    const SequenceLook look = look_at_sequences(*statistics);
    return look.behind > kSequenceDoubt ? guess_under(look.likeliest) : guess;
}

Expected<void> take_segmentation(Case& subject, NamedImage named, const CaseGrid& to, const std::string& convention) {
    std::vector<std::string> notes = named.image.notes;
    const auto brought = bring_labels(named, to, notes);
    if (!brought) return tl::make_unexpected(brought.error());
    auto values = read_label_values(named.file_name, named.image.volume);
    if (!values) return tl::make_unexpected(values.error());
    notes.insert(notes.end(), values->notes.begin(), values->notes.end());
    if (const double share = share_in_brain(values->voxels, subject.voxels); share < kLeastInBrain) {
        return fail(named.file_name + ": only " + std::to_string(static_cast<int>(100 * share)) +
                    " % of its labels lie in the brain of the images; expected a segmentation of this case, on its "
                    "images' grid.");
    }
    subject.reference_file =
        ReferenceFile{named.file_name, std::move(values->voxels), values->counts, "", "", {}, *brought};
    const LabelValues counted = values_of(*subject.reference_file);
    add_notes(subject.notices, named.file_name, notes);
    if (values->counts[0] == subject.grid.size()) {
        subject.notices.push_back({NoticeKind::check, named.file_name,
                                   named.file_name +
                                       ": it has no label at all; expected a tumour. Every Dice against it "
                                       "is 1 where a model finds nothing, and 0 else."});
    }
    if (!convention.empty()) return choose_labels(subject, convention);
    const LabelGuess guess = guess_labels(subject, counted);
    set_labels(subject, *guess.convention, guess.question);
    return {};
}

}  // namespace

Expected<Case> assemble_case(std::string case_name, PerContrast<std::optional<NamedImage>> images,
                             std::optional<NamedImage> segmentation, FileRole* at_work,
                             const std::string& label_convention) {
    Case subject;
    subject.name = std::move(case_name);
    for (std::size_t i = 0; i < kContrasts; ++i) {
        if (!images[i])
            return fail("There is no " + std::string(kContrastTitles[i]) + " image; expected all four contrasts.");
    }
    subject.grid = images[0]->image.volume.grid;
    subject.layout = images[0]->image.layout;
    CaseGrid to{images[0]->file_name, subject.grid, subject.layout, {}};
    for (std::size_t i = 0; i < kContrasts; ++i) {
        if (at_work) *at_work = static_cast<FileRole>(i);
        const auto taken = take_image(subject, i, std::move(*images[i]), to);
        if (!taken) return tl::make_unexpected(taken.error());
        to.voxels = subject.voxels[0];
    }
    if (segmentation) {
        if (at_work) *at_work = FileRole::segmentation;
        const auto taken = take_segmentation(subject, std::move(*segmentation), to, label_convention);
        if (!taken) return tl::make_unexpected(taken.error());
    }
    return subject;
}

Expected<void> choose_labels(Case& subject, std::string_view convention) {
    const LabelConvention* chosen = find_label_convention(convention);
    if (!subject.reference_file) return fail("This case has no segmentation whose labels could be chosen.");
    if (!chosen) return fail("The label convention \"" + std::string(convention) + "\" is not known.");
    if (!has_values(*chosen, values_of(*subject.reference_file))) {
        return fail(subject.reference_file->name + ": it has labels that \"" + std::string(chosen->title) +
                    "\" does not have; choose another convention.");
    }
    set_labels(subject, *chosen, "");
    return {};
}

std::vector<Notice> notices_of(const Case& subject) {
    std::vector<Notice> notices = subject.notices;
    if (!subject.reference_file) return notices;
    const ReferenceFile& file = *subject.reference_file;
    if (!file.question.empty()) {
        notices.push_back({NoticeKind::question, file.name, file.question});
        return notices;
    }
    const LabelConvention* convention = find_label_convention(file.convention);
    if (convention && !convention->remark.empty())
        notices.push_back({NoticeKind::note, file.name, file.name + ": " + std::string(convention->remark)});
    return notices;
}

}  // namespace shapslice
