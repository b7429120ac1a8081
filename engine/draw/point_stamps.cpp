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
  for (auto& s : stamps_) s = {};
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
  Stamp& s = stamps_[index(kind, shape)];
  if (s.side) return;
  float r = kind == StampKind::ringed_body || kind == StampKind::ring ? radius_ * shader::kRingedGrowth : radius_;
  float outline = kind == StampKind::outline ? shader::outline_width_px(r) : 0;
  float reach = shader::shape_reach_px(shape, r) + 1.5f * outline + 1;
  if (kind == StampKind::ring) reach = r + shader::kRingGapPx + shader::kRingWidthPx + 1;
  s.half = int(std::ceil(reach));
  s.side = 2 * s.half + 1;
  s.groups = (s.side + 3) / 4;
  reach_ = std::max(reach_, s.half + 1);
  s.coverage.resize(std::size_t(kStampPhases * kStampPhases) * std::size_t(s.side) * std::size_t(s.groups) * 16);
  std::uint8_t* out = s.coverage.data();
  for (int phase = 0; phase < kStampPhases * kStampPhases; ++phase)
    for (int row = 0; row < s.side; ++row)
      for (int column = 0; column < s.groups * 4; ++column, out += 4) {
        if (column >= s.side) continue;
        float x = float(column - s.half) + .5f - float(phase % kStampPhases) / kStampPhases;
        float y = float(row - s.half) + .5f - float(phase / kStampPhases) / kStampPhases;
        float d = shader::shape_distance(shape, x, y, r) - outline;
        if (kind == StampKind::ring) {
          float middle = r + shader::kRingGapPx + .5f * shader::kRingWidthPx;
          d = std::abs(std::sqrt(x * x + y * y) - middle) - .5f * shader::kRingWidthPx;
        }
        auto c = std::uint8_t(std::lround(std::clamp(.5f - d, 0.f, 1.f) * 255));
        std::fill(out, out + 4, c);
      }
}

}  // namespace mp::draw
