// Input queue to ImGuiIO.
#include "engine/ui/input_feed.h"

#include <imgui.h>

namespace mp::ui {
namespace {

using window::InputEvent;
using window::Key;

#if IMGUI_VERSION_NUM >= 18700
ImGuiKey imgui_key(Key k) {
  auto in = [k](Key a, Key b) { return k >= a && k <= b; };
  auto from = [k](Key a, ImGuiKey to) { return ImGuiKey(int(to) + int(k) - int(a)); };
  if (in(Key::a, Key::z)) return from(Key::a, ImGuiKey_A);
  if (in(Key::d0, Key::d9)) return from(Key::d0, ImGuiKey_0);
  if (in(Key::f1, Key::f12)) return from(Key::f1, ImGuiKey_F1);
  switch (k) {
    case Key::space: return ImGuiKey_Space;
    case Key::enter: return ImGuiKey_Enter;
    case Key::escape: return ImGuiKey_Escape;
    case Key::tab: return ImGuiKey_Tab;
    case Key::backspace: return ImGuiKey_Backspace;
    case Key::del: return ImGuiKey_Delete;
    case Key::insert: return ImGuiKey_Insert;
    case Key::home: return ImGuiKey_Home;
    case Key::end: return ImGuiKey_End;
    case Key::page_up: return ImGuiKey_PageUp;
    case Key::page_down: return ImGuiKey_PageDown;
    case Key::left: return ImGuiKey_LeftArrow;
    case Key::right: return ImGuiKey_RightArrow;
    case Key::up: return ImGuiKey_UpArrow;
    case Key::down: return ImGuiKey_DownArrow;
    case Key::ctrl: return ImGuiKey_LeftCtrl;
    case Key::shift: return ImGuiKey_LeftShift;
    case Key::alt: return ImGuiKey_LeftAlt;
    case Key::super: return ImGuiKey_LeftSuper;
    default: return ImGuiKey_None;
  }
}
#endif

void set_key(ImGuiIO& io, Key key, bool down) {
#if IMGUI_VERSION_NUM >= 18700
  if (auto k = imgui_key(key); k != ImGuiKey_None) io.AddKeyEvent(k, down);
#else
  io.KeysDown[int(key)] = down;
#endif
}

void set_mods(ImGuiIO& io, const InputEvent& e) {
  bool ctrl = e.mods.ctrl, shift = e.mods.shift, alt = e.mods.alt;
  if (e.type == InputEvent::Type::key) {   // some sources report the state before the key, some after
    if (e.key == Key::ctrl) ctrl = e.down;
    if (e.key == Key::shift) shift = e.down;
    if (e.key == Key::alt) alt = e.down;
  }
#if IMGUI_VERSION_NUM >= 18900
  io.AddKeyEvent(ImGuiMod_Ctrl, ctrl);
  io.AddKeyEvent(ImGuiMod_Shift, shift);
  io.AddKeyEvent(ImGuiMod_Alt, alt);
#elif IMGUI_VERSION_NUM >= 18700
  io.AddKeyEvent(ImGuiKey_ModCtrl, ctrl);
  io.AddKeyEvent(ImGuiKey_ModShift, shift);
  io.AddKeyEvent(ImGuiKey_ModAlt, alt);
#else
  io.KeyCtrl = ctrl, io.KeyShift = shift, io.KeyAlt = alt;
#endif
}

void move(ImGuiIO& io, float x, float y) {
#if IMGUI_VERSION_NUM >= 18700
  io.AddMousePosEvent(x, y);
#else
  io.MousePos = {x, y};
#endif
}
void press(ImGuiIO& io, int button, bool down) {
#if IMGUI_VERSION_NUM >= 18700
  io.AddMouseButtonEvent(button, down);
#else
  io.MouseDown[button] = down;
#endif
}
void wheel(ImGuiIO& io, float x, float y) {
#if IMGUI_VERSION_NUM >= 18700
  io.AddMouseWheelEvent(x, y);
#else
  io.MouseWheelH += x, io.MouseWheel += y;
#endif
}

}  // namespace

void InputFeed::set_up(ImGuiIO& io) {
#if IMGUI_VERSION_NUM >= 18700
  io.ConfigInputTrickleEventQueue = false;   // apply() already splits events over frames
#else
  auto map = [&](ImGuiKey to, Key from) { io.KeyMap[to] = int(from); };
  map(ImGuiKey_Tab, Key::tab);
  map(ImGuiKey_LeftArrow, Key::left);
  map(ImGuiKey_RightArrow, Key::right);
  map(ImGuiKey_UpArrow, Key::up);
  map(ImGuiKey_DownArrow, Key::down);
  map(ImGuiKey_PageUp, Key::page_up);
  map(ImGuiKey_PageDown, Key::page_down);
  map(ImGuiKey_Home, Key::home);
  map(ImGuiKey_End, Key::end);
  map(ImGuiKey_Insert, Key::insert);
  map(ImGuiKey_Delete, Key::del);
  map(ImGuiKey_Backspace, Key::backspace);
  map(ImGuiKey_Space, Key::space);
  map(ImGuiKey_Enter, Key::enter);
  map(ImGuiKey_Escape, Key::escape);
  map(ImGuiKey_A, Key::a);
  map(ImGuiKey_C, Key::c);
  map(ImGuiKey_V, Key::v);
  map(ImGuiKey_X, Key::x);
  map(ImGuiKey_Y, Key::y);
  map(ImGuiKey_Z, Key::z);
#endif
}

void InputFeed::push(std::span<const InputEvent> events) { waiting_.insert(waiting_.end(), events.begin(), events.end()); }

void InputFeed::apply(ImGuiIO& io, const std::function<bool(window::KeyChord)>& on_key,
                      const std::function<void()>& on_button) {
  unsigned buttons = 0;                                            // changed in this frame
  std::array<bool, std::size_t(Key::count_)> keys{};
  bool text = false, any_key = false, wheeled = false;
  while (!waiting_.empty()) {
    const InputEvent& e = waiting_.front();
    using Type = InputEvent::Type;
    switch (e.type) {
      case Type::mouse_move:
        if (buttons || wheeled) return;
        move(io, e.x, e.y);
        break;
      case Type::mouse_button: {
        unsigned bit = 1u << unsigned(e.button);
        if ((buttons & bit) || any_key || text || wheeled) return;
        buttons |= bit;
        set_mods(io, e);
        press(io, int(e.button), e.down);
        if (e.down) on_button();
        break;
      }
      case Type::wheel:
        if (buttons || any_key) return;
        wheeled = true;
        set_mods(io, e);
        wheel(io, e.x, e.y);
        break;
      case Type::key: {
        auto k = std::size_t(e.key);
        if (k >= keys.size()) break;
        if (keys[k] || text || buttons) return;
        keys[k] = any_key = true;
        set_mods(io, e);
        if (e.down) {
          swallowed_[k] = on_key({e.key, e.mods});
          if (!swallowed_[k]) set_key(io, e.key, true);
        } else {
          if (!swallowed_[k]) set_key(io, e.key, false);
          swallowed_[k] = false;
        }
        break;
      }
      case Type::text:
        if (buttons) return;
        text = true;
        io.AddInputCharactersUTF8(e.text.c_str());
        break;
      case Type::focus:
        io.AddFocusEvent(e.down);
        break;
      case Type::drop:
      case Type::close:
        break;   // the program's, not the widgets'
    }
    waiting_.pop_front();
  }
}

}  // namespace mp::ui
