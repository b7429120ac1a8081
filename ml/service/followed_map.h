// The map of a complete pool that follows a model: the features behind it, what the model says, the places, and what the
// next step starts from. Owned by the projector's thread.
#pragma once
#include <optional>

#include "ml/data/feature_table.h"
#include "ml/data/labels.h"
#include "ml/data/predictions.h"
#include "ml/service/map_backend.h"
#include "ml/service/map_settings.h"
#include "ml/service/stored_map.h"

namespace mp::ml {

/// `reduced` (n x d of unit total variance) beside what the model makes of the samples. Of a network that is what its
/// classifier sees, of the same total variance but for the weight; of other models the square roots of the
/// probabilities: two samples that the model is sure to be of different classes are about as far apart as two samples
/// of the pool are on average (the distance of Hellinger, weighted). Predictions of nothing, of no labels or of another
/// pool leave `reduced` as it is.
FeaturesPtr with_model(FeaturesPtr reduced, const Predictions* predictions);

/// What tells the predictions of two rounds apart; 0: the images alone.
std::uint64_t model_key(const Predictions* predictions);

class FollowedMap {
 public:
  explicit FollowedMap(MapBackend backend) : backend_(std::move(backend)) {}

  /// New features: reduced to at most 64 principal components of unit total variance. Where there are more samples than
  /// the map has, the new ones are placed by their neighbours, no other moves, and it says true; else it forgets the map.
  Result<bool> set_features(FeaturesPtr standardised, const CancelToken& cancel);
  bool has_features() const { return reduced_ != nullptr; }
  std::uint64_t features_key() const { return features_key_; }
  void set_model(PredictionsPtr predictions) { model_ = std::move(predictions); }
  const PredictionsPtr& model() const { return model_; }

  /// The principal components: there at once, where the map begins.
  Result<Projection> components(const CancelToken& cancel) const;
  /// A map from nothing.
  Result<void> make(const MapSettings& settings, LabelsPtr labels, const UmapProgress& progress, const CancelToken& cancel);
  /// Places that were kept, of the same features. `labels` as in make, where the kept map is supervised.
  void adopt(const StoredMap& stored, LabelsPtr labels);
  /// From the old places to what the model says now. The map stays as it was where this fails or is cancelled. False: the
  /// map shows that already.
  Result<bool> follow(const UmapProgress& progress, const CancelToken& cancel);

  /// What the updates began, brought to its end by one long run, once after each. The map stays as it was where this
  /// fails or is cancelled. False: there is nothing to bring to an end.
  Result<bool> settle(const UmapProgress& progress, const CancelToken& cancel);
  bool unsettled() const { return unsettled_; }
  void leave_unsettled() { unsettled_ = false; }

  bool has_map() const { return map_.has_value(); }
  MapSettings made_by() const { return {map_->method, true, !pulled_.empty()}; }   // method and supervised
  Projection projection() const;
  std::size_t left_out() const { return map_ ? map_->left_out() : 0; }
  StoredMap stored() const;

 private:
  std::vector<ClassId> classes_of(const LabelsPtr& labels) const;   // a row each; empty without labels

  MapBackend backend_;
  std::uint64_t features_key_ = 0;
  FeaturesPtr reduced_;
  PredictionsPtr model_;
  std::optional<NeighbourMap> map_;
  std::vector<ClassId> pulled_;         // the classes that map_ pulls together; empty: it does not
  std::uint64_t shown_key_ = 0;         // of what map_ shows
  PredictionsPtr shown_model_;
  bool unsettled_ = false;              // moved by updates alone since the last long run
};

}  // namespace mp::ml
