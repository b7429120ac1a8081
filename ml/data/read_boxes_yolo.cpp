#include <filesystem>
#include <fmt/format.h>
#include <sstream>

#include "ml/data/box_collector.h"
#include "ml/data/utf8.h"

namespace mp::ml {
namespace fs = std::filesystem;
namespace {

constexpr const char* kClasses = "classes.txt";

std::vector<std::string> lines_of(const std::vector<std::uint8_t>& bytes) {
  std::vector<std::string> lines;
  std::istringstream in(std::string(bytes.begin(), bytes.end()));
  for (std::string line; std::getline(in, line);) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    lines.push_back(std::move(line));
  }
  return lines;
}

void read_one(const std::string& file, const std::string& stem, const std::vector<std::string>& names, const Pool& pool,
              BoxCollector& collector) {
  const std::string where = percent_encode(stem, true) + ".txt";
  std::error_code code;
  std::vector<std::uint8_t> bytes;  // an empty file is an image without boxes
  if (fs::file_size(file, code) > 0 || code) {
    auto read = read_annotation_bytes(file, "lines of YOLO boxes");
    if (!read) return collector.problem(fmt::format("{}: {}; found {}", where, read.error().what, read.error().found));
    bytes = std::move(*read);
  }
  const auto image = collector.image_of_stem(stem, where);
  if (!image) return;
  collector.speaks_of(*image);
  const double w = pool.images[*image].width_px, h = pool.images[*image].height_px;
  std::size_t number = 0;
  for (const auto& line : lines_of(bytes)) {
    const std::string place = fmt::format("{} line {}", where, ++number);
    const auto left_out = [&](const std::string& why) {
      collector.problem(place + ": " + why);
      collector.lacks_box(*image);
    };
    if (line.empty()) continue;
    std::istringstream in(line);
    in.imbue(std::locale::classic());
    long cls = -1;
    double cx = 0, cy = 0, bw = 0, bh = 0, score = 1;
    if (!(in >> cls >> cx >> cy >> bw >> bh)) {
      left_out("not 'class x y w h' with five numbers");
      continue;
    }
    if (std::string rest; !(in >> score)) {
      in.clear();
      score = 1;
      if (in >> rest) score = -1;
    } else if (in >> rest) {
      left_out("more than six numbers (an outline is not a box)");
      continue;
    }
    if (cls < 0 || std::size_t(cls) >= names.size()) {
      left_out(fmt::format("class {} is not one of the {} in {}", cls, names.size(), kClasses));
      continue;
    }
    collector.add(*image, (cx - bw / 2) * w, (cy - bh / 2) * h, (cx + bw / 2) * w, (cy + bh / 2) * h,
                  names[std::size_t(cls)], score, place);
  }
}

}  // namespace

Result<void> read_yolo_boxes(const std::string& path, const Pool& pool, BoxCollector& collector) {
  auto files = annotation_files(path, ".txt");
  if (!files) return tl::make_unexpected(files.error());
  std::error_code code;
  const fs::path folder = fs::is_directory(path, code) ? fs::path(path) : fs::path(path).parent_path();
  fs::path classes = folder / kClasses;
  if (!fs::exists(classes, code)) classes = fs::absolute(folder, code).lexically_normal().parent_path() / kClasses;
  const auto bytes = read_annotation_bytes(classes.string(), "a class name a line");
  if (!bytes)
    return fail("the classes of the boxes are unknown", (folder / kClasses).string(), "a class name a line, in the order of their numbers",
                bytes.error().found, "Put the names into a file classes.txt beside the boxes");
  auto names = lines_of(*bytes);
  while (!names.empty() && names.back().empty()) names.pop_back();
  collector.make_classes(names, kClasses);
  for (const auto& file : *files) {
    if (fs::path(file).filename() == kClasses) continue;
    const auto relative = fs::path(file).lexically_relative(folder).replace_extension().string();
    read_one(file, relative, names, pool, collector);
  }
  return {};
}

}  // namespace mp::ml
