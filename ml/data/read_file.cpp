// Whole files into memory. Only regular files: a named pipe would block, a device would never end.
// Stateless; any thread.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "ml/data/decode.h"

namespace mp::ml {
namespace {
struct Descriptor {
  int fd;
  ~Descriptor() {
    if (fd >= 0) ::close(fd);
  }
};
}  // namespace

Result<std::vector<std::uint8_t>> read_file(const std::string& path) {
  Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
  if (file.fd < 0) {
    const int code = errno;
    return fail("cannot read the file", path, "a readable file", errno_text(code),
                code == ENOENT ? "put the file back or import the folder again" : "check the file's permissions");
  }
  struct stat info;
  if (::fstat(file.fd, &info) != 0) return fail("cannot read the file", path, "a readable file", errno_text(errno));
  if (!S_ISREG(info.st_mode))
    return fail("cannot read the file", path, "a regular file",
                S_ISDIR(info.st_mode) ? "a folder" : "a device or pipe");
  if (info.st_size == 0)
    return fail("cannot read the file", path, "an image", "an empty file (0 bytes)", "copy it again");
  if (info.st_size > kMaxFileBytes)
    return fail("cannot read the file", path, fmt::format("at most {} bytes", kMaxFileBytes),
                fmt::format("{} bytes", info.st_size), "cut the file into smaller ones");
  std::vector<std::uint8_t> bytes(std::size_t(info.st_size));
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t n = ::read(file.fd, bytes.data() + done, bytes.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail("cannot read the file", path, "a readable file", errno_text(errno), "check the disk");
    if (n == 0)
      return fail("cannot read the file", path, fmt::format("{} bytes", bytes.size()),
                  fmt::format("the file ended after {}: it is being written", done),
                  "import again when it is complete");
    done += std::size_t(n);
  }
  return bytes;
}

}  // namespace mp::ml
