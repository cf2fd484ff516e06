// The typeface at the screen's own resolution, and Dear ImGui's style.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shapslice::ui {

// Loaded once per pixel ratio by load_fonts; sizes in CSS pixels.
struct Fonts {
    ImFont* body = nullptr;    // 15
    ImFont* small = nullptr;   // 13
    ImFont* strong = nullptr;  // 15, medium weight
    ImFont* title = nullptr;   // 18, medium weight
};
extern Fonts fonts;

struct FontFiles {
    std::vector<std::uint8_t> regular;
    std::vector<std::uint8_t> medium;
};

// Rasterises the fonts at `pixel_ratio` device pixels a CSS pixel and replaces ImGui's atlas.
void load_fonts(const FontFiles& files, float pixel_ratio);
void apply_theme();

// Text in the small font and quiet colour, wrapped at the window's width: how to read a chart, notes.
void quiet_text(const char* text);
// One line of text drawn at a place of the draw list, in a font, cut off with an ellipsis at `width` if that is > 0.
void text_at(ImDrawList* list, ImFont* font, ImVec2 at, ImU32 colour, const char* text, float width = 0);
// A line of text at the cursor. Where it is wider than `room` its end is shown: the end of a file's name tells the
// sequence.
void text_end(const std::string& text, float room);
ImVec2 text_size(ImFont* font, const char* text);

}  // namespace shapslice::ui
