// Which of the files that are named for a role gets it (METHOD 8.5): by a documented order, else a question.
//
// The order for sequences: the variant that most sequences have (no mixture); registered before not registered;
// skull-stripped before whole heads; images as they are before processed ones; of files that differ in nothing but
// their extension or a copy's suffix, the newer. For segmentations: by hand; not a "mask" where there is a
// segmentation; in the space and the folder of the images that were chosen; not automatic; drawn on T1c; the newer.
#pragma once

#include "intake/case_list.h"
#include "intake/name_reading.h"

namespace shapslice {

// An image of the list, or one volume of it.
struct Candidate {
    FoundFile file;  // `role` is the proposal: set by choose_files()
    FilePath path;
    NameReading reading;
    std::optional<double> modified;
    std::optional<FileRole> word;  // the user's
    bool stranger = false;         // of another identifier: used only on the user's word
};

// Gives each candidate of a case its role and its remark. Returns what must be asked before the case can be opened.
std::vector<std::string> choose_files(std::vector<Candidate>& candidates);

// "T1c" ... "the expert segmentation"
std::string role_title(FileRole role);

}  // namespace shapslice
