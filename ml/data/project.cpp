#include "ml/data/project.h"

#include <cerrno>
#include <filesystem>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include "ml/data/project_impl.h"
#include "ml/data/schema.h"

namespace mp::ml {
namespace fs = std::filesystem;
namespace {

bool permission_problem(int code) { return code == EACCES || code == EROFS || code == EPERM; }

Result<std::unique_ptr<Database>> open_checked(const std::string& path, int flags, const char* uri, const char* vfs) {
  auto db = Database::open(path, flags, uri, vfs);
  if (!db) return db;
  // Without this a connection that cannot have shared memory (no locking, read-only folder) refuses a WAL.
  if (vfs) (*db)->exec("PRAGMA locking_mode=EXCLUSIVE");
  if (auto ok = check_schema(**db); !ok) return tl::make_unexpected(ok.error());
  return db;
}

// A WAL database wants to write its shared-memory file even for reading. On a read-only medium: without a WAL the file
// is complete and can be read as it stands; with one, SQLite keeps the index of the WAL in its own memory.
Result<std::unique_ptr<Database>> open_for_reading(const std::string& path) {
  auto first = open_checked(path, SQLITE_OPEN_READONLY, "mode=ro", nullptr);
  if (first) return first;
  std::error_code ignored;
  const auto wal_bytes = fs::file_size(path + "-wal", ignored);
  const bool has_wal = !ignored && wal_bytes > 0;
  auto second = has_wal ? open_checked(path, SQLITE_OPEN_READONLY, "mode=ro", "unix-none")
                        : open_checked(path, SQLITE_OPEN_READONLY, "immutable=1", nullptr);
  if (second) return second;
  return first;
}

std::string absolute_folder(const std::string& dir) {
  std::error_code ignored;
  auto path = fs::weakly_canonical(dir, ignored);
  if (ignored || path.empty()) path = fs::absolute(dir, ignored);
  auto text = path.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

// What an interrupted create() may leave behind does not make a folder "not empty".
bool only_leftovers(const std::string& dir) {
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator(dir, ignored)) {
    const auto name = entry.path().filename().string();
    if (name != "lock" && !name.starts_with(std::string(kDatabaseName) + ".new")) return false;
  }
  return true;
}

Error locked_error(const std::string& dir, const std::string& holder) {
  return Error{"the project is open in another instance", dir, "to be the only one that writes", holder,
               "Close that instance, or open the project for reading only"};
}

}  // namespace

Project::Project() : impl_(std::make_unique<Impl>()) {}

Project::~Project() {
  if (!impl_) return;
  impl_->db.reset();  // checkpoints before the lock goes
  impl_->lock.release();
}

Result<std::unique_ptr<Project>> Project::create(const std::string& dir_in) {
  if (dir_in.empty()) return fail("no project folder was given", {}, "the path of a folder");
  const std::string dir = absolute_folder(dir_in);
  if (is_project(dir)) return open(dir, OpenMode::write);
  std::error_code error;
  if (fs::exists(dir, error)) {
    if (!fs::is_directory(dir, error))
      return fail("cannot make a project", dir, "a folder", "a file", "Choose another name for the project");
    if (!only_leftovers(dir))
      return fail("cannot make a project", dir, "a new or an empty folder", "a folder with other files",
                  "Choose another folder for the project");
  }
  fs::create_directories(dir, error);
  if (error)
    return fail("cannot make the project folder", dir, {}, errno_text(error.value()),
                permission_problem(error.value()) ? "Choose a folder that you may write to" : "Check the disk and retry");
  ProjectLock lock;
  switch (lock.take(dir)) {
    case ProjectLock::Outcome::held: break;
    case ProjectLock::Outcome::busy: return tl::make_unexpected(locked_error(dir, lock.holder()));
    case ProjectLock::Outcome::read_only:
    case ProjectLock::Outcome::failed:
      return fail("cannot make a project", dir, "a folder that can be written", errno_text(lock.error_code()),
                  "Choose a folder that you may write to, on a disk with free space");
  }
  if (auto made = create_database(dir); !made) return tl::make_unexpected(made.error());
  lock.release();
  return open(dir, OpenMode::write);
}

Result<std::unique_ptr<Project>> Project::open(const std::string& dir_in, OpenMode mode) {
  const std::string dir = absolute_folder(dir_in);
  const std::string path = dir + "/" + kDatabaseName;
  std::error_code error;
  if (!fs::exists(dir, error))
    return fail("there is no such project", dir, "a project folder", "nothing",
                "Check the path, or make the project with: meltpool import SRC --project DIR");
  if (!fs::exists(path, error))
    return fail("the folder is not a Meltpool project", dir, fmt::format("a file {} in it", kDatabaseName), {},
                "Make the project with: meltpool import SRC --project DIR");
  if (!is_database(path))
    return fail("the folder is not a Meltpool project", path, "a project database of Meltpool", "another or a damaged file",
                "Choose a project folder, or restore this one from a backup");

  std::unique_ptr<Project> project(new Project());
  Impl& self = *project->impl_;
  self.dir = dir;
  self.read_only = mode == OpenMode::read;
  if (self.read_only) self.why_read_only = "opened for reading only";
  if (!self.read_only) {
    switch (self.lock.take(dir)) {
      case ProjectLock::Outcome::held: break;
      case ProjectLock::Outcome::busy:
        if (mode == OpenMode::write) return tl::make_unexpected(locked_error(dir, self.lock.holder()));
        self.read_only = true;
        self.why_read_only = "open in another instance: " + self.lock.holder();
        break;
      case ProjectLock::Outcome::read_only:
      case ProjectLock::Outcome::failed:
        if (mode == OpenMode::write)
          return fail("cannot open the project for writing", dir, "a folder that can be written",
                      errno_text(self.lock.error_code()), "Make the folder writable, or open the project for reading only");
        self.read_only = true;
        self.why_read_only = "the project folder cannot be written: " + errno_text(self.lock.error_code());
    }
  }
  if (!self.read_only) {
    auto db = open_checked(path, SQLITE_OPEN_READWRITE, nullptr, nullptr);
    if (!db) {   // a full disk: what is there can still be looked at; what is damaged fails again below
      if (mode == OpenMode::write) return tl::make_unexpected(db.error());
      self.read_only = true;
      self.why_read_only = "the project cannot be written: " + db.error().found;
      self.lock.release();
    } else if (sqlite3_db_readonly((*db)->handle(), "main") == 1) {
      if (mode == OpenMode::write)
        return fail("cannot open the project for writing", path, "a file that can be written", "a read-only file",
                    "Make the file writable, or open the project for reading only");
      self.read_only = true;
      self.why_read_only = "the project's database file is read-only";
      self.lock.release();
    } else {
      self.db = std::move(*db);
      self.db->exec("PRAGMA journal_mode=WAL");
      self.db->exec("PRAGMA synchronous=FULL");
      self.db->exec("PRAGMA foreign_keys=ON");
      if (auto ok = self.db->finish("open the project"); !ok) return tl::make_unexpected(ok.error());
      if (auto ok = migrate(*self.db); !ok) return tl::make_unexpected(ok.error());
    }
  }
  if (self.read_only) {
    auto db = open_for_reading(path);
    if (!db) return tl::make_unexpected(db.error());
    self.db = std::move(*db);
  }
  struct stat st {};
  if (stat(path.c_str(), &st) == 0) {
    self.device = st.st_dev;
    self.inode = st.st_ino;
  }
  if (!self.read_only) fs::create_directories(dir + "/cache", error);
  return project;
}

bool Project::is_project(const std::string& dir) { return is_database(dir + "/" + kDatabaseName); }

const std::string& Project::dir() const { return impl_->dir; }
std::string Project::cache_dir() const { return impl_->dir + "/cache"; }
bool Project::read_only() const { return impl_->read_only; }
const std::string& Project::why_read_only() const { return impl_->why_read_only; }

void Project::Impl::require_writable() {
  if (read_only) {
    db->fail_with(Error{"the project is open for reading only", dir, {}, why_read_only,
                        "Close the other instance or make the folder writable, and open the project again"});
    return;
  }
  struct stat st {};
  const std::string path = dir + "/" + kDatabaseName;
  if (stat(path.c_str(), &st) != 0 || st.st_dev != device || st.st_ino != inode)
    db->fail_with(Error{"the project's database is no longer in its place", path, "the file that was opened",
                        "none or another one", kPutBack});
}

namespace {
constexpr const char* kPutSetting = "INSERT INTO setting(key,value) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value";
constexpr const char* kPutState = "INSERT INTO state(key,bytes) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET bytes=excluded.bytes";
Statement::Blob blob(std::span<const std::uint8_t> bytes) { return {{reinterpret_cast<const char*>(bytes.data()), bytes.size()}}; }
}  // namespace

Result<std::optional<std::string>> Project::setting(const std::string& key) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  std::optional<std::string> value;
  {
    Statement q(db, "SELECT value FROM setting WHERE key=?");
    if (q.bind(key).step()) value = std::string(q.bytes(0));
  }
  if (auto ok = db.finish("read a setting"); !ok) return tl::make_unexpected(ok.error());
  return value;
}

Result<void> Project::save_setting(const std::string& key, const std::string& value) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  Statement(db, kPutSetting).run(key, value);
  return transaction.commit("save a setting");
}

Result<void> Project::save_blob(const std::string& key, std::span<const std::uint8_t> bytes) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  Statement(db, kPutState).run(key, blob(bytes));
  return transaction.commit(fmt::format("save '{}'", key));
}

Result<void> Project::save_blob(const std::string& key, std::span<const std::uint8_t> bytes, const std::string& setting) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  impl_->require_writable();
  Transaction transaction(db);
  Statement(db, kPutState).run(key, blob(bytes));
  Statement(db, kPutSetting).run(key, setting);
  return transaction.commit(fmt::format("save '{}'", key));
}

Result<std::optional<std::vector<std::uint8_t>>> Project::load_blob(const std::string& key) {
  std::lock_guard lock(impl_->mutex);
  Database& db = *impl_->db;
  std::optional<std::vector<std::uint8_t>> value;
  {
    Statement q(db, "SELECT bytes FROM state WHERE key=?");
    if (q.bind(key).step()) {
      const auto bytes = q.bytes(0);
      value.emplace(bytes.begin(), bytes.end());
    }
  }
  if (auto ok = db.finish(fmt::format("read '{}'", key)); !ok) return tl::make_unexpected(ok.error());
  return value;
}

}  // namespace mp::ml
