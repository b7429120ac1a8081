// bench learn with a network: rounds of query, label and train, on a random split or by the published protocol.
#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_learn.h"
#include "explorer/cli/cli.h"
#include "ml/query/learning_curve.h"
#include "ml/train/active_curve.h"
#include "ml/train/batches.h"
#include "ml/train/input_images.h"

namespace mp::explorer::cli {

namespace {

/// 60 % to label from, 20 % that choose the epoch, 20 % test; 18 labels a class first, then as many a class a round until
/// 24 % of all samples are labelled: with the validation part 44 %.
constexpr double kPublishedLabels = .24;
constexpr int kFirstPerClass = 18;

struct Parts {
  std::vector<ml::SampleId> pool, validation, test;
};

Parts parts_of(const LearnOptions& o, const OpenedProject& p, std::uint64_t seed) {
  const auto& truth = p.data.pool->source_class;
  const int class_count = int(p.classes.size());
  auto c = split_options(o, p);
  auto split = ml::split_for(truth, p.data.features->valid, class_count, c, seed);
  Parts parts{std::move(split.pool), {}, std::move(split.test)};
  if (o.protocol != "neu44") return parts;
  if (!c.split_groups.empty()) {   // whole layers choose the epoch, too
    std::vector<std::uint8_t> left(truth.size(), 0);
    for (auto id : parts.pool) left[id] = 1;
    c.test_fraction = .25f;
    auto again = ml::split_for(truth, left, class_count, c, hash_combine(seed, 0x44));
    parts.pool = std::move(again.pool);
    parts.validation = std::move(again.test);
    return parts;
  }
  std::vector<ml::ClassId> classes;
  for (auto id : parts.pool) classes.push_back(truth[id]);
  std::vector<std::uint8_t> chosen(parts.pool.size());
  for (auto i : ml::stratified_subset(classes, parts.pool.size() / 4, hash_combine(seed, 0x44))) chosen[i] = 1;
  std::vector<ml::SampleId> rest;
  for (std::size_t i = 0; i < chosen.size(); ++i) (chosen[i] ? parts.validation : rest).push_back(parts.pool[i]);
  parts.pool = std::move(rest);
  return parts;
}

}  // namespace

int run_network_curve(const LearnOptions& o, const OpenedProject& p, const ml::TrainSettings& settings, const std::string& strategy, std::vector<int> counts, LearnOutput& out) {
  const int classes = int(p.classes.size());
  if (o.protocol == "neu44") {
    counts.clear();
    const int last = int(kPublishedLabels * double(p.data.pool->size()) + .5);
    for (int n = kFirstPerClass * classes; n < last; n += o.per_class * classes) counts.push_back(n);
    counts.push_back(last);
  }
  auto inputs = ml::make_input_images(p.data.pool);
  const auto cancel = cancel_on_interrupt();
  ProgressBar bar(o.network + ", " + strategy);
  Stopwatch watch;
  double done = 0, skipped = 0;
  const double total = double(counts.size()) * o.seeds;
  for (int i = 0; i < o.seeds; ++i) {
    const auto seed = std::uint64_t(1 + i);
    if (out.rows.has(strategy, seed)) {
      done += double(counts.size());
      skipped += double(counts.size());
      continue;
    }
    const auto parts = parts_of(o, p, seed);
    ml::ActiveCurveSettings s;
    s.train = settings;
    s.train.seed = seed;
    s.strategy = strategy;
    s.label_counts = counts;
    s.warm_start = o.warm_start;
    std::vector<LearnPoint> points;
    ml::ActiveCurveHooks hooks;
    hooks.train.cancel = cancel;
    hooks.on_point = [&](const ml::ActiveCurvePoint& point) {
      points.push_back({point.labels, "clean", out.measured(point.test), {{"validation", point.validation}, {"seconds", point.seconds}}});
      ++done;
      bar.show(done, total, eta_s(watch.ms(), done - skipped, total - skipped), std::to_string(point.labels) + " labels");
    };
    auto curve = ml::active_curve(s, classes, p.data.pool->source_class, parts.pool, parts.validation, parts.test, *inputs, hooks);
    if (!curve || curve->stopped) bar.finish();
    if (!curve) return report(curve.error());
    if (curve->stopped) return kPartly;
    if (auto kept = out.rows.add(strategy, seed, std::move(points)); !kept) return report(kept.error());
    for (std::size_t k = 0; k < parts.test.size(); ++k)
      put_prediction(out, p, strategy, seed, parts.test[k], ml::Split::held_out, p.data.pool->source_class[parts.test[k]], curve->predicted_test[k]);
  }
  bar.finish();
  return kDone;
}

}  // namespace mp::explorer::cli
