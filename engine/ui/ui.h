// Dear ImGui with our fonts, theme and input queue; no ImGui backend is used. Main thread only.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/base/math.h"
#include "engine/draw/renderer.h"
#include "engine/window/input_event.h"

struct ImFont;

namespace mp::ui {

/// Colours and metrics of the look (dark neutral, one accent). Lengths are at scale 1 and scaled by Context::scale().
struct Theme {
  Rgba background = rgba(14, 16, 18), panel = rgba(20, 23, 26), raised = rgba(32, 36, 40), line = rgba(38, 43, 47);
  Rgba text = rgba(232, 234, 237), text_dim = rgba(154, 160, 166), text_faint = rgba(105, 111, 117);
  Rgba accent = rgba(255, 140, 43), accent_text = rgba(24, 14, 4), good = rgba(92, 200, 130), warn = rgba(240, 190, 70),
       bad = rgba(242, 96, 82), info = rgba(86, 180, 233);
  float grid = 8;
};
const Theme& theme();

enum class Font { text, text_bold, small, mono, mono_small, title };

class Context {
 public:
  /// Loads Inter and JetBrains Mono from the system's font folders (ImGui's own font if they are missing, logged).
  Context(draw::Renderer& renderer, float scale);
  ~Context();
  void set_scale(float scale);                        // rebuilds the font atlas at the next begin_frame; 0.75 .. 3
  float scale() const;

  /// Feeds the events to ImGui (1.86's fields or the newer event queue) and starts a frame. dt_s: since the last one.
  void begin_frame(std::span<const window::InputEvent> events, int w_px, int h_px, float dt_s);
  /// What to draw; valid until the next begin_frame.
  std::span<const draw::UiList> end_frame();

  /// True while events wait for a later frame: a click whose press and release came together takes two frames, so draw
  /// another frame soon.
  bool input_pending() const;
  /// Seconds until the UI wants a frame without new input (a tooltip is due); negative: none.
  double next_frame_s() const;

  /// Keyboard. Dear ImGui's own navigation stays off, so that 1-9, Space, Tab and the arrows belong to the program until
  /// the person asks for the widgets: F6 (Shift+F6) moves the focus into the next (previous) panel and shows the focus
  /// ring; then Tab and Shift+Tab walk through the widgets, the arrows change a value, Space and Enter press, Escape or
  /// a mouse click gives the keys back. In a text field every key but F6 and Tab goes to the field.
  bool wants_keyboard() const;                        // a text field, a popup or the focus ring has the keys
  bool wants_key(window::KeyChord chord) const;       // finer: the focus ring takes only the keys named above
  /// A widget, panel or popup is under the pointer or held; false over a view (begin_view in panel.h).
  bool wants_mouse() const;
  /// The system's clipboard; without it copies stay inside the program.
  void set_clipboard(std::function<void(const std::string&)> set, std::function<std::string()> get);
  /// ImGui state that outlives the session (ini text): remembered layout.
  std::string save_layout() const;
  void load_layout(const std::string& ini);

  /// Widgets and views register what they draw under a name, for scripts ({"click": "Train"}) and tests.
  void mark(std::string_view name, Rect px);
  /// Last finished frame's rectangle, its visible part if there is one. Exact name, else without case, else the only
  /// name that begins so. Of several equal names the first.
  std::optional<Rect> find(std::string_view name) const;
  /// True if the middle of the named rectangle was inside its window's visible part, so that a click would reach it.
  bool visible(std::string_view name) const;
  /// The next frame scrolls the item's window so that the item is in the middle; it is there in the frame after.
  void request_visible(std::string_view name);
  std::vector<std::string> names() const;

  struct Impl;
  Impl& impl() { return *impl_; }                     // for the widgets of this folder

 private:
  std::unique_ptr<Impl> impl_;
};
Context& context();                                   // the one that exists

/// All rectangles, positions and lengths that the functions of this folder take are in pixels, already scaled with px().
void push_font(Font font);
void pop_font();
float px(float at_scale_1);                           // scaled length

}  // namespace mp::ui
