// The tables of a project's database and how a database file is made and recognised. Stateless; used by Project only.
#pragma once
#include <string>

#include "engine/base/error.h"
#include "ml/data/database.h"

namespace mp::ml {

constexpr const char* kDatabaseName = "project.sqlite";
constexpr int kApplicationId = 0x4d504f4c;  // "MPOL", at byte 68 of the file

/// Makes dir/project.sqlite completely or not at all.
Result<void> create_database(const std::string& dir);
/// By the file's first bytes; opens nothing.
bool is_database(const std::string& path);
/// Brings an older database to today's tables, in one transaction. Only for a connection that may write.
Result<void> migrate(Database& db);
/// Errors: not ours, made by a newer version, damaged.
Result<void> check_schema(Database& db);

}  // namespace mp::ml
