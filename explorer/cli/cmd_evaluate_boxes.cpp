// meltpool evaluate-boxes --truth T.json --predictions F.json: average precision and the rest.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <memory>

#include "engine/base/counted.h"
#include "explorer/cli/box_report.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/print_problems.h"
#include "ml/data/atomic_file.h"
#include "ml/data/csv.h"
#include "ml/detect/coco_evaluation.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string truth, predictions, curves;
  ml::DetectionOptions evaluation;
  bool json = false;
};

Result<void> write_curves(const std::string& path, const ml::CocoEvaluation& e) {
  auto file = ml::AtomicFile::create(path);
  if (!file) return tl::make_unexpected(file.error());
  std::string text = "class,score,recall,precision\n";
  for (std::size_t c = 0; c < e.classes.size(); ++c) {
    const auto& curve = e.result.by_class[c].curve;
    for (std::size_t i = 0; i < curve.score.size(); ++i) {
      char line[96];
      std::snprintf(line, sizeof line, ",%.6f,%.6f,%.6f\n", double(curve.score[i]), double(curve.recall[i]), double(curve.precision[i]));
      text += ml::csv_field(e.classes[c]) + line;
    }
  }
  file->write(text);
  return file->commit();
}

int run_evaluate(const Options& o) {
  const auto truth = ml::read_coco(o.truth);
  if (!truth) return report(truth.error());
  const auto predictions = ml::read_coco(o.predictions);
  if (!predictions) return report(predictions.error());
  const auto e = ml::evaluate_coco(*truth, *predictions, o.evaluation);
  if (!e) {
    auto error = e.error();
    error.path = o.truth;
    return report(error);
  }
  if (e->result.detections == 0) {
    const auto causes = e->problems.brief(1);
    return report({"there is no detection that can be measured", o.predictions, "detections with the image and category ids of " + o.truth,
                   fmt::format("{}{}{}", counted(predictions->annotations.size(), "detection"), causes.empty() ? "" : "; ", fmt::join(causes, "; ")),
                   "Check that both files are of the same data set"});
  }
  print_problems(e->problems);
  if (!o.curves.empty())
    if (auto written = write_curves(o.curves, *e); !written) return report(written.error());
  print_detection(o.json, e->result, e->classes, o.evaluation.threshold, e->problems.lines());
  return e->problems.empty() ? kDone : kPartly;
}

}  // namespace

void add_evaluate_boxes(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("evaluate-boxes", "Measure detections against true boxes: average precision as pycocotools has it, F1, confusion, sizes");
  c->add_option("--truth", o->truth, "True boxes: COCO JSON (meltpool export --boxes writes it)")->required();
  c->add_option("--predictions", o->predictions, "Detections: a list of COCO results, or COCO JSON with scores")->required();
  c->add_option("--threshold", o->evaluation.threshold, "Score from which precision, recall, F1 and confusion count")->check(CLI::Range(0., 1.))->capture_default_str();
  c->add_option("--resamples", o->evaluation.resamples, "Bootstrap resamples of the images for the interval; 0: none")->check(CLI::Range(0, 100'000))->capture_default_str();
  c->add_option("--seed", o->evaluation.seed, "Of the resamples")->capture_default_str();
  c->add_option("--curves", o->curves, "CSV: precision and recall by class and score");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_evaluate(*o); });
}

}  // namespace mp::explorer::cli
