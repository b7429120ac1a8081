// meltpool explain P --method cam --out DIR: where the trained network looked, as pictures and a table.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/clock.h"
#include "engine/video/video_writer.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/output_file.h"
#include "explorer/cli/project_model.h"
#include "explorer/views/heat_colour.h"
#include "ml/data/csv.h"
#include "ml/data/utf8.h"
#include "ml/explain/methods.h"
#include "ml/explain/smooth.h"
#include "ml/service/detector_heat.h"
#include "ml/service/patch_reader.h"
#include "ml/service/stored_network.h"
#include "ml/train/guide_boxes.h"
#include "ml/train/input_images.h"

namespace mp::explorer::cli {

namespace {

constexpr int kLeastSide = 256;

struct Options {
  std::string project, out, method = "cam", baseline = std::string(ml::name_of(ml::kDefaultBaseline)), network, cls;
  std::vector<ml::SampleId> ids;
  std::size_t limit = 100;
  int steps = ml::kDefaultSteps;
  float strength = .7f;
  bool json = false;
};

/// The sample's own pixels, enlarged where they are few, under its heat.
Result<void> write_picture(const std::string& file, const ml::GreyImage& image, const ml::HeatMap& heat, float strength) {
  const float most = heat.values.empty() ? 0 : *std::ranges::max_element(heat.values);
  const int grow = std::max(1, kLeastSide / std::max(1, std::max(image.width_px, image.height_px)));
  const int w = image.width_px * grow, h = image.height_px * grow;
  const auto large = ml::resized(heat, w, h);
  std::vector<std::uint8_t> rgba(std::size_t(w) * std::size_t(h) * 4);
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      const auto i = std::size_t(y) * std::size_t(w) + std::size_t(x);
      const float t = most > 0 ? std::clamp(large.values[i] / most, 0.f, 1.f) : 0, alpha = strength * t, grey = image.at(x / grow, y / grow);
      const Rgba c = heat_colour(t);
      for (int k = 0; k < 3; ++k) rgba[i * 4 + std::size_t(k)] = std::uint8_t(grey * (1 - alpha) + float(c >> (8 * k) & 0xff) * alpha);
      rgba[i * 4 + 3] = 255;
    }
  return video::write_png(file, w, h, rgba);
}

std::string number(double v) {
  char text[32];
  std::snprintf(text, sizeof text, "%.5f", v);
  return std::isnan(v) ? "" : text;
}

/// What a network, or the project's detector, sees in one sample.
struct Looked {
  ml::ClassId cls = ml::kNoClass;
  float probability = 0;
  ml::HeatMap map;
  double error = std::numeric_limits<double>::quiet_NaN();
};

/// Who is asked: the stored network by a method, or the project's detector.
class Looker {
 public:
  static Result<Looker> make(const Options& o, OpenedProject& p) {
    Looker l;
    l.method_ = ml::find_heat_method(o.method);
    l.settings_.baseline = *ml::find_baseline(o.baseline);
    l.settings_.steps = o.steps;
    l.settings_.cancel = cancel_on_interrupt();
    if (l.method_) {
      auto stored = ml::load_stored_network(o.project, o.network, 1);
      if (!stored) return tl::make_unexpected(stored.error());
      l.network_ = std::move(*stored);
      l.classes_ = l.network_.classes;
    } else {
      auto stored = ml::stored_detector(*p.project);
      if (!stored) return stored.error().what == ml::kNoDetector ? fail("the project has no detector yet", o.project, {}, {}, "Train one: meltpool train-boxes") : tl::make_unexpected(stored.error());
      auto detector = ml::DetectorHeat::make(std::move(*stored), 1);
      if (!detector) return tl::make_unexpected(detector.error());
      l.detector_ = std::move(*detector);
      for (const auto& c : p.classes) l.classes_.push_back(c.name);
    }
    if (o.cls.empty()) return l;
    const auto at = std::ranges::find(l.classes_, o.cls);
    if (at == l.classes_.end()) return fail("unknown class", o.project, "a class that " + l.name() + " knows", "\"" + o.cls + "\"");
    l.wanted_ = ml::ClassId(at - l.classes_.begin());
    return l;
  }

  std::string name() const { return detector_ ? "the detector" : network_.name; }
  bool of_detector() const { return detector_ != nullptr; }
  const std::string& class_name(ml::ClassId cls) const { return classes_[std::size_t(cls)]; }
  ml::ClassId wanted() const { return wanted_; }
  const CancelToken& cancel() const { return settings_.cancel; }
  int input_px() const { return detector_ ? detector_->stored().model.input_px : network_.network->spec().input_px; }

  /// image: the sample as input_px x input_px bytes. Empty: it cannot be read.
  Result<std::optional<Looked>> look(const ml::Pool& pool, ml::SampleId id, std::span<const std::uint8_t> image) {
    Looked seen;
    if (detector_) {
      auto heat = detector_->of_sample(pool, id, wanted_, kMostPlaces, settings_.cancel);
      if (!heat) return tl::make_unexpected(heat.error());
      if (!*heat) return std::nullopt;
      seen.cls = (*heat)->cls;
      seen.probability = (*heat)->probability;
      seen.map = std::move((*heat)->map);
      return seen;
    }
    auto& network = *network_.network;
    const auto p = network.predict(image, 1, nullptr);
    if (p.empty()) return fail("the network failed", {}, {}, network.last_error());
    seen.cls = wanted_ != ml::kNoClass ? wanted_ : ml::ClassId(std::ranges::max_element(p) - p.begin());
    seen.probability = p[std::size_t(seen.cls)];
    auto e = ml::explain(network, *method_, image, seen.cls, settings_);
    if (!e) return tl::make_unexpected(e.error());
    seen.map = std::move(e->map);
    seen.error = e->error;
    return seen;
  }

 private:
  static constexpr int kMostPlaces = 128;   // of the detector's map in a sample, a side
  std::optional<ml::HeatMethod> method_;
  ml::HeatSettings settings_;
  ml::StoredNetwork network_;
  std::unique_ptr<ml::DetectorHeat> detector_;
  std::vector<std::string> classes_;
  ml::ClassId wanted_ = ml::kNoClass;
};

int run_explain(const Options& o) {
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  auto looker = Looker::make(o, *p);
  if (!looker) return report(looker.error());
  const auto& pool = *p->data.pool;
  auto ids = o.ids;
  for (auto id : ids)
    if (id >= pool.size()) return report({"unknown sample", o.project, "an id below " + std::to_string(pool.size()), std::to_string(id)});
  if (ids.empty()) {   // every k-th: the same ones each time
    const std::size_t n = o.limit ? std::min(o.limit, pool.size()) : pool.size();
    for (std::size_t i = 0; i < n; ++i) ids.push_back(ml::SampleId(i * pool.size() / n));
  }
  std::error_code ec;
  std::filesystem::create_directories(o.out, ec);
  if (ec) return report({"cannot write the heat", o.out, "a folder that can be made", ec.message()});
  const auto store = p->project->load_boxes();
  if (!store) return report(store.error());
  const ml::BoxIndex boxes(pool, *store);
  const auto inputs = ml::make_input_images(p->data.pool);
  const int px = looker->input_px();
  const bool any_box = !looker->of_detector() && boxes.any_box_is(looker->wanted());
  std::vector<std::uint8_t> image(std::size_t(px) * std::size_t(px)), ok(1);
  ml::PatchReader reader;
  std::string csv = "id,path,region,class,probability,peak_x,peak_y,completeness_error,pointed,energy,chance,deviation_energy,held_out,picture\n";
  std::vector<double> ms;
  std::size_t bad = 0, checked = 0, held_out = 0, pointed = 0;
  const auto& cancel = looker->cancel();
  ProgressBar bar("explaining by " + o.method);
  Stopwatch all;
  for (std::size_t i = 0; i < ids.size() && !cancel.cancelled(); ++i) {
    const auto id = ids[i];
    bar.show(double(i + 1), double(ids.size()), eta_s(all.ms(), double(i + 1), double(ids.size())));
    inputs->load({&id, 1}, px, image, ok);
    const auto grey = ok[0] ? reader.read(pool, id) : std::nullopt;
    if (!grey) {
      ++bad;
      continue;
    }
    Stopwatch watch;
    const auto looked = looker->look(pool, id, image);
    if (cancel.cancelled()) break;
    if (!looked) return report(looked.error());
    if (!*looked) {
      ++bad;
      continue;
    }
    ms.push_back(watch.ms());
    const auto& e = *looked;
    const auto cls = e->cls;
    const auto best = std::size_t(std::ranges::max_element(e->map.values) - e->map.values.begin());
    const auto& r = pool.region[id];
    const auto peak = [&](std::size_t at, int count, int from, int size) { return std::to_string(from + int((float(at) + .5f) * float(size) / float(count))); };
    std::string name = "sample_" + std::to_string(id) + ".png";
    if (auto written = write_picture(o.out + "/" + name, *grey, e->map, o.strength); !written) return report(written.error());
    std::string check = ",,,";
    if (const auto drawn = boxes.boxes(id, any_box ? ml::kNoClass : cls); !drawn.empty()) {
      const auto s = ml::score_heat(e->map, drawn, 1, 1), d = ml::score_heat(ml::local_deviation(image, px), drawn, 1, 1);
      check = std::string(s.pointed ? "1" : "0") + "," + number(s.energy) + "," + number(s.chance) + "," + number(d.energy);
      ++checked;
      held_out += pool.split[id] == ml::Split::held_out;
      pointed += s.pointed;
    }
    csv += std::to_string(id) + "," + ml::csv_field(ml::percent_encode(pool.image(id).path)) + "," + std::to_string(r.x) + " " + std::to_string(r.y) + " " + std::to_string(r.w) + " " + std::to_string(r.h) + "," +
           ml::csv_field(looker->class_name(cls)) + "," + number(double(e->probability)) + "," + peak(best % std::size_t(e->map.width), e->map.width, r.x, r.w) + "," +
           peak(best / std::size_t(e->map.width), e->map.height, r.y, r.h) + "," + number(e->error) + "," + check + (pool.split[id] == ml::Split::held_out ? ",1," : ",0,") + name + "\n";
  }
  bar.finish();
  if (auto written = write_file(o.out + "/heat.csv", csv); !written) return report(written.error());
  std::ranges::sort(ms);
  const double median = ms.empty() ? 0 : ms[ms.size() / 2];
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"network", looker->name()}, {"any_box", any_box}, {"method", o.method}, {"samples", ms.size()}, {"bad", bad}, {"checked", checked}, {"checked_held_out", held_out}, {"pointed", pointed}, {"median_ms", median}, {"out", o.out}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%zu samples by %s of %s in %s, %.1f ms each; %zu with boxes (%zu held out), of which %zu pointed at; %zu could not be read\n", ms.size(), o.method.c_str(), looker->name().c_str(), o.out.c_str(), median, checked, held_out, pointed, bad);
  return bad || cancel.cancelled() ? kPartly : kDone;
}

}  // namespace

void add_explain(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("explain", "Where the trained network or the detector looked: heat pictures and a table");
  c->add_option("project", o->project, "Project folder with a trained network or detector")->required();
  c->add_option("--out", o->out, "Folder to write to")->required();
  std::vector<std::string> methods(std::begin(ml::kHeatMethodNames), std::end(ml::kHeatMethodNames));
  methods.emplace_back("detector");
  c->add_option("--method", o->method, "cam (networks with global pooling), grad-cam, ig (Integrated Gradients), occlusion, or the heat of the project's detector")
      ->check(CLI::IsMember(methods))->capture_default_str();
  c->add_option("--baseline", o->baseline, "Of ig: black, mean or blurred")
      ->check(CLI::IsMember(std::vector<std::string>(std::begin(ml::kBaselineNames), std::end(ml::kBaselineNames))))->capture_default_str();
  c->add_option("--steps", o->steps, "Of ig: points of the midpoint rule")->check(CLI::Range(1, 10'000))->capture_default_str();
  c->add_option("--network", o->network, "Its name; default: the one that was trained last");
  c->add_option("--class", o->cls, "Whose heat; default: what is seen in the sample. Where that class has no boxes of its own, boxes of every class count as it");
  c->add_option("--ids", o->ids, "Samples by id")->delimiter(',');
  c->add_option("--limit", o->limit, "Without --ids: so many, spread over the pool; 0: all")->capture_default_str();
  c->add_option("--strength", o->strength, "Of the heat over the picture")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_explain(*o); });
}

}  // namespace mp::explorer::cli
