// Classes and the append-only log of labels.
#include <algorithm>
#include <fmt/format.h>
#include <unordered_map>

#include "ml/data/project_impl.h"

namespace mp::ml {

Result<ClassTable> Project::Impl::read_classes() {
  ClassTable classes;
  bool dense = true;
  {
    Statement q(*db, "SELECT id,name,colour,shape FROM class ORDER BY id");
    for (q.bind(); q.step();) {
      dense &= q.integer(0) == std::int64_t(classes.size());
      classes.push_back({std::string(q.bytes(1)), std::uint32_t(q.integer(2)), std::uint8_t(q.integer(3))});
    }
  }
  if (auto ok = db->finish("read the classes"); !ok) return tl::make_unexpected(ok.error());
  if (!dense)
    return fail("the project's database is damaged", db->path(), "class ids without gaps", {},
                "Restore the project folder from a backup");
  return classes;
}

std::vector<ClassId> Project::Impl::class_ids(std::span<const std::string> names) {
  std::vector<ClassId> ids(names.size(), kNoClass);
  if (!db->ok()) return ids;
  if (std::all_of(names.begin(), names.end(), [](const auto& n) { return n.empty(); })) return ids;
  auto classes = read_classes();
  if (!classes) {
    db->fail_with(classes.error());
    return ids;
  }
  std::unordered_map<std::string, ClassId> known, cleaned;
  for (std::size_t i = 0; i < classes->size(); ++i) known.emplace((*classes)[i].name, ClassId(i));
  Statement insert(*db, "INSERT INTO class(id,name,colour,shape) VALUES(?,?,?,?)");
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].empty()) continue;
    auto [slot, first] = cleaned.try_emplace(names[i], kNoClass);
    if (first) {
      const std::string name = clean_class_name(names[i]);
      if (name.empty()) continue;
      const auto id = ClassId(known.size());
      auto [at, made] = known.try_emplace(name, id);
      if (made) {
        if (id >= kMaxClasses) {
          db->fail_with(Error{"too many classes", dir, fmt::format("at most {}", kMaxClasses),
                              fmt::format("'{}' would be one more", name),
                              "Import the folder without class folders, or merge classes"});
          return ids;
        }
        const ClassInfo info = default_class(id, name);
        insert.run(int(id), info.name, info.colour, int(info.shape));
      }
      slot->second = at->second;
    }
    ids[i] = slot->second;
  }
  return ids;
}

Result<ClassTable> Project::load_classes() {
  std::lock_guard lock(impl_->mutex);
  return impl_->read_classes();
}

Result<void> Project::add_classes(std::span<const std::string> names) {
  std::lock_guard lock(impl_->mutex);
  impl_->require_writable();
  Transaction transaction(*impl_->db);
  impl_->class_ids(names);
  return transaction.commit("save the classes");
}

Result<void> Project::save_classes(const ClassTable& classes) {
  if (auto ok = check_classes(classes); !ok) return ok;
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  const auto n = std::int64_t(classes.size());
  {
    // Rows beyond the table: an import may have made classes that the caller does not know yet.
    std::int64_t needed = -1;
    Statement used(db,
                   "SELECT max(c) FROM (SELECT max(source_class) AS c FROM sample UNION ALL SELECT max(class) FROM "
                   "label_change WHERE id IN (SELECT max(id) FROM label_change GROUP BY sample) "
                   "UNION ALL SELECT max(class) FROM box)");
    Statement beyond(db, "SELECT 1 FROM class WHERE id >= ? LIMIT 1");
    if (beyond.bind(n).step()) {
      if (used.bind().step() && !used.null(0)) needed = used.integer(0);
      Statement(db, "DELETE FROM class WHERE id >= ? AND id > ?").run(n, needed);
    }
    // Names are unique at every moment, also while two classes swap theirs: park the old ones first.
    Statement(db, "UPDATE class SET name = char(1) || id WHERE id < ?").run(n);
    Statement put(db,
                  "INSERT INTO class(id,name,colour,shape) VALUES(?,?,?,?) ON CONFLICT(id) DO UPDATE SET "
                  "name=excluded.name, colour=excluded.colour, shape=excluded.shape");
    for (std::int64_t i = 0; i < n; ++i) {
      const auto& c = classes[std::size_t(i)];
      put.run(i, c.name, c.colour, int(c.shape));
    }
  }
  return transaction.commit("save the classes");
}

Result<LabelStore> Project::load_labels() {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  Snapshot snapshot(db);
  LabelStore store;
  {
    Statement samples(db, "SELECT max(id) FROM sample");
    if (samples.bind().step() && !samples.null(0)) store.resize(std::size_t(samples.integer(0)) + 1);
    Statement revision(db, "SELECT max(revision) FROM label_batch");
    if (revision.bind().step() && !revision.null(0)) store.revision = std::uint64_t(revision.integer(0));
    Statement q(db, "SELECT sample,class,source FROM label_change ORDER BY id");
    for (q.bind(); q.step();) {
      const auto id = std::size_t(q.integer(0));
      if (id >= store.cls.size()) continue;
      store.cls[id] = q.null(1) ? kNoClass : ClassId(q.integer(1));
      store.source[id] = LabelSource(q.integer(2));
    }
  }
  if (auto ok = db.finish("read the labels"); !ok) return tl::make_unexpected(ok.error());
  return store;
}

Result<std::vector<LabelBatch>> Project::load_label_history() {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  Snapshot snapshot(db);
  std::vector<LabelBatch> history;
  {
    Statement batches(db, "SELECT revision,time_ms,author,round FROM label_batch ORDER BY revision");
    for (batches.bind(); batches.step();)
      history.push_back({std::uint64_t(batches.integer(0)), batches.integer(1), std::string(batches.bytes(2)),
                         std::int32_t(batches.integer(3)), {}});
    Statement changes(db, "SELECT revision,sample,class,source FROM label_change ORDER BY id");
    std::size_t at = 0;
    for (changes.bind(); changes.step();) {
      const auto revision = std::uint64_t(changes.integer(0));
      while (at < history.size() && history[at].revision < revision) ++at;
      if (at == history.size()) break;
      history[at].changes.push_back({SampleId(changes.integer(1)),
                                     changes.null(2) ? kNoClass : ClassId(changes.integer(2)),
                                     LabelSource(changes.integer(3))});
    }
  }
  if (auto ok = db.finish("read the label history"); !ok) return tl::make_unexpected(ok.error());
  return history;
}

Result<void> Project::append_labels(const LabelBatch& batch) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  {
    Statement newest(db, "SELECT (SELECT max(revision) FROM label_batch), (SELECT count(*) FROM class)");
    std::int64_t classes = 0;
    if (newest.bind().step()) {
      classes = newest.integer(1);
      if (std::int64_t(batch.revision) <= newest.integer(0))
        db.fail_with(Error{"labels came out of order", impl_->dir, fmt::format("a revision above {}", newest.integer(0)),
                           fmt::format("{}", batch.revision), "Reopen the project"});
    }
    Statement samples(db, "SELECT coalesce(max(id), -1) FROM sample");
    const std::int64_t last = samples.bind().step() ? samples.integer(0) : -1;
    for (const auto& change : batch.changes) {
      if (std::int64_t(change.id) > last)
        db.fail_with(Error{"a label is for a sample that the project does not have", impl_->dir,
                           fmt::format("ids 0 to {}", last), fmt::format("{}", change.id), "Reopen the project"});
      if (change.cls < kNoClass || change.cls >= classes)
        db.fail_with(Error{"a label has a class that the project does not have", impl_->dir,
                           fmt::format("one of {} classes", classes), fmt::format("class {}", change.cls),
                           "Save the classes first"});
      if (!db.ok()) break;
    }
    Statement(db, "INSERT INTO label_batch(revision,time_ms,author,round) VALUES(?,?,?,?)")
        .run(batch.revision, batch.time_ms, batch.author, batch.round);
    Statement set(db, "INSERT INTO label_change(revision,sample,class,source) VALUES(?,?,?,?)");
    Statement take(db, "INSERT INTO label_change(revision,sample,class,source) VALUES(?,?,NULL,?)");
    for (const auto& change : batch.changes) {
      if (!db.ok()) break;
      if (change.cls == kNoClass)
        take.run(batch.revision, change.id, int(change.source));
      else
        set.run(batch.revision, change.id, int(change.cls), int(change.source));
    }
  }
  return transaction.commit("save the labels");
}

}  // namespace mp::ml
