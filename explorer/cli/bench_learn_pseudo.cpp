#include "explorer/cli/bench_learn_pseudo.h"

#include <algorithm>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/changed_features.h"
#include "explorer/cli/cli.h"
#include "ml/features/augment.h"
#include "ml/query/strategy.h"
#include "ml/service/head_options.h"

namespace mp::explorer::cli {

namespace {

constexpr std::size_t kRare = 101, kCommon = 499;   // the published imbalanced set
constexpr std::size_t kKeptWithoutRare = 20;

using ml::SampleId;
using Ids = std::vector<SampleId>;

struct Parts {
  Ids initial, set, validation;
};

/// What is left validates, as many of one side as of the other.
Result<Parts> parts_of(std::span<const ml::ClassId> truth, std::span<const std::uint8_t> valid, ml::ClassId positive, int initial, std::uint64_t seed) {
  Ids side[2];
  for (SampleId i = 0; i < truth.size(); ++i)
    if (truth[i] != ml::kNoClass && valid[i]) side[truth[i] == positive].push_back(i);
  const std::size_t half[2] = {std::size_t(initial) - std::size_t(initial) / 2, std::size_t(initial) / 2}, taken[2] = {half[0] + kCommon, half[1] + kRare};
  if (side[0].size() <= taken[0] || side[1].size() <= taken[1])
    return fail("too few images for the pseudo-label protocol", {}, "more than " + std::to_string(taken[1]) + " of the class and " + std::to_string(taken[0]) + " others", std::to_string(side[1].size()) + " and " + std::to_string(side[0].size()), "ask for fewer --labels or for another --positive class");
  const std::size_t test = std::min(side[0].size() - taken[0], side[1].size() - taken[1]);
  Parts p;
  for (int k = 0; k < 2; ++k) {
    Rng rng(hash_combine(seed, 0x70736575646full + std::uint64_t(k)));
    rng.shuffle(side[k]);
    auto at = side[k].begin();
    p.initial.insert(p.initial.end(), at, at + std::ptrdiff_t(half[k]));
    p.set.insert(p.set.end(), at + std::ptrdiff_t(half[k]), at + std::ptrdiff_t(taken[k]));
    p.validation.insert(p.validation.end(), at + std::ptrdiff_t(taken[k]), at + std::ptrdiff_t(taken[k] + test));
  }
  for (auto* ids : {&p.initial, &p.set, &p.validation}) std::sort(ids->begin(), ids->end());
  return p;
}

Measures measure(const ml::Predictions& p, const Ids& ids, std::span<const ml::ClassId> binary) {
  std::vector<float> probability;
  std::vector<ml::ClassId> truth;
  for (auto id : ids) {
    probability.insert(probability.end(), {p.probability[std::size_t(id) * 2], p.probability[std::size_t(id) * 2 + 1]});
    truth.push_back(binary[id]);
  }
  return measures_of_class(ml::evaluate(probability, truth, 2), 1);
}

Result<std::vector<LearnPoint>> one_seed(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, ml::ClassId positive, int initial, std::uint64_t seed) {
  const auto& truth = p.data.pool->source_class;
  const auto parts = parts_of(truth, p.data.features->valid, positive, initial, seed);
  if (!parts) return tl::make_unexpected(parts.error());
  std::vector<ml::ClassId> binary;
  for (auto c : truth) binary.push_back(ml::ClassId(c == positive));
  Ids seen = parts->initial;
  seen.insert(seen.end(), parts->set.begin(), parts->set.end());
  ml::InstantOptions options;
  options.threads = o.threads;
  ml::set_head_options(options, *p.data.features, *p.data.pool, o.groups.empty() ? ml::default_group_by(*p.data.pool) : *ml::group_by_name(o.groups));
  ml::InstantModel model(p.data.features, seen, options);

  std::vector<ml::Labelled> labelled;
  std::vector<ml::ClassId> labelled_class;
  for (auto id : parts->initial) {
    labelled.push_back({id, binary[id]});
    labelled_class.push_back(binary[id]);
  }
  const auto before = model.refit(labelled, 2, 1);
  if (!before) return tl::make_unexpected(before.error());
  const int more = initial + o.corrected;
  std::vector<LearnPoint> points = {{initial, "initial", measure(**before, parts->validation, binary)}, {initial, "pseudo-labels", measure(**before, parts->set, binary)}};

  const auto standardised = model.standardised();
  ml::QueryInput query;
  query.candidates = parts->set;
  query.labelled = parts->initial;
  query.labelled_class = labelled_class;
  query.predictions = before->get();
  query.features = standardised.get();
  query.k = o.corrected;
  query.seed = hash_combine(seed, 2);
  const auto corrected = ml::query(strategy, query);
  if (!corrected) return tl::make_unexpected(corrected.error());

  // Balance: the common side keeps its most uncertain, the rare side grows by changed copies, up to twice its size.
  Ids side[2];
  for (auto id : *corrected) side[binary[id]].push_back(id);
  const int rare = side[1].size() <= side[0].size() ? 1 : 0;
  const std::size_t each = std::min(side[1 - rare].size(), side[rare].empty() ? kKeptWithoutRare : 2 * side[rare].size());
  side[1 - rare].resize(each);
  for (const auto& ids : side)
    for (auto id : ids) labelled.push_back({id, binary[id]});
  Ids copied;
  for (std::size_t i = 0; !side[rare].empty() && i + side[rare].size() < each; ++i) copied.push_back(side[rare][i % side[rare].size()]);
  ml::DegradedRows copies;
  copies.features = changed_features(p, copied, o.threads, [&](const ml::GreyImage& image, SampleId id) { return ml::augment(image, hash_combine(seed, id)); });
  copies.cls.assign(copied.size(), ml::ClassId(rare));
  copies.of = copied;
  const auto after = model.refit(labelled, 2, 2, copied.empty() ? nullptr : &copies);
  if (!after) return tl::make_unexpected(after.error());
  Ids rest = parts->set;
  std::erase_if(rest, [&](SampleId id) { return std::find(corrected->begin(), corrected->end(), id) != corrected->end(); });
  points.push_back({more, "updated", measure(**after, parts->validation, binary)});
  points.push_back({more, "pseudo-labels updated", measure(**after, rest, binary)});
  return points;
}

}  // namespace

int run_pseudo(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, int initial, LearnRows& rows) {
  std::optional<ml::ClassId> chosen;
  if (!o.positive.empty()) {
    const auto found = ml::find_class(p.classes, o.positive);
    if (!found) {
      std::string names;
      for (const auto& c : p.classes) names += (names.empty() ? "" : ", ") + c.name;
      report({"there is no such class", {}, names, o.positive});
      return kWrongUsage;
    }
    chosen = *found;
  }
  ProgressBar bar(strategy + ", pseudo-labels");
  Stopwatch watch;
  const auto cancel = cancel_on_interrupt();
  for (int i = 0; i < o.seeds; ++i) {
    const auto seed = std::uint64_t(1 + i);
    if (!rows.has(strategy, seed)) {
      if (cancel.cancelled()) return kPartly;
      auto points = one_seed(o, p, strategy, chosen.value_or(ml::ClassId(std::size_t(i) % p.classes.size())), initial, seed);
      if (!points) {
        bar.finish();
        return report(points.error());
      }
      if (auto kept = rows.add(strategy, seed, std::move(*points)); !kept) return report(kept.error());
    }
    bar.show(i + 1, o.seeds, -1);
  }
  bar.finish();
  return kDone;
}

}  // namespace mp::explorer::cli
