#include "ml/service/rescue_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <ctime>
#include <filesystem>

#include "ml/data/csv.h"
#include "ml/data/decode.h"
#include <nlohmann/json.hpp>

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

namespace {

Result<std::string> write_text_file(const std::string& dir, const char* what, const char* ending, const std::string& text) {
  const auto stamp = time_stamp();
  std::error_code code;
  std::string temporary = std::filesystem::temp_directory_path(code).string();
  if (code) temporary = "/tmp";
  Error last;
  for (const auto& folder : {dir, temporary})
    for (int attempt = 0; attempt < 100; ++attempt) {
      const auto path =
          folder + "/unsaved-" + what + "-" + stamp + (attempt ? "-" + std::to_string(attempt) : std::string()) + ending;
      const int failed = write_new(path, text);
      if (failed == 0) return path;
      last = {std::string("cannot write the unsaved ") + what + ": " + errno_text(failed), path, {}, {}, "free disk space or permissions"};
      if (failed != EEXIST) break;
    }
  return tl::make_unexpected(last);
}

}  // namespace

Result<std::string> write_rescue_file(const std::string& dir, std::span<const LabelBatch> batches,
                                      const ClassTable& classes) {
  return write_text_file(dir, "labels", ".csv", rescue_csv(batches, classes));
}

Result<std::string> write_box_rescue_file(const std::string& dir, std::span<const BoxBatch> batches) {
  return write_text_file(dir, "boxes", ".json", box_changes_text(batches));
}

std::string box_changes_text(std::span<const BoxBatch> batches) {
  nlohmann::json j = {{"changes", nlohmann::json::array()}, {"checked", nlohmann::json::array()}, {"unchecked", nlohmann::json::array()}};
  for (const auto& batch : batches) {
    for (const auto& [id, b] : batch.changes)
      j["changes"].push_back({{"id", id}, {"image", b.image}, {"rect", {b.rect.x0, b.rect.y0, b.rect.x1, b.rect.y1}}, {"class", b.cls}, {"source", int(b.source)}, {"status", int(b.status)}, {"score", b.score}, {"reviewer", b.reviewer}});
    for (auto i : batch.checked) j["checked"].push_back(i);
    for (auto i : batch.unchecked) j["unchecked"].push_back(i);
  }
  return j.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

Result<BoxBatch> read_box_changes(const std::string& path) {
  const auto bytes = read_file(path);
  if (!bytes) return tl::make_unexpected(bytes.error());
  const auto wrong = [&](const char* found) { return fail("cannot read the changed boxes", path, "a file unsaved-boxes-*.json that Meltpool wrote", found); };
  // A parser that counts its depth, so that a hostile file cannot exhaust the stack.
  int depth = 0;
  bool deep = false;
  const auto limit = [&](int d, nlohmann::json::parse_event_t, nlohmann::json&) {
    depth = d;
    deep = deep || d > 8;
    return !deep;
  };
  const auto j = nlohmann::json::parse(bytes->begin(), bytes->end(), limit, false);
  if (deep || !j.is_object()) return wrong("other JSON");
  BoxBatch batch;
  try {
    for (const auto& c : j.at("changes")) {
      const auto& r = c.at("rect");
      const int source = c.at("source"), status = c.at("status");
      if (source < 0 || source > 2 || status < 0 || status > 2) return wrong("an unknown source or status");
      batch.changes.push_back({c.at("id"), {c.at("image"), {r.at(0), r.at(1), r.at(2), r.at(3)}, c.at("class"), BoxSource(source), BoxStatus(status), c.at("score"), c.at("reviewer")}});
    }
    batch.checked = j.at("checked").get<std::vector<std::uint32_t>>();
    batch.unchecked = j.at("unchecked").get<std::vector<std::uint32_t>>();
  } catch (const nlohmann::json::exception& e) {
    return wrong(e.what());
  }
  return batch;
}

}  // namespace mp::ml
