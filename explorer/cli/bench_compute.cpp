// bench features, bench train, bench refit: the arithmetic without a window.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <memory>

#include "engine/base/clock.h"
#include "engine/base/hash.h"
#include "explorer/cli/bench_row.h"
#include "explorer/cli/benches.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/features/bench_features.h"
#include "ml/service/head_options.h"
#include "ml/train/bench_train.h"

namespace mp::explorer::cli {

namespace {

int run_features(int side, bool json) {
  auto row = [&](const char* name, const ml::FeatureSpeed& f) {
    print_row(json, name, f.images_per_s, "images/s", std::size_t(f.images), cpu_name(), {{"median_ms", f.median_ms}, {"p95_ms", f.p95_ms}, {"side_px", side}, {"threads", 1}});
  };
  row("features.texture_images_per_s", ml::bench_texture(side, side));
  row("features.extremes_images_per_s", ml::bench_extremes(side, side));
  row("features.all_images_per_s", ml::bench_all_blocks(side, side));
  return kDone;
}

int run_train(const ml::TrainBenchSettings& s, bool json) {
  auto b = ml::bench_train(s);
  if (!b) return report(b.error());
  print_row(json, "train.images_per_s", b->train_images_per_s, "images/s", std::size_t(b->steps), cpu_name(),
            {{"network", b->network}, {"input_px", b->input_px}, {"batch", b->batch}, {"threads", b->threads}, {"parameters", b->parameters}, {"predict_images_per_s", b->predict_images_per_s}, {"versions", b->versions}});
  return kDone;
}

/// Labels `count` samples (spread over the pool, classes by predicted cluster of ids), then times ten changes.
int run_refit(const std::string& dir, int count, int repeats, bool json) {
  auto p = open_project(dir, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  const auto& pool = *p->data.pool;
  std::vector<ml::SampleId> ids;
  for (ml::SampleId i = 0; i < pool.size(); ++i)
    if (pool.split[i] == ml::Split::pool && p->data.features->valid[i]) ids.push_back(i);
  if (ids.size() < 10) return report({"too few samples to measure on", dir, "at least 10", std::to_string(ids.size())});
  const int classes = std::max(2, int(p->classes.size()));
  Rng rng(1);
  auto order = ids;
  rng.shuffle(order);
  count = std::min(count, int(order.size()) - repeats);
  ml::InstantOptions options;
  ml::set_head_options(options, *p->data.features, pool, ml::default_group_by(pool));
  ml::InstantModel model(p->data.features, ids, options);
  model.prepare_landmarks();
  std::vector<ml::Labelled> labelled;
  auto truth = [&](ml::SampleId id, int n) { return pool.source_class[id] != ml::kNoClass ? pool.source_class[id] : ml::ClassId(n % classes); };
  for (int i = 0; i < count - repeats; ++i) labelled.push_back({order[std::size_t(i)], truth(order[std::size_t(i)], i)});
  if (auto first = model.refit(labelled, classes, 1); !first) return report(first.error());
  std::vector<double> ms;
  for (int i = 0; i < repeats; ++i) {
    const auto id = order[std::size_t(count - repeats + i)];
    labelled.push_back({id, truth(id, i)});
    Stopwatch watch;
    if (auto r = model.refit(labelled, classes, std::uint64_t(i + 2)); !r) return report(r.error());
    ms.push_back(watch.ms());
  }
  std::sort(ms.begin(), ms.end());
  print_row(json, "refit.ms", ms[ms.size() / 2], "ms", ms.size(), cpu_name(), {{"p95", ms[ms.size() * 95 / 100]}, {"samples", pool.size()}, {"labels", labelled.size()}});
  return kDone;
}

}  // namespace

void add_bench_compute(CLI::App& bench, int& exit) {
  {
    auto side = std::make_shared<int>(200);
    auto json = std::make_shared<bool>(false);
    auto* c = bench.add_subcommand("features", "Feature extraction on one core");
    c->add_option("--side", *side, "Side of the images in pixels")->check(CLI::Range(8, 4096))->capture_default_str();
    c->add_flag("--json", *json, "One JSON object a row");
    c->callback([=, &exit] { exit = run_features(*side, *json); });
  }
  {
    auto s = std::make_shared<ml::TrainBenchSettings>();
    auto json = std::make_shared<bool>(false);
    auto* c = bench.add_subcommand("train", "Training steps on random images");
    c->add_option("--network", s->network, "Network")->capture_default_str();
    c->add_option("--input", s->input_px, "Side of the input in pixels")->capture_default_str();
    c->add_option("--batch", s->batch, "Images a step")->capture_default_str();
    c->add_option("--threads", s->threads, "Threads")->capture_default_str();
    c->add_option("--steps", s->steps, "Steps to time")->check(CLI::Range(1, 100'000))->capture_default_str();
    c->add_option("--device", s->device, "cpu or cuda:0")->capture_default_str();
    c->add_flag("--json", *json, "One JSON object a row");
    c->callback([=, &exit] { exit = run_train(*s, *json); });
  }
  {
    auto project = std::make_shared<std::string>();
    auto labels = std::make_shared<int>(500);
    auto repeats = std::make_shared<int>(10);
    auto json = std::make_shared<bool>(false);
    auto* c = bench.add_subcommand("refit", "One label more: refit of the instant head and rescoring of the pool");
    c->add_option("-p,--project", *project, "Project folder")->required();
    c->add_option("--labels", *labels, "Labels")->check(CLI::Range(2, 1'000'000))->capture_default_str();
    c->add_option("--repeats", *repeats, "Changes to time")->check(CLI::Range(1, 1000))->capture_default_str();
    c->add_flag("--json", *json, "One JSON object a row");
    c->callback([=, &exit] { exit = run_refit(*project, *labels, *repeats, *json); });
  }
}

}  // namespace mp::explorer::cli
