#include "explorer/views/box_marks.h"

#include <algorithm>
#include <cmath>

#include "engine/ui/item.h"
#include "explorer/model/box_state.h"

namespace mp::explorer {

namespace {

constexpr Rgba kDeletedGrey = rgba(120, 124, 130);

/// The shown boxes of an image, the best scores if there are too many, in the order of their ids.
std::vector<BoxId> chosen(const BoxState& b, std::uint32_t image, std::size_t most) {
  std::vector<BoxId> ids;
  if (image >= b.of_image.size()) return ids;
  for (auto id : b.of_image[image])
    if (b.shown(b.at(id))) ids.push_back(id);
  if (ids.size() <= most) return ids;
  std::ranges::nth_element(ids, ids.begin() + std::ptrdiff_t(most), [&](BoxId x, BoxId y) { return b.at(x).score != b.at(y).score ? b.at(x).score > b.at(y).score : x < y; });
  ids.resize(most);
  std::ranges::sort(ids);
  return ids;
}

}  // namespace

Rect box_px(const State& s, const ml::Box& box, Rect px) {
  const auto& e = s.pool->images[box.image];
  const float w = px.width() / float(std::max(1, e.width_px)), h = px.height() / float(std::max(1, e.height_px));
  return {px.x0 + box.rect.x0 * w, px.y0 + box.rect.y0 * h, px.x0 + box.rect.x1 * w, px.y0 + box.rect.y1 * h};
}

Rgba box_colour(const State& s, const ml::Box& box) {
  if (box.status == ml::BoxStatus::rejected || box.cls < 0 || std::size_t(box.cls) >= s.classes.size()) return kDeletedGrey;
  return with_alpha(s.classes[std::size_t(box.cls)].colour, 255);
}

void box_quads(const State& s, std::uint32_t image, Rect px, std::vector<draw::Quad>& out, std::size_t most, bool but_current) {
  const auto& b = *s.boxes;
  if (image >= s.pool->images.size()) return;
  const float scale = px.width() / float(std::max(1, s.pool->images[image].width_px));
  const auto ids = chosen(b, image, most);
  const bool many = ids.size() > kManyBoxes;
  for (auto id : ids) {
    if (but_current && b.current == id) continue;
    const auto& box = b.at(id);
    draw::Quad q;
    // On whole pixels: an edge between two of them would be drawn on neither.
    q.px = box_px(s, box, px);
    q.px = {std::round(q.px.x0), std::round(q.px.y0), std::round(q.px.x1), std::round(q.px.y1)};
    q.px.x1 = std::max(q.px.x1, q.px.x0 + 1);
    q.px.y1 = std::max(q.px.y1, q.px.y0 + 1);
    const bool proposed = box.status == ml::BoxStatus::proposed;
    const auto colour = box_colour(s, box);
    q.tint = proposed ? with_alpha(colour, 34) : 0;
    q.border = proposed ? with_alpha(colour, 215) : box.status == ml::BoxStatus::rejected ? with_alpha(colour, 130) : colour;
    // Thin in a small picture, where the frame would hide what is in it.
    q.border_px = std::max(1.f, ui::px(scale < .6f ? 1.f : proposed ? 1.25f : 2.f));
    if (!many) {
      out.push_back(q);
      continue;
    }
    // Its four sides alone: thousands of grounds over each other would show nothing and cost a frame.
    const Rect r = q.px;
    const float w = std::min({q.border_px, r.width(), r.height()});
    q.tint = q.border;
    q.border = 0;
    for (const Rect side : {Rect{r.x0, r.y0, r.x1, r.y0 + w}, Rect{r.x0, r.y1 - w, r.x1, r.y1}, Rect{r.x0, r.y0 + w, r.x0 + w, r.y1 - w}, Rect{r.x1 - w, r.y0 + w, r.x1, r.y1 - w}}) {
      q.px = side;
      out.push_back(q);
    }
  }
}

std::vector<Outline> box_lines(const State& s, std::uint32_t image, Rect px, std::size_t most, bool but_current) {
  const auto& b = *s.boxes;
  std::vector<Outline> out;
  for (auto id : chosen(b, image, most)) {
    if (but_current && b.current == id) continue;
    const auto& box = b.at(id);
    const auto colour = box_colour(s, box);
    out.push_back({box_px(s, box, px), with_alpha(colour, box.status == ml::BoxStatus::accepted ? 255 : box.status == ml::BoxStatus::proposed ? 215 : 130), std::max(1, int(std::lround(ui::px(1))))});
  }
  return out;
}

void paint_outlines(std::span<const Outline> lines, int w, int h, std::vector<Rgba>& picture) {
  picture.assign(std::size_t(w) * std::size_t(h), 0);
  for (const auto& l : lines) {
    const int x0 = int(std::lround(std::clamp(l.px.x0, -1e6f, 1e6f))), y0 = int(std::lround(std::clamp(l.px.y0, -1e6f, 1e6f)));
    const int x1 = std::max(x0 + 1, int(std::lround(std::clamp(l.px.x1, -1e6f, 1e6f)))), y1 = std::max(y0 + 1, int(std::lround(std::clamp(l.px.y1, -1e6f, 1e6f))));
    const auto fill = [&](int left, int top, int right, int bottom) {
      left = std::max(left, 0);
      right = std::min(right, w);
      if (left >= right) return;
      for (int y = std::max(top, 0); y < std::min(bottom, h); ++y) std::fill_n(picture.begin() + std::ptrdiff_t(y) * w + left, right - left, l.colour);
    };
    const int k = std::min({l.width_px, x1 - x0, y1 - y0});
    fill(x0, y0, x1, y0 + k);
    fill(x0, y1 - k, x1, y1);
    fill(x0, y0, x0 + k, y1);
    fill(x1 - k, y0, x1, y1);
  }
}

std::size_t box_outlines(const State& s, SampleId id, Rect px, std::size_t most) {
  const auto& b = *s.boxes;
  const auto image = s.pool->image_of[id];
  const auto& r = s.pool->region[id];
  const auto ids = chosen(b, image, ml::kMaxBoxes);
  std::size_t n = 0;
  const float w = px.width() / float(std::max(1, r.w)), h = px.height() / float(std::max(1, r.h));
  for (auto k : ids) {
    const auto& box = b.at(k);
    const float x0 = std::max(box.rect.x0 - float(r.x), 0.f), y0 = std::max(box.rect.y0 - float(r.y), 0.f);
    const float x1 = std::min(box.rect.x1 - float(r.x), float(r.w)), y1 = std::min(box.rect.y1 - float(r.y), float(r.h));
    if (x1 <= x0 || y1 <= y0 || ++n > most) continue;
    const auto colour = box_colour(s, box);
    ui::frame(ui::window_list(), {px.x0 + x0 * w, px.y0 + y0 * h, px.x0 + x1 * w, px.y0 + y1 * h}, box.status == ml::BoxStatus::proposed ? with_alpha(colour, 160) : colour, 0, ui::px(1.5f));
  }
  return n;
}

}  // namespace mp::explorer
