// The exact fit of the instant model: kernel columns of the labelled rows, one solve, one product.
#include <cblas.h>

#include "ml/head/instant_impl.h"
#include "ml/head/kernel.h"

namespace mp::ml {

bool InstantModel::Impl::fit_exact(const FitRows& fit, FittedModel& model, RidgeFit& ridge, std::vector<int>& slots,
                                   const CancelToken& cancel) {
  const std::size_t d = rows->d(), n = rows->n(), l = fit.size();
  std::vector<std::size_t> fresh;
  slots = columns->acquire(fit.keys, fresh);
  const std::size_t k = fresh.size();
  // BLAS picks its inner loops by shape, which moves the last bit. Whole vectors of columns, whole blocks of rows and
  // enough work to stay clear of its loops for small matrices keep a column the same bits whichever refit computed it.
  const std::size_t least = 1'200'000 / (kColumnBlock * std::max<std::size_t>(d, 1)) + 1;
  const std::size_t padded = k == 0 ? 0 : (std::max(k, least) + 15) / 16 * 16;
  std::vector<float> centres(padded * d), norms(padded);
  std::vector<std::uint64_t> keys(k);
  for (std::size_t j = 0; j < k; ++j) {
    std::copy_n(fit.x.begin() + std::ptrdiff_t(fresh[j] * d), d, centres.begin() + std::ptrdiff_t(j * d));
    norms[j] = fit.norms[fresh[j]];
    keys[j] = fit.keys[fresh[j]];
  }
  const auto workers = std::size_t(std::max(options.threads, 1));
  std::vector<std::vector<float>> raw(workers), tile(workers), row_norms(workers);
  if (k > 0) {
    for (std::size_t w = 0; w < workers; ++w) {
      raw[w].resize(kColumnBlock * d);
      tile[w].resize(kColumnBlock * padded);
      row_norms[w].resize(kColumnBlock);
    }
    parallel_blocks(n, kColumnBlock, options.threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
      if (cancel.cancelled()) return;
      const std::size_t m = end - begin;
      const float* x = rows->block(begin, end, raw[w].data());
      if (m < kColumnBlock && x != raw[w].data()) {
        std::copy_n(x, m * d, raw[w].data());
        x = raw[w].data();
      }
      std::copy_n(rows->norms().data() + begin, m, row_norms[w].data());
      rbf_block(centres.data(), norms.data(), padded, x, row_norms[w].data(), kColumnBlock, d, gamma(), tile[w].data(),
                kColumnBlock);
      for (std::size_t j = 0; j < k; ++j)
        std::copy_n(tile[w].begin() + std::ptrdiff_t(j * kColumnBlock), m, columns->column(slots[fresh[j]]) + begin);
    });
  }
  if (cancel.cancelled()) {
    columns->forget(keys);
    return false;
  }

  std::vector<float> k32(l * l);
  rbf_block(fit.x.data(), fit.norms.data(), l, fit.x.data(), fit.norms.data(), l, d, gamma(), k32.data(), l);
  std::vector<double> k64(l * l);
  for (std::size_t i = 0; i < l; ++i)
    for (std::size_t j = 0; j < l; ++j)
      k64[i * l + j] = i == j ? 1 : (double(k32[i * l + j]) + double(k32[j * l + i])) / 2;
  ridge = ridge_in_kernel(k64, {fit.cls, fit.group, int(fit.present.size()), ridge_now});
  model.centres = fit.x;
  model.weights.assign(ridge.coef.begin(), ridge.coef.end());
  return true;
}

bool InstantModel::Impl::score_columns(const FittedModel& model, const FitRows& fit, const std::vector<int>& slots,
                                       Predictions& out, const CancelToken& cancel) {
  const std::size_t c = model.present.size(), l = fit.size();
  std::vector<const float*> column(l);
  for (std::size_t i = 0; i < l; ++i) column[i] = columns->column(slots[i]);
  std::vector<std::vector<float>> packed(std::size_t(std::max(options.threads, 1)),
                                         std::vector<float>(l * kScoreBlock));
  return score(model, out, cancel, [&](std::size_t begin, std::size_t end, std::size_t w, float* s) {
    const std::size_t m = end - begin;
    for (std::size_t i = 0; i < l; ++i)
      std::copy_n(column[i] + begin, m, packed[w].begin() + std::ptrdiff_t(i * kScoreBlock));
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, int(c), int(m), int(l), 1.f, model.weights.data(), int(c),
                packed[w].data(), int(kScoreBlock), 0.f, s, int(kScoreBlock));
  });
}

}  // namespace mp::ml
