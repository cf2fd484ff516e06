// What of a frame is drawn: the panels that changed. The page's canvas keeps its picture between frames
// (preserveDrawingBuffer, web/app.js).
#pragma once

#include <imgui.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "ui/state.h"

namespace shapslice::ui {

class Canvas {
  public:
    // Brings the canvas up to date with a rendered frame. `grounds` are the plain rectangles
    // below the windows of this frame; `width` and `height` count device pixels.
    void draw(const ImDrawData& frame, const std::vector<AppState::Ground>& grounds, int width, int height);
    // The next frame is drawn whole: after the typeface changed, say.
    void forget() { panels_.clear(); }

  private:
    using Bounds = std::array<float, 4>;  // x, y, width, height in CSS pixels
    // A window of the fixed layout with the windows inside it, or something that floats above: a tooltip, a popup.
    struct Panel {
        unsigned window = 0;
        Bounds bounds{};
        bool floats = false;
        std::uint64_t look = 0;  // of everything that decides its pixels
        std::vector<ImDrawList*> lists;
        bool stale = true;
    };

    static std::vector<Panel> panels_of(const ImDrawData& frame, const std::vector<AppState::Ground>& grounds);
    void mark_stale(std::vector<Panel>& panels) const;

    std::vector<Panel> panels_;  // of the last frame
    int width_ = 0;
    int height_ = 0;
};

}  // namespace shapslice::ui
