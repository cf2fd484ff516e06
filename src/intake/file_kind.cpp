#include "intake/file_kind.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "intake/name_words.h"

namespace shapslice {

namespace {

constexpr std::string_view kToNifti = "Convert it to NIfTI (.nii.gz) first, for example with ";

struct Foreign {
    std::string_view extension;
    std::string_view what;
    std::string_view tool;  // after kToNifti; a whole sentence where it ends with a full stop
};

constexpr std::array<Foreign, 29> kForeign{{
    {".nrrd", "an NRRD image", "3D Slicer"},
    {".nhdr", "an NRRD header", "3D Slicer"},
    {".mgz", "a FreeSurfer image", "FreeSurfer's mri_convert"},
    {".mgh", "a FreeSurfer image", "FreeSurfer's mri_convert"},
    {".mha", "a MetaImage", "3D Slicer or ITK-SNAP"},
    {".mhd", "a MetaImage header", "3D Slicer or ITK-SNAP"},
    {".mnc", "a MINC image", "mnc2nii"},
    {".mif", "an MRtrix image", "mrconvert"},
    {".dcm", "a DICOM file", "dcm2niix"},
    {".ima", "a DICOM file", "dcm2niix"},
    {".dicom", "a DICOM file", "dcm2niix"},
    {".par", "a Philips PAR/REC header", "dcm2niix"},
    {".rec", "Philips PAR/REC voxels", "dcm2niix"},
    {".jpg", "a picture", "Open the volume that it was made from."},
    {".jpeg", "a picture", "Open the volume that it was made from."},
    {".png", "a picture", "Open the volume that it was made from."},
    {".bmp", "a picture", "Open the volume that it was made from."},
    {".gif", "a picture", "Open the volume that it was made from."},
    {".tif", "a picture", "Open the volume that it was made from."},
    {".tiff", "a picture", "Open the volume that it was made from."},
    {".npy", "a NumPy array without a place in space", "nibabel"},
    {".npz", "a NumPy archive without a place in space", "nibabel"},
    {".h5", "an HDF5 file", "nibabel"},
    {".mat", "a MATLAB file", "nibabel"},
    {".tar", "an archive", "Unpack it and open its folder."},
    {".tgz", "an archive", "Unpack it and open its folder."},
    {".rar", "an archive", "Unpack it and open its folder."},
    {".7z", "an archive", "Unpack it and open its folder."},
    {".nii.bz2", "a NIfTI image in bzip2", "Unpack it first."},
}};

constexpr std::array<std::string_view, 22> kOther{".txt", ".csv",  ".tsv",  ".json", ".md",  ".pdf", ".xml",  ".xlsx",
                                                  ".log", ".bval", ".bvec", ".yaml", ".yml", ".py",  ".html", ".doc",
                                                  ".rtf", ".docx", ".xls",  ".m",    ".sh",  ".ini"};

// What file managers and browsers write behind the name of a copy; "" where there is none.
std::string without_copy_suffix(const std::string& stem) {
    std::string text = stem;
    const auto trim = [&] {
        while (!text.empty() && (text.back() == ' ' || text.back() == '_' || text.back() == '-')) text.pop_back();
    };
    if (text.ends_with(")")) {
        const std::size_t open = text.rfind('(');
        if (open != std::string::npos && open > 0 && open + 2 < text.size() &&
            std::all_of(text.begin() + static_cast<std::ptrdiff_t>(open) + 1, text.end() - 1,
                        [](unsigned char c) { return std::isdigit(c) || c == ' '; })) {
            text.erase(open);
            trim();
        }
    }
    const std::string small = lower_case(text);
    std::size_t end = small.size();
    while (end > 0 && std::isdigit(static_cast<unsigned char>(small[end - 1]))) --end;
    while (end > 0 && (small[end - 1] == ' ' || small[end - 1] == '_')) --end;
    for (const std::string_view word : {"copy", "kopie", "copie", "copia", "cópia", "kopia"}) {
        if (end <= word.size() || small.substr(end - word.size(), word.size()) != word) continue;
        const char before = small[end - word.size() - 1];
        if (before != ' ' && before != '_' && before != '-') continue;
        text.erase(end - word.size());
        trim();
        break;
    }
    const std::string start = lower_case(text);
    for (const std::string_view word : {"copy of ", "kopie von ", "copie de ", "copia de "}) {
        if (start.starts_with(word) && start.size() > word.size()) text.erase(0, word.size());
    }
    return text.empty() ? stem : text;
}

// "-1" and "-2" that Safari writes before the last extension.
std::string without_counter(const std::string& extension) {
    std::size_t end = extension.size();
    while (end > 0 && std::isdigit(static_cast<unsigned char>(extension[end - 1]))) --end;
    const bool counts = end < extension.size() && end > 1 && extension[end - 1] == '-';
    return counts ? extension.substr(0, end - 1) : extension;
}

// Cuts `ending` off the stem where it ends with it, in any case of letters.
bool cut_ending(std::string& stem, std::string_view ending) {
    if (stem.size() <= ending.size() || !lower_case(stem).ends_with(ending)) return false;
    stem.erase(stem.size() - ending.size());
    return true;
}

void take_extension(FilePath& file) {
    file.stem = file.name;
    std::string outer;
    for (const std::string_view packed : {".gz", ".bz2"}) {
        if (!outer.empty() || !cut_ending(file.stem, packed)) continue;
        outer = packed;
        const std::string before = file.stem;
        file.stem = without_counter(without_copy_suffix(file.stem));
        file.copy = file.stem != before;
    }
    const std::size_t dot = file.stem.rfind('.');
    const std::string inner = dot == std::string::npos || dot == 0 ? "" : lower_case(file.stem.substr(dot));
    const bool packed_kind = inner == ".nii" || inner == ".hdr" || inner == ".img" || inner == ".tar";
    const bool known = packed_kind || std::find(kOther.begin(), kOther.end(), inner) != kOther.end() ||
                       inner == ".zip" || inner == ".ds_store" ||
                       std::any_of(kForeign.begin(), kForeign.end(), [&](auto& f) { return f.extension == inner; });
    if (known && (outer.empty() || packed_kind)) {
        file.stem.erase(dot);
        file.extension = inner + outer;
    } else {
        file.extension = outer;
    }
    const std::string before = file.stem;
    file.stem = without_copy_suffix(file.stem);
    file.copy = file.copy || file.stem != before;
}

}  // namespace

FilePath take_apart(std::string_view path) {
    FilePath file;
    std::size_t start = 0;
    while (start <= path.size()) {
        std::size_t end = path.find_first_of("/\\", start);
        if (end == std::string_view::npos) end = path.size();
        std::string part(path.substr(start, end - start));
        if (!part.empty() && part != ".") file.folders.push_back(std::move(part));
        start = end + 1;
    }
    if (file.folders.empty()) return file;
    for (const std::string& part : file.folders) file.path += (file.path.empty() ? "" : "/") + part;
    file.name = file.folders.back();
    file.folders.pop_back();
    take_extension(file);
    return file;
}

FileKind kind_of(const FilePath& file) {
    const auto hides = [](const std::string& part) { return part.starts_with(".") || part == "__MACOSX"; };
    const std::string name = lower_case(file.name);
    if (file.name.empty() || hides(file.name) || std::any_of(file.folders.begin(), file.folders.end(), hides) ||
        name == "thumbs.db" || name == "desktop.ini")
        return FileKind::hidden;
    if (name == "dataset.json" || name == "dataset_description.json") return FileKind::dataset;
    const std::string& e = file.extension;
    if (e == ".nii" || e == ".nii.gz") return FileKind::nifti;
    if (e == ".hdr" || e == ".hdr.gz") return FileKind::nifti_header;
    if (e == ".img" || e == ".img.gz") return FileKind::nifti_voxels;
    if (e == ".zip") return FileKind::archive;
    if (std::any_of(kForeign.begin(), kForeign.end(), [&](auto& f) { return f.extension == e; }) || e == ".tar.gz")
        return FileKind::foreign;
    if (std::find(kOther.begin(), kOther.end(), e) != kOther.end()) return FileKind::other;
    return FileKind::unknown;
}

ForeignFormat foreign_format(const FilePath& file) {
    const std::string extension = file.extension == ".tar.gz" ? ".tar" : file.extension;
    for (const Foreign& each : kForeign) {
        if (each.extension != extension) continue;
        const bool sentence = each.tool.ends_with(".");
        return {std::string(each.what),
                sentence ? std::string(each.tool) : std::string(kToNifti) + std::string(each.tool) + "."};
    }
    return {"no image that ShapSlice reads", "Open NIfTI files (.nii, .nii.gz, or .hdr with .img)."};
}

ForeignFormat dicom_format() {
    return {"a DICOM file", std::string(kToNifti) + "dcm2niix."};
}

}  // namespace shapslice
