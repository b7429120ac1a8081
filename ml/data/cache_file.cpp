// A file descriptor and a shared mapping with the checks that keep a damaged cache from crashing the program.
// Owner: the caches of this folder. A mapping may be read from any thread.
#include "ml/data/cache_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>

namespace mp::ml {
namespace {
tl::unexpected<Error> io_error(const char* what, const std::string& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  const bool denied = code == EACCES || code == EPERM || code == EROFS;
  return fail(what, path,
              full     ? "free space on the disk"
              : denied ? "a writable folder"
                       : "",
              errno_text(code),
              full     ? "free some space and try again"
              : denied ? "check the folder's permissions"
                       : "check the disk");
}
}  // namespace

CacheFile& CacheFile::operator=(CacheFile&& o) noexcept {
  std::swap(fd_, o.fd_);
  std::swap(path_, o.path_);
  return *this;
}
CacheFile::~CacheFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<CacheFile> CacheFile::open(const std::string& path, bool writable) {
  CacheFile f;
  f.path_ = path;
  f.fd_ = ::open(path.c_str(), (writable ? O_RDWR : O_RDONLY) | O_CLOEXEC);
  if (f.fd_ < 0) return io_error("cannot open the cache", path, errno);
  struct stat info;
  if (::fstat(f.fd_, &info) != 0) return io_error("cannot open the cache", path, errno);
  if (!S_ISREG(info.st_mode))
    return fail("cannot open the cache", path, "a regular file", "something else", "remove it");
  return f;
}

Result<CacheFile> CacheFile::replace(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return io_error("cannot replace the cache", path, errno);
  CacheFile f;
  f.path_ = path;
  f.fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (f.fd_ < 0) return io_error("cannot make the cache", path, errno);
  return f;
}

std::uint64_t CacheFile::size() const {
  struct stat info;
  return ::fstat(fd_, &info) == 0 && info.st_size > 0 ? std::uint64_t(info.st_size) : 0;
}

Result<void> CacheFile::reserve(std::uint64_t bytes) const {
  int code;
  do code = ::posix_fallocate(fd_, 0, off_t(bytes));
  while (code == EINTR);
  if (code != 0) return io_error("cannot enlarge the cache", path_, code);
  return {};
}

Result<void> CacheFile::write_at(std::uint64_t offset, std::span<const std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return io_error("cannot write to the cache", path_, n < 0 ? errno : ENOSPC);
    bytes = bytes.subspan(std::size_t(n));
    offset += std::uint64_t(n);
  }
  return {};
}

bool CacheFile::read_at(std::uint64_t offset, std::span<std::uint8_t> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(fd_, bytes.data(), bytes.size(), off_t(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return false;
    bytes = bytes.subspan(std::size_t(n));
    offset += std::uint64_t(n);
  }
  return true;
}

Result<std::shared_ptr<std::uint8_t>> CacheFile::map(std::size_t bytes, bool writable) const {
  void* p = ::mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd_, 0);
  if (p == MAP_FAILED) return io_error("cannot map the cache", path_, errno);
  return std::shared_ptr<std::uint8_t>(static_cast<std::uint8_t*>(p), [bytes](std::uint8_t* q) { ::munmap(q, bytes); });
}

Result<void> make_cache_dir(const std::string& dir) {
  std::error_code code;
  std::filesystem::create_directories(dir, code);
  if (code) return io_error("cannot make the cache folder", dir, code.value());
  return {};
}

std::string boot_id() {
  std::string id;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), id);
  return id;
}

}  // namespace mp::ml
