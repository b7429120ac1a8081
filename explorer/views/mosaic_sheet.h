// Geometry of the mosaic: its layout, its camera and where samples lie, in sheet units (one cell = 1, y down) and in
// pixels. Main thread; owned by the mosaic view.
#pragma once
#include <cmath>
#include <optional>
#include <vector>

#include "engine/base/later.h"
#include "explorer/views/mosaic_layout.h"
#include "explorer/views/wall_ranking.h"

namespace mp::explorer {

class MosaicSheet {
 public:
  /// Takes in state and place. Where the sheet scrolls its rows fill the width, else it is fitted as a whole.
  void follow(const State& state, Rect px);

  const Rect& px() const { return px_; }
  const MosaicLayout& layout() const { return layout_; }
  const Camera2& camera() const { return camera_; }
  bool scrolls() const { return scrolls_; }
  /// The camera of a wish, kept over the sheet. `state` says for which screen.
  Camera2 clamped(const State& state, Camera2 camera) const;
  void own_camera(Screen screen) { camera_screen_ = screen; }
  /// Whether an order is still being worked out.
  bool busy() const { return alike_.busy(); }
  /// Grows when the layout changes.
  std::uint64_t revision() const { return revision_; }

  Vec2 px_from_data(Vec2 d) const { return {(d.x - camera_.centre.x) * camera_.scale_px + px_.centre().x, (d.y - camera_.centre.y) * camera_.scale_px + px_.centre().y}; }
  Vec2 data_from_px(Vec2 p) const { return {(p.x - px_.centre().x) / camera_.scale_px + camera_.centre.x, (p.y - px_.centre().y) / camera_.scale_px + camera_.centre.y}; }
  /// In pixels of the view's own picture, with this or another camera.
  Rect canvas_px(Rect data, const Camera2& camera) const;
  Rect canvas_px(Rect data) const { return canvas_px(data, camera_); }
  Rect window_px(Rect data) const;

  std::size_t layer_of_cell(const State& s, std::size_t cell) const { return layout_.single ? std::size_t(s.mosaic.layer) : cell; }
  /// Of a wall.
  SampleId sample_of_cell(std::size_t cell) const { return wall_.at(cell); }
  /// The picture that a cell shows.
  std::uint32_t image_of_cell(const State& s, std::size_t cell) const {
    return layout_.layered ? s.pool->layers[layer_of_cell(s, cell)].image : s.pool->image_of[sample_of_cell(cell)];
  }
  /// Place of a layer's picture in its cell.
  Rect layer_image(const State& state, std::size_t cell) const;
  std::optional<Rect> sample_rect(const State& state, SampleId id) const;
  std::optional<SampleId> sample_at(const State& state, Vec2 data) const;

  template <class F>
  void for_visible_cells(const Camera2& camera, F&& f) const {
    const Vec2 half{px_.width() / camera.scale_px / 2, px_.height() / camera.scale_px / 2};
    const int c0 = std::max(0, int(std::floor(camera.centre.x - half.x))), c1 = std::min(layout_.columns - 1, int(std::floor(camera.centre.x + half.x)));
    const int r0 = std::max(0, int(std::floor(camera.centre.y - half.y))), r1 = std::min(layout_.rows() - 1, int(std::floor(camera.centre.y + half.y)));
    for (int r = r0; r <= r1; ++r)
      for (int c = c0; c <= c1; ++c) {
        const auto i = std::size_t(r) * std::size_t(layout_.columns) + std::size_t(c);
        if (i < layout_.cells) f(i);
      }
  }

 private:
  struct Key {
    std::uint64_t pool, filter, colour;
    int single, order, aspect, columns;
    std::uint64_t map;   // of a wall of likeness
    friend bool operator==(const Key&, const Key&) = default;
  };
  void relayout(const State& state);
  void ask_alike(const State& state);
  Camera2 camera_of(const State& state);

  Rect px_;
  bool scrolls_ = false;
  mutable WallRanking wall_;   // sorted as far as somebody has looked
  MosaicLayout layout_;
  Camera2 camera_;
  std::optional<Screen> camera_screen_;
  Key key_{~0ull, 0, 0, 0, 0, 0, 0, 0};
  Later<std::vector<SampleId>> alike_;
  std::uint64_t revision_ = 0;
};

}  // namespace mp::explorer
