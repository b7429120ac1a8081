#include "explorer/app/script_player.h"

#include <algorithm>
#include <limits>
#include <cstdio>

#include "engine/base/clock.h"
#include "explorer/model/command_check.h"

namespace mp::explorer {

namespace {

using window::InputEvent;
using window::Key;
using window::KeyChord;
using window::Mods;
using window::MouseButton;

constexpr int kWidgetTries = 90;            // frames until a name that is not on the screen is an error
constexpr double kWidgetTimeoutMs = 15'000; // and at least this long
constexpr std::size_t kLassoMovesPerFrame = 4;

InputEvent move_to(Vec2 p, Mods mods = {}) {
  InputEvent e{InputEvent::Type::mouse_move};
  e.x = p.x;
  e.y = p.y;
  e.mods = mods;
  return e;
}

InputEvent button_event(MouseButton b, bool down, Vec2 at, Mods mods = {}) {
  InputEvent e{InputEvent::Type::mouse_button};
  e.x = at.x;
  e.y = at.y;
  e.button = b;
  e.down = down;
  e.mods = mods;
  return e;
}

InputEvent key_event(Key k, bool down, Mods mods) {
  InputEvent e{InputEvent::Type::key};
  e.key = k;
  e.down = down;
  e.mods = mods;
  return e;
}

MouseButton button_of(const std::string& name) {
  return name == "right" ? MouseButton::right : name == "middle" ? MouseButton::middle : MouseButton::left;
}

/// The same outline, begun where a press reaches the view: at the point of its edge that is nearest to the view's middle
/// (cards and splitters lie at the rim), or, where the whole edge is outside, at the rim's nearest inner point, from
/// which a line of no width leads to it and back.
std::vector<Vec2> reachable(std::vector<Vec2> px, Rect view) {
  const float inset = std::min({24.f, view.width() / 4, view.height() / 4});
  const auto clamp = [&](Vec2 p) { return Vec2{std::clamp(p.x, view.x0 + inset, view.x1 - inset), std::clamp(p.y, view.y0 + inset, view.y1 - inset)}; };
  const Vec2 middle = view.centre();
  std::size_t edge = 0;
  Vec2 best = px[0];
  float least = std::numeric_limits<float>::max();
  for (std::size_t i = 0; i < px.size(); ++i) {
    const Vec2 a = px[i], d = px[(i + 1) % px.size()] - a;
    const float length2 = d.x * d.x + d.y * d.y;
    const float t = length2 > 0 ? std::clamp(((middle.x - a.x) * d.x + (middle.y - a.y) * d.y) / length2, 0.f, 1.f) : 0;
    const Vec2 p = a + d * t;
    const float distance2 = (p.x - middle.x) * (p.x - middle.x) + (p.y - middle.y) * (p.y - middle.y);
    if (distance2 < least) {
      least = distance2;
      best = p;
      edge = i;
    }
  }
  std::rotate(px.begin(), px.begin() + long((edge + 1) % px.size()), px.end());
  const Vec2 start = clamp(best);
  std::vector<Vec2> path{start};
  if (!(best == start)) path.push_back(best);
  path.insert(path.end(), px.begin(), px.end());
  path.push_back(best);
  if (!(best == start)) path.push_back(start);
  return path;
}

/// The text that a keyboard would send with a chord: needed by text fields.
std::string text_of(KeyChord c) {
  if (c.mods.ctrl || c.mods.alt) return {};
  if (c.key >= Key::a && c.key <= Key::z) return std::string(1, char((c.mods.shift ? 'A' : 'a') + int(c.key) - int(Key::a)));
  if (c.key >= Key::d0 && c.key <= Key::d9 && !c.mods.shift) return std::string(1, char('0' + int(c.key) - int(Key::d0)));
  if (c.key == Key::space) return " ";
  return {};
}

}  // namespace

ScriptPlayer::ScriptPlayer(std::vector<ScriptStep> steps, ScriptHost host) : steps_(std::move(steps)), host_(std::move(host)) {}

void ScriptPlayer::error(const std::string& text) {
  errors_.push_back("script line " + std::to_string(steps_[at_].line) + ": " + text);
}

std::optional<Vec2> ScriptPlayer::place(const std::string& view, Vec2 at) const {
  if (view.empty()) return at;
  const auto r = host_.find_widget("view:" + view);
  if (!r) return std::nullopt;
  return Vec2{r->x0 + at.x * r->width(), r->y0 + at.y * r->height()};
}

void ScriptPlayer::step_done() {
  ++at_;
  step_started_ms_ = -1;
  tries_ = 0;
  wait_until_s_ = -1;
  wait_until_frame_ = 0;
  round_at_start_ = -1;
  step_at_start_ = -1;
  waiting_for_training_ = false;
}

bool ScriptPlayer::prepare(const State& state) {
  const auto& action = steps_[at_].action;
  if (auto* m = std::get_if<step::Mouse>(&action)) {
    const Mods mods{m->ctrl, m->shift, m->alt};
    Micro micro;
    if (m->move) {
      const auto p = place(m->view, *m->move);
      if (!p) return false;
      pointer_ = *p;
      micro.push_back(move_to(*p, mods));
    }
    const Vec2 at = pointer_.value_or(Vec2{});
    if (!m->down.empty()) micro.push_back(button_event(button_of(m->down), true, at, mods));
    if (!m->down.empty() && !m->up.empty()) {
      micro_.push_back(std::move(micro));
      micro.clear();
    }
    if (!m->up.empty()) micro.push_back(button_event(button_of(m->up), false, at, mods));
    micro_.push_back(std::move(micro));
  } else if (auto* w = std::get_if<step::Wheel>(&action)) {
    const Mods mods{w->ctrl, w->shift, w->alt};
    Micro micro;
    if (w->at || !w->view.empty()) {
      const auto p = place(w->view, w->at.value_or(Vec2{.5f, .5f}));
      if (!p) return false;
      pointer_ = *p;
      micro_.push_back({move_to(*p, mods)});
    }
    InputEvent e{InputEvent::Type::wheel};
    e.x = w->x;
    e.y = w->y;
    e.mods = mods;
    micro.push_back(e);
    micro_.push_back(std::move(micro));
  } else if (auto* k = std::get_if<step::Key>(&action)) {
    const auto chord = window::parse_chord(k->chord);
    if (!chord) {
      error("unknown key \"" + k->chord + "\"");
      step_done();
      return true;
    }
    Micro down{key_event(chord->key, true, chord->mods)};
    if (const auto text = text_of(*chord); !text.empty()) {
      InputEvent t{InputEvent::Type::text};
      t.text = text;
      t.mods = chord->mods;
      down.push_back(t);
    }
    micro_.push_back(std::move(down));
    micro_.push_back({key_event(chord->key, false, {})});
  } else if (auto* t = std::get_if<step::Text>(&action)) {
    InputEvent e{InputEvent::Type::text};
    e.text = t->text;
    micro_.push_back({e});
  } else if (auto* l = std::get_if<step::Lasso>(&action)) {
    const auto view = host_.find_widget("view:" + l->view);
    if (!view) return false;
    std::vector<Vec2> px;
    for (auto v : l->polygon) {
      std::optional<Vec2> p = l->data_units ? host_.px_from_data(l->view, v) : place(l->view, v);
      if (!p) return false;
      px.push_back(*p);
    }
    px = reachable(std::move(px), *view);
    if (state.tool != Tool::lasso) host_.run(cmd::SetTool{Tool::lasso});
    const Mods mods{false, l->op == SelectOp::add, l->op == SelectOp::remove};
    micro_.push_back({move_to(px[0], mods)});
    micro_.push_back({button_event(MouseButton::left, true, px[0], mods)});
    for (std::size_t i = 1; i < px.size(); i += kLassoMovesPerFrame) {
      Micro micro;
      for (std::size_t j = i; j < std::min(px.size(), i + kLassoMovesPerFrame); ++j) micro.push_back(move_to(px[j], mods));
      micro_.push_back(std::move(micro));
    }
    micro_.push_back({button_event(MouseButton::left, false, px.back(), mods)});
  } else if (auto* c = std::get_if<step::Click>(&action)) {
    const auto r = host_.find_widget(c->name);
    if (!r) {
      host_.show_widget(c->name);
      return false;
    }
    const auto p = r->centre();
    const auto b = c->right ? MouseButton::right : MouseButton::left;
    micro_.push_back({move_to(p)});
    for (int i = 0; i < (c->twice ? 2 : 1); ++i) {
      micro_.push_back({button_event(b, true, p)});
      micro_.push_back({button_event(b, false, p)});
    }
    pointer_ = p;
  } else if (auto* s = std::get_if<step::Screenshot>(&action)) {
    // Two frames: one takes in what the last step did, the next shows it.
    micro_.push_back({});
    micro_.push_back({});
    settle_frames_ = 2;
    pending_screenshots_.push_back(s->file);
  } else if (auto* r = std::get_if<step::Run>(&action)) {
    if (const auto why = why_impossible(state, r->command); !why.empty()) error(why);
    else host_.run(r->command);
    micro_.push_back({});
  } else if (auto* z = std::get_if<step::Resize>(&action)) {
    host_.resize(z->width_px, z->height_px);
    micro_.push_back({});
    micro_.push_back({});
  }
  step_done();
  return true;
}

ScriptPlayer::Now ScriptPlayer::next(const State& state, std::vector<InputEvent>& events) {
  if (!started_) {
    started_ = true;
    first_frame_ = state.frame;
    first_time_s_ = state.time_s;
    first_rounds_ = state.training.rounds_done;
  }
  for (;;) {
    if (!micro_.empty()) {
      events = std::move(micro_.front());
      micro_.pop_front();
      for (const auto& e : events)
        if (e.type == InputEvent::Type::mouse_move) pointer_ = Vec2{e.x, e.y};
      return Now::frame;
    }
    if (at_ >= steps_.size()) return Now::done;
    const auto& s = steps_[at_];
    if (s.frame && state.frame - first_frame_ < *s.frame) return Now::frame;
    if (s.time_s && state.time_s - first_time_s_ < *s.time_s) return Now::frame;
    if (step_started_ms_ < 0) step_started_ms_ = now_ms();

    if (auto* w = std::get_if<step::Wait>(&s.action)) {
      using For = step::Wait::For;
      if (w->what == For::seconds) {
        if (wait_until_s_ < 0) wait_until_s_ = state.time_s + w->amount;
        if (state.time_s < wait_until_s_) return Now::frame;
        step_done();
        continue;
      }
      if (w->what == For::frames) {
        if (!wait_until_frame_) wait_until_frame_ = state.frame + std::uint64_t(w->amount);
        if (state.frame < wait_until_frame_) return Now::frame;
        step_done();
        continue;
      }
      bool reached = false;
      if (w->what == For::idle || w->what == For::trained) {
        if (w->what == For::trained) waiting_for_training_ = true;
        if (host_.idle() && (w->what == For::idle || !host_.training())) {
          // Positions still flow and pictures still arrive: that takes frames, not waiting.
          if (!host_.settled()) return Now::frame;
          reached = true;
        }
      } else if (w->what == For::rescored) {
        reached = state.instant && state.instant->label_revision >= state.labels.revision && state.instant->n == state.samples();
      } else if (w->what == For::step) {   // the network trains: its next step has come
        if (step_at_start_ < 0) step_at_start_ = state.training.step;
        waiting_for_training_ = true;
        reached = state.training.step > step_at_start_;
        if (!state.training.on && !reached) {
          error("waits for a training step, but no training is on" + (state.training.error.empty() ? "" : ": " + state.training.error));
          step_done();
          continue;
        }
      } else {
        if (round_at_start_ < 0) round_at_start_ = state.training.rounds_done;
        waiting_for_training_ = true;
        // With a number: so many rounds since the script began, however long they took beside the other steps.
        reached = w->amount > 0 ? state.training.rounds_done - first_rounds_ >= int(w->amount) : state.training.rounds_done > round_at_start_;
        if (!state.training.on && !reached) {
          error("waits for a round, but no training is on" + (state.training.error.empty() ? "" : ": " + state.training.error));
          step_done();
          continue;
        }
      }
      if (reached && !recorded_hash_.empty()) {
        // The pool is there now: a session that was recorded on other data replays into something else.
        if (const auto hash = data_hash(*state.pool); hash != recorded_hash_)
          std::fprintf(stderr, "meltpool: this session was recorded on other data (hash %s, here %s): the replay will differ\n", recorded_hash_.c_str(), hash.c_str());
        recorded_hash_.clear();
      }
      if (reached) {
        step_done();
        return Now::frame;   // show it
      }
      if (now_ms() - step_started_ms_ > w->timeout_s * 1000) {
        error("waited " + std::to_string(int(w->timeout_s)) + " s in vain");
        step_done();
        continue;
      }
      return Now::wait;
    }
    if (auto* mark = std::get_if<step::Mark>(&s.action)) {
      host_.mark(mark->name);
      step_done();
      continue;
    }
    if (auto* header = std::get_if<step::Header>(&s.action)) {
      recorded_hash_ = header->data_hash;
      step_done();
      continue;
    }
    if (!prepare(state)) {
      if (++tries_ < kWidgetTries || now_ms() - step_started_ms_ < kWidgetTimeoutMs) return Now::frame;
      if (auto* c = std::get_if<step::Click>(&s.action))
        error("nothing named \"" + c->name + "\" is on the screen");
      else
        error("the view is not on the screen");
      step_done();
    }
  }
}

void ScriptPlayer::after_frame() {
  if (pending_screenshots_.empty()) return;
  if (--settle_frames_ > 0) return;
  for (const auto& f : pending_screenshots_) host_.screenshot(f);
  pending_screenshots_.clear();
}

}  // namespace mp::explorer
