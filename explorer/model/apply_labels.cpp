// Labels, classes, undo and redo. Every change becomes one undoable Edit and one LabelBatch.
#include <algorithm>
#include <chrono>

#include "engine/base/clock.h"
#include "explorer/model/apply_parts.h"
#include "explorer/model/box_state.h"
#include "explorer/model/reduce.h"

namespace mp::explorer {

namespace {

constexpr std::size_t kMaxUndo = 1000;

std::int64_t unix_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void commit_labels(State& s, const std::vector<ml::LabelChange>& changes, Effects& effects) {
  if (changes.empty()) return;
  ml::LabelBatch batch;
  batch.revision = s.labels.revision + 1;
  batch.time_ms = unix_ms();
  batch.author = s.author;
  batch.round = s.loop.round;
  batch.changes = changes;
  s.labels.apply(batch);
  s.trace.apply(batch);
  recount_labels(s);
  s.latency.changed_at_ms = now_ms();
  s.latency.waiting_revision = s.labels.revision;
  ++s.colour_revision;
  if (s.filters.labelled) refresh_visible(s);
  effects.batches.push_back(std::move(batch));
}

void replay(State& s, const Edit& e, bool forward, Effects& effects) {
  if (!forward) commit_labels(s, e.before, effects);   // labels leave a class before it goes
  const auto& classes = forward ? e.classes_after : e.classes_before;
  if (classes) {
    // Ids are stable: classes that came since (an import's folders), or that a label or a source label refers to, stay.
    const auto& left = forward ? e.classes_before : e.classes_after;
    std::size_t keep = s.classes.size() > left->size() ? s.classes.size() : 0;
    for (auto c : s.labels.cls) keep = std::max(keep, std::size_t(c + 1));
    for (auto c : s.pool->source_class) keep = std::max(keep, std::size_t(c + 1));
    for (const auto& b : s.boxes->store.boxes) keep = std::max(keep, std::size_t(b.cls + 1));
    for (const auto& b : effects.batches)   // on their way to the disk in this very frame
      for (const auto& c : b.changes) keep = std::max(keep, std::size_t(c.cls + 1));
    auto restored = *classes;
    for (auto i = restored.size(); i < std::min(keep, s.classes.size()); ++i) restored.push_back(s.classes[i]);
    s.classes = std::move(restored);
    effects.classes_changed = true;
    ++s.colour_revision;
  }
  if (forward) commit_labels(s, e.after, effects);
  if (e.boxes) replay_boxes(s, *e.boxes, forward, effects);
}

ClassId make_class(State& s, std::string name, Effects& effects) {
  if (s.classes.size() >= std::size_t(ml::kMaxClasses)) {
    toast(s, Banner::Kind::warning, "No more than " + std::to_string(ml::kMaxClasses) + " classes");
    return kNoClass;
  }
  Edit e;
  e.what = "add class " + name;
  e.classes_before = s.classes;
  s.classes.push_back(ml::default_class(int(s.classes.size()), std::move(name)));
  e.classes_after = s.classes;
  push_undo(s, std::move(e));
  effects.classes_changed = true;
  recount_labels(s);
  return ClassId(s.classes.size() - 1);
}

/// "class 3", or the next number that no class has yet.
std::string free_name(const State& s) {
  for (auto n = s.classes.size() + 1;; ++n)
    if (auto name = "class " + std::to_string(n); !ml::find_class(s.classes, name)) return name;
}

bool writable(State& s) {
  if (!s.read_only) return true;
  toast(s, Banner::Kind::warning, "Read-only: " + s.why_read_only);
  return false;
}

void nothing_to_label(State& s) { toast(s, Banner::Kind::info, "Nothing to label: lasso a cluster, or ask for the next picks with Tab"); }

}  // namespace

void push_undo(State& s, Edit edit) {
  s.undo.push_back(std::move(edit));
  if (s.undo.size() > kMaxUndo) s.undo.erase(s.undo.begin());
  s.redo.clear();
}

std::vector<SampleId> label_target(const State& s) {
  std::vector<SampleId> ids;
  if (s.n_selected) {
    s.selected.for_each([&](std::size_t i) {
      if (s.visible.test(i)) ids.push_back(SampleId(i));
    });
  } else if (auto p = s.current_pick()) {
    ids.push_back(*p);
  } else if (s.inspected) {
    ids.push_back(*s.inspected);
  }
  return ids;
}

void recount_labels(State& s) {
  s.labels_per_class.assign(s.classes.size(), 0);
  for (auto c : s.labels.cls)
    if (c >= 0 && std::size_t(c) < s.labels_per_class.size()) ++s.labels_per_class[std::size_t(c)];
}

void edit_labels(State& s, std::string what, std::vector<ml::LabelChange> after, Effects& effects) {
  if (!writable(s)) return;
  Edit e;
  e.what = std::move(what);
  for (const auto& c : after) {
    if (c.id >= s.labels.cls.size()) continue;
    // What the model said and a person confirms is a change: the label has another source.
    const bool confirmed = s.labels.source[c.id] == ml::LabelSource::pseudo && c.source != ml::LabelSource::pseudo && c.cls != kNoClass;
    if (s.labels.cls[c.id] == c.cls && !confirmed) continue;
    e.before.push_back({c.id, s.labels.cls[c.id], s.labels.source[c.id]});
    e.after.push_back(c);
  }
  if (e.after.empty()) return;
  commit_labels(s, e.after, effects);
  push_undo(s, std::move(e));
}

void apply(State& s, const cmd::Assign& c, Effects& effects) {
  if (c.cls < 0 || std::size_t(c.cls) >= s.classes.size() || !writable(s)) return;
  const auto ids = label_target(s);
  if (ids.empty()) return nothing_to_label(s);
  std::vector<ml::LabelChange> changes;
  for (auto id : ids) changes.push_back({id, c.cls, ml::LabelSource::person});
  const bool pick = !s.n_selected && s.current_pick();
  auto what = "label " + std::to_string(ids.size()) + " as " + s.classes[std::size_t(c.cls)].name;
  edit_labels(s, std::move(what), std::move(changes), effects);
  if (pick) advance_pick(s);
}

void apply(State& s, const cmd::AssignKey& c, Effects& effects) {
  if (c.digit < 0 || c.digit > 9 || !s.has_project()) return;
  const std::size_t index = c.digit == 0 ? 9 : std::size_t(c.digit - 1);
  if (!writable(s)) return;
  if (label_target(s).empty()) return nothing_to_label(s);
  if (index >= s.classes.size()) {
    // A key without a class makes one; the next free number, so that no empty classes appear in between.
    const auto made = make_class(s, free_name(s), effects);
    if (made == kNoClass) return;
    toast(s, Banner::Kind::info, "Made “" + s.classes.back().name + "”: double-click its name to rename it");
    apply(s, cmd::Assign{made}, effects);
    // One key press is one step to undo: the class goes with its first labels.
    if (s.undo.size() >= 2 && !s.undo.back().classes_after && s.undo[s.undo.size() - 2].classes_after) {
      auto labels = std::move(s.undo.back());
      s.undo.pop_back();
      s.undo.back().what = std::move(labels.what);
      s.undo.back().before = std::move(labels.before);
      s.undo.back().after = std::move(labels.after);
    }
    return;
  }
  apply(s, cmd::Assign{ClassId(index)}, effects);
}

void apply(State& s, const cmd::Unlabel&, Effects& effects) {
  std::vector<ml::LabelChange> changes;
  for (auto id : label_target(s)) changes.push_back({id, kNoClass, ml::LabelSource::person});
  auto what = "take away " + std::to_string(changes.size()) + " labels";
  edit_labels(s, std::move(what), std::move(changes), effects);
}

void apply(State& s, const cmd::LabelFromSource&, Effects& effects) {
  std::vector<ml::LabelChange> changes;
  auto ids = s.n_selected || s.query.picks.empty() ? label_target(s) : s.query.picks;
  std::size_t without = 0;
  for (auto id : ids) {
    const auto c = s.pool->source_class[id];
    if (c == kNoClass)
      ++without;
    else
      changes.push_back({id, c, ml::LabelSource::oracle});
  }
  if (changes.empty()) {
    toast(s, Banner::Kind::info, without ? "These samples have no source label" : "Select samples or query picks first");
    return;
  }
  auto what = "label " + std::to_string(changes.size()) + " by the oracle";
  edit_labels(s, std::move(what), std::move(changes), effects);
  if (!s.n_selected) advance_pick(s);
}

void apply(State& s, const cmd::AcceptPrediction&, Effects& effects) {
  const auto* p = s.predictions();
  std::vector<ml::LabelChange> changes;
  if (p && p->labelled)
    for (auto id : label_target(s))
      if (id < p->n && p->predicted[id] >= 0 && std::size_t(p->predicted[id]) < s.classes.size()) changes.push_back({id, p->predicted[id], ml::LabelSource::person});
  if (changes.empty()) {
    toast(s, Banner::Kind::info, p && p->labelled ? "Nothing selected to accept" : "No prediction to accept yet: label something first");
    return;
  }
  const bool pick = !s.n_selected && s.current_pick();
  auto what = "accept " + std::to_string(changes.size()) + " predictions";
  edit_labels(s, std::move(what), std::move(changes), effects);
  if (pick) advance_pick(s);
}

void apply(State& s, const cmd::Undo&, Effects& effects) {
  if (s.undo.empty() || !writable(s)) return;
  auto e = std::move(s.undo.back());
  s.undo.pop_back();
  replay(s, e, false, effects);
  recount_labels(s);
  toast(s, Banner::Kind::info, "Undone: " + e.what);
  s.redo.push_back(std::move(e));
}

void apply(State& s, const cmd::Redo&, Effects& effects) {
  if (s.redo.empty() || !writable(s)) return;
  auto e = std::move(s.redo.back());
  s.redo.pop_back();
  replay(s, e, true, effects);
  recount_labels(s);
  toast(s, Banner::Kind::info, "Done again: " + e.what);
  s.undo.push_back(std::move(e));
}

void apply(State& s, const cmd::AddClass& c, Effects& effects) {
  if (!s.has_project() || !writable(s)) return;
  auto name = ml::clean_class_name(c.name);
  if (name.empty()) name = free_name(s);
  if (ml::find_class(s.classes, name)) {
    toast(s, Banner::Kind::warning, "There is a class “" + name + "” already");
    return;
  }
  make_class(s, name, effects);
}

void apply(State& s, const cmd::RenameClass& c, Effects& effects) {
  const auto name = ml::clean_class_name(c.name);
  if (c.cls < 0 || std::size_t(c.cls) >= s.classes.size() || name.empty() || name == s.classes[std::size_t(c.cls)].name || !writable(s)) return;
  if (ml::find_class(s.classes, name)) {
    toast(s, Banner::Kind::warning, "There is a class “" + name + "” already");
    return;
  }
  Edit e;
  e.what = "rename " + s.classes[std::size_t(c.cls)].name;
  e.classes_before = s.classes;
  s.classes[std::size_t(c.cls)].name = name;
  e.classes_after = s.classes;
  push_undo(s, std::move(e));
  effects.classes_changed = true;
}

void apply(State& s, const cmd::RecolourClass& c, Effects& effects) {
  if (c.cls < 0 || std::size_t(c.cls) >= s.classes.size() || !writable(s)) return;
  Edit e;
  e.what = "recolour " + s.classes[std::size_t(c.cls)].name;
  e.classes_before = s.classes;
  s.classes[std::size_t(c.cls)].colour = c.colour;
  e.classes_after = s.classes;
  push_undo(s, std::move(e));
  effects.classes_changed = true;
  ++s.colour_revision;
}

}  // namespace mp::explorer
