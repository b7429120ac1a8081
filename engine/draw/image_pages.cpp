// Small images in atlas pages. Each slot has a rim of one pixel that repeats its edge, so that linear filtering never
// mixes neighbours. Main thread only.
#include "engine/draw/image_pages.h"

#include <algorithm>
#include <cstring>

namespace mp::draw {
namespace {
constexpr int kRim = 1;
constexpr int kPagePx = 2048;
constexpr std::size_t kBytesPerFrame = 4u << 20;

VkFormat vk_format(PixelFormat f) {
  return f == PixelFormat::grey8 ? VK_FORMAT_R8_UNORM : f == PixelFormat::grey16 ? VK_FORMAT_R16_UNORM : kTextureFormat;
}
}  // namespace

ImagePagesImpl::ImagePagesImpl(std::shared_ptr<Core> core, int slot_px, int slots, PixelFormat format)
    : core_(std::move(core)), format_(format) {
  int limit = core_->device().max_image_px();
  slot_px_ = std::clamp(slot_px, 1, limit - 2 * kRim);
  slots = std::max(slots, 1);
  int stride = slot_px_ + 2 * kRim;
  page_px_ = std::clamp(kPagePx, stride, limit);
  // A few slots need no whole page.
  int across = 1;
  while (across * across < slots) ++across;
  page_px_ = std::min(page_px_, across * stride);
  per_row_ = page_px_ / stride;
  entries_.resize(std::size_t(slots));
  for (int i = 0; i < slots; ++i) entries_[std::size_t(i)].place = order_.insert(order_.end(), i);
}

ImagePagesImpl::~ImagePagesImpl() {
  core_->flush_uploads();
  for (auto& p : pages_) core_->remove_texture(p.texture);
}

void ImagePagesImpl::touch(int slot) {
  auto& e = entries_[std::size_t(slot)];
  e.used = core_->frame();
  order_.splice(order_.end(), order_, e.place);
}

ImagePages::Slot ImagePagesImpl::slot_of(int slot) const {
  int per_page = per_row_ * per_row_, stride = slot_px_ + 2 * kRim;
  auto& page = pages_[std::size_t(slot / per_page)];
  auto& e = entries_[std::size_t(slot)];
  int in_page = slot % per_page;
  float x = float(in_page % per_row_ * stride + kRim), y = float(in_page / per_row_ * stride + kRim);
  float s = 1.f / float(page_px_);
  return {page.texture, {x * s, y * s, (x + float(e.w)) * s, (y + float(e.h)) * s}};
}

ImagePages::Slot ImagePagesImpl::find(std::uint64_t key) {
  auto it = by_key_.find(key);
  if (it == by_key_.end()) return {};
  touch(it->second);
  return slot_of(it->second);
}

bool ImagePagesImpl::upload(std::uint64_t key, int w, int h, std::span<const std::uint8_t> pixels, bool rim) {
  const std::size_t each = std::size_t(bytes_per_pixel(format_)), bytes = std::size_t(w + 2) * std::size_t(h + 2) * each;
  if (w < 1 || h < 1 || w > slot_px_ || h > slot_px_) return false;
  if (pixels.size() < (rim ? bytes : std::size_t(w) * std::size_t(h) * each)) return false;
  if (budget_frame_ != core_->frame()) budget_frame_ = core_->frame(), spent_ = 0;
  if (spent_ > 0 && spent_ + bytes > kBytesPerFrame) return false;

  int slot = order_.front();
  if (auto it = by_key_.find(key); it != by_key_.end()) slot = it->second;
  auto& e = entries_[std::size_t(slot)];
  // A slot that this frame shows, or fills, must keep its picture until the frame is recorded.
  if (e.used == core_->frame()) return false;
  if (e.filled && e.key != key) by_key_.erase(e.key);
  e.key = key;
  e.filled = true;
  e.w = w;
  e.h = h;
  by_key_[key] = slot;
  touch(slot);
  spent_ += bytes;

  int per_page = per_row_ * per_row_, stride = slot_px_ + 2 * kRim;
  while (int(pages_.size()) <= slot / per_page) {
    Page page{gpu::Image(core_->device(), page_px_, page_px_, vk_format(format_), false), 0};
    page.texture = core_->add_texture(page.image.view(), false);
    core_->set_windowed(page.texture);
    pages_.push_back(std::move(page));
  }
  auto slice = core_->device().arena().take(bytes);
  if (rim) {
    std::memcpy(slice.data, pixels.data(), bytes);
  } else {
    auto* out = slice.data;
    const std::size_t row_bytes = std::size_t(w) * each;
    for (int y = -1; y <= h; ++y) {
      const std::uint8_t* row = pixels.data() + std::size_t(std::clamp(y, 0, h - 1)) * row_bytes;
      std::memcpy(out, row, each);
      std::memcpy(out + each, row, row_bytes);
      std::memcpy(out + each + row_bytes, row + row_bytes - each, each);
      out += row_bytes + 2 * each;
    }
  }
  int in_page = slot % per_page;
  core_->upload(pages_[std::size_t(slot / per_page)].image, slice, w + 2, in_page % per_row_ * stride,
                in_page / per_row_ * stride, w + 2, h + 2);
  return true;
}

void ImagePagesImpl::clear() {
  by_key_.clear();
  for (auto& e : entries_) e.filled = false;
}

}  // namespace mp::draw
