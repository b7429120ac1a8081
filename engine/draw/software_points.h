// Points drawn by the CPU into memory: twenty times faster than the software Vulkan driver draws them, and the same
// picture within a tolerance. Main thread only; helper threads work inside draw().
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/draw/point_blend.h"
#include "engine/draw/point_stamps.h"
#include "engine/draw/renderer.h"
#include "engine/points/band_workers.h"

namespace mp::draw {

/// Where the software path draws: w x h pixels, rows without gaps, bytes R, G, B, A or B, G, R, A.
struct SoftwareTarget {
  std::uint32_t* pixels;
  int w, h;
  bool bgra = false;
};

class SoftwarePoints {
 public:
  explicit SoftwarePoints(points::BandWorkers& workers) : workers_(workers) {}

  /// Fills the target with `clear` (without one it stays as it is), then draws the points (xy: pairs, world; in this
  /// order) over it. With clear 0 the result is premultiplied, a layer for something below. The same input gives the
  /// same bytes on any number of threads.
  void draw(std::span<const float> xy, std::span<const std::uint32_t> styles, const PointDraw& how, std::optional<Rgba> clear,
            const SoftwareTarget& target);

 private:
  void sort_into_bands(std::span<const float> xy, std::span<const std::uint32_t> styles, const PointDraw& how,
                       const SoftwareTarget& target, std::vector<PointItem>* bands, int reach) const;

  points::BandWorkers& workers_;
  PointStamps stamps_;
  std::vector<std::vector<PointItem>> items_;  // chunk * bands + band
};

}  // namespace mp::draw
