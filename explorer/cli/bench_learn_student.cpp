// bench learn --protocol student: the instant tier labels the pool from a few labels, a network learns from all of it.
#include "engine/base/clock.h"
#include "explorer/cli/bench_learn.h"
#include "explorer/cli/cli.h"
#include "ml/train/pretrain.h"
#include "ml/train/input_images.h"

namespace mp::explorer::cli {

int run_student(const LearnOptions& o, const OpenedProject& p, const ml::TrainSettings& base, const std::string& strategy, const std::vector<int>& counts, LearnOutput& out) {
  const auto& truth = p.data.pool->source_class;
  const int classes = int(p.classes.size()), labels = counts.back();
  const auto inputs = ml::make_input_images(p.data.pool);
  const auto cancel = cancel_on_interrupt();
  ProgressBar bar(o.network + " on pseudo-labels");
  Stopwatch watch;
  for (int i = 0; i < o.seeds; ++i) {
    const auto seed = std::uint64_t(1 + i);
    if (out.rows.has(strategy, seed)) continue;
    auto c = instant_options(o, p, strategy, {labels});
    c.seeds = 1;
    c.first_seed = seed;
    double teacher = 0;
    std::vector<ml::TrainItem> train, test;
    std::size_t wrong = 0;
    const auto split = ml::split_for(truth, p.data.features->valid, classes, c, seed);
    auto curve = ml::learning_curve(p.data.features, truth, classes, c, [&](const ml::CurvePoint& point) {
      teacher = point.accuracy;
      for (auto id : split.pool) train.push_back({id, point.predictions->predicted[id]});
      // What a person labelled stays as the person said.
      for (const auto& l : point.labelled)
        for (auto& t : train)
          if (t.id == l.id) t.cls = l.cls;
      for (const auto& t : train) wrong += t.cls != truth[t.id];
    }, cancel);
    if (!curve) {
      bar.finish();
      return report(curve.error());
    }
    for (auto id : split.test) test.push_back({id, truth[id]});
    auto settings = base;
    settings.seed = seed;
    ml::TrainHooks hooks;
    hooks.cancel = cancel;
    hooks.on_epoch = [&](const ml::EpochReport& e) {
      const double done = i + double(e.epoch) / double(e.epochs);
      bar.show(done, o.seeds, eta_s(watch.ms(), done, o.seeds), "epoch " + std::to_string(e.epoch));
    };
    const auto start = ml::pretrain(settings, classes, split.pool, *inputs, hooks);
    if (!start) bar.finish();
    if (!start) return report(start.error());
    auto result = ml::train_network(settings, classes, train, test, *inputs, hooks, *start);
    if (!result || result->stopped) bar.finish();
    if (!result) return report(result.error());
    if (result->stopped) return kPartly;
    const std::map<std::string, double> more{{"teacher_accuracy", teacher}, {"pseudo_label_accuracy", 1 - double(wrong) / double(train.size())}};
    if (auto kept = out.rows.add(strategy, seed, {{labels, "clean", out.measured(result->validation), more}}); !kept) return report(kept.error());
  }
  bar.finish();
  return kDone;
}

}  // namespace mp::explorer::cli
