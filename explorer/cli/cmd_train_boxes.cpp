// meltpool train-boxes P: a detector on the project's accepted boxes. meltpool predict-boxes P: its proposals.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/clock.h"
#include "explorer/cli/box_report.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/detect/box_project.h"
#include "ml/detect/correction.h"

namespace mp::explorer::cli {

namespace {

struct TrainOptions {
  std::string project;
  ml::DetectorSettings settings;
  int tile = -1;
  bool go_on = false, json = false;
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

ml::TileSet read_tiles(const Opened& p, std::span<const std::uint32_t> images, std::span<const std::vector<ml::TrueBox>> boxes, int px, int tile, const CancelToken& cancel) {
  ProgressBar bar("reading images");
  Stopwatch watch;
  ml::TileHooks hooks{[&](std::size_t done, std::size_t total) { bar.show(double(done), double(total), eta_s(watch.ms(), double(done), double(total))); }, cancel};
  auto set = ml::project_tiles(p.pool, images, boxes, px, tile, hooks);
  bar.finish();
  for (const auto& problem : set.problems) std::fprintf(stderr, "meltpool: %s\n", problem.c_str());
  return set;
}

int run_train(const TrainOptions& o) {
  auto p = open_boxes(o.project, ml::OpenMode::write);
  if (!p) return report(p.error());
  const int classes = int(p->classes.size());
  const auto images = ml::box_images(p->pool, p->boxes);
  const auto boxes = ml::accepted_boxes(p->pool, p->boxes, classes);
  if (images.train.empty())
    return report({"nothing to train a detector on", o.project, "accepted boxes on images that are not held out", "none", "Draw or accept some boxes in the explorer, or import them: meltpool import-boxes"});
  auto settings = o.settings;
  settings.tile_px = o.tile >= 0 ? o.tile : ml::default_tile_px(p->pool, settings.input_px);
  std::vector<std::uint8_t> start;
  ml::BoxModel model;
  for (const auto& c : p->classes) model.classes.push_back(c.name);
  if (o.go_on) {
    const auto old = ml::load_box_model(*p->project);
    if (!old) return report(old.error());
    if (!*old || (*old)->classes != model.classes)
      return report({"there is no detector to go on from", o.project, "one of the same classes", *old ? "one of other classes" : "none", "Train without --continue"});
    start = (*old)->weights;
  }
  const auto cancel = cancel_on_interrupt();
  const auto train = read_tiles(*p, images.train, boxes, settings.input_px, settings.tile_px, cancel);
  const auto test = read_tiles(*p, images.held_out, {}, settings.input_px, settings.tile_px, cancel);
  if (cancel.cancelled()) return report({"stopped before the training began; nothing was written"});
  std::vector<ml::Tile> validation;   // with their boxes, for the curve
  for (const auto& t : test.tiles) {
    if (validation.size() == 100) break;
    validation.push_back(t);
    const float scale = float(t.side) / float(settings.input_px);
    for (auto b : boxes[images.held_out[t.image]]) {
      b.rect = {(b.rect.x0 - float(t.x)) / scale, (b.rect.y0 - float(t.y)) / scale, (b.rect.x1 - float(t.x)) / scale, (b.rect.y1 - float(t.y)) / scale};
      validation.back().boxes.push_back(b);
    }
  }
  ProgressBar bar("training the detector");
  double map50 = ml::ClassDetection::kNone;
  ml::DetectorHooks hooks;
  hooks.cancel = cancel;
  hooks.on_step = [&](const ml::DetectorProgress& g) {
    if (!std::isnan(g.map50)) map50 = g.map50;
    if (g.step % 5) return;
    char detail[120];
    int n = std::snprintf(detail, sizeof detail, "epoch %d, loss %.3f", g.epoch, double(g.loss));
    if (!std::isnan(map50)) std::snprintf(detail + n, sizeof detail - std::size_t(n), ", mAP@0.5 %.3f", map50);
    bar.show(100 * g.part, 100, g.eta_s, detail);
  };
  auto run = ml::train_detector(settings, classes, train.tiles, settings.tile_px ? std::span<const ml::Tile>() : std::span<const ml::Tile>(validation), hooks, start);
  bar.finish();
  if (!run) return report(run.error());

  // The threshold from which proposals are worth a look, on images that were not trained on.
  std::vector<ml::ScoredBox> truth, found;
  const auto lists = ml::detect(*run->detector, test.tiles, images.held_out.size(), .01f);
  for (std::uint32_t i = 0; i < lists.size(); ++i) {
    for (const auto& b : boxes[images.held_out[i]]) truth.push_back({i, b.cls, b.rect.x0, b.rect.y0, double(b.rect.width()), double(b.rect.height())});
    for (const auto& d : lists[i]) found.push_back({i, d.cls, d.rect.x0, d.rect.y0, double(d.rect.width()), double(d.rect.height()), d.score});
  }
  const auto e = ml::evaluate_detections(truth, found, images.held_out.size(), classes, {});
  if (!truth.empty()) {
    model.threshold = ml::offer_threshold(truth, found, images.held_out.size());
    model.saved = ml::cross_checked_actions(truth, found, images.held_out.size()).saved();
  }
  model.map50 = e.map50;
  model.input_px = settings.input_px;
  model.tile_px = settings.tile_px;
  model.images = images.train.size();
  for (auto i : images.train) model.boxes += boxes[i].size();
  model.weights = run->detector->save();
  if (auto saved = ml::save_box_model(*p->project, model); !saved) return report(saved.error());
  if (o.json) {
    auto j = detection_json(e, model.classes, .25);
    j.update({{"trained_images", model.images}, {"trained_boxes", model.boxes}, {"epochs", run->epochs}, {"steps", run->steps}, {"loss", run->loss}, {"cpu_minutes", run->cpu_minutes},
              {"offer_threshold", model.threshold}, {"actions_saved", model.saved}, {"stopped", run->stopped}, {"unread", train.problems.size() + test.problems.size()}});
    std::printf("%s\n", j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    std::printf("trained on %zu boxes of %zu images, %d passes, %.1f CPU minutes\n", model.boxes, model.images, run->epochs, run->cpu_minutes);
    if (truth.empty())
      std::printf("not measured: no held-out image has boxes\n");
    else if (model.threshold > 1)
      std::printf("correcting its boxes would still cost more than drawing them: none are offered\n");
    else
      std::printf("from score %.2f on its boxes save %.0f %% of the actions of drawing\n", model.threshold, 100 * model.saved);
    if (!truth.empty()) print_detection(false, e, model.classes, .25, {});
  }
  return run->stopped || !train.problems.empty() || !test.problems.empty() ? kPartly : kDone;
}

struct PredictOptions {
  std::string project, device = "cpu";
  double min_score = -1;
  int threads = 1;
  bool all = false, json = false;
};

int run_predict(const PredictOptions& o) {
  auto p = open_boxes(o.project, ml::OpenMode::write);
  if (!p) return report(p.error());
  auto model = ml::load_box_model(*p->project);
  if (!model) return report(model.error());
  if (!*model) return report({"the project has no detector yet", o.project, "a trained detector", "none", "Train one: meltpool train-boxes"});
  const ml::BoxModel& m = **model;
  std::vector<ml::ClassId> class_of;
  for (const auto& name : m.classes) {
    const auto at = std::ranges::find(p->classes, name, &ml::ClassInfo::name);
    if (at == p->classes.end()) return report({"the detector knows a class that the project has no more", o.project, "class " + name, "none", "Train it again: meltpool train-boxes"});
    class_of.push_back(ml::ClassId(at - p->classes.begin()));
  }
  const double threshold = o.min_score >= 0 ? o.min_score : m.threshold;
  if (threshold > 1)
    return report({"no boxes are offered: correcting them would cost more than drawing", o.project, "a better detector", {}, "Train on more boxes, or say --min-score"});
  auto detector = ml::make_detector({.classes = int(m.classes.size()), .input_px = m.input_px, .threads = o.threads, .device = o.device});
  if (!detector) return report(detector.error());
  if (auto loaded = (*detector)->load(m.weights); !loaded) return report(loaded.error());

  std::vector<std::uint32_t> images;
  for (std::uint32_t i = 0; i < p->pool.images.size(); ++i)
    if (o.all || !std::ranges::binary_search(p->boxes.checked, i)) images.push_back(i);
  const auto cancel = cancel_on_interrupt();
  ProgressBar bar("finding boxes");
  Stopwatch watch;
  std::vector<std::vector<ml::Detection>> found;
  std::vector<std::string> problems;
  constexpr std::size_t kAtOnce = 32;   // images in memory
  for (std::size_t from = 0; from < images.size() && !cancel.cancelled(); from += kAtOnce) {
    const auto part = std::span(images).subspan(from, std::min(kAtOnce, images.size() - from));
    auto tiles = ml::project_tiles(p->pool, part, {}, m.input_px, m.tile_px, {{}, cancel});
    auto lists = ml::detect(**detector, tiles.tiles, part.size(), float(threshold));
    if (lists.empty()) return report({"the detector failed", {}, {}, (*detector)->last_error(), {}});
    for (std::size_t i = 0; i < part.size(); ++i)
      for (auto& d : lists[i]) {
        // A square tile may stick out of its image; the box must not.
        const auto& e = p->pool.images[part[i]];
        d.rect = {std::max(d.rect.x0, 0.f), std::max(d.rect.y0, 0.f), std::min(d.rect.x1, float(e.width_px)), std::min(d.rect.y1, float(e.height_px))};
      }
    for (auto& list : lists) {
      std::erase_if(list, [](const auto& d) { return !(d.rect.width() > 0 && d.rect.height() > 0); });
      found.push_back(std::move(list));
    }
    problems.insert(problems.end(), tiles.problems.begin(), tiles.problems.end());
    bar.show(double(found.size()), double(images.size()), eta_s(watch.ms(), double(found.size()), double(images.size())));
  }
  bar.finish();
  if (cancel.cancelled()) return report({"stopped before the end; nothing was written"});
  for (const auto& problem : problems) std::fprintf(stderr, "meltpool: %s\n", problem.c_str());
  const auto changes = ml::propose(p->boxes, images, found, class_of);
  if (auto saved = p->project->save_boxes(changes); !saved) return report(saved.error());
  const auto proposed = std::ranges::count_if(changes, [](const auto& c) { return c.box.status == ml::BoxStatus::proposed; });
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"images", images.size()}, {"proposed", proposed}, {"withdrawn", changes.size() - std::size_t(proposed)}, {"min_score", threshold}, {"problems", problems}}
                            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                            .c_str());
  else
    std::printf("%td boxes proposed on %zu images from score %.2f on, %zu earlier ones withdrawn\n", proposed, images.size(), threshold, changes.size() - std::size_t(proposed));
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
  c->add_option("--input", s.input_px, "Side of the input in pixels, a multiple of 16")->check(CLI::Range(ml::kMinDetectorPx, ml::kMaxDetectorPx))->capture_default_str();
  c->add_option("--tile", o->tile, "Side of tiles in pixels of the image; 0: whole images (default: by the images' size)")->check(CLI::Range(0, 65'000));
  c->add_option("--batch", s.batch, "Images a step")->check(CLI::Range(1, 1024))->capture_default_str();
  c->add_option("--lr", s.learning_rate, "Learning rate")->check(CLI::Range(1e-7, 1.))->capture_default_str();
  c->add_option("--seed", s.seed, "Seed")->capture_default_str();
  c->add_option("--threads", s.threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--device", s.device, "cpu or cuda:0")->capture_default_str();
  c->add_flag("--continue", o->go_on, "Go on from the project's detector");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_train(*o); });
}

void add_predict_boxes(CLI::App& app, int& exit) {
  auto o = std::make_shared<PredictOptions>();
  auto* c = app.add_subcommand("predict-boxes", "Let the project's detector propose boxes; a person says yes or no");
  c->add_option("project", o->project, "Project folder")->required();
  c->add_option("--min-score", o->min_score, "Propose from this score on (default: where proposals save actions)")->check(CLI::Range(0., 1.));
  c->add_flag("--all", o->all, "Also images whose boxes are complete");
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--device", o->device, "cpu or cuda:0")->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_predict(*o); });
}

}  // namespace mp::explorer::cli
