// Keyboard focus.
#include "engine/ui/focus.h"

#include <algorithm>
#include <utility>

namespace mp::ui {

using window::Key;
using window::KeyChord;

namespace {
bool is_walk(Key k) {
  switch (k) {
    case Key::tab: case Key::space: case Key::enter: case Key::escape: case Key::left: case Key::right: case Key::up:
    case Key::down: case Key::page_up: case Key::page_down: case Key::home: case Key::end: return true;
    default: return false;
  }
}
}  // namespace

Focus::State Focus::add(const Target& target) {
  Target t = target;
  t.layer = layer_;
  top_building_ = std::max(top_building_, layer_);
  building_.push_back(t);
  State s;
  if (!on_ || t.id != id_) return s;
  s.focused = true;
  s.pressed = press_;
  s.dx = dx_, s.dy = dy_;
  s.start_text = start_text_;
  if (scroll_) s.scroll_here = t.px.y0 < t.clip.y0 || t.px.y1 > t.clip.y1;
  return s;
}

int Focus::index_of(std::uint32_t id) const {
  for (std::size_t i = 0; i < done_.size(); ++i)
    if (done_[i].id == id && done_[i].layer == top_done_) return int(i);
  return -1;
}

void Focus::move(int step) {
  int n = int(done_.size()), at = index_of(id_);
  if (at < 0) at = step > 0 ? n - 1 : 0;
  for (int k = 0; k < n; ++k) {
    at = (at + step + n) % n;
    if (done_[std::size_t(at)].layer != top_done_) continue;
    id_ = done_[std::size_t(at)].id;
    start_text_ = done_[std::size_t(at)].text;
    scroll_ = true;
    return;
  }
}

void Focus::next_window(int step) {
  int n = int(done_.size()), at = index_of(id_);
  if (n == 0) return;
  if (at < 0) {
    move(step);
    return;
  }
  auto from = done_[std::size_t(at)].window;
  for (int k = 0; k < n; ++k) {
    at = (at + step + n) % n;
    const Target& t = done_[std::size_t(at)];
    if (t.layer != top_done_ || t.window == from) continue;
    if (step < 0)   // to the first widget of that window
      while (at > 0 && done_[std::size_t(at - 1)].window == t.window) --at;
    id_ = done_[std::size_t(at)].id;
    start_text_ = done_[std::size_t(at)].text;
    scroll_ = true;
    return;
  }
}

bool Focus::takes(KeyChord c, bool text_active) const {
  if (c.key == Key::f6 && !c.mods.ctrl && !c.mods.alt) return true;
  if (text_active) return true;
  if (c.mods.ctrl || c.mods.alt) return false;
  if (top_done_ > 0) return is_walk(c.key);
  return on_ && is_walk(c.key);
}

bool Focus::key(KeyChord c, bool text_active) {
  if (c.key == Key::f6 && !c.mods.ctrl && !c.mods.alt) {
    leave_text_ = text_active;
    if (!on_ && index_of(id_) >= 0) {
      on_ = scroll_ = true;   // back to where the ring was
      start_text_ = done_[std::size_t(index_of(id_))].text;
    } else {
      on_ = true;
      next_window(c.mods.shift ? -1 : 1);
    }
    return true;
  }
  if (text_active) {
    if (c.key != Key::tab || c.mods.ctrl || c.mods.alt) return false;
    on_ = leave_text_ = true;
    move(c.mods.shift ? -1 : 1);
    return true;
  }
  if (!takes(c, false)) return false;
  if (c.key == Key::escape) {
    if (top_done_ > 0)
      escape_ = true;
    else
      on_ = false;
    return true;
  }
  if (!on_) {   // a popup opened with the mouse: the first key shows the ring
    on_ = true;
    if (index_of(id_) < 0) {
      move(c.key == Key::up ? -1 : 1);
      return true;
    }
  }
  const int at = index_of(id_);
  const bool arrows = at >= 0 && done_[std::size_t(at)].takes_arrows;
  switch (c.key) {
    case Key::tab: move(c.mods.shift ? -1 : 1); break;
    case Key::space: case Key::enter:
      press_ = true;
      if (at >= 0) start_text_ = done_[std::size_t(at)].text;
      break;
    case Key::left: arrows ? void(--dx_) : move(-1); break;
    case Key::right: arrows ? void(++dx_) : move(1); break;
    case Key::up: arrows ? void(++dy_) : move(-1); break;
    case Key::down: arrows ? void(--dy_) : move(1); break;
    case Key::page_up: dy_ += arrows ? 10 : 0; break;
    case Key::page_down: dy_ -= arrows ? 10 : 0; break;
    case Key::home: dx_ -= arrows ? 1000 : 0; break;
    case Key::end: dx_ += arrows ? 1000 : 0; break;
    default: break;
  }
  return true;
}

void Focus::end_frame() {
  std::swap(building_, done_);
  building_.clear();
  int was = std::exchange(top_done_, std::exchange(top_building_, 0));
  for (int k = was; k < top_done_; ++k) below_.push_back(id_);
  if (top_done_ < was) {
    while (int(below_.size()) > top_done_) {
      id_ = below_.back();
      below_.pop_back();
    }
  } else if (top_done_ > was && on_ && index_of(id_) < 0) {
    for (const auto& t : done_)
      if (t.layer == top_done_) {
        id_ = t.id;
        break;
      }
  }
  if (auto next = std::exchange(set_next_, 0)) id_ = next;   // after the old one is remembered
  press_ = escape_ = scroll_ = leave_text_ = start_text_ = false;
  dx_ = dy_ = 0;
}

const Focus::Target* Focus::ring() const {
  if (!on_) return nullptr;
  for (const auto& t : building_)
    if (t.id == id_) return &t;
  return nullptr;
}

}  // namespace mp::ui
