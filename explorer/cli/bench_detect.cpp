// meltpool bench detect --data DIR: trains a detector for a given CPU time and measures it on images it never saw.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>

#include "engine/base/clock.h"
#include "explorer/cli/bench_detect_active.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/box_folder.h"
#include "explorer/cli/box_report.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/output_file.h"
#include "explorer/cli/project_model.h"
#include "ml/detect/box_training.h"
#include "ml/detect/correction.h"
#include "ml/detect/detector_file.h"
#include "ml/detect/fixed_boxes.h"
#include "ml/detect/training.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string data, boxes, test_boxes, predictions, truth, weights, save;
  ml::DetectorSettings settings;
  double threshold = .25;
  bool active = false, json = false;
};

std::string results_json(const std::vector<ml::ScoredBox>& boxes) {
  std::string text = "[";
  for (const auto& b : boxes) {
    char line[200];
    std::snprintf(line, sizeof line, "%s\n{\"image_id\": %u, \"category_id\": %d, \"bbox\": [%.2f, %.2f, %.2f, %.2f], \"score\": %.5f}", text.size() > 1 ? "," : "", b.image + 1, b.cls + 1, b.x, b.y, b.w,
                  b.h, b.score);
    text += line;
  }
  return text + "\n]\n";
}

std::string truth_json(const BoxFolder& data, const std::vector<ml::ScoredBox>& boxes) {
  nlohmann::json j = {{"images", nlohmann::json::array()}, {"categories", nlohmann::json::array()}, {"annotations", nlohmann::json::array()}};
  for (std::size_t i = 0; i < data.test.size(); ++i) {
    const auto& e = data.pool.images[data.test[i]];
    j["images"].push_back({{"id", i + 1}, {"file_name", e.path}, {"width", e.width_px}, {"height", e.height_px}});
  }
  for (std::size_t c = 0; c < data.classes.size(); ++c) j["categories"].push_back({{"id", c + 1}, {"name", data.classes[c].name}});
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    const auto& b = boxes[i];
    j["annotations"].push_back({{"id", i + 1}, {"image_id", b.image + 1}, {"category_id", b.cls + 1}, {"bbox", {b.x, b.y, b.w, b.h}}, {"area", b.w * b.h}, {"iscrowd", 0}});
  }
  return j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

/// Median milliseconds of one image on its own, boxes without repetitions included.
double median_ms(ml::Detector& detector, std::span<const ml::Tile> tiles) {
  std::vector<double> ms;
  for (std::size_t i = 0; i < std::min<std::size_t>(tiles.size(), 60); ++i) {
    ml::Tile tile = tiles[i];
    tile.image = 0;
    Stopwatch watch;
    ml::detect(detector, {&tile, 1}, 1, .05f);
    ms.push_back(watch.ms());
  }
  std::ranges::nth_element(ms, ms.begin() + std::ptrdiff_t(ms.size() / 2));
  return ms[ms.size() / 2];
}

int run_bench(Options o) {
  std::optional<ml::BoxModel> stored;
  if (!o.weights.empty()) {
    auto read = ml::read_detector_file(o.weights);
    if (!read) return report(read.error());
    stored = std::move(*read);
    o.settings.detector = stored->detector;
    o.settings.input_px = stored->input_px;
    o.settings.tile_px = stored->tile_px;
  }
  auto data = load_box_folder(o.data, o.boxes, o.test_boxes, o.settings.seed);
  if (!data) return report(data.error());
  for (const auto& p : data->problems) std::fprintf(stderr, "meltpool: %s\n", p.c_str());
  if (data->test.empty()) return report({"no images to measure on", o.data, "at least five images with annotations", std::to_string(data->train.size()), {}});
  std::vector<ml::ClassId> class_of;   // of the stored detector's
  if (stored) {
    auto known = ml::classes_of(*stored, data->classes);
    if (!known) return report(known.error());
    class_of = std::move(*known);
  }
  std::vector<std::string> names;
  for (const auto& c : data->classes) names.push_back(c.name);
  const auto train = load_tiles(*data, data->train, o.settings.input_px, o.settings.tile_px);
  if (!train) return report(train.error());
  const auto test = load_tiles(*data, data->test, o.settings.input_px, o.settings.tile_px);
  if (!test) return report(test.error());
  const int classes = int(data->classes.size());

  if (o.active) {
    ActiveOptions active{.settings = o.settings, .json = o.json, .cancel = cancel_on_interrupt()};
    return run_active(*data, *train, *test, active);
  }
  ml::DetectorRun run;
  if (o.weights.empty()) {
    ProgressBar bar("training the detector");
    ml::DetectorHooks hooks;
    hooks.cancel = cancel_on_interrupt();
    hooks.on_step = [&](const ml::DetectorProgress& p) {
      if (p.step % 10) return;
      char detail[80];
      std::snprintf(detail, sizeof detail, "step %lld, epoch %d, loss %.3f", static_cast<long long>(p.step), p.epoch, double(p.loss));
      bar.show(100 * p.part, 100, p.eta_s, detail);
    };
    auto trained = o.settings.detector == "fixed" ? ml::train_fixed(o.settings, classes, *train, hooks) : ml::train_detector(o.settings, classes, *train, hooks);
    bar.finish();
    if (!trained) return report(trained.error());
    run = std::move(*trained);
    if (!run.problem.empty()) std::fprintf(stderr, "meltpool: %s\n", run.problem.c_str());
    if (!o.save.empty()) {
      const auto bytes = ml::detector_file({.detector = o.settings.detector, .classes = names, .input_px = o.settings.input_px, .tile_px = o.settings.tile_px, .trained = {}, .weights = run.detector->save()});
      if (auto written = write_file(o.save, {reinterpret_cast<const char*>(bytes.data()), bytes.size()}); !written) return report(written.error());
    }
  } else {
    auto made = ml::make_detector({stored->detector, int(stored->classes.size()), stored->input_px, o.settings.seed, o.settings.threads, o.settings.device, o.settings.exact});
    if (!made) return report(made.error());
    if (auto loaded = (*made)->load(stored->weights); !loaded) {
      auto e = loaded.error();
      e.path = o.weights;
      return report(e);
    }
    run.detector = std::move(*made);
  }

  auto found = ml::detect(*run.detector, *test, data->test.size(), .01f);
  for (auto& list : found)
    for (auto& d : list) d.cls = class_of.empty() ? d.cls : class_of[std::size_t(d.cls)];
  if (found.empty()) return report({"the detector failed", {}, {}, run.detector->last_error(), {}});
  std::vector<ml::ScoredBox> truth, scored, offered;
  for (std::uint32_t i = 0; i < data->test.size(); ++i) {
    for (const auto& b : data->boxes[data->test[i]]) truth.push_back(ml::scored(i, b));
    for (const auto& d : found[i]) scored.push_back(ml::scored(i, d));
    for (const auto& d : ml::offered(found[i])) offered.push_back(ml::scored(i, d));
  }
  const auto e = ml::evaluate_detections(truth, scored, data->test.size(), classes, {.threshold = o.threshold});
  if (!o.predictions.empty())
    if (auto written = write_file(o.predictions, results_json(scored)); !written) return report(written.error());
  if (!o.truth.empty())
    if (auto written = write_file(o.truth, truth_json(*data, truth)); !written) return report(written.error());
  const auto device = o.settings.device == "cpu" ? cpu_name() : o.settings.device;
  const nlohmann::json how = {{"detector", o.settings.detector}, {"parameters", run.detector->parameters()}, {"input_px", o.settings.input_px}, {"train_images", data->train.size()},
                              {"steps", run.steps}, {"epochs", run.epochs}, {"cpu_minutes", run.cpu_minutes}, {"seed", o.settings.seed}};
  auto extra = how;
  extra["low"] = e.map50_low;
  extra["high"] = e.map50_high;
  print_row(o.json, "detect.map50", e.map50, "mAP", e.images, device, extra);
  print_row(o.json, "detect.map", e.map, "mAP", e.images, device, how);
  for (std::size_t c = 0; c < names.size(); ++c)
    print_row(o.json, "detect.ap50", e.by_class[c].ap50, "AP", e.by_class[c].boxes, device, {{"class", names[c]}, {"ap", e.by_class[c].ap}});
  print_row(o.json, "detect.f1", e.f1, "F1", e.boxes, device, {{"threshold", o.threshold}, {"precision", e.precision}, {"recall", e.recall}});
  if (o.settings.detector == "fixed") {
    std::vector<std::vector<ml::TrueBox>> train_boxes, test_boxes;
    for (auto i : data->train) train_boxes.push_back(data->boxes[i]);
    for (auto i : data->test) test_boxes.push_back(data->boxes[i]);
    std::vector<ml::ScoredBox> best;
    const auto lists = ml::fixed_ceiling(train_boxes, test_boxes, o.settings.seed);
    for (std::uint32_t i = 0; i < lists.size(); ++i)
      for (const auto& d : lists[i]) best.push_back(ml::scored(i, d));
    print_row(o.json, "detect.fixed_ceiling", ml::evaluate_detections(truth, best, data->test.size(), classes, {.resamples = 0}).map50, "mAP", data->test.size(), device, {{"boxes", "clusters of the training's"}, {"classes", "told by an oracle"}});
  }
  for (const auto counting : {ml::Counting::window, ml::Counting::single}) {
    const std::string row = counting == ml::Counting::window ? "detect.actions_saved" : "detect.actions_saved_single";
    const auto actions = ml::cross_checked_actions(truth, offered, data->test.size(), ml::kNoClass, counting);
    print_row(o.json, row, actions.saved(), "share", e.boxes, device, {{"actions", actions.total}, {"accepted", actions.accepted}, {"corrected", actions.corrected}, {"deleted", actions.deleted}, {"drawn", actions.drawn}});
    for (std::size_t c = 0; c < names.size(); ++c)
      print_row(o.json, row + "_class", ml::cross_checked_actions(truth, offered, data->test.size(), ml::ClassId(c), counting).saved(), "share", e.by_class[c].boxes, device, {{"class", names[c]}});
  }
  print_row(o.json, "detect.ms", median_ms(*run.detector, *test), "ms", std::min<std::size_t>(test->size(), 60), device, {{"threads", o.settings.threads}, {"input_px", o.settings.input_px}});
  return run.stopped || !run.problem.empty() ? kPartly : kDone;
}

}  // namespace

void add_bench_detect(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto& s = o->settings;
  auto* c = bench.add_subcommand("detect", "Train a detector for a given CPU time; average precision on images it never saw");
  c->add_option("--data", o->data, "Folder of images with boxes")->required();
  c->add_option("--boxes", o->boxes, "COCO file, or folder of VOC or YOLO files, if not found in the folder");
  c->add_option("--test-boxes", o->test_boxes, "COCO file of the held-out images (else a fifth by class and seed)");
  auto* minutes = c->add_option("--minutes", s.minutes, "CPU minutes of training")->check(CLI::Range(.01, 10'000.));
  c->add_option("--epochs", s.epochs, "Passes instead of minutes")->check(CLI::Range(1, 100'000))->excludes(minutes)->capture_default_str();
  c->add_option("--detector", s.detector, "free: anchor-free; fixed: the published dual-head network with 100 boxes in every image, its ceiling beside it")->check(CLI::IsMember({"free", "fixed"}))->capture_default_str();
  c->add_option("--input", s.input_px, "Side of the input in pixels")->check(CLI::Range(ml::kMinDetectorPx, ml::kMaxDetectorPx))->check(detector_side())->capture_default_str();
  c->add_option("--tile", s.tile_px, "Side of tiles in pixels of the image; 0: whole images")->check(CLI::Range(0, 65'000))->capture_default_str();
  c->add_option("--batch", s.batch, "Images a step (fixed: 8 as published)")->check(CLI::Range(1, 1024))->capture_default_str();
  c->add_option("--lr", s.learning_rate, "Learning rate (fixed: 0.0001 as published)")->check(CLI::Range(1e-7, 1.))->capture_default_str();
  c->add_option("--seed", s.seed, "Of the split, the weights and the order")->capture_default_str();
  c->add_option("--threads", s.threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_option("--device", s.device, "cpu or cuda:0")->capture_default_str();
  c->add_flag("--exact", s.exact, "32-bit arithmetic also where 16-bit instructions are faster");
  c->add_option("--threshold", o->threshold, "Score for F1")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_option("--predictions", o->predictions, "Detections as COCO results");
  c->add_option("--truth", o->truth, "True boxes of the held-out images as COCO JSON, for evaluate-boxes");
  auto* save = c->add_option("--save", o->save, "Keep the weights (safetensors)");
  c->add_option("--weights", o->weights, "Measure these weights (of bench detect or train-boxes --save) instead of training")->excludes(save)->excludes(minutes);
  c->add_flag("--active", o->active, "Share of the boxes for 90 % of the full mAP: images chosen by doubt against random ones; --minutes or --epochs of each of up to 14 trainings")->excludes("--weights")->excludes("--save")->excludes("--predictions")->excludes("--truth");
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([o, c, &exit] {
    if (o->active && o->settings.detector != "free") throw CLI::ValidationError("--active", "it chooses images for the anchor-free detector: leave --detector out");
    ml::use_published_settings(o->settings, c->count("--batch"), c->count("--lr"), c->count("--epochs"));
    exit = run_bench(*o);
  });
}

}  // namespace mp::explorer::cli
