// See box_features.h.
#include "ml/detect/box_features.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <fmt/format.h>
#include <mutex>

#include "ml/data/decode.h"
#include "ml/features/resample.h"
#include "ml/features/texture.h"
#include "ml/head/parallel.h"

namespace mp::ml {
namespace {

/// From and length of whole pixels around [low, high).
std::pair<int, int> span_of(float low, float high, int length) {
  int from = std::clamp(int(std::floor(low)), 0, length - 1), to = std::clamp(int(std::ceil(high)), from + 1, length);
  if (const int missing = std::min(kLeastCrop_px, length) - (to - from); missing > 0) {
    from = std::clamp(from - missing / 2, 0, length - (to - from) - missing);
    to = std::max(to, from + std::min(kLeastCrop_px, length));
  }
  return {from, to - from};
}

/// Scratch memory of one thread.
struct Extractor {
  TextureExtractor texture;
  Resampler resampler;
  std::vector<float> plane, reduced;

  void run(const GreyImage& image, const Region& r, std::span<float, kTextureDim> out) {
    const float* first = image.pixels.data() + std::size_t(r.y) * std::size_t(image.width_px) + r.x;
    if (std::max(r.w, r.h) <= kDetectorSide) return texture.compute(first, r.w, r.h, image.width_px, out);
    const auto small = limit_side(load_plane(first, r.w, r.h, image.width_px, plane), resampler, reduced);
    texture.compute(small.pixels, small.w, small.h, small.w, out);
  }
};

}  // namespace

Region box_region(const BoxRect& rect, int width_px, int height_px) {
  const auto [x, w] = span_of(rect.x0, rect.x1, width_px);
  const auto [y, h] = span_of(rect.y0, rect.y1, height_px);
  return {x, y, w, h};
}

Result<BoxFeatures::Outcome> BoxFeatures::update(const Pool& pool, const BoxStore& boxes, int threads, const BoxFeatureHooks& hooks) {
  const auto n = std::min(boxes.boxes.size(), kMost);
  of_.resize(n);
  values_.resize(n * kTextureDim);
  valid_.resize(n);
  tried_.resize(n);
  std::vector<std::vector<BoxId>> wanted(pool.images.size());
  for (BoxId id = 0; id < n; ++id) {
    const auto& b = boxes.boxes[id];
    const Place now{b.image, b.rect};
    if (tried_[id] && of_[id] == now) continue;
    of_[id] = now;
    tried_[id] = valid_[id] = 0;
    if (b.image < wanted.size()) wanted[b.image].push_back(id);
  }
  std::vector<std::uint32_t> images;
  for (std::uint32_t i = 0; i < wanted.size(); ++i)
    if (!wanted[i].empty()) images.push_back(i);
  Outcome out;
  std::mutex mutex;
  std::atomic<std::size_t> done{0};
  std::vector<Extractor> extractors(std::size_t(std::max(threads, 1)));
  parallel_blocks(images.size(), 1, threads, [&](std::size_t at, std::size_t, std::size_t worker) {
    if (hooks.cancel.cancelled()) return;
    const auto i = images[at];
    const auto& entry = pool.images[i];
    std::string problem;
    try {
      const auto image = decode_file(pool.absolute_path(i));
      if (!image)
        problem = image.error().message();
      else if (image->grey.width_px != entry.width_px || image->grey.height_px != entry.height_px)
        problem = fmt::format("{}: {} x {} pixels at the import, {} x {} now", entry.path, entry.width_px, entry.height_px, image->grey.width_px, image->grey.height_px);
      for (const auto id : wanted[i]) {
        if (hooks.cancel.cancelled()) return;
        if (problem.empty()) {
          extractors[worker].run(image->grey, box_region(boxes.boxes[id].rect, entry.width_px, entry.height_px), std::span<float, kTextureDim>(values_.data() + std::size_t(id) * kTextureDim, std::size_t(kTextureDim)));
          valid_[id] = 1;
        }
        tried_[id] = 1;
      }
    } catch (const std::exception& e) {
      problem = entry.path + ": " + e.what();
      for (const auto id : wanted[i]) tried_[id] = 1;
    }
    std::lock_guard lock(mutex);
    out.read += problem.empty() ? wanted[i].size() : 0;
    if (!problem.empty()) out.problems.push_back(std::move(problem));
    if (hooks.progress) hooks.progress(++done, images.size());
  });
  if (hooks.cancel.cancelled()) return fail("cancelled", {});
  std::ranges::sort(out.problems);
  return out;
}

FeatureTable BoxFeatures::table() const {
  FeatureTable t;
  t.extractor = kTextureExtractor;
  t.n = of_.size();
  t.d = kTextureDim;
  t.values = values_;
  t.valid = valid_;
  return t;
}

}  // namespace mp::ml
