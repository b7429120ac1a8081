#include "ml/data/project_lock.h"

#include <cerrno>
#include <ctime>
#include <fcntl.h>
#include <fmt/format.h>
#include <sstream>
#include <sys/file.h>
#include <unistd.h>

namespace mp::ml {
namespace {

std::string clock_text(std::time_t when) {
  std::tm then{}, today{};
  const std::time_t now = std::time(nullptr);
  localtime_r(&when, &then);
  localtime_r(&now, &today);
  const bool same_day = then.tm_year == today.tm_year && then.tm_yday == today.tm_yday;
  char text[32];
  std::strftime(text, sizeof text, same_day ? "%H:%M" : "%Y-%m-%d %H:%M", &then);
  return text;
}

std::string read_holder(int fd) {
  char buffer[512];
  const ssize_t n = pread(fd, buffer, sizeof buffer, 0);
  std::istringstream in(std::string(buffer, n > 0 ? std::size_t(n) : 0));
  std::string pid, host, since;
  if (!std::getline(in, pid) || !std::getline(in, host) || !std::getline(in, since)) return "another process";
  return fmt::format("pid {} on host {} since {}", pid, host,
                     clock_text(std::time_t(std::strtoll(since.c_str(), nullptr, 10))));
}

}  // namespace

ProjectLock::~ProjectLock() { release(); }

ProjectLock::Outcome ProjectLock::take(const std::string& project_dir) {
  release();
  const std::string path = project_dir + "/lock";
  fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd_ < 0) {
    error_code_ = errno;
    if (errno != EACCES && errno != EROFS && errno != EPERM) return Outcome::failed;
    return Outcome::read_only;
  }
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    error_code_ = errno;
    const Outcome outcome = errno == EWOULDBLOCK ? Outcome::busy : Outcome::failed;
    holder_ = read_holder(fd_);
    close(fd_);
    fd_ = -1;
    return outcome;
  }
  char host[256] = "?";
  gethostname(host, sizeof host - 1);
  const std::string text = fmt::format("{}\n{}\n{}\n", getpid(), host, std::int64_t(std::time(nullptr)));
  // The text is for people; the lock holds without it (a full disk must not keep anyone from reading his project).
  if (ftruncate(fd_, 0) != 0 || pwrite(fd_, text.data(), text.size(), 0) != ssize_t(text.size()))
    error_code_ = errno;
  return Outcome::held;
}

void ProjectLock::release() {
  if (fd_ < 0) return;
  // The file stays: removing it would let two instances lock two files of one name.
  (void)!ftruncate(fd_, 0);
  close(fd_);
  fd_ = -1;
}

}  // namespace mp::ml
