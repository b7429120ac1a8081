#include <charconv>
#include <cmath>
#include <filesystem>
#include <fmt/format.h>
#include <pugixml.hpp>

#include "ml/data/box_collector.h"
#include "ml/data/utf8.h"

namespace mp::ml {
namespace {

constexpr std::size_t kMaxObjects = 100'000;  // of one image

std::optional<double> number(const pugi::xml_node& node) {
  std::string_view text = node.text().get();
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

void read_one(const std::string& file, BoxCollector& collector) {
  const std::string where = percent_encode(std::filesystem::path(file).filename().string(), true);
  const auto bytes = read_annotation_bytes(file, "a Pascal VOC annotation (XML)");
  if (!bytes) return collector.problem(fmt::format("{}: {}; found {}", where, bytes.error().what, bytes.error().found));
  pugi::xml_document document;
  const auto parsed = document.load_buffer(bytes->data(), bytes->size(), pugi::parse_default | pugi::parse_doctype);
  if (!parsed)
    return collector.problem(fmt::format("{}: no XML: {} at byte {}", where, parsed.description(), parsed.offset));
  for (const auto& node : document.children())
    if (node.type() == pugi::node_doctype)
      return collector.problem(fmt::format("{}: it has a <!DOCTYPE>, which is refused: no annotation needs entities", where));
  const auto root = document.child("annotation");
  if (!root) return collector.problem(fmt::format("{}: no <annotation> in it", where));

  // The name that stands in it counts; many tools leave an old one there, so the file's own name comes second.
  const std::string name = root.child("filename").text().get();
  std::optional<std::uint32_t> image;
  if (!name.empty()) {
    if (!unsafe_name(percent_decode(name)).empty()) {
      collector.image(name, where);
      return;
    }
    image = collector.image(name, where, true);
  }
  if (!image) image = collector.image_of_stem(std::filesystem::path(file).stem().string(), where);
  if (!image) return;
  const auto size = root.child("size");
  if (size) {
    const auto w = number(size.child("width")), h = number(size.child("height"));
    if (!w || !h || *w <= 0 || *h <= 0)
      return collector.problem(fmt::format("{}: <size> has no width and height above 0", where));
    if (!collector.size_fits(*image, *w, *h, where)) return;
  }
  const std::string_view complete = root.child("complete").text().get();
  collector.speaks_of(*image, complete == "1" ? std::optional(true) : complete == "0" ? std::optional(false) : std::nullopt);
  std::size_t n = 0;
  for (const auto& object : root.children("object")) {
    const std::string place = fmt::format("{} object {}", where, ++n);
    if (n > kMaxObjects) {
      collector.lacks_box(*image);
      return collector.problem(fmt::format("{}: more than {} objects", where, kMaxObjects));
    }
    const auto box = object.child("bndbox");
    const auto x0 = number(box.child("xmin")), y0 = number(box.child("ymin")), x1 = number(box.child("xmax")),
               y1 = number(box.child("ymax"));
    if (!x0 || !y0 || !x1 || !y1) {
      collector.problem(fmt::format("{}: <bndbox> is not four numbers", place));
      collector.lacks_box(*image);
      continue;
    }
    // VOC counts pixels from 1 and names the last one; a score is not of the standard, but tools write it.
    const auto score = object.child("score") ? number(object.child("score")) : std::optional(1.);
    collector.add(*image, *x0 - 1, *y0 - 1, *x1, *y1, object.child("name").text().get(), score.value_or(-1), place,
                  {box_source(object.child("source").text().get()).value_or(BoxSource::import),
                   box_status(object.child("status").text().get()).value_or(BoxStatus::accepted), object.child("reviewer").text().get()});
  }
}

}  // namespace

Result<void> read_voc_boxes(const std::string& path, BoxCollector& collector) {
  const auto files = annotation_files(path, ".xml");
  if (!files) return tl::make_unexpected(files.error());
  for (const auto& file : *files) read_one(file, collector);
  return {};
}

}  // namespace mp::ml
