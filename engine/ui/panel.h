// Where widgets live: fixed panels and bars, cards floating over a view, the view itself; and the little layout helpers.
// Main thread only.
#pragma once
#include <string_view>

#include "engine/ui/text.h"
#include "engine/ui/ui.h"

namespace mp::ui {

struct PanelOptions {
  Rgba background = 0;                                   // 0: theme().panel
  bool left = false, right = false, top = false, bottom = false;   // hairlines at its edges
  bool scroll = true;
  float padding_x = -1, padding_y = -1;                  // px; -1: two grid units
};
/// A fixed rectangle of the screen. Always call end_panel. False: nothing of it is visible.
bool begin_panel(std::string_view name, Rect px, const PanelOptions& options = {});
void end_panel();

/// A raised card over a view, as large as its content. `pivot` (0..1) is the point of the card that lies at `at`.
void begin_overlay(std::string_view name, Vec2 at, Vec2 pivot = {0, 0}, float width_px = 0,
                   Rgba background = 0);
void end_overlay();

/// The area of a view: no padding, no scrolling; wants_mouse() is false over it. Marked as `name`. Draw its canvas with
/// view_image; the pointer is over the view itself (not over a card or popup) when this returns true.
bool begin_view(std::string_view name, Rect px, Rgba background = 0);
void view_image(draw::TextureId texture, Rect px, Rect uv = {0, 0, 1, 1});
void end_view();

void spacer(float height_px);
void same_line(float gap_px = -1);                       // -1: one grid unit
/// Moves the cursor so that something `width_px` wide ends at the right edge (on the current line after same_line).
void align_right(float width_px);
/// Bars: moves the cursor so that something `height_px` high is in the middle of the bar, then text like text().
void centre_in_bar(float height_px);
void bar_text(std::string_view text, Font font = Font::text, Rgba colour = 0);
float content_width();
void separator();                                        // hairline over the whole panel

}  // namespace mp::ui
