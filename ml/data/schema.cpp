#include "ml/data/schema.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <iterator>
#include <sqlite3.h>
#include <unistd.h>

#include "ml/data/project.h"

namespace mp::ml {
namespace {

// Ids are those of Pool and ClassTable: dense from 0. File names are BLOBs because they are bytes. label_change has no
// reference to class: a class that was undone may leave the table, its history stays.
constexpr const char* kSchema = R"sql(
CREATE TABLE setting(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE state(key TEXT PRIMARY KEY, bytes BLOB NOT NULL);
CREATE TABLE class(id INTEGER PRIMARY KEY CHECK(id >= 0), name TEXT NOT NULL UNIQUE,
                   colour INTEGER NOT NULL, shape INTEGER NOT NULL);
CREATE TABLE root(id INTEGER PRIMARY KEY CHECK(id >= 0), path BLOB NOT NULL UNIQUE, layers INTEGER NOT NULL,
                  patch_px INTEGER NOT NULL, hide_labels INTEGER NOT NULL, finished INTEGER NOT NULL);
CREATE TABLE image(id INTEGER PRIMARY KEY CHECK(id >= 0), root INTEGER NOT NULL REFERENCES root(id),
                   path BLOB NOT NULL, width_px INTEGER NOT NULL, height_px INTEGER NOT NULL,
                   size_bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, note TEXT NOT NULL, UNIQUE(root, path));
CREATE TABLE layer(image INTEGER PRIMARY KEY REFERENCES image(id), z_mm REAL, position REAL,
                   first_sample INTEGER NOT NULL, cols INTEGER NOT NULL, rows INTEGER NOT NULL);
CREATE TABLE sample(id INTEGER PRIMARY KEY CHECK(id >= 0), image INTEGER NOT NULL REFERENCES image(id),
                    x INTEGER NOT NULL, y INTEGER NOT NULL, w INTEGER NOT NULL CHECK(w > 0),
                    h INTEGER NOT NULL CHECK(h > 0), source_class INTEGER REFERENCES class(id),
                    split INTEGER NOT NULL DEFAULT 0);
CREATE TABLE bad_file(root INTEGER NOT NULL, path BLOB NOT NULL, reason TEXT NOT NULL, PRIMARY KEY(root, path))
  WITHOUT ROWID;
CREATE TABLE label_batch(revision INTEGER PRIMARY KEY CHECK(revision > 0), time_ms INTEGER NOT NULL,
                         author TEXT NOT NULL, round INTEGER NOT NULL);
CREATE TABLE label_change(id INTEGER PRIMARY KEY, revision INTEGER NOT NULL REFERENCES label_batch(revision),
                          sample INTEGER NOT NULL REFERENCES sample(id), class INTEGER, source INTEGER NOT NULL);
)sql";

// What each format added to the one before: kAdded[0] makes format 2 out of format 1. A new database gets all of them.
constexpr const char* kAdded[] = {
    // 2: boxes. box_image: images whose boxes are complete, also those without any.
    R"sql(
CREATE TABLE box(id INTEGER PRIMARY KEY CHECK(id >= 0), image INTEGER NOT NULL REFERENCES image(id),
                 x0 REAL NOT NULL, y0 REAL NOT NULL, x1 REAL NOT NULL, y1 REAL NOT NULL,
                 class INTEGER NOT NULL, source INTEGER NOT NULL, score REAL NOT NULL, status INTEGER NOT NULL,
                 reviewer TEXT NOT NULL, CHECK(x1 > x0 AND y1 > y0));
CREATE TABLE box_image(image INTEGER PRIMARY KEY REFERENCES image(id));
)sql",
};
static_assert(std::size(kAdded) == kSchemaVersion - 1);

std::int64_t pragma(Database& db, const char* sql) {
  Statement q(db, sql);
  return q.bind().step() ? q.integer(0) : 0;
}

void sync_folder(const std::string& dir) {
  const int fd = open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

Result<void> create_database(const std::string& dir) {
  const std::string path = dir + "/" + kDatabaseName, temporary = path + ".new";
  for (const char* suffix : {"", "-journal", "-wal", "-shm"}) unlink((temporary + suffix).c_str());
  {
    auto db = Database::open(temporary, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!db) return tl::make_unexpected(db.error());
    (*db)->exec("PRAGMA journal_mode=DELETE");
    (*db)->exec("PRAGMA synchronous=FULL");
    Transaction transaction(**db);
    (*db)->exec(fmt::format("PRAGMA application_id={}", kApplicationId).c_str());
    (*db)->exec(fmt::format("PRAGMA user_version={}", kSchemaVersion).c_str());
    (*db)->exec(kSchema);
    for (const char* sql : kAdded) (*db)->exec(sql);
    if (auto done = transaction.commit("make the project's database"); !done) {
      unlink(temporary.c_str());
      return done;
    }
  }
  if (rename(temporary.c_str(), path.c_str()) != 0)
    return fail("cannot make the project's database", path, {}, errno_text(errno), "Check the folder and retry");
  sync_folder(dir);
  return {};
}

bool is_database(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  unsigned char head[72] = {};
  const bool whole = read(fd, head, sizeof head) == ssize_t(sizeof head);
  close(fd);
  if (!whole || std::memcmp(head, "SQLite format 3", 16) != 0) return false;
  const int id = head[68] << 24 | head[69] << 16 | head[70] << 8 | head[71];
  return id == kApplicationId;
}

Result<void> migrate(Database& db) {
  const auto version = pragma(db, "PRAGMA user_version");
  if (auto read = db.finish("read the project"); !read) return read;
  if (version >= kSchemaVersion) return {};
  Transaction transaction(db);
  for (auto v = version; v < kSchemaVersion; ++v) db.exec(kAdded[v - 1]);
  db.exec(fmt::format("PRAGMA user_version={}", kSchemaVersion).c_str());
  return transaction.commit("bring the project to today's format");
}

Result<void> check_schema(Database& db) {
  const auto id = pragma(db, "PRAGMA application_id");
  const auto version = pragma(db, "PRAGMA user_version");
  if (auto done = db.finish("read the project"); !done) return done;
  if (id != kApplicationId)
    return fail("this database is not a Meltpool project", db.path(), {}, {}, "Choose a folder that Meltpool made");
  if (version > kSchemaVersion)
    return fail("the project was made by a newer version of Meltpool", db.path(),
                fmt::format("format {} or older, which this program knows", kSchemaVersion),
                fmt::format("format {}", version), "Update Meltpool; the project was not changed");
  if (version < 1)
    return fail("the project's database is damaged", db.path(), "a format number of at least 1",
                fmt::format("{}", version), "Restore the project folder from a backup");
  return {};
}

}  // namespace mp::ml
