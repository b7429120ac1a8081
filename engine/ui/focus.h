// Keyboard focus of the widgets: which one has the ring, what the keys do to it. Owned by the Context; main thread only.
// Independent of Dear ImGui's navigation, which would take Space, Tab and the arrows from the program all the time.
#pragma once
#include <cstdint>
#include <vector>

#include "engine/base/math.h"
#include "engine/window/input_event.h"

namespace mp::ui {

class Focus {
 public:
  struct Target {
    std::uint32_t id = 0, window = 0;
    int layer = 0;                  // 0 panels, 1 popup, 2 popup of a popup
    bool takes_arrows = false;      // else the arrows walk on
    bool text = false;
    Rect px, clip;
  };
  struct State {
    bool focused = false, pressed = false;
    int dx = 0, dy = 0;             // arrows, y up; page keys count 10, Home and End 1000
    bool scroll_here = false;       // outside the visible part: scroll to it
    bool start_text = false;        // a text field that should take the keys now
  };

  /// A widget says that it is there, each frame; learns what the keys mean for it.
  State add(const Target& target);
  /// A key press before the frame. True if it is the widgets' and nobody else's.
  bool key(window::KeyChord chord, bool text_active);
  bool takes(window::KeyChord chord, bool text_active) const;
  void end_frame();

  bool on() const { return on_; }
  void leave() { on_ = false; }
  /// Popups are layers: only the widgets of the uppermost can be reached.
  void push_layer() { ++layer_; }
  void pop_layer() { --layer_; }
  int open_layers() const { return top_done_; }
  bool escape_pressed() const { return escape_; }   // for popups, this frame
  bool leave_text() const { return leave_text_; }    // Tab in a text field: it should give up the keys
  const Target* ring() const;                        // to draw the ring around
  void set(std::uint32_t id) { set_next_ = id; }     // from the next frame on

 private:
  int index_of(std::uint32_t id) const;
  void move(int step);
  void next_window(int step);

  std::vector<Target> building_, done_;
  std::uint32_t id_ = 0, set_next_ = 0;
  std::vector<std::uint32_t> below_;                 // what had the ring when a layer opened
  bool on_ = false, press_ = false, escape_ = false, scroll_ = false, leave_text_ = false;
  bool start_text_ = false;
  int dx_ = 0, dy_ = 0;
  int layer_ = 0, top_building_ = 0, top_done_ = 0;
};

}  // namespace mp::ui
