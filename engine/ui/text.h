// Text at a place, measured, shortened, spaced: what the widgets write with. Main thread only.
#pragma once
#include <string>
#include <string_view>

#include "engine/ui/ui.h"

struct ImDrawList;

namespace mp::ui {

Vec2 text_size(Font font, std::string_view text);
float line_height(Font font);
/// Top left corner at `at`; does not move the cursor.
void text_at(ImDrawList* list, Font font, Vec2 at, Rgba colour, std::string_view text);
/// Shortened with an ellipsis at the end to fit the width ("rolled-in sc…").
std::string text_fit(Font font, std::string_view text, float width_px);
/// Shortened in the middle: file names keep both ends.
std::string text_fit_middle(Font font, std::string_view text, float width_px);
/// Small capitals with wider spacing: section titles. Returns the width; draws nothing when list is null.
float text_capitals(ImDrawList* list, Vec2 at, Rgba colour, std::string_view text);
/// A line of text into the window, at the cursor.
void text(std::string_view text, Font font = Font::text, Rgba colour = 0);

/// "Train##2" is shown as "Train" and known to scripts as "Train"; "##search" is shown as nothing, known as "search".
struct Label {
  std::string_view shown, name;
};
Label split_label(std::string_view label);

}  // namespace mp::ui
