// One slice as two textures: the image through its window, and the labels over it.
#pragma once

#include <cstdint>

#include "ui/state.h"

namespace shapslice::ui {

// A plane's screen axes: which voxel axis runs across and up, and whether it runs the other way.
struct PlaneAxes {
    int across = 0, up = 1, through = 2;
    bool flip_across = false;  // voxels run right to left on screen
};
// plane: 0 sagittal, 1 coronal, 2 axial; voxels are RAS+. Radiological: the patient's right is on the left.
PlaneAxes plane_axes(int plane, bool radiological);

// The part of a texture that is not empty, in texture coordinates.
struct TexturePart {
    unsigned texture = 0;
    int width = 0, height = 0;  // pixels
    std::array<float, 2> low{0, 0}, high{0, 0};
    bool empty() const { return high[0] <= low[0]; }
};

// How often any slice's texture has been filled: a list that draws one looks different after it.
unsigned texture_uploads();

class SliceTexture {
  public:
    // Brings both textures up to date; does nothing when nothing they show has changed.
    void update(const AppState& state, int plane, int contrast);
    // Lets go of both textures: the next update() makes and fills new ones.
    void forget();
    const TexturePart& image() const { return image_; }
    const TexturePart& overlay() const { return overlay_; }

  private:
    void update_image(const AppState& state, const PlaneAxes& axes, int slice, int contrast);
    void update_overlay(const AppState& state, const PlaneAxes& axes, int slice);

    TexturePart image_, overlay_;
    std::tuple<int, int, int, int, bool, double, double> image_key_{};
    std::tuple<int, int, int, int, bool, int, float> overlay_key_{};
    std::vector<std::uint32_t> pixels_;
};

}  // namespace shapslice::ui
