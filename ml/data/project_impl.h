// What a Project holds: its connection, lock and mutex. Included by project*.cpp only.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <sys/types.h>

#include "ml/data/database.h"
#include "ml/data/project.h"
#include "ml/data/project_lock.h"

namespace mp::ml {

inline constexpr const char* kPutBack = "Put the project folder back, or open it from where it is now";

struct Project::Impl {
  std::mutex mutex;  // orders all methods; SQLite's own is off
  std::string dir;
  bool read_only = false;
  std::string why_read_only;
  ProjectLock lock;  // before db: the database closes first
  std::unique_ptr<Database> db;
  dev_t device = 0;  // of the database file when it was opened
  ino_t inode = 0;

  /// Records an error in db if nothing may be written: opened for reading, or the file was moved or deleted (SQLite
  /// would go on writing into the deleted file and call it saved).
  void require_writable();
  Result<ClassTable> read_classes();
  /// Within a transaction: ids of the names, made where missing; kNoClass for an empty name.
  std::vector<ClassId> class_ids(std::span<const std::string> names);
  /// Within a transaction: id of the root, made where missing.
  std::int64_t root_id(const std::string& root);
};

}  // namespace mp::ml
