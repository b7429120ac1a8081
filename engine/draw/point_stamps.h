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

/// One marker at one position within a pixel, cropped to what it touches. A byte a pixel: what does not fit the cache
/// costs more than arithmetic.
struct Stamp {
  std::int16_t x = 0, y = 0;           // of its first pixel, from the point's pixel
  std::int16_t width = 0, height = 0;  // pixels that matter
  std::int32_t pitch = 0;              // bytes of a row: width, rounded up to 8; the rest is zero
  std::uint32_t first = 0;             // into the coverage of its set
};

/// One marker at all positions.
struct StampSet {
  std::array<Stamp, kStampPhases * kStampPhases> stamps;
  std::vector<std::uint8_t> coverage;
};

class PointStamps {
 public:
  /// Forgets the stamps of another radius.
  void set_radius(float radius_px);
  /// Makes what points of this emphasis and shape need.
  void prepare(unsigned emphasis, unsigned shape);
  const StampSet& get(StampKind kind, unsigned shape) const { return sets_[index(kind, shape)]; }
  /// Pixels from a point's pixel to the farthest one that any prepared marker touches.
  int reach_px() const { return reach_; }

 private:
  static std::size_t index(StampKind kind, unsigned shape) { return std::size_t(kind) * 8 + shape; }
  void make(StampKind kind, unsigned shape);
  float radius_ = -1;
  int reach_ = 0;
  std::array<StampSet, 32> sets_;
};

}  // namespace mp::draw
