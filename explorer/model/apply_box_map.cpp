// Boxes as points: the map that is asked for, and what is done to many boxes at once.
#include <algorithm>
#include <cmath>

#include "engine/base/counted.h"
#include "explorer/model/box_edits.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

namespace {

constexpr float kLeastFrame = .15f;   // of the map, whose radius is about 1

/// `after` gives a selected box as it is from now on; boxes that stay as they are cost nothing.
template <class F>
void decide_selected(State& s, const std::string& verb, long BoxActions::*kind, Effects& effects, F&& after) {
  auto& b = *s.boxes;
  if (!writable_boxes(s)) return;
  BoxEdit e;
  bool costs = false;
  b.selected.for_each([&](std::size_t at) {
    const auto id = BoxId(at);
    const auto& box = b.at(id);
    auto changed = after(box);
    if (changed == box) return;
    const bool right = changed.status == ml::BoxStatus::accepted;
    if (!right && box.source == ml::BoxSource::person && b.actions.drawn + e.actions.drawn > 0) {
      --e.actions.drawn;   // who takes back what was drawn has not drawn it
      --e.actions.boxes;
    } else if (costs_action(box)) {
      costs = true;
      e.actions.boxes += right ? gained_by(box) : box.status == ml::BoxStatus::accepted ? -1 : 0;
    }
    changed.reviewer = s.author;
    e.before.push_back({id, box});
    e.after.push_back({id, std::move(changed)});
  });
  if (e.after.empty()) {
    toast(s, Banner::Kind::info, "Nothing to do: the selected boxes are so already");
    return;
  }
  if (costs) e.actions.*kind += 1;
  const auto n = e.after.size();
  edit_boxes(s, verb + " " + counted(n, "box", "boxes"), std::move(e), effects);
}

}  // namespace

bool accept_selected(State& s, Effects& effects) {
  if (!s.boxes->n_selected) return false;
  decide_selected(s, "accept", &BoxActions::accepted, effects, [](ml::Box box) {
    box.status = ml::BoxStatus::accepted;
    return box;
  });
  return true;
}

bool delete_selected(State& s, Effects& effects) {
  if (!s.boxes->n_selected) return false;
  decide_selected(s, "delete", &BoxActions::deleted, effects, [](ml::Box box) {
    box.status = ml::BoxStatus::rejected;
    return box;
  });
  return true;
}

bool name_selected(State& s, ClassId cls, Effects& effects) {
  if (!s.boxes->n_selected) return false;
  decide_selected(s, "name " + s.classes[std::size_t(cls)].name, &BoxActions::relabelled, effects, [cls](ml::Box box) {
    box.cls = cls;
    box.status = ml::BoxStatus::accepted;
    return box;
  });
  return true;
}

void apply(State& s, const cmd::ShowBoxMap& c, Effects&) {
  auto& b = *s.boxes;
  b.map.on = c.on;
  if (!c.on && b.n_selected) forget_selection(b);   // nothing is done to what cannot be seen
  ++b.look;
}

void apply(State& s, const cmd::MapBoxesAgain&, Effects&) {
  s.boxes->map.on = true;
  s.boxes->map.camera_set = false;
  s.boxes->map.again = true;
}

void apply(State&, const cmd::CancelBoxMap&, Effects& effects) { effects.cancel_box_map = true; }

void apply(State& s, const cmd::SelectBoxes& c, Effects&) {
  auto& b = *s.boxes;
  Bitset picked(b.store.boxes.size());
  for (auto id : c.ids)
    if (id < b.store.boxes.size() && b.shown(b.at(id))) picked.set(id);
  b.selected.resize(b.store.boxes.size());
  switch (c.op) {
    case SelectOp::replace: b.selected = std::move(picked); break;
    case SelectOp::add: b.selected |= picked; break;
    case SelectOp::remove: b.selected.subtract(picked); break;
    case SelectOp::intersect: b.selected &= picked; break;
  }
  b.n_selected = b.selected.count();
  if (b.n_selected) {
    b.current.reset();
    b.map.on = true;
  }
  ++b.look;
}

void apply(State& s, const cmd::SelectAllBoxes&, Effects& effects) {
  // What has no place on the map is not seen there.
  const auto& places = s.boxes->map.places;
  cmd::SelectBoxes all;
  for (BoxId id = 0; places && id < s.boxes->store.boxes.size() && std::size_t(id) * 2 < places->xy.size(); ++id)
    if (std::isfinite(places->xy[std::size_t(id) * 2])) all.ids.push_back(id);
  if (all.ids.empty()) toast(s, Banner::Kind::info, "No box is on the map yet (M)");
  apply(s, all, effects);
}

void apply(State& s, const cmd::ColourBoxes& c, Effects&) {
  const auto at = std::ranges::find(kBoxColours, c.by);
  if (at == std::end(kBoxColours)) return;
  s.boxes->map.colour = BoxColour(at - std::begin(kBoxColours));
  ++s.boxes->look;
}

void apply(State& s, const cmd::SetBoxMapCamera& c, Effects&) {
  s.boxes->map.camera = c.camera;
  s.boxes->map.camera_set = !c.all;
  s.boxes->map.framed.reset();
}

void apply(State& s, const cmd::FrameBoxes&, Effects&) {
  auto& b = *s.boxes;
  if (!b.map.places) return;
  const auto& xy = b.map.places->xy;
  Rect r{1e30f, 1e30f, -1e30f, -1e30f};
  const auto add = [&](std::size_t id) {
    if (id * 2 + 1 >= xy.size() || !std::isfinite(xy[id * 2])) return;
    r = {std::min(r.x0, xy[id * 2]), std::min(r.y0, xy[id * 2 + 1]), std::max(r.x1, xy[id * 2]), std::max(r.y1, xy[id * 2 + 1])};
  };
  if (b.n_selected)
    b.selected.for_each(add);
  else if (b.held())
    add(*b.current);
  b.map.camera_set = false;
  b.map.framed.reset();
  if (r.x1 < r.x0) return;                       // nothing: all
  const float grow = std::max(0.f, kLeastFrame - std::max(r.width(), r.height())) / 2;   // one box with its surroundings
  b.map.framed = Rect{r.x0 - grow, r.y0 - grow, r.x1 + grow, r.y1 + grow};
}

}  // namespace mp::explorer
