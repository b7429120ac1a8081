#include "explorer/cli/map_quality.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "engine/base/hash.h"
#include "engine/base/simd.h"

namespace mp::explorer::cli {

namespace {

constexpr std::size_t kLanes = 8;
using Lanes = double __attribute__((vector_size(64)));

// Squared distances of row i to every row; to itself: infinite.
MP_CLONES void distances(const float* rows, std::size_t n, std::size_t d, std::size_t i, double* out) {
  for (std::size_t j = 0; j < n; ++j) {
    const float *a = rows + i * d, *b = rows + j * d;
    Lanes lanes{};
    std::size_t k = 0;
    for (; k + kLanes <= d; k += kLanes) {
      Lanes e;
      for (std::size_t l = 0; l < kLanes; ++l) e[l] = double(a[k + l]) - double(b[k + l]);
      lanes += e * e;
    }
    double s = 0;
    for (; k < d; ++k) s += (double(a[k]) - double(b[k])) * (double(a[k]) - double(b[k]));
    for (std::size_t l = 0; l < kLanes; ++l) s += lanes[l];
    out[j] = s;
  }
  out[i] = std::numeric_limits<double>::infinity();
}

/// The nearest rows, nearest first.
std::vector<std::uint32_t> nearest(const std::vector<double>& distance, std::size_t count) {
  std::vector<std::uint32_t> ids(distance.size());
  std::iota(ids.begin(), ids.end(), 0u);
  const auto end = ids.begin() + std::ptrdiff_t(count);
  const auto closer = [&](auto a, auto b) { return distance[a] < distance[b]; };
  std::nth_element(ids.begin(), end - 1, ids.end(), closer);
  ids.erase(end, ids.end());
  std::sort(ids.begin(), ids.end(), closer);
  return ids;
}

}  // namespace

Kept kept(std::span<const float> rows, std::size_t n, std::size_t d, const ml::KnnGraph& graph, const std::vector<float>& xy) {
  const std::size_t probes = std::min(n, kProbes);
  double found = 0, penalty = 0;
  Rng rng(1);
  std::vector<double> there(n), flat(n);
  for (std::size_t p = 0; p < probes; ++p) {
    const std::size_t i = probes == n ? p : rng.below(std::uint32_t(n));
    distances(rows.data(), n, d, i, there.data());
    const auto truth = nearest(there, kNear);
    if (graph.n) {
      const auto mine = graph.row(i);
      // One as near as the last counts as found: which of them is in the true list is chance.
      for (const auto j : mine) found += j != ml::kNoNeighbour && there[j] <= there[truth.back()];
    }
    if (xy.empty()) continue;
    distances(xy.data(), n, 2, i, flat.data());
    for (const auto j : nearest(flat, kNear)) {
      if (there[j] <= there[truth.back()]) continue;
      std::size_t rank = 1;
      for (const double v : there) rank += v < there[j];
      penalty += double(rank) - double(kNear);
    }
  }
  const double all = double(probes * kNear);
  return {found / all, 1 - 2 * penalty / (all * double(2 * n - 3 * kNear - 1))};
}

double class_accuracy(const std::vector<float>& xy, const std::vector<std::int32_t>& classes, const std::vector<std::uint32_t>& of) {
  const std::size_t n = classes.size(), probes = std::min(of.size(), 4 * kProbes);
  std::size_t right = 0;
  std::vector<double> flat(n);
  for (std::size_t p = 0; p < probes; ++p) {
    const auto i = of[p * of.size() / probes];
    distances(xy.data(), n, 2, i, flat.data());
    std::map<std::int32_t, int> votes;
    for (const auto j : nearest(flat, kNear)) ++votes[classes[j]];
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
