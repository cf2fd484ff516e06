#include "image/nifti_header.h"

#include <nifti2_io.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <limits>

namespace shapslice {

namespace {

// What both versions of the header say, in one form.
struct RawHeader {
    std::int64_t dim[8];
    double pixdim[8];
    double vox_offset;  // NIfTI-1 keeps it as a float, which may be anything in a damaged file
    double slope, intercept;
    int datatype;
    int qform_code, sform_code;
    int units;  // xyzt_units
    double quatern[3], offset[3];
    double srow[3][4];
    bool single_file;
};

template <class Header>
RawHeader raw_of(const Header& header) {
    RawHeader raw{};
    for (int n = 0; n < 8; ++n) {
        raw.dim[n] = static_cast<std::int64_t>(header.dim[n]);
        raw.pixdim[n] = static_cast<double>(header.pixdim[n]);
    }
    raw.vox_offset = static_cast<double>(header.vox_offset);
    raw.slope = static_cast<double>(header.scl_slope);
    raw.intercept = static_cast<double>(header.scl_inter);
    raw.datatype = header.datatype;
    raw.qform_code = header.qform_code;
    raw.sform_code = header.sform_code;
    raw.units = header.xyzt_units;
    raw.quatern[0] = static_cast<double>(header.quatern_b);
    raw.quatern[1] = static_cast<double>(header.quatern_c);
    raw.quatern[2] = static_cast<double>(header.quatern_d);
    raw.offset[0] = static_cast<double>(header.qoffset_x);
    raw.offset[1] = static_cast<double>(header.qoffset_y);
    raw.offset[2] = static_cast<double>(header.qoffset_z);
    for (int n = 0; n < 4; ++n) {
        raw.srow[0][n] = static_cast<double>(header.srow_x[n]);
        raw.srow[1][n] = static_cast<double>(header.srow_y[n]);
        raw.srow[2][n] = static_cast<double>(header.srow_z[n]);
    }
    raw.single_file = header.magic[1] == '+';
    return raw;
}

Eigen::Matrix4d sform_of(const RawHeader& raw) {
    Eigen::Matrix4d affine = Eigen::Matrix4d::Identity();
    for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 4; ++column) affine(row, column) = raw.srow[row][column];
    }
    return affine;
}

Eigen::Matrix4d qform_of(const RawHeader& raw) {
    const nifti_dmat44 m = nifti_quatern_to_dmat44(raw.quatern[0], raw.quatern[1], raw.quatern[2], raw.offset[0],
                                                   raw.offset[1], raw.offset[2], std::abs(raw.pixdim[1]),
                                                   std::abs(raw.pixdim[2]), std::abs(raw.pixdim[3]), raw.pixdim[0]);
    Eigen::Matrix4d affine;
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) affine(row, column) = m.m[row][column];
    }
    return affine;
}

// Neither form is set: centred on the grid, x running to the left, as ANALYZE's readers have always taken it.
Eigen::Matrix4d pixdim_affine(const RawHeader& raw) {
    Eigen::Matrix4d affine = Eigen::Matrix4d::Identity();
    for (int axis = 0; axis < 3; ++axis) {
        const double size = (axis == 0 ? -1 : 1) * std::abs(raw.pixdim[axis + 1]);
        affine(axis, axis) = size;
        affine(axis, 3) = -size * static_cast<double>(raw.dim[axis + 1] - 1) / 2;
    }
    return affine;
}

// Largest distance between where two affines put the grid's corners, mm.
double corner_distance(const Eigen::Matrix4d& a, const Eigen::Matrix4d& b, const Shape& shape) {
    double largest = 0;
    for (int corner = 0; corner < 8; ++corner) {
        const Eigen::Vector4d voxel((corner & 1) * (shape[0] - 1), (corner >> 1 & 1) * (shape[1] - 1),
                                    (corner >> 2 & 1) * (shape[2] - 1), 1);
        largest = std::max(largest, ((a - b) * voxel).norm());
    }
    return largest;
}

// Every voxel's place must be a float: a NIfTI-2 header's doubles can each be finite and still put the corner that
// becomes the origin at infinity, and NIfTI-1, which results are saved as, holds floats.
bool usable_affine(const Eigen::Matrix4d& affine, const Shape& shape) {
    const Eigen::Vector4d reach = affine.cwiseAbs() * Eigen::Vector4d(shape[0], shape[1], shape[2], 1);
    return (reach.array() <= static_cast<double>(std::numeric_limits<float>::max())).all() &&
           std::abs(affine.topLeftCorner<3, 3>().determinant()) > 1e-12;
}

// Millimetres in the header's unit of length, and what to say of it.
struct Unit {
    double millimetres;
    const char* name;
};
Unit unit_of(const RawHeader& raw) {
    switch (XYZT_TO_SPACE(raw.units)) {
        case NIFTI_UNITS_METER:
            return {1000, "metres"};
        case NIFTI_UNITS_MICRON:
            return {0.001, "micrometres"};
        default:
            return {1, ""};
    }
}

void add_note(NiftiHeader& header, const std::string& sentence) {
    header.note += (header.note.empty() ? "" : " ") + sentence;
}

// The sform if it is set and can be used, else the qform, else the pixdims (METHOD 8.1, 8.1a).
void set_affine(const RawHeader& raw, NiftiHeader& header) {
    header.qform_code = raw.qform_code;
    header.sform_code = raw.sform_code;
    const Unit unit = unit_of(raw);
    const auto in_millimetres = [&](Eigen::Matrix4d affine) {
        affine.topRows<3>() *= unit.millimetres;
        return affine;
    };
    const Eigen::Matrix4d sform = in_millimetres(sform_of(raw));
    const Eigen::Matrix4d qform = in_millimetres(qform_of(raw));
    const bool has_sform = raw.sform_code > 0, has_qform = raw.qform_code > 0;
    const bool good_sform = has_sform && usable_affine(sform, header.shape);
    const bool good_qform = has_qform && usable_affine(qform, header.shape);
    if (good_sform || (has_sform && !good_qform)) {
        header.affine = sform;
        if (good_qform && corner_distance(sform, qform, header.shape) > 0.1)
            add_note(header, "sform and qform put the image in different places; the sform is used.");
        if (has_qform && !good_qform)
            add_note(header, "the header's qform places no voxel in space; the sform is used.");
    } else if (has_qform) {
        header.affine = qform;
        if (has_sform) {
            add_note(header, "the header's sform places no voxel in space; the qform is used.");
            header.sform_code = 0;
        }
    } else {
        header.affine = in_millimetres(pixdim_affine(raw));
    }
    if (*unit.name)
        add_note(header, std::string("the header gives lengths in ") + unit.name + "; they are converted to mm.");
}

// Bytes a voxel of a type that is read, or 0.
int readable_voxel_bytes(int datatype) {
    switch (datatype) {
        case DT_INT8:
        case DT_UINT8:
            return 1;
        case DT_INT16:
        case DT_UINT16:
            return 2;
        case DT_INT32:
        case DT_UINT32:
        case DT_FLOAT32:
            return 4;
        case DT_INT64:
        case DT_UINT64:
        case DT_FLOAT64:
            return 8;
        default:
            return 0;
    }
}

// "RGB24" of nifti_clib's "DT_RGB24" or "NIFTI_TYPE_RGB24".
std::string datatype_words(int datatype) {
    const std::string_view name = nifti_datatype_to_string(datatype);
    for (const std::string_view prefix : {"NIFTI_TYPE_", "DT_"}) {
        if (name.starts_with(prefix) && !name.ends_with("UNKNOWN")) return std::string(name.substr(prefix.size()));
    }
    return "code " + std::to_string(datatype);
}

Expected<void> set_shape(const std::string& file, const RawHeader& raw, NiftiHeader& header) {
    if (raw.dim[0] < 1 || raw.dim[0] > 7) {
        return fail(file + ": the header says the image has " + std::to_string(raw.dim[0]) +
                    " dimensions; expected 3. The header is damaged.");
    }
    if (raw.dim[0] < 3) {
        return fail(file + ": the image has " + std::to_string(raw.dim[0]) + " dimensions; expected a 3-D volume.");
    }
    std::int64_t frames = 1;
    for (int n = 1; n <= raw.dim[0]; ++n) {
        if (n > 3 && raw.dim[n] == 0) continue;  // writers that leave what is not used at 0
        if (raw.dim[n] < 1 || raw.dim[n] > 32767) {
            return fail(file + ": the header gives dimension " + std::to_string(n) + " as " +
                        std::to_string(raw.dim[n]) + " voxels; expected 1 to 32767.");
        }
        if (n > 3) frames = std::min<std::int64_t>(frames * raw.dim[n], 1 << 30);
    }
    header.frames = static_cast<int>(frames);
    for (std::size_t n = 0; n < 3; ++n) header.shape[n] = static_cast<int>(raw.dim[n + 1]);
    // In 64 bits: in WebAssembly a size has 32, and what does not fit would come back small.
    constexpr std::int64_t kMostVoxels = std::int64_t{1} << 28;
    const std::int64_t voxels = raw.dim[1] * raw.dim[2] * raw.dim[3];
    if (voxels > kMostVoxels) {
        return fail(file + ": the image has " + std::to_string(voxels) + " voxels; expected at most " +
                    std::to_string(kMostVoxels) + ".");
    }
    return {};
}

Expected<NiftiHeader> checked(const std::string& file, const RawHeader& raw, std::size_t header_bytes) {
    NiftiHeader header;
    if (const auto set = set_shape(file, raw, header); !set) return tl::make_unexpected(set.error());
    header.datatype = raw.datatype;
    header.voxel_bytes = readable_voxel_bytes(raw.datatype);
    if (header.voxel_bytes == 0) {
        return fail(file + ": the voxel type is " + datatype_words(raw.datatype) +
                    "; expected an integer or floating-point type of 8 to 64 bits.");
    }
    header.single_file = raw.single_file;
    // Writers that leave the offset 0 mean "right behind the header" (and its four extension bytes) in a .nii.
    const std::size_t least = raw.single_file ? header_bytes + 4 : 0;
    const double offset = raw.vox_offset == 0 ? static_cast<double>(least) : std::trunc(raw.vox_offset);
    if (!(offset >= static_cast<double>(least) && offset <= static_cast<double>(kLargestFile))) {
        char place[32];
        std::snprintf(place, sizeof place, "%.10g", raw.vox_offset);
        return fail(file + ": the header places the voxels at byte " + place + "; expected byte " +
                    std::to_string(least) + " or later, within the file.");
    }
    header.voxel_offset = static_cast<std::size_t>(offset);
    const bool scaled = std::isfinite(raw.slope) && raw.slope != 0;
    header.slope = scaled ? raw.slope : 1;
    header.intercept = scaled && std::isfinite(raw.intercept) ? raw.intercept : 0;
    set_affine(raw, header);
    if (!usable_affine(header.affine, header.shape)) {
        return fail(file +
                    ": the header's affine is singular or not finite; expected one that places voxels in space.");
    }
    return header;
}

template <class Header>
Expected<NiftiHeader> read_version(const std::string& file, std::span<const std::uint8_t> bytes,
                                   void (*swap)(Header*)) {
    Header header;
    std::memcpy(&header, bytes.data(), sizeof header);
    const bool swapped = header.sizeof_hdr != static_cast<int>(sizeof header);
    if (swapped) swap(&header);
    auto result = checked(file, raw_of(header), sizeof header);
    if (result) result->swapped = swapped;
    return result;
}

}  // namespace

Expected<NiftiHeader> read_nifti_header(std::string_view file_name, std::span<const std::uint8_t> bytes) {
    const std::string file(file_name);
    nifti_set_debug_level(0);  // what is wrong goes into the sentence, not to the console
    int version = -1;
    if (bytes.size() >= sizeof(nifti_1_header)) {
        nifti_2_header start{};  // a copy: nifti_clib looks at it as structures, which bytes need not be aligned for
        std::memcpy(&start, bytes.data(), std::min(bytes.size(), sizeof start));
        version = nifti_header_version(reinterpret_cast<const char*>(&start), std::min(bytes.size(), sizeof start));
    }
    switch (version) {
        case 0:
            return fail(file + ": this is an ANALYZE 7.5 header; expected NIfTI-1 or NIfTI-2.");
        case 1:
            return read_version<nifti_1_header>(file, bytes, nifti_swap_as_nifti1);
        case 2:
            if (bytes.size() < sizeof(nifti_2_header)) return fail(file + ": the file ends inside its NIfTI-2 header.");
            return read_version<nifti_2_header>(file, bytes, nifti_swap_as_nifti2);
        default:
            return fail(file + ": this is not a NIfTI file; expected a .nii, .nii.gz or .hdr/.img pair.");
    }
}

}  // namespace shapslice
