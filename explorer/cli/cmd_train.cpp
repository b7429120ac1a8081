// meltpool train P --network gapc
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/clock.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "explorer/cli/training_options.h"
#include "ml/data/atomic_file.h"
#include "ml/service/labelled_sets.h"
#include "ml/train/input_images.h"
#include "ml/train/training_run.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, csv;
  TrainingOptions training;
  bool json = false;
};

Result<void> write_file(const std::string& path, std::string_view bytes) {
  auto file = ml::AtomicFile::create(path);
  if (!file) return tl::make_unexpected(file.error());
  file->write(bytes);
  return file->commit();
}

int run_train(const Options& o) {
  ml::TrainSettings base;
  base.threads = 2;
  const auto settings = o.training.resolve(base);
  if (!settings) {
    report(settings.error());
    return kWrongUsage;
  }
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  std::vector<ml::TrainItem> train, validation;
  const auto fit = ml::fit_set(*p->data.pool, p->labels, nullptr);
  for (const auto& l : fit) train.push_back({l.id, l.cls});
  for (const auto& l : ml::held_out_truth(*p->data.pool, fit, nullptr, std::numeric_limits<std::size_t>::max(), settings->seed))
    if (l.cls < int(p->classes.size())) validation.push_back({l.id, l.cls});
  auto inputs = ml::make_input_images(p->data.pool);
  const auto cancel = cancel_on_interrupt();
  ml::TrainHooks hooks;
  hooks.cancel = cancel;
  ProgressBar bar("training " + settings->network);
  Stopwatch watch;
  float loss = 0;
  std::string csv = "epoch,step,loss,train_accuracy,accuracy,macro_f1,auc\n";
  hooks.on_step = [&](const ml::StepReport& s) { loss = s.loss; };
  hooks.on_epoch = [&](const ml::EpochReport& e) {
    char detail[120];
    std::snprintf(detail, sizeof detail, "loss %.3f, train %.3f%s", double(loss), e.train_accuracy, e.validation ? (", validation " + std::to_string(e.validation->accuracy).substr(0, 6)).c_str() : "");
    bar.show(e.epoch, e.epochs, eta_s(watch.ms(), e.epoch, e.epochs), detail);
    char line[160];
    std::snprintf(line, sizeof line, "%d,%lld,%.6f,%.6f,%.6f,%.6f,%.6f\n", e.epoch, static_cast<long long>(e.step), double(loss), e.train_accuracy, e.validation ? e.validation->accuracy : 0.,
                  e.validation ? e.validation->macro_f1 : 0., e.validation ? e.validation->auc : 0.);
    csv += line;
  };
  auto result = ml::train_network(*settings, int(p->classes.size()), train, validation, *inputs, hooks);
  bar.finish();
  if (!result) return report(result.error());
  std::string saved;
  if (!p->project->read_only()) {
    std::error_code ec;
    const auto dir = o.project + "/models";
    std::filesystem::create_directories(dir, ec);
    saved = dir + "/" + settings->network + ".safetensors";
    const auto bytes = result->network->save();
    if (auto written = write_file(saved, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !written) return report(written.error());
  }
  if (!o.csv.empty()) {
    if (auto written = write_file(o.csv, csv); !written) return report(written.error());
  }
  const auto& v = result->validation;
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"network", settings->network}, {"labels", train.size()}, {"best_epoch", result->best_epoch}, {"accuracy", v.accuracy}, {"macro_f1", v.macro_f1},
                                       {"auc", v.auc}, {"n", v.n}, {"basis", v.basis}, {"biased", v.biased}, {"seconds", watch.ms() / 1000}, {"stopped", result->stopped}, {"weights", saved}}
                            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                            .c_str());
  else
    std::printf("%s on %zu labels: accuracy %.4f, macro F1 %.4f (%s), best epoch %d, %.0f s%s%s\n", settings->network.c_str(), train.size(), v.accuracy, v.macro_f1, v.basis.c_str(), result->best_epoch,
                watch.ms() / 1000, saved.empty() ? "" : ", weights in ", saved.c_str());
  return result->stopped ? kPartly : kDone;
}

}  // namespace

void add_train(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("train", "Train a network on the project's labels and keep its weights");
  c->add_option("project", o->project, "Project folder")->required();
  o->training.add(*c);
  c->add_option("--csv", o->csv, "Metrics by epoch");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_train(*o); });
}

}  // namespace mp::explorer::cli
