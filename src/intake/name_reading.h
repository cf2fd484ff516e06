// What a file's path says about it: its role, whose it is, and which variant of an image (METHOD 8.5).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/file_roles.h"
#include "intake/file_kind.h"

namespace shapslice {

struct NameReading {
    FileRole role = FileRole::unused;
    bool role_from_folder = false;  // the file's own name says nothing
    std::string derived;            // why it is neither a sequence nor the tumour: "a mask of the brain"; else empty
    // Whose it is. `who` is for comparing, `identifier` and `visit` are for reading.
    std::vector<std::string> who;
    std::string identifier;
    std::string visit;
    std::string title;        // both as the name has them before it speaks of the image: "TCGA-02-0003_1997.06.08"
    bool who_behind = false;  // the identifier stands behind the role, where a series' number may stand as well
    std::vector<std::string> case_folders;  // without folders of one sequence, of segmentations, and the like
    // Of several images of one sequence: which. Images with equal variants belong together.
    std::vector<std::string> variant;  // sorted words: "bias"
    std::string target;                // what it was brought to: a role's name, "mni", or "registered"; else empty
    bool stripped = false;             // skull-stripped by its name
    bool whole_head = false;           // "unstripped"
    // Of several segmentations: 0 by hand, 1 nothing said, 2 a mask of whatever, 3 automatic.
    int standing = 1;
    FileRole on = FileRole::unused;  // of a segmentation: the sequence that it was drawn on
    std::optional<int> channel;      // nnU-Net's _0002
};

// Reads the names of the file and of its folders.
NameReading read_name(const FilePath& file);

// The role that a sequence's name says, of a dataset.json: "T1-weighted with gadolinium", "FLAIR".
FileRole role_of_title(std::string_view title);

}  // namespace shapslice
