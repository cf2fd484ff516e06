#include <algorithm>
#include <cctype>
#include <set>
#include <unordered_map>

#include "image/case.h"
#include "intake/candidates.h"
#include "intake/case_list.h"
#include "intake/dataset_file.h"
#include "intake/name_words.h"

namespace shapslice {

namespace {

constexpr std::size_t kMostRows = 300;  // of a table of files
constexpr int kMostFrames = 16;         // of a 4-D file that are offered for roles

// A case in the making: indices of candidates.
struct Group {
    std::vector<std::string> folders;
    std::vector<std::string> who;
    std::vector<std::size_t> members;  // named for a role, or given one
    std::set<FileRole> roles;          // that members are named for
    bool by_number = false;            // told apart by numbers that count series, not patients

    bool has_sequence() const { return !roles.empty() && *roles.begin() < FileRole::segmentation; }
    bool overlaps(const Group& other) const {
        return std::any_of(roles.begin(), roles.end(),
                           [&](FileRole role) { return role != FileRole::segmentation && other.roles.contains(role); });
    }
};

struct Dataset {
    std::vector<std::string> folders;
    DatasetFile file;
};

struct Sorted {
    std::vector<Candidate> images;
    std::vector<Dataset> datasets;
    std::map<std::string, ForeignFiles> foreign;
};

bool starts_with(const std::vector<std::string>& all, const std::vector<std::string>& start) {
    return start.size() <= all.size() && std::equal(start.begin(), start.end(), all.begin());
}

std::size_t shared_start(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin());
}

bool has_digit(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](unsigned char c) { return std::isdigit(c); });
}

std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : std::string(between)) + part;
    return text;
}

// --- files to images --------------------------------------------------------------------------------------------

// The dataset.json that speaks of a file: of the nearest folder above it, else the only one.
const Dataset* dataset_of(const FilePath& path, const std::vector<Dataset>& datasets) {
    const Dataset* best = nullptr;
    for (const Dataset& each : datasets) {
        if (starts_with(path.folders, each.folders) && (!best || each.folders.size() > best->folders.size()))
            best = &each;
    }
    return best || datasets.size() != 1 ? best : &datasets.front();
}

// What dataset.json or the header says of an image whose name tells no role: its sequence, or its volumes.
std::vector<Candidate> by_dataset(Candidate image, const FileEntry& entry, const Dataset* dataset) {
    NameReading& reading = image.reading;
    const auto& channels = dataset ? dataset->file.channels : std::vector<FileRole>{};
    if (reading.channel) {
        const auto n = static_cast<std::size_t>(*reading.channel);
        if (!dataset) {
            image.file.remark = "named by number: dataset.json says which sequence that is. Open it as well, or choose";
        } else if (n < channels.size() && channels[n] != FileRole::unused) {
            reading.role = channels[n];
        } else {
            reading.derived = "not one of the four sequences by dataset.json";
        }
        return {image};
    }
    const int frames = entry.start.frames > 1 ? entry.start.frames
                                              : (entry.start.format.empty() ? static_cast<int>(channels.size()) : 1);
    if (frames <= 1) return {image};
    if (frames > kMostFrames) {
        image.file.remark = "a 4-D file of " + std::to_string(frames) + " volumes";
        return {image};
    }
    std::vector<Candidate> volumes;
    for (int n = 0; n < frames; ++n) {
        Candidate volume = image;
        volume.file.frame = n;
        const bool named = static_cast<std::size_t>(n) < channels.size();
        volume.reading.role = named ? channels[static_cast<std::size_t>(n)] : FileRole::unused;
        volume.file.remark = "volume " + std::to_string(n + 1) + " of " + std::to_string(frames) + " of a 4-D file" +
                             (named ? ", by dataset.json" : "");
        volumes.push_back(std::move(volume));
    }
    return volumes;
}

void count_foreign(Sorted& sorted, const FileEntry& entry, const ForeignFormat& format) {
    ForeignFiles& files = sorted.foreign[format.what];
    if (files.count++ == 0) {
        files.what = format.what;
        files.first = entry.path;
        files.sentence = entry.path + ": this is " + format.what + "; expected NIfTI. " + format.advice;
    }
}

Sorted sort_files(const std::vector<FileEntry>& entries) {
    Sorted sorted;
    std::vector<FilePath> paths;
    std::unordered_map<std::string, std::string> voxels;  // path of an .img by its path without extension
    for (const FileEntry& entry : entries) {
        paths.push_back(take_apart(entry.path));
        const FilePath& path = paths.back();
        const FileKind kind = kind_of(path);
        if (kind == FileKind::dataset) {
            if (auto dataset = read_dataset(entry.text)) sorted.datasets.push_back({path.folders, std::move(*dataset)});
        } else if (kind == FileKind::nifti_voxels) {
            voxels[lower_case(joined(path.folders, "/") + "/" + path.stem)] = entry.path;
        }
    }
    for (std::size_t n = 0; n < entries.size(); ++n) {
        const FileEntry& entry = entries[n];
        const FilePath& path = paths[n];
        const FileKind kind = kind_of(path);
        if (kind == FileKind::foreign || kind == FileKind::archive) {
            const ForeignFormat zip{"an archive", "Unpack it and open its folder."};
            count_foreign(sorted, entry, kind == FileKind::archive ? zip : foreign_format(path));
        } else if (entry.start.format == "dicom") {
            count_foreign(sorted, entry, dicom_format());
        } else if (kind == FileKind::nifti || kind == FileKind::nifti_header ||
                   (kind == FileKind::unknown && entry.start.format == "nifti")) {
            Candidate image;
            image.file.path = entry.path;
            image.path = path;
            image.reading = read_name(path);
            image.modified = entry.modified;
            if (kind == FileKind::nifti_header) {
                const auto at = voxels.find(lower_case(joined(path.folders, "/") + "/" + path.stem));
                if (at != voxels.end()) image.file.image_path = at->second;
            }
            if (image.reading.role != FileRole::unused || !image.reading.derived.empty()) {
                sorted.images.push_back(std::move(image));
                continue;
            }
            for (Candidate& each : by_dataset(std::move(image), entry, dataset_of(path, sorted.datasets)))
                sorted.images.push_back(std::move(each));
        }
    }
    return sorted;
}

// The user's roles, by key, or by bare name where only one file has it.
void take_user_words(std::vector<Candidate>& images, const std::map<std::string, FileRole>& roles) {
    if (roles.empty()) return;
    std::unordered_map<std::string, int> bare;
    for (const Candidate& each : images) ++bare[each.path.name];
    for (Candidate& each : images) {
        const auto by_key = roles.find(each.file.key());
        const auto by_name = bare[each.path.name] == 1 ? roles.find(each.path.name) : roles.end();
        if (by_key != roles.end()) {
            each.word = by_key->second;
        } else if (by_name != roles.end()) {
            each.word = by_name->second;
        }
    }
}

// --- images to groups -------------------------------------------------------------------------------------------

bool claims(const Candidate& image) {
    return image.reading.role != FileRole::unused && image.reading.derived.empty();
}

void add_member(Group& group, std::size_t n, const Candidate& image) {
    group.members.push_back(n);
    if (claims(image)) group.roles.insert(image.reading.role);
}

std::vector<Group> group_images(const std::vector<Candidate>& images) {
    std::vector<Group> groups;
    std::map<std::pair<std::vector<std::string>, std::vector<std::string>>, std::size_t> known;
    for (std::size_t n = 0; n < images.size(); ++n) {
        if (!claims(images[n])) continue;
        std::vector<std::string> folders;
        for (const std::string& folder : images[n].reading.case_folders) folders.push_back(lower_case(folder));
        const auto [at, fresh] = known.try_emplace({folders, images[n].reading.who}, groups.size());
        if (fresh) groups.push_back({folders, images[n].reading.who, {}, {}, false});
        add_member(groups[at->second], n, images[n]);
    }
    return groups;
}

void merge_into(Group& to, Group& from) {
    to.members.insert(to.members.end(), from.members.begin(), from.members.end());
    to.roles.insert(from.roles.begin(), from.roles.end());
    from.members.clear();
    from.roles.clear();
}

void drop_empty(std::vector<Group>& groups) {
    std::erase_if(groups, [](const Group& group) { return group.members.empty(); });
}

// "1_T1", "2_T1GD", "3_T2": numbers of series tell no patients apart. So are the files of one folder one case where
// each stands alone and none for the same role.
void merge_series(std::vector<Group>& groups, const std::vector<Candidate>& images) {
    std::map<std::vector<std::string>, std::vector<Group*>> by_folder;
    for (Group& group : groups) by_folder[group.folders].push_back(&group);
    for (auto& [folder, those] : by_folder) {
        std::set<FileRole> roles;
        const bool counted = std::all_of(those.begin(), those.end(), [&](const Group* group) {
            const bool number = group->who.size() == 1 && group->who[0].size() <= 4 &&
                                std::all_of(group->who[0].begin(), group->who[0].end(),
                                            [](unsigned char c) { return std::isdigit(c); });
            return group->members.size() == 1 && (number || images[group->members[0]].reading.who_behind) &&
                   roles.insert(*group->roles.begin()).second;
        });
        if (!counted || those.size() < 3) continue;
        for (std::size_t n = 1; n < those.size(); ++n) merge_into(*those[0], *those[n]);
        those[0]->who.clear();
        those[0]->by_number = true;
    }
    drop_empty(groups);
}

// "P001_BraTS_seg": a word without digits behind the identifier is a rater's or a program's, where there are images of
// the identifier alone.
void cut_raters(std::vector<Group>& groups) {
    std::set<std::vector<std::string>> of_images;
    for (const Group& group : groups) {
        if (group.has_sequence()) of_images.insert(group.who);
    }
    for (Group& group : groups) {
        if (group.has_sequence() || of_images.contains(group.who)) continue;
        std::vector<std::string> who = group.who;
        while (who.size() > 1 && !has_digit(who.back()) && !of_images.contains(who)) who.pop_back();
        if (of_images.contains(who)) group.who = who;
    }
}

// Files of one identifier in several folders are one case where none of them has what another has: "imagesTr" and
// "labelsTr", a folder for each sequence. A segmentation goes to the images whose folder is nearest.
void merge_same_owner(std::vector<Group>& groups) {
    std::map<std::vector<std::string>, std::vector<Group*>> by_owner;
    for (Group& group : groups) {
        if (std::any_of(group.who.begin(), group.who.end(), has_digit) || group.who.size() > 1)
            by_owner[group.who].push_back(&group);
    }
    for (auto& [who, those] : by_owner) {
        std::stable_sort(those.begin(), those.end(),
                         [](const Group* a, const Group* b) { return a->roles.size() > b->roles.size(); });
        for (Group* part : those) {
            Group* host = nullptr;
            std::size_t nearest = 0;
            bool tied = false;
            for (Group* other : those) {
                if (other == part || other->members.empty() || part->members.empty()) continue;
                if (!other->has_sequence() || other->overlaps(*part)) continue;
                if (part->has_sequence() && other->roles.size() < part->roles.size()) continue;
                const std::size_t shared = shared_start(other->folders, part->folders);
                tied = host && shared == nearest;
                if (!host || shared > nearest) {
                    host = other;
                    nearest = shared;
                }
            }
            if (host && !tied) merge_into(*host, *part);
        }
    }
    drop_empty(groups);
}

bool below(const std::vector<std::string>& folder, const std::vector<std::string>& above) {
    return starts_with(folder, above) &&
           std::none_of(folder.begin() + static_cast<std::ptrdiff_t>(above.size()), folder.end(), has_digit);
}

// Files without an identifier belong to the only case of their folder, and so does the only segmentation with an
// identifier beside images that have none.
void merge_nameless(std::vector<Group>& groups) {
    for (Group& part : groups) {
        if (part.members.empty()) continue;
        Group* host = nullptr;
        std::size_t hosts = 0;
        std::size_t deepest = 0;
        for (Group& other : groups) {
            if (&other == &part || other.members.empty() || !other.has_sequence()) continue;
            if (!part.who.empty() && (!other.who.empty() || part.has_sequence())) continue;
            const bool near = part.has_sequence() ? part.folders == other.folders : below(part.folders, other.folders);
            if (!near || other.folders.size() + 1 < deepest) continue;
            if (other.folders.size() + 1 > deepest) hosts = 0;
            deepest = other.folders.size() + 1;
            host = &other;
            ++hosts;
        }
        if (hosts == 1 && !host->overlaps(part) && (part.who.empty() || host->roles.size() >= part.roles.size()))
            merge_into(*host, part);
    }
    drop_empty(groups);
}

std::vector<Group> make_groups(const std::vector<Candidate>& images, bool all_together) {
    if (all_together) {
        Group all;
        for (std::size_t n = 0; n < images.size(); ++n) {
            if (claims(images[n])) add_member(all, n, images[n]);
        }
        return all.members.empty() ? std::vector<Group>{} : std::vector{all};
    }
    std::vector<Group> groups = group_images(images);
    merge_series(groups, images);
    cut_raters(groups);
    merge_same_owner(groups);
    merge_nameless(groups);
    return groups;
}

// --- groups to cases --------------------------------------------------------------------------------------------

// Where images without a role, derived ones, and segmentations of other identifiers are listed: with the cases of
// their identifier, else of their folder, else with the only case.
std::vector<std::size_t> hosts_of(const Candidate& image, const std::vector<Group>& groups) {
    std::vector<std::string> folders;
    for (const std::string& folder : image.reading.case_folders) folders.push_back(lower_case(folder));
    std::vector<std::size_t> same_owner, same_folder, above;
    for (std::size_t g = 0; g < groups.size(); ++g) {
        if (!image.reading.who.empty() && groups[g].who == image.reading.who) same_owner.push_back(g);
        if (groups[g].folders == folders) same_folder.push_back(g);
        if (starts_with(folders, groups[g].folders)) above.push_back(g);
    }
    if (!same_owner.empty()) return same_owner;
    if (!same_folder.empty()) return same_folder;
    if (!above.empty()) return above;
    return groups.size() == 1 ? std::vector<std::size_t>{0} : std::vector<std::size_t>{};
}

// Segmentations of an identifier without images are no cases where there are images: they are offered to those.
std::vector<Group> take_strangers(std::vector<Group>& groups) {
    const bool any_images = std::any_of(groups.begin(), groups.end(), [](const Group& g) { return g.has_sequence(); });
    std::vector<Group> strangers;
    if (!any_images) return strangers;
    for (Group& group : groups) {
        if (!group.has_sequence()) strangers.push_back(std::move(group));
    }
    std::erase_if(groups, [](const Group& group) { return group.members.empty() || !group.has_sequence(); });
    return strangers;
}

struct Draft {
    FoundCase found;
    std::vector<Candidate> candidates;
};

std::string first_of(const std::vector<Candidate>& candidates, std::string NameReading::* field) {
    for (const Candidate& each : candidates) {
        if (!(each.reading.*field).empty()) return each.reading.*field;
    }
    return "";
}

void name_case(Draft& draft, bool nameless) {
    FoundCase& found = draft.found;
    if (draft.candidates.empty()) return;
    std::vector<std::string> folders = draft.candidates.front().reading.case_folders;
    for (const Candidate& each : draft.candidates) {
        if (each.reading.case_folders.size() > folders.size()) folders = each.reading.case_folders;
    }
    found.folder = joined(folders, "/");
    std::string title;
    if (!nameless) {
        found.identifier = first_of(draft.candidates, &NameReading::identifier);
        title = first_of(draft.candidates, &NameReading::title);
    }
    found.visit = first_of(draft.candidates, &NameReading::visit);
    if (found.visit.empty() && !folders.empty()) {
        const auto words = words_of(folders.back());
        if (std::any_of(words.begin(), words.end(), [](const Word& w) { return w.meaning == Meaning::visit; }))
            found.visit = folders.back();
    }
    if (title.empty()) title = found.identifier;
    const std::size_t shown = std::min<std::size_t>(folders.size(), 2);
    const std::vector<std::string> last(folders.end() - static_cast<std::ptrdiff_t>(shown), folders.end());
    if (title.empty()) title = joined(last, "/");
    if (title.empty()) {
        std::vector<std::string> names;
        for (const Candidate& each : draft.candidates) names.push_back(each.path.name);
        title = common_case_name(names);
        // Names that share nothing give the first file's, and that is one sequence's.
        if (names.size() > 1 && names.front().starts_with(title + ".")) title = "case";
    }
    found.name = title;
}

// Names that several cases share get their folder before them, then a number.
void tell_names_apart(std::vector<Draft>& drafts) {
    for (const bool numbers : {false, true}) {
        std::map<std::string, int> count, seen;
        for (const Draft& draft : drafts) ++count[draft.found.name];
        for (Draft& draft : drafts) {
            const std::string name = draft.found.name;
            if (count[name] < 2) continue;
            if (!numbers && !draft.found.folder.empty() && draft.found.folder != name) {
                draft.found.name = draft.found.folder + "/" + name;
            } else if (numbers) {
                draft.found.name = name + " [" + std::to_string(++seen[name]) + "]";
            }
        }
    }
}

std::vector<Draft> draft_cases(const std::vector<Candidate>& images, std::vector<Group> groups) {
    const std::vector<Group> strangers = take_strangers(groups);
    std::vector<Draft> drafts(groups.size());
    std::vector<bool> placed(images.size(), false);
    for (std::size_t g = 0; g < groups.size(); ++g) {
        for (const std::size_t n : groups[g].members) {
            drafts[g].candidates.push_back(images[n]);
            placed[n] = true;
        }
        name_case(drafts[g], groups[g].by_number);
        if (groups[g].by_number) {
            for (Candidate& each : drafts[g].candidates) each.file.remark = "its number is taken as a series' number";
        }
    }
    for (const Group& group : strangers) {
        for (const std::size_t n : group.members) {
            placed[n] = true;
            for (const std::size_t g : hosts_of(images[n], groups)) {
                Candidate stranger = images[n];
                stranger.stranger = true;
                stranger.file.mark = FoundFile::Mark::question;
                stranger.file.remark =
                    "named for " + (stranger.reading.identifier.empty() ? "no case" : stranger.reading.identifier) +
                    ", not for " + drafts[g].found.name + ": is it of this case? Choose its role if so";
                drafts[g].candidates.push_back(std::move(stranger));
            }
        }
    }
    if (drafts.empty() && !images.empty()) {  // nothing is known of any: one table for all
        drafts.emplace_back();
        drafts[0].candidates.assign(images.begin(),
                                    images.begin() + static_cast<std::ptrdiff_t>(std::min(images.size(), kMostRows)));
        name_case(drafts[0], true);
        return drafts;
    }
    for (std::size_t n = 0; n < images.size(); ++n) {
        if (placed[n]) continue;
        for (const std::size_t g : hosts_of(images[n], groups)) {
            if (drafts[g].candidates.size() < kMostRows || images[n].word) drafts[g].candidates.push_back(images[n]);
        }
    }
    return drafts;
}

// The case that the user's words are about: the one asked for, else the one with most of the files they name.
std::optional<std::size_t> wanted_case(const std::vector<Draft>& drafts, const std::string& chosen) {
    for (std::size_t n = 0; n < drafts.size(); ++n) {
        if (!chosen.empty() && drafts[n].found.name == chosen) return n;
    }
    std::optional<std::size_t> best;
    std::ptrdiff_t most = 0;
    for (std::size_t n = 0; n < drafts.size(); ++n) {
        const auto words = std::count_if(drafts[n].candidates.begin(), drafts[n].candidates.end(),
                                         [](const auto& each) { return each.word && *each.word != FileRole::unused; });
        if (words > most) best = n;
        most = std::max<std::ptrdiff_t>(most, words);
    }
    return best;
}

// A file that the user gave a role is of the case that the user speaks of, whatever its name says.
void bring_words_together(std::vector<Draft>& drafts, std::size_t wanted) {
    std::set<std::string> there;
    for (const Candidate& each : drafts[wanted].candidates) there.insert(each.file.key());
    for (std::size_t n = 0; n < drafts.size(); ++n) {
        if (n == wanted) continue;
        for (const Candidate& each : drafts[n].candidates) {
            if (each.word && *each.word != FileRole::unused && there.insert(each.file.key()).second)
                drafts[wanted].candidates.push_back(each);
        }
    }
}

bool is_read(const FoundFile& file) {
    return file.role != FileRole::unused;
}

std::string missing_sentence(const FoundCase& found) {
    std::string missing, read;
    for (const FileRole role : found.missing) {
        if (role != FileRole::segmentation) missing += (missing.empty() ? "" : ", ") + role_title(role);
    }
    if (missing.empty()) return "";
    bool by_number = false;
    bool volumes = false;
    std::string four_d;
    for (const FoundFile& file : found.files) {
        if (is_read(file)) read += (read.empty() ? "" : ", ") + file.key();
        if (is_read(file)) continue;
        by_number = by_number || file.remark.starts_with("named by number");
        volumes = volumes || file.frame >= 0;
        if (file.frame >= 0 || file.remark.starts_with("a 4-D file")) four_d = file.path;
    }
    std::string sentence = "No file was recognised as " + missing +
                           "; expected one file for each of T1c, T1n, T2-FLAIR and T2w" +
                           (read.empty() ? ". " : " (read: " + read + "). ");
    if (!four_d.empty())
        sentence += four_d + " is 4-D: it holds several volumes" +
                    std::string(volumes ? ", and the dataset.json that came with it names them. Open both, or "
                                        : ". Open one 3-D file for each sequence, or ");
    if (by_number) sentence += "nnU-Net's numbers are named by its dataset.json: open it as well, or ";
    sentence += four_d.empty() && !by_number ? "Correct the roles in the table of files."
                                             : "choose the roles in the table of files.";
    return sentence;
}

// A file whose variant is not that of the other sequences is said to be so.
void mark_mixture(std::vector<Candidate>& candidates) {
    for (Candidate& each : candidates) {
        if (each.file.role >= FileRole::segmentation || each.word || each.file.mark != FoundFile::Mark::none) continue;
        const auto processed = !each.reading.variant.empty() || each.reading.whole_head;
        if (!processed) continue;
        const bool alone = std::none_of(candidates.begin(), candidates.end(), [&](const Candidate& other) {
            return &other != &each && other.file.role < FileRole::segmentation &&
                   other.reading.variant == each.reading.variant;
        });
        if (!alone) continue;
        each.file.mark = FoundFile::Mark::chosen;
        each.file.remark = "the other sequences are of another variant";
    }
}

FoundCase finish_case(Draft draft) {
    std::stable_sort(draft.candidates.begin(), draft.candidates.end(),
                     [](const Candidate& a, const Candidate& b) { return a.file.path < b.file.path; });
    const std::vector<std::string> questions = choose_files(draft.candidates);
    mark_mixture(draft.candidates);
    FoundCase found = std::move(draft.found);
    std::set<FileRole> there;
    for (Candidate& each : draft.candidates) {
        if (each.word && each.word != FileRole::unused) each.file.mark = FoundFile::Mark::none;
        there.insert(each.file.role);
        found.files.push_back(std::move(each.file));
    }
    for (const FileRole role : {FileRole::t1c, FileRole::t1n, FileRole::t2f, FileRole::t2w, FileRole::segmentation}) {
        if (!there.contains(role)) found.missing.push_back(role);
    }
    found.refusal = questions.empty() ? missing_sentence(found) : questions.front();
    return found;
}

// "P001 (no T2w, no expert segmentation)"
std::string case_words(const FoundCase& found) {
    std::string lacks;
    for (const FileRole role : found.missing) {
        const std::string title = role == FileRole::segmentation ? "expert segmentation" : role_title(role);
        lacks += (lacks.empty() ? "no " : ", no ") + title;
    }
    return found.name + (lacks.empty() ? "" : " (" + lacks + ")");
}

std::string several_cases(const std::vector<FoundCase>& cases) {
    constexpr std::size_t kNamed = 6;
    std::string names;
    for (std::size_t n = 0; n < std::min(cases.size(), kNamed); ++n)
        names += (names.empty() ? "" : "; ") + case_words(cases[n]);
    if (cases.size() > kNamed) names += "; and " + std::to_string(cases.size() - kNamed) + " more";
    return "These files are of " + std::to_string(cases.size()) + " cases: " + names +
           ". Choose one of them in the list of cases.";
}

std::string no_image(const CaseList& list, const std::vector<FileEntry>& files) {
    std::string sentence;
    for (const ForeignFiles& each : list.foreign) {
        sentence = each.sentence;
        if (each.count > 1) sentence += " " + std::to_string(each.count - 1) + " more are like it.";
    }
    if (!sentence.empty()) return sentence;
    const std::string subject = files.empty() ? "There is no file" : files.front().path + ": there is no image";
    return subject + "; expected NIfTI files (.nii, .nii.gz, or .hdr with .img) of one case.";
}

}  // namespace

CaseList find_cases(const CaseRequest& request) {
    CaseList list;
    Sorted sorted = sort_files(request.files);
    take_user_words(sorted.images, request.roles);
    for (auto& [what, files] : sorted.foreign) list.foreign.push_back(std::move(files));
    std::stable_sort(list.foreign.begin(), list.foreign.end(),
                     [](const auto& a, const auto& b) { return a.count < b.count; });
    const bool all_together = request.chosen == kAllTogether;
    std::vector<Draft> drafts = draft_cases(sorted.images, make_groups(sorted.images, all_together));
    std::stable_sort(drafts.begin(), drafts.end(),
                     [](const Draft& a, const Draft& b) { return a.found.name < b.found.name; });
    tell_names_apart(drafts);
    const auto wanted =
        all_together && !drafts.empty() ? std::optional<std::size_t>(0) : wanted_case(drafts, request.chosen);
    if (wanted) bring_words_together(drafts, *wanted);
    for (Draft& draft : drafts) {
        const Dataset* dataset =
            draft.candidates.empty() ? nullptr : dataset_of(draft.candidates.front().path, sorted.datasets);
        list.cases.push_back(finish_case(std::move(draft)));
        if (dataset) list.cases.back().label_names = dataset->file.label_names;
    }
    if (wanted) {
        list.chosen = wanted;
    } else if (list.cases.size() == 1) {
        list.chosen = 0;
    }
    if (!request.chosen.empty() && !all_together && (!wanted || list.cases[*wanted].name != request.chosen)) {
        list.chosen.reset();
        list.refusal = "There is no case named " + request.chosen + " among these files.";
    } else if (list.cases.empty()) {
        list.refusal = no_image(list, request.files);
    } else if (!list.chosen) {
        list.refusal = several_cases(list.cases);
    }
    return list;
}

std::string refusal_of(const CaseList& list) {
    return list.chosen ? list.cases[*list.chosen].refusal : list.refusal;
}

}  // namespace shapslice
