// A file descriptor and a shared mapping with the checks that keep a damaged cache from crashing the program.
// Owner: the caches of this folder. A mapping may be read from any thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "engine/base/error.h"

namespace mp::ml {

class CacheFile {
 public:
  CacheFile() = default;
  CacheFile(CacheFile&& o) noexcept : fd_(o.fd_), path_(std::move(o.path_)) { o.fd_ = -1; }
  CacheFile& operator=(CacheFile&& o) noexcept;
  ~CacheFile();

  /// An existing file; the error says why it cannot be used.
  static Result<CacheFile> open(const std::string& path, bool writable);
  /// An empty file in the place of whatever is there. Who has the old one mapped keeps it.
  static Result<CacheFile> replace(const std::string& path);

  const std::string& path() const { return path_; }
  std::uint64_t size() const;
  /// Makes sure that the disk holds this many bytes, so that no write to a mapping can fail later.
  Result<void> reserve(std::uint64_t bytes) const;
  Result<void> write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) const;
  /// False if the file ends before.
  bool read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const;

  /// The first `bytes` bytes; they must be there (reserve, or checked against size()). Unmapped with the last owner.
  Result<std::shared_ptr<std::uint8_t>> map(std::size_t bytes, bool writable) const;

 private:
  int fd_ = -1;
  std::string path_;
};

/// Makes the cache folder if need be.
Result<void> make_cache_dir(const std::string& dir);
/// Identifies this start of the machine: what was not flushed in an earlier one may be torn.
std::string boot_id();

}  // namespace mp::ml
