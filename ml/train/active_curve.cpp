// See active_curve.h.
#include "ml/train/active_curve.h"

#include <algorithm>
#include <cmath>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "ml/query/bald.h"
#include "ml/query/strategy.h"
#include "ml/train/batches.h"
#include "ml/train/pretrain.h"

namespace mp::ml {
namespace {

constexpr std::size_t kChunk = 256;

/// What a network says of samples, in tables over all SampleIds as the strategies want them.
struct Answers {
  Predictions predictions;
  std::shared_ptr<FeatureTable> features;
  std::vector<float> disagreement;  // of the pool; with the strategy bald
};

/// Columns to mean 0 and deviation 1 over the rows `ids`.
void standardise(std::vector<float>& values, std::span<const SampleId> ids, std::size_t d) {
  for (std::size_t j = 0; j < d && !ids.empty(); ++j) {
    double sum = 0, squares = 0;
    for (auto id : ids) {
      double v = values[id * d + j];
      sum += v, squares += v * v;
    }
    double mean = sum / double(ids.size()), deviation = std::sqrt(std::max(0.0, squares / double(ids.size()) - mean * mean));
    for (auto id : ids) values[id * d + j] = deviation > 1e-12 ? float((values[id * d + j] - mean) / deviation) : 0.f;
  }
}

class Loop {
 public:
  Loop(const ActiveCurveSettings& settings, int classes, std::span<const ClassId> truth,
       std::span<const SampleId> pool, std::span<const SampleId> test, InputSource& inputs,
       const ActiveCurveHooks& hooks)
      : settings_(settings), classes_(classes), truth_(truth), pool_(pool), test_(test), inputs_(inputs),
        hooks_(hooks) {}

  Result<ActiveCurve> perform(std::span<const SampleId> validation) {
    std::vector<TrainItem> validation_items = items(validation);
    auto start = pretrain(settings_.train, classes_, pool_, inputs_, hooks_.train);
    if (!start) return tl::make_unexpected(start.error());
    auto network = *start;
    for (std::size_t round = 0; round < settings_.label_counts.size(); ++round) {
      Stopwatch clock;
      if (auto ok = choose(std::size_t(settings_.label_counts[round]), round); !ok)
        return tl::make_unexpected(ok.error());
      auto train = settings_.train;
      train.seed = hash_combine(settings_.train.seed, round);
      train.choose_by_validation = !validation.empty();
      auto result = train_network(train, classes_, items(curve_.labelled), validation_items, inputs_, hooks_.train,
                                  settings_.warm_start ? network : *start);
      if (!result) return tl::make_unexpected(result.error());
      if (result->stopped) break;
      network = result->network;
      if (auto ok = ask(*network); !ok) return tl::make_unexpected(ok.error());
      curve_.points.push_back({int(curve_.labelled.size()), result->best_epoch, clock.ms() / 1000,
                               result->validation.accuracy, measure()});
      if (hooks_.on_point) hooks_.on_point(curve_.points.back());
    }
    curve_.stopped = hooks_.train.cancel.cancelled();
    return std::move(curve_);
  }

 private:
  std::vector<TrainItem> items(std::span<const SampleId> ids) const {
    std::vector<TrainItem> r;
    for (auto id : ids) r.push_back({id, truth_[id]});
    return r;
  }

  /// Labels more samples until there are `count`.
  Result<void> choose(std::size_t count, std::size_t round) {
    if (round == 0) {
      std::vector<ClassId> classes;
      for (auto id : pool_) classes.push_back(truth_[id]);
      for (auto i : stratified_subset(classes, count, hash_combine(settings_.train.seed, 0xf125))) label(pool_[i]);
      return {};
    }
    QueryInput input;
    std::vector<SampleId> candidates;
    for (auto id : pool_)
      if (!labelled_[id] && answers_.features->valid[id]) candidates.push_back(id);
    std::vector<ClassId> labelled_class;
    for (auto id : curve_.labelled) labelled_class.push_back(truth_[id]);
    input.candidates = candidates;
    input.labelled = curve_.labelled;
    input.labelled_class = labelled_class;
    input.predictions = &answers_.predictions;
    input.features = answers_.features.get();
    input.disagreement = answers_.disagreement;
    input.k = int(count - curve_.labelled.size());
    input.seed = hash_combine(settings_.train.seed, 0x9e3 + round);
    auto picks = query(settings_.strategy, input);
    if (!picks) return tl::make_unexpected(picks.error());
    for (auto id : *picks) label(id);
    return {};
  }

  void label(SampleId id) {
    if (labelled_.empty()) labelled_.resize(truth_.size());
    labelled_[id] = 1;
    curve_.labelled.push_back(id);
  }

  /// Probabilities of pool and test; features of the pool alone, since strategies choose by them.
  Result<void> ask(Network& network) {
    const auto n = truth_.size(), c = std::size_t(classes_), d = std::size_t(network.feature_dim());
    const int px = network.spec().input_px;
    auto& p = answers_.predictions;
    p = {};
    answers_.disagreement.clear();
    p.model = network.spec().name;
    p.n = n;
    p.classes = classes_;
    p.labelled = int(curve_.labelled.size());
    p.probability.assign(n * c, 1.f / float(classes_));
    std::vector<float> features(n * d), part_features;
    std::vector<std::uint8_t> valid(n), images, ok;
    std::vector<SampleId> all(pool_.begin(), pool_.end()), chosen_from;
    all.insert(all.end(), test_.begin(), test_.end());
    for (std::size_t from = 0; from < all.size(); from += kChunk) {
      auto ids = std::span(all).subspan(from, std::min(kChunk, all.size() - from));
      images.resize(ids.size() * std::size_t(px) * std::size_t(px));
      ok.assign(ids.size(), 0);
      inputs_.load(ids, px, images, ok);
      auto rows = network.predict(images, ids.size(), &part_features);
      if (rows.size() != ids.size() * c)
        return fail("cannot predict the pool", {}, "predictions", network.last_error());
      std::vector<float> doubt;
      if (settings_.strategy == "bald") {
        const auto passes = network.dropout_passes(part_features, ids.size(), kDropoutPasses,
                                                   hash_combine(settings_.train.seed, from));
        if (!passes.empty()) doubt = disagreement(passes, ids.size(), c), answers_.disagreement.resize(n);
      }
      for (std::size_t i = 0; i < ids.size(); ++i) {
        if (!ok[i]) continue;
        if (!doubt.empty()) answers_.disagreement[ids[i]] = doubt[i];
        valid[ids[i]] = 1;
        std::copy_n(&rows[i * c], c, &p.probability[ids[i] * c]);
        if (from + i >= pool_.size()) continue;
        std::copy_n(&part_features[i * d], d, &features[ids[i] * d]);
        chosen_from.push_back(ids[i]);
      }
    }
    summarise(p);
    standardise(features, chosen_from, d);
    answers_.features = make_features(settings_.train.network, n, d, std::move(features));
    answers_.features->valid = std::move(valid);
    return {};
  }

  Evaluation measure() {
    std::vector<float> probability;
    std::vector<ClassId> truth;
    curve_.predicted_test.clear();
    const auto c = std::size_t(classes_);
    for (auto id : test_) {
      bool there = answers_.features->valid[id];
      curve_.predicted_test.push_back(there ? answers_.predictions.predicted[id] : kNoClass);
      if (!there) continue;
      auto row = answers_.predictions.probability.begin() + std::ptrdiff_t(id * c);
      probability.insert(probability.end(), row, row + std::ptrdiff_t(c));
      truth.push_back(truth_[id]);
    }
    auto e = evaluate(probability, truth, classes_);
    e.basis = "test, " + std::to_string(truth.size()) + " samples";
    return e;
  }

  const ActiveCurveSettings& settings_;
  const int classes_;
  std::span<const ClassId> truth_;
  std::span<const SampleId> pool_, test_;
  InputSource& inputs_;
  const ActiveCurveHooks& hooks_;
  std::vector<std::uint8_t> labelled_;  // by SampleId
  Answers answers_;
  ActiveCurve curve_;
};

}  // namespace

Result<ActiveCurve> active_curve(const ActiveCurveSettings& settings, int classes, std::span<const ClassId> truth,
                                 std::span<const SampleId> pool, std::span<const SampleId> validation,
                                 std::span<const SampleId> test, InputSource& inputs, const ActiveCurveHooks& hooks) {
  auto& counts = settings.label_counts;
  if (counts.empty() || counts.front() < 2 || std::size_t(counts.back()) > pool.size() ||
      std::adjacent_find(counts.begin(), counts.end(), std::greater_equal<>()) != counts.end())
    return fail("cannot measure a learning curve", {},
                "label counts that rise from 2 to at most " + std::to_string(pool.size()),
                counts.empty() ? "none" : std::to_string(counts.front()) + " to " + std::to_string(counts.back()));
  for (auto ids : {pool, validation, test})
    for (auto id : ids)
      if (id >= truth.size() || truth[id] < 0 || truth[id] >= classes)
        return fail("cannot measure a learning curve", {}, "a known class of every sample",
                    "none of sample " + std::to_string(id));
  return Loop(settings, classes, truth, pool, test, inputs, hooks).perform(validation);
}

}  // namespace mp::ml
