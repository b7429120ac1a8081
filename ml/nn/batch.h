// A batch of byte images as network input: scaled to [0, 1], turned and flipped if the network wants that, and the
// dropout masks of a step. Seeds decide everything, so a step is the same on every machine. Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mp::ml {

/// n x px x px bytes to floats in [0, 1].
void scale_batch(std::span<const std::uint8_t> images, std::span<float> out);

/// What a step changes in its images; the seed chooses for each image.
struct Augmentation {
  bool flips_and_turns = false;  // one of the eight symmetries of the square
  float lighting = 0;            // contrast 1 +- this around mid grey, brightness +- half of it
  bool any() const { return flips_and_turns || lighting > 0; }
};

/// As scale_batch, each image changed.
void augment_batch(std::span<const std::uint8_t> images, int px, const Augmentation& augmentation, std::uint64_t seed,
                   std::span<float> out);

/// Two random views of each image, beside one another (out: 2n x px x px): crops of at least half the area, flips,
/// quarter turns, lighting and noise. No blur and no strong enlarging, which would take a small defect away.
void view_pairs(std::span<const std::uint8_t> images, int px, std::uint64_t seed, std::span<float> out);

/// One of the eight symmetries: bit 0 mirrors, bits 1 and 2 count quarter turns (counter-clockwise).
void turn_image(std::span<const std::uint8_t> image, int px, int symmetry, std::span<float> out);

/// 0 with probability `rate`, else 1 / (1 - rate).
std::vector<float> dropout_mask(std::size_t n, float rate, std::uint64_t seed);

}  // namespace mp::ml
