// See batch.h.
#include "ml/nn/batch.h"

#include <algorithm>

#include "engine/base/hash.h"

namespace mp::ml {
namespace {
constexpr float kScale = 1.f / 255.f;
constexpr float kSmallestCrop = 0.7f;  // of the side
constexpr float kViewLighting = 0.4f, kViewNoise = 0.05f;
}

void scale_batch(std::span<const std::uint8_t> images, std::span<float> out) {
  for (std::size_t i = 0; i < images.size(); ++i) out[i] = float(images[i]) * kScale;
}

void turn_image(std::span<const std::uint8_t> image, int px, int symmetry, std::span<float> out) {
  // Source index = origin + x * step_x + y * step_y: a symmetry only changes these three.
  int last = px - 1, origin = 0, step_x = 1, step_y = px;
  switch (symmetry >> 1 & 3) {
    case 1: origin = last, step_x = px, step_y = -1; break;
    case 2: origin = px * px - 1, step_x = -1, step_y = -px; break;
    case 3: origin = px * last, step_x = -px, step_y = 1; break;
    default: break;
  }
  if (symmetry & 1) origin += last * step_x, step_x = -step_x;
  for (int y = 0; y < px; ++y)
    for (int x = 0, s = origin + y * step_y; x < px; ++x, s += step_x)
      out[std::size_t(y) * px + x] = float(image[std::size_t(s)]) * kScale;
}

void augment_batch(std::span<const std::uint8_t> images, int px, const Augmentation& augmentation, std::uint64_t seed,
                   std::span<float> out) {
  const std::size_t size = std::size_t(px) * std::size_t(px);
  for (std::size_t i = 0; i * size < images.size(); ++i) {
    Rng rng(hash_combine(seed, i));
    int symmetry = augmentation.flips_and_turns ? int(rng.below(8)) : 0;
    auto image = out.subspan(i * size, size);
    turn_image(images.subspan(i * size, size), px, symmetry, image);
    if (augmentation.lighting <= 0) continue;
    float contrast = 1 + augmentation.lighting * (2 * rng.unit() - 1);
    float shift = 0.5f - 0.5f * contrast + augmentation.lighting * (rng.unit() - 0.5f);
    for (auto& v : image) v = v * contrast + shift;
  }
}

void view_pairs(std::span<const std::uint8_t> images, int px, std::uint64_t seed, std::span<float> out) {
  const std::size_t size = std::size_t(px) * std::size_t(px);
  std::vector<float> turned(size);
  for (std::size_t view = 0; view * size < out.size(); ++view) {
    Rng rng(hash_combine(seed, view));
    turn_image(images.subspan(view / 2 * size, size), px, int(rng.below(8)), turned);
    float side = float(px) * (kSmallestCrop + (1 - kSmallestCrop) * rng.unit());
    float left = (float(px) - side) * rng.unit(), top = (float(px) - side) * rng.unit(), step = side / float(px);
    float contrast = 1 + kViewLighting * (2 * rng.unit() - 1);
    float shift = 0.5f - 0.5f * contrast + kViewLighting * (rng.unit() - 0.5f);
    float noise = kViewNoise * rng.unit();
    auto image = out.subspan(view * size, size);
    // Bilinear: pixel centres of the crop, kept within the image.
    auto place = [&](float from, int i) { return std::clamp(from + (float(i) + 0.5f) * step - 0.5f, 0.f, float(px - 1)); };
    for (int y = 0; y < px; ++y) {
      const float sy = place(top, y);
      const int y0 = std::min(int(sy), px - 2);
      const float fy = sy - float(y0);
      for (int x = 0; x < px; ++x) {
        const float sx = place(left, x);
        const int x0 = std::min(int(sx), px - 2);
        const float fx = sx - float(x0);
        const float* p = &turned[std::size_t(y0) * std::size_t(px) + std::size_t(x0)];
        const float upper = p[0] + fx * (p[1] - p[0]), lower = p[px] + fx * (p[px + 1] - p[px]);
        // Three even draws make a bell that is good enough.
        const float bell = 2 * (rng.unit() + rng.unit() + rng.unit()) - 3;
        image[std::size_t(y) * std::size_t(px) + std::size_t(x)] = (upper + fy * (lower - upper)) * contrast + shift + noise * bell;
      }
    }
  }
}

std::vector<float> dropout_mask(std::size_t n, float rate, std::uint64_t seed) {
  std::vector<float> mask(n);
  Rng rng(hash_combine(seed, 0xd20));
  for (auto& m : mask) m = rng.unit() < rate ? 0.f : 1.f / (1.f - rate);
  return mask;
}

}  // namespace mp::ml
