// A whole file written beside its place and renamed. Command line only.
#pragma once
#include <string>
#include <string_view>

#include "ml/data/atomic_file.h"

namespace mp::explorer::cli {

inline Result<void> write_file(const std::string& path, std::string_view bytes) {
  auto file = ml::AtomicFile::create(path);
  if (!file) return tl::make_unexpected(file.error());
  file->write(bytes);
  return file->commit();
}

}  // namespace mp::explorer::cli
