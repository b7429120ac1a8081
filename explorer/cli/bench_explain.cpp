// meltpool bench explain: where a detector or a network looks, checked against true boxes, chance and how uneven the
// image is.
#include "explorer/cli/bench_explain.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ctime>
#include <memory>

#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "ml/detect/box_training.h"
#include "ml/detect/detector_file.h"

namespace mp::explorer::cli {

void HeatTally::add(std::size_t cls, const ml::HeatScore& s) {
  auto& sum = by_class[cls];
  sum.pointed += s.pointed;
  sum.energy += s.energy;
  sum.chance += s.chance;
  ++sum.n;
}

void HeatTally::print(bool json, const BoxFolder& data, const std::string& map) const {
  const auto device = cpu_name();
  Sum total;
  for (std::size_t c = 0; c < by_class.size(); ++c) {
    const auto& s = by_class[c];
    if (s.n == 0) continue;
    const auto share = [&](double v) { return v / double(s.n); };
    print_row(json, "explain.pointing_class", share(s.pointed), "share", s.n, device, {{"map", map}, {"class", data.classes[c].name}, {"energy", share(s.energy)}, {"chance", share(s.chance)}});
    total.pointed += s.pointed;
    total.energy += s.energy;
    total.chance += s.chance;
    total.n += s.n;
  }
  const double n = double(std::max<std::size_t>(1, total.n));
  print_row(json, "explain.pointing", total.pointed / n, "share", total.n, device, {{"map", map}, {"chance", total.chance / n}});
  print_row(json, "explain.energy", total.energy / n, "share", total.n, device, {{"map", map}, {"chance", total.chance / n}});
}

double Times::thread_cpu_ms() {
  timespec t{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return double(t.tv_sec) * 1e3 + double(t.tv_nsec) * 1e-6;
}

void print_explain_ms(const ExplainOptions& o, const std::string& map, Times& t) {
  if (t.wall_ms.empty()) return;
  std::ranges::sort(t.wall_ms);
  std::ranges::sort(t.cpu_ms);
  const auto middle = t.wall_ms.size() / 2;
  print_row(o.json, "explain.ms", t.wall_ms[middle], "ms", t.wall_ms.size(), cpu_name(), {{"map", map}, {"threads", o.threads}, {"cpu_ms", t.cpu_ms[middle]}});
}

namespace {

constexpr int kDetectorPx = 208;

int bench_detector(const ExplainOptions& o) {
  const auto stored = ml::read_detector_file(o.weights);
  if (!stored) return report(stored.error());
  const int input_px = stored->input_px;
  const auto data = load_box_folder(o.data, o.boxes, o.test_boxes, o.seed);
  if (!data) return report(data.error());
  const auto tiles = load_tiles(*data, data->test, input_px, 0);
  if (!tiles) return report(tiles.error());
  const std::size_t classes = data->classes.size();
  const auto class_of = ml::classes_of(*stored, data->classes);
  if (!class_of) return report(class_of.error());
  auto detector = ml::make_detector({.name = stored->detector, .classes = int(stored->classes.size()), .input_px = input_px, .threads = o.threads});
  if (!detector) return report(detector.error());
  if (auto loaded = (*detector)->load(stored->weights); !loaded) {
    auto e = loaded.error();
    e.path = o.weights;
    return report(e);
  }
  HeatTally heat(classes), deviation(classes);
  Times times;
  const int side = input_px / ml::kDetectorStride;
  const float px = float(input_px);
  for (const auto& tile : *tiles) {
    const auto all = times.of([&] { return (*detector)->heat(tile.pixels, 1); });
    if (all.empty()) return report({"the detector failed", {}, {}, (*detector)->last_error(), {}});
    const auto uneven = ml::local_deviation(tile.pixels, input_px);
    for (std::size_t k = 0; k < class_of->size(); ++k) {
      const auto c = std::size_t((*class_of)[k]);
      std::vector<ml::BoxRect> boxes;
      for (const auto& b : tile.boxes)
        if (std::size_t(b.cls) == c) boxes.push_back(b.rect);
      if (boxes.empty()) continue;
      const auto first = all.begin() + std::ptrdiff_t(k * std::size_t(side) * std::size_t(side));
      heat.add(c, ml::score_heat({side, side, {first, first + std::ptrdiff_t(side) * side}}, boxes, px, px));
      deviation.add(c, ml::score_heat(uneven, boxes, px, px));
    }
  }
  heat.print(o.json, *data, "detector heat");
  deviation.print(o.json, *data, "local deviation");
  print_explain_ms(o, "detector heat", times);
  return kDone;
}

}  // namespace

void add_bench_explain(CLI::App& bench, int& exit) {
  auto o = std::make_shared<ExplainOptions>();
  o->train.network.clear();
  o->train.epochs = 20;
  auto* c = bench.add_subcommand("explain", "Whether heatmaps lie in the true boxes, beside chance and local deviation: of a detector, or with --network of a network");
  c->add_option("--data", o->data, "Folder of images with boxes")->required();
  c->add_option("--weights", o->weights, "A detector of the same split (bench detect --save), or with --network that network's; without, it is trained here");
  c->add_option("--network", o->train.network, "Train this network on the images' folders and look into it");
  c->add_option("--guided", o->guided, "Share of the training images whose boxes guide the network")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_option("--guide", o->guide, "Weight of the guiding loss")->check(CLI::Range(0., 100.))->capture_default_str();
  c->add_option("--epochs", o->train.epochs, "Of the training")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--methods", o->methods, "Of cam, grad-cam, ig and occlusion")->capture_default_str();
  c->add_option("--slow-images", o->slow_images, "Held-out images for ig and occlusion, of all classes alike; 0: all")->check(CLI::NonNegativeNumber)->capture_default_str();
  c->add_option("--save", o->save, "Keep the trained network's weights in this file");
  c->add_option("--boxes", o->boxes, "COCO file, or folder of VOC or YOLO files, if not found in the folder");
  c->add_option("--test-boxes", o->test_boxes, "COCO file of the held-out images (else a fifth by class and seed)");
  c->add_option("--input", o->input_px, "Side of the input in pixels, as trained; default 208 for a detector, 100 for a network")->check(CLI::Range(ml::kMinInputPx, ml::kMaxDetectorPx));
  c->add_option("--seed", o->seed, "Of the split and the training")->capture_default_str();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([o, &exit] {
    if (!o->train.network.empty()) {
      exit = bench_explain_network(*o);
    } else if (o->weights.empty()) {
      report({"nothing to look into", {}, "--weights of a detector, or --network", "neither", {}});
      exit = kWrongUsage;
    } else {
      exit = bench_detector(*o);
    }
  });
}

}  // namespace mp::explorer::cli
