// The points of a cloud in the order in which they are drawn, 12 bytes each, for the device and for the software path.
// Main thread only.
#pragma once
#include <memory>
#include <vector>

#include "engine/draw/core.h"
#include "engine/gpu/buffer.h"

namespace mp::draw {

class PointCloudImpl final : public PointCloud {
 public:
  explicit PointCloudImpl(std::shared_ptr<Core> core) : core_(std::move(core)) {}

  void set_positions(std::span<const float> xy) override;
  void set_styles(std::span<const std::uint32_t> styles) override;
  void set_hidden(std::span<const std::uint64_t> words) override;
  std::size_t size() const override { return xy_.size() / 2; }

  /// Visible points as drawn: dimmed, normal, selected, ringed; Morton order within each. xy: pairs.
  struct Drawn {
    std::vector<float> xy;
    std::vector<std::uint32_t> styles;
  };
  const Drawn& drawn() const;

  struct OnDevice {
    VkDeviceAddress positions = 0, styles = 0;
    std::uint32_t count = 0;
  };
  /// Uploads if something changed since the last call; may record copies, so never inside a pass.
  OnDevice on_device() const;

 private:
  std::shared_ptr<Core> core_;
  std::vector<float> xy_;              // caller's order
  std::vector<std::uint32_t> styles_;  // caller's order
  std::vector<std::uint64_t> hidden_;
  // Derived from the above when a frame needs it: several setters a frame cost one pass.
  mutable std::vector<std::uint32_t> order_;  // Morton order -> caller's index
  mutable bool order_valid_ = false, drawn_valid_ = false, device_valid_ = false;
  mutable Drawn drawn_;
  mutable gpu::Buffer positions_buffer_, styles_buffer_;
};

}  // namespace mp::draw
