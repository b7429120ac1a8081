// One instance writes a project: a flock'ed file `lock` that says who holds it. Owned by Project; the kernel drops the
// lock with the process, so a crash leaves nothing behind.
#pragma once
#include <cstdint>
#include <string>

namespace mp::ml {

class ProjectLock {
 public:
  ProjectLock() = default;
  ~ProjectLock();
  ProjectLock(const ProjectLock&) = delete;
  ProjectLock& operator=(const ProjectLock&) = delete;

  enum class Outcome { held, busy, read_only, failed };
  /// busy: another instance has it, see holder(). read_only: the folder cannot be written. failed: see error_code().
  Outcome take(const std::string& project_dir);
  void release();
  /// "pid 4711 on host a since 12:31".
  const std::string& holder() const { return holder_; }
  int error_code() const { return error_code_; }

 private:
  int fd_ = -1;
  int error_code_ = 0;
  std::string holder_;
};

}  // namespace mp::ml
