#include "ml/query/learning_curve.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "engine/base/hash.h"
#include "ml/query/strategy.h"

namespace mp::ml {
namespace {

std::vector<SampleId> unlabelled(const std::vector<SampleId>& pool, const std::vector<std::uint8_t>& has_label) {
  std::vector<SampleId> out;
  for (SampleId id : pool)
    if (!has_label[id]) out.push_back(id);
  return out;
}

Result<std::vector<SampleId>> first_picks(const CurveOptions& options, const CurveSplit& split,
                                          std::span<const ClassId> truth, int classes, const FeatureTable& standardised,
                                          std::uint64_t seed) {
  if (options.cold_start == ColdStart::per_class) {
    std::vector<SampleId> out;
    for (int c = 0; c < classes; ++c) {
      std::vector<SampleId> members;
      for (SampleId id : split.pool)
        if (truth[id] == c) members.push_back(id);
      Rng rng(hash_combine(seed, std::uint64_t(c)));
      rng.shuffle(members);
      members.resize(std::min(members.size(), std::size_t(std::max(options.cold_labels, 1))));
      out.insert(out.end(), members.begin(), members.end());
    }
    return out;
  }
  QueryInput input;
  input.candidates = split.pool;
  input.features = &standardised;
  input.k = options.cold_labels;
  input.seed = seed;
  return query(options.cold_start == ColdStart::medoids     ? "medoids"
               : options.cold_start == ColdStart::typiclust ? "typiclust"
                                                            : "random",
               input);
}

/// Whole groups in random order until the test part has its share; the rest is the pool.
CurveSplit split_groups(std::span<const ClassId> truth, std::span<const std::uint8_t> valid,
                        const CurveOptions& options, std::uint64_t seed) {
  std::map<int, std::vector<SampleId>> members;
  std::size_t n = 0;
  for (std::size_t i = 0; i < std::min(truth.size(), options.split_groups.size()); ++i)
    if (truth[i] != kNoClass && valid[i]) {
      members[options.split_groups[i]].push_back(SampleId(i));
      ++n;
    }
  std::vector<int> order;
  for (const auto& [group, ids] : members) order.push_back(group);
  Rng rng(hash_combine(seed, 0x6c6179657273ull));
  rng.shuffle(order);
  CurveSplit split;
  const double test = double(n) * double(options.test_fraction);
  for (int group : order) {
    auto& part = double(split.test.size()) + double(members[group].size()) / 2 < test ? split.test : split.pool;
    part.insert(part.end(), members[group].begin(), members[group].end());
  }
  std::sort(split.pool.begin(), split.pool.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

}  // namespace

CurveSplit split_for(std::span<const ClassId> truth, std::span<const std::uint8_t> valid, int classes,
                     const CurveOptions& options, std::uint64_t seed) {
  CurveSplit split;
  if (!options.split_groups.empty()) return split_groups(truth, valid, options, seed);
  for (int c = 0; c < classes; ++c) {
    std::vector<SampleId> members;
    for (std::size_t i = 0; i < truth.size(); ++i)
      if (truth[i] == c && valid[i]) members.push_back(SampleId(i));
    const std::size_t n = members.size();
    const auto test = std::size_t(std::lround(double(n) * double(options.test_fraction)));
    const auto pool =
        std::min(n - std::min(test, n), std::size_t(std::lround(double(n) * double(options.pool_fraction))));
    Rng rng(hash_combine(seed, 0x5eed0000ull + std::uint64_t(c)));
    if (options.blocks)
      std::rotate(members.begin(), members.begin() + std::ptrdiff_t(n ? rng.below(std::uint32_t(n)) : 0),
                  members.end());
    else
      rng.shuffle(members);
    split.test.insert(split.test.end(), members.begin(), members.begin() + std::ptrdiff_t(std::min(test, n)));
    split.pool.insert(split.pool.end(), members.end() - std::ptrdiff_t(pool), members.end());
  }
  std::sort(split.pool.begin(), split.pool.end());
  std::sort(split.test.begin(), split.test.end());
  return split;
}

Result<Curve> learning_curve(const FeaturesPtr& features, std::span<const ClassId> truth, int classes,
                             const CurveOptions& options, const std::function<void(const CurvePoint&)>& on_point,
                             const CancelToken& cancel) {
  if (!features || features->n != truth.size() || classes < 1)
    return fail("the learning curve needs a class for every feature row", {},
                std::to_string(features ? features->n : 0) + " classes", std::to_string(truth.size()));
  if (options.label_counts.empty() || !std::is_sorted(options.label_counts.begin(), options.label_counts.end()) ||
      options.batch < 1 || options.seeds < 1)
    return fail("the learning curve needs ascending label counts, a batch and at least one seed");
  Curve curve;
  for (int count : options.label_counts) curve.rows.push_back({count, {}, 0, 0});
  if (options.all_at_end) curve.rows.push_back({0, {}, 0, 0});
  for (int s = 0; s < options.seeds; ++s) {
    const std::uint64_t seed = options.first_seed + std::uint64_t(s);
    const CurveSplit split = split_for(truth, features->valid, classes, options, seed);
    if (split.test.empty() || split.pool.size() < std::size_t(options.label_counts.back()))
      return fail("too few samples with a class for these label counts", {},
                  "a pool of at least " + std::to_string(options.label_counts.back()) + " and a test part",
                  std::to_string(split.pool.size()) + " and " + std::to_string(split.test.size()),
                  "ask for fewer labels");
    if (options.all_at_end)
      curve.rows.back().labels = std::max(curve.rows.back().labels, int(split.pool.size()));
    InstantModel model(features, split.pool, options.head);
    const FeaturesPtr standardised = model.standardised();
    std::vector<std::uint8_t> has_label(features->n, 0);
    std::vector<Labelled> labelled;
    Rng wrong(hash_combine(seed, 0x77726f6eull));
    auto answer = [&](const std::vector<SampleId>& ids, std::size_t most) {
      for (std::size_t i = 0; i < std::min(ids.size(), most); ++i) {
        ClassId cls = truth[ids[i]];
        if (classes > 1 && wrong.unit() < options.wrong_labels)
          cls = ClassId((cls + 1 + int(wrong.below(std::uint32_t(classes - 1)))) % classes);
        labelled.push_back({ids[i], cls});
        has_label[ids[i]] = 1;
      }
    };
    const auto start = first_picks(options, split, truth, classes, *standardised, hash_combine(seed, 1));
    if (!start) return tl::make_unexpected(start.error());
    answer(*start, std::size_t(options.label_counts.back()));
    const auto all_labelled = [&] { return labelled.size() == split.pool.size(); };

    PredictionsPtr predictions;
    std::size_t row = 0;
    for (std::uint64_t round = 1; row < curve.rows.size(); ++round) {
      const DegradedRows degraded = options.degraded ? options.degraded(labelled) : DegradedRows{};
      auto fitted = model.refit(labelled, classes, round, degraded.cls.empty() ? nullptr : &degraded, cancel);
      if (!fitted) return tl::make_unexpected(fitted.error());
      predictions = *fitted;
      std::size_t right = 0;
      for (SampleId id : split.test) right += predictions->predicted[id] == truth[id];
      const double accuracy = double(right) / double(split.test.size());
      // A start that is larger than the first counts stands for them too; it is reported with its real number.
      while (row < curve.rows.size() && (int(labelled.size()) >= curve.rows[row].labels || all_labelled())) {
        curve.rows[row].labels = std::max(curve.rows[row].labels, int(labelled.size()));
        curve.rows[row].accuracy.push_back(accuracy);
        if (on_point) on_point({curve.rows[row].labels, seed, accuracy, predictions, split.test, labelled, &model});
        ++row;
      }
      if (row == curve.rows.size()) break;

      const auto candidates = unlabelled(split.pool, has_label);
      if (options.all_at_end && row + 1 == curve.rows.size()) {  // nothing to choose any more
        answer(candidates, candidates.size());
        continue;
      }
      std::vector<SampleId> ids;
      std::vector<ClassId> cls;
      for (const Labelled& l : labelled) {
        ids.push_back(l.id);
        cls.push_back(l.cls);
      }
      QueryInput input;
      input.candidates = candidates;
      input.labelled = ids;
      input.labelled_class = cls;
      input.predictions = predictions.get();
      input.features = standardised.get();
      input.k = std::min(options.batch, curve.rows[row].labels - int(labelled.size()));
      input.seed = hash_combine(seed, round + 1);
      const auto picks = query(options.strategy, input);
      if (!picks) return tl::make_unexpected(picks.error());
      if (picks->empty()) return fail("the query strategy " + options.strategy + " found nothing to label");
      answer(*picks, std::size_t(input.k));
    }
    for (const auto& [ids, part] : {std::pair{&split.pool, Split::pool}, std::pair{&split.test, Split::held_out}})
      for (SampleId id : *ids) curve.predictions.push_back({seed, id, part, truth[id], predictions->predicted[id]});
  }
  for (CurveRow& row : curve.rows) {
    for (double a : row.accuracy) row.mean += a / double(row.accuracy.size());
    for (double a : row.accuracy) row.std += (a - row.mean) * (a - row.mean) / double(row.accuracy.size());
    row.std = std::sqrt(row.std);
  }
  return curve;
}

}  // namespace mp::ml
