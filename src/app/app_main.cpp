// The app: one canvas that shows what the engine sends. JavaScript's side of it is web/app.js.
#include <GLES3/gl3.h>
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_opengl3.h>
#include <emscripten/bind.h>
#include <emscripten/emscripten.h>
#include <emscripten/eventloop.h>
#include <emscripten/html5.h>
#include <imgui_internal.h>

#include <algorithm>
#include <cmath>

#include "app/guarded.h"
#include "study/result_json.h"
#include "ui/canvas.h"
#include "ui/palette.h"
#include "ui/panels.h"
#include "ui/theme.h"

namespace shapslice {
namespace {

using emscripten::val;
using ui::Rect;

ui::AppState state;
ui::FontFiles font_files;
val command_handler = val::undefined();
GLFWwindow* window = nullptr;
ui::Canvas canvas;
float font_ratio = 0;         // device pixels a CSS pixel the fonts were made for
bool context_lost = false;    // the browser has taken WebGL's objects away, and may give a context back
int frames_lost = 0;          // since a case came
int frames_to_draw = 4;       // after a change a few frames settle hover states and tooltips
std::vector<float> frame_ms;  // of the last frames drawn: what each took of the main thread

constexpr float kSummaryHeight = 94;
constexpr float kCaseWidth = 232;
constexpr float kExplanationWidth = 424;

void something_changed() {
    frames_to_draw = 4;
}

// The canvas fills the page; GLFW scales its pixels to the screen's.
void follow_page_size() {
    const int width = EM_ASM_INT({ return window.innerWidth; });
    const int height = EM_ASM_INT({ return window.innerHeight; });
    int now_width = 0;
    int now_height = 0;
    glfwGetWindowSize(window, &now_width, &now_height);
    if (width != now_width || height != now_height) {
        glfwSetWindowSize(window, width, height);
        something_changed();
    }
}

// What the fonts' pixels should be; made again when the page moves to another screen or is zoomed.
void follow_pixel_ratio() {
    const auto ratio = static_cast<float>(emscripten_get_device_pixel_ratio());
    if (std::abs(ratio - font_ratio) < 1e-3f) return;
    font_ratio = ratio;
    ui::load_fonts(font_files, ratio);
    ImGui_ImplOpenGL3_DestroyFontsTexture();
    ImGui_ImplOpenGL3_CreateFontsTexture();
    canvas.forget();
    something_changed();
}

void draw_page() {
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    const float below = size.y - kSummaryHeight;
    const float explanation = std::clamp(size.x * 0.33f, kExplanationWidth, 560.0f);
    state.panels["page"] = {0, 0, size.x, size.y};
    ui::keyboard_shortcuts(state);
    ui::update_prediction(state, ImGui::GetTime() * 1000);
    ui::summary_bar(state, {0, 0, size.x, kSummaryHeight});
    ui::case_panel(state, {0, kSummaryHeight, kCaseWidth, below});
    ui::slices_panel(state, {kCaseWidth + 2, kSummaryHeight, size.x - kCaseWidth - explanation - 4, below});
    ui::explanation_panel(state, {size.x - explanation, kSummaryHeight, explanation, below});
    ui::model_cards(state);
    ui::model_form(state);
    ui::update_prediction(state, ImGui::GetTime() * 1000);
}

// Commands go out after the frame is drawn, in the same task, so that a PNG can be taken from the canvas.
void flush_commands() {
    const auto commands = std::move(state.commands);
    state.commands.clear();
    for (const auto& [name, json] : commands) command_handler(name, json);
}

void draw_frame() {
    glfwPollEvents();
    if (context_lost) return;
    follow_page_size();
    follow_pixel_ratio();
    const bool input = ImGui::GetCurrentContext()->InputEventsQueue.Size > 0 || ImGui::IsAnyItemActive();
    if (input) something_changed();
    if (frames_to_draw == 0) return;
    --frames_to_draw;
    const double started = emscripten_get_now();
    ImGui_ImplOpenGL3_NewFrame();
    ImGui_ImplGlfw_NewFrame();
    ImGui::NewFrame();
    draw_page();
    ImGui::Render();
    int width = 0;
    int height = 0;
    glfwGetFramebufferSize(window, &width, &height);
    canvas.draw(*ImGui::GetDrawData(), state.grounds, width, height);
    state.grounds.clear();
    frame_ms.push_back(static_cast<float>(emscripten_get_now() - started));
    if (frame_ms.size() > 300) frame_ms.erase(frame_ms.begin());
    flush_commands();
}

// A frame that could not be drawn is left, what ImGui had begun of it is closed, and the next may go better.
void leave_frame(const std::string& problem) {
    if (ImGui::GetCurrentContext()->WithinFrameScope) {
        ImGui::ErrorCheckEndFrameRecover(nullptr);
        ImGui::EndFrame();
    }
    state.grounds.clear();
    canvas.forget();
    if (frames_lost++ == 0 && !command_handler.isUndefined())
        command_handler(std::string("drawingFailed"), Json(problem).dump());
}

// Whatever is thrown here would end the main loop, and the page with it.
void frame() {
    try {
        draw_frame();
    } catch (const std::bad_alloc&) {
        leave_frame(
            "There is not enough memory to draw this; what is open and computed is kept, and closing other pages "
            "may make room.");
    } catch (const std::exception& error) {
        leave_frame(std::string("This could not be drawn (") + error.what() + "); what is open and computed is kept.");
    }
}

// --- what web/app.js calls ---------------------------------------------------------------------------------------

std::vector<std::uint8_t> bytes_of(const val& array) {
    return emscripten::convertJSArrayToNumberVector<std::uint8_t>(array);
}

void set_fonts(const val& regular, const val& medium) {
    font_files = {bytes_of(regular), bytes_of(medium)};
}
void set_command_handler(const val& handler) {
    command_handler = handler;
}

bool start() {
    if (!glfwInit()) return false;
    glfwWindowHint(GLFW_CLIENT_API, GLFW_OPENGL_ES_API);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    // The page behind never shows through, and nothing is drawn in depth: what is not kept need not be cleared or
    // blended.
    glfwWindowHint(GLFW_ALPHA_BITS, 0);
    glfwWindowHint(GLFW_DEPTH_BITS, 0);
    glfwWindowHint(GLFW_STENCIL_BITS, 0);
    window = glfwCreateWindow(EM_ASM_INT({ return window.innerWidth; }), EM_ASM_INT({ return window.innerHeight; }),
                              "ShapSlice", nullptr, nullptr);
    if (!window) return false;
    glfwMakeContextCurrent(window);
    IMGUI_CHECKVERSION();
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ui::apply_theme();
    ImGui_ImplGlfw_InitForOpenGL(window, true);
    ImGui_ImplGlfw_InstallEmscriptenCanvasResizeCallback("#canvas");
    ImGui_ImplOpenGL3_Init("#version 300 es");
    follow_pixel_ratio();
    // There is no main() to return to: without this the first frame would end the program.
    emscripten_runtime_keepalive_push();
    emscripten_set_main_loop(frame, 0, false);
    return true;
}

// The engine has let go of the case before: its images make room for these. Where that is not enough the case is there
// without them, and can be run.
bool take_images(const val& volumes, const val& labels) {
    state.volumes = {};
    state.reference = {};
    state.prediction = {};
    state.segmentations.clear();
    try {
        for (std::size_t c = 0; c < kContrasts; ++c)
            state.volumes[c] = emscripten::convertJSArrayToNumberVector<std::uint16_t>(volumes[c]);
        if (!labels.isNull()) state.reference = bytes_of(labels);
        return true;
    } catch (const std::bad_alloc&) {
        state.volumes = {};
        state.reference = {};
        return false;
    }
}

void receive_case(const std::string& json, const val& volumes, const val& labels) {
    state.subject = case_summary_from_json(Json::parse(json));
    const bool shown = take_images(volumes, labels);
    frames_lost = 0;
    for (std::size_t c = 0; c < kContrasts; ++c)
        state.viewing.window[c] = {state.subject->display[c].window_low, state.subject->display[c].window_high};
    ui::forget_notices(state, "opening");
    state.edited_ranking.reset();
    state.prediction_key = {};
    state.study = {};
    state.files = state.subject->synthetic ? std::vector<CaseSummary::File>{} : state.subject->files;
    ++state.files_revision;
    state.recalled = nullptr;
    state.choice.pinned = kAllContrasts;
    state.choice.fold = -1;
    state.viewing.zoom = 1;
    state.viewing.pan = {0, 0, 0};
    ++state.images_revision;
    ++state.prediction_revision;
    // Start where there is most to see: the reference's largest axial slice, else the middle.
    const Shape& shape = state.subject->shape;
    state.viewing.crosshair = {shape[0] / 2, shape[1] / 2, shape[2] / 2};
    if (!state.reference.empty()) {
        std::array<std::uint64_t, 3> sum{};
        std::uint64_t count = 0;
        std::size_t at = 0;
        for (int k = 0; k < shape[2]; ++k) {
            for (int j = 0; j < shape[1]; ++j) {
                for (int i = 0; i < shape[0]; ++i, ++at) {
                    if (state.reference[at] == 0) continue;
                    sum[0] += static_cast<std::uint64_t>(i);
                    sum[1] += static_cast<std::uint64_t>(j);
                    sum[2] += static_cast<std::uint64_t>(k);
                    ++count;
                }
            }
        }
        for (std::size_t axis = 0; count && axis < 3; ++axis)
            state.viewing.crosshair[axis] = static_cast<int>(sum[axis] / count);
    }
    something_changed();
    if (!shown)
        throw_to_javascript(no_memory(state.subject->name, "show its images", "it is open and can be run").sentence);
}

void receive_models(const std::string& json) {
    std::vector<ui::ModelCard> models;
    for (const Json& manifest : Json::parse(json)) {
        ui::ModelCard card;
        card.id = manifest.value("id", "");
        card.name = manifest.value("name", card.id);
        card.architecture = manifest.value("architecture", "");
        card.description = manifest.value("description", "");
        card.quantisation = manifest.value("quantisation", "");
        const Json intensities = manifest.value("intensities", Json());
        const Json range = intensities.is_object() ? intensities.value("zRange", Json()) : Json();
        if (range.is_array() && range.size() == 2 && range[0].is_number() && range[1].is_number())
            card.z_range = {range[0].get<double>(), range[1].get<double>()};
        const Json clipped = intensities.is_object() ? intensities.value("clippedAtPercentile", Json()) : Json();
        if (clipped.is_number()) card.clipped_at = clipped.get<double>();
        card.parameters = manifest.value("parameters", 0.0);
        for (const Json& fold : manifest["folds"])
            card.fold_bytes = std::max(card.fold_bytes, fold.value("bytes", 0.0));
        const Json training = manifest.value("trainingData", Json::object());
        card.citation = training.value("citation", std::vector<std::string>{});
        card.training = training.value("name", "");
        card.licence = training.value("licence", "");
        card.folds = static_cast<int>(manifest["folds"].size());
        card.fast = manifest["folds"][0].contains("activations");
        const Json held_out = manifest.value("heldOutDice", Json::object());
        card.held_out = held_out.value("cases", 0);
        for (std::size_t r = 0; r < kRegions; ++r) {
            if (const Json whole = held_out.value(std::string(kRegionNames[r]), Json()); whole.is_number()) {
                card.dice[r] = whole.get<double>();
                continue;
            }
            std::vector<double> values;
            for (const Json& fold : manifest["folds"]) {
                const Json dice = fold.value("dice", Json::object()).value(std::string(kRegionNames[r]), Json());
                if (dice.is_number()) values.push_back(dice.get<double>());
            }
            if (values.empty()) continue;
            std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2),
                             values.end());
            card.dice[r] = values[values.size() / 2];
        }
        models.push_back(std::move(card));
    }
    state.models = std::move(models);
    if (ui::models_to_run(state).empty() && !state.models.empty())
        state.choice.models_to_run = {state.models.front().id};
    something_changed();
}

void receive_study(const std::string& json) {
    const Json parsed = Json::parse(json);
    if (parsed.is_null()) return;
    if (auto study = result_from_json(parsed)) state.study = std::move(*study);
    something_changed();
}

// Other settings: what is kept was found with the old ones.
void receive_other_settings() {
    state.segmentations.clear();
    state.prediction_key = {};
    something_changed();
}

void receive_segmentation(const std::string& model, int fold, int coalition, const val& runs) {
    const std::tuple key{model, fold, coalition};
    Runs taken = emscripten::convertJSArrayToNumberVector<std::uint32_t>(runs);
    state.segmentations[key] = std::move(taken);
    if (key == state.prediction_key) state.prediction_key = {};
    something_changed();
}

// Notices of a topic are about one thing: the newest counts.
void receive_notice(bool error, const std::string& sentence, const std::string& topic) {
    ui::forget_notices(state, topic);
    state.notices.insert(state.notices.begin(), {error, sentence, topic});
    something_changed();
}

void receive_files(const std::string& json) {
    state.files = files_from_json(Json::parse(json));
    ++state.files_revision;
    something_changed();
}

// A study of this case that was begun before: go on with what it asked for.
void recall_choice(const Json& options) {
    std::set<std::string> models;
    bool first_only = true;
    for (const Json& model : options.value("models", Json::array())) {
        models.insert(model.value("id", ""));
        first_only = first_only && model.value("folds", Json::array()).size() == 1;
    }
    const bool all_here = std::all_of(models.begin(), models.end(), [](const std::string& id) {
        return std::any_of(state.models.begin(), state.models.end(), [&](const auto& card) { return card.id == id; });
    });
    if (models.empty() || !all_here) return;
    state.choice.models_to_run = std::move(models);
    state.choice.all_folds = !first_only;
    if (auto settings = study_settings_from_json(options.value("settings", Json::object())))
        state.choice.settings = *settings;
}

void receive_json(const std::string& what, const std::string& json) {
    const Json parsed = Json::parse(json);
    if (what == "runtime") {
        // A graphics processor runs floats; without one whole numbers are what is quick.
        const bool first = state.runtime.empty() && !state.recalled.is_object();
        if (first && parsed.value("provider", "") == "webgpu") state.choice.settings.precision = Precision::exact;
        state.runtime = parsed;
    }
    if (what == "opening") state.opening = parsed;
    if (what == "cases") state.cases = parsed;
    if (what == "guess") state.guess = parsed;
    if (what == "chosenModel") state.choice.models_to_run = {parsed.get<std::string>()};
    if (what == "storage") state.storage = parsed["state"];
    if (what == "waiting") state.waiting = parsed["waiting"].get<bool>();
    if (what == "recalled") {
        state.recalled = parsed;
        recall_choice(parsed["options"]);
    }
    if (what == "measuring") state.measuring = parsed.get<std::string>();
    if (what == "forecast") {
        state.forecast = parsed;
        state.measuring.clear();
    }
    if (what == "rankingAnswered") ui::ranking_answered(state);
    if (what == "forgetNotices") ui::forget_notices(state, parsed.get<std::string>());
    if (what == "rankings") {
        state.saved_rankings.clear();
        for (const Json& each : parsed) {
            if (auto ranking = clinical_ranking_from_json(each)) state.saved_rankings.push_back(std::move(*ranking));
        }
    }
    something_changed();
}

// What is on show, for tests and for embedding pages.
std::vector<std::string> badge_words() {
    std::vector<std::string> words;
    for (const ui::Badge& badge : ui::badges(state)) words.push_back(badge.words);
    return words;
}

std::string view_json() {
    std::vector<float> sorted = frame_ms;
    std::sort(sorted.begin(), sorted.end());
    const auto percentile = [&](double p) {
        return sorted.empty() ? 0.0f : sorted[static_cast<std::size_t>(p * static_cast<double>(sorted.size() - 1))];
    };
    // What was given by mouse and keyboard is taken in, and the picture shows it. A lost context draws nothing.
    const bool settled =
        context_lost || (frames_to_draw == 0 && ImGui::GetCurrentContext()->InputEventsQueue.Size == 0);
    return Json{{"case", state.subject ? state.subject->name : ""},
                {"runtime", state.runtime},
                {"panels", state.panels},
                {"coalition", ui::slice_coalition(state)},
                {"fold", state.choice.fold},
                {"region", state.choice.region},
                {"crosshair", state.viewing.crosshair},
                {"contrast", state.viewing.contrast},
                {"zoom", state.viewing.zoom},
                {"layout", state.viewing.layout == ui::Layout::planes ? "planes" : "contrasts"},
                {"predictionVoxels",
                 std::count_if(state.prediction.begin(), state.prediction.end(), [](auto v) { return v != 0; })},
                {"framesMs", {{"p50", percentile(0.5)}, {"p95", percentile(0.95)}, {"count", sorted.size()}}},
                {"hoverToSliceMs", state.last_hover_ms},
                {"opening", state.opening},
                {"clinicalRanking", clinical_ranking_to_json(ui::shown_ranking(state))},
                {"notices", state.notices.size()},
                {"badges", badge_words()},
                {"settled", settled}}
        .dump();
}

void set_view(const std::string& json) {
    const Json wanted = Json::parse(json);
    state.viewing.crosshair = wanted.value("crosshair", state.viewing.crosshair);
    state.choice.fold = wanted.value("fold", state.choice.fold);
    state.choice.region = std::clamp(wanted.value("region", state.choice.region), 0, kMeanRegion);
    state.choice.pinned =
        std::clamp(wanted.value("coalition", state.choice.pinned), 0, static_cast<int>(kAllContrasts));
    state.viewing.contrast = std::clamp(wanted.value("contrast", state.viewing.contrast), 0, kContrasts - 1);
    if (wanted.contains("layout"))
        state.viewing.layout = wanted["layout"] == "planes" ? ui::Layout::planes : ui::Layout::contrasts;
    something_changed();
}

// The browser takes a context away when the graphics driver restarts, say; with it go all textures, buffers and
// programs. Everything they were made from is in `state` and in the fonts, and nothing is drawn until they can be made
// again.
void lose_context() {
    if (context_lost) return;
    context_lost = true;
    ImGui_ImplOpenGL3_Shutdown();
    ui::forget_slices();
    canvas.forget();
}

void restore_context() {
    if (!context_lost) return;
    ImGui_ImplOpenGL3_Init("#version 300 es");
    context_lost = false;
    // Clicks on a picture that was not there do nothing; nor is a key still held whose release went by unheard.
    ImGuiIO& io = ImGui::GetIO();
    io.ClearEventsQueue();
    io.ClearInputKeys();
    double x = 0;
    double y = 0;
    glfwGetCursorPos(window, &x, &y);
    io.AddMousePosEvent(static_cast<float>(x), static_cast<float>(y));
    something_changed();
}

void redraw() {
    canvas.forget();
    something_changed();
}

}  // namespace
}  // namespace shapslice

EMSCRIPTEN_BINDINGS(shapslice_app) {
    using namespace shapslice;
    emscripten::function("setFonts", &Guarded<&set_fonts>::call);
    emscripten::function("setCommandHandler", &Guarded<&set_command_handler>::call);
    emscripten::function("start", &Guarded<&start>::call);
    emscripten::function("receiveCase", &Guarded<&receive_case>::call);
    emscripten::function("receiveModels", &Guarded<&receive_models>::call);
    emscripten::function("receiveStudy", &Guarded<&receive_study>::call);
    emscripten::function("receiveOtherSettings", &Guarded<&receive_other_settings>::call);
    emscripten::function("receiveSegmentation", &Guarded<&receive_segmentation>::call);
    emscripten::function("receiveNotice", &Guarded<&receive_notice>::call);
    emscripten::function("receiveFiles", &Guarded<&receive_files>::call);
    emscripten::function("receiveJson", &Guarded<&receive_json>::call);
    emscripten::function("viewJson", &Guarded<&view_json>::call);
    emscripten::function("setView", &Guarded<&set_view>::call);
    emscripten::function("redraw", &Guarded<&redraw>::call);
    emscripten::function("loseContext", &Guarded<&lose_context>::call);
    emscripten::function("restoreContext", &Guarded<&restore_context>::call);
}
