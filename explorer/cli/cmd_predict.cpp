// meltpool predict FOLDER --model P --csv F: a trained project applied to images that are not in it.
#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>

#include "engine/base/clock.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/data/atomic_file.h"
#include "ml/data/csv.h"
#include "ml/data/scan.h"
#include "ml/data/utf8.h"
#include "ml/service/image_work.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string folder, model, csv;
  bool json = false;
};

int run_predict(const Options& o) {
  auto p = open_project(o.model, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  if (training_labels(*p).empty())
    return report({"the project has no model yet", o.model, "at least one labelled sample", "no label", "Label some samples first: meltpool label, or the explorer"});
  auto head = fit_head(*p);
  if (!head) return report(head.error());
  const int patch = p->data.pool->layered() ? p->data.pool->patch_px : 0;
  auto scan = ml::scan_folder(o.folder, {patch > 0, patch > 0 ? patch : 128});
  if (!scan) return report(scan.error());

  auto out = ml::AtomicFile::create(o.csv);   // a path that cannot be written is said before the work
  if (!out) return report(out.error());

  std::vector<ml::ImageOutcome> results(scan->files.size());
  std::atomic<std::size_t> next{0}, done{0};
  const auto cancel = cancel_on_interrupt();
  ml::DecodeBudget budget;
  auto work = [&] {
    ml::ImageWork worker;
    for (std::size_t i; (i = next++) < results.size() && !cancel.cancelled(); ++done) {
      const auto& name = scan->files[i].path;
      results[i] = worker.run({.path = scan->root + "/" + name, .name = name, .patch_px = patch}, budget);
    }
  };
  Stopwatch watch;
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) threads.emplace_back(work);
  ProgressBar bar("predicting");
  while (done < results.size() && !cancel.cancelled()) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    bar.show(double(done), double(results.size()), eta_s(watch.ms(), double(done), double(results.size())));
  }
  for (auto& t : threads) t.join();
  bar.finish();
  if (cancel.cancelled()) return report({"stopped before the end; nothing was written"});

  std::string text = "path,region,predicted,confidence";
  for (const auto& c : p->classes) text += "," + ml::csv_field("p:" + c.name);
  text += '\n';
  std::size_t rows = 0, bad = scan->bad.size();
  for (const auto& b : scan->bad) std::fprintf(stderr, "meltpool: %s: %s\n", b.path.c_str(), b.reason.c_str());
  const auto classes = p->classes.size();
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& r = results[i];
    if (!r.bad.empty()) {
      ++bad;
      std::fprintf(stderr, "meltpool: %s: %s\n", scan->files[i].path.c_str(), r.bad.c_str());
      continue;
    }
    const auto probability = head->model->predict(r.features);
    const auto stride = probability.size() / r.regions.size();
    for (std::size_t k = 0; k < r.regions.size(); ++k, ++rows) {
      const float* q = probability.data() + k * stride;
      const auto best = std::size_t(std::max_element(q, q + stride) - q);
      const auto& g = r.regions[k];
      char number[32];
      text += ml::csv_field(ml::percent_encode(scan->files[i].path)) + "," + std::to_string(g.x) + " " + std::to_string(g.y) + " " + std::to_string(g.w) + " " + std::to_string(g.h) + ",";
      text += ml::csv_field(best < classes ? p->classes[best].name : "");
      std::snprintf(number, sizeof number, ",%.6f", double(q[best]));
      text += number;
      for (std::size_t c = 0; c < classes; ++c) {
        std::snprintf(number, sizeof number, ",%.6f", double(c < stride ? q[c] : 0));
        text += number;
      }
      text += '\n';
    }
  }
  out->write(text);
  if (auto ok = out->commit(); !ok) return report(ok.error());
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"rows", rows}, {"images", results.size()}, {"bad", bad}, {"csv", o.csv}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%zu samples of %zu images in %s, %zu bad\n", rows, results.size(), o.csv.c_str(), bad);
  return bad ? kPartly : kDone;
}

}  // namespace

void add_predict(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("predict", "Apply a project's model to a folder of new images");
  c->add_option("folder", o->folder, "Images; cut into patches if the project was")->required();
  c->add_option("--model", o->model, "Project folder with labels")->required();
  c->add_option("--csv", o->csv, "File to write")->required();
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_predict(*o); });
}

}  // namespace mp::explorer::cli
