#include "image/nifti.h"

#include <nifti2_io.h>

#include <bit>
#include <cmath>
#include <concepts>
#include <cstring>
#include <optional>

#include "image/gzip.h"
#include "image/nifti_header.h"
#include "image/orient.h"

namespace shapslice {

namespace {

// What a compressed file may inflate to beyond its last voxel.
constexpr std::uint64_t kSurplus = 1 << 20;

// The file's bytes, inflated where they were compressed.
struct Content {
    std::optional<std::vector<std::uint8_t>> inflated;
    std::span<const std::uint8_t> given;
    std::span<const std::uint8_t> bytes() const { return inflated ? *inflated : given; }
};

// Inflated to no more than `needed` bytes and a little.
Expected<Content> content_of(std::string_view file_name, std::span<const std::uint8_t> bytes, std::uint64_t needed) {
    if (!is_gzip(bytes)) return Content{std::nullopt, bytes};
    auto inflated = gunzip(file_name, bytes, static_cast<std::size_t>(std::min(needed + kSurplus, kLargestFile)));
    if (!inflated) return tl::make_unexpected(inflated.error());
    return Content{std::move(*inflated), {}};
}

Expected<NiftiHeader> header_of(const std::string& file, std::span<const std::uint8_t> bytes) {
    if (!is_gzip(bytes)) return read_nifti_header(file, bytes);
    const auto start = gunzip_start(file, bytes, kLargestHeader);
    if (!start) return tl::make_unexpected(start.error());
    return read_nifti_header(file, *start);
}

template <class T, bool kSwapped>
T load(const std::uint8_t* at) {
    std::array<std::uint8_t, sizeof(T)> raw;
    std::memcpy(raw.data(), at, sizeof(T));
    if constexpr (kSwapped) std::reverse(raw.begin(), raw.end());
    return std::bit_cast<T>(raw);
}

// Stored voxels to RAS+ floats in one pass; returns how many were not finite (they become 0).
template <class T, bool kSwapped>
std::size_t convert(const std::uint8_t* stored, const NiftiHeader& header, const StorageWalk& walk, const Grid& grid,
                    float* to) {
    const bool scaled = header.slope != 1 || header.intercept != 0;
    std::size_t not_finite = 0;
    for (int k = 0; k < grid.shape[2]; ++k) {
        for (int j = 0; j < grid.shape[1]; ++j) {
            const std::uint8_t* row =
                stored + (walk.start + walk.step[2] * k + walk.step[1] * j) * static_cast<std::ptrdiff_t>(sizeof(T));
            const std::ptrdiff_t step = walk.step[0] * static_cast<std::ptrdiff_t>(sizeof(T));
            for (int i = 0; i < grid.shape[0]; ++i) {
                const T raw = load<T, kSwapped>(row + step * i);
                to[i] = scaled ? static_cast<float>(static_cast<double>(raw) * header.slope + header.intercept)
                               : static_cast<float>(raw);
            }
            if (std::floating_point<T> || scaled) {  // a slope can carry integers beyond a float, too
                for (int i = 0; i < grid.shape[0]; ++i) {
                    if (!std::isfinite(to[i])) {
                        to[i] = 0;
                        ++not_finite;
                    }
                }
            }
            to += grid.shape[0];
        }
    }
    return not_finite;
}

template <class T>
std::size_t convert_either(const std::uint8_t* stored, const NiftiHeader& header, const StorageWalk& walk,
                           const Grid& grid, float* to) {
    return header.swapped ? convert<T, true>(stored, header, walk, grid, to)
                          : convert<T, false>(stored, header, walk, grid, to);
}

std::size_t convert_type(const std::uint8_t* stored, const NiftiHeader& header, const StorageWalk& walk,
                         const Grid& grid, float* to) {
    switch (header.datatype) {
        case DT_INT8:
            return convert_either<std::int8_t>(stored, header, walk, grid, to);
        case DT_UINT8:
            return convert_either<std::uint8_t>(stored, header, walk, grid, to);
        case DT_INT16:
            return convert_either<std::int16_t>(stored, header, walk, grid, to);
        case DT_UINT16:
            return convert_either<std::uint16_t>(stored, header, walk, grid, to);
        case DT_INT32:
            return convert_either<std::int32_t>(stored, header, walk, grid, to);
        case DT_UINT32:
            return convert_either<std::uint32_t>(stored, header, walk, grid, to);
        case DT_INT64:
            return convert_either<std::int64_t>(stored, header, walk, grid, to);
        case DT_UINT64:
            return convert_either<std::uint64_t>(stored, header, walk, grid, to);
        case DT_FLOAT32:
            return convert_either<float>(stored, header, walk, grid, to);
        default:
            return convert_either<double>(stored, header, walk, grid, to);  // the header admits no other type
    }
}

// One volume's bytes: behind the header of a .nii, or in the .img of a pair.
Expected<std::span<const std::uint8_t>> voxel_bytes(const std::string& file, const NiftiHeader& header, int frame,
                                                    std::span<const std::uint8_t> all) {
    if (!header.single_file && all.empty()) {
        return fail(file + ": this is the header of a .hdr/.img pair and its .img is missing; expected both files.");
    }
    const auto wanted = static_cast<std::uint64_t>(frame + 1) * header.frame_bytes();
    if (header.voxel_offset > all.size() || all.size() - header.voxel_offset < wanted) {
        const std::size_t found = header.voxel_offset > all.size() ? 0 : all.size() - header.voxel_offset;
        return fail(file + ": the file ends early: it holds " + std::to_string(found) + " bytes of voxels; expected " +
                    std::to_string(wanted) + ".");
    }
    const auto size = static_cast<std::size_t>(header.frame_bytes());
    return all.subspan(header.voxel_offset + static_cast<std::size_t>(frame) * size, size);
}

// The header, and the bytes of the file with the voxels.
struct Opened {
    NiftiHeader header;
    Content content;
};

Expected<Opened> open_nifti(const std::string& file, std::span<const std::uint8_t> bytes,
                            std::span<const std::uint8_t> image_bytes, bool several) {
    if (bytes.empty()) return fail(file + ": the file is empty; expected a NIfTI image.");
    // The header first: it says how much the rest may take.
    const auto header = header_of(file, bytes);
    if (!header) return tl::make_unexpected(header.error());
    if (header->frames > 1 && !several) {
        return fail(file + ": the image is 4-D: it has " + std::to_string(header->frames) +
                    " volumes; expected a single 3-D volume. Open it with the dataset.json that names its volumes, or "
                    "save each volume as a file.");
    }
    auto content = content_of(file, header->single_file ? bytes : image_bytes, header->file_bytes());
    if (!content) return tl::make_unexpected(content.error());
    return Opened{*header, std::move(*content)};
}

Expected<NiftiImage> volume_of(const std::string& file, const Opened& opened, int frame) {
    const NiftiHeader& header = opened.header;
    if (frame >= header.frames) {
        return fail(file + ": the image has " + std::to_string(header.frames) + " volumes; expected at least " +
                    std::to_string(frame + 1) + ", as the dataset.json beside it says.");
    }
    const auto stored = voxel_bytes(file, header, frame, opened.content.bytes());
    if (!stored) return tl::make_unexpected(stored.error());
    NiftiImage read;
    read.layout.grid = {header.shape, header.affine};
    read.layout.qform_code = header.qform_code;
    read.layout.sform_code = header.sform_code;
    read.volume.grid = orient_ras(read.layout);
    read.volume.voxels.resize(read.volume.grid.size());
    const std::size_t not_finite =
        convert_type(stored->data(), header, storage_walk(read.layout), read.volume.grid, read.volume.voxels.data());
    if (!header.note.empty()) read.notes.push_back(file + ": " + header.note);
    if (not_finite > 0) {
        read.notes.push_back(file + ": " + std::to_string(not_finite) + " voxels are not numbers; they are read as 0.");
    }
    return read;
}

nifti_1_header labelled_header(const StorageLayout& layout, int datatype, int bits) {
    nifti_1_header header{};
    header.sizeof_hdr = sizeof header;
    header.dim[0] = 3;
    for (int n = 4; n < 8; ++n) header.dim[n] = 1;
    const auto spacing = layout.grid.spacing();
    header.pixdim[0] = 1;
    for (std::size_t axis = 0; axis < 3; ++axis) {
        header.dim[axis + 1] = static_cast<short>(layout.grid.shape[axis]);
        header.pixdim[axis + 1] = static_cast<float>(spacing[axis]);
    }
    header.datatype = static_cast<short>(datatype);
    header.bitpix = static_cast<short>(bits);
    header.vox_offset = sizeof header + 4;
    header.xyzt_units = NIFTI_UNITS_MM;
    header.qform_code = static_cast<short>(layout.qform_code);
    header.sform_code = static_cast<short>(layout.sform_code);
    nifti_dmat44 affine;
    for (int row = 0; row < 4; ++row) {
        for (int column = 0; column < 4; ++column) affine.m[row][column] = layout.grid.affine(row, column);
    }
    double qb = 0, qc = 0, qd = 0, qx = 0, qy = 0, qz = 0, dx = 0, dy = 0, dz = 0, qfac = 1;
    nifti_dmat44_to_quatern(affine, &qb, &qc, &qd, &qx, &qy, &qz, &dx, &dy, &dz, &qfac);
    header.quatern_b = static_cast<float>(qb);
    header.quatern_c = static_cast<float>(qc);
    header.quatern_d = static_cast<float>(qd);
    header.qoffset_x = static_cast<float>(qx);
    header.qoffset_y = static_cast<float>(qy);
    header.qoffset_z = static_cast<float>(qz);
    header.pixdim[0] = static_cast<float>(qfac);
    for (int n = 0; n < 4; ++n) {
        header.srow_x[n] = static_cast<float>(layout.grid.affine(0, n));
        header.srow_y[n] = static_cast<float>(layout.grid.affine(1, n));
        header.srow_z[n] = static_cast<float>(layout.grid.affine(2, n));
    }
    std::memcpy(header.magic, "n+1", 4);
    return header;
}

// RAS+ voxels as T in the file's own order behind a header, compressed.
template <class T, class Value>
std::vector<std::uint8_t> write_voxels(std::span<const Value> voxels, const StorageLayout& layout, int datatype) {
    const nifti_1_header header = labelled_header(layout, datatype, static_cast<int>(8 * sizeof(T)));
    const auto start = static_cast<std::size_t>(header.vox_offset);
    std::vector<std::uint8_t> file(start + voxels.size() * sizeof(T), 0);
    std::memcpy(file.data(), &header, sizeof header);
    const StorageWalk walk = storage_walk(layout);
    Shape ras;
    for (std::size_t r = 0; r < 3; ++r) ras[r] = layout.grid.shape[static_cast<std::size_t>(layout.axis[r])];
    std::size_t from = 0;
    for (int k = 0; k < ras[2]; ++k) {
        for (int j = 0; j < ras[1]; ++j) {
            for (int i = 0; i < ras[0]; ++i, ++from) {
                const auto to = walk.start + walk.step[2] * k + walk.step[1] * j + walk.step[0] * i;
                const T value = static_cast<T>(voxels[from]);
                std::memcpy(file.data() + start + static_cast<std::size_t>(to) * sizeof(T), &value, sizeof(T));
            }
        }
    }
    return gzip(file);
}

}  // namespace

Expected<NiftiImage> read_nifti(std::string_view file_name, std::span<const std::uint8_t> bytes,
                                std::span<const std::uint8_t> image_bytes) {
    const std::string file(file_name);
    const auto opened = open_nifti(file, bytes, image_bytes, false);
    if (!opened) return tl::make_unexpected(opened.error());
    return volume_of(file, *opened, 0);
}

Expected<std::vector<NiftiImage>> read_nifti_frames(std::string_view file_name, std::span<const int> frames,
                                                    std::span<const std::uint8_t> bytes,
                                                    std::span<const std::uint8_t> image_bytes) {
    const std::string file(file_name);
    const auto opened = open_nifti(file, bytes, image_bytes, true);
    if (!opened) return tl::make_unexpected(opened.error());
    std::vector<NiftiImage> volumes;
    for (const int frame : frames) {
        auto volume = volume_of(file, *opened, frame);
        if (!volume) return tl::make_unexpected(volume.error());
        volumes.push_back(std::move(*volume));
    }
    return volumes;
}

std::vector<std::uint8_t> write_nifti_labels(std::span<const std::uint8_t> labels, const StorageLayout& layout) {
    return write_voxels<std::uint8_t>(labels, layout, DT_UINT8);
}

std::vector<std::uint8_t> write_nifti_volume(std::span<const float> voxels, const StorageLayout& layout,
                                             bool as_int16) {
    return as_int16 ? write_voxels<std::int16_t>(voxels, layout, DT_INT16)
                    : write_voxels<float>(voxels, layout, DT_FLOAT32);
}

StorageLayout plain_layout(const Grid& grid) {
    StorageLayout layout;
    layout.grid = grid;
    layout.sform_code = 1;
    return layout;
}

}  // namespace shapslice
