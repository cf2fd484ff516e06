#include "ui/theme.h"

#include <cstring>
#include <string>

#include "ui/palette.h"

namespace shapslice::ui {

Fonts fonts;

namespace {

ImFont* add_font(const std::vector<std::uint8_t>& file, float css_size, float pixel_ratio) {
    // Latin, Greek (phi, Sigma, tau), dashes and quotes, arrows, mathematical operators.
    static constexpr ImWchar kRanges[] = {0x20, 0xff, 0x370, 0x3ff, 0x2010, 0x2027, 0x2190, 0x2193, 0x2200, 0x22ff, 0};
    ImFontConfig config;
    config.FontDataOwnedByAtlas = false;
    config.OversampleH = 2;
    config.OversampleV = 1;
    return ImGui::GetIO().Fonts->AddFontFromMemoryTTF(const_cast<std::uint8_t*>(file.data()),
                                                      static_cast<int>(file.size()), css_size * pixel_ratio, &config,
                                                      kRanges);
}

ImVec4 vec4(ImU32 colour) {
    return ImGui::ColorConvertU32ToFloat4(colour);
}

}  // namespace

void load_fonts(const FontFiles& files, float pixel_ratio) {
    ImGuiIO& io = ImGui::GetIO();
    io.Fonts->Clear();
    fonts.body = add_font(files.regular, 15, pixel_ratio);
    fonts.small = add_font(files.regular, 13, pixel_ratio);
    fonts.strong = add_font(files.medium, 15, pixel_ratio);
    fonts.title = add_font(files.medium, 17, pixel_ratio);
    io.FontGlobalScale = 1 / pixel_ratio;
    io.FontDefault = fonts.body;
}

void apply_theme() {
    ImGui::StyleColorsDark();
    ImGuiStyle& style = ImGui::GetStyle();
    style.WindowRounding = 0;
    style.WindowBorderSize = 0;
    style.WindowPadding = {10, 8};
    style.FrameRounding = 4;
    style.FramePadding = {8, 4};
    style.ItemSpacing = {7, 6};
    style.GrabRounding = 4;
    style.PopupRounding = 4;
    style.TabRounding = 4;
    style.ScrollbarSize = 11;
    ImVec4* c = style.Colors;
    c[ImGuiCol_Text] = vec4(kText);
    c[ImGuiCol_TextDisabled] = vec4(kQuiet);
    c[ImGuiCol_WindowBg] = vec4(kPanel);
    c[ImGuiCol_PopupBg] = vec4(IM_COL32(34, 38, 44, 252));
    c[ImGuiCol_Border] = vec4(kLine);
    c[ImGuiCol_FrameBg] = c[ImGuiCol_Button] = c[ImGuiCol_Tab] = vec4(kRaised);
    c[ImGuiCol_FrameBgHovered] = c[ImGuiCol_ButtonHovered] = c[ImGuiCol_TabHovered] = vec4(IM_COL32(58, 66, 78, 255));
    c[ImGuiCol_FrameBgActive] = c[ImGuiCol_ButtonActive] = vec4(IM_COL32(70, 92, 116, 255));
    c[ImGuiCol_TabActive] = c[ImGuiCol_Header] = vec4(IM_COL32(48, 84, 116, 255));
    c[ImGuiCol_HeaderHovered] = vec4(IM_COL32(58, 98, 134, 255));
    c[ImGuiCol_CheckMark] = c[ImGuiCol_SliderGrab] = c[ImGuiCol_PlotHistogram] = vec4(kAccent);
    c[ImGuiCol_Separator] = vec4(kLine);
    c[ImGuiCol_NavHighlight] = vec4(kAccent);
    // Nothing is dimmed below a form: that would be painted over panels that are not drawn anew (ui/canvas.h).
    c[ImGuiCol_ModalWindowDimBg] = c[ImGuiCol_NavWindowingDimBg] = {0, 0, 0, 0};
}

void quiet_text(const char* text) {
    ImGui::PushFont(fonts.small);
    ImGui::PushStyleColor(ImGuiCol_Text, kQuiet);
    ImGui::PushTextWrapPos(0);
    ImGui::TextUnformatted(text);
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
    ImGui::PopFont();
}

void text_end(const std::string& text, float room) {
    const auto fits = [room](const std::string& shown) { return ImGui::CalcTextSize(shown.c_str()).x <= room; };
    std::string shown = text;
    while (shown.size() > 4 && !fits(shown == text ? text : "..." + shown)) {
        do shown.erase(0, 1);
        while (!shown.empty() && (static_cast<unsigned char>(shown[0]) & 0xC0) == 0x80);  // whole characters
    }
    ImGui::TextUnformatted(shown == text ? text.c_str() : ("..." + shown).c_str());
}

ImVec2 text_size(ImFont* font, const char* text) {
    return font->CalcTextSizeA(font->FontSize * ImGui::GetIO().FontGlobalScale, 1e9f, 0, text);
}

void text_at(ImDrawList* list, ImFont* font, ImVec2 at, ImU32 colour, const char* text, float width) {
    const float size = font->FontSize * ImGui::GetIO().FontGlobalScale;
    std::string shown = text;
    if (width > 0 && text_size(font, text).x > width) {
        while (!shown.empty() && text_size(font, (shown + "...").c_str()).x > width) shown.pop_back();
        shown += "...";
    }
    list->AddText(font, size, at, colour, shown.c_str());
}

}  // namespace shapslice::ui
