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

  bool wants_keyboard() const;                        // a text field has the focus
  bool wants_mouse() const;                           // a widget or popup is under the pointer
  /// ImGui state that outlives the session (ini text): remembered layout.
  std::string save_layout() const;
  void load_layout(const std::string& ini);

  /// Widgets and views register what they draw under a name, for scripts ({"click": "Train"}) and tests.
  void mark(std::string_view name, Rect px);
  std::optional<Rect> find(std::string_view name) const;   // last frame's; exact name, else without case
  std::vector<std::string> names() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};
Context& context();                                   // the one that exists

void push_font(Font font);
void pop_font();
float px(float at_scale_1);                           // scaled length

}  // namespace mp::ui
