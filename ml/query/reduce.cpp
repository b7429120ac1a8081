#include "ml/query/reduce.h"

#include <cblas.h>

#include <Eigen/QR>
#include <algorithm>

#include "engine/base/hash.h"
#include "ml/head/kernel.h"
#include "ml/head/parallel.h"
#include "ml/query/selection.h"

namespace mp::ml {
namespace {
constexpr std::size_t kOversample = 8;  // extra directions that make the wanted ones converge
constexpr int kIterations = 8;
constexpr std::size_t kParts = 4;
}  // namespace

Reduced reduce(const FeatureTable& table, std::span<const SampleId> ids, std::size_t dims) {
  use_single_threaded_blas();
  Reduced out{ids.size(), table.d, gather_rows(table, ids)};
  const std::size_t n = out.n, d = out.d;
  if (d <= dims || n == 0) return out;
  std::vector<double> sum(d, 0);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) sum[k] += double(out.values[i * d + k]);
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) out.values[i * d + k] -= float(sum[k] / double(n));

  const std::size_t part = (n + kParts - 1) / kParts;
  std::vector<std::vector<float>> grams(kParts);
  parallel_blocks(n, part, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    auto& gram = grams[begin / part];
    gram.assign(d * d, 0.f);
    cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, int(d), int(end - begin), 1.f / float(n),
                out.values.data() + begin * d, int(d), 0.f, gram.data(), int(d));
  });
  std::vector<float> covariance(d * d, 0.f);
  for (const auto& gram : grams)
    for (std::size_t i = 0; i < gram.size(); ++i) covariance[i] += gram[i];
  for (std::size_t i = 0; i < d; ++i)
    for (std::size_t j = 0; j < i; ++j) covariance[j * d + i] = covariance[i * d + j];

  const std::size_t width = std::min(d, dims + kOversample);
  Eigen::MatrixXf basis = Eigen::MatrixXf::Zero(Eigen::Index(d), Eigen::Index(width));
  Eigen::MatrixXf next = basis;
  Rng rng(0x70636131);
  for (Eigen::Index k = 0; k < basis.size(); ++k) basis.data()[k] = rng.normal();
  for (int it = 0; it < kIterations; ++it) {
    cblas_sgemm(CblasColMajor, CblasNoTrans, CblasNoTrans, int(d), int(width), int(d), 1.f, covariance.data(), int(d),
                basis.data(), int(d), 0.f, next.data(), int(d));
    const Eigen::HouseholderQR<Eigen::MatrixXf> qr(next);
    basis = qr.householderQ() * Eigen::MatrixXf::Identity(Eigen::Index(d), Eigen::Index(width));
  }
  // Iterating with QR orders the directions by variance: the first `dims` are kept, distances need no exact axes.
  std::vector<float> reduced(n * dims);
  parallel_blocks(n, 1024, kQueryThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(end - begin), int(dims), int(d), 1.f,
                out.values.data() + begin * d, int(d), basis.data(), int(d), 0.f, reduced.data() + begin * dims,
                int(dims));
  });
  out.d = dims;
  out.values = std::move(reduced);
  return out;
}

}  // namespace mp::ml
