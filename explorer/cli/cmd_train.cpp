// meltpool train P --network gapc
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/clock.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/output_file.h"
#include "explorer/cli/project_model.h"
#include "explorer/cli/training_options.h"
#include "ml/data/atomic_file.h"
#include "ml/nn/weight_helper.h"
#include "ml/service/labelled_sets.h"
#include "ml/train/guide_boxes.h"
#include "ml/train/input_images.h"
#include "ml/train/manifest.h"
#include "ml/train/pretrain.h"
#include "ml/train/training_run.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, csv, manifest;
  TrainingOptions training;
  bool json = false;
};

/// What is trained on: the project's labels, or those of a manifest.
Result<void> choose_items(const Options& o, const OpenedProject& p, std::uint64_t seed, ml::Manifest& m) {
  if (o.manifest.empty()) {
    for (const auto& c : p.classes) m.classes.push_back(c.name);
    const auto fit = ml::fit_set(*p.data.pool, p.labels, nullptr);
    for (const auto& l : fit) m.train.push_back({l.id, l.cls});
    for (const auto& l : ml::held_out_truth(*p.data.pool, fit, nullptr, std::numeric_limits<std::size_t>::max(), seed))
      if (l.cls < int(p.classes.size())) m.validation.push_back({l.id, l.cls});
    return {};
  }
  for (const auto* items : {&m.train, &m.validation})
    for (const auto& i : *items)
      if (i.id >= p.data.pool->size() || i.cls < 0 || std::size_t(i.cls) >= m.classes.size())
        return fail("cannot repeat the run", o.manifest, "a manifest of this project, which has " + std::to_string(p.data.pool->size()) + " samples", "sample " + std::to_string(i.id) + ", class " + std::to_string(i.cls));
  return {};
}

Result<std::shared_ptr<ml::Network>> run_pretraining(const OpenedProject& p, const ml::TrainSettings& settings, int classes, ml::InputSource& inputs, const CancelToken& cancel) {
  std::vector<ml::SampleId> pool;
  for (std::size_t i = 0; i < p.data.pool->size(); ++i)
    if (p.data.pool->split[i] == ml::Split::pool) pool.push_back(ml::SampleId(i));
  ProgressBar bar("pretraining " + settings.network);
  Stopwatch watch;
  ml::TrainHooks hooks;
  hooks.cancel = cancel;
  const double steps = double(settings.pretrain) * std::ceil(double(pool.size()) / ml::kPretrainBatch);
  hooks.on_step = [&](const ml::StepReport& s) {
    char detail[40];
    std::snprintf(detail, sizeof detail, "loss %.3f", double(s.loss));
    bar.show(double(s.step), steps, eta_s(watch.ms(), double(s.step), steps), detail);
  };
  auto network = ml::pretrain(settings, classes, pool, inputs, hooks);
  bar.finish();
  return network;
}

int run_train(const Options& o) {
  ml::Manifest manifest;
  manifest.settings.threads = 2;
  if (!o.manifest.empty()) {
    auto read = ml::read_manifest(o.manifest);
    if (!read) return report(read.error());
    manifest = std::move(*read);
  }
  const auto settings = o.training.resolve(manifest.settings);
  if (!settings) {
    report(settings.error());
    return kWrongUsage;
  }
  if (settings->seed != manifest.settings.seed) manifest.pretrain_seed.reset();
  manifest.settings = *settings;
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  if (auto chosen = choose_items(o, *p, settings->seed, manifest); !chosen) return report(chosen.error());
  const auto &train = manifest.train, &validation = manifest.validation;
  auto inputs = ml::make_input_images(p->data.pool);
  const auto cancel = cancel_on_interrupt();
  ml::TrainHooks hooks;
  hooks.cancel = cancel;
  const int classes = int(manifest.classes.size());
  if (settings->guide > 0) {
    const auto store = p->project->load_boxes();
    if (!store) return report(store.error());
    auto boxes = std::make_shared<const ml::BoxIndex>(*p->data.pool, *store);
    if (!boxes->empty()) hooks.boxes = [boxes](ml::SampleId id, ml::ClassId cls) { return boxes->boxes(id, cls); };
  }
  const auto data = ml::data_hash(train, validation, settings->input_px, *inputs);
  const bool other_images = !manifest.data.empty() && manifest.data != data;
  if (other_images) std::fprintf(stderr, "meltpool: the images are not those of %s: the figures may differ\n", o.manifest.c_str());
  manifest.data = data;
  const auto models = o.project + "/models";
  std::error_code ignored;  // the file's error says it
  if (!p->project->read_only()) std::filesystem::create_directories(models, ignored);
  std::shared_ptr<ml::Network> start;
  if (settings->pretrain > 0) {
    auto before = *settings;
    before.seed = manifest.pretrain_seed.value_or(settings->seed);
    auto pretrained = run_pretraining(*p, before, classes, *inputs, cancel);
    if (!pretrained) return report(pretrained.error());
    if (cancel.cancelled()) return kPartly;
    start = std::move(*pretrained);
    if (!p->project->read_only()) {
      const auto bytes = start->save();
      if (auto written = write_file(models + "/" + settings->network + ".pretrained.safetensors", {reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !written) return report(written.error());
    }
  }
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
  auto result = ml::train_network(*settings, classes, train, validation, *inputs, hooks, start);
  bar.finish();
  if (!result) return report(result.error());
  if (!result->weights_left_alone.empty()) std::fprintf(stderr, "meltpool: not from the weights: %s\n", result->weights_left_alone.c_str());
  if (!result->problem.empty()) std::fprintf(stderr, "meltpool: %s\n", result->problem.c_str());
  const bool nothing = result->stopped && result->epochs == 0;
  if (nothing) std::fprintf(stderr, "meltpool: stopped in the first epoch: the model that was there stays\n");
  std::string saved;
  if (!p->project->read_only() && !nothing) {
    saved = models + "/" + settings->network + ".safetensors";
    const auto bytes = result->network->save();
    if (auto written = write_file(saved, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !written) return report(written.error());
    manifest.versions = ml::program_versions();
    manifest.accuracy = result->validation.accuracy;
    manifest.best_epoch = result->best_epoch;
    manifest.epochs = result->epochs;
    if (auto written = write_file(models + "/" + settings->network + ".manifest.json", ml::manifest_json(manifest)); !written) return report(written.error());
  }
  if (!o.csv.empty()) {
    if (auto written = write_file(o.csv, csv); !written) return report(written.error());
  }
  const auto& v = result->validation;
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"network", settings->network}, {"labels", train.size()}, {"best_epoch", result->best_epoch}, {"accuracy", v.accuracy}, {"macro_f1", v.macro_f1},
                                       {"auc", v.auc}, {"n", v.n}, {"basis", v.basis}, {"biased", v.biased}, {"seconds", watch.ms() / 1000}, {"stopped", result->stopped}, {"epochs", result->epochs}, {"ended_by", result->ended_by}, {"problem", result->problem}, {"weights_left_alone", result->weights_left_alone}, {"weights", saved}}
                            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                            .c_str());
  else
    std::printf("%s on %zu labels: accuracy %.4f, macro F1 %.4f (%s), best epoch %d, %.0f s%s%s\n", settings->network.c_str(), train.size(), v.accuracy, v.macro_f1, v.basis.c_str(), result->best_epoch,
                watch.ms() / 1000, saved.empty() ? "" : ", weights in ", saved.c_str());
  return result->stopped || other_images || !result->problem.empty() ? kPartly : kDone;
}

}  // namespace

// Not for people: what read_weights_apart() starts.
void add_read_weights(CLI::App& app, int& exit) {
  struct Helper {
    std::string path;
    bool trust = false;
  };
  auto o = std::make_shared<Helper>();
  auto* c = app.add_subcommand(ml::kWeightHelperCommand, "")->group("");
  c->add_option("file", o->path)->required();
  c->add_flag("--trust", o->trust);
  c->callback([o, &exit] { exit = ml::run_weight_helper(o->path, o->trust); });
}

void add_train(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("train", "Train a network on the project's labels and keep its weights");
  c->add_option("project", o->project, "Project folder")->required();
  o->training.add(*c);
  c->add_option("--manifest", o->manifest, "Repeat the run of this file (models/NAME.manifest.json) with its settings, labels and seed; options given here go before it");
  c->add_option("--csv", o->csv, "Metrics by epoch");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_train(*o); });
}

}  // namespace mp::explorer::cli
