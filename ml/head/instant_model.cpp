#include "ml/head/instant_model.h"

#include <cmath>
#include <limits>
#include <map>

#include "engine/base/clock.h"
#include "ml/head/instant_impl.h"
#include "ml/head/kernel.h"

namespace mp::ml {
namespace {

Error cancelled() {
  return Error{"the refit was cancelled", {}, {}, {}, "a newer label change replaces it"};
}

}  // namespace

InstantModel::InstantModel() : impl_(std::make_unique<Impl>()) {}
InstantModel::~InstantModel() = default;

InstantModel::InstantModel(FeaturesPtr features, std::span<const SampleId> standardise_on, InstantOptions options)
    : InstantModel() {
  options.exact_labels = std::max(options.exact_labels, 1);
  options.landmarks = std::max(options.landmarks, 1);
  impl_->options = options;
  impl_->ridge_now = double(options.ridge);
  if (!features) features = make_features("", 0, 0, {});
  impl_->rows = std::make_unique<RowSource>(features, standardise_on, options.threads, options.blocks);
  std::erase_if(impl_->options.block_weights, [&](const auto& w) {
    return w.size() != impl_->rows->blocks().size() || !(*std::max_element(w.begin(), w.end()) > 0);
  });
  if (!impl_->options.block_weights.empty()) impl_->rows->set_weights(impl_->options.block_weights.front());
  impl_->pool.assign(standardise_on.begin(), standardise_on.end());
  const std::size_t n = features->n;
  const auto exact = std::size_t(options.exact_labels);
  impl_->columns = std::make_unique<ColumnCache>(n, n <= kSmallPool ? exact + exact / 4 : exact);
  impl_->fitted.extractor = features->extractor;
  impl_->fitted.standardiser = impl_->rows->standardiser();
  impl_->fitted.gamma = impl_->gamma();
}

Result<PredictionsPtr> InstantModel::refit(std::span<const Labelled> labelled, int classes,
                                           std::uint64_t label_revision, const DegradedRows* degraded,
                                           const CancelToken& cancel) {
  Stopwatch watch;
  if (!impl_->rows)
    return fail("the model was read from a file and has no pool to refit on", {}, {}, {},
                "open its project to train it further");
  if (classes < 1 || classes > kMaxClasses)
    return fail("the model needs classes", {}, "1 to " + std::to_string(kMaxClasses) + " classes",
                std::to_string(classes), "add a class first");
  use_single_threaded_blas();
  if (!degraded && std::all_of(labelled.begin(), labelled.end(), [&](const Labelled& l) {
        return l.id < impl_->rows->n() && l.cls >= 0 && l.cls < classes;
      }))
    impl_->choose_weights(labelled, classes);
  auto gathered = impl_->gather(labelled, classes, degraded);
  if (!gathered) return tl::make_unexpected(gathered.error());
  const FitRows& fit = *gathered;
  const std::size_t n = impl_->rows->n(), c = fit.present.size(), all = std::size_t(classes);

  std::map<int, int> members;
  for (std::size_t i = 0; i < fit.ids.size(); ++i)
    if (fit.group[i] >= 0) ++members[fit.group[i]];
  int grouped = 0;
  for (const auto& [group, count] : members) grouped += count > 1 ? count : 0;

  FittedModel model;
  model.extractor = impl_->rows->raw().extractor;
  model.standardiser = impl_->rows->standardiser();
  model.gamma = impl_->gamma();
  model.classes = classes;
  model.present = fit.present;
  auto out = std::make_shared<Predictions>();
  out->model = "instant";
  out->label_revision = label_revision;
  out->n = n;
  out->classes = classes;
  out->labelled = int(fit.labels);
  out->landmarks = c > 1 && !fit.exact;
  out->probability.assign(n * all, 1.f / float(classes));

  std::vector<float> loo(labelled.size() * all, 1.f / float(classes));
  bool done = !cancel.cancelled();
  if (done && c == 1) {
    for (std::size_t i = 0; i < n; ++i)
      if (impl_->rows->usable(SampleId(i)))
        for (std::size_t k = 0; k < all; ++k) out->probability[i * all + k] = int(k) == fit.present[0];
    for (std::size_t i = 0; i < labelled.size(); ++i)
      if (fit.given[i] >= 0)
        for (std::size_t k = 0; k < all; ++k) loo[i * all + k] = int(k) == fit.present[0];
  } else if (done && c > 1) {
    RidgeFit ridge;
    std::vector<int> slots;
    done = out->landmarks ? impl_->fit_landmarks(fit, model, ridge, cancel)
                          : impl_->fit_exact(fit, model, ridge, slots, cancel);
    if (done) {
      model.temperature = choose_temperature(ridge.loo, fit.cls, int(c), impl_->options.threads);
      done = out->landmarks ? impl_->score_landmarks(model, ridge, *out, cancel)
                            : impl_->score_columns(model, fit, slots, *out, cancel);
      std::vector<float> scores(c), scratch(2);
      for (std::size_t i = 0; i < labelled.size(); ++i) {
        if (fit.given[i] == -2)
          std::fill_n(loo.begin() + std::ptrdiff_t(i * all), all, std::numeric_limits<float>::quiet_NaN());
        if (fit.given[i] < 0) continue;
        for (std::size_t k = 0; k < c; ++k) scores[k] = float(ridge.loo[std::size_t(fit.given[i]) * c + k]);
        softmax_columns(scores.data(), 1, 1, int(c), model.temperature, scratch.data());
        spread_probabilities(scores.data(), 1, fit.present, classes, loo.data() + i * all);
      }
    }
  }
  if (!done) return tl::make_unexpected(cancelled());

  summarise(*out);
  for (std::size_t i = 0; i < n; ++i)
    if (c == 0 || !impl_->rows->usable(SampleId(i))) out->predicted[i] = kNoClass;
  impl_->fitted = std::move(model);
  impl_->grouped = grouped;
  impl_->loo = std::move(loo);
  out->compute_ms = watch.ms();
  return out;
}

std::span<const float> InstantModel::leave_one_out() const {
  return impl_->loo;
}

std::vector<float> InstantModel::predict(std::span<const float> raw_rows) const {
  return impl_->fitted.predict(raw_rows);
}

std::vector<std::uint8_t> InstantModel::serialise() const {
  return impl_->fitted.to_bytes();
}

Result<std::unique_ptr<InstantModel>> InstantModel::deserialise(std::span<const std::uint8_t> bytes) {
  auto fitted = FittedModel::from_bytes(bytes);
  if (!fitted) return tl::make_unexpected(fitted.error());
  std::unique_ptr<InstantModel> model(new InstantModel());
  model->impl_->fitted = std::move(*fitted);
  return model;
}

std::span<const float> InstantModel::block_weights() const {
  if (impl_->options.block_weights.empty()) return {};
  return impl_->options.block_weights[impl_->weights];
}
int InstantModel::grouped_labels() const { return impl_->grouped; }

FeaturesPtr InstantModel::standardised() const {
  if (!impl_->rows) return nullptr;
  if (impl_->rows->n() <= kSmallPool || impl_->rows->d() <= kReducedDims)
    return impl_->rows->table(impl_->options.threads);
  if (!impl_->reduced) impl_->reduced = impl_->reduce();
  return impl_->reduced;
}

}  // namespace mp::ml
