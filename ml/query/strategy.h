// Query strategies: which samples to label next. One file each; strategies() lists them. Pure; any thread.
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/feature_table.h"
#include "ml/data/predictions.h"

namespace mp::ml {

struct QueryInput {
  std::span<const SampleId> candidates;  // unlabelled, in the pool split, with features
  std::span<const SampleId> labelled;
  std::span<const ClassId> labelled_class;   // beside labelled; may be empty for strategies that do not need it
  const Predictions* predictions = nullptr;  // null while nothing is labelled
  const FeatureTable* features = nullptr;    // standardised
  std::span<const float> disagreement;       // of a network's passes with dropout (bald.h), by sample id
  int k = 12;
  std::uint64_t seed = 1;
};

struct StrategyInfo {
  std::string_view name;          // "margin"
  std::string_view title;         // "margin"
  std::string_view description;   // one line for a tooltip, with its source
  bool needs_predictions = true;  // without labels the cold start (medoids) answers instead
};

/// random, least-confidence, margin, entropy, medoids, msd, kls, k-center, badge, typiclust, bald.
std::span<const StrategyInfo> strategies();

/// At most k distinct ids, best first; fewer when there are fewer candidates. Deterministic for a seed; ties by id.
/// A strategy that needs predictions falls back to medoids while there are none, or while they say the same of every
/// candidate (one class labelled). Above 20,000 candidates medoids and typiclust work on a random subset of 20,000,
/// k-center and badge on the 20,000 of least margin.
/// Errors: unknown strategy (lists the known), k < 1, features, predictions or the disagreement of passes that are
/// missing or do not cover the candidates.
Result<std::vector<SampleId>> query(std::string_view strategy, const QueryInput& input);

}  // namespace mp::ml
