// bench learn with a network: rounds of query, label and train, on a random split or by the published protocol.
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

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
  ml::CurveOptions c;
  c.blocks = o.blocks;
  c.test_fraction = o.test_share;
  c.pool_fraction = 1 - o.test_share;
  auto split = ml::split_for(truth, p.data.features->valid, int(p.classes.size()), c, seed);
  Parts parts{std::move(split.pool), {}, std::move(split.test)};
  if (o.protocol != "neu44") return parts;
  std::vector<ml::ClassId> classes;
  for (auto id : parts.pool) classes.push_back(truth[id]);
  std::vector<std::uint8_t> chosen(parts.pool.size());
  for (auto i : ml::stratified_subset(classes, parts.pool.size() / 4, hash_combine(seed, 0x44))) chosen[i] = 1;
  std::vector<ml::SampleId> rest;
  for (std::size_t i = 0; i < chosen.size(); ++i) (chosen[i] ? parts.validation : rest).push_back(parts.pool[i]);
  parts.pool = std::move(rest);
  return parts;
}

/// Seeds that are done, one JSON object a line: a run that was cut off goes on with the next one.
class Record {
 public:
  Record(std::string file, std::string key) : file_(std::move(file)), key_(std::move(key)) {}

  std::vector<nlohmann::json> find(std::uint64_t seed) const {
    std::ifstream in(file_);
    for (std::string line; std::getline(in, line);) {
      const auto j = nlohmann::json::parse(line, nullptr, false);
      if (j.is_object() && j.value("run", "") == key_ && j.value("seed", std::uint64_t(0)) == seed && j.contains("points") && j["points"].is_array()) return j["points"].get<std::vector<nlohmann::json>>();
    }
    return {};
  }
  bool add(std::uint64_t seed, const std::vector<nlohmann::json>& points) const {
    if (file_.empty()) return true;
    std::ofstream out(file_, std::ios::app);
    out << nlohmann::json{{"run", key_}, {"seed", seed}, {"points", points}} << '\n';
    return bool(out.flush());
  }

 private:
  std::string file_, key_;
};

nlohmann::json as_json(const ml::ActiveCurvePoint& p) {
  return {{"labels", p.labels}, {"accuracy", p.test.accuracy}, {"macro_f1", p.test.macro_f1}, {"auc", p.test.auc}, {"ece", p.test.ece}, {"validation", p.validation}, {"seconds", p.seconds}};
}

}  // namespace

int run_network_curve(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, std::vector<int> counts, LearnOutput& out) {
  const bool published = o.protocol == "neu44";
  const int classes = int(p.classes.size());
  ml::TrainSettings base;
  base.network = o.network;
  base.epochs = 60;
  const auto resolved = o.training.resolve(base);
  if (!resolved) {
    report(resolved.error());
    return kWrongUsage;
  }
  if (published) {
    counts.clear();
    const int last = int(kPublishedLabels * double(p.data.pool->size()) + .5);
    for (int n = kFirstPerClass * classes; n < last; n += o.per_class * classes) counts.push_back(n);
    counts.push_back(last);
  }
  std::string run = settings_toml(*resolved) + strategy + o.protocol + o.data + (o.blocks ? "b" : "r") + (o.warm_start ? "w" : "c") + std::to_string(o.test_share);
  for (int n : counts) run += "," + std::to_string(n);
  char key[20];
  std::snprintf(key, sizeof key, "%016llx", static_cast<unsigned long long>(hash_bytes(run)));
  const Record record(o.resume, key);

  std::map<int, std::vector<nlohmann::json>> by_count;
  auto inputs = ml::make_input_images(p.data.pool);
  const auto cancel = cancel_on_interrupt();
  ProgressBar bar(o.network + ", " + strategy);
  Stopwatch watch;
  double done = 0, skipped = 0;
  const double total = double(counts.size()) * o.seeds;
  for (int i = 0; i < o.seeds; ++i) {
    const auto seed = std::uint64_t(1 + i);
    auto points = record.find(seed);
    if (points.empty()) {
      const auto parts = parts_of(o, p, seed);
      ml::ActiveCurveSettings s;
      s.train = *resolved;
      s.train.threads = o.threads;
      s.train.seed = seed;
      s.train.folds = 0;
      s.strategy = strategy;
      s.label_counts = counts;
      s.warm_start = o.warm_start;
      ml::ActiveCurveHooks hooks;
      hooks.train.cancel = cancel;
      hooks.on_point = [&](const ml::ActiveCurvePoint& point) {
        points.push_back(as_json(point));
        ++done;
        bar.show(done, total, eta_s(watch.ms(), done - skipped, total - skipped), std::to_string(point.labels) + " labels");
      };
      auto curve = ml::active_curve(s, classes, p.data.pool->source_class, parts.pool, parts.validation, parts.test, *inputs, hooks);
      if (!curve || curve->stopped) bar.finish();
      if (!curve) return report(curve.error());
      if (curve->stopped) return kPartly;
      if (!record.add(seed, points)) return report({"cannot write", o.resume});
      for (std::size_t k = 0; k < parts.test.size(); ++k)
        put_prediction(out, p, strategy, seed, parts.test[k], ml::Split::held_out, p.data.pool->source_class[parts.test[k]], curve->predicted_test[k]);
    } else {
      done += double(points.size());
      skipped += double(points.size());
    }
    for (const auto& point : points) by_count[point.value("labels", 0)].push_back(point);
  }
  bar.finish();
  for (const auto& [labels, points] : by_count) {
    LearnRow row{labels, {}, {}};
    for (const auto& point : points) row.accuracy.push_back(point.value("accuracy", 0.));
    for (const char* name : {"macro_f1", "auc", "ece", "validation", "seconds"}) {
      std::vector<double> values;
      for (const auto& point : points) values.push_back(point.value(name, 0.));
      row.more[name] = mean_of(values);
    }
    put_row(o, out, strategy, row);
  }
  return kDone;
}

}  // namespace mp::explorer::cli
