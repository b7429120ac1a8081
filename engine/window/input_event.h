// The one kind of input: from GLFW, a script or a replay. Positions are in pixels of the framebuffer from its top left
// corner. Plain values; made and consumed on the main thread.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mp::window {

enum class Key : std::uint16_t {
  none, a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, y, z,
  d0, d1, d2, d3, d4, d5, d6, d7, d8, d9,
  f1, f2, f3, f4, f5, f6, f7, f8, f9, f10, f11, f12,
  space, enter, escape, tab, backspace, del, insert, home, end, page_up, page_down, left, right, up, down,
  minus, equal, comma, period, slash, semicolon, apostrophe, left_bracket, right_bracket, backslash, grave,
  ctrl, shift, alt, super, count_
};

struct Mods {
  bool ctrl = false, shift = false, alt = false;
  friend bool operator==(const Mods&, const Mods&) = default;
};

/// "Ctrl+Shift+Z", "?", "Space", "F5", "1" and back. parse: empty optional for an unknown name.
struct KeyChord {
  Key key = Key::none;
  Mods mods;
  friend bool operator==(const KeyChord&, const KeyChord&) = default;
};
std::optional<KeyChord> parse_chord(std::string_view text);
std::string to_text(KeyChord chord);

enum class MouseButton : std::uint8_t { left, right, middle };

struct InputEvent {
  enum class Type : std::uint8_t { mouse_move, mouse_button, wheel, key, text, drop, close, focus } type;
  float x = 0, y = 0;                 // mouse_move: position; wheel: amount in notches (y up)
  MouseButton button = MouseButton::left;
  bool down = false;                  // mouse_button, key, focus
  Key key = Key::none;
  Mods mods;                          // state with this event
  std::string text;                   // text: UTF-8; drop: one path
};

}  // namespace mp::window
