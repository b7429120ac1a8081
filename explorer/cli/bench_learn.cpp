// bench learn --data DIR: accuracy against labels, simulated with the source labels as oracle.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_data.h"
#include "explorer/cli/bench_learn.h"
#include "explorer/cli/bench_learn_pseudo.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/changed_features.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/learn_options.h"
#include "explorer/cli/learn_rows.h"
#include "ml/features/augment.h"
#include "ml/data/csv.h"
#include "ml/data/utf8.h"
#include "ml/features/texture.h"
#include "ml/metrics/classification.h"
#include "ml/query/learning_curve.h"
#include "ml/query/strategy.h"
#include "ml/service/head_options.h"
#include "ml/service/labelled_sets.h"

namespace mp::explorer::cli {

namespace {

/// "60" -> 12, 18 .. 60; "12:108" -> 12, 18 .. 108; "36,60" -> exactly these.
Result<std::vector<int>> parse_counts(const std::string& text, int batch) {
  std::vector<int> counts;
  if (float share = 0; std::sscanf(text.c_str(), "%f%%", &share) == 1 && text.back() == '%') {   // resolved with the data
    if (!(share > 0 && share < 100)) return fail("a share of the pool lies above 0 and below 100 %", {}, {}, text);
    return std::vector<int>{1};
  }
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

struct Output {
  LearnRows rows;
  std::ofstream predictions;
  bool several = false;   // strategies
};

void put_prediction(Output& out, const OpenedProject& p, const std::string& strategy, std::uint64_t seed, ml::SampleId id, ml::Split split, ml::ClassId truth, ml::ClassId predicted) {
  if (!out.predictions.is_open()) return;
  auto name = [&](ml::ClassId c) { return c >= 0 && std::size_t(c) < p.classes.size() ? ml::csv_field(p.classes[std::size_t(c)].name) : std::string(); };
  out.predictions << seed << ',' << ml::csv_field(ml::percent_encode(p.data.pool->image(id).path)) << ',' << ml::name_of(split) << ',' << name(truth) << ',' << name(predicted);
  if (out.several) out.predictions << ',' << strategy;
  out.predictions << '\n';
}

/// Degraded copies of at most 200 labelled samples, as the window adds them when it is idle. Made once a sample.
class Copies {
 public:
  Copies(const OpenedProject& p, int threads) : p_(p), threads_(threads) {}
  ml::DegradedRows operator()(std::span<const ml::Labelled> labelled) {
    const auto chosen = ml::balanced_subset(labelled, kMostCopied, 1);
    const auto rounds = ml::copy_rounds(chosen, 2 * kMostCopied);
    const std::size_t d = p_.data.features->d;
    for (int k = 0; k < ml::kMostCopyRounds * ml::kDegradeVariants; ++k) {
      std::vector<ml::SampleId> fresh;
      for (const auto& l : chosen)
        if (k / ml::kDegradeVariants < rounds.at(l.cls) && rows_[l.id].size() == std::size_t(k) * d) fresh.push_back(l.id);
      if (fresh.empty()) continue;
      const auto made = changed_features(p_, fresh, threads_, [k](const ml::GreyImage& image, ml::SampleId id) { return ml::changed_copy(image, k / ml::kDegradeVariants, k % ml::kDegradeVariants, hash_combine(1, id)); });
      for (std::size_t i = 0; i < fresh.size(); ++i) rows_[fresh[i]].insert(rows_[fresh[i]].end(), made.begin() + std::ptrdiff_t(i * d), made.begin() + std::ptrdiff_t((i + 1) * d));
    }
    ml::DegradedRows out;
    for (const auto& l : chosen) {
      const auto n = std::size_t(rounds.at(l.cls)) * ml::kDegradeVariants;
      const auto& rows = rows_[l.id];
      out.features.insert(out.features.end(), rows.begin(), rows.begin() + std::ptrdiff_t(n * d));
      out.cls.insert(out.cls.end(), n, l.cls);
      out.of.insert(out.of.end(), n, l.id);
    }
    return out;
  }

 private:
  static constexpr std::size_t kMostCopied = 200;   // as the instant worker
  const OpenedProject& p_;
  int threads_;
  std::map<ml::SampleId, std::vector<float>> rows_;
};

int run_instant(const LearnOptions& o, const OpenedProject& p, const std::string& strategy, const std::vector<int>& counts, const std::vector<Corruption>& corruptions, std::optional<std::size_t> positive, Output& out) {
  auto measured = [&](const ml::Evaluation& e) { return positive ? measures_of_class(e, *positive) : measures_of(e); };
  auto c = instant_options(o, p, strategy, counts);
  c.seeds = 1;
  Copies copies(p, o.threads);
  if (o.copies) c.degraded = [&](std::span<const ml::Labelled> labelled) { return copies(labelled); };
  const auto& truth = p.data.pool->source_class;
  const int classes = int(p.classes.size());
  // Every sample under every corruption, with noise of its own: what the fit may have seen is drawn from another seed.
  std::vector<ml::SampleId> all(p.data.pool->size());
  for (ml::SampleId i = 0; i < all.size(); ++i) all[i] = i;
  std::vector<std::vector<float>> corrupted;
  for (const auto& k : corruptions)
    corrupted.push_back(changed_features(p, all, o.threads, [&](const ml::GreyImage& image, ml::SampleId id) { return ml::degrade(image, k.variant, hash_combine(0x74657374ull, id)); }));

  ProgressBar bar(strategy);
  Stopwatch watch;
  double done = 0;
  const double total = double(counts.size()) * o.seeds;
  for (int i = 0; i < o.seeds; ++i) {
    c.first_seed = std::uint64_t(1 + i);
    if (out.rows.has(strategy, c.first_seed)) {
      done += double(counts.size());
      continue;
    }
    std::vector<LearnPoint> points;
    auto curve = ml::learning_curve(p.data.features, truth, classes, c,
                                    [&](const ml::CurvePoint& point) {
                                      std::vector<float> probability;
                                      std::vector<ml::ClassId> test_truth;
                                      for (auto id : point.test) {
                                        const auto* row = point.predictions->probability.data() + std::size_t(id) * std::size_t(classes);
                                        probability.insert(probability.end(), row, row + classes);
                                        test_truth.push_back(truth[id]);
                                      }
                                      points.push_back({point.labels, "clean", measured(ml::evaluate(probability, test_truth, classes))});
                                      const std::size_t d = p.data.features->d;
                                      for (std::size_t k = 0; k < corruptions.size(); ++k) {
                                        std::vector<float> rows;
                                        for (auto id : point.test) rows.insert(rows.end(), corrupted[k].begin() + std::ptrdiff_t(id * d), corrupted[k].begin() + std::ptrdiff_t((id + 1) * d));
                                        points.push_back({point.labels, corruptions[k].name, measured(ml::evaluate(point.model->predict(rows), test_truth, classes))});
                                      }
                                      ++done;
                                      bar.show(done, total, eta_s(watch.ms(), done, total), std::to_string(point.labels) + " labels");
                                    },
                                    cancel_on_interrupt());
    if (!curve) {
      bar.finish();
      return report(curve.error());
    }
    if (auto kept = out.rows.add(strategy, c.first_seed, std::move(points)); !kept) return report(kept.error());
    for (const auto& q : curve->predictions) put_prediction(out, p, strategy, q.seed, q.id, q.split, q.truth, q.predicted);
  }
  bar.finish();
  return kDone;
}

/// A network by the published protocol, in the loop, or as the student of the instant tier.
int run_networks(const LearnOptions& o, const OpenedProject& p, const std::vector<std::string>& strategies, const std::vector<int>& counts, Output& from) {
  LearnOutput out;
  out.several = from.several;
  out.predictions = std::move(from.predictions);
  if (!o.csv.empty()) {
    out.csv.open(o.csv);
    if (!out.csv) return report({"cannot write", o.csv, {}, {}, "Choose a folder that can be written"});
    out.csv << "network,strategy,labels,accuracy_mean,accuracy_std,seeds\n";
  }
  for (const auto& s : strategies) {
    const int status = o.protocol == "student" ? run_student(o, p, s, counts, out) : run_network_curve(o, p, s, counts, out);
    if (status != kDone) return status;
  }
  if (out.predictions.is_open() && !out.predictions.flush()) return report({"cannot write", o.predictions});
  if (out.csv.is_open() && !out.csv.flush()) return report({"cannot write", o.csv});
  if (!o.svg.empty())
    if (auto drawn = write_learn_plot(out, o.svg); !drawn) return report(drawn.error());
  return kDone;
}

Result<std::vector<std::string>> parse_strategies(const std::string& text) {
  std::vector<std::string> strategies;
  std::stringstream in(text);
  for (std::string s; std::getline(in, s, ',');) {
    bool known = false;
    for (const auto& k : ml::strategies()) known |= k.name == s;
    if (!known) {
      std::string names;
      for (const auto& k : ml::strategies()) names += (names.empty() ? "" : ", ") + std::string(k.name);
      return fail("unknown strategy", {}, names, s);
    }
    strategies.push_back(s);
  }
  return strategies;
}

int run_bench(const LearnOptions& o) {
  auto wrong = [](const Error& e) {
    report(e);
    return kWrongUsage;
  };
  auto counts = parse_counts(o.labels, o.batch);
  if (!counts) return wrong(counts.error());
  const auto strategies = parse_strategies(o.strategies);
  if (!strategies) return wrong(strategies.error());
  const auto corruptions = parse_corruptions(o.corrupt);
  if (!corruptions) return wrong(corruptions.error());
  const bool instant = o.network == "instant";
  if (!instant && (!corruptions->empty() || o.copies || o.all || o.protocol == "pseudo"))
    return wrong({"--corrupt, --copies, --all and --protocol pseudo work with the instant tier only", {}, "--network instant", o.network});
  if (instant && (o.protocol == "neu44" || o.protocol == "student"))
    return wrong({o.protocol + " is a protocol for networks", {}, "--network gapc or another network", "instant"});
  const std::string identity = nlohmann::json{o.data, o.network, o.protocol, o.labels, o.cold_start, o.groups, o.corrupt, o.positive, o.batch, o.corrected, o.noise, o.test_share, o.blocks, o.copies, o.all, o.boxes, o.ignored_boxes, o.patch_px}.dump();
  auto rows = LearnRows::open(o.network, identity, instant ? o.resume : std::string());
  if (!rows) return report(rows.error());
  Output out{std::move(*rows), {}, strategies->size() > 1};
  if (!o.predictions.empty()) {
    out.predictions.open(o.predictions);
    if (!out.predictions) return report({"cannot write", o.predictions, {}, {}, "Choose a folder that can be written"});
    out.predictions << "seed,path,split,true,predicted" << (out.several ? ",strategy" : "") << '\n';
  }
  for (const auto* file : {&o.csv, &o.svg})   // before the hours of work, not after
    if (!file->empty() && !std::ofstream(*file, std::ios::app)) return report({"cannot write", *file, {}, {}, "Choose a folder that can be written"});
  auto data = o.boxes.empty() ? BenchData::load(o.data) : BenchData::load_layers(o.data, o.patch_px, o.boxes, o.ignored_boxes);
  if (!data) return report(data.error());
  if (o.labels.back() == '%') {
    const auto& p = data->opened();
    const auto split = ml::split_for(p.data.pool->source_class, p.data.features->valid, int(p.classes.size()), instant_options(o, p, "random", *counts), 1);
    *counts = {std::max(1, int(std::lround(std::atof(o.labels.c_str()) / 100 * double(split.pool.size()))))};
  }
  std::optional<std::size_t> positive;
  if (!o.positive.empty()) {
    const auto found = ml::find_class(data->opened().classes, o.positive);
    if (!found) return wrong({"there is no such class", {}, {}, o.positive});
    positive = std::size_t(*found);
  }
  if (!instant) return run_networks(o, data->opened(), *strategies, *counts, out);
  for (const auto& s : *strategies) {
    const int status = o.protocol == "pseudo" ? run_pseudo(o, data->opened(), s, counts->back(), out.rows)
                                              : run_instant(o, data->opened(), s, *counts, *corruptions, positive, out);
    if (status != kDone) return status;
  }
  out.rows.print(o.json, *strategies, o.needed);
  if (out.predictions.is_open() && !out.predictions.flush()) return report({"cannot write", o.predictions});
  if (!o.csv.empty())
    if (auto r = out.rows.write_csv(o.csv, *strategies); !r) return report(r.error());
  if (!o.svg.empty())
    if (auto r = out.rows.write_plot(o.svg, *strategies); !r) return report(r.error());
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
  c.split_groups = o.boxes.empty() ? std::span<const int>() : std::span<const int>(p.data.pool->layer_of);
  c.all_at_end = o.all;
  ml::set_head_options(c.head, *p.data.features, *p.data.pool, o.groups.empty() ? ml::default_group_by(*p.data.pool) : *ml::group_by_name(o.groups));
  return c;
}

void add_bench_learn(CLI::App& bench, int& exit) {
  auto o = std::make_shared<LearnOptions>();
  auto* c = bench.add_subcommand("learn", "Accuracy against number of labels, with the source labels as oracle");
  c->add_option("--data", o->data, "Class folders")->required();
  c->add_option("--network", o->network, "instant, or a network's name")->capture_default_str();
  c->add_option("-s,--strategy,--strategies", o->strategies, "One or more, separated by commas")->capture_default_str();
  c->add_flag("--all", o->all, "Instant: then also with every label of the pool");
  c->add_option("--boxes", o->boxes, "The data are layers: COCO files whose boxes make a patch a defect; split by layer")->delimiter(',');
  c->add_option("--ignore-boxes", o->ignored_boxes, "Classes of boxes that are no defects")->delimiter(',')->needs("--boxes");
  c->add_option("--patch", o->patch_px, "Layers: side of a patch in pixels")->check(CLI::Range(8, 4096))->capture_default_str();
  c->add_option("--labels", o->labels, "Up to this many; or a range 12:108, a list 36,60, or a share of the pool 5%")->capture_default_str();
  c->add_option("--cold-start", o->cold_start, "How the first labels are chosen")->check(CLI::IsMember({"medoids", "typiclust", "per-class", "random"}))->capture_default_str();
  c->add_option("--groups", o->groups, "What leave-one-out leaves out together (default: near-duplicates, of layers neighbouring layers)")->check(CLI::IsMember({"near-duplicates", "layers", "builds", "none"}));
  c->add_option("--batch", o->batch, "Labels a round")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--seeds", o->seeds, "Repetitions, each with a split of its own")->check(CLI::Range(1, 1000))->capture_default_str();
  c->add_option("--noise-labels", o->noise, "Share of wrong answers")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--test-share", o->test_share, "Share of each class that is held out")->check(CLI::Range(.01, .9))->capture_default_str();
  c->add_flag("--blocks", o->blocks, "Hold out contiguous blocks of names instead of random samples");
  c->add_option("--protocol", o->protocol, "curve: queries until the label counts are reached; pseudo: pseudo-labels of an imbalanced set, the most uncertain corrected; neu44: networks by the published protocol, 60 % to label from, 20 % that choose the epoch, 20 % test, 18 labels a class first; student: a network learns what the instant tier says of the pool after --labels")->check(CLI::IsMember({"curve", "pseudo", "neu44", "student"}))->capture_default_str();
  c->add_option("--per-class", o->per_class, "neu44: labels a class a round")->check(CLI::Range(1, 1000))->capture_default_str();
  c->add_flag("--warm-start", o->warm_start, "Networks: a round goes on from the weights of the one before");
  c->add_option("--corrected", o->corrected, "Pseudo: how many the person corrects")->check(CLI::Range(1, 600))->capture_default_str();
  c->add_option("--positive", o->positive, "Precision, recall, F1 and areas of this class instead of the mean; pseudo: the rare class (default: another one each seed)");
  c->add_option("--corrupt", o->corrupt, "Also test on changed images: noise10,blur0.8,contrast0.8,brightness25");
  c->add_flag("--copies", o->copies, "Also fit degraded copies of labelled samples, as the window does when it is idle");
  auto* resume = c->add_option("--resume", o->resume, "Keep finished seeds in this file and go on from it");
  c->add_option("--predictions", o->predictions, "CSV: seed, path, split, true, predicted")->excludes(resume);
  c->add_option("--csv", o->csv, "The rows as CSV");
  c->add_option("--needed", o->needed, "Also print how many labels each measure needs to reach this, e.g. 0.9")->check(CLI::Range(.01, 1.));
  c->add_option("--svg", o->svg, "Accuracy against labels with 95 % bands (.svg, .pdf, .png)");
  c->add_flag("--json", o->json, "One JSON object a row");
  o->training.add(*c, {"network", "threads", "seed", "folds"});
  c->callback([o, &exit] { exit = run_bench(*o); });
}

}  // namespace mp::explorer::cli
