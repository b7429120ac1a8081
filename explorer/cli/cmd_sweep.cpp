// meltpool sweep P --over learning_rate=0.001,0.003 --over batch=16,32: trains once for each combination and measures on
// a left-out fold of the labels, never on the test split.
#include "explorer/cli/cmd_sweep.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/output_file.h"
#include "explorer/cli/parallel_plot.h"
#include "explorer/cli/project_model.h"
#include "explorer/cli/training_options.h"
#include "ml/service/labelled_sets.h"
#include "ml/train/pretrain.h"
#include "ml/train/input_images.h"
#include "ml/train/sweep.h"
#include "ml/train/training_run.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, record, csv, svg;
  std::vector<std::string> over;
  TrainingOptions training;
  int random = 0;
  bool json = false;
};

struct Run {
  ml::TrainSettings settings;
  double accuracy = 0, macro_f1 = 0, seconds = 0;
  int best_epoch = 0;
  std::string error;
};

std::string key_of(const ml::TrainSettings& s, const std::vector<ml::TrainItem>& labels) {
  std::uint64_t h = hash_bytes(settings_toml(s));
  for (const auto& l : labels) h = hash_combine(hash_combine(h, l.id), std::uint64_t(l.cls));
  char text[20];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(h));
  return text;
}

/// A run that the record has already; false: it is not there.
bool recall(const std::string& record, const std::string& key, Run& run) {
  std::ifstream in(record);
  for (std::string line; std::getline(in, line);) {
    const auto j = nlohmann::json::parse(line, nullptr, false);
    if (!j.is_object() || j.value("run", "") != key) continue;
    run.accuracy = j.value("accuracy", 0.);
    run.macro_f1 = j.value("macro_f1", 0.);
    run.seconds = j.value("seconds", 0.);
    run.best_epoch = j.value("best_epoch", 0);
    run.error = j.value("error", "");
    return true;
  }
  return false;
}

/// One row a run, the best first.
Result<void> put_table(const Options& o, const std::vector<ml::SweepAxis>& axes, const std::vector<Run>& runs) {
  std::string csv;
  for (const auto& a : axes) csv += a.field + ',';
  csv += "accuracy,macro_f1,best_epoch,seconds,error\n";
  for (const auto& r : runs) {
    nlohmann::json row{{"accuracy", r.accuracy}, {"macro_f1", r.macro_f1}, {"best_epoch", r.best_epoch}, {"seconds", r.seconds}};
    if (!r.error.empty()) row["error"] = r.error;
    std::string text;
    for (const auto& a : axes) {
      const auto value = setting_text(r.settings, a.field);
      row[a.field] = value;
      text += a.field + " " + value + "  ";
      csv += value + ',';
    }
    csv += fmt::format("{:g},{:g},{},{:g},{}\n", r.accuracy, r.macro_f1, r.best_epoch, r.seconds, r.error.empty() ? "" : "failed");
    if (o.json)
      std::printf("%s\n", row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    else
      std::printf("%.4f  macro F1 %.4f  epoch %3d  %6.1f s  %s%s\n", r.accuracy, r.macro_f1, r.best_epoch, r.seconds, text.c_str(), r.error.c_str());
  }
  if (o.csv.empty()) return {};
  return write_file(o.csv, csv);
}

Result<void> draw(const std::string& file, const std::vector<ml::SweepAxis>& axes, const std::vector<Run>& runs) {
  std::vector<ParallelAxis> drawn;
  for (const auto& a : axes) drawn.push_back({a.field, a.values});
  double low = 1, high = 0;
  std::vector<ParallelRun> lines;
  for (const auto& r : runs) {
    if (!r.error.empty()) continue;
    low = std::min(low, r.accuracy);
    high = std::max(high, r.accuracy);
    ParallelRun line;
    for (const auto& a : axes) {
      std::size_t index = 0;
      for (std::size_t v = 0; v < a.values.size(); ++v) {
        auto probe = r.settings;
        if (set_setting(probe, a.field, a.values[v]) && setting_text(probe, a.field) == setting_text(r.settings, a.field)) index = v;
      }
      line.at.push_back(double(index));
    }
    line.at.push_back(r.accuracy);
    lines.push_back(std::move(line));
  }
  drawn.push_back({"accuracy", {}, low, high});
  std::ofstream out(file);
  out << parallel_plot_svg(drawn, lines);
  if (!out.flush()) return fail("cannot write", file);
  return {};
}

int run_sweep(const Options& o) {
  std::vector<ml::SweepAxis> axes;
  for (const auto& text : o.over) {
    auto axis = ml::parse_sweep_axis(text);
    if (!axis) {
      report(axis.error());
      return kWrongUsage;
    }
    axes.push_back(std::move(*axis));
  }
  const auto base = o.training.resolve({});
  auto planned = base ? ml::sweep_runs(*base, axes, o.random, base->seed) : tl::make_unexpected(base.error());
  if (!planned) {
    report(planned.error());
    return kWrongUsage;
  }
  for (const auto* file : {&o.csv, &o.svg})   // before the hours of work, not after
    if (!file->empty() && !std::ofstream(*file, std::ios::app)) return report({"cannot write", *file, {}, {}, "Choose a folder that can be written"});
  auto p = open_project(o.project, ml::OpenMode::read);
  if (!p) return report(p.error());
  std::vector<ml::TrainItem> labels;
  for (const auto& l : ml::fit_set(*p->data.pool, p->labels, nullptr)) labels.push_back({l.id, l.cls});
  std::vector<ml::SampleId> pool;   // for runs that learn from it first
  for (std::size_t i = 0; i < p->data.pool->size(); ++i)
    if (p->data.pool->split[i] == ml::Split::pool) pool.push_back(ml::SampleId(i));
  std::error_code ignored;  // the file's error says it
  const auto record = o.record.empty() ? o.project + "/models/sweep.jsonl" : o.record;
  if (o.record.empty()) std::filesystem::create_directories(o.project + "/models", ignored);
  if (auto ok = check_lines(record, "{\"accuracy\":", "sweep"); !ok) return report(ok.error());
  auto inputs = ml::make_input_images(p->data.pool);
  const auto cancel = cancel_on_interrupt();
  ProgressBar bar("sweep");
  Stopwatch watch;
  std::vector<Run> runs;
  double skipped = 0;
  for (const auto& settings : *planned) {
    Run run{settings};
    const auto key = key_of(settings, labels);
    if (recall(record, key, run)) {
      ++skipped;
    } else {
      ml::TrainHooks hooks;
      hooks.cancel = cancel;
      Stopwatch one;
      const auto start = ml::pretrain(settings, int(p->classes.size()), pool, *inputs, hooks);
      auto result = start ? ml::train_network(settings, int(p->classes.size()), labels, {}, *inputs, hooks, *start) : tl::make_unexpected(start.error());
      if (cancel.cancelled()) break;
      run.seconds = one.ms() / 1000;
      if (result) {
        run.accuracy = result->validation.accuracy;
        run.macro_f1 = result->validation.macro_f1;
        run.best_epoch = result->best_epoch;
        run.error = result->problem;
        if (result->validation.n == 0 && run.error.empty()) run.error = "nothing was measured: a left-out fold takes two labels of each class and --folds 2 or more";
      } else {
        run.error = result.error().message();
      }
      const nlohmann::json line{{"run", key}, {"accuracy", run.accuracy}, {"macro_f1", run.macro_f1}, {"seconds", run.seconds}, {"best_epoch", run.best_epoch}, {"error", run.error}};
      if (auto kept = append_line(record, line.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)); !kept) {
        bar.finish();
        return report(kept.error());
      }
    }
    runs.push_back(std::move(run));
    const double done = double(runs.size()), total = double(planned->size());
    bar.show(done, total, eta_s(watch.ms(), done - skipped, total - skipped), std::to_string(runs.back().accuracy).substr(0, 6));
  }
  bar.finish();
  std::stable_sort(runs.begin(), runs.end(), [](const Run& a, const Run& b) { return a.accuracy > b.accuracy; });
  if (auto written = put_table(o, axes, runs); !written) return report(written.error());
  if (!o.svg.empty())
    if (auto drawn = draw(o.svg, axes, runs); !drawn) return report(drawn.error());
  const bool failed = std::any_of(runs.begin(), runs.end(), [](const Run& r) { return !r.error.empty(); });
  return cancel.cancelled() || failed ? kPartly : kDone;
}

}  // namespace

void add_sweep(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("sweep", "Train with many settings and compare them on a left-out fold of the labels");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("--over", o->over, "FIELD=VALUE,VALUE,... for each setting that changes (learning_rate, batch, optimiser, network, ...)")->required();
  c->add_option("--random", o->random, "So many combinations at random instead of all")->check(CLI::Range(1, 10'000));
  c->add_option("--record", o->record, "File that keeps finished runs, so that a sweep that was cut off goes on (default: models/sweep.jsonl of the project)");
  c->add_option("--csv", o->csv, "The table as CSV");
  c->add_option("--svg", o->svg, "Parallel coordinates of the runs");
  c->add_flag("--json", o->json, "One JSON object a run");
  o->training.add(*c);
  c->callback([o, &exit] { exit = run_sweep(*o); });
}

}  // namespace mp::explorer::cli
