// Boxes and the images whose boxes are complete.
#include <cmath>
#include <fmt/format.h>

#include "ml/data/project_impl.h"

namespace mp::ml {
namespace {

bool valid(const Box& b) {
  const BoxRect& r = b.rect;
  return r.x0 >= 0 && r.y0 >= 0 && r.x1 > r.x0 && r.y1 > r.y0 && std::isfinite(r.x1) && std::isfinite(r.y1) &&
         b.score >= 0 && b.score <= 1;
}

}  // namespace

Result<BoxStore> Project::load_boxes() {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  BoxStore store;
  Snapshot snapshot(db);
  {
    // An older project that is open for reading only has not got the tables yet.
    Statement there(db, "SELECT 1 FROM sqlite_master WHERE name='box'");
    if (!there.bind().step()) {
      if (auto ok = db.finish("read the boxes"); !ok) return tl::make_unexpected(ok.error());
      return store;
    }
    Statement q(db, "SELECT id,image,x0,y0,x1,y1,class,source,score,status,reviewer FROM box ORDER BY id");
    for (q.bind(); q.step();) {
      Box b;
      b.image = std::uint32_t(q.integer(1));
      b.rect = {float(q.real(2)), float(q.real(3)), float(q.real(4)), float(q.real(5))};
      b.cls = q.null(6) ? kNoClass : ClassId(q.integer(6));
      const auto source = q.integer(7), status = q.integer(9);
      b.score = float(q.real(8));
      b.reviewer = q.bytes(10);
      if (q.integer(0) != std::int64_t(store.boxes.size()) || source < 0 || source > 2 || status < 0 || status > 2 ||
          !valid(b)) {
        db.fail_with(Error{"the project's database is damaged", db.path(), "boxes without gaps and with a size",
                           fmt::format("box {}", q.integer(0)), "Restore the project folder from a backup"});
        break;
      }
      b.source = BoxSource(source);
      b.status = BoxStatus(status);
      store.boxes.push_back(std::move(b));
    }
    Statement checked(db, "SELECT image FROM box_image ORDER BY image");
    for (checked.bind(); checked.step();) store.checked.push_back(std::uint32_t(checked.integer(0)));
  }
  if (auto ok = db.finish("read the boxes"); !ok) return tl::make_unexpected(ok.error());
  return store;
}

Result<void> Project::save_boxes(std::span<const BoxChange> changes, std::span<const std::uint32_t> checked,
                                 std::span<const std::uint32_t> unchecked) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  {
    const auto one = [&](const char* sql) {
      Statement q(db, sql);
      return q.bind().step() ? q.integer(0) : 0;
    };
    std::int64_t next = one("SELECT coalesce(max(id) + 1, 0) FROM box");
    const std::int64_t images = one("SELECT count(*) FROM image"), classes = one("SELECT count(*) FROM class");
    Statement put(db,
                  "INSERT INTO box(id,image,x0,y0,x1,y1,class,source,score,status,reviewer) "
                  "VALUES(?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(id) DO UPDATE SET image=excluded.image, x0=excluded.x0, "
                  "y0=excluded.y0, x1=excluded.x1, y1=excluded.y1, class=excluded.class, source=excluded.source, "
                  "score=excluded.score, status=excluded.status, reviewer=excluded.reviewer");
    for (const auto& [id, b] : changes) {
      if (!db.ok()) break;
      const bool known = std::int64_t(b.image) < images && b.cls >= 0 && b.cls < classes;
      if (!valid(b) || !known || std::int64_t(id) > next || id >= kMaxBoxes) {
        db.fail_with(Error{"a box cannot be saved", impl_->dir,
                           fmt::format("an image and a class of the project, a size above 0, an id up to {}", next),
                           fmt::format("box {}: image {}, class {}, {} {} to {} {}", id, b.image, b.cls, b.rect.x0,
                                       b.rect.y0, b.rect.x1, b.rect.y1),
                           "Reopen the project"});
        break;
      }
      put.run(id, b.image, double(b.rect.x0), double(b.rect.y0), double(b.rect.x1), double(b.rect.y1), int(b.cls),
              int(b.source), double(b.score), int(b.status), b.reviewer);
      if (std::int64_t(id) == next) ++next;
    }
    Statement check(db, "INSERT OR IGNORE INTO box_image(image) VALUES(?)");
    for (auto image : checked) check.run(image);
    Statement uncheck(db, "DELETE FROM box_image WHERE image=?");
    for (auto image : unchecked) uncheck.run(image);
  }
  return transaction.commit("save the boxes");
}

}  // namespace mp::ml
