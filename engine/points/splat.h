// Points as a density: every point adds its colour to one pixel, then the sums are spread with a disc and turned into
// colour and opacity. Sums are integers, so the picture is the same in any order of the points. The CPU does it here, in
// tiles that fit the cache, and is the reference for the shaders. The main thread calls; tiles run on the workers.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "engine/base/math.h"
#include "engine/points/sorted_points.h"
#include "shaders/shared.h"

namespace mp::points {

/// What is drawn: the sorted layout with one style a point in its order.
struct SplatInput {
  const SortedPoints* points = nullptr;
  std::span<const std::uint32_t> styles;   // sorted order
  std::span<const std::uint64_t> hidden;   // bits in sorted order; empty: all are drawn
  bool any_top = false;                    // some are selected or ringed
  double density = 0;                      // points per world area where it is crowded, see crowd_density()
};

struct SplatView {
  Camera2 camera;
  int width_px = 0, height_px = 0;
  float radius_px = 2, opacity = .85f;
};

/// What CPU and shader need beside the points; the same numbers for both.
struct SplatLook {
  std::vector<draw::shader::DiscRow> rows;   // 0 .. reach
  int reach = 0;                             // pixels above and below the middle that the disc touches
  std::uint32_t shift = 0;                   // of each point's colour and weight: none but where millions share a pixel
  float count_scale = 0, first = 0, top_first = 0, last = 0, log2_reference = 1;
};
SplatLook splat_look(const SplatInput& input, const SplatView& view);

/// Points per world area that only a fifth of the visible points exceeds: what the opacity is scaled by.
double crowd_density(const SortedPoints& points, std::span<const std::uint64_t> hidden);

/// Number of points that may be in the view, not counting hidden ones; stops counting above `enough`.
std::size_t count_in_view(const SplatInput& input, const SplatView& view, std::size_t enough);

/// Ranges of the sorted order that hold all points whose disc touches the rectangle of pixels.
void ranges_of_pixels(const SortedPoints& points, const SplatView& view, Rect px, std::vector<Range>& out);

/// The picture, over `clear`: w x h pixels, bytes R, G, B, A or B, G, R, A. With clear 0 the result is premultiplied.
void splat(const SplatInput& input, const SplatView& view, Rgba clear, bool bgra, std::uint32_t* pixels, BandWorkers& workers);

}  // namespace mp::points
