#include "explorer/cli/bench_detect_active.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <numeric>
#include <optional>

#include "engine/base/hash.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/detect/evaluation.h"

namespace mp::explorer::cli {

namespace {

constexpr double kGoal = .9;          // of the mAP of everything
constexpr float kLeastScore = .05f;   // of a detection that says something about doubt

struct Chosen {
  std::vector<char> in;               // by place in data.train
  std::size_t boxes = 0, images = 0;
};

/// Takes images in this order until so many boxes are there.
void take(Chosen& c, const BoxFolder& data, const std::vector<std::uint32_t>& order, std::size_t boxes) {
  for (auto i : order) {
    if (c.boxes >= boxes) return;
    if (c.in[i]) continue;
    c.in[i] = true;
    ++c.images;
    c.boxes += data.boxes[data.train[i]].size();
  }
}

}  // namespace

double image_doubt(const std::vector<ml::Detection>& found) {
  double doubt = 0, expected = 1;
  for (const auto& d : found) {
    if (d.score < kLeastScore) continue;
    doubt += 4 * double(d.score) * (1 - double(d.score));
    expected += double(d.score);
  }
  return doubt / expected;
}

double share_reaching(const std::vector<std::pair<double, double>>& points, double goal) {
  for (std::size_t i = 0; i < points.size(); ++i) {
    const auto [share, value] = points[i];
    if (!(value >= goal)) continue;
    if (i == 0) return share;
    const auto [before, low] = points[i - 1];
    return before + (share - before) * (goal - low) / (value - low);
  }
  return std::numeric_limits<double>::quiet_NaN();
}

int run_active(const BoxFolder& data, const std::vector<ml::Tile>& train, const std::vector<ml::Tile>& test, const ActiveOptions& o) {
  const int classes = int(data.classes.size());
  const auto device = o.settings.device == "cpu" ? cpu_name() : o.settings.device;
  std::size_t all = 0;
  for (auto i : data.train) all += data.boxes[i].size();
  std::vector<ml::ScoredBox> truth;
  for (std::uint32_t i = 0; i < data.test.size(); ++i)
    for (const auto& b : data.boxes[data.test[i]]) truth.push_back(ml::scored(i, b));

  std::optional<Error> failed;
  bool stopped = false;
  /// The detector of these images and its mAP@0.5 on the test; null: failed or stopped.
  const auto measure = [&](const Chosen& c, const std::string& what, double& map50) -> std::unique_ptr<ml::Detector> {
    std::vector<ml::Tile> tiles;
    for (const auto& t : train)
      if (c.in[t.image]) tiles.push_back(t);
    ProgressBar bar(what);
    ml::DetectorHooks hooks;
    hooks.cancel = o.cancel;
    hooks.on_step = [&](const ml::DetectorProgress& p) {
      if (p.step % 10 == 0) bar.show(100 * p.part, 100, p.eta_s);
    };
    auto run = ml::train_detector(o.settings, classes, tiles, hooks);
    bar.finish();
    if (!run) {
      failed = run.error();
      return nullptr;
    }
    stopped = run->stopped;
    if (stopped) return nullptr;
    std::vector<ml::ScoredBox> scored;
    const auto found = ml::detect(*run->detector, test, data.test.size(), .01f);
    for (std::uint32_t i = 0; i < found.size(); ++i)
      for (const auto& d : found[i]) scored.push_back(ml::scored(i, d));
    map50 = ml::evaluate_detections(truth, scored, data.test.size(), classes, {.resamples = 0}).map50;
    return std::move(run->detector);
  };

  Chosen everything{std::vector<char>(data.train.size(), true), all, data.train.size()};
  double full = 0;
  if (!measure(everything, "all boxes", full)) return failed ? report(*failed) : kPartly;
  const nlohmann::json how = {{"minutes", o.settings.minutes}, {"epochs", o.settings.minutes > 0 ? 0 : o.settings.epochs}, {"seed", o.settings.seed}};
  print_row(o.json, "detect.active_full", full, "mAP", data.test.size(), device, how);
  std::fflush(stdout);

  std::vector<std::uint32_t> shuffled(data.train.size());
  std::iota(shuffled.begin(), shuffled.end(), 0u);
  Rng(hash_combine(o.settings.seed, 23)).shuffle(shuffled);
  std::optional<std::pair<double, double>> first;   // both ways begin with the same images
  for (const char* way : {"doubt", "random"}) {
    const bool doubt = way == std::string("doubt");
    Chosen c{std::vector<char>(data.train.size(), false), 0, 0};
    std::vector<std::pair<double, double>> points;
    auto order = shuffled;
    for (double share : o.shares) {
      take(c, data, order, std::size_t(share * double(all)));
      double map50 = 0;
      std::unique_ptr<ml::Detector> detector;
      if (points.empty() && first) {
        map50 = first->second;
      } else {
        detector = measure(c, std::string(way) + ", " + std::to_string(c.boxes) + " boxes", map50);
        if (!detector) return failed ? report(*failed) : kPartly;
      }
      const double got = double(c.boxes) / double(all);
      points.emplace_back(got, map50);
      if (!first) first = points.back();
      print_row(o.json, "detect.active_point", map50, "mAP", c.boxes, device, {{"strategy", way}, {"share", got}, {"images", c.images}});
      std::fflush(stdout);
      if (map50 >= kGoal * full) break;
      if (!doubt) continue;
      std::vector<std::uint32_t> rest;
      std::vector<ml::Tile> tiles;
      for (const auto& t : train)
        if (!c.in[t.image]) tiles.push_back(t);
      const auto found = ml::detect(*detector, tiles, data.train.size(), .01f);
      std::vector<double> of(data.train.size(), -1);
      for (std::uint32_t i = 0; i < data.train.size(); ++i)
        if (!c.in[i]) {
          rest.push_back(i);
          of[i] = i < found.size() ? image_doubt(found[i]) : 0;
        }
      std::ranges::stable_sort(rest, [&](auto a, auto b) { return of[a] > of[b]; });
      order = std::move(rest);
    }
    const double reached = share_reaching(points, kGoal * full);
    auto extra = how;
    extra["strategy"] = way;
    extra["reached"] = !std::isnan(reached);
    print_row(o.json, "detect.active_share", std::isnan(reached) ? points.back().first : reached, "share", all, device, extra);
  }
  return kDone;
}

}  // namespace mp::explorer::cli
