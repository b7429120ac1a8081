// Small images in atlas pages with least-recently-used replacement. Main thread only.
#pragma once
#include <list>
#include <memory>
#include <unordered_map>
#include <vector>

#include "engine/draw/core.h"

namespace mp::draw {

class ImagePagesImpl final : public ImagePages {
 public:
  ImagePagesImpl(std::shared_ptr<Core> core, int slot_px, int slots, PixelFormat format);
  ~ImagePagesImpl() override;

  Slot find(std::uint64_t key) override;
  bool upload(std::uint64_t key, int w, int h, std::span<const std::uint8_t> pixels, bool rim) override;
  void clear() override;
  int slot_px() const override { return slot_px_; }
  int slots() const { return int(entries_.size()); }

 private:
  struct Page {
    gpu::Image image;
    TextureId texture = 0;
  };
  struct Entry {
    std::uint64_t key = 0;
    std::uint64_t used = 0;  // frame
    bool filled = false;
    int w = 0, h = 0;
    std::list<int>::iterator place;
  };
  void touch(int slot);
  Slot slot_of(int slot) const;

  std::shared_ptr<Core> core_;
  PixelFormat format_;
  int slot_px_ = 0, page_px_ = 0, per_row_ = 0;
  std::vector<Page> pages_;
  std::vector<Entry> entries_;
  std::list<int> order_;  // slots, least recently used first
  std::unordered_map<std::uint64_t, int> by_key_;
  std::uint64_t budget_frame_ = 0;
  std::size_t spent_ = 0;  // bytes
};

}  // namespace mp::draw
