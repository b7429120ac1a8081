// The inside of InstantModel, for the files of its parts: instant_model.cpp (fitting from outside), instant_rows.cpp (what
// is fitted), instant_weights.cpp, instant_exact.cpp, instant_landmarks.cpp. Owner: InstantModel.
#pragma once
#include <algorithm>
#include <memory>
#include <vector>

#include "ml/head/column_cache.h"
#include "ml/head/fitted_model.h"
#include "ml/head/instant_model.h"
#include "ml/head/landmarks.h"
#include "ml/head/parallel.h"
#include "ml/head/ridge.h"
#include "ml/head/row_source.h"
#include "ml/head/vector_math.h"

namespace mp::ml {

inline constexpr std::size_t kColumnBlock = 256;  // rows standardised and multiplied at a time: 512 kB
inline constexpr std::size_t kScoreBlock = 512;   // rows scored at a time
// Up to this size both paths keep their tables (clean fits and fits with degraded copies take turns) and the cache a
// quarter more columns than one fit needs; above, columns and landmark table make room for each other.
inline constexpr std::size_t kSmallPool = 20'000;
inline constexpr std::size_t kLargeColumns = 1024;  // floats a row of a large pool that tables beside the features may take
inline constexpr std::uint64_t kDegradedKey = 1ull << 63;
inline constexpr std::size_t kReducedDims = 128, kReducedFrom = 4096;  // of large pools: components, and rows they come from
inline constexpr std::size_t kMostGrouped = 2048;  // labels above which near-duplicates are not searched: time grows squared
// Labels that a fit on landmarks uses: sixteen for each landmark. More change its 512 weights less than their noise, but
// cost time and memory without bound.
inline constexpr std::size_t kMostFitted = 8192, kLeastOfClass = 64;

/// One refit's labelled rows, sorted so that equal sets give equal bits whatever the order they were given in.
struct FitRows {
  bool exact = true;       // false: on landmarks
  std::vector<float> x;    // standardised: of the exact head all rows, on landmarks those of the copies
  std::size_t labels = 0;  // that could be used; on landmarks more than there are rows when they were thinned
  std::vector<float> norms;
  std::vector<std::uint64_t> keys;    // of the kernel columns
  std::vector<SampleId> ids;          // of the clean rows, which come first
  std::vector<int> cls, group;        // index into `present`; leave-one-out group
  std::vector<std::ptrdiff_t> given;  // position in the caller's list -> row, -1 without features, -2 thinned out
  std::vector<int> present;
  std::size_t size() const { return cls.size(); }
};

struct InstantModel::Impl {
  InstantOptions options;
  std::unique_ptr<RowSource> rows;  // null for a model read from bytes
  std::vector<SampleId> pool;       // landmarks are chosen among these
  std::unique_ptr<ColumnCache> columns;
  Landmarks landmarks;
  bool landmarks_chosen = false;
  std::vector<float> phi;  // n x landmarks, empty while not computed
  std::vector<std::uint64_t> degraded_keys;
  std::vector<float> degraded_phi;
  FittedModel fitted;
  std::vector<float> loo;
  std::size_t weights = 0, weights_of = 0;  // candidate in use; labels when it was chosen, 0: never
  double ridge_now = 0;                     // as chosen with the weights
  int grouped = 0;
  FeaturesPtr reduced;

  std::vector<std::size_t> thin(std::span<const Labelled> labelled, const std::vector<std::size_t>& order) const;
  std::vector<int> groups_of(std::span<const SampleId> ids) const;
  void choose_weights(std::span<const Labelled> labelled, int classes);
  FeaturesPtr reduce() const;
  float gamma() const { return rows->d() ? options.gamma / float(rows->d()) : options.gamma; }

  Result<FitRows> gather(std::span<const Labelled> labelled, int classes, const DegradedRows* degraded) const;
  void choose_landmarks(const CancelToken& cancel) {
    if (landmarks_chosen) return;
    landmarks = Landmarks::choose(*rows, pool, options.landmarks, gamma(), options.seed, cancel);
    landmarks_chosen = !cancel.cancelled();
  }
  bool fit_exact(const FitRows& fit, FittedModel& model, RidgeFit& ridge, std::vector<int>& slots,
                 const CancelToken& cancel);
  bool fit_landmarks(const FitRows& fit, FittedModel& model, RidgeFit& ridge, const CancelToken& cancel);
  bool score_columns(const FittedModel& model, const FitRows& fit, const std::vector<int>& slots, Predictions& out,
                     const CancelToken& cancel);
  bool score_landmarks(const FittedModel& model, const RidgeFit& ridge, Predictions& out, const CancelToken& cancel);
  template <class Product>
  bool score(const FittedModel& model, Predictions& out, const CancelToken& cancel, Product product);
};

/// product(begin, end, worker, scores): scores of a block, class k at scores + k * kScoreBlock.
template <class Product>
bool InstantModel::Impl::score(const FittedModel& model, Predictions& out, const CancelToken& cancel, Product product) {
  const std::size_t c = model.present.size();
  const auto workers = std::size_t(std::max(options.threads, 1));
  std::vector<std::vector<float>> scores(workers, std::vector<float>(c * kScoreBlock)),
      scratch(workers, std::vector<float>(2 * kScoreBlock));
  const float uniform = 1.f / float(model.classes);
  parallel_blocks(out.n, kScoreBlock, options.threads, [&](std::size_t begin, std::size_t end, std::size_t w) {
    if (cancel.cancelled()) return;
    float* s = scores[w].data();
    product(begin, end, w, s);
    softmax_columns(s, kScoreBlock, end - begin, int(c), model.temperature, scratch[w].data());
    for (std::size_t i = begin; i < end; ++i) {
      float* p = out.probability.data() + i * std::size_t(model.classes);
      if (rows->usable(SampleId(i)))
        spread_probabilities(s + (i - begin), kScoreBlock, model.present, model.classes, p);
      else
        std::fill_n(p, model.classes, uniform);
    }
  });
  return !cancel.cancelled();
}

}  // namespace mp::ml
