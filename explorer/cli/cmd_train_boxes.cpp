// meltpool train-boxes P: a detector on the project's accepted boxes. meltpool predict-boxes P: its proposals.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/counted.h"
#include "explorer/cli/box_report.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/output_file.h"
#include "explorer/cli/project_model.h"
#include "ml/detect/box_training.h"
#include "ml/detect/detector_file.h"
#include "ml/detect/fixed_boxes.h"

namespace mp::explorer::cli {

namespace {

struct TrainOptions {
  std::string project, save;
  ml::DetectorSettings settings;
  int tile = -1;
  bool go_on = false, input_said = false, json = false;
};

/// Boxes and pool only: neither thumbnails nor features are needed.
struct Opened {
  std::unique_ptr<ml::Project> project;
  ml::Pool pool;
  ml::ClassTable classes;
  ml::BoxStore boxes;
};

Result<Opened> open_boxes(const std::string& dir, ml::OpenMode mode) {
  Opened o;
  auto project = ml::Project::open(dir, mode);
  if (!project) return tl::make_unexpected(project.error());
  o.project = std::move(*project);
  auto pool = o.project->load_pool();
  if (!pool) return tl::make_unexpected(pool.error());
  auto classes = o.project->load_classes();
  if (!classes) return tl::make_unexpected(classes.error());
  auto boxes = o.project->load_boxes();
  if (!boxes) return tl::make_unexpected(boxes.error());
  o.pool = std::move(*pool);
  o.classes = std::move(*classes);
  o.boxes = std::move(*boxes);
  return o;
}

ml::BoxJobHooks with_bar(ProgressBar& bar, const CancelToken& cancel) {
  return {[&bar, map50 = ml::ClassDetection::kNone](const ml::BoxJobProgress& p) mutable {
    const auto& g = p.training;
    if (!std::isnan(g.map50)) map50 = g.map50;
    if (p.what != ml::kTrainingDetector) return bar.show(p.done, p.total, p.eta_s, p.what);
    if (g.step % 5) return;
    char detail[120];
    const int n = std::snprintf(detail, sizeof detail, "epoch %d, loss %.3f", g.epoch, double(g.loss));
    if (!std::isnan(map50)) std::snprintf(detail + n, sizeof detail - std::size_t(n), ", mAP@0.5 %.3f", map50);
    bar.show(100 * p.done, 100, p.eta_s, detail);
  }, cancel};
}

int run_train(TrainOptions o) {
  auto p = open_boxes(o.project, ml::OpenMode::write);
  if (!p) return report(p.error());
  std::optional<ml::BoxModel> start;
  if (o.go_on) {
    auto old = ml::load_box_model(*p->project);
    if (!old) return report(old.error());
    if (!*old || (*old)->detector != "free" || o.settings.detector != "free")
      return report({"there is no detector to go on from", o.project, "an anchor-free one", *old ? "another" : "none", "Train without --continue"});
    start = std::move(*old);
    if (!o.input_said) o.settings.input_px = start->input_px;
    if (o.tile < 0) o.tile = start->tile_px;
  }
  ProgressBar bar("detector");
  auto done = ml::train_box_model(p->pool, p->boxes, p->classes, {o.settings, o.tile, start ? &*start : nullptr}, with_bar(bar, cancel_on_interrupt()));
  bar.finish();
  if (!done) return report(done.error());
  for (const auto& problem : done->problems) std::fprintf(stderr, "meltpool: %s\n", problem.c_str());
  for (const auto& note : done->notes) std::fprintf(stderr, "meltpool: %s\n", note.c_str());
  const auto& model = done->model;
  const auto& e = done->evaluation;
  if (auto saved = ml::save_box_model(*p->project, model); !saved) return report(saved.error());
  if (!o.save.empty()) {
    const auto bytes = ml::detector_file(model);
    if (auto written = write_file(o.save, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !written) return report(written.error());
  }
  if (o.json) {
    auto j = detection_json(e, model.classes, .25);
    j.update({{"trained_images", model.images}, {"trained_boxes", model.boxes}, {"epochs", done->epochs}, {"steps", done->steps}, {"loss", done->loss}, {"cpu_minutes", done->cpu_minutes},
              {"offer_threshold", model.threshold}, {"threshold_images", done->threshold_images}, {"actions_saved", model.saved}, {"held_out_boxes", done->held_out_boxes}, {"stopped", done->stopped}, {"unread", done->problems.size()}, {"notes", done->notes}});
    std::printf("%s\n", j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::printf("trained on %s of %s, %d passes, %.1f CPU minutes\n", counted(model.boxes, "box", "boxes").c_str(), counted(model.images, "image").c_str(), done->epochs, done->cpu_minutes);
    if (!done->threshold_images)
      std::printf("too few images to choose a threshold: boxes are offered from score %.2f on\n", model.threshold);
    else if (model.threshold > 1)
      std::printf("correcting its boxes would still cost more than drawing them: none are offered\n");
    else
      std::printf("from score %.2f on (chosen on %zu images beside those of the training) its boxes save %.0f %% of the actions of drawing%s\n", model.threshold, done->threshold_images, 100 * model.saved,
                  done->held_out_boxes ? " on the held-out images" : ", cross-checked there");
    if (done->held_out_boxes)
      print_detection(false, e, model.classes, .25, {});
    else
      std::printf("average precision is not measured: no held-out image has boxes\n");
  }
  return done->stopped || !done->problems.empty() || !done->notes.empty() ? kPartly : kDone;
}

struct PredictOptions {
  std::string project, weights, device = "cpu";
  double min_score = -1;
  int threads = 1;
  bool all = false, json = false, replace = false;
};

int run_predict(const PredictOptions& o) {
  auto p = open_boxes(o.project, ml::OpenMode::write);
  if (!p) return report(p.error());
  auto own = ml::load_box_model(*p->project);
  if (!own && o.weights.empty()) return report(own.error());
  const bool has_own = !own || own->has_value();
  std::optional<ml::BoxModel> model;
  if (!o.weights.empty()) {
    auto read = ml::read_detector_file(o.weights);
    if (!read) return report(read.error());
    model = std::move(*read);
  } else {
    model = std::move(*own);
  }
  if (!model) return report({"the project has no detector yet", o.project, "a trained detector", "none", "Train one: meltpool train-boxes"});
  const ml::BoxModel& m = *model;
  const auto class_of = ml::classes_of(m, p->classes);
  if (!class_of) return report(class_of.error());
  const double threshold = o.min_score >= 0 ? o.min_score : m.threshold;
  if (threshold > 1)
    return report({"no boxes are offered: correcting them would cost more than drawing", o.project, "a better detector", {}, "Train on more boxes, or say --min-score"});
  std::vector<std::uint32_t> images;
  for (std::uint32_t i = 0; i < p->pool.images.size(); ++i)
    if (o.all || !std::ranges::binary_search(p->boxes.checked, i)) images.push_back(i);
  ProgressBar bar("boxes");
  const auto looked = ml::find_boxes(p->pool, images, m, threshold, o.threads, o.device, with_bar(bar, cancel_on_interrupt()));
  bar.finish();
  if (!looked) return report(looked.error());
  const auto& problems = looked->problems;
  for (const auto& problem : problems) std::fprintf(stderr, "meltpool: %s\n", problem.c_str());
  const auto changes = ml::propose(p->boxes, images, looked->found, *class_of);
  const bool becomes_own = !o.weights.empty() && (!has_own || o.replace);   // from now on also in the window
  if (!o.weights.empty() && !becomes_own) std::fprintf(stderr, "meltpool: note: the project keeps its own detector; --replace gives it this one\n");
  if (becomes_own)
    if (auto saved = ml::save_box_model(*p->project, m); !saved) return report(saved.error());
  if (auto saved = p->project->save_boxes(changes); !saved) return report(saved.error());
  const auto proposed = std::ranges::count_if(changes, [](const auto& c) { return c.box.status == ml::BoxStatus::proposed; });
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"images", images.size()}, {"proposed", proposed}, {"withdrawn", changes.size() - std::size_t(proposed)}, {"min_score", threshold}, {"problems", problems}}
                            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                            .c_str());
  else
    std::printf("%s proposed on %s from score %.2f on, %zu earlier ones withdrawn\n", counted(std::size_t(proposed), "box", "boxes").c_str(), counted(images.size(), "image").c_str(), threshold, changes.size() - std::size_t(proposed));
  return problems.empty() ? kDone : kPartly;
}

}  // namespace

void add_train_boxes(CLI::App& app, int& exit) {
  auto o = std::make_shared<TrainOptions>();
  auto& s = o->settings;
  auto* c = app.add_subcommand("train-boxes", "Train a detector on the project's accepted boxes; measured on held-out images");
  c->add_option("project", o->project, "Project folder")->required();
  auto* minutes = c->add_option("--minutes", s.minutes, "CPU minutes of training")->check(CLI::Range(.01, 10'000.));
  c->add_option("--epochs", s.epochs, "Passes instead of minutes")->check(CLI::Range(1, 100'000))->excludes(minutes)->capture_default_str();
  c->add_option("--detector", s.detector, "free: anchor-free; fixed: the published dual-head network with 100 boxes in every image, for comparison")->check(CLI::IsMember({"free", "fixed"}))->capture_default_str();
  c->add_option("--input", s.input_px, "Side of the input in pixels, a multiple of 16")->check(CLI::Range(ml::kMinDetectorPx, ml::kMaxDetectorPx))->check(detector_side())->capture_default_str();
  c->add_option("--tile", o->tile, "Side of tiles in pixels of the image; 0: whole images (default: by the images' size)")->check(CLI::Range(0, 65'000));
  c->add_option("--batch", s.batch, "Images a step (fixed: 8 as published)")->check(CLI::Range(1, 1024))->capture_default_str();
  c->add_option("--lr", s.learning_rate, "Learning rate (fixed: 0.0001 as published)")->check(CLI::Range(1e-7, 1.))->capture_default_str();
  c->add_option("--seed", s.seed, "Seed")->capture_default_str();
  c->add_option("--threads", s.threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--device", s.device, "cpu or cuda:0")->capture_default_str();
  c->add_option("--save", o->save, "Also write the weights to this file (safetensors), for predict-boxes --weights in another project");
  c->add_flag("--exact", s.exact, "32-bit arithmetic also where 16-bit instructions are faster");
  c->add_flag("--continue", o->go_on, "Go on from the project's detector, with its side and tiles where none are said");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, c, &exit] {
    ml::use_published_settings(o->settings, c->count("--batch"), c->count("--lr"), c->count("--epochs"));
    o->input_said = c->count("--input");
    exit = run_train(*o);
  });
}

void add_predict_boxes(CLI::App& app, int& exit) {
  auto o = std::make_shared<PredictOptions>();
  auto* c = app.add_subcommand("predict-boxes", "Let the project's detector propose boxes; a person says yes or no");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("--min-score", o->min_score, "Propose from this score on (default: where proposals save actions)")->check(CLI::Range(0., 1.));
  c->add_option("--weights", o->weights, "A detector that train-boxes or bench detect --save wrote: its classes are found by name. It becomes the project's where that has none");
  c->add_flag("--replace", o->replace, "With --weights: also in place of the project's own detector")->needs("--weights");
  c->add_flag("--all", o->all, "Also images whose boxes are complete");
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--device", o->device, "cpu or cuda:0")->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_predict(*o); });
}

}  // namespace mp::explorer::cli
