// How to read a dropped network that came without a manifest: what its graph says, what a convention adds, and the
// user's last word. The form edits the manifest (docs/models.md) itself.
#include <algorithm>
#include <string>

#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice::ui {

namespace {

constexpr float kWidth = 470;
constexpr float kLabelWidth = 130;

void row(const char* label) {
    ImGui::AlignTextToFramePadding();
    ImGui::TextUnformatted(label);
    ImGui::SameLine(kLabelWidth);
}

// A choice among words; true when `value` changed.
bool word_choice(const char* id, Json& value, const std::vector<std::string>& words, float width) {
    bool changed = false;
    ImGui::SetNextItemWidth(width);
    if (!ImGui::BeginCombo(id, value.get<std::string>().c_str())) return false;
    for (const std::string& word : words) {
        if (!ImGui::Selectable(word.c_str(), value == word)) continue;
        changed = value != word;
        value = word;
    }
    ImGui::EndCombo();
    return changed;
}

// An order of names, one choice each; choosing a name swaps it with where it was.
void order_choice(const char* id, Json& names) {
    const auto all = names.get<std::vector<std::string>>();
    const float width =
        (ImGui::GetContentRegionAvail().x - 4 * (static_cast<float>(all.size()) - 1)) / static_cast<float>(all.size());
    ImGui::PushID(id);
    for (std::size_t n = 0; n < all.size(); ++n) {
        if (n) ImGui::SameLine(0, 4);
        ImGui::PushID(static_cast<int>(n));
        if (word_choice("##name", names[n], all, width)) {
            for (std::size_t other = 0; other < all.size(); ++other) {
                if (other != n && names[other] == names[n]) names[other] = all[n];
            }
        }
        ImGui::PopID();
    }
    ImGui::PopID();
}

void convention_choice(AppState& state) {
    row("Read it as");
    const std::string chosen = state.guess.value("convention", "");
    const Json& known = state.guess["conventions"];
    const auto at = std::find_if(known.begin(), known.end(), [&](const Json& each) { return each["id"] == chosen; });
    ImGui::SetNextItemWidth(-1);
    if (!ImGui::BeginCombo("##convention", at == known.end() ? "" : (*at)["name"].get<std::string>().c_str())) return;
    for (const Json& each : known) {
        if (ImGui::Selectable(each["name"].get<std::string>().c_str(), each["id"] == chosen))
            send(state, "guessModel", {{"convention", each["id"]}});
    }
    ImGui::EndCombo();
}

void sizes(Json& manifest) {
    row("Spacing, mm");
    std::array<float, 3> spacing = manifest["spacing"].get<std::array<float, 3>>();
    ImGui::SetNextItemWidth(-1);
    if (ImGui::InputFloat3("##spacing", spacing.data(), "%.2f")) {
        for (float& length : spacing) length = std::clamp(length, 0.1f, 20.0f);
        manifest["spacing"] = spacing;
    }
    row("Patch, voxels");
    const bool fixed = manifest.value("fixedPatch", false);
    std::array<int, 3> patch = manifest["patch"].get<std::array<int, 3>>();
    ImGui::BeginDisabled(fixed);
    ImGui::SetNextItemWidth(-1);
    if (ImGui::InputInt3("##patch", patch.data(), ImGuiInputTextFlags_EnterReturnsTrue)) {
        const int multiple = manifest.value("multiple", 1);
        for (int& extent : patch) extent = std::clamp((extent + multiple - 1) / multiple, 1, 512 / multiple) * multiple;
        manifest["patch"] = patch;
    }
    ImGui::EndDisabled();
    row("Axes");
    word_choice("##axes", manifest["axes"], {"zyx", "xyz", "zxy", "yzx", "yxz", "xzy"}, 90);
    ImGui::SameLine();
    ImGui::PushFont(fonts.small);
    ImGui::TextDisabled("of tensor, spacing and patch, slowest first");
    ImGui::PopFont();
    row("Sees");
    word_choice("##view", manifest["fieldOfView"], {"brain", "image"}, 90);
    ImGui::SameLine();
    ImGui::PushFont(fonts.small);
    ImGui::TextDisabled("the brain's box, or the whole image");
    ImGui::PopFont();
}

// Whose convention it is, and what is read otherwise than the model's own files say.
void what_is_read(const AppState& state, const Json& manifest) {
    const std::size_t folds = manifest["folds"].size();
    const bool from_files = state.guess.value("convention", "") == "files";
    quiet_text(
        (manifest["folds"][0]["file"].get<std::string>() +
         (folds > 1 ? " and " + std::to_string(folds - 1) + " more, one a fold" : "") + ": from \"" +
         manifest["input"].get<std::string>() + "\" to \"" + manifest["output"].get<std::string>() + "\". " +
         (from_files ? "The rest is as the files beside it say." : "The graph does not say the rest; this is a guess."))
            .c_str());
    for (const Json& remark : state.guess.value("remarks", Json::array()))
        ImGui::TextWrapped("%s", remark.get<std::string>().c_str());
}

}  // namespace

void model_form(AppState& state) {
    if (!state.guess.is_object()) {
        for (const char* part : {"model-form", "use-model", "save-manifest"}) state.panels.erase(part);
        return;
    }
    const ImVec2 page = ImGui::GetIO().DisplaySize;
    ImGui::OpenPopup("model form");
    ImGui::SetNextWindowPos({page.x / 2, page.y / 2}, ImGuiCond_Always, {0.5f, 0.5f});
    ImGui::SetNextWindowSize({kWidth, 0});
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
    const bool open = ImGui::BeginPopupModal("model form", nullptr, ImGuiWindowFlags_NoDecoration);
    ImGui::PopStyleVar();
    if (!open) return;
    Json& manifest = state.guess["manifest"];
    ImGui::PushFont(fonts.strong);
    ImGui::TextUnformatted("How is this network to be read?");
    ImGui::PopFont();
    what_is_read(state, manifest);
    ImGui::Spacing();
    convention_choice(state);
    row("Name");
    std::array<char, 128> name{};
    manifest["name"].get<std::string>().copy(name.data(), name.size() - 1);
    ImGui::SetNextItemWidth(-1);
    if (ImGui::InputText("##name", name.data(), name.size())) manifest["name"] = std::string(name.data());
    row("Channels in");
    order_choice("contrasts", manifest["contrasts"]);
    sizes(manifest);
    Json& outputs = manifest["outputs"];
    row("Channels out");
    order_choice("outputs", outputs["channels"]);
    row("Output activation");
    const bool regions = outputs["kind"] == "regions";
    word_choice(
        "##activation", outputs["activation"],
        regions ? std::vector<std::string>{"sigmoid", "none"} : std::vector<std::string>{"softmax", "sigmoid", "none"},
        120);
    if (regions && outputs.contains("decoding")) {
        row("Labels by");
        word_choice("##decoding", outputs["decoding"], {"threshold", "largest"}, 120);
    }
    ImGui::Spacing();
    remember(state, "model-form", ImGui::GetWindowPos(),
             {ImGui::GetWindowPos().x + ImGui::GetWindowSize().x, ImGui::GetWindowPos().y + ImGui::GetWindowSize().y});
    if (ImGui::Button("Use it", {120, 30})) {
        send(state, "useGuess", manifest);
        ImGui::CloseCurrentPopup();
        state.guess = nullptr;
    }
    remember(state, "use-model", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    ImGui::SameLine();
    if (ImGui::Button("Save model.json", {150, 30})) send(state, "saveManifest", manifest);
    remember(state, "save-manifest", ImGui::GetItemRectMin(), ImGui::GetItemRectMax());
    ImGui::SameLine();
    if (ImGui::Button("Cancel", {100, 30}) || ImGui::IsKeyPressed(ImGuiKey_Escape, false)) {
        ImGui::CloseCurrentPopup();
        state.guess = nullptr;
    }
    ImGui::EndPopup();
}

}  // namespace shapslice::ui
