// A colour a cell in a buffer of the device; only blocks that changed are sent again. Main thread only.
#pragma once
#include <memory>
#include <vector>

#include "engine/draw/core.h"
#include "engine/gpu/buffer.h"

namespace mp::draw {

class CellColoursImpl final : public CellColours {
 public:
  explicit CellColoursImpl(std::shared_ptr<Core> core) : core_(std::move(core)) {}
  void set(std::span<const std::uint32_t> words) override;
  std::size_t sent_bytes() const override { return sent_; }

  std::size_t size() const { return words_.size(); }
  VkDeviceAddress address() const { return buffer_.address(); }

 private:
  std::shared_ptr<Core> core_;
  gpu::Buffer buffer_;
  std::vector<std::uint32_t> words_;   // what the device has
  std::size_t sent_ = 0;
};

}  // namespace mp::draw
