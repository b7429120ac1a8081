// bench scatter --points N, bench lasso --points N: drawing, picking, filtering and selecting among many points, through
// the program's own renderer. With --ui the same flight in the whole window (bench_scatter_ui.cpp).
#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <memory>
#include <unistd.h>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "engine/draw/renderer.h"
#include "engine/points/point_queries.h"
#include "explorer/cli/bench_points.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/bench_scatter_ui.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"

namespace mp::explorer::cli {

namespace {

namespace fs = std::filesystem;

constexpr float kRadius_px = 2, kPickRadius_px = 12;
constexpr int kRepeats = 9, kPicks = 2000;
constexpr float kFlow = .002f;   // world units that points move a frame where a map is still changing

struct Options {
  std::size_t points = 1'000'000;
  int width_px = kPathWidth_px, height_px = kPathHeight_px;
  bool ui = false, build = false, json = false;
};

/// A view that fills the picture, from a canvas over the output back to the program: as the window shows it.
class Stage {
 public:
  static Result<Stage> make(int w, int h) {
    draw::RendererOptions options;
    options.width_px = w;
    options.height_px = h;
    auto r = draw::Renderer::create(options);
    if (!r) return tl::make_unexpected(r.error());
    Stage s;
    s.renderer_ = std::move(*r);
    s.canvas_ = s.renderer_->make_canvas();
    s.cloud_ = s.renderer_->make_points();
    s.canvas_->resize(s.renderer_->width_px(), s.renderer_->height_px());
    s.frame({{0, 0}, 1});
    return s;
  }
  /// Draws, and waits until the program has the picture.
  void frame(const Camera2& camera) {
    const float w = float(renderer_->width_px()), h = float(renderer_->height_px());
    renderer_->begin_frame();
    canvas_->begin(rgba(14, 16, 18));
    canvas_->points(*cloud_, {camera, kRadius_px, .7f});
    canvas_->end();
    const draw::UiVertex corners[] = {{0, 0, 0, 0, 0xffffffff}, {w, 0, 1, 0, 0xffffffff}, {w, h, 1, 1, 0xffffffff}, {0, h, 0, 1, 0xffffffff}};
    const std::uint16_t indices[] = {0, 1, 2, 0, 2, 3};
    const draw::UiList list{corners, indices, {{{0, 0, w, h}, canvas_->texture(), 0, 0, 6}}};
    renderer_->end_frame({&list, 1}, rgba(14, 16, 18));
    renderer_->read_back();
  }
  draw::PointCloud& cloud() { return *cloud_; }
  float height_px() const { return float(renderer_->height_px()); }
  std::string device() const { return renderer_->device_name() + (renderer_->software_device() ? "; points: " + cpu_name() : ""); }

 private:
  std::unique_ptr<draw::Renderer> renderer_;
  std::unique_ptr<draw::Canvas> canvas_;
  std::unique_ptr<draw::PointCloud> cloud_;
};

std::vector<std::uint32_t> styles_of(const BenchPoints& p, const Bitset* selected) {
  std::vector<std::uint32_t> styles(p.size());
  for (std::size_t i = 0; i < styles.size(); ++i) {
    const unsigned emphasis = !selected ? 0 : selected->test(i) ? 2 : 1;
    styles[i] = draw::point_style(emphasis == 1 ? 0x555555 : p.colour(i), p.category[i], emphasis, 7);
  }
  return styles;
}

template <class F>
std::vector<double> timed(int times, F&& f) {
  std::vector<double> ms;
  for (int i = 0; i < times; ++i) {
    Stopwatch watch;
    f(i);
    ms.push_back(watch.ms());
  }
  return ms;
}

nlohmann::json spread(const std::vector<double>& ms) { return {{"median", median(ms)}, {"p95", quantile(ms, .95)}}; }

void measure_flight(const Options& o, Stage& stage, BenchPoints& p) {
  const float h = stage.height_px();
  const auto device = stage.device();
  const nlohmann::json size = {{"points", o.points}, {"size", std::to_string(o.width_px) + "x" + std::to_string(o.height_px)}};
  auto row = [&](const char* name, const std::vector<double>& ms, const char* unit = "ms") {
    auto extra = spread(ms);
    extra.update(size);
    print_row(o.json, name, median(ms), unit, ms.size(), device, extra);
  };
  for (int i = 0; i < 2; ++i) stage.frame(path_camera(i, h));
  row("scatter.full_ms", timed(7, [&](int i) { stage.frame({{.002f * float(i), 0}, h / 2}); }));
  row("scatter.pan_ms", timed(kPathFrames, [&](int i) { stage.frame(path_camera(i, h)); }));

  Rng rng(1);
  std::vector<Vec2> at;
  for (int i = 0; i < kPicks; ++i) at.push_back({rng.unit() * 1.8f - .9f, rng.unit() * 1.8f - .9f});
  std::size_t hits = 0;
  auto picks = timed(kPicks, [&](int i) { hits += stage.cloud().nearest(at[std::size_t(i)], kPickRadius_px / (h / 2)).has_value(); });
  for (auto& ms : picks) ms *= 1000;
  row("scatter.pick_us", picks, "us");

  // One class more or less hidden each time.
  std::vector<std::uint64_t> hidden((p.size() + 63) / 64);
  row("scatter.filter_ms", timed(kRepeats, [&](int k) {
        for (std::size_t w = 0; w < hidden.size(); ++w) {
          std::uint64_t bits = 0;
          for (std::size_t i = 64 * w; i < std::min(p.size(), 64 * w + 64); ++i) bits |= std::uint64_t(p.category[i] == k % 8) << (i % 64);
          hidden[w] = bits;
        }
        stage.cloud().set_hidden(hidden);
        stage.frame(path_camera(0, h));
      }));
  stage.cloud().set_hidden({});
  row("scatter.move_ms", timed(kRepeats, [&](int k) {
        const float d = k % 2 ? -kFlow : kFlow;
        for (auto& v : p.xy) v += d;
        stage.cloud().set_positions(p.xy);
        stage.frame(path_camera(0, h));
      }));
}

int run_scatter(const Options& o, const std::string& file) {
  auto stage = Stage::make(o.width_px, o.height_px);
  if (!stage) return report(stage.error());
  const double idle_mb = memory_mb();
  start_peak();
  Stopwatch watch;
  auto points = read_points(file);
  if (!points) return report(points.error());
  stage->cloud().set_positions(points->xy);
  stage->cloud().set_styles(styles_of(*points, nullptr));
  stage->frame(path_camera(0, stage->height_px()));
  print_row(o.json, "scatter.first_frame_ms", watch.ms(), "ms", 1, stage->device(), {{"points", o.points}});
  measure_flight(o, *stage, *points);
  print_row(o.json, "scatter.peak_mb", peak_memory_mb() - idle_mb, "MB", 1, stage->device(), {{"points", o.points}, {"idle_mb", idle_mb}});
  return kDone;
}

int run_lasso(const Options& o, const std::string& file) {
  auto stage = Stage::make(o.width_px, o.height_px);
  if (!stage) return report(stage.error());
  auto points = read_points(file);
  if (!points) return report(points.error());
  stage->cloud().set_positions(points->xy);
  stage->cloud().set_styles(styles_of(*points, nullptr));
  stage->frame(path_camera(0, stage->height_px()));
  const auto outline = outline_of_a_fifth(*points);
  Bitset found;
  const auto compute = timed(kRepeats, [&](int) { found = stage->cloud().inside(outline); });
  const auto redraw = timed(kRepeats, [&](int) {
    stage->cloud().set_styles(styles_of(*points, &found));
    stage->frame(path_camera(0, stage->height_px()));
  });
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < points->size(); ++i)
    wrong += points::inside_polygon({points->xy[2 * i], points->xy[2 * i + 1]}, outline) != found.test(i);
  auto extra = spread(compute);
  extra.update({{"points", o.points}, {"corners", outline.size()}, {"selected", found.count()}, {"wrong", wrong}});
  print_row(o.json, "lasso.compute_ms", median(compute), "ms", compute.size(), stage->device(), extra);
  auto more = spread(redraw);
  more.update({{"points", o.points}});
  print_row(o.json, "lasso.redraw_ms", median(redraw), "ms", redraw.size(), stage->device(), more);
  return wrong ? kFailed : kDone;
}

template <class F>
int with_points(const Options& o, F&& run) {
  const auto file = (fs::temp_directory_path() / ("meltpool-points-" + std::to_string(getpid()))).string();
  if (auto room = room_for(o.points, o.ui); !room) return report(room.error());
  // In a process' first steps: what making the points took must not count as the program's memory.
  if (auto made = write_points(file, o.points); !made) return report(made.error());
  const int status = run(o, file);
  std::error_code ec;
  fs::remove(file, ec);
  return status;
}

}  // namespace

void add_bench_scatter(CLI::App& bench, int& exit) {
  auto o = std::make_shared<Options>();
  auto add = [&](const char* name, const char* what) {
    auto* c = bench.add_subcommand(name, what);
    c->add_option("--points", o->points, "Number of points")->check(CLI::Range(1, 2'000'000'000))->capture_default_str();
    c->add_option("--width", o->width_px, "Pixels")->check(CLI::Range(1, 16384))->capture_default_str();
    c->add_option("--height", o->height_px, "Pixels")->check(CLI::Range(1, 16384))->capture_default_str();
    c->add_flag("--json", o->json, "One JSON object a row");
    return c;
  };
  auto* scatter = add("scatter", "Draw, pick, filter and move many points; memory above the idle program");
  auto* ui = scatter->add_flag("--ui", o->ui, "In the whole window");
  scatter->add_flag("--build", o->build, "In the window, as patches of a build that is turned and cut in space")->needs(ui);
  scatter->callback([o, &exit] {
    exit = with_points(*o, [](const Options& opt, const std::string& file) {
      return opt.ui ? bench_scatter_ui({file, opt.width_px, opt.height_px, opt.json, opt.build}) : run_scatter(opt, file);
    });
  });
  add("lasso", "Select a fifth of many points with an outline of 64 corners")->callback([o, &exit] { exit = with_points(*o, run_lasso); });
}

}  // namespace mp::explorer::cli
