// Gives input events to Dear ImGui, as many a frame as it can tell apart; the rest waits. Works with the fields of 1.86
// and the event queue of 1.87 and later. Owned by the Context; main thread only.
#pragma once
#include <array>
#include <deque>
#include <functional>
#include <span>

#include "engine/window/input_event.h"

struct ImGuiIO;

namespace mp::ui {

class InputFeed {
 public:
  /// Tells ImGui which key is which; once after the ImGui context is made.
  static void set_up(ImGuiIO& io);
  void push(std::span<const window::InputEvent> events);
  /// Applies waiting events up to the first that contradicts one of this frame: a second change of the same button or
  /// key, a move after a button, a press of anything after text. `on_key` sees each key press first; true keeps it from
  /// ImGui. `on_button` is told of mouse presses.
  void apply(ImGuiIO& io, const std::function<bool(window::KeyChord)>& on_key, const std::function<void()>& on_button);
  bool pending() const { return !waiting_.empty(); }

 private:
  std::deque<window::InputEvent> waiting_;
  std::array<bool, std::size_t(window::Key::count_)> swallowed_{};   // pressed, kept from ImGui: its release too
};

}  // namespace mp::ui
