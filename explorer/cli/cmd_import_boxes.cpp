// meltpool import-boxes SRC --project P
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <unordered_map>

#include "explorer/cli/cli.h"
#include "ml/data/boxes_io.h"
#include "ml/data/project.h"
#include "ml/service/rescue_file.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string source, project, format;
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
    std::printf("%zu boxes changed\n", batch->changes.size());
  return kDone;
}

int run_import_boxes(const Options& o) {
  if (o.format == "changes") return run_changes(o);
  const auto format = o.format.empty() ? ml::guess_box_format(o.source) : ml::box_format(o.format);
  if (!format)
    return report({"cannot tell the format of the boxes", o.source, "a .json file, or a folder of .xml or .txt files", {}, "Say it with --format"});
  auto project = ml::Project::open(o.project, ml::OpenMode::write);
  if (!project) return report(project.error());
  const auto pool = (*project)->load_pool();
  if (!pool) return report(pool.error());
  auto classes = (*project)->load_classes();
  if (!classes) return report(classes.error());
  const auto stored = (*project)->load_boxes();
  if (!stored) return report(stored.error());
  auto read = ml::read_boxes(o.source, *format, *pool, *classes);
  if (!read) return report(read.error());

  // The same file twice must not double its boxes.
  std::unordered_multimap<std::uint32_t, const ml::Box*> of_image;
  for (const auto& b : stored->boxes) of_image.emplace(b.image, &b);
  std::vector<ml::BoxChange> changes;
  std::size_t known = 0;
  for (auto& b : read->boxes) {
    const auto [from, to] = of_image.equal_range(b.image);
    if (std::any_of(from, to, [&](const auto& e) { return e.second->rect == b.rect && e.second->cls == b.cls; })) {
      ++known;
      continue;
    }
    if (o.proposed) {
      b.source = ml::BoxSource::model;
      b.status = ml::BoxStatus::proposed;
    }
    changes.push_back({ml::BoxId(stored->boxes.size() + changes.size()), std::move(b)});
  }
  if (!read->new_classes.empty())
    if (auto saved = (*project)->save_classes(*classes); !saved) return report(saved.error());
  // What a model proposes says nothing about what it did not find.
  const auto checked = o.proposed ? std::span<const std::uint32_t>() : std::span<const std::uint32_t>(read->images);
  if (auto saved = (*project)->save_boxes(changes, checked); !saved) return report(saved.error());

  for (const auto& note : read->notes) std::fprintf(stderr, "meltpool: note: %s\n", note.c_str());
  for (const auto& problem : read->problems) std::fprintf(stderr, "meltpool: %s\n", problem.c_str());
  std::size_t other_class = 0;
  std::vector<ml::ClassId> source(pool->images.size(), ml::kNoClass);
  for (ml::SampleId i = 0; i < pool->size(); ++i) source[pool->image_of[i]] = pool->layered() ? ml::kNoClass : pool->source_class[i];
  for (const auto& c : changes) other_class += source[c.box.image] != ml::kNoClass && source[c.box.image] != c.box.cls;
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"boxes", changes.size()}, {"known", known}, {"images", read->images.size()}, {"other_class_than_folder", other_class},
                                       {"new_classes", read->new_classes}, {"problems", read->problems}, {"notes", read->notes}}
                            .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
                            .c_str());
  else
    std::printf("%zu boxes on %zu images%s%s%s\n", changes.size(), read->images.size(), known ? (", " + std::to_string(known) + " were there already").c_str() : "",
                other_class ? (", " + std::to_string(other_class) + " of another class than their image's folder").c_str() : "",
                read->problems.empty() ? "" : (", " + std::to_string(read->problems.size()) + " problems").c_str());
  return read->problems.empty() ? kDone : kPartly;
}

}  // namespace

void add_import_boxes(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("import-boxes", "Bring boxes of COCO, Pascal VOC or YOLO files into a project whose images are there");
  c->add_option("source", o->source, "COCO .json; file or folder of VOC .xml; folder of YOLO .txt with classes.txt")->required();
  c->add_option("-p,--project", o->project, "Project folder")->required();
  c->add_option("--format", o->format, "If the names do not say it")->check(CLI::IsMember({"coco", "voc", "yolo", "changes"}));
  c->add_flag("--proposed", o->proposed, "A model made them: they wait for a person's yes or no");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  c->callback([o, &exit] { exit = run_import_boxes(*o); });
}

}  // namespace mp::explorer::cli
