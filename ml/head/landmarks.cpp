#include "ml/head/landmarks.h"

#include <cblas.h>

#include <algorithm>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/head/kernel.h"
#include "ml/head/parallel.h"
#include "ml/head/ridge.h"

namespace mp::ml {
namespace {

constexpr std::size_t kProposals = 64;  // rows drawn at once, thinned afterwards
constexpr float kExplained = 1e-5f;     // residual below which a row adds nothing that float can hold
constexpr double kJitter = 1e-6;
constexpr std::size_t kTableBlock = 256;

}  // namespace

Landmarks Landmarks::choose(const RowSource& rows, std::span<const SampleId> pool, int count, float gamma,
                            std::uint64_t seed, const CancelToken& cancel) {
  use_single_threaded_blas();
  Landmarks result;
  const std::size_t d = rows.d();
  std::vector<SampleId> ids;
  for (SampleId id : pool)
    if (id < rows.n() && rows.usable(id)) ids.push_back(id);
  if (ids.empty())
    for (std::size_t i = 0; i < rows.n(); ++i)
      if (rows.usable(SampleId(i))) ids.push_back(SampleId(i));
  Rng rng(hash_combine(seed, 0x6c616e646d61726bull));
  const std::size_t s = std::min(ids.size(), kCandidates);
  for (std::size_t i = 0; i < s; ++i) std::swap(ids[i], ids[i + rng.below(std::uint32_t(ids.size() - i))]);
  ids.resize(s);
  std::sort(ids.begin(), ids.end());
  if (s == 0 || count < 1) return result;

  std::vector<float> x(s * d), norms(s);
  for (std::size_t i = 0; i < s; ++i) {
    rows.copy_row(ids[i], x.data() + i * d);
    norms[i] = rows.norms()[ids[i]];
  }
  const std::size_t want = std::min(std::size_t(count), s);
  std::vector<float> factor(want * s);  // row t: column t of the partial Cholesky factor over the candidates
  std::vector<double> residual(s, 1);
  std::vector<std::size_t> chosen;
  std::vector<float> proposal_rows, proposal_norms, column, left;
  std::vector<double> running(s);
  while (chosen.size() < want && !cancel.cancelled()) {
    if (*std::max_element(residual.begin(), residual.end()) < kExplained) break;
    double sum = 0;
    for (std::size_t i = 0; i < s; ++i) running[i] = sum += residual[i];
    std::vector<std::size_t> drawn;
    for (std::size_t k = 0; k < kProposals; ++k) {
      const double at = double(rng.unit()) * sum;
      const auto i =
          std::min(std::size_t(std::upper_bound(running.begin(), running.end(), at) - running.begin()), s - 1);
      if (residual[i] >= kExplained && std::find(drawn.begin(), drawn.end(), i) == drawn.end()) drawn.push_back(i);
    }
    if (drawn.empty())
      drawn.push_back(std::size_t(std::max_element(residual.begin(), residual.end()) - residual.begin()));
    const std::size_t b = drawn.size(), t = chosen.size();

    // Residual kernel of the proposals against all candidates.
    proposal_rows.resize(b * d);
    proposal_norms.resize(b);
    left.resize(b * std::max<std::size_t>(t, 1));
    for (std::size_t k = 0; k < b; ++k) {
      std::copy_n(x.begin() + std::ptrdiff_t(drawn[k] * d), d, proposal_rows.begin() + std::ptrdiff_t(k * d));
      proposal_norms[k] = norms[drawn[k]];
      for (std::size_t j = 0; j < t; ++j) left[k * t + j] = factor[j * s + drawn[k]];
    }
    column.resize(b * s);
    rbf_block(proposal_rows.data(), proposal_norms.data(), b, x.data(), norms.data(), s, d, gamma, column.data(), s);
    if (t > 0)
      cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, int(b), int(s), int(t), -1.f, left.data(), int(t),
                  factor.data(), int(s), 1.f, column.data(), int(s));
    const std::vector<double> before = [&] {
      std::vector<double> v(b);
      for (std::size_t k = 0; k < b; ++k) v[k] = residual[drawn[k]];
      return v;
    }();
    // Accepting each with the share that its residual kept within this batch gives the law of one draw at a time.
    for (std::size_t k = 0; k < b && chosen.size() < want; ++k) {
      const std::size_t pivot = drawn[k];
      const double r = residual[pivot];
      if (r < kExplained || double(rng.unit()) * before[k] >= r) continue;
      float* out = factor.data() + chosen.size() * s;
      std::copy_n(column.begin() + std::ptrdiff_t(k * s), s, out);
      for (std::size_t j = t; j < chosen.size(); ++j)
        cblas_saxpy(int(s), -factor[j * s + pivot], factor.data() + j * s, 1, out, 1);
      const float scale = float(1 / std::sqrt(std::max(double(out[pivot]), r * .5)));
      for (std::size_t i = 0; i < s; ++i) {
        out[i] *= scale;
        residual[i] = std::max(0., residual[i] - double(out[i]) * double(out[i]));
      }
      residual[pivot] = 0;
      chosen.push_back(pivot);
    }
  }
  if (cancel.cancelled()) return result;

  const std::size_t m = chosen.size();
  result.d_ = d;
  result.gamma_ = gamma;
  result.centres_.resize(m * d);
  result.norms_.resize(m);
  for (std::size_t k = 0; k < m; ++k) {
    std::copy_n(x.begin() + std::ptrdiff_t(chosen[k] * d), d, result.centres_.begin() + std::ptrdiff_t(k * d));
    result.norms_[k] = norms[chosen[k]];
  }
  std::vector<float> k32(m * m);
  rbf_block(result.centres_.data(), result.norms_.data(), m, result.centres_.data(), result.norms_.data(), m, d, gamma,
            k32.data(), m);
  std::vector<double> k64(m * m), inverse(m * m, 0);
  for (std::size_t i = 0; i < m; ++i)
    for (std::size_t j = 0; j < m; ++j)
      k64[i * m + j] = i == j ? 1 + kJitter : (double(k32[i * m + j]) + double(k32[j * m + i])) / 2;
  cholesky(k64, m, kJitter);
  for (std::size_t i = 0; i < m; ++i) inverse[i * m + i] = 1;
  cblas_dtrsm(CblasRowMajor, CblasLeft, CblasLower, CblasNoTrans, CblasNonUnit, int(m), int(m), 1, k64.data(), int(m),
              inverse.data(), int(m));
  result.inverse_.assign(inverse.begin(), inverse.end());
  return result;
}

void Landmarks::features(const float* rows, const float* norms, std::size_t m, float* out, float* scratch) const {
  const std::size_t k = count();
  rbf_block(rows, norms, m, centres_.data(), norms_.data(), k, d_, gamma_, scratch, k);
  cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, int(m), int(k), int(k), 1.f, scratch, int(k), inverse_.data(),
              int(k), 0.f, out, int(k));
}

std::vector<float> Landmarks::table(const RowSource& rows, int threads, const CancelToken& cancel) const {
  use_single_threaded_blas();
  const std::size_t n = rows.n(), m = count(), d = rows.d();
  std::vector<float> result(n * m);
  const std::size_t workers = std::size_t(std::max(threads, 1));
  std::vector<std::vector<float>> raw(workers), kernel(workers);
  for (std::size_t w = 0; w < workers; ++w) {
    raw[w].resize(kTableBlock * d);
    kernel[w].resize(kTableBlock * m);
  }
  parallel_blocks(n, kTableBlock, threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
    if (cancel.cancelled()) return;
    const float* x = rows.block(begin, end, raw[w].data());
    features(x, rows.norms().data() + begin, end - begin, result.data() + begin * m, kernel[w].data());
    for (std::size_t i = begin; i < end; ++i)
      if (!rows.usable(SampleId(i))) std::fill_n(result.begin() + std::ptrdiff_t(i * m), m, 0.f);
  });
  if (cancel.cancelled()) result = {};
  return result;
}

std::vector<float> Landmarks::kernel_weights(std::span<const double> weights, std::size_t c) const {
  const std::size_t m = count();
  std::vector<double> out(m * c, 0);
  const std::vector<double> inverse(inverse_.begin(), inverse_.end());
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, int(m), int(c), int(m), 1, inverse.data(), int(m),
              weights.data(), int(c), 0, out.data(), int(c));
  return {out.begin(), out.end()};
}

}  // namespace mp::ml
