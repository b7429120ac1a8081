// A copy of an image that shows the same thing in another way, to make a rare class larger. Pure; any thread.
#pragma once
#include <cstdint>

#include "ml/data/image.h"

namespace mp::ml {

/// A quarter turn, a flip and a crop of 85 to 100 % of each side scaled back to the image's size (quarter turns swap its
/// sides), drawn from the seed.
GreyImage augment(const GreyImage& image, std::uint64_t seed);

/// degrade() of the image (round 0) or of one that augment() made of it (each further round another one).
GreyImage changed_copy(const GreyImage& image, int round, int variant, std::uint64_t seed);

}  // namespace mp::ml
