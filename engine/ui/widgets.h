// The few widgets that the panels are made of. Each registers its name with Context::mark, so that scripts can click it.
// ImGui idiom: call every frame; the return value says what the person did. Main thread only.
#pragma once
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/math.h"
#include "engine/ui/ui.h"

struct ImDrawList;

namespace mp::ui {

/// Section title in small capitals at the left, a quiet value in the mono font at the right.
void section(std::string_view title, std::string_view value = {});
/// Filled accent button (primary) or quiet one; disabled ones say why on hover. Full width when width_px < 0.
bool button(std::string_view label, bool primary = false, float width_px = 0, std::string_view disabled_because = {});
bool toggle(std::string_view label, bool& on, std::string_view tooltip = {});
/// Slider with its value at the right in the mono font; format as printf for one float.
bool slider(std::string_view label, float& value, float min, float max, const char* format = "%.2f");
bool slider_int(std::string_view label, int& value, int min, int max);
/// Drop-down: label at the left, the current item at the right. Script name is the label; items are marked "label/item".
bool combo(std::string_view label, int& index, std::span<const std::string_view> items, std::span<const std::string_view> tooltips = {});
/// Small drop-down for a card over a view: "Colour  prediction ▾". Names as combo's.
bool combo_chip(std::string_view label, int& index, std::span<const std::string_view> items,
                std::span<const std::string_view> tooltips = {});
/// True while the text changes. Label at the left; a label that begins with ## gives the field the full width. Marked
/// with the label. Enter: see text_field_entered().
bool text_field(std::string_view label, std::string& text, std::string_view hint = {});
bool text_field_entered();                            // the last text_field: Enter was pressed in it
/// Full width field with a clear button; Escape empties it.
bool search_field(std::string_view label, std::string& text, std::string_view hint = "Search");
/// Name at the left, mono value at the right, optional coloured value.
void row(std::string_view label, std::string_view value, Rgba value_colour = 0);
/// Thin bar under its label; detail at the right (format_eta gives "64 %, 12.5 s left").
void progress(std::string_view label, float share, std::string_view detail);
std::string format_eta(double elapsed_s, double share);
void hint(std::string_view text);                     // wrapped, dim: empty states that say what to do
void key_chip(std::string_view key);                  // "1" in a small frame
Vec2 key_chip_size(std::string_view key);
void draw_key_chip(ImDrawList* list, Vec2 at_px, std::string_view key, bool strong);
/// Shapes as ml::ClassInfo::shape: disc, square, triangle, diamond, triangle down, plus, cross, star.
void draw_marker(ImDrawList* list, Vec2 centre_px, float radius_px, unsigned shape, Rgba colour);
void marker(Vec2 centre_px, float radius_px, unsigned shape, Rgba colour);   // class marker into the current window
void tooltip(std::string_view text);                  // for the last item, after a short delay
std::string format_count(std::size_t n);              // 56896 -> "56,896"
std::string format_duration(double seconds);          // "41 ms", "3.2 s", "2 min 10 s"

}  // namespace mp::ui
