// A file that appears complete or not at all: written beside its place, synced, renamed. One writer, any thread.
#pragma once
#include <string>
#include <string_view>

#include "engine/base/error.h"

namespace mp::ml {

class AtomicFile {
 public:
  /// What is no regular file (a pipe, /dev/stdout) is written in place.
  static Result<AtomicFile> create(const std::string& path);
  AtomicFile(AtomicFile&&) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  ~AtomicFile();  // without commit: nothing is left

  void write(std::string_view bytes);  // buffered; the first error is kept for commit
  Result<void> commit();

 private:
  AtomicFile(std::string path, std::string temporary, int fd);
  void flush();
  std::string path_, temporary_, buffer_;
  int fd_ = -1, error_ = 0;
};

}  // namespace mp::ml
