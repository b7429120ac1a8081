// Boxes of other programs' files in and out: what is asked for, and what a file brought, as one undoable edit.
#include <algorithm>
#include <set>

#include "engine/base/counted.h"
#include "explorer/model/box_edits.h"
#include "explorer/model/reduce.h"
#include "ml/data/merge_boxes.h"

namespace mp::explorer {

void apply(State& s, const cmd::ImportBoxes& c, Effects& effects) {
  if (!s.has_project() || !writable_boxes(s)) return;
  if (s.pool->images.empty()) {
    toast(s, Banner::Kind::info, "Import the images first: boxes belong to images of the project");
    return;
  }
  effects.import_boxes = c;
}

void apply(State& s, const cmd::ExportBoxes& c, Effects& effects) {
  if (s.has_project()) effects.export_boxes = c;
}

void take_imported_boxes(State& s, ml::BoxImport read, const ml::ClassTable& classes_read, Effects& effects) {
  auto& b = *s.boxes;
  // The person went on while the file was read: its classes by their names, as they are now.
  std::vector<ClassId> now(classes_read.size());
  std::vector<std::uint8_t> used(classes_read.size());
  for (const auto& box : read.boxes) used[std::size_t(box.cls)] = 1;
  bool more = false;
  for (std::size_t k = 0; k < now.size(); ++k) {
    auto at = std::ranges::find(s.classes, classes_read[k].name, &ml::ClassInfo::name);
    const bool named = std::ranges::find(read.new_classes, classes_read[k].name) != read.new_classes.end();
    if (at == s.classes.end() && (used[k] || named)) {
      s.classes.push_back(classes_read[k]);
      at = s.classes.end() - 1;
      more = true;
    }
    now[k] = at == s.classes.end() ? kNoClass : ClassId(at - s.classes.begin());
  }
  if (more) {
    effects.classes_changed = true;
    s.redo.clear();   // it counts classes as they were
    recount_labels(s);
    ++s.colour_revision;
  }
  for (auto& box : read.boxes) box.cls = now[std::size_t(box.cls)];
  auto merged = ml::merge_boxes(b.store, std::move(read.boxes));
  std::set<std::uint32_t> lack;                  // images whose boxes there is no room for
  const auto beyond = std::erase_if(merged.changes, [&](const auto& c) { return c.id >= ml::kMaxBoxes && (lack.insert(c.box.image), true); });
  std::erase_if(read.complete, [&](auto image) { return lack.contains(image); });
  merged.added -= beyond;
  if (beyond) toast(s, Banner::Kind::warning, "No more than " + std::to_string(ml::kMaxBoxes) + " boxes in a project: " + std::to_string(beyond) + " were left out");
  BoxEdit e;
  for (const auto& c : merged.changes) {
    auto old = c.id < b.store.boxes.size() ? b.at(c.id) : c.box;
    if (c.id >= b.store.boxes.size()) old.status = ml::BoxStatus::rejected;   // undone: deleted
    e.before.push_back({c.id, std::move(old)});
  }
  e.after = std::move(merged.changes);
  for (auto image : read.complete)
    if (!b.complete(image)) e.images.push_back(image);
  e.complete = true;
  std::vector<std::uint32_t> with;
  for (const auto& c : e.after) with.push_back(c.box.image);
  std::ranges::sort(with);
  with.erase(std::unique(with.begin(), with.end()), with.end());
  const auto decided = e.after.size() - merged.added - merged.back;
  const auto empty = std::size_t(std::ranges::count_if(read.complete, [&](auto i) { return !std::ranges::binary_search(with, i) && (i >= b.of_image.size() || b.of_image[i].empty()); }));
  auto text = counted(merged.added + merged.back, "box", "boxes") + " on " + counted(with.size(), "image");
  if (decided) text += ", " + counted(decided, "proposal") + " decided";
  if (merged.known > decided) text += ", " + std::to_string(merged.known - decided) + " were there already";
  if (empty) text += "; " + counted(empty, "image") + " without any, complete";
  const auto what = "import " + counted(e.after.size(), "box", "boxes");
  if (!e.after.empty() || !e.images.empty()) edit_boxes(s, what, std::move(e), effects);
  if (merged.added && !b.image && !read.images.empty()) b.image = read.images.front();
  if (read.problems.empty()) {
    set_banner(s, Banner::Kind::info, "box-files", "");
    toast(s, Banner::Kind::good, text);
  } else {
    const auto first = read.problems.lines().front();
    set_banner(s, Banner::Kind::warning, "box-files", text + ". Left out: " + first + (read.problems.size() > 1 ? " (and " + std::to_string(read.problems.size() - 1) + " more; meltpool import-boxes lists them)" : ""));
  }
}

}  // namespace mp::explorer
