// Holds an extractor against stored rows of the reference. Test code only.
#pragma once
#include <array>
#include <cmath>

#include "synthetic_images.h"

namespace mp::test {

template <std::size_t D, class Extractor>
void check_stored(const std::vector<StoredImage>& images, const std::string& values, double tolerance) {
  Extractor extractor;
  for (std::size_t i = 0; i < images.size(); ++i) {
    if (images[i].image.pixels.empty()) {
      WARN("skipped, no such image: " << images[i].name);
      continue;
    }
    const auto expected = read_f32(values, D, i);
    std::array<float, D> got;
    extractor.compute(images[i].image, got);
    double worst = 0;
    std::size_t where = D;
    for (std::size_t k = 0; k < D; ++k) {
      const double e = std::abs(double(got[k]) - expected[k]);
      if (!(e <= worst)) worst = e, where = k;
    }
    INFO(images[i].name << ": value " << where << " differs by " << worst);
    CHECK(worst < tolerance);
  }
}

}  // namespace mp::test
