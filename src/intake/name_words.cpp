#include "intake/name_words.h"

#include <algorithm>
#include <cctype>
#include <optional>
#include <unordered_map>

namespace shapslice {

namespace {

struct Vocabulary {
    Meaning meaning;
    std::string_view words;  // separated by spaces
};

// Words that may also be parts of longer ones: "tumorseg", "t1postcontrast", "brainmask".
constexpr Vocabulary kParts[] = {
    {Meaning::t1, "t1 mprage mpr spgr fspgr bravo"},
    {Meaning::t2, "t2"},
    {Meaning::flair, "flair fl tirm darkfluid"},
    {Meaning::agent,
     "gd gad gado gadolinium ce ced post postcontrast contrast enhanced enhancing km kontrast kontrastmittel postgd "
     "postgad contrastenhanced dotarem gadovist gadavist magnevist"},
    {Meaning::native, "pre precontrast plain native unenhanced noncontrast nocontrast nativ noncon nogd nongd"},
    {Meaning::label_map,
     "seg segm segs segment segments segmentation segmentations segmented dseg label labels labelmap lbl gt "
     "groundtruth truth roi rois voi annotation annotations contour delineation"},
    {Meaning::mask, "mask masks msk"},
    {Meaning::tumour, "tumor tumour tumors tumours lesion lesions"},
    {Meaning::brain, "brain parenchyma bet bet2 hdbet skull skullstrip skullstripped stripped ss intracranial icv"},
    {Meaning::difference, "subtraction subtracted subtract diff difference delta minus"},
    {Meaning::probability, "prob probs probability probabilities probseg probmap softmax logits"},
    {Meaning::parameter_map, "map"},
    {Meaning::registered, "reg registered coreg coregistered rigid warped aligned"},
    {Meaning::plain, "weighted wtd wt3d 3d 2d ax axial sag sagittal cor coronal tra trans se tse fse gre iso"},
    {Meaning::space, "space"},
    {Meaning::processed, "n4 norm"},
    {Meaning::by_hand, "manual manually corrected correction"},
    {Meaning::automatic, "auto automated automatic"},
};

constexpr Vocabulary kWords[] = {
    {Meaning::negation, "no non without wo w0 not none ohne"},
    {Meaning::label_map, "ground labelstr labelsts labelsval"},
    {Meaning::tumour, "ot glistrboost tumormap"},
    {Meaning::by_hand, "expert final refined reviewed approved consensus staple"},
    {Meaning::automatic, "automatically approx approximate deepmedic nnunet fets"},
    {Meaning::whole_head, "unstripped nonstripped withskull fullhead"},
    {Meaning::anatomy,
     "csf gm wm tissue tissues ventricle ventricles ventricular cortex cortical subcortical hippocampus thalamus lobe "
     "lobes aseg aparc wmparc synthseg fastsurfer parcellation parc cerebellum vessel vessels eloquent tract tracts "
     "tractography pve ribbon gmwm whitematter greymatter graymatter basalganglia hemisphere"},
    {Meaning::probability, "uncertainty entropy confidence heatmap"},
    {Meaning::prediction, "pred preds predicted prediction predictions output outputs inferred inference"},
    {Meaning::difference, "sub"},  // where it is not BIDS' "sub-01"
    {Meaning::change, "change changes changed changemap progression growth"},
    {Meaning::transform,
     "warp warps transform transformation xfm displacement deformation jacobian jac field biasfield fieldmap residual"},
    {Meaning::parameter_map, "t1map t2map r1map r2map t1rho synthetic"},
    {Meaning::other_sequence,
     "adc dwi ep2d diffusion dti dki noddi swi asl cbf cbv rcbv mtt ttp tmax perf perfusion dsc dce ktrans bold fmri "
     "func pet mra "
     "tof mrs mrsi t2star t2starw t2s t2sw t2stw pdw hardi trace b1000 b2000 eddy swan qsm stir hemo cest apt amide "
     "magnitude bval bvec psr rcbf mrv angio venogram dixon"},
    {Meaning::doubtful_other, "fa md ad rd tr ct pd b0 phase l1 l2 l3 mt"},
    {Meaning::target, "to onto into 2 reg2"},
    {Meaning::template_, "mni mni152 sri sri24 atlas template talairach icbm colin27 standard ref reference anat2"},
    {Meaning::processed,
     "bias biascorr biascorrected n4itk normalized normalised normalization zscore denoised resampled res resample "
     "corr harmonized histmatch clipped cropped defaced scaled rescaled hist preproc preprocessed processed"},
    {Meaning::operation, "op operation operative surgery surgical treatment tx rt chemo resection"},
    {Meaning::visit,
     "ses session week weeks month months day days year years time timepoint tp visit scan exam baseline followup fu "
     "followups preop postop preoperative postoperative initial"},
    {Meaning::plain,
     "mr mri img image images volume vol scan1 iso1mm 1mm 2mm isotropic head w with and of the nifti nii niftis file "
     "files anat anatomical structural structurals image0 data series seq sequence sequences modality modalities "
     "imagestr imagests imagesval in origspace orig original raw r2s native0 strip stripping "
     "extraction extracted ants hd glio deepbratumia vsd 3more xx o dark fluid highres hires lowres thin thick "
     "derivative derivatives fs fatsat fse3d cube vista sampled unbiased"},
    {Meaning::entity, "acq run rec desc dir echo part den mod inv flip task"},
};

using Lexicon = std::unordered_map<std::string_view, Meaning>;

void take_in(Lexicon& lexicon, const Vocabulary& each) {
    std::size_t start = 0;
    while (start < each.words.size()) {
        const std::size_t end = std::min(each.words.find(' ', start), each.words.size());
        if (end > start) lexicon.emplace(each.words.substr(start, end - start), each.meaning);
        start = end + 1;
    }
}

const Lexicon& parts() {
    static const Lexicon lexicon = [] {
        Lexicon made;
        for (const Vocabulary& each : kParts) take_in(made, each);
        return made;
    }();
    return lexicon;
}

const Lexicon& whole_words() {
    static const Lexicon lexicon = [] {
        Lexicon made = parts();
        for (const Vocabulary& each : kWords) take_in(made, each);
        return made;
    }();
    return lexicon;
}

bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

bool separates(char c) {
    return static_cast<unsigned char>(c) < 0x80 && !std::isalnum(static_cast<unsigned char>(c));
}

bool is_base(Meaning meaning) {
    return meaning == Meaning::t1 || meaning == Meaning::t2 || meaning == Meaning::flair;
}

// One letter says something only beside a sequence: "ct1", "t1c", "t1n", "t2f", "t1w", SPM's "rt1".
std::optional<Meaning> letter(char c, const std::vector<Word>& before, bool first, std::string_view rest) {
    const bool after_t1 = !before.empty() && before.back().meaning == Meaning::t1;
    const bool after_t2 = !before.empty() && before.back().meaning == Meaning::t2;
    const bool after_base = !before.empty() && is_base(before.back().meaning);
    const bool after_weighted = before.size() > 1 && before.back().text == "w";
    const bool before_base = rest.starts_with("t1") || rest.starts_with("t2") || rest.starts_with("flair");
    if (c == 'w' && after_base) return Meaning::plain;
    if (c == 'c' && (after_t1 || after_weighted || (first && rest.starts_with("t1")))) return Meaning::agent;
    if (c == 'n' && after_t1) return Meaning::native;
    if (c == 'f' && after_t2) return Meaning::flair;
    if (c == 'r' && first && before_base) return Meaning::registered;
    if (c == 'd' && first && rest.starts_with("t1")) return Meaning::difference;
    if (c == '2' && after_base && before_base) return Meaning::target;
    return std::nullopt;
}

// Cuts a word into known parts, the longest first; false where it cannot be.
bool cut(std::string_view word, std::size_t from, std::size_t offset, std::vector<Word>& found) {
    if (from == word.size()) return true;
    for (std::size_t length = word.size() - from; length > 1; --length) {
        const auto known = parts().find(word.substr(from, length));
        if (known == parts().end()) continue;
        found.push_back(
            {std::string(known->first), known->second, offset + from, offset + from + length, found.size() > 0});
        if (cut(word, from + length, offset, found)) return true;
        found.pop_back();
    }
    if (const auto single = letter(word[from], found, from == 0, word.substr(from + 1))) {
        found.push_back({std::string(1, word[from]), *single, offset + from, offset + from + 1, found.size() > 0});
        if (cut(word, from + 1, offset, found)) return true;
        found.pop_back();
    }
    return false;
}

constexpr std::size_t kLongestCut = 40;  // longer words are no sequence's name

// "time1", "week040", "fu003d": a visit's word and its number in one.
bool visit_with_number(std::string_view word) {
    for (const std::string_view start : {"timepoint", "time", "tp", "week", "month", "day", "year", "visit", "ses",
                                         "session", "scan", "exam", "fu", "followup", "v", "tm", "preop", "postop"}) {
        if (word.size() <= start.size() || !word.starts_with(start) || !is_digit(word[start.size()])) continue;
        const auto rest = word.substr(start.size());
        const auto digits = static_cast<std::size_t>(std::count_if(rest.begin(), rest.end(), is_digit));
        if (digits + 1 >= rest.size() && digits <= 5) return true;
    }
    return false;
}

bool date(std::string_view word) {
    return word.size() == 8 && std::all_of(word.begin(), word.end(), is_digit) &&
           (word.starts_with("19") || word.starts_with("20")) && word.substr(4, 2) <= "12" &&
           word.substr(4, 2) > "00" && word.substr(6, 2) <= "31";
}

void take_word(std::string_view word, std::size_t begin, std::vector<Word>& words) {
    const std::size_t end = begin + word.size();
    const auto known = whole_words().find(word);
    if (known != whole_words().end()) {
        words.push_back({std::string(word), known->second, begin, end});
        return;
    }
    if (date(word) || visit_with_number(word)) {
        words.push_back({std::string(word), Meaning::visit, begin, end});
        return;
    }
    if (std::all_of(word.begin(), word.end(), is_digit)) {
        words.push_back({std::string(word), Meaning::number, begin, end});
        return;
    }
    std::vector<Word> found;
    if (word.size() <= kLongestCut && cut(word, 0, begin, found)) {
        words.insert(words.end(), found.begin(), found.end());
        return;
    }
    words.push_back({std::string(word), Meaning::unknown, begin, end});
}

}  // namespace

std::string lower_case(std::string_view text) {
    std::string small(text);
    for (char& c : small) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return small;
}

std::vector<Word> words_of(std::string_view name) {
    const std::string small = lower_case(name);
    std::vector<Word> words;
    std::size_t start = 0;
    while (start < small.size()) {
        if (separates(small[start])) {
            ++start;
            continue;
        }
        std::size_t end = start;
        while (end < small.size() && !separates(small[end])) ++end;
        // "T2*" is another sequence, and its star would be lost.
        const bool star = end < small.size() && small[end] == '*' && small.substr(start, end - start) == "t2";
        if (star) {
            words.push_back({"t2star", Meaning::other_sequence, start, end});
        } else {
            take_word(std::string_view(small).substr(start, end - start), start, words);
        }
        start = end;
    }
    return words;
}

}  // namespace shapslice
