// The words of a file's or folder's name, and what each of them says (METHOD 8.5).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shapslice {

// What one word says. A word may say several things: "t1ce" is cut into "t1" and "ce", each with its own meaning.
enum class Meaning : std::uint8_t {
    unknown,     // perhaps an identifier
    number,      // digits only
    t1,          // T1-weighted
    t2,          // T2-weighted
    flair,       // fluid-attenuated
    agent,       // after a contrast agent: gd, ce, post, gadolinium
    native,      // before it: pre, plain
    negation,    // turns `agent` into `native`: no, without
    label_map,   // seg, label, dseg
    mask,        // a label map, of whatever
    tumour,      // tumor, lesion, glioma core ...
    by_hand,     // manual, corrected, expert: better than others of its kind
    automatic,   // auto, approx
    brain,       // with a label map: a mask of the brain; with a sequence: skull-stripped
    whole_head,  // unstripped
    anatomy,     // csf, ventricles, parcellation: never the tumour
    probability,
    prediction,
    difference,  // subtraction, delta
    change,
    transform,       // warp, displacement, jacobian
    parameter_map,   // t1map
    other_sequence,  // adc, dwi, swi ...
    doubtful_other,  // the same, of two letters: counts only where no sequence is named
    registered,
    target,     // to, onto: what follows is what the image was brought to
    space,      // in_T1c_space; also Siemens' name of a sequence
    template_,  // mni, sri24: a target
    processed,  // bias, n4, norm: a variant of an image
    operation,  // op, surgery: after pre and post
    visit,      // time1, week, followup, ses
    entity,     // BIDS' acq, run, rec: the next word is its value
    plain,      // says nothing about the role: ax, mri, image, 3d
};

struct Word {
    std::string text;  // lower case
    Meaning meaning = Meaning::unknown;
    std::size_t begin = 0, end = 0;  // in the name that was given
    bool inside = false;             // cut out of a longer word ("ce" of "t1ce")
};

// The words of a name without its extension, in order. Anything but letters, digits and characters beyond ASCII
// separates words.
std::vector<Word> words_of(std::string_view name);

std::string lower_case(std::string_view text);

}  // namespace shapslice
