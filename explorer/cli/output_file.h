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

/// A file that lines are to be kept in: new, empty, or such lines already (a crash may have cut the first one).
inline Result<void> check_lines(const std::string& path, std::string_view begin, const std::string& written_by) {
  std::ifstream in(path, std::ios::binary);
  std::string first(begin.size(), '\0');
  in.read(first.data(), std::streamsize(first.size()));
  first.resize(std::size_t(in.gcount()));
  if (begin.starts_with(first.substr(0, first.find('\n')))) return {};
  return fail("this file holds something else", path, "a new file, or one that " + written_by + " wrote", "other contents", "Name another file: this one is left as it is");
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
