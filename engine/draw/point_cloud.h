// The points of a cloud in their sorted layout, for the device and for the software path. Main thread only.
#pragma once
#include <memory>
#include <vector>

#include "engine/draw/core.h"
#include "engine/gpu/buffer.h"
#include "engine/points/point_queries.h"
#include "engine/points/splat.h"

namespace mp::draw {

class PointCloudImpl final : public PointCloud {
 public:
  explicit PointCloudImpl(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  void set_positions(std::span<const float> xy) override;
  void set_styles(std::vector<std::uint32_t> styles) override;
  void set_hidden(std::span<const std::uint64_t> words) override;
  std::size_t size() const override { return sorted_.size(); }
  std::size_t left_out() const override { return sorted_.left_out(); }
  Rect bounds() const override { return sorted_.bounds(); }
  Bitset inside(std::span<const Vec2> polygon) const override;
  std::optional<std::vector<std::uint32_t>> few_inside(Rect box, std::size_t most) const override;
  std::optional<std::uint32_t> nearest(Vec2 at, float radius) const override;

  /// What the density picture is made from.
  points::SplatInput splat_input() const;

  /// Points as drawn one by one: dimmed, normal, selected, ringed, in an order that depends only on where they lie and
  /// how they look. xy: pairs.
  struct Discs {
    std::vector<float> xy;
    std::vector<std::uint32_t> styles;
  };
  /// Those of the view, if there are at most `most` visible ones in it.
  bool discs(const points::SplatView& view, std::size_t most, Discs& out) const;
  /// The ringed ones: they lie on top of a density picture.
  Discs ringed() const;

  struct OnDevice {
    VkDeviceAddress x = 0, y = 0, styles = 0, hidden = 0;
  };
  /// Uploads what changed since the last call; may record copies, so never inside a pass.
  OnDevice on_device() const;

 private:
  void prepare() const;
  bool is_hidden(std::uint32_t sorted) const { return !hidden_sorted_.empty() && (hidden_sorted_[sorted / 64] >> (sorted % 64) & 1); }

  std::shared_ptr<Core> core_;
  points::SortedPoints sorted_;
  std::vector<std::uint32_t> styles_;  // caller's order
  Bitset hidden_;                      // caller's order
  // Derived from the above when a frame needs it: several setters a frame cost one pass.
  mutable bool styles_valid_ = false, hidden_valid_ = false;
  mutable std::vector<std::uint32_t> styles_sorted_, ringed_;
  mutable std::vector<std::uint64_t> hidden_sorted_;  // empty: all are drawn
  mutable bool any_top_ = false;
  mutable double density_ = 0;
  mutable bool positions_on_device_ = false, styles_on_device_ = false, hidden_on_device_ = false;
  mutable gpu::Buffer x_buffer_, y_buffer_, styles_buffer_, hidden_buffer_;
};

}  // namespace mp::draw
