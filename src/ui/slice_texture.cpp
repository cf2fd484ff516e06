#include "ui/slice_texture.h"

#include <GLES3/gl3.h>

#include <algorithm>

#include "ui/palette.h"

namespace shapslice::ui {

PlaneAxes plane_axes(int plane, bool radiological) {
    switch (plane) {
        case 0:
            return {1, 2, 0, true};  // sagittal, the front on the left
        case 1:
            return {0, 2, 1, radiological};
        default:
            return {0, 1, 2, radiological};
    }
}

namespace {

// The texture coordinates of the smallest box around the pixels that are not `empty`, and one pixel more for the
// filter.
void find_part(TexturePart& part, int width, int height, const std::vector<std::uint32_t>& pixels,
               std::uint32_t empty) {
    int left = width, right = -1, top = height, bottom = -1;
    std::size_t at = 0;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x, ++at) {
            if (pixels[at] == empty) continue;
            left = std::min(left, x);
            right = std::max(right, x);
            top = std::min(top, y);
            bottom = y;
        }
    }
    if (right < 0) {
        part.low = part.high = {0, 0};
        return;
    }
    const auto share = [](int n, int extent) {
        return static_cast<float>(std::clamp(n, 0, extent)) / static_cast<float>(extent);
    };
    part.low = {share(left - 1, width), share(top - 1, height)};
    part.high = {share(right + 2, width), share(bottom + 2, height)};
}

unsigned uploads = 0;

void upload(TexturePart& part, int width, int height, const std::vector<std::uint32_t>& pixels, int filter) {
    ++uploads;
    if (part.texture == 0) {
        glGenTextures(1, &part.texture);
        glBindTexture(GL_TEXTURE_2D, part.texture);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_LINEAR);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, filter);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
        glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
    }
    glBindTexture(GL_TEXTURE_2D, part.texture);
    if (part.width == width && part.height == height) {
        // Into the storage that is there: making it anew cost more than the pixels.
        glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
    } else {
        glTexImage2D(GL_TEXTURE_2D, 0, GL_RGBA, width, height, 0, GL_RGBA, GL_UNSIGNED_BYTE, pixels.data());
        part.width = width;
        part.height = height;
    }
}

// Voxels of a slice in screen order: rows from the top, `index(x, y)` into the volume.
struct SliceWalk {
    int width, height;
    std::ptrdiff_t start, step_x, step_y;
    std::size_t index(int x, int y) const { return static_cast<std::size_t>(start + step_x * x + step_y * y); }
};

SliceWalk walk_of(const Shape& shape, const PlaneAxes& axes, int slice) {
    const std::array<std::ptrdiff_t, 3> stride{1, shape[0], static_cast<std::ptrdiff_t>(shape[0]) * shape[1]};
    const auto across = static_cast<std::size_t>(axes.across);
    const auto up = static_cast<std::size_t>(axes.up);
    SliceWalk walk{shape[across], shape[up], stride[static_cast<std::size_t>(axes.through)] * slice, stride[across],
                   -stride[up]};
    walk.start += stride[up] * (shape[up] - 1);
    if (axes.flip_across) {
        walk.start += stride[across] * (shape[across] - 1);
        walk.step_x = -stride[across];
    }
    return walk;
}

// Fill and outline of one label map, blended over what `pixels` hold.
void draw_labels(const std::vector<std::uint8_t>& labels, const SliceWalk& walk, bool fill, bool outline, float opacity,
                 std::vector<std::uint32_t>& pixels) {
    if (labels.empty() || (!fill && !outline)) return;
    for (int y = 0; y < walk.height; ++y) {
        for (int x = 0; x < walk.width; ++x) {
            const std::uint8_t label = labels[walk.index(x, y)];
            if (label == 0) continue;
            const bool edge =
                outline && (x == 0 || y == 0 || x + 1 == walk.width || y + 1 == walk.height ||
                            labels[walk.index(x - 1, y)] != label || labels[walk.index(x + 1, y)] != label ||
                            labels[walk.index(x, y - 1)] != label || labels[walk.index(x, y + 1)] != label);
            std::uint32_t& pixel = pixels[static_cast<std::size_t>(y * walk.width + x)];
            if (edge) {
                pixel = kLabelColours[label];
            } else if (fill) {
                pixel = faded(kLabelColours[label], opacity);
            }
        }
    }
}

// How many of the versions have each voxel in the region on show, over what `pixels` hold.
void draw_votes(const std::vector<std::uint8_t>& votes, int versions, const SliceWalk& walk, float opacity,
                std::vector<std::uint32_t>& pixels) {
    for (int y = 0; y < walk.height; ++y) {
        for (int x = 0; x < walk.width; ++x) {
            const std::uint8_t vote = votes[walk.index(x, y)];
            if (vote == 0) continue;
            const float share = static_cast<float>(vote) / static_cast<float>(versions);
            pixels[static_cast<std::size_t>(y * walk.width + x)] = faded(sequential(share), std::max(opacity, 0.6f));
        }
    }
}

// 1 lost, 2 gained.
void draw_change(const std::vector<std::uint8_t>& changed, const SliceWalk& walk, std::vector<std::uint32_t>& pixels) {
    for (int y = 0; y < walk.height; ++y) {
        for (int x = 0; x < walk.width; ++x) {
            const std::uint8_t change = changed[walk.index(x, y)];
            if (change == 0) continue;
            // Lost: every other diagonal, so that it is told from gained without colour.
            if (change == 1 && (x + y) % 3 == 0) continue;
            pixels[static_cast<std::size_t>(y * walk.width + x)] = faded(change == 1 ? kLost : kGained, 0.8f);
        }
    }
}

}  // namespace

unsigned texture_uploads() {
    return uploads;
}

void SliceTexture::forget() {
    for (const TexturePart* part : {&image_, &overlay_}) {
        if (part->texture != 0) glDeleteTextures(1, &part->texture);
    }
    *this = {};
}

void SliceTexture::update(const AppState& state, int plane, int contrast) {
    const PlaneAxes axes = plane_axes(plane, state.viewing.radiological);
    const int slice = state.viewing.crosshair[static_cast<std::size_t>(axes.through)];
    const auto& window = state.viewing.window[static_cast<std::size_t>(contrast)];
    const std::tuple image_key{state.images_revision,      plane,     slice,    contrast,
                               state.viewing.radiological, window[0], window[1]};
    if (image_key != image_key_) {
        update_image(state, axes, slice, contrast);
        image_key_ = image_key;
    }
    const Viewing& v = state.viewing;
    const int switches = v.change << 6 | v.agreement << 5 | v.overlay << 4 | v.reference_fill << 3 |
                         v.reference_outline << 2 | v.prediction_fill << 1 | v.prediction_outline;
    const std::tuple overlay_key{
        state.images_revision, state.prediction_revision, plane, slice, v.radiological, switches, v.opacity};
    if (overlay_key != overlay_key_) {
        update_overlay(state, axes, slice);
        overlay_key_ = overlay_key;
    }
}

void SliceTexture::update_image(const AppState& state, const PlaneAxes& axes, int slice, int contrast) {
    const auto c = static_cast<std::size_t>(contrast);
    const DisplayScale& scale = state.subject->display[c];
    const SliceWalk walk = walk_of(state.subject->shape, axes, slice);
    const double low = (state.viewing.window[c][0] - scale.intercept) / scale.slope;
    const double high = (state.viewing.window[c][1] - scale.intercept) / scale.slope;
    const auto per_level = static_cast<float>(255 / std::max(1e-9, high - low));
    const auto offset = static_cast<float>(low);
    const std::vector<std::uint16_t>& voxels = state.volumes[c];  // none where memory did not suffice for them
    pixels_.resize(static_cast<std::size_t>(walk.width * walk.height));
    std::size_t at = 0;
    for (int y = 0; y < walk.height; ++y) {
        for (int x = 0; x < walk.width; ++x, ++at) {
            const auto stored = voxels.empty() ? offset : static_cast<float>(voxels[walk.index(x, y)]);
            const auto grey = static_cast<std::uint32_t>(std::clamp((stored - offset) * per_level, 0.0f, 255.0f));
            pixels_[at] = IM_COL32(grey, grey, grey, 255);
        }
    }
    find_part(image_, walk.width, walk.height, pixels_, IM_COL32_BLACK);
    upload(image_, walk.width, walk.height, pixels_, GL_LINEAR);
}

void SliceTexture::update_overlay(const AppState& state, const PlaneAxes& axes, int slice) {
    const SliceWalk walk = walk_of(state.subject->shape, axes, slice);
    pixels_.assign(static_cast<std::size_t>(walk.width * walk.height), 0);
    const Viewing& v = state.viewing;
    if (v.overlay) {
        if (v.agreement && !state.votes.empty()) {
            draw_votes(state.votes, state.prediction_versions, walk, v.opacity, pixels_);
        } else {
            draw_labels(state.prediction, walk, v.prediction_fill, v.prediction_outline, v.opacity, pixels_);
        }
        if (v.change && !state.changed_voxels.empty()) draw_change(state.changed_voxels, walk, pixels_);
        draw_labels(state.reference, walk, v.reference_fill, v.reference_outline, v.opacity, pixels_);
    }
    find_part(overlay_, walk.width, walk.height, pixels_, 0);
    // What is empty is not drawn, so need not be right.
    if (!overlay_.empty()) upload(overlay_, walk.width, walk.height, pixels_, GL_NEAREST);
}

}  // namespace shapslice::ui
