// Software renderers fill perhaps a hundred million pixels a second, and a page of charts is read for minutes while one
// slice is scrolled (bench/frames.mjs). A framebuffer of our own, copied to the page each frame, took longer than
// drawing everything: a browser on a software renderer copies 1280x720 pixels so in 15 ms.
#include "ui/canvas.h"

#include <GLES3/gl3.h>
#include <backends/imgui_impl_opengl3.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "ui/palette.h"
#include "ui/slice_texture.h"

namespace shapslice::ui {

namespace {

std::uint64_t mixed(std::uint64_t look, std::uint64_t value) {
    look = (look ^ value) * 0x9E3779B97F4A7C15u;
    return look ^ (look >> 32);
}

std::uint64_t mixed(std::uint64_t look, const void* bytes, std::size_t count) {
    const auto* at = static_cast<const unsigned char*>(bytes);
    std::uint64_t word = 0;
    for (; count >= sizeof word; at += sizeof word, count -= sizeof word) {
        std::memcpy(&word, at, sizeof word);
        look = mixed(look, word);
    }
    word = count;
    std::memcpy(&word, at, count);
    return mixed(look, word);
}

// Everything that decides the pixels of a draw list.
std::uint64_t look_of(const ImDrawList& list) {
    std::uint64_t look = 0;
    for (const ImDrawCmd& command : list.CmdBuffer) {
        look = mixed(look, &command.ClipRect, sizeof command.ClipRect);
        look = mixed(look, command.ElemCount);
        look = mixed(look, static_cast<std::uint64_t>(reinterpret_cast<std::uintptr_t>(command.TextureId)));
        // Slices change inside their textures.
        if (command.TextureId != ImGui::GetIO().Fonts->TexID) look = mixed(look, texture_uploads());
    }
    look = mixed(look, list.VtxBuffer.Data, static_cast<std::size_t>(list.VtxBuffer.size_in_bytes()));
    return mixed(look, list.IdxBuffer.Data, static_cast<std::size_t>(list.IdxBuffer.size_in_bytes()));
}

bool overlap(const std::array<float, 4>& a, const std::array<float, 4>& b) {
    return a[0] < b[0] + b[2] && b[0] < a[0] + a[2] && a[1] < b[1] + b[3] && b[1] < a[1] + a[3];
}

const ImGuiWindow* root_of(const ImDrawList* list) {
    for (const ImGuiWindow* window : ImGui::GetCurrentContext()->Windows) {
        if (window->DrawList == list) return window->RootWindow;
    }
    return nullptr;
}

// The part of a frame that shows `lists`.
ImDrawData part_of(const ImDrawData& frame, const std::vector<ImDrawList*>& lists) {
    ImDrawData part = frame;
    part.CmdLists.clear();
    part.TotalIdxCount = part.TotalVtxCount = 0;
    for (ImDrawList* list : lists) {
        part.CmdLists.push_back(list);
        part.TotalIdxCount += list->IdxBuffer.Size;
        part.TotalVtxCount += list->VtxBuffer.Size;
    }
    part.CmdListsCount = part.CmdLists.Size;
    return part;
}

void clear(ImU32 colour) {
    const ImVec4 c = ImGui::ColorConvertU32ToFloat4(colour);
    glClearColor(c.x, c.y, c.z, 1);
    glClear(GL_COLOR_BUFFER_BIT);
}

}  // namespace

std::vector<Canvas::Panel> Canvas::panels_of(const ImDrawData& frame, const std::vector<AppState::Ground>& grounds) {
    std::vector<Panel> panels;
    for (ImDrawList* list : frame.CmdLists) {
        const ImGuiWindow* root = root_of(list);
        const unsigned id = root ? root->ID : 0;
        auto panel = std::find_if(panels.begin(), panels.end(), [&](const Panel& each) { return each.window == id; });
        if (panel == panels.end()) {
            panel = panels.insert(panels.end(), Panel{});
            panel->window = id;
            panel->floats = !root || (root->Flags & (ImGuiWindowFlags_Tooltip | ImGuiWindowFlags_Popup)) != 0;
            // Smoothed edges reach past a window's own bounds; below floating ones that would stay behind.
            const float reach = panel->floats ? 1.0f : 0.0f;
            const ImVec2 low = root ? root->Pos : ImVec2{0, 0};
            const ImVec2 size = root ? root->Size : frame.DisplaySize;
            panel->bounds = {low.x - reach, low.y - reach, size.x + 2 * reach, size.y + 2 * reach};
        }
        panel->lists.push_back(list);
        panel->look = mixed(panel->look, look_of(*list));
    }
    for (Panel& panel : panels) {
        for (const auto& ground : grounds) {
            if (!panel.floats && overlap(ground.rect, panel.bounds)) {
                panel.look = mixed(mixed(panel.look, &ground.rect, sizeof ground.rect), ground.colour);
            }
        }
    }
    return panels;
}

// A panel is drawn anew when it looks different, or when something that floats is, or was, above it.
void Canvas::mark_stale(std::vector<Panel>& panels) const {
    for (Panel& panel : panels) {
        const auto before = std::find_if(panels_.begin(), panels_.end(),
                                         [&](const Panel& each) { return each.window == panel.window; });
        panel.stale =
            panel.floats || before == panels_.end() || before->look != panel.look || before->bounds != panel.bounds;
        for (const auto* frame : {&std::as_const(panels), &panels_}) {
            for (const Panel& other : *frame) panel.stale |= other.floats && overlap(other.bounds, panel.bounds);
        }
    }
}

void Canvas::draw(const ImDrawData& frame, const std::vector<AppState::Ground>& grounds, int width, int height) {
    if (width <= 0 || height <= 0) return;
    if (width != width_ || height != height_) forget();
    width_ = width;
    height_ = height;
    std::vector<Panel> panels = panels_of(frame, grounds);
    mark_stale(panels);
    if (panels_.empty()) {
        glDisable(GL_SCISSOR_TEST);
        clear(kGround);
    }

    const float across = static_cast<float>(width) / frame.DisplaySize.x;
    const float down = static_cast<float>(height) / frame.DisplaySize.y;
    const auto pixel = [](float at) { return static_cast<int>(std::lround(at)); };
    const auto clear_rect = [&](const Bounds& rect, ImU32 colour) {
        const auto [x, y, w, h] = rect;
        const int left = pixel(x * across);
        const int bottom = pixel((frame.DisplaySize.y - y - h) * down);
        glScissor(left, bottom, pixel((x + w) * across) - left, pixel((frame.DisplaySize.y - y) * down) - bottom);
        clear(colour);
    };
    glEnable(GL_SCISSOR_TEST);
    // What floated may have covered the gaps between panels, too.
    for (const Panel& before : panels_) {
        if (before.floats) clear_rect(before.bounds, kGround);
    }
    std::vector<ImDrawList*> lists;
    for (const Panel& panel : panels) {
        if (!panel.stale) continue;
        lists.insert(lists.end(), panel.lists.begin(), panel.lists.end());
        for (const auto& ground : grounds) {
            if (!panel.floats && overlap(ground.rect, panel.bounds)) clear_rect(ground.rect, ground.colour);
        }
    }
    glDisable(GL_SCISSOR_TEST);
    if (!lists.empty()) {
        ImDrawData part = part_of(frame, lists);
        ImGui_ImplOpenGL3_RenderDrawData(&part);
        glDisable(GL_SCISSOR_TEST);
    }
    panels_ = std::move(panels);
}

}  // namespace shapslice::ui
