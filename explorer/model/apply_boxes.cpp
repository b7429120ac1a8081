// Boxes: which one is at hand and what a person does to it. Every change is one undoable Edit and one batch for the
// database. The detector stands in apply_detector.cpp.
#include <algorithm>
#include <cmath>

#include "explorer/model/box_edits.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

namespace {

constexpr float kLeastSide = 1;   // px of the image

std::string class_name(const State& s, ClassId c) { return c >= 0 && std::size_t(c) < s.classes.size() ? s.classes[std::size_t(c)].name : "?"; }

/// Inside the image, with a size; empty if nothing is left.
std::optional<ml::BoxRect> fitted(const State& s, std::uint32_t image, ml::BoxRect r) {
  const auto& e = s.pool->images[image];
  if (r.x0 > r.x1) std::swap(r.x0, r.x1);
  if (r.y0 > r.y1) std::swap(r.y0, r.y1);
  r = {std::max(r.x0, 0.f), std::max(r.y0, 0.f), std::min(r.x1, float(e.width_px)), std::min(r.y1, float(e.height_px))};
  return r.width() >= kLeastSide && r.height() >= kLeastSide ? std::optional(r) : std::nullopt;
}

void count(State& s, Effects& effects, const BoxActions& actions, long sign) {
  if (actions.total() == 0) return;
  s.boxes->actions.add(actions, sign);
  effects.settings.emplace_back("box_actions", actions_text(s.boxes->actions));
}

bool joins_nudge(const State& s, BoxId id) {
  return !s.undo.empty() && s.undo.back().boxes && s.undo.back().boxes->nudge && s.undo.back().boxes->after[0].id == id;
}

/// A box that is not shown (its drawing was undone, a filter hides it) is not at hand.
bool at_hand(const BoxState& b) { return b.held() && b.shown(b.at(*b.current)); }

/// The box at hand if something can be done to it.
std::optional<BoxId> target(State& s) {
  auto& b = *s.boxes;
  if (!at_hand(b)) {
    toast(s, Banner::Kind::info, b.count[0] ? "Click a box, or press Tab for the next doubtful one" : "Click a box, or drag on the picture to draw one");
    return std::nullopt;
  }
  return writable_boxes(s) ? b.current : std::nullopt;
}

/// One box as it is from now on, decided by this person.
void decide(State& s, BoxId id, std::string what, ml::Box after, BoxActions actions, Effects& effects, bool nudge = false) {
  after.reviewer = s.author;
  BoxEdit e;
  e.before = {{id, s.boxes->at(id)}};
  e.after = {{id, std::move(after)}};
  e.actions = actions;
  e.nudge = nudge;
  edit_boxes(s, std::move(what), std::move(e), effects);
}

/// After a proposal was decided the next doubtful one comes.
void go_on(State& s, bool decided) {
  if (!decided) return;
  if (auto next = next_doubtful(*s.boxes, 1)) hold_box(s, next);
}

/// All proposals that are shown in the picture: one action.
void decide_all(State& s, ml::BoxStatus status, Effects& effects) {
  const auto image = shown_image(s);
  auto& b = *s.boxes;
  if (!image || !writable_boxes(s)) return;
  BoxEdit e;
  if (*image < b.of_image.size())
    for (auto id : b.of_image[*image]) {
      auto box = b.at(id);
      if (box.status != ml::BoxStatus::proposed || !b.shown(box)) continue;
      e.before.push_back({id, box});
      box.status = status;
      box.reviewer = s.author;
      e.after.push_back({id, std::move(box)});
    }
  if (e.after.empty()) {
    toast(s, Banner::Kind::info, "No proposal waits in this picture");
    return;
  }
  const bool accept = status == ml::BoxStatus::accepted;
  (accept ? e.actions.accepted : e.actions.deleted) = 1;
  if (accept) e.actions.boxes = long(e.after.size());
  auto what = (accept ? "accept " : "delete ") + std::to_string(e.after.size()) + " boxes";
  edit_boxes(s, std::move(what), std::move(e), effects);
  go_on(s, true);
}

/// A move or another size of the box at hand.
void reshape(State& s, ml::BoxRect rect, bool nudge, Effects& effects) {
  const auto id = target(s);
  if (!id) return;
  auto box = s.boxes->at(*id);
  const auto fits = fitted(s, box.image, rect);
  if (!fits || *fits == box.rect) return;
  // Who moves what was proposed has accepted it. Arrow after arrow is one action, as one drag is.
  BoxActions actions;
  if (costs_action(box) && !(nudge && joins_nudge(s, *id))) {
    actions.adjusted = 1;
    actions.boxes = gained_by(box);
  }
  box.rect = *fits;
  box.status = ml::BoxStatus::accepted;
  decide(s, *id, "move a box", std::move(box), actions, effects, nudge);
}

}  // namespace

void edit_boxes(State& s, std::string what, BoxEdit e, Effects& effects) {
  change_boxes(*s.boxes, e.after);
  for (auto image : e.images) set_complete(*s.boxes, image, e.complete);
  post_boxes(s, effects, e.after, e.images, e.complete);
  count(s, effects, e.actions, 1);
  auto boxes = std::make_shared<BoxEdit>(std::move(e));
  // Arrow after arrow is one step to undo.
  if (boxes->nudge && joins_nudge(s, boxes->after[0].id)) {
    auto joined = std::make_shared<BoxEdit>(*s.undo.back().boxes);
    joined->after = boxes->after;
    joined->actions.add(boxes->actions, 1);
    s.undo.back().boxes = std::move(joined);
    s.redo.clear();
    return;
  }
  Edit whole;
  whole.what = std::move(what);
  whole.boxes = std::move(boxes);
  push_undo(s, std::move(whole));
}

void hold_box(State& s, std::optional<BoxId> id) {
  auto& b = *s.boxes;
  b.current = id;
  if (b.n_selected) forget_selection(b);
  if (id) b.image = b.at(*id).image;
  ++b.look;
}

bool costs_action(const ml::Box& box) { return box.source == ml::BoxSource::model || box.status == ml::BoxStatus::proposed; }

long gained_by(const ml::Box& box) { return box.status != ml::BoxStatus::accepted; }

bool writable_boxes(State& s) {
  if (!s.read_only) return true;
  toast(s, Banner::Kind::warning, "Read-only: " + s.why_read_only);
  return false;
}

void post_boxes(State& s, Effects& effects, std::vector<ml::BoxChange> changes, std::vector<std::uint32_t> images, bool complete) {
  ml::BoxBatch batch{++s.boxes->revision, std::move(changes), {}, {}};
  (complete ? batch.checked : batch.unchecked) = std::move(images);
  effects.boxes.push_back(std::move(batch));
}

void replay_boxes(State& s, const BoxEdit& e, bool forward, Effects& effects) {
  const auto& changes = forward ? e.after : e.before;
  change_boxes(*s.boxes, changes);
  for (auto image : e.images) set_complete(*s.boxes, image, e.complete == forward);
  post_boxes(s, effects, changes, e.images, e.complete == forward);
  count(s, effects, e.actions, forward ? 1 : -1);
  if (changes.empty()) return;
  auto& b = *s.boxes;
  // Of many on the map none is at hand: they are what is selected, so that the next key means them again.
  if (changes.size() > 1 && b.map.on) {
    select_changed(b, changes);
    b.image = b.at(changes[0].id).image;
  } else {
    hold_box(s, b.shown(b.at(changes[0].id)) ? std::optional(changes[0].id) : std::nullopt);
    b.image = b.at(changes[0].id).image;   // also of one that is not shown any more
  }
}

void apply(State& s, const cmd::SelectBox& c, Effects&) {
  hold_box(s, c.box && *c.box < s.boxes->store.boxes.size() ? c.box : std::nullopt);
}

void apply(State& s, const cmd::NextBox& c, Effects&) {
  const auto next = next_doubtful(*s.boxes, c.step);
  if (!next) {
    toast(s, Banner::Kind::info, s.boxes->detector ? "No proposal waits: let the detector propose boxes" : "No proposal waits: train the detector first");
    return;
  }
  hold_box(s, next);
}

void apply(State& s, const cmd::ShowImage& c, Effects&) {
  if (c.image >= s.pool->images.size()) return;
  s.boxes->image = c.image;
  if (s.boxes->held() && s.boxes->at(*s.boxes->current).image != c.image) s.boxes->current.reset();
  ++s.boxes->look;
}

void apply(State& s, const cmd::NextImage& c, Effects& effects) {
  const auto at = shown_image(s);
  if (!at) return;
  const auto n = long(s.pool->images.size());
  apply(s, cmd::ShowImage{std::uint32_t(((long(*at) + c.step) % n + n) % n)}, effects);
}

void apply(State& s, const cmd::AcceptBox&, Effects& effects) {
  if (accept_selected(s, effects)) return;
  const auto id = target(s);
  if (!id) return;
  auto box = s.boxes->at(*id);
  const bool proposed = box.status == ml::BoxStatus::proposed;
  if (box.status == ml::BoxStatus::accepted) return go_on(s, true);
  box.status = ml::BoxStatus::accepted;
  BoxActions actions;
  if (costs_action(s.boxes->at(*id))) {
    actions.accepted = 1;
    actions.boxes = gained_by(s.boxes->at(*id));
  }
  decide(s, *id, "accept a box", std::move(box), actions, effects);
  go_on(s, proposed);
}

void apply(State& s, const cmd::AcceptBoxes&, Effects& effects) { decide_all(s, ml::BoxStatus::accepted, effects); }

void apply(State& s, const cmd::DeleteBoxes&, Effects& effects) { decide_all(s, ml::BoxStatus::rejected, effects); }

void apply(State& s, const cmd::DeleteBox&, Effects& effects) {
  if (delete_selected(s, effects)) return;
  const auto id = target(s);
  if (!id) return;
  auto box = s.boxes->at(*id);
  if (box.status == ml::BoxStatus::rejected) return;
  const bool proposed = box.status == ml::BoxStatus::proposed;
  BoxActions actions;   // who takes back what was drawn has not drawn it
  if (costs_action(box)) {
    actions.deleted = 1;
    actions.boxes = proposed ? 0 : -1;
  }
  if (box.source == ml::BoxSource::person && s.boxes->actions.drawn > 0) actions.drawn = actions.boxes = -1;
  box.status = ml::BoxStatus::rejected;
  decide(s, *id, "delete a box", std::move(box), actions, effects);
  if (proposed)
    go_on(s, true);
  else
    hold_box(s, std::nullopt);
}

void apply(State& s, const cmd::RelabelBox& c, Effects& effects) {
  if (c.cls < 0 || std::size_t(c.cls) >= s.classes.size()) {
    toast(s, Banner::Kind::info, "No class has this key yet: add one below the list of classes");
    return;
  }
  if (name_selected(s, c.cls, effects)) return;
  auto& b = *s.boxes;
  b.draw_class = c.cls;
  if (!at_hand(b)) {
    toast(s, Banner::Kind::info, "The next box is drawn as " + class_name(s, c.cls));
    return;
  }
  const auto id = target(s);
  if (!id) return;
  auto box = b.at(*id);
  const bool proposed = box.status == ml::BoxStatus::proposed;
  if (box.cls == c.cls && box.status == ml::BoxStatus::accepted) return;
  if (box.cls == c.cls && proposed) return apply(s, cmd::AcceptBox{}, effects);
  BoxActions actions;   // naming a box that was just drawn is the second of its two actions
  if (costs_action(box)) {
    actions.relabelled = 1;
    actions.boxes = gained_by(box);
  }
  box.cls = c.cls;
  box.status = ml::BoxStatus::accepted;
  decide(s, *id, "name a box " + class_name(s, c.cls), std::move(box), actions, effects);
  go_on(s, proposed);
}

void apply(State& s, const cmd::MoveBox& c, Effects& effects) { reshape(s, {c.x0, c.y0, c.x1, c.y1}, false, effects); }

void apply(State& s, const cmd::NudgeBox& c, Effects& effects) {
  if (!at_hand(*s.boxes)) {
    target(s);
    return;
  }
  const auto& box = s.boxes->at(*s.boxes->current);
  const auto& e = s.pool->images[box.image];
  auto r = box.rect;
  if (c.resize) {   // the right and lower edge
    r.x1 = std::max(r.x0 + kLeastSide, r.x1 + c.dx);
    r.y1 = std::max(r.y0 + kLeastSide, r.y1 + c.dy);
  } else {          // stops at the image's edge as it is
    const float dx = std::clamp(c.dx, -r.x0, float(e.width_px) - r.x1), dy = std::clamp(c.dy, -r.y0, float(e.height_px) - r.y1);
    r = {r.x0 + dx, r.y0 + dy, r.x1 + dx, r.y1 + dy};
  }
  reshape(s, r, true, effects);
}

void apply(State& s, const cmd::DrawBox& c, Effects& effects) {
  auto& b = *s.boxes;
  const auto image = c.image ? c.image : shown_image(s);
  if (!image || *image >= s.pool->images.size() || !writable_boxes(s)) return;
  if (s.classes.empty()) {
    toast(s, Banner::Kind::info, "Add a class first: a box needs one");
    return;
  }
  if (b.store.boxes.size() >= ml::kMaxBoxes) {
    toast(s, Banner::Kind::warning, "No more than " + std::to_string(ml::kMaxBoxes) + " boxes in a project");
    return;
  }
  const auto rect = fitted(s, *image, {c.x0, c.y0, c.x1, c.y1});
  if (!rect) return;
  const auto cls = std::clamp(c.as.value_or(b.draw_class), ClassId(0), ClassId(s.classes.size() - 1));
  const auto id = BoxId(b.store.boxes.size());
  ml::Box box{*image, *rect, cls, ml::BoxSource::person, ml::BoxStatus::accepted, 1, s.author};
  BoxEdit e;
  e.after = {{id, box}};
  box.status = ml::BoxStatus::rejected;
  e.before = {{id, std::move(box)}};
  e.actions.drawn = e.actions.boxes = 1;
  edit_boxes(s, "draw a box", std::move(e), effects);
  b.draw_class = cls;
  if (auto& f = b.filters; !b.shown(b.at(id))) {   // who draws wants to see it
    f.accepted = true;
    if (std::size_t(cls) < f.class_off.size()) f.class_off[std::size_t(cls)] = 0;
    toast(s, Banner::Kind::info, "Accepted boxes of " + class_name(s, cls) + " are shown again");
  }
  hold_box(s, id);
}

void apply(State& s, const cmd::CompleteImage& c, Effects& effects) {
  const auto image = shown_image(s);
  auto& b = *s.boxes;
  if (!image || !writable_boxes(s) || b.complete(*image) == c.on) return;
  if (c.on && *image < b.of_image.size()) {
    const auto waiting = std::ranges::count_if(b.of_image[*image], [&](BoxId id) { return b.at(id).status == ml::BoxStatus::proposed; });
    if (waiting) {
      toast(s, Banner::Kind::info, std::to_string(waiting) + (waiting == 1 ? " proposal waits" : " proposals wait") + " in this picture: accept or delete first");
      return;
    }
  }
  BoxEdit e;
  e.images = {*image};
  e.complete = c.on;
  edit_boxes(s, c.on ? "picture is complete" : "picture is not complete", std::move(e), effects);
}

void apply(State& s, const cmd::SetBoxFilters& c, Effects&) {
  auto& f = s.boxes->filters;
  f = {c.class_off, std::clamp(c.score_min, 0.f, 1.f), c.proposed, c.accepted, c.deleted};
  if (s.boxes->held() && !s.boxes->shown(s.boxes->at(*s.boxes->current))) s.boxes->current.reset();
  keep_shown_selected(*s.boxes);
  ++s.boxes->look;
}

void apply(State& s, const cmd::ShowBoxes& c, Effects&) {
  s.boxes->on_pictures = c.on;
  ++s.boxes->look;
}

}  // namespace mp::explorer
