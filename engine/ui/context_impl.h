// The inside of Context, for the files of this folder only. Main thread only.
#pragma once
#include <imgui.h>
#include <imgui_internal.h>

#include <functional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/base/error.h"
#include "engine/ui/focus.h"
#include "engine/ui/fonts.h"
#include "engine/ui/input_feed.h"
#include "engine/ui/marks.h"
#include "engine/ui/ui.h"

namespace mp::ui {

struct Context::Impl {
  explicit Impl(draw::Renderer& r) : renderer(r) {}

  draw::Renderer& renderer;
  ImGuiContext* imgui = nullptr;
  float scale = 1, wanted_scale = 1;
  FontSet fonts;
  draw::TextureId font_texture = 0;
  InputFeed feed;
  Marks marks;
  Focus focus;
  std::vector<draw::UiList> lists;
  std::string to_show, to_show_next;            // request_visible: exact name, in this frame and the next
  bool over_widget = false, over_widget_done = false;   // a widget of ours is hovered or held
  bool over_view = false, over_view_done = false;
  bool popup_open = false;
  bool in_frame = false;
  double time_s = 0;
  // Tooltip: which item the pointer rests on, since when.
  std::uint32_t tip_id = 0;
  double tip_since_s = 0;
  bool tip_seen = false, tip_shown = false;
  // State of widgets that their callers need not keep.
  std::unordered_map<std::string, std::set<std::string>> hidden_series;
  std::unordered_map<std::string, std::size_t> held_series;   // by plot, while the button is down
  std::string export_folder;
  std::function<void(const Result<std::string>&)> export_done;
  std::unordered_map<std::string, std::pair<int, int>> matrix_cursor;
  std::function<void(const std::string&)> set_clipboard;
  std::function<std::string()> get_clipboard;
  std::string clipboard_text;

  void build_atlas();
};

/// Seconds that the pointer rests on an item before its tooltip appears.
constexpr double kTooltipDelay_s = .45;

}  // namespace mp::ui
