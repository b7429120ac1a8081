// meltpool import-boxes SRC --project P
#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "engine/base/counted.h"
#include "explorer/cli/cli.h"
#include "explorer/cli/print_problems.h"
#include "ml/data/boxes_io.h"
#include "ml/data/merge_boxes.h"
#include "ml/data/project.h"
#include "ml/service/rescue_file.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string source, project, format, images;
  bool proposed = false, json = false;
};

/// Boxes that the window could not save, from the file that it wrote instead.
int run_changes(const Options& o) {
  const auto batch = ml::read_box_changes(o.source);
  if (!batch) return report(batch.error());
  auto project = ml::Project::open(o.project, ml::OpenMode::write);
  if (!project) return report(project.error());
  if (auto saved = (*project)->save_boxes(batch->changes, batch->checked, batch->unchecked); !saved) return report(saved.error());
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"changed", batch->changes.size()}}.dump().c_str());
  else
    std::printf("%s changed\n", counted(batch->changes.size(), "box", "boxes").c_str());
  return kDone;
}

int run_import_boxes(const Options& o) {
  if (o.format == "changes") return run_changes(o);
  // A detector's list is what a model proposes, whatever else was said.
  const bool all_proposed = o.proposed || !o.images.empty();
  std::error_code code;
  if (!std::filesystem::exists(o.source, code)) return report({"there is no such file or folder", o.source, {}, {}, "Check the path"});
  const auto format = o.format.empty() ? ml::guess_box_format(o.source) : ml::box_format(o.format);
  if (!format)
    return report({"cannot tell the format of the boxes", o.source, "COCO JSON, VOC XML, or a folder of .xml or .txt files", {}, "Say it with --format"});
  if (!o.images.empty() && *format != ml::BoxFormat::coco)
    return report({"--images goes with a list of COCO results", o.source, "COCO JSON", std::string(ml::name_of(*format)), "Leave out --images"});
  auto project = ml::Project::open(o.project, ml::OpenMode::write);
  if (!project) return report(project.error());
  const auto pool = (*project)->load_pool();
  if (!pool) return report(pool.error());
  auto classes = (*project)->load_classes();
  if (!classes) return report(classes.error());
  const auto stored = (*project)->load_boxes();
  if (!stored) return report(stored.error());
  auto read = ml::read_boxes(o.source, *format, *pool, *classes, o.images);
  if (!read) return report(read.error());

  if (all_proposed)
    for (auto& b : read->boxes) {
      b.source = ml::BoxSource::model;
      b.status = ml::BoxStatus::proposed;
    }
  const auto [changes, added, proposed, known, back] = ml::merge_boxes(*stored, std::move(read->boxes));
  if (!read->new_classes.empty())
    if (auto saved = (*project)->save_classes(*classes); !saved) return report(saved.error());
  // What a model proposes says nothing about what it did not find.
  const auto checked = all_proposed ? std::span<const std::uint32_t>() : std::span<const std::uint32_t>(read->complete);
  if (auto saved = (*project)->save_boxes(changes, checked); !saved) return report(saved.error());

  print_problems(read->notes, "note: ");
  print_problems(read->problems);
  std::size_t other_class = 0;
  std::vector<ml::ClassId> source(pool->images.size(), ml::kNoClass);
  for (ml::SampleId i = 0; i < pool->size(); ++i) source[pool->image_of[i]] = pool->layered() ? ml::kNoClass : pool->source_class[i];
  for (const auto& c : changes) other_class += source[c.box.image] != ml::kNoClass && source[c.box.image] != c.box.cls;
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"boxes", added}, {"proposed", proposed}, {"known", known}, {"decided", changes.size() - added - back}, {"back", back}, {"images", read->images.size()}, {"complete_images", checked.size()}, {"other_class_than_folder", other_class},
                                       {"new_classes", read->new_classes}, {"problems", read->problems.lines()}, {"notes", read->notes.lines()}}
                            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                            .c_str());
  else
    std::printf("%s%s on %s%s%s%s%s%s\n", counted(added + back, "box", "boxes").c_str(), proposed ? (" (" + std::to_string(proposed) + " proposed)").c_str() : "", counted(read->images.size(), "image").c_str(),
                !all_proposed && checked.size() < read->images.size() ? (" (" + std::to_string(read->images.size() - checked.size()) + " not complete)").c_str() : "", known ? (", " + std::to_string(known) + " were there already").c_str() : "",
                other_class ? (", " + std::to_string(other_class) + " of another class than their image's folder").c_str() : "",
                changes.size() > added + back ? (", " + std::to_string(changes.size() - added - back) + " that waited are decided").c_str() : "", read->problems.empty() ? "" : (", " + counted(read->problems.size(), "problem")).c_str());
  return read->problems.empty() ? kDone : kPartly;
}

}  // namespace

void add_import_boxes(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("import-boxes", "Bring boxes of COCO, Pascal VOC or YOLO files into a project whose images are there");
  c->add_option("source", o->source, "COCO JSON; file or folder of VOC .xml; folder of YOLO .txt with classes.txt")->required();
  c->add_option("-p,--project", o->project, "Project folder")->required();
  c->add_option("--format", o->format, "If the names do not say it")->check(CLI::IsMember({"coco", "voc", "yolo", "changes"}));
  c->add_option("--images", o->images, "For a list of COCO results: COCO JSON with the images and categories that it means; its detections wait for a person's yes or no");
  c->add_flag("--proposed", o->proposed, "A model made them: they wait for a person's yes or no");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_import_boxes(*o); });
}

}  // namespace mp::explorer::cli
