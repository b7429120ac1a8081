// Which format boxes are in, and reading them in any of the three.
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

#include "ml/data/box_collector.h"

namespace mp::ml {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t kFirstBytes = 64;

}  // namespace

std::optional<BoxFormat> box_format(std::string_view name) {
  if (name == "coco") return BoxFormat::coco;
  if (name == "voc") return BoxFormat::voc;
  if (name == "yolo") return BoxFormat::yolo;
  return std::nullopt;
}

std::optional<BoxSource> box_source(std::string_view name) {
  for (auto s : {BoxSource::person, BoxSource::model, BoxSource::import})
    if (name == name_of(s)) return s;
  return std::nullopt;
}

std::optional<BoxStatus> box_status(std::string_view name) {
  for (auto s : {BoxStatus::proposed, BoxStatus::accepted, BoxStatus::rejected})
    if (name == name_of(s)) return s;
  return std::nullopt;
}

std::optional<BoxFormat> guess_box_format(const std::string& path) {
  std::error_code code;
  const auto of_file = [](const fs::path& file) -> std::optional<BoxFormat> {
    const auto ending = file.extension();
    if (ending == ".json") return BoxFormat::coco;
    if (ending == ".xml") return BoxFormat::voc;
    if (ending == ".txt") return BoxFormat::yolo;
    return std::nullopt;
  };
  if (!fs::is_directory(path, code)) {
    if (!fs::is_regular_file(path, code)) return of_file(path);  // who opens a pipe waits for ever
    std::ifstream in(path, std::ios::binary);
    std::string first(kFirstBytes, '\0');
    in.read(first.data(), std::streamsize(first.size()));
    first.resize(std::size_t(in.gcount()));
    if (first.starts_with("\xEF\xBB\xBF")) first.erase(0, 3);
    const auto at = first.find_first_not_of(" \t\r\n");
    if (at != first.npos && (first[at] == '{' || first[at] == '[')) return BoxFormat::coco;
    if (at != first.npos && first[at] == '<') return BoxFormat::voc;
    return of_file(path);
  }
  std::optional<BoxFormat> found;
  auto at = fs::recursive_directory_iterator(path, fs::directory_options::skip_permission_denied, code);
  for (; !code && at != fs::recursive_directory_iterator(); at.increment(code))
    if (const auto f = of_file(at->path()); f == BoxFormat::voc)
      return f;
    else if (f == BoxFormat::yolo)
      found = f;  // a folder of .xml may hold a text that explains it
  return found;
}

namespace {

Result<BoxImport> read_any(const std::string& path, BoxFormat format, const Pool& pool, ClassTable& classes,
                           const std::string& images) {
  std::error_code code;
  if (!fs::exists(path, code)) return fail("there is no such file or folder", path, {}, {}, "Check the path");
  BoxImport out;
  BoxCollector collector(pool, classes, out);
  Result<void> done;
  if (format == BoxFormat::coco) {
    auto coco = read_coco(path);
    if (!coco) return tl::make_unexpected(coco.error());
    out.problems = coco->problems;
    if (!images.empty()) {
      if (!coco->results)
        return fail("the file names its images itself", path, "a list of COCO results", "an object with images", "Leave out --images");
      auto names = read_coco(images);
      if (!names) return tl::make_unexpected(names.error());
      out.problems.add(names->problems, images + ": ");
      coco->images = std::move(names->images);
      coco->categories = std::move(names->categories);
    }
    done = read_coco_boxes(*coco, collector);
  }
  if (format == BoxFormat::voc) done = read_voc_boxes(path, collector);
  if (format == BoxFormat::yolo) done = read_yolo_boxes(path, pool, collector);
  if (done) done = collector.finish(path);
  if (!done) return tl::make_unexpected(done.error());
  return out;
}

}  // namespace

Result<BoxImport> read_boxes(const std::string& path, BoxFormat format, const Pool& pool, ClassTable& classes,
                             const std::string& images) {
  const ClassTable before = classes;
  auto out = read_any(path, format, pool, classes, images);
  if (out) return out;
  classes = before;
  Error error = out.error();
  if (const auto looks = guess_box_format(path); looks && *looks != format)
    error.action = fmt::format("It looks like {}, not {}: say --format {}, or leave --format out", name_of(*looks), name_of(format), name_of(*looks));
  return tl::make_unexpected(std::move(error));
}

}  // namespace mp::ml
