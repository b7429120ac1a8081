#include "explorer/views/pictures.h"

#include <algorithm>
#include <cmath>

#include "engine/ui/ui.h"
#include "explorer/views/tile_painter.h"

namespace mp::explorer {

namespace {

constexpr float kThumb_px = 72, kPicture_px = 256;   // at scale 1
constexpr float kSlack_px = 1.01f;                   // of a tile's edge that a part may reach over

}  // namespace

void Pictures::set_source(const State& s) {
  tiles_.set_source(s, s.project_dir != project_);
  project_ = s.project_dir;
  inspected_.reset();
}

Thumb Pictures::sample(const State& s, SampleId id, float longest_px) {
  Thumb t;
  const auto window = tiles_.window(s.mosaic);
  renderer_.set_value_window(window.low, window.high);
  if (id >= s.samples()) return t;
  const auto image = s.pool->image_of[id];
  const auto& e = s.pool->images[image];
  const auto& r = s.pool->region[id];
  if (e.width_px <= 0 || e.height_px <= 0 || r.w <= 0 || r.h <= 0) return t;
  t.aspect = float(r.w) / float(r.h);
  t.broken = tiles_.failed(image);
  const Pyramid p{e.width_px, e.height_px};
  const Rect area{float(r.x), float(r.y), float(r.x + r.w), float(r.y + r.h)};
  bool asked = false;
  for (int l = level_for(p, longest_px / float(std::max(r.w, r.h))); l < p.levels(); ++l) {
    TileId tile{image, std::uint8_t(l), 0, 0};
    if (!p.single(l)) {
      const float side = std::ldexp(float(kTile_px), l);
      tile.x = std::uint8_t(std::clamp(int(area.centre().x / side), 0, p.across(l) - 1));
      tile.y = std::uint8_t(std::clamp(int(area.centre().y / side), 0, p.down(l) - 1));
      const Rect whole = p.area(l, tile.x, tile.y);   // a part on two tiles: the next coarser level
      if (area.x0 < whole.x0 - kSlack_px || area.y0 < whole.y0 - kSlack_px || area.x1 > whole.x1 + kSlack_px || area.y1 > whole.y1 + kSlack_px) continue;
    }
    if (const auto found = tiles_.find(tile)) {
      const Rect in = p.inside(l, tile.x, tile.y, area);
      t.texture = found->texture;
      t.uv = {found->uv.x0 + in.x0 * found->uv.width(), found->uv.y0 + in.y0 * found->uv.height(), found->uv.x0 + in.x1 * found->uv.width(), found->uv.y0 + in.y1 * found->uv.height()};
      return t;
    }
    // The wanted one, and one that its thumbnail gives at once.
    if (!asked || p.single(l)) wishes_.push_back({tile, asked ? 0.f : 1.f, true});
    if (p.single(l)) break;
    asked = true;
  }
  // Nothing finer: any smaller one that is there.
  for (int l = p.levels() - 1; l >= 0 && p.single(l); --l)
    if (const auto found = tiles_.find({image, std::uint8_t(l), 0, 0})) {
      const Rect in = p.inside(l, 0, 0, area);
      t.texture = found->texture;
      t.uv = {found->uv.x0 + in.x0 * found->uv.width(), found->uv.y0 + in.y0 * found->uv.height(), found->uv.x0 + in.x1 * found->uv.width(), found->uv.y0 + in.y1 * found->uv.height()};
      break;
    }
  return t;
}

Thumb Pictures::inspected(const State& s, SampleId id, float longest_px) {
  Thumb t;
  if (id >= s.samples()) return t;
  const auto image = s.pool->image_of[id];
  const auto& e = s.pool->images[image];
  const auto& r = s.pool->region[id];
  if (e.width_px <= 0 || e.height_px <= 0 || r.w <= 0 || r.h <= 0) return t;
  t.aspect = float(r.w) / float(r.h);
  const int w = std::max(1, int(std::lround(t.aspect >= 1 ? longest_px : longest_px * t.aspect))), h = std::max(1, int(std::lround(t.aspect >= 1 ? longest_px / t.aspect : longest_px)));
  if (!inspector_) inspector_ = renderer_.make_canvas();
  const bool resized = inspector_->width_px() != w || inspector_->height_px() != h;
  if (resized) inspector_->resize(w, h);
  const Inspected now{id, tiles_.arrivals(), s.pool_revision, w, h, tiles_.window(s.mosaic)};
  if (resized || inspected_ != now) {
    inspected_ = now;
    const float sx = float(w) / float(r.w), sy = float(h) / float(r.h);
    TilePainter painter(tiles_, s, {0, 0, float(w), float(h)});
    painter.paint(image, {-float(r.x) * sx, -float(r.y) * sy, float(e.width_px - r.x) * sx, float(e.height_px - r.y) * sy}, {});
    tiles_.wish(TileUser::inspector, std::move(painter.wishes));
    inspector_->begin(ui::theme().background);
    inspector_->tiles(painter.quads, nullptr);
    inspector_->end();
  }
  t.texture = inspector_->texture();
  t.uv = {0, 0, 1, 1};
  t.broken = tiles_.failed(image);
  return t;
}

void Pictures::pump() {
  tiles_.wish(TileUser::pictures, std::exchange(wishes_, {}));
  tiles_.pump();
}

std::shared_ptr<Pictures> make_pictures(draw::Renderer& renderer, std::function<void()> wake) {
  return std::make_shared<Pictures>(renderer, std::move(wake));
}
void set_source(Pictures& pictures, const State& state) { pictures.set_source(state); }
bool loading(const Pictures& pictures) { return pictures.loading(); }
void pump(Pictures& pictures) { pictures.pump(); }
Rect square(const Thumb& t) {
  Rect r = t.uv;
  if (t.aspect > 1) {
    const float cut = r.width() * (1 - 1 / t.aspect) / 2;
    r.x0 += cut;
    r.x1 -= cut;
  } else if (t.aspect > 0) {
    const float cut = r.height() * (1 - t.aspect) / 2;
    r.y0 += cut;
    r.y1 -= cut;
  }
  return r;
}
Thumb thumbnail(Pictures& pictures, const State& state, SampleId id) { return pictures.sample(state, id, ui::px(kThumb_px)); }
Thumb picture(Pictures& pictures, const State& state, SampleId id) { return pictures.sample(state, id, ui::px(kPicture_px)); }
Thumb inspected_picture(Pictures& pictures, const State& state, SampleId id, float longest_px) { return pictures.inspected(state, id, longest_px); }

}  // namespace mp::explorer
