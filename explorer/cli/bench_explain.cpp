// meltpool bench explain --data DIR --weights F: where the detector looks, checked against true boxes, chance and how
// uneven the image is.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "engine/base/clock.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/box_folder.h"
#include "explorer/cli/cli.h"
#include "ml/data/decode.h"
#include "ml/explain/heat.h"

namespace mp::explorer::cli {

namespace {

constexpr int kWindowPx = 15;  // of the local deviation

struct Options {
  std::string data, boxes, test_boxes, weights;
  int input_px = 208, threads = 1;
  std::uint64_t seed = 1;
  bool json = false;
};

struct Sum {
  double pointed = 0, energy = 0, chance = 0;
  std::size_t n = 0;
  void add(const ml::HeatScore& s) {
    pointed += s.pointed;
    energy += s.energy;
    chance += s.chance;
    ++n;
  }
};

int run_bench(const Options& o) {
  const auto data = load_box_folder(o.data, o.boxes, o.test_boxes, o.seed);
  if (!data) return report(data.error());
  const auto tiles = load_tiles(*data, data->test, o.input_px, 0);
  if (!tiles) return report(tiles.error());
  const auto bytes = ml::read_file(o.weights);
  if (!bytes) return report(bytes.error());
  const std::size_t classes = data->classes.size();
  auto detector = ml::make_detector({.classes = int(classes), .input_px = o.input_px, .threads = o.threads});
  if (!detector) return report(detector.error());
  if (auto loaded = (*detector)->load(*bytes); !loaded) {
    auto e = loaded.error();
    e.path = o.weights;
    return report(e);
  }
  std::vector<Sum> heat(classes), deviation(classes);
  std::vector<double> ms;
  const int side = o.input_px / ml::kDetectorStride;
  const float px = float(o.input_px);
  for (const auto& tile : *tiles) {
    Stopwatch watch;
    const auto all = (*detector)->heat(tile.pixels, 1);
    ms.push_back(watch.ms());
    if (all.empty()) return report({"the detector failed", {}, {}, (*detector)->last_error(), {}});
    const auto uneven = ml::local_deviation(tile.pixels, o.input_px, kWindowPx);
    for (std::size_t c = 0; c < classes; ++c) {
      std::vector<ml::BoxRect> boxes;
      for (const auto& b : tile.boxes)
        if (std::size_t(b.cls) == c) boxes.push_back(b.rect);
      if (boxes.empty()) continue;
      const auto first = all.begin() + std::ptrdiff_t(c * std::size_t(side) * std::size_t(side));
      heat[c].add(ml::score_heat({side, side, {first, first + std::ptrdiff_t(side) * side}}, boxes, px, px));
      deviation[c].add(ml::score_heat(uneven, boxes, px, px));
    }
  }
  const auto device = cpu_name();
  const auto rows = [&](const std::string& map, const std::vector<Sum>& by_class) {
    Sum total;
    for (std::size_t c = 0; c < classes; ++c) {
      const auto& s = by_class[c];
      if (s.n == 0) continue;
      const auto share = [&](double v) { return v / double(s.n); };
      print_row(o.json, "explain.pointing_class", share(s.pointed), "share", s.n, device, {{"map", map}, {"class", data->classes[c].name}, {"energy", share(s.energy)}, {"chance", share(s.chance)}});
      total.pointed += s.pointed;
      total.energy += s.energy;
      total.chance += s.chance;
      total.n += s.n;
    }
    const double n = double(std::max<std::size_t>(1, total.n));
    print_row(o.json, "explain.pointing", total.pointed / n, "share", total.n, device, {{"map", map}, {"chance", total.chance / n}});
    print_row(o.json, "explain.energy", total.energy / n, "share", total.n, device, {{"map", map}, {"chance", total.chance / n}});
  };
  rows("detector heat", heat);
  rows("local deviation", deviation);
  std::ranges::sort(ms);
  if (!ms.empty()) print_row(o.json, "explain.ms", ms[ms.size() / 2], "ms", ms.size(), device, {{"map", "detector heat"}, {"threads", o.threads}});
  return kDone;
}

}  // namespace

void add_bench_explain(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = bench.add_subcommand("explain", "Whether the detector's heat lies in the true boxes, beside chance and local deviation");
  c->add_option("--data", o->data, "Folder of images with boxes")->required();
  c->add_option("--weights", o->weights, "A detector of the same split: bench detect --save")->required();
  c->add_option("--boxes", o->boxes, "COCO file, or folder of VOC or YOLO files, if not found in the folder");
  c->add_option("--test-boxes", o->test_boxes, "COCO file of the held-out images (else a fifth by class and seed)");
  c->add_option("--input", o->input_px, "Side of the input in pixels, as trained")->check(CLI::Range(ml::kMinDetectorPx, ml::kMaxDetectorPx))->capture_default_str();
  c->add_option("--seed", o->seed, "Of the split")->capture_default_str();
  c->add_option("--threads", o->threads, "Threads")->check(CLI::Range(1, 256))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object a row");
  c->callback([o, &exit] { exit = run_bench(*o); });
}

}  // namespace mp::explorer::cli
