// meltpool layer-maps P --out DIR: every layer tinted by what the model says, the layers before as a prior.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/clock.h"
#include "explorer/app/layer_map_files.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/service/stored_network.h"
#include "ml/train/input_images.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, out, network;
  float prior = .3f, tint = .55f, overlap = .5f;
  bool use_network = false, json = false;
};

constexpr std::size_t kAtOnce = 256;   // patches

/// Patches of the network that overlap, cut out of the layer's own pixels.
std::function<Result<LayerMapJob::Patches>(std::size_t, const ml::GreyImage&)> overlapping_patches(std::shared_ptr<ml::Network> network, int patch_px, int step_px) {
  return [=](std::size_t, const ml::GreyImage& image) -> Result<LayerMapJob::Patches> {
    LayerMapJob::Patches out;
    // Every step, and a last one that ends with the layer: its rim has a class too.
    const auto starts = [&](int length) {
      std::vector<int> s;
      for (int at = 0; at + patch_px < length; at += step_px) s.push_back(at);
      s.push_back(std::max(0, length - patch_px));
      return s;
    };
    const int w = std::min(patch_px, image.width_px), h = std::min(patch_px, image.height_px);
    for (int y : starts(image.height_px))
      for (int x : starts(image.width_px)) out.regions.push_back({x, y, w, h});
    const auto px = network->spec().input_px;
    const auto size = std::size_t(px) * std::size_t(px);
    std::vector<std::uint8_t> pixels;
    for (std::size_t from = 0; from < out.regions.size(); from += kAtOnce) {
      const auto n = std::min(kAtOnce, out.regions.size() - from);
      pixels.resize(n * size);
      for (std::size_t k = 0; k < n; ++k) ml::resize_region(image, out.regions[from + k], px, std::span(pixels).subspan(k * size, size));
      const auto rows = network->predict(pixels, n, nullptr);
      if (rows.empty()) return fail("the network failed", {}, {}, network->last_error());
      out.probability.insert(out.probability.end(), rows.begin(), rows.end());
    }
    return out;
  };
}

int run_layer_maps(const Options& o) {
  auto p = open_project(o.project, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  LayerMapJob job;
  job.pool = p->data.pool;
  job.classes = p->classes;
  job.folder = o.out;
  job.prior = o.prior;
  job.tint = o.tint;
  std::string model = "instant";
  if (o.use_network || !o.network.empty()) {
    auto stored = ml::load_stored_network(o.project, o.network, 1, true);
    if (!stored) return report(stored.error());
    model = stored->name;
    job.classes.resize(stored->classes.size());
    for (std::size_t i = 0; i < job.classes.size(); ++i)
      if (job.classes[i].name != stored->classes[i]) job.classes[i] = ml::default_class(int(i), stored->classes[i]);
    const int patch = std::max(1, job.pool->patch_px), step = std::max(1, int(float(patch) * (1 - o.overlap) + .5f));
    job.cell_px = step;
    job.patches = overlapping_patches(stored->network, patch, step);
  } else {
    if (training_labels(*p).empty())
      return report({"the project has no model yet", o.project, "at least one labelled sample", "no label", "Label some patches first: meltpool label, or the explorer"});
    auto head = fit_head(*p);
    if (!head) return report(head.error());
    job.patches = patches_of_samples(job.pool, head->predictions, int(job.classes.size()));
  }
  job.cancel = cancel_on_interrupt();
  ProgressBar bar("layer maps");
  Stopwatch watch;
  job.progress = [&](std::size_t done, std::size_t total) { bar.show(double(done), double(total), eta_s(watch.ms(), double(done), double(total))); };
  const auto files = write_layer_maps(job);
  bar.finish();
  if (!files) return report(files.error());
  for (const auto& problem : files->problems) std::fprintf(stderr, "meltpool: %s\n", problem.c_str());
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"layers", files->layers}, {"bad", files->problems.size()}, {"model", model}, {"prior", o.prior}, {"cancelled", files->cancelled}, {"out", o.out}, {"seconds", watch.ms() / 1000}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%zu layers by the model %s in %s, %zu could not be read%s\n", files->layers, model.c_str(), o.out.c_str(), files->problems.size(), files->cancelled ? "; stopped before the end: no tables" : "");
  return files->cancelled || !files->problems.empty() ? kPartly : kDone;
}

}  // namespace

void add_layer_maps(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("layer-maps", "Every layer tinted by what the model says, as pictures and CSV");
  c->add_option("project", o->project, "Project folder of layers")->required();
  c->add_option("--out", o->out, "Folder to write to")->required();
  c->add_option("--prior", o->prior, "Share of the layers before in each cell: an error grows over layers; 0: each layer alone")->check(CLI::Range(0., .95))->capture_default_str();
  c->add_option("--tint", o->tint, "Strength of the colours where the model is sure")->check(CLI::Range(0., 1.))->capture_default_str();
  auto* named = c->add_option("--network", o->network, "A trained network by name instead of the instant model; patches overlap and are averaged")->expected(0, 1);
  c->add_option("--overlap", o->overlap, "With --network: share by which patches overlap")->check(CLI::Range(0., .875))->capture_default_str();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, named, &exit] {
    o->use_network = named->count() > 0;
    exit = run_layer_maps(*o);
  });
}

}  // namespace mp::explorer::cli
