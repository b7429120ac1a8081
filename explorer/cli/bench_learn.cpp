// bench learn --data DIR: accuracy against labels, simulated with the source labels as oracle.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "explorer/cli/bench_data.h"
#include "explorer/cli/bench_learn.h"
#include "explorer/cli/bench_learn_pseudo.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "ml/data/csv.h"
#include "ml/data/utf8.h"
#include "ml/query/strategy.h"

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

enum Mode : unsigned { kInstant = 1, kPseudo = 2, kNetwork = 4, kPublished = 8, kStudent = 16 };
/// Options that not every protocol heeds: what is given and would do nothing is refused.
constexpr std::pair<const char*, unsigned> kHeeded[] = {
    {"--all", kInstant},
    {"--corrupt", kInstant},
    {"--copies", kInstant},
    {"--noise-labels", kInstant | kStudent},
    {"--cold-start", kInstant | kStudent},
    {"--groups", kInstant | kPseudo | kStudent},
    {"--labels", kInstant | kPseudo | kNetwork | kStudent},
    {"--batch", kInstant | kNetwork | kStudent},
    {"--test-share", kInstant | kNetwork | kPublished | kStudent},
    {"--blocks", kInstant | kNetwork | kPublished | kStudent},
    {"--needed", kInstant | kNetwork | kPublished | kStudent},
    {"--per-class", kPublished},
    {"--warm-start", kNetwork | kPublished},
    {"--corrected", kPseudo},
    {"--predictions", kInstant | kNetwork | kPublished},
};

Result<Mode> mode_of(const LearnOptions& o) {
  const bool instant = o.network == "instant";
  const auto mode = o.protocol == "pseudo" ? kPseudo : o.protocol == "neu44" ? kPublished : o.protocol == "student" ? kStudent : instant ? kInstant : kNetwork;
  if (!instant && mode == kPseudo) return fail("pseudo is a protocol for the instant tier", {}, "--network instant", o.network);
  if (instant && (mode == kPublished || mode == kStudent)) return fail(o.protocol + " is a protocol for networks", {}, "--network gapc or another network", "instant");
  auto idle = instant ? o.training.given() : std::vector<std::string>();
  for (const auto& [option, modes] : kHeeded)
    if (o.given.contains(option) && !(modes & mode)) idle.push_back(option);
  std::string names;
  for (const auto& name : idle) names += (names.empty() ? "" : ", ") + name;
  if (!names.empty()) return fail("options that would do nothing with --network " + o.network + " --protocol " + o.protocol, {}, {}, names, "leave them out");
  return mode;
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
  const auto mode = mode_of(o);
  if (!mode) return wrong(mode.error());
  nlohmann::json identity{o.data, o.network, o.protocol, o.labels, o.cold_start, o.groups, o.corrupt, o.positive, o.batch, o.corrected, o.noise, o.test_share, o.blocks, o.copies, o.all, o.boxes, o.ignored_boxes, o.patch_px};
  ml::TrainSettings settings;
  settings.network = o.network;
  settings.folds = 0;
  if (*mode != kStudent) settings.epochs = 60;
  if (o.network != "instant") {
    auto resolved = o.training.resolve(settings);
    if (!resolved) return wrong(resolved.error());
    settings = std::move(*resolved);
    for (const nlohmann::json& more : {nlohmann::json(settings_toml(settings)), nlohmann::json(o.per_class), nlohmann::json(o.warm_start)}) identity.push_back(more);
  }
  settings.threads = o.threads;
  auto rows = LearnRows::open(o.network, identity.dump(), o.resume);
  if (!rows) return report(rows.error());
  LearnOutput out{std::move(*rows), {}, strategies->size() > 1, {}};
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
    const auto split = ml::split_for(p.data.pool->source_class, p.data.features->valid, int(p.classes.size()), split_options(o, p), 1);
    *counts = {std::max(1, int(std::lround(std::atof(o.labels.c_str()) / 100 * double(split.pool.size()))))};
  }
  const auto& p = data->opened();
  if (!o.positive.empty()) {
    const auto found = ml::find_class(p.classes, o.positive);
    if (!found) return wrong({"there is no such class", {}, {}, o.positive});
    out.positive = std::size_t(*found);
  }
  for (const auto& s : *strategies) {
    const int status = *mode == kPseudo    ? run_pseudo(o, p, s, counts->back(), out.rows)
                       : *mode == kInstant ? run_instant(o, p, s, *counts, *corruptions, out)
                       : *mode == kStudent ? run_student(o, p, settings, s, *counts, out)
                                           : run_network_curve(o, p, settings, s, *counts, out);
    if (status != kDone) return status;
    out.rows.print(o.json, {s}, o.needed);
  }
  if (out.predictions.is_open() && !out.predictions.flush()) return report({"cannot write", o.predictions});
  if (!o.csv.empty())
    if (auto r = out.rows.write_csv(o.csv, *strategies); !r) return report(r.error());
  if (!o.svg.empty())
    if (auto r = out.rows.write_plot(o.svg, *strategies); !r) return report(r.error());
  return kDone;
}

}  // namespace

void put_prediction(LearnOutput& out, const OpenedProject& p, const std::string& strategy, std::uint64_t seed, ml::SampleId id, ml::Split split, ml::ClassId truth, ml::ClassId predicted) {
  if (!out.predictions.is_open()) return;
  auto name = [&](ml::ClassId c) { return c >= 0 && std::size_t(c) < p.classes.size() ? ml::csv_field(p.classes[std::size_t(c)].name) : std::string(); };
  out.predictions << seed << ',' << ml::csv_field(ml::percent_encode(p.data.pool->image(id).path)) << ',' << ml::name_of(split) << ',' << name(truth) << ',' << name(predicted);
  if (out.several) out.predictions << ',' << strategy;
  out.predictions << '\n';
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
  c->add_option("--patch", o->patch_px, "Layers: side of a patch in pixels")->check(CLI::Range(8, 4096))->needs("--boxes")->capture_default_str();
  c->add_option("--labels", o->labels, "Up to this many; or a range 12:108, a list 36,60, or a share of the pool 5%")->capture_default_str();
  c->add_option("--cold-start", o->cold_start, "How the first labels are chosen")->check(CLI::IsMember({"medoids", "typiclust", "per-class", "random"}))->capture_default_str();
  c->add_option("--groups", o->groups, "What leave-one-out leaves out together (default: near-duplicates, of layers neighbouring layers)")->check(CLI::IsMember({"near-duplicates", "layers", "builds", "none"}));
  c->add_option("--batch", o->batch, "Labels a round")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--seeds", o->seeds, "Repetitions, each with a split of its own")->check(CLI::Range(1, 1000))->capture_default_str();
  c->add_option("--noise-labels", o->noise, "Share of wrong answers")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--test-share", o->test_share, "Share of each class that is held out")->check(CLI::Range(.01, .9))->capture_default_str();
  c->add_flag("--blocks", o->blocks, "Hold out contiguous blocks of names instead of random samples")->excludes("--boxes");
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
  c->callback([o, c, &exit] {
    for (const auto* option : c->get_options())
      if (option->count()) o->given.insert(option->get_name());
    exit = run_bench(*o);
  });
}

}  // namespace mp::explorer::cli
