// From dropped files to cases: one case is one folder, one identifier and one visit, never a mixture (METHOD 8.5).
//
// Files are known by their path, and nothing but names, sizes, dates, dataset.json and the first bytes of files without
// a known extension is looked at. What the names leave open is a question; what a documented order settles is marked.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/json.h"
#include "image/file_roles.h"

namespace shapslice {

// What the first bytes of a file say (intake/file_start.h).
struct FileStart {
    std::string format;  // "nifti", "dicom", "other"; "" where they were not read
    int frames = 1;      // of a NIfTI image: 3-D volumes in it
};

struct FileEntry {
    std::string path;                // forward slashes; a bare name where there is no folder
    double size = 0;                 // bytes
    std::optional<double> modified;  // milliseconds since 1970
    FileStart start;
    std::string text;  // of dataset.json, where it was read
};

// A file of a case, or one volume of a 4-D file: a row of the table of files.
struct FoundFile {
    std::string path;
    int frame = -1;  // of a 4-D file, from 0; -1: the whole file
    FileRole role = FileRole::unused;
    FileRole named = FileRole::unused;  // what its name says, whether or not it is used so
    std::string image_path;             // of a .hdr: its .img
    // What is said beside the file: why it is not used, why it was preferred, or what is asked.
    enum class Mark { none, chosen, question } mark = Mark::none;
    std::string remark;
    std::vector<std::string> instead;  // keys of the other candidates for its role

    std::string key() const { return frame < 0 ? path : path + "#" + std::to_string(frame + 1); }
};

struct FoundCase {
    std::string name;        // unique in the list: "P002", "Patient-000/week-040"
    std::string folder;      // "" where the files lie in none of their own
    std::string identifier;  // as the files' names say it
    std::string visit;
    std::vector<FoundFile> files;
    std::vector<FileRole> missing;  // sequences without a file, and the expert segmentation
    std::string refusal;            // why it cannot be opened as it stands; "" where it can
    Json label_names;               // dataset.json's "labels", else null
};

// Files that are no images that can be read, by kind.
struct ForeignFiles {
    std::string what;  // "a DICOM file"
    std::string sentence;
    std::string first;  // path
    std::size_t count = 0;
};

struct CaseRequest {
    std::vector<FileEntry> files;
    std::map<std::string, FileRole>
        roles;           // the user's word, by FoundFile::key(), or by bare name where that is unique
    std::string chosen;  // name of a case, or kAllTogether, or "" to be told
};
inline constexpr const char* kAllTogether = "*";  // all files as one case, whatever their names say

struct CaseList {
    std::vector<FoundCase> cases;
    std::vector<ForeignFiles> foreign;
    std::optional<std::size_t> chosen;  // the case to open: the one asked for, or the only one
    std::string refusal;                // why none can be opened: several to choose from, no image among the files
};

CaseList find_cases(const CaseRequest& request);

// The case chosen as one sentence says it cannot be opened, or "".
std::string refusal_of(const CaseList& list);

// Files of which the page should read the beginning before it calls find_cases(): dataset.json whole, some of those
// without a known extension, images whose names tell no role. Bytes to read by path.
std::map<std::string, std::size_t> files_to_look_into(const std::vector<FileEntry>& files);

// {files: [{path, size, modified, start, text}], roles: {key: role}, chosen}. An unknown role's name is an error.
Expected<CaseRequest> case_request_from_json(const Json& json);
std::vector<FileEntry> file_entries_from_json(const Json& json);
// {cases: [{name, folder, identifier, visit, missing, refusal, files: [{path, key, role, named, frame, image, mark,
// remark, instead}]}], foreign: [{what, sentence, first, count}], chosen: index or null, refusal}
Json case_list_to_json(const CaseList& list);

}  // namespace shapslice
