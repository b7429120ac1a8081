// The points, the camera path and the outline that scatterplots are compared with: 40 round clusters in a square of side
// 2 and eight colours, a flight that circles while it zooms in eightfold and back, 64 corners around a fifth of the
// points. Plain values; main thread.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "engine/base/math.h"

namespace mp::explorer::cli {

constexpr int kPathFrames = 48;
constexpr int kPathWidth_px = 1280, kPathHeight_px = 800;

struct BenchPoints {
  std::vector<float> xy;               // n x 2, world
  std::vector<std::uint8_t> category;  // n, 0 .. 7
  std::size_t size() const { return category.size(); }
  std::uint32_t colour(std::size_t i) const;   // R, G, B from the lowest byte
};

/// Writes n points to a file: xy as float32 pairs, then a byte a point.
Result<void> write_points(const std::string& file, std::size_t n);
Result<BenchPoints> read_points(const std::string& file);

/// Frame i of the flight, for a view of this height: the whole square fits at its start.
Camera2 path_camera(int i, float height_px);
std::vector<Vec2> outline_of_a_fifth(const BenchPoints& points);

/// Error if the machine has less free memory than n points take: says how much is missing before anything is allocated.
Result<void> room_for(std::size_t n, bool window);

/// Memory of this process, MB: now, and its peak since start_peak().
double memory_mb();
double peak_memory_mb();
void start_peak();

double median(std::vector<double> v);
double quantile(std::vector<double> v, double q);

}  // namespace mp::explorer::cli
