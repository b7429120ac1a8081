#include "ml/service/followed_map.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/base/hash.h"
#include "ml/project/pca.h"
#include "ml/project/rows.h"

namespace mp::ml {
namespace {

constexpr int kComponents = 64;
// Two sure samples of different classes are sqrt(2) times this apart; two of the pool are sqrt(2) apart on average.
constexpr float kModelWeight = .9f;

}  // namespace

std::uint64_t model_key(const Predictions* p) {
  if (!p || p->labelled == 0 || p->classes < 2) return 0;
  return hash_combine(hash_bytes(p->model), hash_combine(p->label_revision, p->n)) | 1;
}

FeaturesPtr with_model(FeaturesPtr reduced, const Predictions* p) {
  if (model_key(p) == 0 || p->n != reduced->n) return reduced;
  const std::size_t n = reduced->n, d = reduced->d, c = std::size_t(p->classes);
  std::vector<float> values(n * (d + c));
  for (std::size_t i = 0; i < n; ++i) {
    float* row = values.data() + i * (d + c);
    const auto from = reduced->row(SampleId(i));
    std::copy(from.begin(), from.end(), row);
    for (std::size_t k = 0; k < c; ++k) row[d + k] = kModelWeight * std::sqrt(std::max(0.f, p->probability[i * c + k]));
  }
  auto out = make_features(reduced->extractor + "+" + p->model, n, d + c, std::move(values));
  out->valid = reduced->valid;
  return out;
}

Result<bool> FollowedMap::set_features(FeaturesPtr standardised, const CancelToken& cancel) {
  auto before = std::exchange(map_, std::nullopt);
  shown_model_.reset();
  reduced_.reset();
  features_key_ = map_key(*standardised);
  const std::size_t n = standardised->n, d = std::min<std::size_t>(kComponents, std::max<std::size_t>(1, standardised->d));
  auto scores = pca_scores(*standardised, int(d), 1, cancel);
  if (!scores) return tl::make_unexpected(scores.error());
  // Centred, so that the total variance is the mean of the squared lengths.
  const auto usable = usable_rows(*standardised);
  double sum = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!usable[i]) continue;
    ++count;
    for (std::size_t k = 0; k < d; ++k) sum += double((*scores)[i * d + k]) * (*scores)[i * d + k];
  }
  const float unit = sum > 0 ? float(std::sqrt(double(count) / sum)) : 0;
  for (float& v : *scores) v *= unit;
  auto reduced = make_features(standardised->extractor + "/" + std::to_string(d), n, d, std::move(*scores));
  reduced->valid = usable;
  reduced_ = std::move(reduced);
  if (!before || before->n >= n || before->n == 0) return false;
  auto more = backend_.extend(*before, *reduced_, cancel);
  if (!more) return tl::make_unexpected(more.error());
  map_ = std::move(*more);
  shown_key_ = 0;
  return true;
}

Result<Projection> FollowedMap::components(const CancelToken& cancel) const { return project_pca(*reduced_, 1, cancel); }

Result<void> FollowedMap::make(const MapSettings& settings, LabelsPtr labels, const UmapProgress& progress,
                               const CancelToken& cancel) {
  const auto model = settings.follow ? model_ : nullptr;
  const auto rows = with_model(reduced_, model.get());
  std::vector<ClassId> pulled;
  if (settings.supervised && labels) {
    pulled = labels->cls;
    pulled.resize(rows->n, kNoClass);
  }
  auto made = backend_.make(settings.method, *rows, std::move(pulled), progress, cancel);
  if (!made) return tl::make_unexpected(made.error());
  map_ = std::move(*made);
  shown_model_ = model;
  shown_key_ = model_key(model.get());
  return {};
}

void FollowedMap::adopt(const StoredMap& stored) {
  NeighbourMap m;
  m.method = stored.projection.method;
  m.n = reduced_->n;
  m.scale = stored.scale;
  m.xy = stored.projection.xy;
  for (float& v : m.xy) v /= stored.scale;
  m.usable = reduced_->valid;
  map_ = std::move(m);
  shown_key_ = stored.model;
  shown_model_.reset();
}

Result<bool> FollowedMap::follow(const UmapProgress& progress, const CancelToken& cancel) {
  if (!map_ || !reduced_) return false;
  const auto key = model_key(model_.get());
  if (key == shown_key_) {
    if (!shown_model_) shown_model_ = model_;
    return false;
  }
  NeighbourMap before = *map_;
  if (before.graph.n == 0) {
    auto graph = backend_.neighbours(*with_model(reduced_, shown_model_.get()), cancel);
    if (!graph) return tl::make_unexpected(graph.error());
    before.graph = std::move(*graph);
  }
  auto after = backend_.update(before, *with_model(reduced_, model_.get()), progress, cancel);
  if (!after) return tl::make_unexpected(after.error());
  map_ = std::move(*after);
  shown_model_ = model_;
  shown_key_ = key;
  return true;
}

StoredMap FollowedMap::stored() const { return {features_key_, shown_key_, map_->scale, map_->projection()}; }

}  // namespace mp::ml
