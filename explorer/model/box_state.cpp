#include "explorer/model/box_state.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace mp::explorer {

bool BoxFilters::any() const {
  return std::ranges::any_of(class_off, [](auto off) { return off != 0; }) || score_min > 0 || !proposed || !accepted || deleted;
}

void BoxActions::add(const BoxActions& o, long sign) {
  accepted += sign * o.accepted;
  relabelled += sign * o.relabelled;
  deleted += sign * o.deleted;
  adjusted += sign * o.adjusted;
  drawn += sign * o.drawn;
  boxes += sign * o.boxes;
}

bool BoxState::shown(const ml::Box& b) const {
  const bool status = b.status == ml::BoxStatus::proposed ? filters.proposed : b.status == ml::BoxStatus::accepted ? filters.accepted : filters.deleted;
  return status && b.score >= filters.score_min && !(b.cls >= 0 && std::size_t(b.cls) < filters.class_off.size() && filters.class_off[std::size_t(b.cls)]);
}

bool BoxState::complete(std::uint32_t i) const { return std::ranges::binary_search(store.checked, i); }

std::optional<std::uint32_t> shown_image(const State& s) {
  if (s.boxes->image && *s.boxes->image < s.pool->images.size()) return s.boxes->image;
  if (s.inspected && *s.inspected < s.samples()) return s.pool->image_of[*s.inspected];
  return s.pool->images.empty() ? std::nullopt : std::optional<std::uint32_t>(0);
}

void set_boxes(BoxState& b, ml::BoxStore store) {
  b.store = std::move(store);
  b.of_image.clear();
  b.count = {};
  for (BoxId id = 0; id < b.store.boxes.size(); ++id) {
    const auto& box = b.store.boxes[id];
    if (box.image >= b.of_image.size()) b.of_image.resize(box.image + 1);
    b.of_image[box.image].push_back(id);
    ++b.count[std::size_t(box.status)];
  }
  ++b.look;
  ++b.shape;
  forget_selection(b);
}

void forget_selection(BoxState& b) {
  b.selected = Bitset(b.store.boxes.size());
  b.n_selected = 0;
  ++b.look;
}

void select_changed(BoxState& b, std::span<const ml::BoxChange> changes) {
  forget_selection(b);
  b.current.reset();
  for (const auto& c : changes)
    if (c.id < b.store.boxes.size() && b.shown(b.at(c.id))) b.selected.set(c.id);
  b.n_selected = b.selected.count();
}

void keep_shown_selected(BoxState& b) {
  if (!b.n_selected) return;
  Bitset kept(b.store.boxes.size());
  b.selected.for_each([&](std::size_t id) {
    if (b.shown(b.at(BoxId(id)))) kept.set(id);
  });
  b.selected = std::move(kept);
  b.n_selected = b.selected.count();
}

void change_boxes(BoxState& b, std::span<const ml::BoxChange> changes) {
  bool shape = false;
  for (const auto& c : changes) {
    if (c.box.image >= b.of_image.size()) b.of_image.resize(c.box.image + 1);
    if (c.id < b.store.boxes.size()) {
      auto& old = b.store.boxes[c.id];
      --b.count[std::size_t(old.status)];
      if (old.image != c.box.image) {
        std::erase(b.of_image[old.image], c.id);
        auto& ids = b.of_image[c.box.image];   // rising, as the store is
        ids.insert(std::ranges::lower_bound(ids, c.id), c.id);
      }
      shape = shape || old.image != c.box.image || !(old.rect == c.box.rect);
      old = c.box;
    } else if (c.id == b.store.boxes.size()) {
      shape = true;
      b.store.boxes.push_back(c.box);
      b.of_image[c.box.image].push_back(c.id);
    } else {
      continue;   // a gap: nobody makes one
    }
    ++b.count[std::size_t(c.box.status)];
  }
  b.selected.resize(b.store.boxes.size());
  keep_shown_selected(b);
  b.shape += shape;
  ++b.look;
}

void set_complete(BoxState& b, std::uint32_t image, bool complete) {
  auto& list = b.store.checked;
  const auto at = std::ranges::lower_bound(list, image);
  const bool there = at != list.end() && *at == image;
  if (complete && !there) list.insert(at, image);
  if (!complete && there) list.erase(at);
  ++b.look;
}

float doubt(const ml::Box& b) { return .5f - std::abs(b.score - .5f); }

std::optional<BoxId> next_doubtful(const BoxState& b, int step) {
  // Order: falling doubt, then rising id. One pass finds the neighbour of the current one and the end to wrap to.
  const auto before = [&](BoxId x, BoxId y) {
    const float dx = doubt(b.at(x)), dy = doubt(b.at(y));
    return dx != dy ? dx > dy : x < y;
  };
  const auto waits = [&](BoxId id) { return b.at(id).status == ml::BoxStatus::proposed && b.shown(b.at(id)); };
  const bool from = b.held() && waits(*b.current);
  std::optional<BoxId> first, last, after, prior;
  for (BoxId id = 0; id < b.store.boxes.size(); ++id) {
    if (!waits(id)) continue;
    if (!first || before(id, *first)) first = id;
    if (!last || before(*last, id)) last = id;
    if (!from || id == *b.current) continue;
    if (before(*b.current, id)) {
      if (!after || before(id, *after)) after = id;
    } else if (!prior || before(*prior, id)) {
      prior = id;
    }
  }
  if (!from) return first;
  return step > 0 ? (after ? after : first) : (prior ? prior : last);
}

std::string actions_text(const BoxActions& a) {
  char text[140];
  std::snprintf(text, sizeof text, "%ld %ld %ld %ld %ld %ld", a.accepted, a.relabelled, a.deleted, a.adjusted, a.drawn, a.boxes);
  return text;
}

BoxActions actions_from(const std::string& text) {
  BoxActions a;
  const int n = std::sscanf(text.c_str(), "%ld %ld %ld %ld %ld %ld", &a.accepted, &a.relabelled, &a.deleted, &a.adjusted, &a.drawn, &a.boxes);
  if (n < 5) return {};
  if (n == 5) a.boxes = a.accepted + a.relabelled + a.adjusted + a.drawn;   // of earlier versions: an action for each box
  for (long v : {a.accepted, a.relabelled, a.deleted, a.adjusted, a.drawn})
    if (v < 0) return {};
  return a;
}

}  // namespace mp::explorer
