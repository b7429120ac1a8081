#include "ml/service/rescue_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>

#include "ml/data/csv.h"

namespace mp::ml {
namespace {

std::string time_stamp() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  char text[32];
  std::strftime(text, sizeof text, "%Y%m%dT%H%M%SZ", &utc);
  return text;
}

/// 0, or the errno of what failed.
int write_new(const std::string& path, const std::string& text) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
  if (fd < 0) return errno;
  std::size_t done = 0;
  int code = 0;
  while (done < text.size() && code == 0) {
    const ssize_t n = ::write(fd, text.data() + done, text.size() - done);
    if (n > 0) done += std::size_t(n);
    else if (n == 0) code = ENOSPC;
    else if (errno != EINTR) code = errno;
  }
  if (code == 0 && ::fsync(fd) != 0) code = errno;
  ::close(fd);
  if (code != 0) ::unlink(path.c_str());
  return code;
}

}  // namespace

std::string rescue_csv(std::span<const LabelBatch> batches, const ClassTable& classes) {
  std::string text = "id,label,time_ms,author\n";
  for (const auto& batch : batches)
    for (const auto& change : batch.changes) {
      std::string name;
      if (change.cls != kNoClass)
        name = std::size_t(change.cls) < classes.size() ? classes[std::size_t(change.cls)].name
                                                        : "class " + std::to_string(change.cls + 1);
      text += std::to_string(change.id) + "," + csv_field(name) + "," + std::to_string(batch.time_ms) + "," +
              csv_field(batch.author) + "\n";
    }
  return text;
}

Result<std::string> write_rescue_file(const std::string& dir, std::span<const LabelBatch> batches,
                                      const ClassTable& classes) {
  const auto text = rescue_csv(batches, classes);
  const auto stamp = time_stamp();
  std::error_code code;
  std::string temporary = std::filesystem::temp_directory_path(code).string();
  if (code) temporary = "/tmp";
  Error last;
  for (const auto& folder : {dir, temporary})
    for (int attempt = 0; attempt < 100; ++attempt) {
      const auto path =
          folder + "/unsaved-labels-" + stamp + (attempt ? "-" + std::to_string(attempt) : std::string()) + ".csv";
      const int failed = write_new(path, text);
      if (failed == 0) return path;
      last = {"cannot write the unsaved labels: " + errno_text(failed), path, {}, {}, "free disk space or permissions"};
      if (failed != EEXIST) break;
    }
  return tl::make_unexpected(last);
}

}  // namespace mp::ml
