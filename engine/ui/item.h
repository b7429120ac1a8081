// The one way in which the widgets of this folder take part in mouse, keyboard focus, names and tooltips. Main thread.
#pragma once
#include <cstdint>
#include <string_view>

#include "engine/ui/text.h"
#include "engine/ui/ui.h"

struct ImDrawList;

namespace mp::ui {

struct ItemOptions {
  bool takes_arrows = false;      // arrows change its value instead of walking on
  bool right_button = false;
  bool enabled = true;            // false: no clicks; still hovered, for the reason why
  bool focusable = true;
  bool hand = true;               // it can be clicked
};

struct Item {
  std::uint32_t id = 0;
  Rect px;
  bool hovered = false, held = false, focused = false;
  bool released = false;          // was held until this frame; the pointer may have moved on in it
  bool clicked = false;           // by mouse or key
  bool by_key = false;            // the click came from the keyboard
  bool double_clicked = false, right_clicked = false;
  int dx = 0, dy = 0;             // arrow keys of the focused item
  Vec2 mouse;                     // pointer
};

/// An item of the size at the cursor; moves the cursor on. `name` goes to Context::mark (empty: not named).
Item item(std::string_view label, std::string_view name, Vec2 size, const ItemOptions& options = {});
/// Shows `text` beside the pointer when it rests on the item (or the focus ring does).
void item_tooltip(const Item& it, std::string_view text);

/// Pieces that several widgets draw.
void fill(ImDrawList* list, Rect r, Rgba colour, float rounding = 0);
void frame(ImDrawList* list, Rect r, Rgba colour, float rounding = 0, float width = 0);   // width 0: hairline
float hairline();
void push_id(std::string_view id);   // ImGui::PopID() ends it
ImDrawList* window_list();
float available_width();
Vec2 cursor();                    // screen position where the next item goes
Rgba border_colour();             // of raised things

}  // namespace mp::ui
