#include "ml/head/principal_axes.h"

#include <cblas.h>

#include <Eigen/QR>
#include <algorithm>

#include "engine/base/hash.h"
#include "ml/head/kernel.h"
#include "ml/head/parallel.h"

namespace mp::ml {
namespace {
constexpr std::size_t kOversample = 8;  // extra directions that make the wanted ones converge
constexpr int kIterations = 8, kThreads = 2;
constexpr std::size_t kParts = 4;
}  // namespace

std::vector<float> principal_axes(const float* rows, std::size_t n, std::size_t d, std::size_t dims) {
  use_single_threaded_blas();
  const std::size_t part = std::max<std::size_t>(1, (n + kParts - 1) / kParts);
  std::vector<std::vector<float>> grams(kParts);
  parallel_blocks(n, part, kThreads, [&](std::size_t begin, std::size_t end, std::size_t) {
    auto& gram = grams[begin / part];
    gram.assign(d * d, 0.f);
    cblas_ssyrk(CblasRowMajor, CblasLower, CblasTrans, int(d), int(end - begin), 1.f / float(n), rows + begin * d,
                int(d), 0.f, gram.data(), int(d));
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
  return {basis.data(), basis.data() + basis.size()};
}

}  // namespace mp::ml
