#include "ml/query/kmeans.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/head/kernel.h"
#include "ml/head/parallel.h"
#include "ml/query/selection.h"

namespace mp::ml {
namespace {

constexpr std::size_t kBlock = 256;
constexpr int kMaxIterations = 40, kMaxSeedings = 8;
constexpr double kWork = 3e9;  // multiplications that all seedings and iterations together may cost

struct Points {
  std::span<const float> x;
  std::size_t n, d;
  std::vector<float> norms;
};

void assign(const Points& p, Clusters& c) {
  const std::size_t m = p.d ? c.centres.size() / p.d : 0;
  const auto norms = squared_norms(c.centres, p.d);
  parallel_blocks(p.n, kBlock, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    const std::size_t rows = end - begin;
    std::vector<float> dot(rows * m);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(rows), int(m), int(p.d), 1.f, p.x.data() + begin * p.d,
                int(p.d), c.centres.data(), int(p.d), 0.f, dot.data(), int(m));
    for (std::size_t i = 0; i < rows; ++i) {
      std::size_t best = 0;
      float least = norms[0] - 2 * dot[i * m];
      for (std::size_t j = 1; j < m; ++j)
        if (const float v = norms[j] - 2 * dot[i * m + j]; v < least) {
          least = v;
          best = j;
        }
      c.of[begin + i] = int(best);
      c.distance[begin + i] = std::max(0.f, least + p.norms[begin + i]);
    }
  });
  c.inertia = 0;
  for (float v : c.distance) c.inertia += double(v);
}

void distances_to(const Points& p, const float* centre, float norm, std::vector<float>& out) {
  cblas_sgemv(CblasRowMajor, CblasNoTrans, int(p.n), int(p.d), -2.f, p.x.data(), int(p.d), centre, 1, 0.f, out.data(),
              1);
  for (std::size_t i = 0; i < p.n; ++i) out[i] = std::max(0.f, out[i] + p.norms[i] + norm);
}

Clusters seed_centres(const Points& p, std::size_t k, std::span<const float> fixed, std::uint64_t seed) {
  Clusters c;
  c.centres.assign(fixed.begin(), fixed.end());
  c.fixed = fixed.size() / p.d;
  c.of.assign(p.n, 0);
  c.distance.assign(p.n, 0);
  Rng rng(seed);
  std::vector<float> nearest(p.n, 1e30f), trial(p.n), best_trial(p.n);
  if (c.fixed > 0) {
    assign(p, c);
    nearest = c.distance;
  }
  const int trials = k <= 32 ? 2 + int(std::log(double(k))) : 1;  // a trial reads every point
  for (std::size_t j = 0; j < k; ++j) {
    double sum = 0;
    for (float v : nearest) sum += double(v);
    double best_sum = 1e300;
    std::size_t best = 0;
    for (int t = 0; t < trials; ++t) {
      std::size_t pick = rng.below(std::uint32_t(p.n));
      if (sum > 0 && nearest[pick] < 1e30f) {
        const double target = double(rng.unit()) * sum;
        double at = 0;
        for (pick = 0; pick + 1 < p.n; ++pick)
          if ((at += double(nearest[pick])) > target) break;
      }
      distances_to(p, p.x.data() + pick * p.d, p.norms[pick], trial);
      double total = 0;
      for (std::size_t i = 0; i < p.n; ++i) total += double(trial[i] = std::min(trial[i], nearest[i]));
      if (total < best_sum) {
        best_sum = total;
        best = pick;
        best_trial.swap(trial);
      }
    }
    nearest.swap(best_trial);
    c.centres.insert(c.centres.end(), p.x.begin() + std::ptrdiff_t(best * p.d),
                     p.x.begin() + std::ptrdiff_t((best + 1) * p.d));
  }
  return c;
}

}  // namespace

Clusters kmeans(std::span<const float> points, std::size_t d, std::size_t k, std::span<const float> fixed,
                std::uint64_t seed) {
  use_single_threaded_blas();
  const Points p{points, d ? points.size() / d : 0, d, squared_norms(points, d)};
  k = std::min(k, p.n);
  Clusters best;
  best.inertia = -1;
  if (p.n == 0 || k == 0) return best;
  const std::size_t m = k + fixed.size() / d;
  const double pass = double(p.n) * double(m) * double(d);
  const int iterations = std::clamp(int(kWork / pass), 2, kMaxIterations);
  const int seedings = std::clamp(int(kWork / (pass * iterations)), 1, kMaxSeedings);
  for (int s = 0; s < seedings; ++s) {
    Clusters c = seed_centres(p, k, fixed, hash_combine(seed, std::uint64_t(s)));
    std::vector<double> sum(m * d);
    std::vector<std::size_t> count(m);
    double last = 1e300;
    for (int it = 0; it < iterations; ++it) {
      assign(p, c);
      if (c.inertia >= last * (1 - 1e-6)) break;
      last = c.inertia;
      std::fill(sum.begin(), sum.end(), 0.);
      std::fill(count.begin(), count.end(), 0);
      for (std::size_t i = 0; i < p.n; ++i) {
        const auto j = std::size_t(c.of[i]);
        ++count[j];
        for (std::size_t q = 0; q < d; ++q) sum[j * d + q] += double(points[i * d + q]);
      }
      for (std::size_t j = c.fixed; j < m; ++j)
        if (count[j] > 0)
          for (std::size_t q = 0; q < d; ++q) c.centres[j * d + q] = float(sum[j * d + q] / double(count[j]));
    }
    assign(p, c);
    if (best.inertia < 0 || c.inertia < best.inertia) best = std::move(c);
  }
  return best;
}

}  // namespace mp::ml
