#include "ml/data/atomic_file.h"

#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace mp::ml {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kBufferBytes = 1 << 20;

tl::unexpected<Error> write_error(const std::string& path, int code) {
  const bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
  const bool denied = code == EACCES || code == EROFS || code == EPERM;
  return fail("cannot write the file", path, {}, full ? "the disk is full" : errno_text(code),
              full     ? "Free some space and retry; a file that was there before is unchanged"
              : denied ? "Choose a place that you may write to"
                       : "Check the path and the disk, and retry");
}

}  // namespace

AtomicFile::AtomicFile(std::string path, std::string temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

AtomicFile::AtomicFile(AtomicFile&& o) noexcept
    : path_(std::move(o.path_)),
      temporary_(std::move(o.temporary_)),
      buffer_(std::move(o.buffer_)),
      fd_(std::exchange(o.fd_, -1)),
      error_(o.error_) {}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

Result<AtomicFile> AtomicFile::create(const std::string& path_in) {
  // Through a symbolic link: the link stays.
  std::error_code ignored;
  fs::path target = fs::weakly_canonical(path_in, ignored);
  const std::string path = ignored || target.empty() ? path_in : target.string();
  struct stat st {};
  if (stat(path.c_str(), &st) == 0 && !S_ISREG(st.st_mode)) {
    const int fd = S_ISDIR(st.st_mode) ? (errno = EISDIR, -1) : open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return write_error(path, errno);
    return AtomicFile(path, {}, fd);
  }
  std::string temporary = fmt::format("{}.{}.tmp", path, getpid());
  const int fd = open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return write_error(path, errno);
  return AtomicFile(path, std::move(temporary), fd);
}

void AtomicFile::flush() {
  std::string_view left = buffer_;
  while (!left.empty() && error_ == 0) {
    const ssize_t n = ::write(fd_, left.data(), left.size());
    if (n >= 0)
      left.remove_prefix(std::size_t(n));
    else if (errno != EINTR)
      error_ = errno;
  }
  buffer_.clear();
}

void AtomicFile::write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() >= kBufferBytes) flush();
}

Result<void> AtomicFile::commit() {
  flush();
  if (error_ == 0 && !temporary_.empty() && fsync(fd_) != 0) error_ = errno;
  if (close(std::exchange(fd_, -1)) != 0 && error_ == 0) error_ = errno;
  if (temporary_.empty()) {
    if (error_) return write_error(path_, error_);
    return {};
  }
  if (error_ == 0 && rename(temporary_.c_str(), path_.c_str()) != 0) error_ = errno;
  if (error_) {
    unlink(temporary_.c_str());
    return write_error(path_, error_);
  }
  const std::string folder = fs::path(path_).parent_path().string();
  const int dir = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir >= 0) {
    fsync(dir);
    close(dir);
  }
  return {};
}

}  // namespace mp::ml
