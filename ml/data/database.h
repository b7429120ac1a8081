// One SQLite connection with sticky errors: after the first failure every statement is a no-op until finish() takes the
// error, so that callers read as plain SQL. Used by Project only, under its mutex.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "engine/base/error.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mp::ml {

class Database {
 public:
  /// Flags are SQLITE_OPEN_*; `vfs` null for the default. `uri` adds e.g. "immutable=1" (the path is escaped here).
  static Result<std::unique_ptr<Database>> open(const std::string& path, int flags, const char* uri = nullptr,
                                                const char* vfs = nullptr);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void exec(const char* sql);
  bool ok() const { return code_ == 0; }
  /// The first error since the last finish(), as "cannot <what>"; clears it.
  Result<void> finish(std::string_view what);
  /// For a failure that SQL does not know of.
  void fail_with(Error error);
  const std::string& path() const { return path_; }
  sqlite3* handle() const { return handle_; }
  void note(int code);  // records the first error

 private:
  explicit Database(std::string path) : path_(std::move(path)) {}
  std::string path_;
  sqlite3* handle_ = nullptr;
  int code_ = 0, system_errno_ = 0;
  std::string text_;
  Error own_error_;
};

/// A prepared statement; columns and parameters as in SQLite, but parameters are bound in order.
class Statement {
 public:
  Statement(Database& db, const char* sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <class... A>
  Statement& bind(const A&... values) {
    reset();
    int i = 0;
    (put(++i, values), ...);
    return *this;
  }
  /// True while there is a row.
  bool step();
  /// Binds and executes a statement without rows.
  template <class... A>
  void run(const A&... values) {
    bind(values...);
    step();
  }
  std::int64_t integer(int column) const;
  double real(int column) const;
  bool null(int column) const;
  std::string_view bytes(int column) const;  // valid until the next step

  /// Binds as BLOB; file names and weights are bytes, not text.
  struct Blob {
    std::string_view bytes;
  };

 private:
  void reset();
  void put(int i, std::int64_t v);
  void put(int i, std::uint64_t v) { put(i, std::int64_t(v)); }
  void put(int i, int v) { put(i, std::int64_t(v)); }
  void put(int i, std::uint32_t v) { put(i, std::int64_t(v)); }
  void put(int i, double v);
  void put(int i, std::nullptr_t);
  void put(int i, const std::string& text);
  void put(int i, const Blob& blob);

  Database& db_;
  sqlite3_stmt* statement_ = nullptr;
};

/// BEGIN IMMEDIATE .. COMMIT; rolls back when it is left without commit() or after an error, so that the same call can
/// be repeated.
class Transaction {
 public:
  explicit Transaction(Database& db);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  /// Durable when it returns without error.
  Result<void> commit(std::string_view what);

 private:
  Database& db_;
  bool open_ = true;
};

/// Several reads of one state, also while another instance writes.
class Snapshot {
 public:
  explicit Snapshot(Database& db) : db_(db) { db_.exec("BEGIN"); }
  ~Snapshot();
  Snapshot(const Snapshot&) = delete;
  Snapshot& operator=(const Snapshot&) = delete;

 private:
  Database& db_;
};

}  // namespace mp::ml
