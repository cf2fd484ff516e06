// The page's panels. Each draws itself into the rectangle given, reads the state, and writes the user's choices to it.
#pragma once

#include "ui/slice_texture.h"
#include "ui/state.h"

namespace shapslice::ui {

struct Rect {
    float x = 0, y = 0, width = 0, height = 0;
};

// Starts a fixed window filling `rect` and remembers it under its name for screenshots and tests. Pair with end_panel.
void begin_panel(AppState& state, const char* name, const Rect& rect, ImU32 ground);
void end_panel();
// Remembers a part of the current window (a chart) under a name, in CSS pixels.
void remember(AppState& state, const char* name, ImVec2 low, ImVec2 high);

// A button for the rest of the line: what this browser keeps, how to have it forgotten, and whether to keep anything.
void storage_menu(AppState& state);

// The files of the case, or of an opening that was refused, no higher than `most`: beyond that they scroll.
void file_table(AppState& state, float most);

void summary_bar(AppState& state, const Rect& rect);
// Above the sentence: a mark, a Dice and a word for each region. Of the model on show, where it has one.
bool has_verdict(const AppState& state);
void verdict_strip(const AppState& state);
void case_panel(AppState& state, const Rect& rect);
void slices_panel(AppState& state, const Rect& rect);
// Lets go of the textures that the slices are drawn with; the next frame makes new ones.
void forget_slices();
void explanation_panel(AppState& state, const Rect& rect);
void keyboard_shortcuts(AppState& state);
// Over the panels while `state.choice.cards_open`: all models, to choose from.
void model_cards(AppState& state);
// Over the panels while `state.guess` holds a dropped network.
void model_form(AppState& state);

// Parts of the explanation panel, drawn at the cursor, as wide as the window.
void coalition_picker(AppState& state, float height);
void shapley_chart(AppState& state, float height);
void interaction_matrix(AppState& state, float height);
void ranking_panel(AppState& state, float height);
void scales_panel(AppState& state, float height);
void models_chart(AppState& state, float height);

}  // namespace shapslice::ui
