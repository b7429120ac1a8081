// Antialiased coverage of markers, precomputed for 8 x 8 positions within a pixel: what the software path blends.
// Built on the main thread, then read by any.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mp::draw {

constexpr int kStampPhases = 8;  // positions within a pixel, a side

enum class StampKind : std::uint8_t { body, outline, ringed_body, ring };

/// One marker at all 64 positions. Coverage is repeated four times a pixel, so that it lines up with R, G, B, A.
struct Stamp {
  int half = 0;    // pixels left of and above the point's pixel
  int side = 0;    // rows, and pixels of a row that matter
  int groups = 0;  // groups of 4 pixels a row
  std::vector<std::uint8_t> coverage;
  const std::uint8_t* at(int phase_x, int phase_y) const {
    return coverage.data() +
           std::size_t(phase_y * kStampPhases + phase_x) * std::size_t(side) * std::size_t(groups) * 16;
  }
};

class PointStamps {
 public:
  /// Forgets the stamps of another radius.
  void set_radius(float radius_px);
  /// Makes what points of this emphasis and shape need.
  void prepare(unsigned emphasis, unsigned shape);
  const Stamp& get(StampKind kind, unsigned shape) const { return stamps_[index(kind, shape)]; }
  /// Pixels from a point's pixel to the farthest one that any prepared marker touches.
  int reach_px() const { return reach_; }

 private:
  static std::size_t index(StampKind kind, unsigned shape) { return std::size_t(kind) * 8 + shape; }
  void make(StampKind kind, unsigned shape);
  float radius_ = -1;
  int reach_ = 0;
  std::array<Stamp, 32> stamps_;
};

}  // namespace mp::draw
