// The sentence at the top of the page.
#include <algorithm>

#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

void badge(const char* text, ImU32 colour) {
    ImGui::PushFont(fonts.small);
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const ImVec2 size = ImGui::CalcTextSize(text);
    ImGui::GetWindowDrawList()->AddRectFilled({at.x - 5, at.y - 1}, {at.x + size.x + 5, at.y + size.y + 2},
                                              faded(colour, 0.25f), 4);
    ImGui::PushStyleColor(ImGuiCol_Text, colour);
    ImGui::TextUnformatted(text);
    ImGui::PopStyleColor();
    ImGui::PopFont();
    ImGui::SameLine(0, 16);
}

// What would run the study that is chosen.
std::string runtime_words(const AppState& state) {
    const Json& runtime = state.runtime;
    if (!runtime.contains("provider")) return "";
    const auto cards = models_to_run(state);
    const bool all_fast = std::all_of(cards.begin(), cards.end(), [](const ModelCard* card) { return card->fast; });
    const bool fast = state.choice.settings.precision == Precision::fast && all_fast && !cards.empty();
    const bool in_halves = fast && runtime.value("halves", false);
    if (fast && !in_halves) {
        const int engines = runtime.value("engines", 1);
        return "own engine, " + std::to_string(engines) + (engines == 1 ? " core" : " cores");
    }
    if (runtime["provider"] == "webgpu")
        return std::string(in_halves ? "WebGPU, float16: " : "WebGPU: ") + runtime.value("adapter", "");
    const int threads = runtime.value("threads", 1);
    return "WASM, " + std::to_string(threads) + (threads == 1 ? " thread" : " threads");
}

}  // namespace

void summary_bar(AppState& state, const Rect& rect) {
    begin_panel(state, "summary", rect, IM_COL32(32, 36, 42, 255));
    const float strip = has_verdict(state) ? 18.0f : 0.0f;
    if (strip > 0) {
        ImGui::SetCursorPos({14, 4});
        verdict_strip(state);
    }
    ImGui::SetCursorPos({14, 7 + strip});
    ImGui::PushFont(fonts.title);
    ImGui::PushTextWrapPos(rect.width - 14);
    // The longest sentence takes three lines of the title size at 1280 pixels; a longer one steps down a size.
    const std::string& sentence = state.study.sentence;
    const bool long_one = ImGui::CalcTextSize(sentence.c_str(), nullptr, false, rect.width - 28).y > 44 - strip;
    if (long_one) {
        ImGui::PopFont();
        ImGui::PushFont(fonts.body);
    }
    ImGui::TextUnformatted(sentence.empty() ? "Opening the built-in case ..." : sentence.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopFont();
    ImGui::SetCursorPos({18, rect.height - 22});
    for (const Badge& each : badges(state)) badge(each.words.c_str(), each.warning ? kWarning : kQuiet);
    const std::string words = runtime_words(state);
    if (!words.empty()) badge(words.c_str(), kQuiet);
    badge("images never leave this computer", kQuiet);
    end_panel();
}

}  // namespace shapslice::ui
