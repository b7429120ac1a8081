// meltpool export P --csv F | --boxes coco|voc|yolo|crops --out PATH
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/counted.h"
#include "explorer/app/box_crops.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/data/boxes_io.h"
#include "ml/data/csv.h"
#include "ml/data/output_path.h"

namespace mp::explorer::cli {

namespace {

int run_export(const std::string& dir, const std::string& csv, bool json) {
  if (auto ok = ml::check_text_output(csv); !ok) return report(ok.error());
  auto p = open_project(dir, ml::OpenMode::write_or_read);
  if (!p) return report(p.error());
  ml::PredictionsPtr predictions;
  if (!training_labels(*p).empty()) {
    auto head = fit_head(*p);
    if (!head) return report(head.error());
    predictions = head->predictions;
  }
  if (auto written = ml::write_export_csv(csv, *p->data.pool, p->classes, p->labels, predictions.get()); !written) return report(written.error());
  if (json)
    std::printf("%s\n", nlohmann::json{{"csv", csv}, {"rows", p->data.pool->size()}, {"predictions", predictions != nullptr}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%zu rows in %s%s\n", p->data.pool->size(), csv.c_str(), predictions ? "" : " (no predictions: nothing is labelled yet)");
  return kDone;
}

int run_export_boxes(const std::string& dir, const std::string& format, const std::string& out, bool proposed, bool json) {
  auto project = ml::Project::open(dir, ml::OpenMode::write_or_read);
  if (!project) return report(project.error());
  const auto pool = (*project)->load_pool();
  if (!pool) return report(pool.error());
  const auto classes = (*project)->load_classes();
  if (!classes) return report(classes.error());
  const auto boxes = (*project)->load_boxes();
  if (!boxes) return report(boxes.error());
  if (format == "crops") {
    const auto crops = write_box_crops(out, *pool, *classes, *boxes, proposed);
    if (!crops) return report(crops.error());
    for (const auto& p : crops->problems) std::fprintf(stderr, "meltpool: %s\n", p.c_str());
    if (json)
      std::printf("%s\n", nlohmann::json{{"out", out}, {"format", format}, {"boxes", crops->boxes}, {"images", crops->images}, {"problems", crops->problems}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    else
      std::printf("%s of %s in %s; a project of them: meltpool import %s --project NEW\n", counted(crops->boxes, "box", "boxes").c_str(), counted(crops->images, "image").c_str(), out.c_str(), out.c_str());
    return crops->problems.empty() ? kDone : kPartly;
  }
  const auto done = ml::write_boxes(out, *ml::box_format(format), *pool, *classes, *boxes, proposed);
  if (!done) return report(done.error());
  std::vector<std::string> notes;
  if (format == "yolo" && done->proposed) notes.push_back(counted(done->proposed, "box", "boxes") + " that nobody has looked at cannot be told from accepted ones in YOLO files; COCO and VOC keep it");
  if (format == "yolo" && done->incomplete) notes.push_back(counted(done->incomplete, "image") + " may lack boxes, and YOLO files have no place to say so: whoever reads them takes every image as complete; COCO and VOC keep it");
  for (const auto& note : notes) std::fprintf(stderr, "meltpool: note: %s\n", note.c_str());
  if (json)
    std::printf("%s\n", nlohmann::json{{"out", out}, {"format", format}, {"boxes", done->boxes}, {"images", done->images}, {"proposed", done->proposed}, {"incomplete_images", done->incomplete}, {"notes", notes}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%s%s of %s%s in %s\n", counted(done->boxes, "box", "boxes").c_str(), done->proposed ? (" (" + std::to_string(done->proposed) + " proposed)").c_str() : "", counted(done->images, "image").c_str(),
                done->incomplete ? (" (" + std::to_string(done->incomplete) + " not complete)").c_str() : "", out.c_str());
  return kDone;
}

}  // namespace

void add_export(CLI::App& app, int& exit) {
  struct Options {
    std::string project, csv, boxes, out;
    bool json = false, proposed = false;
  };
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("export", "Samples with labels and predictions as CSV; boxes as COCO, Pascal VOC or YOLO");
  c->add_option("project", o->project, "Project folder")->required();
  auto* csv = c->add_option("--csv", o->csv, "File to write: a line a sample");
  auto* boxes = c->add_option("--boxes", o->boxes, "Write the accepted boxes in this format; crops: a picture each in folders by class, which import makes a project of boxes of")->check(CLI::IsMember({"coco", "voc", "yolo", "crops"}));
  auto* out = c->add_option("--out", o->out, "coco: file; voc, yolo, crops: folder");
  c->add_flag("--with-proposed", o->proposed, "Also boxes that nobody has looked at yet")->needs(boxes);
  boxes->needs(out)->excludes(csv);
  out->needs(boxes);
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] {
    if (o->csv.empty() && o->boxes.empty()) throw CLI::RequiredError("one of --csv, --boxes");
    exit = o->boxes.empty() ? run_export(o->project, o->csv, o->json) : run_export_boxes(o->project, o->boxes, o->out, o->proposed, o->json);
  });
}

}  // namespace mp::explorer::cli
