// Antialiased coverage of markers, by the same distances as the shaders. Main thread only.
#include "engine/draw/point_stamps.h"

#include <algorithm>
#include <cmath>

#include "shaders/shared.h"

namespace mp::draw {

void PointStamps::set_radius(float radius_px) {
  radius_px = std::clamp(radius_px, 0.f, 512.f);
  if (radius_px == radius_) return;
  radius_ = radius_px;
  reach_ = 0;
  for (auto& s : sets_) s = {};
}

void PointStamps::prepare(unsigned emphasis, unsigned shape) {
  if (emphasis == 3) {
    make(StampKind::ring, shape);
    make(StampKind::ringed_body, shape);
    return;
  }
  if (emphasis == 2) make(StampKind::outline, shape);
  make(StampKind::body, shape);
}

void PointStamps::make(StampKind kind, unsigned shape) {
  StampSet& set = sets_[index(kind, shape)];
  if (!set.coverage.empty()) return;
  float r = kind == StampKind::ringed_body || kind == StampKind::ring ? radius_ * shader::kRingedGrowth : radius_;
  float outline = kind == StampKind::outline ? shader::outline_width_px(r) : 0;
  float edge = shader::shape_reach_px(shape, r) + shader::kEdgeReachPx + shader::kOutlineReach * outline;
  if (kind == StampKind::ring) edge = shader::ring_middle_px(r) + .5f * shader::kRingWidthPx + 1;
  int half = int(std::ceil(edge)), side = 2 * half + 1;
  reach_ = std::max(reach_, half + 1);
  std::vector<std::uint8_t> whole(std::size_t(side) * std::size_t(side));
  for (int phase = 0; phase < kStampPhases * kStampPhases; ++phase) {
    int x0 = side, y0 = side, x1 = 0, y1 = 0;  // what is touched
    for (int row = 0; row < side; ++row)
      for (int column = 0; column < side; ++column) {
        float x = float(column - half) + .5f - float(phase % kStampPhases) / kStampPhases;
        float y = float(row - half) + .5f - float(phase / kStampPhases) / kStampPhases;
        float d = shader::shape_distance(shape, x, y, r) - outline;
        if (kind == StampKind::ring) {
          d = std::abs(std::sqrt(x * x + y * y) - shader::ring_middle_px(r)) - .5f * shader::kRingWidthPx;
        }
        auto c = std::uint8_t(std::lround(std::clamp(.5f - d, 0.f, 1.f) * 255));
        whole[std::size_t(row * side + column)] = c;
        if (c == 0) continue;
        x0 = std::min(x0, column), x1 = std::max(x1, column + 1);
        y0 = std::min(y0, row), y1 = std::max(y1, row + 1);
      }
    Stamp& s = set.stamps[std::size_t(phase)];
    s.first = std::uint32_t(set.coverage.size());
    if (x1 <= x0) continue;  // too small to be seen here
    s.x = std::int16_t(x0 - half);
    s.y = std::int16_t(y0 - half);
    s.width = std::int16_t(x1 - x0);
    s.height = std::int16_t(y1 - y0);
    s.pitch = (s.width + 7) / 8 * 8;
    for (int row = y0; row < y1; ++row) {
      auto* from = whole.data() + row * side;
      set.coverage.insert(set.coverage.end(), from + x0, from + x1);
      set.coverage.resize(set.coverage.size() + std::size_t(s.pitch - s.width), 0);
    }
  }
  if (set.coverage.empty()) set.coverage.push_back(0);
}

}  // namespace mp::draw
