// What of a small image is background (METHOD 8.3), against a plain version: everything sorted whole, the flood
// repeated over all voxels until nothing changes.
#include <cmath>
#include <cstring>
#include <map>

#include "image/background.h"
#include "input.h"

using namespace shapslice;

namespace {

struct Image {
    Shape shape{1, 1, 1};
    std::vector<float> voxels;
};

// Three extents, a byte of how voxels are made, a background of two bytes, then a byte a voxel.
Image image_of(fuzz::Bytes input) {
    Image image;
    if (input.size() < 7) return image;
    for (std::size_t axis = 0; axis < 3; ++axis) image.shape[axis] = 1 + input[axis] % 9;
    const int kind = input[3] % 4;
    const float ground = static_cast<float>((input[4] | input[5] << 8) - 0x8000) * (kind == 3 ? 1e33f : 0.125f);
    const std::array<float, 4> unit{1, 1.0f / 64, 1e-6f, 1e36f};
    const auto count = static_cast<std::size_t>(image.shape[0] * image.shape[1] * image.shape[2]);
    const fuzz::Bytes values = input.subspan(6);
    for (std::size_t n = 0; n < count; ++n) {
        const std::uint8_t byte = values[n % values.size()];
        // Half of the bytes are the ground and what is near it, the others tissue on both sides.
        const float step = static_cast<float>(static_cast<std::int8_t>(byte));
        const float near = byte % 4 == 0 ? 0.0f : step / 4096;
        image.voxels.push_back(byte < 128 ? ground + near * unit[static_cast<std::size_t>(kind)]
                                          : ground + 16 * step * unit[static_cast<std::size_t>(kind)]);
    }
    return image;
}

bool at_face(const Shape& shape, int i, int j, int k) {
    return i == 0 || j == 0 || k == 0 || i == shape[0] - 1 || j == shape[1] - 1 || k == shape[2] - 1;
}

template <class Visit>
void each_voxel(const Shape& shape, Visit visit) {
    const Grid grid{shape};
    for (int k = 0; k < shape[2]; ++k)
        for (int j = 0; j < shape[1]; ++j)
            for (int i = 0; i < shape[0]; ++i) visit(i, j, k, grid.index(i, j, k));
}

// Sweeps over all voxels until none is added.
std::vector<std::uint8_t> plain_flood(const Image& image, float low, float high) {
    const auto& [shape, voxels] = image;
    const Grid grid{shape};
    std::vector<std::uint8_t> mask(voxels.size(), 0);
    const auto marked = [&](int i, int j, int k) {
        const bool inside = i >= 0 && j >= 0 && k >= 0 && i < shape[0] && j < shape[1] && k < shape[2];
        return inside && mask[grid.index(i, j, k)];
    };
    for (bool changed = true; changed;) {
        changed = false;
        each_voxel(shape, [&](int i, int j, int k, std::size_t n) {
            if (mask[n] || !(voxels[n] >= low && voxels[n] <= high)) return;
            const bool reached = at_face(shape, i, j, k) || marked(i - 1, j, k) || marked(i + 1, j, k) ||
                                 marked(i, j - 1, k) || marked(i, j + 1, k) || marked(i, j, k - 1) ||
                                 marked(i, j, k + 1);
            if (!reached) return;
            mask[n] = 1;
            changed = true;
        });
    }
    return mask;
}

// The value of the faces that most of them have, by looking at every possible range.
float plain_value(const std::vector<float>& faces, double width) {
    std::size_t most = 0, from = 0;
    for (std::size_t n = 0; n < faces.size(); ++n) {
        std::size_t count = 0;
        while (n + count < faces.size() &&
               static_cast<double>(faces[n + count]) - static_cast<double>(faces[n]) <= width)
            ++count;
        if (count > most) {
            most = count;
            from = n;
        }
    }
    std::map<float, std::size_t> times;
    for (std::size_t n = from; n < from + most; ++n) ++times[faces[n]];
    for (const auto& [value, count] : times) {
        if (2 * count > most) return value;
    }
    for (const auto& [value, count] : times) {
        if (2 * count == most) return value;
    }
    return faces[from + most / 2];
}

// The brain as METHOD 8.3 and the header say it; `exact` as in Background.
Background plain_background(const Image& image) {
    const auto& [shape, voxels] = image;
    std::vector<float> faces, all = voxels;
    each_voxel(shape, [&](int i, int j, int k, std::size_t n) {
        if (at_face(shape, i, j, k)) faces.push_back(voxels[n]);
    });
    std::sort(faces.begin(), faces.end());
    std::sort(all.begin(), all.end());
    const auto share = [&](double s) { return all[static_cast<std::size_t>(s * static_cast<double>(all.size() - 1))]; };
    const double low = static_cast<double>(share(0.01)), high = static_cast<double>(share(0.99));
    if (!(high > low)) return {};
    const float value = plain_value(faces, 2e-3 * (high - low));
    const auto ground = static_cast<double>(value);
    const bool above = std::abs(high - ground) >= std::abs(low - ground);
    const double distance = std::abs((above ? high : low) - ground);
    std::vector<double> near;
    for (const float face : faces) {
        const double off = std::abs(static_cast<double>(face) - ground);
        if (off <= 0.05 * distance) near.push_back(off);
    }
    if (static_cast<double>(near.size()) < 0.25 * static_cast<double>(faces.size())) return {};
    std::sort(near.begin(), near.end());
    const double spread = near.empty() ? 0 : 4 * 1.4826 * near[near.size() / 2];
    const double reach = std::max(1e-3 * distance, std::min(spread, 0.05 * distance));
    float from = static_cast<float>(ground - reach), to = static_cast<float>(ground + reach);
    if (value == 0) {
        std::size_t zeros = 0, around = 0, masked = 0, stray = 0;
        const auto mask = plain_flood(image, from, to);
        for (std::size_t n = 0; n < voxels.size(); ++n) {
            zeros += voxels[n] == 0;
            around += voxels[n] >= from && voxels[n] <= to;
            masked += mask[n];
            stray += mask[n] && voxels[n] != 0;
        }
        const bool few = static_cast<double>(around - zeros) <= 0.01 * static_cast<double>(zeros);
        if (few || static_cast<double>(stray) <= 0.01 * static_cast<double>(masked)) return {};
    }
    std::size_t below = 0, beyond = 0;
    for (const float v : voxels) {
        below += v < from;
        beyond += v > to;
    }
    const double few = 0.05 * static_cast<double>(below + beyond);
    if (static_cast<double>(above ? below : beyond) <= few) (above ? from : to) = above ? -INFINITY : INFINITY;
    return {value, false, plain_flood(image, from, to)};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    Image image = image_of({bytes, size});
    if (image.voxels.empty()) {
        fuzz::must(find_background(image.voxels, {0, 0, 0}).exact);
        return 0;
    }
    for (const float v : image.voxels) {
        if (!std::isfinite(v)) return 0;  // the reader makes them 0
    }
    const Background found = find_background(image.voxels, image.shape);
    const Background plain = plain_background(image);
    fuzz::must(found.exact == plain.exact && found.value == plain.value && found.mask == plain.mask);
    std::vector<float> cleared = image.voxels;
    clear_background(cleared, found);
    for (std::size_t n = 0; n < cleared.size(); ++n) {
        fuzz::must(std::isfinite(cleared[n]));
        if (found.exact) fuzz::must(std::memcmp(&cleared[n], &image.voxels[n], sizeof(float)) == 0);
        if (!found.exact) fuzz::must((cleared[n] == 0) == (found.mask[n] != 0));
    }
    return 0;
}
