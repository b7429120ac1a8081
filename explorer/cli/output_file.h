// A whole file written beside its place and renamed; a line at the end of a record. Command line only.
#pragma once
#include <fstream>
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

/// Behind what a crash cut off a new line begins first: only the cut one is lost.
inline Result<void> append_line(const std::string& path, std::string_view line) {
  std::ifstream in(path, std::ios::binary);
  const bool cut = in.seekg(-1, std::ios::end) && in.get() != '\n';
  std::ofstream out(path, std::ios::app);
  out << (cut ? "\n" : "") << line << '\n';
  if (!out.flush()) return fail("cannot write", path, {}, {}, "Choose a folder that can be written");
  return {};
}

}  // namespace mp::explorer::cli
