#include "intake/name_reading.h"

#include <algorithm>

#include "intake/name_words.h"

namespace shapslice {

namespace {

bool is_sequence(Meaning meaning) {
    return meaning == Meaning::t1 || meaning == Meaning::t2 || meaning == Meaning::flair;
}

bool is_labels(Meaning meaning) {
    return meaning == Meaning::label_map || meaning == Meaning::mask;
}

bool has(const std::vector<Word>& words, Meaning meaning) {
    return std::any_of(words.begin(), words.end(), [&](const Word& word) { return word.meaning == meaning; });
}

// The role of the sequence that words name, the last of T1 and T2; unused where they name none.
FileRole sequence_of(const std::vector<Word>& words) {
    if (has(words, Meaning::flair)) return FileRole::t2f;
    FileRole role = FileRole::unused;
    for (const Word& word : words) {
        if (word.meaning == Meaning::t1) role = FileRole::t1n;
        if (word.meaning == Meaning::t2) role = FileRole::t2w;
    }
    if (role == FileRole::t1n && has(words, Meaning::agent) && !has(words, Meaning::native)) return FileRole::t1c;
    return role;
}

// "sub-01": BIDS, whose entities are pairs of a word and its value.
bool is_bids(const std::vector<Word>& words) {
    return words.size() > 1 && words[0].text == "sub" && words[0].begin == 0;
}

// Words whose meaning depends on their neighbours get it.
void settle_neighbours(std::vector<Word>& words) {
    for (std::size_t n = 0; n < words.size(); ++n) {
        Word& word = words[n];
        const Meaning next = n + 1 < words.size() ? words[n + 1].meaning : Meaning::unknown;
        const Meaning before = n > 0 ? words[n - 1].meaning : Meaning::unknown;
        const bool prefix = word.text == "pre" || word.text == "post";
        if (prefix && next == Meaning::operation) {
            word.meaning = words[n + 1].meaning = Meaning::visit;
        } else if (word.meaning == Meaning::agent && before == Meaning::negation) {
            word.meaning = Meaning::native;  // "without contrast"
        } else if (word.meaning == Meaning::negation && before == Meaning::agent) {
            words[n - 1].meaning = Meaning::native;  // "ce-none"
        } else if (word.meaning == Meaning::unknown && before == Meaning::t1 &&
                   (word.text == "c" || word.text == "n")) {
            word.meaning = word.text == "c" ? Meaning::agent : Meaning::native;  // "T1_C", "T1+C"
        } else if (word.meaning == Meaning::number && word.text != "2" && before == Meaning::visit) {
            word.meaning = Meaning::visit;  // "week-040"
        } else if (word.text == "2" && word.meaning == Meaning::target && !(is_sequence(next) && n > 0)) {
            word.meaning = before == Meaning::visit ? Meaning::visit : Meaning::number;  // no "flair_2_t1"
        }
        if (word.meaning == Meaning::number && before == Meaning::visit) word.meaning = Meaning::visit;
    }
}

// BIDS' pairs: the identifier, the visit, and values that name a variant.
void settle_bids(std::vector<Word>& words) {
    words[0].meaning = words[1].meaning = Meaning::unknown;
    for (std::size_t n = 2; n + 1 < words.size(); ++n) {
        if (words[n].text == "ses") words[n + 1].meaning = Meaning::visit;
        if (words[n].meaning != Meaning::entity) continue;
        const bool tells = words[n].text == "desc" && words[n + 1].meaning != Meaning::number;
        words[n].meaning = Meaning::plain;
        if (!tells) words[n + 1].meaning = Meaning::processed;
    }
}

// "1997.06.08": three numbers that are a date.
void settle_dates(std::vector<Word>& words) {
    for (std::size_t n = 0; n + 2 < words.size(); ++n) {
        const auto number = [&](std::size_t at, std::size_t digits) {
            return words[at].meaning == Meaning::number && words[at].text.size() == digits;
        };
        if (number(n, 4) && number(n + 1, 2) && number(n + 2, 2)) {
            for (std::size_t at = n; at < n + 3; ++at) words[at].meaning = Meaning::visit;
        }
    }
}

// What an image was brought to, and the words that say so taken out: "FLAIR_to_T1c", "T2_in_T1c_space", "space-MNI".
std::string take_target(std::vector<Word>& words) {
    std::string target;
    const auto name_of = [&](std::size_t begin, std::size_t end) {
        const std::vector<Word> those(words.begin() + static_cast<std::ptrdiff_t>(begin),
                                      words.begin() + static_cast<std::ptrdiff_t>(end));
        const FileRole role = sequence_of(those);
        return role == FileRole::unused ? those.front().text : std::string(role_name(role));
    };
    const auto erase = [&](std::size_t begin, std::size_t end) {
        words.erase(words.begin() + static_cast<std::ptrdiff_t>(begin),
                    words.begin() + static_cast<std::ptrdiff_t>(end));
    };
    // A sequence's words from `begin` on: "t1" and the "c" cut from it.
    const auto sequence_end = [&](std::size_t begin) {
        std::size_t end = begin + 1;
        while (end < words.size() && (words[end].inside || words[end].meaning == Meaning::agent)) ++end;
        return end;
    };
    const auto seen_before = [&](std::size_t n) {
        return std::any_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(n),
                           [](const Word& w) { return is_sequence(w.meaning) || is_labels(w.meaning); });
    };
    const auto other_seen_before = [&](std::size_t n) {
        return std::any_of(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(n), [](const Word& w) {
            return is_sequence(w.meaning) || is_labels(w.meaning) || w.meaning == Meaning::other_sequence ||
                   w.meaning == Meaning::doubtful_other || w.meaning == Meaning::visit;
        });
    };
    for (std::size_t n = 0; n < words.size(); ++n) {
        if (words[n].meaning == Meaning::target && n + 1 < words.size() && other_seen_before(n)) {
            const Meaning next = words[n + 1].meaning;
            if (is_sequence(next) || next == Meaning::agent) {
                const std::size_t end = sequence_end(n + 1);
                target = name_of(n + 1, end);
                erase(n, end);
            } else if (next == Meaning::template_ || next == Meaning::native || next == Meaning::visit) {
                target = words[n + 1].text;
                erase(n, n + 2);
            }
        } else if (words[n].meaning == Meaning::space) {
            const bool value_follows = n + 1 < words.size() && (is_sequence(words[n + 1].meaning) ||
                                                                words[n + 1].meaning == Meaning::template_);
            std::size_t start = n;  // of "T1c" in "T1c_space"
            while (start > 0 && (words[start - 1].inside || words[start - 1].meaning == Meaning::agent)) --start;
            if (start > 0) --start;
            if (is_bids(words) && value_follows) {
                const std::size_t end = is_sequence(words[n + 1].meaning) ? sequence_end(n + 1) : n + 2;
                target = name_of(n + 1, end);
                erase(n, end);
            } else if (start < n && is_sequence(words[start].meaning) && seen_before(start)) {
                target = name_of(start, n);
                erase(start, n + 1);
                n = start;
            } else if (n > 0 && words[n - 1].meaning == Meaning::template_) {
                target = words[n - 1].text;
                erase(n - 1, n + 1);
            } else {
                words[n].meaning = Meaning::plain;  // Siemens' sequence
            }
        }
    }
    if (target.empty() && has(words, Meaning::registered)) target = "registered";
    if (target.empty() && has(words, Meaning::template_)) target = "template";
    return target;
}

// Why an image is neither a sequence nor the tumour, or "".
std::string why_derived(const std::vector<Word>& words, FileRole sequence) {
    const bool labels = has(words, Meaning::label_map) || has(words, Meaning::mask);
    const bool tumour = has(words, Meaning::tumour);
    const auto first_sequence =
        std::find_if(words.begin(), words.end(), [](const Word& word) { return is_sequence(word.meaning); });
    const auto behind = [&](Meaning meaning) {  // a word of an identifier ("DWI-001_t1c") says nothing
        return std::any_of(first_sequence == words.end() ? words.begin() : first_sequence, words.end(),
                           [&](const Word& word) { return word.meaning == meaning; });
    };
    if (behind(Meaning::transform)) return "a transformation or field";
    if (behind(Meaning::probability)) return "a probability map";
    if (behind(Meaning::change)) return "a map of change";
    if (behind(Meaning::difference)) return "a difference of images";
    if (has(words, Meaning::anatomy) && !tumour && (labels || sequence == FileRole::unused))
        return "a segmentation of anatomy";
    if (labels && has(words, Meaning::brain) && !tumour) return "a mask of the brain";
    if (behind(Meaning::prediction) && (labels || tumour || sequence == FileRole::unused))
        return "a model's prediction";
    if (labels) return "";
    if (behind(Meaning::parameter_map)) return "a parameter map";
    if (behind(Meaning::other_sequence)) return "another kind of image than the four sequences";
    if (sequence == FileRole::unused && has(words, Meaning::doubtful_other) && !tumour)
        return "another kind of image than the four sequences";
    if (sequence == FileRole::unused && has(words, Meaning::brain) && !tumour) return "an image of the brain alone";
    // T1-FLAIR is T1-weighted, and "T1_FLAIR" may be meant as either.
    for (std::size_t n = 0; n + 1 < words.size(); ++n) {
        if (words[n].meaning == Meaning::t1 && words[n + 1].meaning == Meaning::flair)
            return "named both T1 and FLAIR: choose its role";
    }
    return "";
}

FileRole role_of(const std::vector<Word>& words, FileRole sequence) {
    const bool labels = has(words, Meaning::label_map) || has(words, Meaning::mask);
    if (labels) return FileRole::segmentation;
    return sequence == FileRole::unused && has(words, Meaning::tumour) ? FileRole::segmentation : sequence;
}

int standing_of(const std::vector<Word>& words) {
    if (has(words, Meaning::by_hand)) return 0;
    if (has(words, Meaning::automatic)) return 3;
    return has(words, Meaning::label_map) || has(words, Meaning::tumour) ? 1 : 2;
}

// Words that say what an image is, as opposed to whose.
bool speaks(Meaning meaning) {
    return meaning != Meaning::unknown && meaning != Meaning::number && meaning != Meaning::visit &&
           meaning != Meaning::plain && meaning != Meaning::brain && meaning != Meaning::tumour;
}

bool has_digit(const std::string& text) {
    return std::any_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// The identifier and the visit out of the words of a name.
void take_owner(const std::string& stem, const std::vector<Word>& words, NameReading& reading) {
    std::size_t first = 0;
    while (first < words.size() && !speaks(words[first].meaning)) ++first;
    std::vector<const Word*> who;
    const auto take = [&](std::size_t from, std::size_t to, bool digits_only) {
        for (std::size_t n = from; n < to; ++n) {
            const Meaning meaning = words[n].meaning;
            if (meaning != Meaning::unknown && meaning != Meaning::number) continue;
            if (digits_only && (!has_digit(words[n].text) || meaning == Meaning::number) && who.empty()) continue;
            who.push_back(&words[n]);
        }
    };
    take(0, first, false);
    // "flair_P001": behind the role only what has letters and digits is an identifier, and one number behind it.
    if (who.empty()) {
        take(first, words.size(), true);
        reading.who_behind = !who.empty();
    }
    std::size_t last_owner = 0;  // one behind it
    std::size_t first_owner = words.size();
    for (std::size_t n = 0; n < first; ++n) {
        const Meaning meaning = words[n].meaning;
        if (meaning != Meaning::unknown && meaning != Meaning::number && meaning != Meaning::visit) continue;
        first_owner = std::min(first_owner, n);
        last_owner = n + 1;
    }
    if (first_owner < last_owner)
        reading.title = stem.substr(words[first_owner].begin, words[last_owner - 1].end - words[first_owner].begin);
    for (const Word* word : who) reading.who.push_back(word->text);
    if (!who.empty()) reading.identifier = stem.substr(who.front()->begin, who.back()->end - who.front()->begin);
    const Word* last = nullptr;
    for (const Word& word : words) {
        if (word.meaning != Meaning::visit) continue;
        reading.who.push_back(word.text);
        if (last) reading.visit += stem.substr(last->end, word.begin - last->end).find_first_of("._") == 0 ? "." : "-";
        reading.visit += stem.substr(word.begin, word.end - word.begin);
        last = &word;
    }
}

std::vector<Word> settled_words(std::string_view name) {
    std::vector<Word> words = words_of(name);
    settle_dates(words);
    if (is_bids(words)) settle_bids(words);
    settle_neighbours(words);
    return words;
}

// A folder that holds files of one kind, of whatever case: "labelsTr", "1_T1", "HD-GLIO-AUTO-segmentation", "anat".
bool is_structural(const std::vector<Word>& words) {
    bool says = false;
    for (const Word& word : words) {
        if (word.meaning == Meaning::unknown || word.meaning == Meaning::visit) return false;
        says = says || word.meaning != Meaning::number;
    }
    return says;
}

// The folders that say whose the file is; "labelsTr" and the like go into the variant of the image.
void take_folders(const FilePath& file, NameReading& reading) {
    std::string joined;
    for (const std::string& word : reading.who) joined += word;
    bool after_derivatives = false;
    for (const std::string& folder : file.folders) {
        const std::vector<Word> words = settled_words(folder);
        std::string text;
        for (const Word& word : words) text += word.text;
        const bool pipeline = after_derivatives && !is_bids(words);
        after_derivatives = lower_case(folder) == "derivatives";
        if (pipeline || after_derivatives) continue;
        const bool of_file = text == joined || (text.starts_with(joined) && !joined.empty() &&
                                                lower_case(file.stem).starts_with(lower_case(folder)));
        if (!is_structural(words) && !of_file) reading.case_folders.push_back(folder);
    }
}

// Words of folders and name that tell one variant from another.
void take_variant(const std::vector<Word>& words, NameReading& reading) {
    for (const Word& word : words) {
        if (word.meaning == Meaning::processed) reading.variant.push_back(word.text);
        if (word.meaning == Meaning::brain) reading.stripped = true;
        if (word.meaning == Meaning::whole_head) reading.whole_head = true;
    }
}

// Words behind the role that nothing is known of: "t1c_foo" and "t1n_foo" belong together.
void take_unknown_variant(const std::vector<Word>& words, NameReading& reading) {
    std::size_t first = 0;
    while (first < words.size() && !speaks(words[first].meaning)) ++first;
    for (std::size_t n = first; n < words.size(); ++n) {
        const Word& word = words[n];
        const bool of_owner = std::find(reading.who.begin(), reading.who.end(), word.text) != reading.who.end();
        if (word.meaning == Meaning::unknown && !of_owner) reading.variant.push_back(word.text);
    }
}

std::optional<int> channel_of(const std::vector<Word>& words) {
    if (words.size() < 2 || words.back().meaning != Meaning::number || words.back().text.size() != 4) return {};
    if (!words.back().text.starts_with("00")) return {};
    return std::stoi(words.back().text);
}

}  // namespace

FileRole role_of_title(std::string_view title) {
    std::vector<Word> words = words_of(title);
    settle_neighbours(words);
    return sequence_of(words);
}

NameReading read_name(const FilePath& file) {
    NameReading reading;
    std::vector<Word> words = settled_words(file.stem);
    reading.target = take_target(words);
    FileRole sequence = sequence_of(words);
    reading.derived = why_derived(words, sequence);
    reading.role = role_of(words, sequence);
    reading.standing = standing_of(words);
    if (reading.role == FileRole::segmentation) reading.on = sequence;
    if (reading.role == FileRole::unused && reading.derived.empty()) {
        reading.channel = channel_of(words);
        if (reading.channel) words.pop_back();
    }
    take_variant(words, reading);
    take_owner(file.stem, words, reading);
    take_unknown_variant(words, reading);
    take_folders(file, reading);
    // Folders of a kind: what they say of the image, the innermost first.
    for (auto folder = file.folders.rbegin(); folder != file.folders.rend(); ++folder) {
        std::vector<Word> of_folder = settled_words(*folder);
        if (!is_structural(of_folder)) continue;
        if (reading.role == FileRole::unused && reading.derived.empty()) {
            const FileRole there = role_of(of_folder, sequence_of(of_folder));
            const std::string why = why_derived(of_folder, sequence_of(of_folder));
            if (there != FileRole::unused && why.empty()) {
                reading.role = there;
                reading.role_from_folder = true;
                reading.standing = standing_of(of_folder);
            }
        }
        const std::string there = take_target(of_folder);
        if (reading.target.empty() && !there.empty()) reading.target = there;
        take_variant(of_folder, reading);
        const int standing = standing_of(of_folder);
        if ((standing == 0 || standing == 3) && reading.standing != 0) reading.standing = standing;
        if (has(of_folder, Meaning::label_map) || has(of_folder, Meaning::native)) {
            if (reading.role != FileRole::segmentation) reading.variant.push_back(lower_case(*folder));
        }
    }
    std::sort(reading.variant.begin(), reading.variant.end());
    reading.variant.erase(std::unique(reading.variant.begin(), reading.variant.end()), reading.variant.end());
    return reading;
}

}  // namespace shapslice
