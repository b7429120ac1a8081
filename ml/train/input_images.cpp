// See input_images.h.
#include "ml/train/input_images.h"

#include <algorithm>
#include <numeric>
#include <opencv2/imgproc.hpp>

#include "engine/base/log.h"
#include "ml/data/decode.h"

namespace mp::ml {
namespace {

std::uint64_t key_of(SampleId id, int px) { return std::uint64_t(px) << 32 | id; }

bool inside(const Region& r, const GreyImage& image) {
  return r.x >= 0 && r.y >= 0 && r.w > 0 && r.h > 0 && r.x <= image.width_px - r.w && r.y <= image.height_px - r.h;
}

}  // namespace

void resize_region(const GreyImage& image, const Region& region, int px, std::span<std::uint8_t> out) {
  // OpenCV wants a pointer that it could write to; it only reads.
  cv::Mat whole(image.height_px, image.width_px, CV_32F, const_cast<float*>(image.pixels.data()));
  cv::Mat part = whole(cv::Rect(region.x, region.y, region.w, region.h)), resized;
  bool shrinks = region.w >= px && region.h >= px;
  cv::resize(part, resized, cv::Size(px, px), 0, 0, shrinks ? cv::INTER_AREA : cv::INTER_LINEAR);
  cv::Mat bytes(px, px, CV_8U, out.data());
  resized.convertTo(bytes, CV_8U);  // rounds and saturates
}

InputImages::InputImages(PoolPtr pool, std::size_t cache_bytes, std::function<void(const BadFile&)> report)
    : pool_(std::move(pool)), budget_(cache_bytes), report_(std::move(report)) {}

void InputImages::load(std::span<const SampleId> ids, int px, std::span<std::uint8_t> out, std::span<std::uint8_t> ok) {
  const std::size_t size = std::size_t(px) * std::size_t(px);
  std::vector<std::size_t> missing;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    ok[i] = recall(ids[i], px, out.subspan(i * size, size));
    if (!ok[i] && ids[i] < pool_->size()) missing.push_back(i);
  }
  auto image_of = [&](std::size_t row) { return pool_->image_of[ids[row]]; };
  std::stable_sort(missing.begin(), missing.end(), [&](auto a, auto b) { return image_of(a) < image_of(b); });
  for (std::size_t from = 0, to; from < missing.size(); from = to) {
    for (to = from + 1; to < missing.size() && image_of(missing[to]) == image_of(missing[from]);) ++to;
    decode_group(ids, std::span(missing).subspan(from, to - from), px, out, ok);
  }
}

void InputImages::decode_group(std::span<const SampleId> ids, std::span<const std::size_t> rows, int px,
                               std::span<std::uint8_t> out, std::span<std::uint8_t> ok) {
  const auto image = pool_->image_of[ids[rows[0]]];
  if (bad_images_.contains(image)) return;
  const auto& entry = pool_->images[image];
  auto decoded = decode_file(pool_->absolute_path(image));
  ++decoded_;
  if (!decoded) return bad(image, decoded.error().message());
  const auto& grey = decoded->grey;
  if (grey.width_px != entry.width_px || grey.height_px != entry.height_px)
    return bad(image, "changed after the import: expected " + std::to_string(entry.width_px) + " x " +
                          std::to_string(entry.height_px) + " pixels, found " + std::to_string(grey.width_px) + " x " +
                          std::to_string(grey.height_px));
  const std::size_t size = std::size_t(px) * std::size_t(px);
  for (auto row : rows) {
    const auto& region = pool_->region[ids[row]];
    if (!inside(region, grey)) return bad(image, "a sample's region lies outside the image");
    auto pixels = out.subspan(row * size, size);
    resize_region(grey, region, px, pixels);
    ok[row] = 1;
    remember(ids[row], px, pixels);
  }
}

bool InputImages::recall(SampleId id, int px, std::span<std::uint8_t> out) {
  auto found = index_.find(key_of(id, px));
  if (found == index_.end()) return false;
  auto& e = entries_[found->second];
  e.used = true;
  std::copy(e.pixels.begin(), e.pixels.end(), out.begin());
  return true;
}

void InputImages::remember(SampleId id, int px, std::span<const std::uint8_t> pixels) {
  const auto key = key_of(id, px);
  if (pixels.size() > budget_ || index_.contains(key)) return;
  if (bytes_ + pixels.size() <= budget_) {
    index_[key] = entries_.size();
    entries_.push_back({key, false, {pixels.begin(), pixels.end()}});
    bytes_ += pixels.size();
    return;
  }
  // Full: a clock hand looks for one that was not asked for again. What is trained on comes back every epoch and stays,
  // what a prediction of the whole pool reads once goes.
  for (std::size_t looked = 0; looked <= 2 * entries_.size(); ++looked) {
    hand_ = (hand_ + 1) % entries_.size();
    auto& e = entries_[hand_];
    if (std::exchange(e.used, false)) continue;
    if (bytes_ - e.pixels.size() + pixels.size() > budget_) continue;  // a smaller one of another input side
    index_.erase(e.key);
    bytes_ = bytes_ - e.pixels.size() + pixels.size();
    e = {key, false, {pixels.begin(), pixels.end()}};
    index_[key] = hand_;
    return;
  }
}

void InputImages::bad(std::uint32_t image, std::string reason) {
  if (!bad_images_.insert(image).second) return;
  BadFile file{pool_->images[image].path, std::move(reason)};
  if (report_)
    report_(file);
  else
    log::warn("skipped in training: {}: {}", file.path, file.reason);
}

std::unique_ptr<InputSource> make_input_images(PoolPtr pool) { return std::make_unique<InputImages>(std::move(pool)); }

}  // namespace mp::ml
