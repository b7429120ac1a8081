#include "explorer/cli/bench_points.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <fstream>

#include "engine/points/point_queries.h"

namespace mp::explorer::cli {

namespace {

constexpr std::uint32_t kSeed = 12345;
constexpr int kClusters = 40, kCorners = 64;
constexpr double kBytesAPoint = 72, kBytesInWindow = 150;   // at the peak, while they are sorted
constexpr double kPi = 3.14159265358979323846;
constexpr std::array<std::uint32_t, 8> kColours{0xaa7744, 0x7766ee, 0x338822, 0x44bbcc, 0xeecc66, 0x7733aa, 0xbbbbbb, 0x0088ff};

/// The generator "mulberry32", in [0, 1): 32 bits of state, as script engines have it.
class SmallRandom {
 public:
  double next() {
    state_ += 0x6d2b79f5u;
    std::uint32_t t = (state_ ^ state_ >> 15) * (1 | state_);
    t = (t + (t ^ t >> 7) * (61 | t)) ^ t;
    return double(t ^ t >> 14) / 4294967296.;
  }

 private:
  std::uint32_t state_ = kSeed;
};

double kernel_mb(const char* file, const char* key) {
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key)) return std::strtod(line.c_str() + std::string_view(key).size() + 1, nullptr) / 1024;
  return 0;
}

}  // namespace

std::uint32_t BenchPoints::colour(std::size_t i) const { return kColours[category[i] % kColours.size()]; }

Result<void> room_for(std::size_t n, bool window) {
  const double needed = double(n) * (window ? kBytesInWindow : kBytesAPoint) / (1 << 20), there = kernel_mb("/proc/meminfo", "MemAvailable");
  if (needed < there || there <= 0) return {};
  auto mb = [](double v) { return std::to_string(std::llround(v)) + " MB"; };
  return fail("not enough memory for " + std::to_string(n) + " points", {}, mb(needed), mb(there) + " free", "Free " + mb(needed - there) + " or take fewer points");
}

Result<void> write_points(const std::string& file, std::size_t n) {
  BenchPoints p;
  p.xy.resize(2 * n);
  p.category.resize(n);
  SmallRandom random;
  struct Cluster {
    double x, y, spread;
  };
  std::array<Cluster, kClusters> clusters;
  for (auto& c : clusters) {
    c.x = (random.next() * 2 - 1) * .75;
    c.y = (random.next() * 2 - 1) * .75;
    c.spread = .02 + .08 * random.next();
  }
  for (std::size_t i = 0; i < n; ++i) {
    const auto k = std::size_t(random.next() * kClusters);
    const double r = clusters[k].spread * std::sqrt(-2 * std::log(1 - random.next())), a = 2 * kPi * random.next();
    p.xy[2 * i] = float(std::clamp(clusters[k].x + r * std::cos(a), -1., 1.));
    p.xy[2 * i + 1] = float(std::clamp(clusters[k].y + r * std::sin(a), -1., 1.));
    p.category[i] = std::uint8_t(k % 8);
  }
  std::ofstream out(file, std::ios::binary);
  out.write(reinterpret_cast<const char*>(p.xy.data()), std::streamsize(p.xy.size() * 4));
  out.write(reinterpret_cast<const char*>(p.category.data()), std::streamsize(n));
  if (!out.flush()) return fail("cannot write the points", file, std::to_string(n * 9) + " bytes", "an error", "Set TMPDIR to a folder with room");
  return {};
}

Result<BenchPoints> read_points(const std::string& file) {
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return fail("cannot read the points", file);
  BenchPoints p;
  const auto n = std::size_t(in.tellg()) / 9;
  p.xy.resize(2 * n);
  p.category.resize(n);
  in.seekg(0);
  in.read(reinterpret_cast<char*>(p.xy.data()), std::streamsize(8 * n));
  in.read(reinterpret_cast<char*>(p.category.data()), std::streamsize(n));
  if (!in) return fail("the points end early", file);
  return p;
}

Camera2 path_camera(int i, float height_px) {
  const double a = 2 * kPi * i / kPathFrames, zoom = std::exp(std::log(8.) * .5 * (1 - std::cos(a)));
  return {{float(.3 * std::sin(a)), float(.3 * std::sin(2 * a))}, float(height_px / 2 * zoom)};
}

std::vector<Vec2> outline_of_a_fifth(const BenchPoints& points) {
  auto outline = [](double radius) {
    std::vector<Vec2> p;
    for (int i = 0; i < kCorners; ++i) {
      const double a = 2 * kPi * i / kCorners, r = radius * (1 + .25 * std::sin(5 * a));
      p.push_back({float(r * std::cos(a)), float(r * std::sin(a))});
    }
    return p;
  };
  double low = .05, high = 1.4;
  const std::size_t step = std::max<std::size_t>(1, points.size() / 20000);
  for (int round = 0; round < 18; ++round) {
    const auto p = outline((low + high) / 2);
    std::size_t in = 0, n = 0;
    for (std::size_t i = 0; i < points.size(); i += step, ++n) in += points::inside_polygon({points.xy[2 * i], points.xy[2 * i + 1]}, p);
    (double(in) < .2 * double(n) ? low : high) = (low + high) / 2;
  }
  return outline(low);
}

double memory_mb() { return kernel_mb("/proc/self/status", "VmRSS"); }
double peak_memory_mb() { return kernel_mb("/proc/self/status", "VmHWM"); }
void start_peak() { std::ofstream("/proc/self/clear_refs") << "5"; }

double quantile(std::vector<double> v, double q) {
  if (v.empty()) return 0;
  std::sort(v.begin(), v.end());
  return v[std::min(v.size() - 1, std::size_t(q * double(v.size())))];
}
double median(std::vector<double> v) { return quantile(std::move(v), .5); }

}  // namespace mp::explorer::cli
