// Runs a check in a child process with a mount namespace of its own: a disk of a few hundred kB that can be made
// read-only. For tests of full and read-only disks; root ignores permission bits, but not these.
#pragma once
#include <catch2/catch.hpp>
#include <cstdio>
#include <fcntl.h>
#include <functional>
#include <sched.h>
#include <string>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mp::ml::test {

constexpr int kNoNamespace = 77;

inline bool mount_disk(const std::string& dir, const std::string& size) {
  return mount("disk", dir.c_str(), "tmpfs", 0, ("size=" + size).c_str()) == 0;
}
inline bool remount_read_only(const std::string& dir) {
  return mount(nullptr, dir.c_str(), nullptr, MS_REMOUNT | MS_RDONLY, nullptr) == 0;
}
inline bool remount_with_size(const std::string& dir, const std::string& size) {
  return mount(nullptr, dir.c_str(), nullptr, MS_REMOUNT, ("size=" + size).c_str()) == 0;
}

/// `check` returns an empty string or what was wrong. Returns false (with a warning) where no namespace can be had.
inline bool with_small_disk(const std::string& dir, const std::string& size,
                            const std::function<std::string()>& check) {
  int pipes[2];
  REQUIRE(pipe(pipes) == 0);
  std::fflush(nullptr);  // or the child prints it again
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(pipes[0]);
    const uid_t uid = getuid();
    bool ok = uid == 0 ? unshare(CLONE_NEWNS) == 0 : unshare(CLONE_NEWNS | CLONE_NEWUSER) == 0;
    if (ok && uid != 0) {
      const std::string map = "0 " + std::to_string(uid) + " 1";
      const int fd = open("/proc/self/uid_map", O_WRONLY);
      ok = fd >= 0 && write(fd, map.data(), map.size()) == ssize_t(map.size());
      if (fd >= 0) close(fd);
    }
    ok = ok && mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 && mount_disk(dir, size);
    if (!ok) _exit(kNoNamespace);
    std::string wrong = check();
    if (!wrong.empty()) (void)!write(pipes[1], wrong.data(), wrong.size());
    _exit(wrong.empty() ? 0 : 1);
  }
  close(pipes[1]);
  std::string wrong;
  char buffer[4096];
  for (ssize_t n; (n = read(pipes[0], buffer, sizeof buffer)) > 0;) wrong.append(buffer, std::size_t(n));
  close(pipes[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == kNoNamespace) {
    WARN("skipped: no mount namespace here");
    return false;
  }
  INFO(wrong);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
  return true;
}

}  // namespace mp::ml::test
