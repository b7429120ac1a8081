// A batch of byte images as network input: scaled to [0, 1], turned and flipped if the network wants that, and the
// dropout masks of a step. Seeds decide everything, so a step is the same on every machine. Pure; any thread.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

namespace mp::ml {

/// n x px x px bytes to floats in [0, 1].
void scale_batch(std::span<const std::uint8_t> images, std::span<float> out);

/// As scale_batch, each image in one of the eight symmetries of the square, chosen by the seed.
void scale_batch_turned(std::span<const std::uint8_t> images, int px, std::uint64_t seed, std::span<float> out);

/// One of the eight symmetries: bit 0 mirrors, bits 1 and 2 count quarter turns (counter-clockwise).
void turn_image(std::span<const std::uint8_t> image, int px, int symmetry, std::span<float> out);

/// 0 with probability `rate`, else 1 / (1 - rate).
std::vector<float> dropout_mask(std::size_t n, float rate, std::uint64_t seed);

}  // namespace mp::ml
