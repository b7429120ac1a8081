// bench learn --data DIR: accuracy against labels, simulated with the source labels as oracle.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>

#include "engine/base/clock.h"
#include "explorer/cli/bench_data.h"
#include "explorer/cli/bench_learn.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "ml/query/learning_curve.h"
#include "ml/query/strategy.h"
#include "ml/service/head_options.h"

namespace mp::explorer::cli {

namespace {

/// "60" -> 12, 18 .. 60; "12:108" -> 12, 18 .. 108; "36,60" -> exactly these.
Result<std::vector<int>> parse_counts(const std::string& text, int batch) {
  std::vector<int> counts;
  int from = 12, to = 0;
  char rest = 0;
  if (text.find(',') != std::string::npos) {
    std::stringstream in(text);
    for (std::string part; std::getline(in, part, ',');) counts.push_back(std::atoi(part.c_str()));
    if (std::any_of(counts.begin(), counts.end(), [](int n) { return n < 1; })) return fail("--labels is a number, a range 12:108 or a list 36,60", {}, {}, text);
    return counts;
  }
  if (std::sscanf(text.c_str(), "%d:%d%c", &from, &to, &rest) != 2) {
    from = 12;
    if (std::sscanf(text.c_str(), "%d%c", &to, &rest) != 1) return fail("--labels is a number, a range 12:108 or a list 36,60", {}, {}, text);
  }
  if (from < 1 || to < 1) return fail("--labels needs positive numbers", {}, {}, text);
  from = std::min(from, to);
  for (int n = from; n < to; n += batch) counts.push_back(n);
  counts.push_back(to);
  return counts;
}

using Options = LearnOptions;
using Output = LearnOutput;

int run_instant(const Options& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts, Output& out) {
  const auto c = instant_options(o, p, strategy, counts);
  ProgressBar bar(strategy);
  Stopwatch watch;
  double done = 0;
  const double total = double(counts.size()) * o.seeds;
  auto curve = ml::learning_curve(p.data.features, p.data.pool->source_class, int(p.classes.size()), c,
                                  [&](const ml::CurvePoint& point) {
                                    ++done;
                                    bar.show(done, total, eta_s(watch.ms(), done, total), std::to_string(point.labels) + " labels");
                                  },
                                  cancel_on_interrupt());
  bar.finish();
  if (!curve) return report(curve.error());
  for (const auto& r : curve->rows) put_row(o, out, strategy, {r.labels, r.accuracy});
  for (const auto& q : curve->predictions) put_prediction(out, p, strategy, q.seed, q.id, q.split, q.truth, q.predicted);
  return kDone;
}

int run_bench(const Options& o) {
  auto counts = parse_counts(o.labels, o.batch);
  if (!counts) {
    report(counts.error());
    return kWrongUsage;
  }
  std::vector<std::string> strategies;
  std::stringstream in(o.strategies);
  for (std::string s; std::getline(in, s, ',');) {
    bool known = false;
    for (const auto& k : ml::strategies()) known |= k.name == s;
    if (!known) {
      std::string names;
      for (const auto& k : ml::strategies()) names += (names.empty() ? "" : ", ") + std::string(k.name);
      report({"unknown strategy", {}, names, s});
      return kWrongUsage;
    }
    strategies.push_back(s);
  }
  if (o.protocol != "curve" && o.network == "instant") {
    report({o.protocol + " is a protocol for networks", {}, "--network gapc or another network", "instant"});
    return kWrongUsage;
  }
  Output out;
  out.several = strategies.size() > 1;
  if (!o.predictions.empty()) {
    out.predictions.open(o.predictions);
    if (!out.predictions) return report({"cannot write", o.predictions, {}, {}, "Choose a folder that can be written"});
    out.predictions << "seed,path,split,true,predicted" << (out.several ? ",strategy" : "") << '\n';
  }
  if (!o.csv.empty()) {
    out.csv.open(o.csv);
    if (!out.csv) return report({"cannot write", o.csv, {}, {}, "Choose a folder that can be written"});
    out.csv << "network,strategy,labels,accuracy_mean,accuracy_std,seeds\n";
  }
  auto data = BenchData::load(o.data);
  if (!data) return report(data.error());
  for (const auto& s : strategies) {
    const int status = o.protocol == "student" ? run_student(o, data->opened(), s, *counts, out)
                       : o.network == "instant" ? run_instant(o, data->opened(), s, *counts, out) : run_network_curve(o, data->opened(), s, *counts, out);
    if (status != kDone) return status;
  }
  if (out.predictions.is_open() && !out.predictions.flush()) return report({"cannot write", o.predictions});
  if (out.csv.is_open() && !out.csv.flush()) return report({"cannot write", o.csv});
  if (!o.svg.empty())
    if (auto drawn = write_learn_plot(out, o.svg); !drawn) return report(drawn.error());
  return kDone;
}

}  // namespace

ml::CurveOptions instant_options(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts) {
  ml::CurveOptions c;
  c.strategy = strategy;
  static const std::map<std::string, ml::ColdStart> starts = {{"medoids", ml::ColdStart::medoids}, {"typiclust", ml::ColdStart::typiclust}, {"per-class", ml::ColdStart::per_class}, {"random", ml::ColdStart::random}};
  c.cold_start = starts.at(o.cold_start);
  c.cold_labels = c.cold_start == ml::ColdStart::per_class ? 3 : std::min(12, counts.front());
  c.batch = o.batch;
  c.label_counts = counts;
  c.seeds = o.seeds;
  c.blocks = o.blocks;
  c.test_fraction = o.test_share;
  c.pool_fraction = 1 - o.test_share;
  c.wrong_labels = o.noise;
  c.head.threads = o.threads;
  ml::set_head_options(c.head, *p.data.features, *p.data.pool, o.groups.empty() ? ml::default_group_by(*p.data.pool) : *ml::group_by_name(o.groups));
  return c;
}

void add_bench_learn(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("learn", "Accuracy against number of labels, with the source labels as oracle");
  c->add_option("--data", o->data, "Class folders")->required();
  c->add_option("--network", o->network, "instant, or a network's name")->capture_default_str();
  c->add_option("-s,--strategy,--strategies", o->strategies, "One or more, separated by commas")->capture_default_str();
  c->add_option("--labels", o->labels, "Up to this many; or a range 12:108, or a list 36,60")->capture_default_str();
  c->add_option("--cold-start", o->cold_start, "How the first labels are chosen")->check(CLI::IsMember({"medoids", "typiclust", "per-class", "random"}))->capture_default_str();
  c->add_option("--groups", o->groups, "What leave-one-out leaves out together (default: near-duplicates, of layers neighbouring layers)")->check(CLI::IsMember({"near-duplicates", "layers", "builds", "none"}));
  c->add_option("--batch", o->batch, "Labels a round")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--seeds", o->seeds, "Repetitions, each with a split of its own")->check(CLI::Range(1, 1000))->capture_default_str();
  c->add_option("--noise-labels", o->noise, "Share of wrong answers")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--test-share", o->test_share, "Share of each class that is held out")->check(CLI::Range(.01, .9))->capture_default_str();
  c->add_flag("--blocks", o->blocks, "Hold out contiguous blocks of names instead of random samples");
  c->add_option("--protocol", o->protocol, "curve: the labels and split above; neu44: networks by the published protocol, 60 % to label from, 20 % that choose the epoch, 20 % test, 18 labels a class first; student: a network learns what the instant tier says of the pool after --labels")
      ->check(CLI::IsMember({"curve", "neu44", "student"}))
      ->capture_default_str();
  c->add_option("--per-class", o->per_class, "neu44: labels a class a round")->check(CLI::Range(1, 1000))->capture_default_str();
  c->add_flag("--warm-start", o->warm_start, "Networks: a round goes on from the weights of the one before");
  c->add_option("--resume", o->resume, "Networks: file that keeps finished seeds; a run with the same settings goes on from it");
  c->add_option("--svg", o->svg, "The curves as a picture: .svg, .pdf, .png or .csv");
  c->add_option("--predictions", o->predictions, "CSV: seed, path, split, true, predicted");
  c->add_option("--csv", o->csv, "The rows as CSV");
  c->add_flag("--json", o->json, "One JSON object a row");
  o->training.add(*c, {"network", "threads", "seed", "folds"});
  c->callback([o, &exit] { exit = run_bench(*o); });
}

}  // namespace mp::explorer::cli
