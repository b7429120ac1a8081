#include "ml/head/block_weights.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "ml/head/kernel.h"
#include "ml/head/parallel.h"
#include "ml/head/ridge.h"

namespace mp::ml {
namespace {
// The first candidate gives way to one that is better by a fifth: smaller differences are noise of few labels, and
// following them costs more than it wins (measured on real and drawn image sets).
constexpr double kPrior = .8;
constexpr double kTimesRidge[] = {4, 16, 64}, kLessRidge = .97;
}  // namespace

HeadChoice choose_head(const RowSource& rows, std::span<const SampleId> ids, std::span<const int> cls, int classes,
                       std::span<const int> group, float gamma, double ridge,
                       std::span<const std::vector<float>> candidates) {
  const std::size_t n = ids.size(), blocks = rows.blocks().size();
  HeadChoice choice{0, ridge};
  if (candidates.empty() || n == 0) return choice;
  use_single_threaded_blas();
  // Mean squared differences of each block, once for all candidates.
  std::vector<std::vector<float>> distance(blocks);
  parallel_blocks(blocks, 1, int(blocks), [&](std::size_t b, std::size_t, std::size_t) {
    const std::size_t d = rows.blocks()[b];
    std::vector<float> x(n * d), norm(n);
    for (std::size_t i = 0; i < n; ++i) norm[i] = rows.copy_block(ids[i], b, x.data() + i * d);
    distance[b].resize(n * n);
    cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, int(n), int(d), 1.f, x.data(), int(d), 0.f, distance[b].data(),
                int(n));
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j <= i; ++j) {
        float& v = distance[b][i * n + j];
        v = std::max(0.f, norm[i] + norm[j] - 2 * v) / float(d);
      }
  });
  const auto kernel_of = [&](const std::vector<float>& w) {
    const float sum = std::accumulate(w.begin(), w.end(), 0.f);
    std::vector<double> kernel(n * n);
    for (std::size_t i = 0; i < n; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        float d = 0;
        for (std::size_t b = 0; b < blocks; ++b)
          if (w[b] > 0) d += w[b] * distance[b][i * n + j];
        kernel[i * n + j] = kernel[j * n + i] = std::exp(-gamma * d / sum);
      }
      kernel[i * n + i] = 1;
    }
    return kernel;
  };
  const auto loss_of = [&](std::vector<double> kernel, double r) {
    double loss = 0;
    const RidgeFit fit = ridge_in_kernel(kernel, {cls, group, classes, r});
    choose_temperature(fit.loo, cls, classes, 1, &loss);
    return loss;
  };
  std::vector<double> loss(candidates.size());
  parallel_blocks(candidates.size(), 1, 2,
                  [&](std::size_t c, std::size_t, std::size_t) { loss[c] = loss_of(kernel_of(candidates[c]), ridge); });
  auto preferred = loss;
  preferred[0] *= kPrior;
  choice.weights = std::size_t(std::ranges::min_element(preferred) - preferred.begin());

  const auto kernel = kernel_of(candidates[choice.weights]);
  double least = loss[choice.weights], with[std::size(kTimesRidge)];
  parallel_blocks(std::size(kTimesRidge), 1, 2,
                  [&](std::size_t r, std::size_t, std::size_t) { with[r] = loss_of(kernel, kTimesRidge[r] * ridge); });
  for (std::size_t r = 0; r < std::size(kTimesRidge); ++r)
    if (with[r] < kLessRidge * least) {
      least = with[r];
      choice.ridge = kTimesRidge[r] * ridge;
    }
  return choice;
}

std::vector<int> near_duplicate_groups(const RowSource& rows, std::span<const SampleId> ids, std::size_t block,
                                       float threshold) {
  const std::size_t n = ids.size(), d = rows.blocks()[block];
  if (n == 0 || d == 0) return std::vector<int>(n, -1);
  use_single_threaded_blas();
  const std::size_t begin =
      std::accumulate(rows.blocks().begin(), rows.blocks().begin() + std::ptrdiff_t(block), std::size_t(0));
  std::vector<float> x(n * d), dots(n * n);
  for (std::size_t i = 0; i < n; ++i) {
    const float* raw = rows.raw().row(ids[i]).data() + begin;
    double mean = 0, square = 0;
    for (std::size_t k = 0; k < d; ++k) mean += double(raw[k]) / double(d);
    for (std::size_t k = 0; k < d; ++k) square += (double(raw[k]) - mean) * (double(raw[k]) - mean);
    const double scale = 1 / (std::sqrt(square) + 1e-9);
    for (std::size_t k = 0; k < d; ++k) x[i * d + k] = float((double(raw[k]) - mean) * scale);
  }
  cblas_ssyrk(CblasRowMajor, CblasLower, CblasNoTrans, int(n), int(d), 1.f, x.data(), int(d), 0.f, dots.data(), int(n));
  std::vector<int> group(n);
  std::iota(group.begin(), group.end(), 0);
  const auto root = [&](int i) {
    while (group[std::size_t(i)] != i) i = group[std::size_t(i)] = group[std::size_t(group[std::size_t(i)])];
    return i;
  };
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (dots[i * n + j] > threshold) {
        const int a = root(int(i)), b = root(int(j));
        group[std::size_t(std::max(a, b))] = std::min(a, b);
      }
  for (std::size_t i = 0; i < n; ++i) group[i] = root(int(i));
  return group;
}

}  // namespace mp::ml
