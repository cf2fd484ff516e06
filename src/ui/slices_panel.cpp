// The slices: three planes of one contrast, or four contrasts in one plane, linked by one crosshair.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "study/sentence.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

std::array<SliceTexture, 8> textures;  // one a cell

constexpr const char* kPlaneNames[3] = {"Sagittal", "Coronal", "Axial"};

// Where a slice lies on screen: millimetres from the slice's middle to pixels.
struct View {
    Rect cell;
    PlaneAxes axes;
    std::array<double, 3> spacing;
    Shape shape;
    float pixels_per_mm;
    ImVec2 middle;

    float extent(int axis) const {
        const auto n = static_cast<std::size_t>(axis);
        return static_cast<float>(shape[n] * spacing[n]);
    }
    // Screen position of a voxel's centre.
    ImVec2 screen(const std::array<int, 3>& voxel) const {
        const auto part = [&](int axis) {
            const auto n = static_cast<std::size_t>(axis);
            return static_cast<float>((voxel[n] + 0.5) * spacing[n]) - extent(axis) / 2;
        };
        const float across = part(axes.across) * (axes.flip_across ? -1.0f : 1.0f);
        return {middle.x + across * pixels_per_mm, middle.y - part(axes.up) * pixels_per_mm};
    }
    // The voxel at a screen position, through the current slice, clamped to the volume.
    std::array<int, 3> voxel(ImVec2 at, const std::array<int, 3>& crosshair) const {
        std::array<int, 3> v = crosshair;
        const auto index = [&](float mm, int axis) {
            const auto n = static_cast<std::size_t>(axis);
            const int i = static_cast<int>(std::floor((mm + extent(axis) / 2) / static_cast<float>(spacing[n])));
            return std::clamp(i, 0, shape[n] - 1);
        };
        const float across = (at.x - middle.x) / pixels_per_mm * (axes.flip_across ? -1.0f : 1.0f);
        v[static_cast<std::size_t>(axes.across)] = index(across, axes.across);
        v[static_cast<std::size_t>(axes.up)] = index(-(at.y - middle.y) / pixels_per_mm, axes.up);
        return v;
    }
};

// At zoom 1 the brain fills the cell, but for what the marks around it need.
View view_of(const AppState& state, const Rect& cell, int plane) {
    constexpr float kMargin = 22;
    const CaseSummary& subject = *state.subject;
    View view{cell, plane_axes(plane, state.viewing.radiological), subject.spacing, subject.shape, 1, {}};
    const auto brain = [&](int axis) {
        const auto n = static_cast<std::size_t>(axis);
        return static_cast<float>((subject.brain_high[n] - subject.brain_low[n]) * subject.spacing[n]);
    };
    // From the middle of the volume to that of the brain, mm, and what the user has panned.
    const auto shift = [&](int axis) {
        const auto n = static_cast<std::size_t>(axis);
        const double middle = (subject.brain_high[n] + subject.brain_low[n] - subject.shape[n]) / 2.0;
        return state.viewing.pan[n] - static_cast<float>(middle * subject.spacing[n]);
    };
    view.pixels_per_mm = state.viewing.zoom * std::min((cell.width - 2 * kMargin) / brain(view.axes.across),
                                                       (cell.height - 2 * kMargin) / brain(view.axes.up));
    const float sign = view.axes.flip_across ? -1.0f : 1.0f;
    view.middle = {cell.x + cell.width / 2 + shift(view.axes.across) * sign * view.pixels_per_mm,
                   cell.y + cell.height / 2 - shift(view.axes.up) * view.pixels_per_mm};
    return view;
}

// The image and the overlay on it. A contrast that the coalition on show lacks is dimmed: the model does not see it.
void draw_images(ImDrawList* list, const View& view, const SliceTexture& texture, bool given) {
    const float half_width = view.extent(view.axes.across) / 2 * view.pixels_per_mm;
    const float half_height = view.extent(view.axes.up) / 2 * view.pixels_per_mm;
    const ImVec2 low{view.middle.x - half_width, view.middle.y - half_height};
    const ImVec2 high{view.middle.x + half_width, view.middle.y + half_height};
    // Only the part of each texture that holds anything is drawn.
    const auto draw = [&](const TexturePart& part, ImU32 tint) {
        if (part.empty()) return;
        const auto place = [&](float u, float v) {
            return ImVec2{low.x + (high.x - low.x) * u, low.y + (high.y - low.y) * v};
        };
        list->AddImage(reinterpret_cast<ImTextureID>(static_cast<std::uintptr_t>(part.texture)),
                       place(part.low[0], part.low[1]), place(part.high[0], part.high[1]), {part.low[0], part.low[1]},
                       {part.high[0], part.high[1]}, tint);
    };
    draw(texture.image(), given ? IM_COL32_WHITE : IM_COL32(255, 255, 255, 70));
    draw(texture.overlay(), IM_COL32_WHITE);
}

void draw_crosshair(ImDrawList* list, const View& view, const std::array<int, 3>& crosshair) {
    const ImVec2 at = view.screen(crosshair);
    const ImU32 colour = faded(kAccent, 0.65f);
    constexpr float kGap = 7;
    const Rect& c = view.cell;
    list->AddLine({c.x, at.y}, {at.x - kGap, at.y}, colour);
    list->AddLine({at.x + kGap, at.y}, {c.x + c.width, at.y}, colour);
    list->AddLine({at.x, c.y}, {at.x, at.y - kGap}, colour);
    list->AddLine({at.x, at.y + kGap}, {at.x, c.y + c.height}, colour);
}

// L/R, A/P, S/I at the four edges; the upper one beside the title where that is long.
void draw_directions(ImDrawList* list, const View& view, float title_end) {
    static constexpr const char* kLow[3] = {"L", "P", "I"};
    static constexpr const char* kHigh[3] = {"R", "A", "S"};
    const Rect& c = view.cell;
    const char* left = view.axes.flip_across ? kHigh[view.axes.across] : kLow[view.axes.across];
    const char* right = view.axes.flip_across ? kLow[view.axes.across] : kHigh[view.axes.across];
    text_at(list, fonts.strong, {c.x + 5, c.y + c.height / 2 - 8}, kQuiet, left);
    text_at(list, fonts.strong, {c.x + c.width - 15, c.y + c.height / 2 - 8}, kQuiet, right);
    text_at(list, fonts.strong, {std::max(c.x + c.width / 2 - 4, title_end + 10), c.y + 2}, kQuiet,
            kHigh[view.axes.up]);
    text_at(list, fonts.strong, {c.x + c.width / 2 - 4, c.y + c.height - 19}, kQuiet, kLow[view.axes.up]);
}

void draw_scale_bar(ImDrawList* list, const View& view) {
    const float length = 50 * view.pixels_per_mm;  // 5 cm
    const Rect& c = view.cell;
    if (length > c.width * 0.6f) return;
    const ImVec2 end{c.x + c.width - 10, c.y + c.height - 8};
    list->AddLine({end.x - length, end.y}, end, kText, 2);
    text_at(list, fonts.small, {end.x - length, end.y - 17}, kText, "5 cm");
}

void change_window(AppState& state, int contrast, ImVec2 drag) {
    auto& window = state.viewing.window[static_cast<std::size_t>(contrast)];
    const DisplayScale& scale = state.subject->display[static_cast<std::size_t>(contrast)];
    const double whole = scale.window_high - scale.window_low;
    const double level = (window[0] + window[1]) / 2 - static_cast<double>(drag.y) * whole / 300;
    const double width = std::max(whole / 200, (window[1] - window[0]) + static_cast<double>(drag.x) * whole / 300);
    window = {level - width / 2, level + width / 2};
}

void zoom_at(AppState& state, const View& view, float wheel) {
    const ImVec2 mouse = ImGui::GetIO().MousePos;
    const float before = state.viewing.zoom;
    state.viewing.zoom = std::clamp(before * std::pow(1.15f, wheel), 0.5f, 12.0f);
    // The place under the pointer stays where it is.
    const float grow = 1 / (view.pixels_per_mm / before * state.viewing.zoom) - 1 / view.pixels_per_mm;
    const float sign = view.axes.flip_across ? -1.0f : 1.0f;
    const ImVec2 off{mouse.x - (view.cell.x + view.cell.width / 2), mouse.y - (view.cell.y + view.cell.height / 2)};
    state.viewing.pan[static_cast<std::size_t>(view.axes.across)] += sign * off.x * grow;
    state.viewing.pan[static_cast<std::size_t>(view.axes.up)] -= off.y * grow;
}

void handle_mouse(AppState& state, const View& view, int contrast) {
    ImGuiIO& io = ImGui::GetIO();
    Viewing& v = state.viewing;
    if (ImGui::IsItemHovered()) {
        const auto through = static_cast<std::size_t>(view.axes.through);
        if (io.MouseWheel != 0 && (io.KeyCtrl || io.KeySuper)) {
            zoom_at(state, view, io.MouseWheel);
        } else if (io.MouseWheel != 0) {
            const int step = io.MouseWheel > 0 ? 1 : -1;
            v.crosshair[through] = std::clamp(v.crosshair[through] + step, 0, view.shape[through] - 1);
        }
        if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
            v.zoom = 1;
            v.pan = {0, 0, 0};
        }
    }
    if (!ImGui::IsItemActive()) return;
    const bool panning =
        ImGui::IsMouseDown(ImGuiMouseButton_Middle) || (io.KeyShift && ImGui::IsMouseDown(ImGuiMouseButton_Left));
    if (panning) {
        const float sign = view.axes.flip_across ? -1.0f : 1.0f;
        v.pan[static_cast<std::size_t>(view.axes.across)] += sign * io.MouseDelta.x / view.pixels_per_mm;
        v.pan[static_cast<std::size_t>(view.axes.up)] -= io.MouseDelta.y / view.pixels_per_mm;
    } else if (ImGui::IsMouseDown(ImGuiMouseButton_Right)) {
        change_window(state, contrast, io.MouseDelta);
    } else if (ImGui::IsMouseDown(ImGuiMouseButton_Left)) {
        v.crosshair = view.voxel(io.MousePos, v.crosshair);
    }
}

void slice_cell(AppState& state, SliceTexture& texture, const Rect& cell, int plane, int contrast,
                const std::string& title) {
    const View view = view_of(state, cell, plane);
    texture.update(state, plane, contrast);
    ImGui::SetCursorScreenPos({cell.x, cell.y});
    ImGui::PushID(&texture);
    ImGui::InvisibleButton(
        "slice", {cell.width, cell.height},
        ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonRight | ImGuiButtonFlags_MouseButtonMiddle);
    handle_mouse(state, view, contrast);
    ImGui::PopID();
    ImDrawList* list = ImGui::GetWindowDrawList();
    list->PushClipRect({cell.x, cell.y}, {cell.x + cell.width, cell.y + cell.height}, true);
    state.grounds.push_back({{cell.x, cell.y, cell.width, cell.height}, IM_COL32(0, 0, 0, 255)});
    const bool given = contains(static_cast<Coalition>(slice_coalition(state)), contrast);
    draw_images(list, view, texture, given);
    draw_crosshair(list, view, state.viewing.crosshair);
    draw_directions(list, view, cell.x + 6 + text_size(fonts.strong, title.c_str()).x);
    draw_scale_bar(list, view);
    text_at(list, fonts.strong, {cell.x + 6, cell.y + 3}, kText, title.c_str());
    if (!given) text_at(list, fonts.small, {cell.x + 6, cell.y + 21}, kWarning, "not given to the model");
    const auto& window = state.viewing.window[static_cast<std::size_t>(contrast)];
    char words[64];
    std::snprintf(words, sizeof words, "W %.0f  L %.0f", window[1] - window[0], (window[0] + window[1]) / 2);
    text_at(list, fonts.small, {cell.x + 6, cell.y + cell.height - 19}, kQuiet, words);
    list->PopClipRect();
}

std::string slice_title(const AppState& state, int plane, int contrast) {
    const auto through = static_cast<std::size_t>(plane_axes(plane, true).through);
    return std::string(kContrastTitles[static_cast<std::size_t>(contrast)]) + "  " + kPlaneNames[plane] + " " +
           std::to_string(state.viewing.crosshair[through] + 1) + "/" + std::to_string(state.subject->shape[through]);
}

std::string label_words(const std::vector<std::uint8_t>& labels, std::size_t index) {
    if (labels.empty()) return "-";
    const std::uint8_t label = labels[index];
    return label == 0 ? "none" : std::string(kLabelNames[label]);
}

// Voxel and world coordinates, intensities and labels at the crosshair.
void readout(AppState& state, const Rect& rect) {
    const CaseSummary& subject = *state.subject;
    const auto& v = state.viewing.crosshair;
    const auto shape = subject.shape;
    const std::size_t index =
        (static_cast<std::size_t>(v[2]) * static_cast<std::size_t>(shape[1]) + static_cast<std::size_t>(v[1])) *
            static_cast<std::size_t>(shape[0]) +
        static_cast<std::size_t>(v[0]);
    ImDrawList* list = ImGui::GetWindowDrawList();
    float y = rect.y + 6;
    char line[160];
    const auto row = [&](ImU32 colour, const char* text) {
        text_at(list, fonts.small, {rect.x + 8, y}, colour, text, rect.width - 12);
        y += 18;
    };
    text_at(list, fonts.strong, {rect.x + 8, y}, kText, "At the crosshair");
    y += 22;
    std::snprintf(line, sizeof line, "voxel  %d, %d, %d", v[0], v[1], v[2]);
    row(kText, line);
    std::array<double, 3> world{};
    for (std::size_t r = 0; r < 3; ++r) {
        world[r] = subject.affine[r * 4] * v[0] + subject.affine[r * 4 + 1] * v[1] + subject.affine[r * 4 + 2] * v[2] +
                   subject.affine[r * 4 + 3];
    }
    std::snprintf(line, sizeof line, "world  %.1f, %.1f, %.1f mm (RAS)", world[0], world[1], world[2]);
    row(kText, line);
    for (std::size_t c = 0; c < kContrasts; ++c) {
        const DisplayScale& scale = subject.display[c];
        const std::string title(kContrastTitles[c]);
        if (state.volumes[c].empty())
            std::snprintf(line, sizeof line, "%s  not shown", title.c_str());
        else
            std::snprintf(line, sizeof line, "%s  %.5g", title.c_str(),
                          scale.slope * state.volumes[c][index] + scale.intercept);
        row(kText, line);
    }
    row(kText, ("reference  " + label_words(state.reference, index)).c_str());
    row(kText, ("prediction  " + label_words(state.prediction, index)).c_str());
    y += 4;
    for (std::uint8_t label : {3, 1, 2}) {
        list->AddRectFilled({rect.x + 8, y + 3}, {rect.x + 20, y + 13}, kLabelColours[label]);
        const std::size_t region = label == 3 ? 0 : label == 1 ? 1 : 2;
        text_at(list, fonts.small, {rect.x + 26, y}, kText,
                (std::string(kLabelNames[label]) + "  " + std::string(kRegionTitles[region])).c_str(), rect.width - 34);
        y += 18;
    }
    row(kQuiet, "fill: prediction   line: reference");
}

void toolbar(AppState& state) {
    Viewing& v = state.viewing;
    const auto choice = [](const char* text, bool on) {
        ImGui::PushStyleColor(ImGuiCol_Button, on ? IM_COL32(48, 84, 116, 255) : kRaised);
        const bool pressed = ImGui::SmallButton(text);
        ImGui::PopStyleColor();
        ImGui::SameLine(0, 4);
        return pressed;
    };
    if (choice("Three planes", v.layout == Layout::planes)) v.layout = Layout::planes;
    if (choice("Four contrasts", v.layout == Layout::contrasts)) v.layout = Layout::contrasts;
    ImGui::SameLine(0, 12);
    if (v.layout == Layout::planes) {
        for (int c = 0; c < kContrasts; ++c) {
            if (choice(std::string(kContrastTitles[static_cast<std::size_t>(c)]).c_str(), v.contrast == c))
                v.contrast = c;
        }
    } else {
        for (const int plane : {2, 1, 0}) {
            if (choice(kPlaneNames[plane], v.plane == plane)) v.plane = plane;
        }
    }
    ImGui::SameLine(0, 12);
    if (choice("Overlay", v.overlay)) ImGui::OpenPopup("overlay");
    if (ImGui::BeginPopup("overlay")) {
        ImGui::Checkbox("Show overlay (O)", &v.overlay);
        ImGui::Checkbox("Prediction: fill", &v.prediction_fill);
        ImGui::Checkbox("Prediction: outline", &v.prediction_outline);
        ImGui::Checkbox("Reference: fill", &v.reference_fill);
        ImGui::Checkbox("Reference: outline", &v.reference_outline);
        ImGui::Checkbox("How many versions agree (region on show)", &v.agreement);
        ImGui::Checkbox("Lost (white stripes) and gained (purple) without a sequence", &v.change);
        ImGui::SetNextItemWidth(140);
        ImGui::SliderFloat("Opacity", &v.opacity, 0.05f, 1, "%.2f");
        ImGui::Separator();
        ImGui::Checkbox("Patient's right on the left", &v.radiological);
        ImGui::EndPopup();
    }
    if (choice("PNG", false)) send(state, "savePng", {{"panel", "slices"}});
    remember(state, "save-png", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    if (ImGui::IsItemHovered()) ImGui::SetTooltip("Save the slices as an image");
    ImGui::NewLine();
}

// What the overlay stands for, in one line above the slices.
std::string overlay_words(const AppState& state) {
    const ModelResult* model = shown_model(state);
    if (!model || state.prediction.empty())
        return state.reference.empty() ? "" : "Reference outline. Run a model to see its segmentation.";
    std::string contrasts;
    const int mask = slice_coalition(state);
    for (int i = 0; i < kContrasts; ++i) {
        if (contains(static_cast<Coalition>(mask), i))
            contrasts += (contrasts.empty() ? "" : " + ") + std::string(kContrastTitles[static_cast<std::size_t>(i)]);
    }
    std::string words = model->name + ", " + version_words(state) + ", given " +
                        (contrasts.empty()       ? "no sequence"
                         : mask == kAllContrasts ? "all sequences"
                                                 : contrasts);
    const std::string region(kRegionRowNames[static_cast<std::size_t>(state.choice.region)]);
    if (state.choice.region < kRegions) {
        const auto& dice = state.prediction_dice[static_cast<std::size_t>(state.choice.region)];
        if (dice) words += "; its Dice " + region + " " + two_digits(*dice);
    }
    if (state.viewing.agreement && !state.votes.empty())
        words += "; in colour: how many versions agree";
    else if (state.viewing.change && state.prediction_change)
        words += "; white: lost, purple: gained";
    return words;
}

}  // namespace

void forget_slices() {
    for (SliceTexture& texture : textures) texture.forget();
}

void slices_panel(AppState& state, const Rect& rect) {
    begin_panel(state, "slices", rect, kGround);
    if (!state.subject) {
        ImGui::SetCursorPos({20, 20});
        quiet_text("Reading the case ...");
        end_panel();
        return;
    }
    ImGui::SetCursorPos({6, 5});
    toolbar(state);
    ImGui::SetCursorPosX(8);
    quiet_text(overlay_words(state).c_str());
    const float top = 52;
    const float gap = 3;
    const float width = (rect.width - gap) / 2;
    const float height = (rect.height - top - gap) / 2;
    for (int n = 0; n < 4; ++n) {
        const Rect cell{rect.x + static_cast<float>(n % 2) * (width + gap),
                        rect.y + top + static_cast<float>(n / 2) * (height + gap), width, height};
        if (state.viewing.layout == Layout::contrasts) {
            slice_cell(state, textures[static_cast<std::size_t>(n)], cell, state.viewing.plane, n,
                       slice_title(state, state.viewing.plane, n));
        } else if (n < 3) {
            static constexpr int kOrder[3] = {2, 1, 0};
            slice_cell(state, textures[static_cast<std::size_t>(4 + n)], cell, kOrder[n], state.viewing.contrast,
                       slice_title(state, kOrder[n], state.viewing.contrast));
        } else {
            readout(state, cell);
        }
    }
    end_panel();
}

void keyboard_shortcuts(AppState& state) {
    if (!state.subject || ImGui::GetIO().WantTextInput) return;
    Viewing& v = state.viewing;
    for (int n = 0; n < 4; ++n) {
        if (ImGui::IsKeyPressed(static_cast<ImGuiKey>(ImGuiKey_1 + n), false)) v.contrast = n;
    }
    if (ImGui::IsKeyPressed(ImGuiKey_O, false) || ImGui::IsKeyPressed(ImGuiKey_Space, false)) v.overlay = !v.overlay;
    if (ImGui::IsKeyPressed(ImGuiKey_V, false))
        v.layout = v.layout == Layout::planes ? Layout::contrasts : Layout::planes;
    if (ImGui::IsKeyPressed(ImGuiKey_R, false)) {
        v.zoom = 1;
        v.pan = {0, 0, 0};
        for (std::size_t c = 0; c < kContrasts; ++c)
            v.window[c] = {state.subject->display[c].window_low, state.subject->display[c].window_high};
    }
    const auto move = [&](ImGuiKey key, std::size_t axis, int step) {
        if (!ImGui::IsKeyPressed(key)) return;
        v.crosshair[axis] = std::clamp(v.crosshair[axis] + step, 0, state.subject->shape[axis] - 1);
    };
    const int right = v.radiological ? -1 : 1;
    move(ImGuiKey_LeftArrow, 0, -right);
    move(ImGuiKey_RightArrow, 0, right);
    move(ImGuiKey_UpArrow, 1, 1);
    move(ImGuiKey_DownArrow, 1, -1);
    move(ImGuiKey_PageUp, 2, 1);
    move(ImGuiKey_PageDown, 2, -1);
}

}  // namespace shapslice::ui
