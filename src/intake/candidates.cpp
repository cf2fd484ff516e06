#include "intake/candidates.h"

#include <algorithm>
#include <tuple>

#include "base/terms.h"

namespace shapslice {

namespace {

constexpr double kNewer = 60'000;  // ms: files copied or unpacked together differ by less, and that says nothing

using Several = std::vector<Candidate*>;

// Images of one variant belong together.
struct Variant {
    std::vector<std::string> words;
    std::string target;
    bool stripped = false;
    bool whole_head = false;
    bool operator==(const Variant&) const = default;
};

Variant variant_of(const Candidate& candidate) {
    const NameReading& r = candidate.reading;
    return {r.variant, r.target, r.stripped, r.whole_head};
}

// Smaller is better.
using Order = std::tuple<int, int, int, int, std::size_t>;

Order order_of(const Variant& variant, int sequences) {
    return {-sequences, variant.target.empty() ? 1 : 0, variant.stripped ? 0 : 1, variant.whole_head ? 1 : 0,
            variant.words.size()};
}

// The files of a role under a variant. An image that others were brought to has no copy of its own: it counts as one
// of theirs.
Several files_under(const Variant& variant, FileRole role, const Several& named, bool as_reference) {
    Several found;
    for (Candidate* each : named) {
        if (variant_of(*each) == variant) found.push_back(each);
    }
    if (!found.empty() || variant.target.empty()) return found;
    if (variant.target != role_name(role) && !as_reference) return found;
    for (Candidate* each : named) {
        Variant own = variant_of(*each);
        if (!own.target.empty()) continue;
        own.target = variant.target;
        if (own == variant) found.push_back(each);
    }
    return found;
}

struct VariantFiles {
    Variant variant;
    PerContrast<Several> files;
    int sequences = 0;
};

VariantFiles under(const Variant& variant, const PerContrast<Several>& named) {
    VariantFiles found{variant, {}, 0};
    for (std::size_t i = 0; i < kContrasts; ++i) {
        found.files[i] = files_under(variant, static_cast<FileRole>(i), named[i], false);
        found.sequences += found.files[i].empty() ? 0 : 1;
    }
    if (found.sequences != static_cast<int>(kContrasts) - 1) return found;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        if (!found.files[i].empty()) continue;
        found.files[i] = files_under(variant, static_cast<FileRole>(i), named[i], true);
        found.sequences += found.files[i].empty() ? 0 : 1;
    }
    return found;
}

// All variants, the best first.
std::vector<VariantFiles> variants_of(const PerContrast<Several>& named) {
    std::vector<VariantFiles> all;
    for (const Several& of_role : named) {
        for (const Candidate* each : of_role) {
            const Variant variant = variant_of(*each);
            const bool known =
                std::any_of(all.begin(), all.end(), [&](const VariantFiles& v) { return v.variant == variant; });
            if (!known) all.push_back(under(variant, named));
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const VariantFiles& a, const VariantFiles& b) {
        return order_of(a.variant, a.sequences) < order_of(b.variant, b.sequences);
    });
    return all;
}

// The newest of files that nothing else tells apart, or null.
Candidate* newest(const Several& files) {
    Candidate* best = files.front();
    for (Candidate* each : files) {
        if (!each->modified) return files.size() == 1 ? each : nullptr;
        if (*each->modified > *best->modified) best = each;
    }
    for (Candidate* each : files) {
        if (each != best && *best->modified - *each->modified < kNewer) return nullptr;
    }
    return best;
}

// The better of two variants' ways of being an image, in words.
std::string reason(const Candidate& taken, const Candidate& other, int sequences_taken, int sequences_other) {
    const Variant a = variant_of(taken);
    const Variant b = variant_of(other);
    if (a == b) return "it is the newer";
    if (sequences_taken > sequences_other) return "its variant is there for more sequences";
    if (a.target.empty() != b.target.empty())
        return a.target.empty() ? "the others were registered to it" : "it is registered";
    if (a.stripped != b.stripped) return "it is skull-stripped";
    if (a.whole_head != b.whole_head) return "it is skull-stripped";
    return b.words.empty() ? "its variant is there for more sequences"
                           : "the other is a processed variant (" + b.words.front() + ")";
}

std::string names_of(const Several& files) {
    std::string names;
    for (const Candidate* each : files) names += (names.empty() ? "" : ", ") + each->file.key();
    return names;
}

void link(const Several& named, FileRole role, Candidate* taken) {
    for (Candidate* each : named) {
        for (const Candidate* other : named) {
            if (other != each) each->file.instead.push_back(other->file.key());
        }
        if (each == taken) continue;
        if (each->file.remark.empty()) each->file.remark = "also named as " + role_title(role);
    }
}

std::string ask(const Several& equal, const Several& named, FileRole role) {
    for (Candidate* each : equal) {
        each->file.mark = FoundFile::Mark::question;
        each->file.remark = "which is " + role_title(role) + "? Nothing in the names decides";
    }
    link(named, role, nullptr);
    return names_of(equal) + ": " + (equal.size() == 2 ? "both are" : "all are") + " named as " + role_title(role) +
           ", and neither names nor dates say which to take; choose the one in the table of files.";
}

void take(Candidate& taken, const Several& named, FileRole role, const std::string& why) {
    taken.file.role = role;
    if (named.size() > 1) {
        Several others;
        for (Candidate* each : named) {
            if (each != &taken) others.push_back(each);
        }
        taken.file.mark = FoundFile::Mark::chosen;
        taken.file.remark = "taken as " + role_title(role) + " before " + names_of(others) + ": " + why;
    }
    link(named, role, &taken);
}

int sequences_of(const std::vector<VariantFiles>& variants, const Candidate& candidate) {
    for (const VariantFiles& each : variants) {
        if (each.variant == variant_of(candidate)) return each.sequences;
    }
    return 0;
}

// The file of one sequence; what must be asked, or "".
std::string choose_sequence(std::size_t i, const Several& named, const std::vector<VariantFiles>& variants) {
    const auto role = static_cast<FileRole>(i);
    // The best variant that has the sequence; others of the same standing are as good.
    const VariantFiles* best = nullptr;
    Several equal;
    for (const VariantFiles& each : variants) {
        if (each.files[i].empty()) continue;
        if (!best) best = &each;
        if (order_of(each.variant, each.sequences) != order_of(best->variant, best->sequences)) continue;
        for (Candidate* file : each.files[i]) {
            if (std::find(equal.begin(), equal.end(), file) == equal.end()) equal.push_back(file);
        }
    }
    if (!best) return "";
    const bool one_variant = std::all_of(equal.begin(), equal.end(),
                                         [&](Candidate* each) { return variant_of(*each) == variant_of(*equal[0]); });
    Candidate* taken = one_variant ? newest(equal) : nullptr;
    if (!taken) return ask(equal, named, role);
    const Candidate* other = nullptr;
    for (const Candidate* each : named) {
        if (each != taken && (!other || sequences_of(variants, *each) > sequences_of(variants, *other))) other = each;
    }
    take(*taken, named, role,
         other ? reason(*taken, *other, best->sequences, sequences_of(variants, *other)) : std::string());
    return "";
}

std::size_t shared_folders(const FilePath& a, const FilePath& b) {
    const auto end = std::mismatch(a.folders.begin(), a.folders.end(), b.folders.begin(), b.folders.end()).first;
    return static_cast<std::size_t>(end - a.folders.begin());
}

using Standing = std::tuple<int, int, int, int, int, int, std::size_t>;

Standing standing_of(const Candidate& segmentation, const Candidate* image) {
    const NameReading& r = segmentation.reading;
    const std::string wanted = image ? image->reading.target : "";
    const bool drawn_on_t1c = r.on == FileRole::t1c || r.on == FileRole::unused;
    return {r.standing == 0 ? 0 : 1,
            r.standing == 2 ? 1 : 0,
            r.target == wanted ? 0 : (r.target.empty() ? 1 : 2),
            image ? -static_cast<int>(shared_folders(segmentation.path, image->path)) : 0,
            r.standing,
            drawn_on_t1c ? 0 : 1,
            r.variant.size()};
}

std::string choose_segmentation(const Several& named, const Candidate* image) {
    Several equal;
    for (Candidate* each : named) {
        if (!equal.empty() && standing_of(*each, image) > standing_of(*equal[0], image)) continue;
        if (!equal.empty() && standing_of(*each, image) < standing_of(*equal[0], image)) equal.clear();
        equal.push_back(each);
    }
    Candidate* taken = newest(equal);
    if (!taken) return ask(equal, named, FileRole::segmentation);
    const std::string why = equal.size() > 1               ? "it is the newer"
                            : taken->reading.standing == 0 ? "its name says that it is the corrected or final one"
                            : taken->reading.standing == 1 ? "it is named as the segmentation of these images"
                                                           : "it lies beside these images";
    take(*taken, named, FileRole::segmentation, why);
    return "";
}

// The user's word for each role; all that is named for a role that is settled so steps back.
void take_words(std::vector<Candidate>& candidates) {
    for (Candidate& each : candidates) {
        if (!each.word) continue;
        each.file.role = *each.word;
        if (*each.word == FileRole::unused) continue;
        for (Candidate& other : candidates) {  // the last word counts
            if (&other != &each && other.word == each.word && &other < &each) {
                other.word = FileRole::unused;
                other.file.role = FileRole::unused;
            }
        }
    }
}

Several named_for(FileRole role, std::vector<Candidate>& candidates, bool& settled) {
    Several named;
    settled = false;
    for (Candidate& each : candidates) {
        if (each.word == role) settled = true;
    }
    for (Candidate& each : candidates) {
        const bool by_name = each.reading.role == role && each.reading.derived.empty() && !each.stranger;
        if (each.word == role || (by_name && (settled || !each.word))) named.push_back(&each);
    }
    return named;
}

}  // namespace

std::string role_title(FileRole role) {
    if (role == FileRole::segmentation) return "the expert segmentation";
    return role == FileRole::unused ? "unused" : std::string(kContrastTitles[static_cast<std::size_t>(role)]);
}

std::vector<std::string> choose_files(std::vector<Candidate>& candidates) {
    take_words(candidates);
    for (Candidate& each : candidates) {
        if (each.reading.derived.empty()) each.file.named = each.reading.role;
        if (each.word || each.reading.derived.empty()) continue;
        each.file.remark = each.reading.derived;
    }
    PerContrast<Several> open;  // sequences that the user has not settled
    std::vector<std::string> questions;
    for (std::size_t i = 0; i < kContrasts; ++i) {
        bool settled = false;
        Several named = named_for(static_cast<FileRole>(i), candidates, settled);
        if (settled) {
            const auto chosen = std::find_if(named.begin(), named.end(), [&](const Candidate* each) {
                return each->word == static_cast<FileRole>(i);
            });
            link(named, static_cast<FileRole>(i), *chosen);
        } else {
            open[i] = std::move(named);
        }
    }
    const std::vector<VariantFiles> variants = variants_of(open);
    for (std::size_t i = 0; i < kContrasts; ++i) {
        if (open[i].empty()) continue;
        const std::string question = choose_sequence(i, open[i], variants);
        if (!question.empty()) questions.push_back(question);
    }
    bool settled = false;
    const Several named = named_for(FileRole::segmentation, candidates, settled);
    const Candidate* image = nullptr;
    for (const Candidate& each : candidates) {
        if (each.file.role < FileRole::segmentation && (!image || !each.reading.target.empty())) image = &each;
    }
    if (settled) {
        const auto chosen = std::find_if(named.begin(), named.end(),
                                         [](const Candidate* each) { return each->word == FileRole::segmentation; });
        link(named, FileRole::segmentation, *chosen);
    } else if (!named.empty()) {
        const std::string question = choose_segmentation(named, image);
        if (!question.empty()) questions.push_back(question);
    }
    return questions;
}

}  // namespace shapslice
