// What a dropped file is, told by its path: an image, something that must be converted first, or nothing to do with
// the case (METHOD 8.5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace shapslice {

enum class FileKind {
    nifti,         // .nii, .nii.gz
    nifti_header,  // .hdr of a pair
    nifti_voxels,  // .img of a pair
    dataset,       // dataset.json, dataset_description.json: says what other files are
    archive,       // .zip: its files are taken in its place
    foreign,       // an image of another format, with what to do
    unknown,       // no known extension: the first bytes tell
    other,         // a text, a table: not looked at
    hidden,        // ._*, .DS_Store, __MACOSX, Thumbs.db: not there
};

struct FilePath {
    std::string path;                  // forward slashes, without "./" and empty parts
    std::vector<std::string> folders;  // outermost first
    std::string name;                  // the last part
    std::string stem;                  // `name` without extensions and a copy's suffix
    std::string extension;             // lower case: ".nii", ".nii.gz", ".hdr"; "" where there is none
    bool copy = false;                 // a copy's suffix was cut off: "(1)", "- Copy", "copy"
};

// Takes a path apart. Copies' suffixes are found before the extension and between its parts ("t1c.nii (1).gz").
FilePath take_apart(std::string_view path);

FileKind kind_of(const FilePath& path);

// Of a foreign kind: "an NRRD image" and what to do with it, both without the file's name.
struct ForeignFormat {
    std::string what;
    std::string advice;
};
ForeignFormat foreign_format(const FilePath& path);
ForeignFormat dicom_format();

}  // namespace shapslice
