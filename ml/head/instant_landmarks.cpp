// The fit of the instant model on landmarks, for more labels than the exact head takes.
#include <cblas.h>

#include "ml/head/instant_impl.h"
#include "ml/head/kernel.h"

namespace mp::ml {

bool InstantModel::Impl::fit_landmarks(const FitRows& fit, FittedModel& model, RidgeFit& ridge,
                                       const CancelToken& cancel) {
  if (rows->n() > kSmallPool) columns->clear();  // the landmark table takes its memory
  choose_landmarks(cancel);
  if (cancel.cancelled()) return false;
  const std::size_t m = landmarks.count(), l = fit.size(), clean = fit.ids.size();
  if (phi.empty()) phi = landmarks.table(*rows, options.threads, cancel);
  if (cancel.cancelled()) return false;

  const std::vector<std::uint64_t> keys(fit.keys.begin() + std::ptrdiff_t(clean), fit.keys.end());
  if (keys != degraded_keys) {
    degraded_keys = keys;
    degraded_phi.resize(keys.size() * m);
    std::vector<float> scratch(keys.size() * m);
    landmarks.features(fit.x.data(), fit.norms.data() + clean, keys.size(), degraded_phi.data(), scratch.data());
  }
  std::vector<float> features(l * m);
  for (std::size_t i = 0; i < clean; ++i)
    std::copy_n(phi.begin() + std::ptrdiff_t(fit.ids[i] * m), m, features.begin() + std::ptrdiff_t(i * m));
  std::copy(degraded_phi.begin(), degraded_phi.end(), features.begin() + std::ptrdiff_t(clean * m));
  if (cancel.cancelled()) return false;
  std::vector<float> unexplained(l);
  for (std::size_t i = 0; i < l; ++i)
    unexplained[i] = 1 - cblas_sdot(int(m), features.data() + i * m, 1, features.data() + i * m, 1);
  ridge = ridge_in_features(features.data(), m, unexplained,
                            {fit.cls, fit.group, int(fit.present.size()), ridge_now}, options.threads);
  model.centres = landmarks.centres();
  model.weights = landmarks.kernel_weights(ridge.coef, fit.present.size());
  return !cancel.cancelled();
}

bool InstantModel::Impl::score_landmarks(const FittedModel& model, const RidgeFit& ridge, Predictions& out,
                                         const CancelToken& cancel) {
  const std::size_t c = model.present.size(), m = landmarks.count();
  const std::vector<float> dual(ridge.coef.begin(), ridge.coef.end());
  return score(model, out, cancel, [&](std::size_t begin, std::size_t end, std::size_t, float* s) {
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasTrans, int(c), int(end - begin), int(m), 1.f, dual.data(), int(c),
                phi.data() + begin * m, int(m), 0.f, s, int(kScoreBlock));
  });
}

void InstantModel::prepare_landmarks(const CancelToken& cancel) {
  if (!impl_->rows) return;
  use_single_threaded_blas();
  impl_->choose_landmarks(cancel);
  if (cancel.cancelled() || !impl_->phi.empty()) return;
  const std::size_t in_use = impl_->columns->chunks() * ColumnCache::kChunk;
  if (in_use + impl_->landmarks.count() <= kLargeColumns || impl_->rows->n() <= kSmallPool)
    impl_->phi = impl_->landmarks.table(*impl_->rows, impl_->options.threads, cancel);
}

}  // namespace mp::ml
