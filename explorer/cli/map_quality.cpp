#include "explorer/cli/map_quality.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/base/hash.h"

namespace mp::explorer::cli {

namespace {

std::vector<std::pair<double, std::uint32_t>> by_distance(const float* rows, std::size_t n, std::size_t d, std::size_t i) {
  std::vector<std::pair<double, std::uint32_t>> out;
  out.reserve(n);
  for (std::uint32_t j = 0; j < n; ++j) {
    double s = 0;
    for (std::size_t k = 0; k < d; ++k) {
      const double e = double(rows[i * d + k]) - rows[j * d + k];
      s += e * e;
    }
    if (j != i) out.push_back({s, j});
  }
  return out;
}

}  // namespace

Kept kept(const std::vector<float>& rows, std::size_t n, std::size_t d, const ml::KnnGraph& graph, const std::vector<float>& xy) {
  const std::size_t probes = std::min(n, kProbes);
  double found = 0, penalty = 0;
  Rng rng(1);
  for (std::size_t p = 0; p < probes; ++p) {
    const std::size_t i = probes == n ? p : rng.below(std::uint32_t(n));
    auto near = by_distance(rows.data(), n, d, i);
    std::vector<double> sorted;
    for (const auto& e : near) sorted.push_back(e.first);
    std::sort(sorted.begin(), sorted.end());
    if (graph.n) {
      const auto mine = graph.row(i);
      for (const auto& [s, j] : near)
        if (s <= sorted[kNear - 1]) found += std::find(mine.begin(), mine.end(), j) != mine.end();
    }
    if (xy.empty()) continue;
    auto flat = by_distance(xy.data(), n, 2, i);
    std::partial_sort(flat.begin(), flat.begin() + kNear, flat.end());
    for (std::size_t s = 0; s < kNear; ++s) {
      const auto j = flat[s].second;
      const double there = near[j - (j > i)].first;
      const auto rank = std::lower_bound(sorted.begin(), sorted.end(), there) - sorted.begin() + 1;
      penalty += std::max(0.0, double(rank) - double(kNear));
    }
  }
  const double all = double(probes * kNear);
  return {found / all, 1 - 2 * penalty / (all * double(2 * n - 3 * kNear - 1))};
}

double class_accuracy(const std::vector<float>& xy, const std::vector<std::int32_t>& classes, const std::vector<std::uint32_t>& of) {
  const std::size_t n = classes.size(), probes = std::min(of.size(), 4 * kProbes);
  std::size_t right = 0;
  for (std::size_t p = 0; p < probes; ++p) {
    const auto i = of[p * of.size() / probes];
    auto flat = by_distance(xy.data(), n, 2, i);
    std::nth_element(flat.begin(), flat.begin() + kNear, flat.end());
    std::map<std::int32_t, int> votes;
    for (std::size_t s = 0; s < kNear; ++s) ++votes[classes[flat[s].second]];
    const auto most = std::max_element(votes.begin(), votes.end(), [](auto& a, auto& b) { return a.second < b.second; });
    right += most->first == classes[i];
  }
  return probes ? double(right) / double(probes) : 1;
}

double mean_way(const std::vector<float>& from, const std::vector<float>& to, const std::vector<std::uint32_t>& of) {
  double sum = 0;
  for (const auto i : of) sum += std::hypot(double(to[2 * i]) - from[2 * i], double(to[2 * i + 1]) - from[2 * i + 1]);
  return of.empty() ? 0 : sum / double(of.size());
}

std::vector<float> procrustes(std::vector<float> xy, const std::vector<float>& reference, const std::vector<std::uint32_t>& of) {
  double mx = 0, my = 0, rx = 0, ry = 0;
  for (const auto i : of) {
    mx += xy[2 * i] / double(of.size());
    my += xy[2 * i + 1] / double(of.size());
    rx += reference[2 * i] / double(of.size());
    ry += reference[2 * i + 1] / double(of.size());
  }
  // As complex numbers: reference ~ c z (turn and scale) or c conj(z) (mirrored too); least squares, the better one.
  double turn_re = 0, turn_im = 0, flip_re = 0, flip_im = 0, square = 0;
  for (const auto i : of) {
    const double x = xy[2 * i] - mx, y = xy[2 * i + 1] - my, u = reference[2 * i] - rx, v = reference[2 * i + 1] - ry;
    turn_re += u * x + v * y;
    turn_im += v * x - u * y;
    flip_re += u * x - v * y;
    flip_im += v * x + u * y;
    square += x * x + y * y;
  }
  const bool flip = std::hypot(flip_re, flip_im) > std::hypot(turn_re, turn_im);
  const double re = (flip ? flip_re : turn_re) / std::max(square, 1e-30), im = (flip ? flip_im : turn_im) / std::max(square, 1e-30);
  for (std::size_t i = 0; i + 1 < xy.size(); i += 2) {
    const double x = xy[i] - mx, y = (flip ? -1 : 1) * (xy[i + 1] - my);
    xy[i] = float(re * x - im * y + rx);
    xy[i + 1] = float(im * x + re * y + ry);
  }
  return xy;
}

}  // namespace mp::explorer::cli
