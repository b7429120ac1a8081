#include "ml/data/database.h"

#include <cerrno>
#include <fmt/format.h>
#include <sqlite3.h>

#include "ml/data/project_impl.h"

namespace mp::ml {
namespace {

constexpr int kOwnError = -1;
constexpr int kBusyTimeoutMs = 2000;

// What a person can do about the disk or another program; with these the same write may succeed later.
constexpr const char* kFreeSpace = "Free some space on it and retry; what was saved before is safe";
constexpr const char* kMakeWritable = "Make the project folder writable or copy it to a place that is, and retry";
constexpr const char* kCloseOther = "Close it and retry";
constexpr const char* kCheckDisk = "Check the disk and retry";
constexpr const char* kRestore = "Restore the project folder from a backup";

std::string uri_of(const std::string& path, const char* query) {
  std::string uri = "file:";
  for (unsigned char c : path) {
    if (c == '?' || c == '#' || c == '%' || c < 33 || c > 126)
      uri += fmt::format("%{:02X}", c);
    else
      uri += char(c);
  }
  return uri + "?" + query;
}

Error describe(int code, int system_errno, const std::string& text, std::string_view what, const std::string& path) {
  Error e;
  e.what = fmt::format("cannot {}", what);
  e.path = path;
  const int primary = code & 0xff;
  const bool no_space = system_errno == ENOSPC || system_errno == EDQUOT || system_errno == EFBIG;
  if (primary == SQLITE_FULL || (primary == SQLITE_IOERR && no_space)) {
    e.found = "the disk is full";
    e.action = kFreeSpace;
  } else if (primary == SQLITE_READONLY || primary == SQLITE_PERM || system_errno == EROFS || system_errno == EACCES) {
    e.found = "the folder or the file system is read-only";
    e.action = kMakeWritable;
  } else if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB) {
    e.found = "the database is damaged: " + text;
    e.action = kRestore;
  } else if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED) {
    e.found = "another program uses the database";
    e.action = kCloseOther;
  } else if (primary == SQLITE_CONSTRAINT || primary == SQLITE_MISMATCH || primary == SQLITE_TOOBIG) {
    e.found = "the database refuses it: " + text;
    e.action = "Reopen the project";
  } else {
    e.found = text.empty() ? std::string(sqlite3_errstr(code)) : text;
    if (system_errno != 0 && (primary == SQLITE_IOERR || primary == SQLITE_CANTOPEN))
      e.found += " (" + errno_text(system_errno) + ")";
    e.action = kCheckDisk;
  }
  return e;
}

}  // namespace

bool worth_retrying(const Error& error) {
  if (error.action.empty()) return true;
  for (const char* action : {kFreeSpace, kMakeWritable, kCloseOther, kCheckDisk, kRestore, kPutBack})
    if (error.action == action) return true;
  return false;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, int flags, const char* uri,
                                                 const char* vfs) {
  std::unique_ptr<Database> db(new Database(path));
  const std::string name = uri ? uri_of(path, uri) : path;
  const int code = sqlite3_open_v2(name.c_str(), &db->handle_, flags | SQLITE_OPEN_NOMUTEX | (uri ? SQLITE_OPEN_URI : 0),
                                   vfs);
  if (db->handle_) {
    sqlite3_extended_result_codes(db->handle_, 1);
    sqlite3_busy_timeout(db->handle_, kBusyTimeoutMs);
  }
  db->note(code);
  if (auto done = db->finish("open the database"); !done) return tl::make_unexpected(done.error());
  return db;
}

Database::~Database() {
  if (handle_) sqlite3_close_v2(handle_);
}

void Database::note(int code) {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE || code_ != 0) return;
  code_ = code;
  system_errno_ = handle_ ? sqlite3_system_errno(handle_) : 0;
  text_ = handle_ ? sqlite3_errmsg(handle_) : sqlite3_errstr(code);
}

void Database::fail_with(Error error) {
  if (code_ != 0) return;
  code_ = kOwnError;
  own_error_ = std::move(error);
}

void Database::exec(const char* sql) {
  if (ok()) note(sqlite3_exec(handle_, sql, nullptr, nullptr, nullptr));
}

Result<void> Database::finish(std::string_view what) {
  if (code_ == 0) return {};
  Error e = code_ == kOwnError ? std::move(own_error_) : describe(code_, system_errno_, text_, what, path_);
  code_ = 0;
  text_.clear();
  return tl::make_unexpected(std::move(e));
}

Statement::Statement(Database& db, const char* sql) : db_(db) {
  if (db_.ok()) db_.note(sqlite3_prepare_v2(db_.handle(), sql, -1, &statement_, nullptr));
}

Statement::~Statement() { sqlite3_finalize(statement_); }

void Statement::reset() {
  if (statement_) sqlite3_reset(statement_);
}

bool Statement::step() {
  if (!db_.ok() || !statement_) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  db_.note(code);
  sqlite3_reset(statement_);
  return false;
}

std::int64_t Statement::integer(int column) const { return sqlite3_column_int64(statement_, column); }
double Statement::real(int column) const { return sqlite3_column_double(statement_, column); }
bool Statement::null(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::string_view Statement::bytes(int column) const {
  const void* data = sqlite3_column_blob(statement_, column);
  const auto size = std::size_t(sqlite3_column_bytes(statement_, column));
  return data ? std::string_view(static_cast<const char*>(data), size) : std::string_view();
}

// Text and blobs are copied: the caller may bind temporaries.
void Statement::put(int i, std::int64_t v) {
  if (statement_ && db_.ok()) db_.note(sqlite3_bind_int64(statement_, i, v));
}
void Statement::put(int i, double v) {
  if (statement_ && db_.ok()) db_.note(sqlite3_bind_double(statement_, i, v));
}
void Statement::put(int i, std::nullptr_t) {
  if (statement_ && db_.ok()) db_.note(sqlite3_bind_null(statement_, i));
}
void Statement::put(int i, const std::string& text) {
  if (statement_ && db_.ok())
    db_.note(sqlite3_bind_text64(statement_, i, text.data(), text.size(), SQLITE_TRANSIENT, SQLITE_UTF8));
}
void Statement::put(int i, const Blob& blob) {
  // A null pointer would bind NULL: an empty blob needs an address.
  const char* data = blob.bytes.empty() ? "" : blob.bytes.data();
  if (statement_ && db_.ok()) db_.note(sqlite3_bind_blob64(statement_, i, data, blob.bytes.size(), SQLITE_TRANSIENT));
}

Transaction::Transaction(Database& db) : db_(db) { db_.exec("BEGIN IMMEDIATE"); }

Transaction::~Transaction() {
  if (!open_) return;
  (void)db_.finish("");  // an error that nobody took must not disable the next call
  // SQLite rolls back by itself after some errors (disk full); autocommit tells.
  if (!sqlite3_get_autocommit(db_.handle()))
    sqlite3_exec(db_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
}

Result<void> Transaction::commit(std::string_view what) {
  db_.exec("COMMIT");
  if (auto done = db_.finish(what); !done) return done;  // the destructor rolls back
  open_ = false;
  return {};
}

Snapshot::~Snapshot() {
  if (!sqlite3_get_autocommit(db_.handle())) sqlite3_exec(db_.handle(), "COMMIT", nullptr, nullptr, nullptr);
}

}  // namespace mp::ml
