// meltpool label P --csv F | --from-source | --from-boxes | --id N --class C
#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "explorer/cli/cli.h"
#include "explorer/cli/project_model.h"
#include "ml/data/box_labels.h"
#include "ml/data/csv.h"

namespace mp::explorer::cli {

namespace {

struct Options {
  std::string project, csv, cls, all_boxes, rest;
  std::vector<std::string> ignored;
  std::vector<long> ids;
  bool from_source = false, from_boxes = false, create = false, json = false;
};

/// The class of that name, made if it is not there.
ml::ClassId find_or_make(ml::ClassTable& classes, const std::string& name) {
  if (const auto cls = ml::find_class(classes, name)) return *cls;
  classes.push_back(ml::default_class(int(classes.size()), name));
  return ml::ClassId(classes.size() - 1);
}

Result<std::vector<ml::LabelChange>> from_boxes(const Options& o, const OpenedProject& p, ml::ClassTable& classes) {
  const auto store = p.project->load_boxes();
  if (!store) return tl::make_unexpected(store.error());
  ml::BoxLabels label_of(classes.size());
  for (std::size_t c = 0; c < label_of.size(); ++c) label_of[c] = ml::ClassId(c);
  for (const auto& name : o.ignored) {
    const auto cls = ml::find_class(classes, name);
    if (!cls) return fail("unknown class of boxes", o.project, "a class of the project", "\"" + name + "\"");
    label_of[std::size_t(*cls)] = ml::kNoClass;
  }
  if (!o.all_boxes.empty()) {
    const auto all = find_or_make(classes, o.all_boxes);
    for (auto& l : label_of)
      if (l != ml::kNoClass) l = all;
  }
  auto changes = ml::labels_from_boxes(*p.data.pool, *store, label_of, o.rest.empty() ? ml::kNoClass : find_or_make(classes, o.rest));
  if (changes.empty()) return fail("no sample gets a label from boxes", o.project, "accepted boxes on images of the pool", std::to_string(store->boxes.size()) + " boxes", "import boxes first: meltpool import-boxes");
  return changes;
}

int run_label(const Options& o) {
  auto p = open_project(o.project, ml::OpenMode::write);
  if (!p) return report(p.error());
  const auto& pool = *p->data.pool;
  std::vector<ml::LabelChange> changes;
  std::vector<std::string> problems;
  auto classes = p->classes;
  if (!o.csv.empty()) {
    auto read = ml::read_labels_csv(o.csv, pool, classes, o.create);
    if (!read) return report(read.error());
    changes = std::move(read->changes);
    problems = std::move(read->problems);
  } else if (o.from_source) {
    for (ml::SampleId i = 0; i < pool.size(); ++i)
      if (pool.split[i] == ml::Split::pool && pool.source_class[i] != ml::kNoClass) changes.push_back({i, pool.source_class[i], ml::LabelSource::source});
    if (changes.empty()) return report({"there are no source labels in this project", o.project, "images imported from class folders, or a truth.csv beside layers", "none", "Use --csv or --id"});
  } else if (o.from_boxes) {
    auto made = from_boxes(o, *p, classes);
    if (!made) return report(made.error());
    changes = std::move(*made);
  } else {
    auto cls = ml::find_class(classes, o.cls);
    if (!cls && o.create && !o.cls.empty()) {
      classes.push_back(ml::default_class(int(classes.size()), o.cls));
      cls = ml::ClassId(classes.size() - 1);
    }
    if (!cls && !o.cls.empty()) {
      std::string known;
      for (const auto& c : classes) known += (known.empty() ? "" : ", ") + c.name;
      return report({"unknown class", o.project, known.empty() ? "a class of the project (there are none yet)" : known, o.cls, "Add --create-classes to make it"});
    }
    for (long id : o.ids) {
      if (id < 0 || std::size_t(id) >= pool.size())
        problems.push_back("no sample " + std::to_string(id) + " (there are " + std::to_string(pool.size()) + ", from 0)");
      else
        changes.push_back({ml::SampleId(id), cls.value_or(ml::kNoClass), ml::LabelSource::person});
    }
  }
  if (classes.size() != p->classes.size())
    if (auto saved = p->project->save_classes(classes); !saved) return report(saved.error());
  const bool usable = !changes.empty();
  std::erase_if(changes, [&](const ml::LabelChange& c) { return p->labels.cls[c.id] == c.cls; });
  if (!changes.empty()) {
    ml::LabelBatch batch;
    batch.revision = p->labels.revision + 1;
    batch.time_ms = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
    const char* user = std::getenv("USER");
    batch.author = user && *user ? user : "person";
    batch.changes = changes;
    if (auto saved = p->project->append_labels(batch); !saved) return report(saved.error());
  }
  for (const auto& problem : problems) std::fprintf(stderr, "meltpool: %s\n", problem.c_str());
  const auto held_out = std::ranges::count_if(changes, [&](const auto& c) { return c.cls != ml::kNoClass && pool.split[c.id] == ml::Split::held_out; });
  if (held_out) std::fprintf(stderr, "meltpool: %td of these samples are held out: they measure, nothing is trained on them\n", held_out);
  if (o.json)
    std::printf("%s\n", nlohmann::json{{"changed", changes.size()}, {"held_out", held_out}, {"problems", problems}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  else
    std::printf("%zu labels changed%s\n", changes.size(), problems.empty() ? "" : (", " + std::to_string(problems.size()) + " lines left out").c_str());
  return problems.empty() ? kDone : usable ? kPartly : kFailed;
}

}  // namespace

void add_label(CLI::App& app, int& exit) {
  auto o = std::make_shared<Options>();
  auto* c = app.add_subcommand("label", "Give labels: from a CSV file, from the source folders, from boxes, or one by one");
  c->add_option("project", o->project, "Project folder")->required();
  auto* csv = c->add_option("--csv", o->csv, "File with columns path and label (and x, y, w, h for patches), or id and label");
  auto* source = c->add_flag("--from-source", o->from_source, "Every sample of the pool gets its source label");
  auto* boxes = c->add_flag("--from-boxes", o->from_boxes, "Every sample under an accepted box gets the box's class, of several the one that covers most");
  c->add_option("--ignore-boxes", o->ignored, "Classes of boxes that give no label")->delimiter(',')->needs(boxes);
  c->add_option("--all-boxes-are", o->all_boxes, "One class for all boxes instead of their own")->needs(boxes);
  c->add_option("--rest", o->rest, "Class of the samples without a box in images that have boxes or are checked; without it they stay as they are")->needs(boxes);
  auto* id = c->add_option("--id", o->ids, "Sample number, repeatable");
  auto* cls = c->add_option("--class", o->cls, "Class for --id; an empty text takes the label away");
  c->add_flag("--create-classes", o->create, "Make classes that are not there yet");
  c->add_flag("--json", o->json, "One JSON object on standard output");
  csv->excludes(source)->excludes(id)->excludes(boxes);
  source->excludes(id)->excludes(boxes);
  boxes->excludes(id);
  id->needs(cls);
  cls->needs(id);
  c->callback([o, &exit] {
    if (o->csv.empty() && !o->from_source && !o->from_boxes && o->ids.empty()) throw CLI::RequiredError("one of --csv, --from-source, --from-boxes, --id");
    exit = run_label(*o);
  });
}

}  // namespace mp::explorer::cli
