#include "explorer/views/layer_difference.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

#include "ml/service/worker_thread.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kRowsForScale = 2000;
constexpr double kFullScale = .98;   // quantile that is the end of the scale

}  // namespace

std::vector<float> layer_difference(const ml::Pool& pool, const ml::FeatureTable& t) {
  std::vector<float> out(pool.size(), std::numeric_limits<float>::quiet_NaN());
  const auto has = [&](SampleId id) { return id < t.n && t.valid[id]; };
  // The deviation of each feature, from rows spread over the pool.
  std::vector<double> sum(t.d), squares(t.d);
  double n = 0;
  for (std::size_t id = 0; id < t.n; id += std::max<std::size_t>(1, t.n / kRowsForScale)) {
    if (!has(SampleId(id))) continue;
    const auto row = t.row(SampleId(id));
    for (std::size_t k = 0; k < t.d; ++k) sum[k] += row[k], squares[k] += double(row[k]) * row[k];
    ++n;
  }
  std::vector<float> scale(t.d);
  std::size_t used = 0;
  for (std::size_t k = 0; k < t.d && n > 1; ++k) {
    const double mean = sum[k] / n, variance = squares[k] / n - mean * mean;
    if (variance > 1e-12 * (1 + mean * mean)) scale[k] = float(1 / std::sqrt(variance)), ++used;
  }
  if (!used) return out;
  std::vector<float> seen;
  for (std::size_t l = 1; l < pool.layers.size(); ++l) {
    const auto &above = pool.layers[l], &below = pool.layers[l - 1];
    for (int y = 0; y < std::min(above.rows, below.rows); ++y)
      for (int x = 0; x < std::min(above.cols, below.cols); ++x) {
        const SampleId a = above.first_sample + SampleId(y * above.cols + x), b = below.first_sample + SampleId(y * below.cols + x);
        if (!has(a) || !has(b) || a >= out.size()) continue;
        const auto p = t.row(a), q = t.row(b);
        float total = 0;
        for (std::size_t k = 0; k < t.d; ++k) {
          const float d = (p[k] - q[k]) * scale[k];
          total += d * d;
        }
        out[a] = std::sqrt(total / float(used));
        if (std::isfinite(out[a])) seen.push_back(out[a]);
      }
  }
  if (seen.empty()) return out;
  const auto at = seen.begin() + std::ptrdiff_t(double(seen.size() - 1) * kFullScale);
  std::nth_element(seen.begin(), at, seen.end());
  const float one = std::max(*at, 1e-12f);
  for (float& v : out) v = std::min(v / one, 1.f);
  return out;
}

bool LayerDifference::follow(const State& s) {
  bool came = false;
  if (running_.valid() && running_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    values_ = running_.get();
    came = true;
  }
  const bool wanted = s.mosaic.tint == LayerTint::difference && s.mosaic.overlay && s.features && s.pool->layered() && !s.import.running;
  if (!wanted || running_.valid() || (of_pool_ == s.pool->revision && of_features_ == s.features.get())) return came;
  of_pool_ = s.pool->revision;
  of_features_ = s.features.get();
  running_ = std::async(std::launch::async, [pool = s.pool, features = s.features] {
    ml::lower_priority(5);
    return layer_difference(*pool, *features);
  });
  return came;
}

}  // namespace mp::explorer
