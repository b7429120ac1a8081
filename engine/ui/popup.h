// Menus and lists that drop from a widget, and the dialog that asks before something is done. Main thread only.
#pragma once
#include <string>
#include <string_view>

#include "engine/ui/ui.h"

namespace mp::ui {

/// ImGui ids: open and begin under the same PushID.
void open_popup(const char* id);
/// A list under (or, without room, above) `anchor`. False: not open. end_popup only after true.
bool begin_popup(const char* id, Rect anchor, Vec2 size_px);
/// At the pointer, as high as its rows: context menus.
bool begin_menu(const char* id, float width_px);
/// One line; `ticked` shows a tick, `name` is what scripts click ("Strategy/margin").
bool popup_row(std::string_view label, std::string_view name, bool ticked = false, bool heading = false,
               std::string_view tip = {});
void close_popup();
void end_popup();

enum class Answer { none, yes, no };
/// A modal question; call every frame while it is wanted, stop at an answer. The buttons are marked with their labels.
Answer confirm(std::string_view title, std::string_view text, std::string_view yes_label,
               std::string_view no_label = "Cancel", bool dangerous = false);
/// A modal window of one's own content. Escape or a click outside sets open to false. Always end_modal after true.
bool begin_modal(std::string_view title, bool& open, float width_px);
void end_modal();

}  // namespace mp::ui
