#include "ml/project/components.h"

#include <cblas.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <functional>

#include "engine/base/hash.h"

namespace mp::ml {
namespace {

constexpr int kOversample = 12;  // extra directions of the subspace: the wanted ones converge by the gap behind them
constexpr int kMaxIterations = 120;
constexpr double kTolerance = 2e-5;  // residual of an eigenpair, in units of the largest eigenvalue
constexpr std::size_t kFewRows = 1024;  // that a wide table may have for its Gram matrix
constexpr double kRankTolerance = 1e-6;  // of the largest eigenvalue: below is rounding
constexpr int kFlushBlocks = 16;     // single-precision sums over this many blocks, then into double

using MatrixF = Eigen::MatrixXf;
using MatrixD = Eigen::MatrixXd;

// Covariance by symmetric rank-k updates over blocks of rows.
Result<MatrixD> covariance(const CentredRows& rows, const CancelToken& cancel) {
  const int d = int(rows.dim());
  std::vector<float> block(std::min(kRowBlock, rows.size()) * d);
  MatrixF part = MatrixF::Zero(d, d);
  MatrixD sum = MatrixD::Zero(d, d);
  int blocks = 0;
  const auto flush = [&] {
    sum += part.cast<double>();
    part.setZero();
    blocks = 0;
  };
  for (std::size_t first = 0; first < rows.size(); first += kRowBlock) {
    if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());
    const std::size_t count = std::min(kRowBlock, rows.size() - first);
    rows.copy(first, count, block.data());
    cblas_ssyrk(CblasColMajor, CblasLower, CblasNoTrans, d, int(count), 1, block.data(), d, 1, part.data(), d);
    if (++blocks == kFlushBlocks) flush();
  }
  flush();
  sum /= double(rows.size());
  sum.triangularView<Eigen::StrictlyUpper>() = sum.transpose();
  return sum;
}

// Signs are free in an eigenvector; the loading that decides is the first of those within rounding of the largest.
std::vector<float> with_signs(const MatrixD& vectors, int k) {
  std::vector<float> out(std::size_t(vectors.rows()) * k);
  for (int c = 0; c < k; ++c) {
    const double largest = vectors.col(c).cwiseAbs().maxCoeff();
    double sign = 1;
    for (Eigen::Index i = 0; i < vectors.rows(); ++i) {
      if (std::abs(vectors(i, c)) >= largest * (1 - 1e-5)) {
        sign = vectors(i, c) < 0 ? -1 : 1;
        break;
      }
    }
    for (Eigen::Index i = 0; i < vectors.rows(); ++i)
      out[std::size_t(c) * vectors.rows() + i] = float(sign * vectors(i, c));
  }
  return out;
}

using Product = std::function<Result<MatrixF>(const MatrixF&)>;  // covariance times a thin matrix

MatrixD orthonormal(const MatrixD& m) {
  return Eigen::HouseholderQR<MatrixD>(m).householderQ() * MatrixD::Identity(m.rows(), m.cols());
}

// Subspace iteration with Rayleigh-Ritz (Halko, Martinsson, Tropp 2011, algorithm 4.4, iterated until the pairs stand).
Result<MatrixD> subspace(const Product& times, int d, int k) {
  const int width = std::min(d, k + kOversample);
  MatrixD q(d, width);
  Rng rng(hash_combine(0x9ca, std::uint64_t(d)));
  for (Eigen::Index i = 0; i < q.size(); ++i) q.data()[i] = double(rng.normal());
  q = orthonormal(q);
  for (int i = 0;; ++i) {
    auto product = times(q.cast<float>());
    if (!product) return tl::make_unexpected(product.error());
    const MatrixD y = product->cast<double>();
    const MatrixD small = q.transpose() * y;
    const Eigen::SelfAdjointEigenSolver<MatrixD> ritz((small + small.transpose()) / 2);
    const MatrixD rotation = ritz.eigenvectors().rowwise().reverse();
    const Eigen::VectorXd values = ritz.eigenvalues().reverse();
    const MatrixD vectors = q * rotation, images = y * rotation;
    double residual = 0;
    for (int c = 0; c < k; ++c) residual = std::max(residual, (images.col(c) - values[c] * vectors.col(c)).norm());
    if (residual <= kTolerance * std::abs(values[0]) || i == kMaxIterations || width == d) return MatrixD(vectors);
    q = orthonormal(images);
  }
}

// Fewer rows than columns span few directions: those of the products of the rows with each other (Gram matrix) give
// them without any iteration. Directions beyond the rank are zero.
MatrixD from_gram(const CentredRows& rows, int k) {
  const Eigen::Index n = Eigen::Index(rows.size()), d = Eigen::Index(rows.dim());
  MatrixF x(d, n), gram(n, n);   // a row of the table is a column here
  rows.copy(0, rows.size(), x.data());
  cblas_ssyrk(CblasColMajor, CblasLower, CblasTrans, int(n), int(d), 1, x.data(), int(d), 0, gram.data(), int(n));
  const Eigen::SelfAdjointEigenSolver<MatrixD> solver(gram.cast<double>());
  const auto& values = solver.eigenvalues();
  MatrixD out = MatrixD::Zero(d, k);
  for (int c = 0; c < std::min<int>(k, int(n)); ++c) {
    const double value = values[n - 1 - c];
    if (!(value > kRankTolerance * values[n - 1])) break;
    out.col(c) = (x * solver.eigenvectors().col(n - 1 - c).cast<float>()).cast<double>() / std::sqrt(value);
  }
  return out;
}

}  // namespace

BlasThreads::BlasThreads(int threads) : before_(openblas_get_num_threads()) {
  openblas_set_num_threads(std::max(1, threads));
}
BlasThreads::~BlasThreads() {
  openblas_set_num_threads(before_);
}

Error cancelled_error() {
  return Error{"the projection was cancelled", {}, {}, {}, {}};
}

Result<std::vector<float>> leading_components(const CentredRows& rows, int k, const CancelToken& cancel) {
  const int d = int(rows.dim());
  if (rows.dim() > kMaxDenseDim && rows.size() < rows.dim() && rows.size() <= kFewRows) {
    if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());
    return with_signs(from_gram(rows, k), k);
  }
  if (rows.dim() <= kMaxCovarianceDim) {
    auto c = covariance(rows, cancel);
    if (!c) return tl::make_unexpected(c.error());
    if (rows.dim() <= kMaxDenseDim) {
      const Eigen::SelfAdjointEigenSolver<MatrixD> solver(*c);
      return with_signs(solver.eigenvectors().rowwise().reverse(), k);
    }
    const MatrixF single = c->cast<float>();
    c->resize(0, 0);
    const Product times = [&](const MatrixF& q) -> Result<MatrixF> {
      if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());
      MatrixF out(d, q.cols());
      cblas_ssymm(CblasColMajor, CblasLeft, CblasLower, d, int(q.cols()), 1, single.data(), d, q.data(), d, 0,
                  out.data(), d);
      return out;
    };
    auto vectors = subspace(times, d, k);
    if (!vectors) return tl::make_unexpected(vectors.error());
    return with_signs(*vectors, k);
  }
  std::vector<float> block(std::min(kRowBlock, rows.size()) * d);
  const Product times = [&](const MatrixF& q) -> Result<MatrixF> {
    MatrixF out = MatrixF::Zero(d, q.cols()), score(q.cols(), Eigen::Index(kRowBlock));
    const int width = int(q.cols());
    for (std::size_t first = 0; first < rows.size(); first += kRowBlock) {
      if (cancel.cancelled()) return tl::make_unexpected(cancelled_error());
      const int count = int(std::min(kRowBlock, rows.size() - first));
      rows.copy(first, std::size_t(count), block.data());
      cblas_sgemm(CblasColMajor, CblasTrans, CblasNoTrans, width, count, d, 1, q.data(), d, block.data(), d, 0,
                  score.data(), width);
      cblas_sgemm(CblasColMajor, CblasNoTrans, CblasTrans, d, width, count, 1, block.data(), d, score.data(), width, 1,
                  out.data(), d);
    }
    return MatrixF(out / float(rows.size()));
  };
  auto vectors = subspace(times, d, k);
  if (!vectors) return tl::make_unexpected(vectors.error());
  return with_signs(*vectors, k);
}

}  // namespace mp::ml
