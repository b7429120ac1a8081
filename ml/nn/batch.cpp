// See batch.h.
#include "ml/nn/batch.h"

#include "engine/base/hash.h"

namespace mp::ml {
namespace {
constexpr float kScale = 1.f / 255.f;
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

std::vector<float> dropout_mask(std::size_t n, float rate, std::uint64_t seed) {
  std::vector<float> mask(n);
  Rng rng(hash_combine(seed, 0xd20));
  for (auto& m : mask) m = rng.unit() < rate ? 0.f : 1.f / (1.f - rate);
  return mask;
}

}  // namespace mp::ml
