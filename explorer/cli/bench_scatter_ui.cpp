#include "explorer/cli/bench_scatter_ui.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/base/clock.h"
#include "explorer/app/app.h"
#include "explorer/cli/bench_points.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/cli.h"
#include "explorer/model/reduce.h"

namespace mp::explorer::cli {

namespace {

constexpr int kFilters = 9, kTurns = 24, kPatch_px = 128;

/// The samples as patches of a build: kLayers images of the same grid, the last one may have fewer.
void stand_up(ml::Pool& pool, std::size_t n) {
  constexpr std::size_t kLayers = 1000;
  const auto in_layer = (n + kLayers - 1) / kLayers;
  const auto columns = std::max<std::size_t>(1, std::size_t(std::lround(std::sqrt(double(in_layer)))));
  const auto side = std::int32_t(columns) * kPatch_px;
  pool.images.clear();
  for (std::size_t i = 0; i < n; ++i) {
    const auto layer = i / in_layer, k = i % in_layer;
    if (k == 0) {
      pool.images.push_back({0, std::to_string(layer), side, side, 0, 0, {}});
      pool.layers.push_back({std::uint32_t(layer), float(layer) * .04f, ml::SampleId(i), std::int32_t(columns), std::int32_t(std::min(in_layer, n - i) / columns)});
    }
    pool.image_of[i] = std::uint32_t(layer);
    pool.region[i] = {std::int32_t(k % columns) * kPatch_px, std::int32_t(k / columns) * kPatch_px, kPatch_px, kPatch_px};
    pool.layer_of[i] = std::int32_t(layer);
  }
}

/// A project that is only in memory: samples without pictures at the points, predicted as their category.
void fill(State& s, const BenchPoints& p, bool build) {
  const auto n = p.size();
  s.project_dir = s.project_name = "points";
  for (int c = 0; c < 8; ++c) s.classes.push_back(ml::default_class(c, "class " + std::to_string(c + 1)));
  auto pool = std::make_shared<ml::Pool>();
  pool->roots = {""};
  pool->images.emplace_back();
  pool->image_of.assign(n, 0);
  pool->region.resize(n);
  pool->layer_of.assign(n, -1);
  pool->split.assign(n, ml::Split::pool);
  pool->source_class.assign(n, ml::kNoClass);
  if (build) stand_up(*pool, n);
  take_pool(s, std::move(pool));
  auto predictions = std::make_shared<ml::Predictions>();
  predictions->model = "instant";
  predictions->n = n;
  predictions->classes = 8;
  predictions->labelled = 1;
  predictions->predicted.assign(p.category.begin(), p.category.end());
  predictions->confidence.assign(n, .9f);
  predictions->margin.assign(n, .8f);
  predictions->entropy.assign(n, .2f);
  predictions->probability.assign(n * 8, .0125f);
  for (std::size_t i = 0; i < n; ++i) predictions->probability[8 * i + p.category[i]] = .9125f;
  take_predictions(s, std::move(predictions), false);
  auto projection = std::make_shared<ml::Projection>();
  projection->method = "points";
  projection->revision = 1;
  projection->xy = p.xy;
  take_projection(s, std::move(projection));
}

/// The build turned a little each frame, then a level cut that rises.
std::string build_script() {
  std::string s = "{\"key\": \"F7\"}\n{\"mark\": \"first\"}\n{\"wait\": \"frames\", \"n\": 3}\n{\"mark\": \"turn\"}\n";
  auto step = [&](double yaw, double cut_at) {
    char line[160];
    std::snprintf(line, sizeof line, "{\"command\": {\"type\": \"set_build\", \"yaw\": %.3f, \"pitch\": 0.42, \"cut\": %d, \"cut_at\": %.3f}}\n", yaw, cut_at > 0, cut_at);
    s += line;
  };
  for (int i = 1; i <= kTurns; ++i) step(.7 + .04 * i, 0);
  s += "{\"mark\": \"cut\"}\n";
  for (int i = 1; i <= kTurns; ++i) step(.7 + .04 * kTurns, double(i) / kTurns);
  return s;
}

/// The flight as steps. The camera's scale is for a view as high as the window, so that the same world is shown.
std::string script(float height_px) {
  auto camera = [&](int i) {
    const auto c = path_camera(i, height_px);
    char line[256];
    std::snprintf(line, sizeof line, "{\"command\": {\"type\": \"set_scatter_camera\", \"camera\": {\"centre\": [%.6f, %.6f], \"scale\": %.5f}, \"view_px\": %.0f}}\n",
                  double(c.centre.x), double(c.centre.y), double(c.scale_px), double(height_px));
    return std::string(line);
  };
  std::string s = "{\"mark\": \"first\"}\n{\"wait\": \"frames\", \"n\": 3}\n{\"mark\": \"\"}\n" + camera(0) + camera(1) + "{\"mark\": \"pan\"}\n";
  for (int i = 0; i < kPathFrames; ++i) s += camera(i);
  s += "{\"mark\": \"\"}\n" + camera(0) + "{\"mark\": \"filter\"}\n";
  for (int i = 0; i < kFilters; ++i) s += "{\"command\": {\"type\": \"toggle_class_filter\", \"class\": " + std::to_string(i % 8) + "}}\n";
  return s;
}

}  // namespace

int bench_scatter_ui(const ScatterUiOptions& o) {
  AppOptions app;
  app.headless = true;
  app.width_px = o.width_px;
  app.height_px = o.height_px;
  app.script_text = o.build ? build_script() : script(float(o.height_px));
  double idle_mb = 0, load_ms = 0, peak_mb = 0;
  std::size_t n = 0;
  std::string device, error;
  std::map<std::string, std::vector<float>> frames;
  app.fill = [&](State& s) {
    idle_mb = memory_mb();
    start_peak();
    Stopwatch watch;
    auto points = read_points(o.file);
    if (!points) {
      error = points.error().message();
      return;
    }
    fill(s, *points, o.build);
    n = points->size();
    load_ms = watch.ms();
  };
  app.done = [&](const State& s) {
    device = s.device + "; points: " + cpu_name();
    frames = s.marked_frame_ms;
    peak_mb = peak_memory_mb();
  };
  const auto status = run_app(app);
  if (!status) return report(status.error());
  if (!error.empty()) return report({error, {}, {}, {}, {}});
  const std::string size = std::to_string(o.width_px) + "x" + std::to_string(o.height_px);
  auto row = [&](const char* name, const std::vector<float>& v) {
    const std::vector<double> ms(v.begin(), v.end());
    print_row(o.json, name, median(ms), "ms", ms.size(), device, {{"points", n}, {"p95", quantile(ms, .95)}, {"size", size}, {"ui", true}});
  };
  const auto& first = frames["first"];
  print_row(o.json, "scatter.first_frame_ms", load_ms + std::accumulate(first.begin(), first.end(), 0.), "ms", 1, device, {{"points", n}, {"size", size}, {"ui", true}});
  if (o.build) {
    row("build.turn_ms", frames["turn"]);
    row("build.cut_ms", frames["cut"]);
  } else {
    row("scatter.pan_ms", frames["pan"]);
    row("scatter.filter_ms", frames["filter"]);
  }
  print_row(o.json, "scatter.peak_mb", peak_mb - idle_mb, "MB", 1, device, {{"points", n}, {"idle_mb", idle_mb}, {"ui", true}});
  return *status;
}

}  // namespace mp::explorer::cli
