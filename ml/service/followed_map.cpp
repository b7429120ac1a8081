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

/// Divides by the root of the mean squared distance from the mean of the usable rows and moves the mean to 0; rows that
/// are not usable become 0.
void to_unit_variance(std::vector<float>& values, std::size_t n, std::size_t d, const std::vector<std::uint8_t>& usable) {
  std::vector<double> mean(d, 0.0);
  std::size_t count = 0;
  for (std::size_t i = 0; i < n; ++i) {
    if (!usable[i]) continue;
    ++count;
    for (std::size_t k = 0; k < d; ++k) mean[k] += values[i * d + k];
  }
  for (double& m : mean) m /= double(std::max<std::size_t>(1, count));
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < d; ++k) {
      float& v = values[i * d + k];
      v = usable[i] ? v - float(mean[k]) : 0;
      sum += double(v) * v;
    }
  const float unit = sum > 0 ? float(std::sqrt(double(count) / sum)) : 0;
  for (float& v : values) v *= unit;
}

/// n x columns that say what the model makes of the samples.
std::vector<float> opinion(const Predictions& p) {
  if (!p.embedding) {
    std::vector<float> root(p.probability.size());
    for (std::size_t i = 0; i < root.size(); ++i) root[i] = kModelWeight * std::sqrt(std::max(0.f, p.probability[i]));
    return root;
  }
  std::vector<float> seen(p.embedding->values.begin(), p.embedding->values.end());
  to_unit_variance(seen, p.n, p.embedding->d, p.embedding->valid);
  for (float& v : seen) v *= kModelWeight;
  return seen;
}

}  // namespace

std::uint64_t model_key(const Predictions* p) {
  if (!p || p->labelled == 0 || p->classes < 2) return 0;
  auto key = hash_combine(hash_bytes(p->model), hash_combine(p->label_revision, p->n));
  if (p->embedding) key = hash_combine(key, map_key(*p->embedding));   // trained again on the same labels
  return key | 1;
}

FeaturesPtr with_model(FeaturesPtr reduced, const Predictions* p) {
  if (model_key(p) == 0 || p->n != reduced->n) return reduced;
  const auto said = opinion(*p);
  const std::size_t n = reduced->n, d = reduced->d, c = said.size() / n;
  std::vector<float> values(n * (d + c));
  for (std::size_t i = 0; i < n; ++i) {
    float* row = values.data() + i * (d + c);
    const auto from = reduced->row(SampleId(i));
    std::copy(from.begin(), from.end(), row);
    std::copy_n(said.begin() + std::ptrdiff_t(i * c), c, row + d);
  }
  auto out = make_features(reduced->extractor + "+" + p->model, n, d + c, std::move(values));
  out->valid = reduced->valid;
  return out;
}

Result<bool> FollowedMap::set_features(FeaturesPtr standardised, const CancelToken& cancel) {
  const std::size_t n = standardised->n, d = std::min<std::size_t>(kComponents, std::max<std::size_t>(1, standardised->d));
  auto scores = pca_scores(*standardised, int(d), 1, cancel);
  if (!scores) return tl::make_unexpected(scores.error());
  const auto usable = usable_rows(*standardised);
  to_unit_variance(*scores, n, d, usable);
  auto reduced = make_features(standardised->extractor + "/" + std::to_string(d), n, d, std::move(*scores));
  reduced->valid = usable;
  std::optional<NeighbourMap> extended;
  if (map_ && map_->n > 0 && map_->n < n) {
    auto more = backend_.extend(*map_, *reduced, cancel);
    if (!more) return tl::make_unexpected(more.error());
    extended = std::move(*more);
  }
  // Nothing is forgotten before all of the new is there.
  features_key_ = map_key(*standardised);
  reduced_ = std::move(reduced);
  map_ = std::move(extended);
  if (!map_) pulled_.clear();
  pulled_.resize(pulled_.empty() ? 0 : n, kNoClass);
  shown_model_.reset();
  shown_key_ = 0;
  unsettled_ = false;
  return map_.has_value();
}

std::vector<ClassId> FollowedMap::classes_of(const LabelsPtr& labels) const {
  if (!labels) return {};
  auto cls = labels->cls;
  cls.resize(reduced_->n, kNoClass);
  return cls;
}

Result<Projection> FollowedMap::components(const CancelToken& cancel) const { return project_pca(*reduced_, 1, cancel); }

Result<void> FollowedMap::make(const MapSettings& settings, LabelsPtr labels, const UmapProgress& progress,
                               const CancelToken& cancel) {
  const auto model = settings.follow ? model_ : nullptr;
  const auto rows = with_model(reduced_, model.get());
  auto pulled = settings.supervised && settings.method == "umap" ? classes_of(labels) : std::vector<ClassId>();
  auto made = backend_.make(settings.method, *rows, pulled, progress, cancel);
  if (!made) return tl::make_unexpected(made.error());
  map_ = std::move(*made);
  pulled_ = std::move(pulled);
  unsettled_ = false;
  shown_model_ = model;
  shown_key_ = model_key(model.get());
  return {};
}

void FollowedMap::adopt(const StoredMap& stored, LabelsPtr labels) {
  NeighbourMap m;
  m.method = stored.projection.method;
  m.n = reduced_->n;
  m.scale = stored.scale;
  m.xy = stored.projection.xy;
  for (float& v : m.xy) v /= stored.scale;
  m.usable = reduced_->valid;
  map_ = std::move(m);
  pulled_ = stored.projection.supervised ? classes_of(labels) : std::vector<ClassId>();
  unsettled_ = false;
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
  if (before.graph.n == 0 && before.method != "pca") {
    auto graph = backend_.neighbours(before.method, *with_model(reduced_, shown_model_.get()), cancel);
    if (!graph) return tl::make_unexpected(graph.error());
    before.graph = std::move(*graph);
  }
  auto after = backend_.update(before, *with_model(reduced_, model_.get()), pulled_, progress, cancel);
  if (!after) return tl::make_unexpected(after.error());
  map_ = std::move(*after);
  unsettled_ = map_->method != "pca";   // components are where they are
  shown_model_ = model_;
  shown_key_ = key;
  return true;
}

Result<bool> FollowedMap::settle(const UmapProgress& progress, const CancelToken& cancel) {
  if (!map_ || !unsettled_) return false;
  auto settled = backend_.settle(*map_, pulled_, progress, cancel);
  if (!settled) return tl::make_unexpected(settled.error());
  map_ = std::move(*settled);
  unsettled_ = false;
  return true;
}

Projection FollowedMap::projection() const {
  auto p = map_->projection();
  p.supervised = !pulled_.empty();
  return p;
}

StoredMap FollowedMap::stored() const { return {features_key_, shown_key_, map_->scale, projection()}; }

}  // namespace mp::ml
