// The instant tier's model: RBF kernel ridge head on standardised features, exact up to kExactLabels, on landmarks
// above. Source: shared reference texture_head.py (targets one-hot - 1/C, gamma .1 / D, ridge 1e-3, softmax temperature
// by closed-form leave-one-out log loss). One owner thread (the instant worker or the command line).
#pragma once
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/base/channel.h"
#include "engine/base/error.h"
#include "ml/data/feature_table.h"
#include "ml/data/predictions.h"

namespace mp::ml {

struct Labelled {
  SampleId id;
  ClassId cls;
};

struct InstantOptions {
  int exact_labels = 512;  // above: landmarks
  int landmarks = 512;
  float gamma = .1f;  // divided by D
  float ridge = 1e-3f;
  int threads = 2;
  std::uint64_t seed = 1;
  /// Sizes of the blocks of a feature row and candidate weights, one a block; none: the row is one block. With 25 labels
  /// and then every dozen, leave-one-out chooses among the candidates; until then the first counts.
  std::vector<std::size_t> blocks = {};
  std::vector<std::vector<float>> block_weights = {};
  int choose_from = 25, choose_every = 12;
  /// What leave-one-out leaves out together. By sample id, -1: alone; shorter than the table: the rest alone.
  std::shared_ptr<const std::vector<int>> group_of = {};
  /// Block whose correlation makes two labelled samples one thing (ignored with group_of); -1: none.
  int duplicate_block = -1;
};

/// Features of degraded copies of labelled samples (rows of D), fitted beside the clean rows and never predicted.
struct DegradedRows {
  std::vector<float> features;  // m x D, not standardised
  std::vector<ClassId> cls;     // m
  std::vector<SampleId> of;     // m or empty: whose copy it is; leave-one-out then leaves a row out with its copies
};

class InstantModel {
 public:
  /// `standardise_on`: rows whose mean and deviation standardise all (the pool split). Rows that are not valid get a
  /// uniform prediction and kNoClass.
  InstantModel(FeaturesPtr features, std::span<const SampleId> standardise_on, InstantOptions options = {});
  ~InstantModel();

  /// Fits on `labelled` (distinct ids) and rescores all n rows. Kernel columns of earlier calls are kept (bounded), so
  /// that a label change costs its new columns, one solve and one product. No label: probabilities are uniform.
  /// Errors: classes < 1, an id out of range, cancelled.
  Result<PredictionsPtr> refit(std::span<const Labelled> labelled, int classes, std::uint64_t label_revision,
                               const DegradedRows* degraded = nullptr, const CancelToken& cancel = {});

  /// Chooses the landmarks and, where memory allows (two n x 512 tables beyond the features above 20,000 rows),
  /// computes the kernel on them, so that the first refit above `exact_labels` does not wait for it. Results do not
  /// depend on this call.
  void prepare_landmarks(const CancelToken& cancel = {});

  /// The candidate weights in use, and how many labels were left out together with another one in the last refit.
  std::span<const float> block_weights() const;
  int grouped_labels() const;

  /// Leave-one-out probabilities of the labelled rows of the last refit (L x C), in the order they were given. Of more
  /// than 8,192 labels a fit uses so many, spread over the classes; the rows of the others are NaN.
  std::span<const float> leave_one_out() const;

  /// Probabilities of rows that are not in the table (m x D raw features -> m x C) with the last fit.
  std::vector<float> predict(std::span<const float> raw_rows) const;

  /// Everything predict() needs, as bytes, and back: a project's model applied to new images without its pool.
  std::vector<std::uint8_t> serialise() const;
  static Result<std::unique_ptr<InstantModel>> deserialise(std::span<const std::uint8_t> bytes);

  /// Standardised and weighted rows (n x D) as of the last refit, for query strategies and the projection. Of more than
  /// 20,000 rows the first 128 principal components, with the weights that the model began with.
  FeaturesPtr standardised() const;

 private:
  InstantModel();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace mp::ml
