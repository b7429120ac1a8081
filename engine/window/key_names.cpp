// Names of keys and chords as people write them in settings, scripts and the help screen. Pure functions; any thread.
#include <array>
#include <cctype>

#include "engine/window/input_event.h"

namespace mp::window {
namespace {

struct Name {
  std::string_view text;
  Key key;
};

// The first name of a key is the one that to_text writes.
constexpr Name kNames[] = {{"Space", Key::space},
                           {"Enter", Key::enter},
                           {"Return", Key::enter},
                           {"Esc", Key::escape},
                           {"Escape", Key::escape},
                           {"Tab", Key::tab},
                           {"Backspace", Key::backspace},
                           {"Delete", Key::del},
                           {"Del", Key::del},
                           {"Insert", Key::insert},
                           {"Ins", Key::insert},
                           {"Home", Key::home},
                           {"End", Key::end},
                           {"PageUp", Key::page_up},
                           {"PgUp", Key::page_up},
                           {"PageDown", Key::page_down},
                           {"PgDn", Key::page_down},
                           {"Left", Key::left},
                           {"Right", Key::right},
                           {"Up", Key::up},
                           {"Down", Key::down},
                           {"-", Key::minus},
                           {"=", Key::equal},
                           {",", Key::comma},
                           {".", Key::period},
                           {"/", Key::slash},
                           {";", Key::semicolon},
                           {"'", Key::apostrophe},
                           {"[", Key::left_bracket},
                           {"]", Key::right_bracket},
                           {"\\", Key::backslash},
                           {"`", Key::grave},
                           {"Minus", Key::minus},
                           {"Equal", Key::equal},
                           {"Comma", Key::comma},
                           {"Period", Key::period},
                           {"Slash", Key::slash},
                           {"Ctrl", Key::ctrl},
                           {"Control", Key::ctrl},
                           {"Shift", Key::shift},
                           {"Alt", Key::alt},
                           {"Super", Key::super}};

// What Shift makes of a key on a US keyboard; letters are left out because "Z" means the key, not the capital.
struct Shifted {
  char text;
  Key key;
};
constexpr Shifted kShifted[] = {{'?', Key::slash},         {':', Key::semicolon},  {'<', Key::comma},
                                {'>', Key::period},        {'"', Key::apostrophe}, {'{', Key::left_bracket},
                                {'}', Key::right_bracket}, {'|', Key::backslash},  {'~', Key::grave},
                                {'_', Key::minus},         {'+', Key::equal}};
constexpr std::string_view kShiftedDigits = ")!@#$%^&*(";

Key offset(Key base, int n) {
  return Key(int(base) + n);
}

bool same(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i)
    if (std::tolower((unsigned char)a[i]) != std::tolower((unsigned char)b[i])) return false;
  return true;
}

bool parse_key(std::string_view text, KeyChord& out) {
  if (text.size() == 1) {
    char c = text[0];
    if (std::isalpha((unsigned char)c)) return out.key = offset(Key::a, std::tolower((unsigned char)c) - 'a'), true;
    if (c >= '0' && c <= '9') return out.key = offset(Key::d0, c - '0'), true;
    for (auto& s : kShifted)
      if (s.text == c) return out.key = s.key, out.mods.shift = true, true;
    if (auto d = kShiftedDigits.find(c); d != std::string_view::npos)
      return out.key = offset(Key::d0, int(d)), out.mods.shift = true, true;
  }
  if ((text.size() == 2 || text.size() == 3) && (text[0] == 'F' || text[0] == 'f')) {
    int n = 0;
    for (char c : text.substr(1)) {
      if (c < '0' || c > '9') return false;
      n = n * 10 + (c - '0');
    }
    if (n < 1 || n > 12 || text[1] == '0') return false;
    return out.key = offset(Key::f1, n - 1), true;
  }
  for (auto& n : kNames)
    if (same(n.text, text)) return out.key = n.key, true;
  return false;
}

}  // namespace

std::optional<KeyChord> parse_chord(std::string_view text) {
  KeyChord chord;
  for (;;) {
    // A plus at the very end is the key "+", not a separator.
    auto plus = text.find('+');
    if (plus == std::string_view::npos || plus == 0 || plus + 1 >= text.size()) break;
    auto mod = text.substr(0, plus);
    if (same(mod, "Ctrl") || same(mod, "Control"))
      chord.mods.ctrl = true;
    else if (same(mod, "Shift"))
      chord.mods.shift = true;
    else if (same(mod, "Alt"))
      chord.mods.alt = true;
    else
      return std::nullopt;
    text.remove_prefix(plus + 1);
  }
  if (!parse_key(text, chord)) return std::nullopt;
  return chord;
}

std::string to_text(KeyChord chord) {
  if (chord.key == Key::none || chord.key >= Key::count_) return {};
  std::string key;
  auto in = [&](Key lo, Key hi) { return chord.key >= lo && chord.key <= hi; };
  if (in(Key::a, Key::z)) key = std::string(1, char('A' + int(chord.key) - int(Key::a)));
  if (in(Key::d0, Key::d9)) key = std::string(1, char('0' + int(chord.key) - int(Key::d0)));
  if (in(Key::f1, Key::f12)) {
    key = "F";
    key += std::to_string(int(chord.key) - int(Key::f1) + 1);
  }
  if (chord.mods.shift)
    for (auto& s : kShifted)
      if (s.key == chord.key) key = std::string(1, s.text), chord.mods.shift = false;
  if (key.empty())
    for (auto& n : kNames)
      if (n.key == chord.key) {
        key = n.text;
        break;
      }
  std::string text;
  if (chord.mods.ctrl) text += "Ctrl+";
  if (chord.mods.alt) text += "Alt+";
  if (chord.mods.shift) text += "Shift+";
  return text + key;
}

}  // namespace mp::window
