#include "ml/head/ridge.h"

#include <cblas.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>

#include "ml/head/parallel.h"

// LAPACK comes with OpenBLAS; its header is a package of its own that we do not need for two functions.
extern "C" {
void dpotrf_(const char* uplo, const int* n, double* a, const int* lda, int* info);
void dpotri_(const char* uplo, const int* n, double* a, const int* lda, int* info);
}

namespace mp::ml {
namespace {

constexpr std::size_t kFeatureBlock = 256;  // rows made double at a time: 256 x 512 is half of a level 2 cache
constexpr std::size_t kSumParts = 4;        // partial normal equations, merged in order whatever the threads did

std::vector<double> targets(const RidgeRows& rows) {
  const std::size_t c = std::size_t(rows.classes);
  std::vector<double> t(rows.cls.size() * c, -1. / double(c));
  for (std::size_t i = 0; i < rows.cls.size(); ++i) t[i * c + std::size_t(rows.cls[i])] += 1;
  return t;
}

std::map<int, std::vector<std::size_t>> groups_of(const RidgeRows& rows) {
  std::map<int, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < rows.group.size(); ++i)
    if (rows.group[i] >= 0) groups[rows.group[i]].push_back(i);
  return groups;
}

}  // namespace

void cholesky(std::vector<double>& a, std::size_t n, double jitter) {
  if (n == 0) return;
  std::vector<double> diagonal(n), copy = a;
  const int order = int(n);
  for (double add = 0;; add = std::max(jitter, add * 10)) {
    for (std::size_t i = 0; i < n; ++i) a[i * n + i] += add;
    int info = 0;
    dpotrf_("U", &order, a.data(), &order, &info);  // row-major lower is LAPACK's upper
    if (info == 0 || add > 1e6) break;
    a = copy;
  }
  for (std::size_t i = 0; i < n; ++i)
    std::fill(a.begin() + std::ptrdiff_t(i * n + i + 1), a.begin() + std::ptrdiff_t((i + 1) * n), 0.);
}

RidgeFit ridge_in_kernel(std::vector<double>& kernel, const RidgeRows& rows) {
  const std::size_t n = rows.cls.size(), c = std::size_t(rows.classes);
  for (std::size_t i = 0; i < n; ++i) kernel[i * n + i] += rows.ridge;
  cholesky(kernel, n, rows.ridge);
  const int order = int(n);
  int info = 0;
  dpotri_("U", &order, kernel.data(), &order, &info);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t j = 0; j < i; ++j) kernel[j * n + i] = kernel[i * n + j];

  const auto target = targets(rows);
  RidgeFit fit;
  fit.coef.assign(n * c, 0);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, order, int(c), order, 1, kernel.data(), order, target.data(),
              int(c), 0, fit.coef.data(), int(c));
  fit.loo.resize(n * c);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < c; ++k)
      fit.loo[i * c + k] = target[i * c + k] - fit.coef[i * c + k] / kernel[i * n + i];
  // Rows left out together: score = target - (inverse restricted to the group)^-1 coef.
  for (const auto& [id, members] : groups_of(rows)) {
    const auto g = Eigen::Index(members.size());
    if (g < 2) continue;
    Eigen::MatrixXd part(g, g), alpha(g, Eigen::Index(c));
    for (Eigen::Index a = 0; a < g; ++a) {
      for (Eigen::Index b = 0; b < g; ++b) part(a, b) = kernel[members[std::size_t(a)] * n + members[std::size_t(b)]];
      for (std::size_t k = 0; k < c; ++k) alpha(a, Eigen::Index(k)) = fit.coef[members[std::size_t(a)] * c + k];
    }
    const Eigen::MatrixXd residual = part.llt().solve(alpha);
    for (Eigen::Index a = 0; a < g; ++a)
      for (std::size_t k = 0; k < c; ++k) {
        const std::size_t at = members[std::size_t(a)] * c + k;
        fit.loo[at] = target[at] - residual(a, Eigen::Index(k));
      }
  }
  return fit;
}

RidgeFit ridge_in_features(float* features, std::size_t m, std::span<const float> unexplained, const RidgeRows& rows,
                           int threads) {
  const std::size_t n = rows.cls.size(), c = std::size_t(rows.classes);
  auto target = targets(rows);
  const int order = int(m);
  // A row whose noise is ridge / scale^2 is the same as the row and its target times scale with plain ridge.
  std::vector<double> scale(n);
  for (std::size_t i = 0; i < n; ++i) {
    scale[i] = std::sqrt(rows.ridge / (rows.ridge + std::max(0., double(unexplained[i]))));
    cblas_sscal(order, float(scale[i]), features + i * m, 1);
    for (std::size_t k = 0; k < c; ++k) target[i * c + k] *= scale[i];
  }

  // Normal equations in double: in float their rounding would be of the size of the ridge.
  struct Part {
    std::vector<double> gram, moment, block;
  };
  std::vector<Part> parts(kSumParts);
  const std::size_t part_rows = std::max<std::size_t>(1, (n + kSumParts - 1) / kSumParts);
  parallel_blocks(n, part_rows, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    Part& p = parts[begin / part_rows];
    p.gram.assign(m * m, 0);
    p.moment.assign(m * c, 0);
    p.block.resize(kFeatureBlock * m);
    for (std::size_t i = begin; i < end; i += kFeatureBlock) {
      const std::size_t k = std::min(kFeatureBlock, end - i);
      std::copy_n(features + i * m, k * m, p.block.begin());
      cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, order, int(k), 1, p.block.data(), order, 1, p.gram.data(),
                  order);
      cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, order, int(c), int(k), 1, p.block.data(), order,
                  target.data() + i * c, int(c), 1, p.moment.data(), int(c));
    }
  });
  std::vector<double> gram(m * m, 0);
  RidgeFit fit;
  fit.coef.assign(m * c, 0);
  for (const Part& p : parts) {
    if (p.gram.empty()) continue;
    for (std::size_t i = 0; i < m * m; ++i) gram[i] += p.gram[i];
    for (std::size_t i = 0; i < m * c; ++i) fit.coef[i] += p.moment[i];
  }
  for (std::size_t i = 0; i < m; ++i) gram[i * m + i] += rows.ridge;
  cholesky(gram, m, rows.ridge);
  for (auto transposed : {CblasNoTrans, CblasTrans})
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, transposed, CblasNonUnit, order, int(c), 1, gram.data(), order,
                fit.coef.data(), int(c));

  // Hat matrix: H = U U^T with U = features * factor^-T; only its diagonal and the blocks of groups are needed.
  const std::vector<float> factor(gram.begin(), gram.end()), coef(fit.coef.begin(), fit.coef.end());
  const auto groups = groups_of(rows);
  std::vector<std::ptrdiff_t> kept(n, -1);
  std::size_t kept_rows = 0;
  for (const auto& [id, members] : groups)
    if (members.size() > 1)
      for (std::size_t i : members) kept[i] = std::ptrdiff_t(kept_rows++);
  std::vector<float> kept_u(kept_rows * m);
  std::vector<double> residual(n * c);
  fit.loo.resize(n * c);
  parallel_blocks(n, kFeatureBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    const std::size_t k = end - begin;
    std::vector<float> u(features + begin * m, features + end * m), score(k * c);
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(k), int(c), order, 1.f, u.data(), order, coef.data(),
                int(c), 0.f, score.data(), int(c));
    cblas_strsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans, CblasNonUnit, int(k), order, 1.f, factor.data(),
                order, u.data(), order);
    for (std::size_t i = 0; i < k; ++i) {
      const double hat = double(cblas_sdot(order, u.data() + i * m, 1, u.data() + i * m, 1));
      const double rest = std::max(1 - hat, 1e-6);
      for (std::size_t j = 0; j < c; ++j) {
        const std::size_t at = (begin + i) * c + j;
        residual[at] = target[at] - double(score[i * c + j]);
        fit.loo[at] = (target[at] - residual[at] / rest) / scale[begin + i];
      }
      if (kept[begin + i] >= 0)
        std::copy_n(u.begin() + std::ptrdiff_t(i * m), m, kept_u.begin() + kept[begin + i] * std::ptrdiff_t(m));
    }
  });
  for (const auto& [id, members] : groups) {
    const auto g = Eigen::Index(members.size());
    if (g < 2) continue;
    Eigen::MatrixXd part(g, g), r(g, Eigen::Index(c));
    for (Eigen::Index a = 0; a < g; ++a) {
      const float* ua = kept_u.data() + kept[members[std::size_t(a)]] * std::ptrdiff_t(m);
      for (Eigen::Index b = 0; b < g; ++b) {
        const float* ub = kept_u.data() + kept[members[std::size_t(b)]] * std::ptrdiff_t(m);
        part(a, b) = (a == b) - double(cblas_sdot(order, ua, 1, ub, 1));
      }
      for (std::size_t k = 0; k < c; ++k) r(a, Eigen::Index(k)) = residual[members[std::size_t(a)] * c + k];
    }
    const Eigen::MatrixXd left_out = part.partialPivLu().solve(r);
    for (Eigen::Index a = 0; a < g; ++a)
      for (std::size_t k = 0; k < c; ++k) {
        const std::size_t at = members[std::size_t(a)] * c + k;
        fit.loo[at] = (target[at] - left_out(a, Eigen::Index(k))) / scale[members[std::size_t(a)]];
      }
  }
  return fit;
}

float choose_temperature(std::span<const double> loo, std::span<const int> cls, int classes, int threads,
                         double* least) {
  constexpr double kTemperatures[] = {2, 4, 6, 8, 12, 16, 24};
  constexpr std::size_t kCount = std::size(kTemperatures), kBlock = 1024;
  const std::size_t n = cls.size(), c = std::size_t(classes);
  if (n == 0) return float(kTemperatures[0]);
  std::vector<double> losses((n + kBlock - 1) / kBlock * kCount, 0);
  parallel_blocks(n, kBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t) {
    double* loss = losses.data() + begin / kBlock * kCount;
    for (std::size_t i = begin; i < end; ++i) {
      const double* s = loo.data() + i * c;
      const double top = *std::max_element(s, s + c);
      for (std::size_t t = 0; t < kCount; ++t) {
        double sum = 0;
        for (std::size_t k = 0; k < c; ++k) sum += std::exp(kTemperatures[t] * (s[k] - top));
        loss[t] -= std::log(std::exp(kTemperatures[t] * (s[std::size_t(cls[i])] - top)) / sum + 1e-9);
      }
    }
  });
  double total[kCount] = {};
  for (std::size_t i = 0; i < losses.size(); ++i) total[i % kCount] += losses[i];
  const double* best = std::min_element(total, total + kCount);
  if (least) *least = *best / double(n);
  return float(kTemperatures[best - total]);
}

}  // namespace mp::ml
