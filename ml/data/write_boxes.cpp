#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <sstream>

#include "ml/data/atomic_file.h"
#include "ml/data/boxes_io.h"
#include "ml/data/output_path.h"
#include "ml/data/utf8.h"

namespace mp::ml {
namespace fs = std::filesystem;
namespace {

using BoxesOfImage = std::map<std::uint32_t, std::vector<const Box*>>;

std::string json_text(const std::string& s) { return nlohmann::json(s).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace); }

std::string name_of_image(const Pool& pool, std::uint32_t image) { return percent_encode(pool.images[image].path); }

bool is_complete(const BoxStore& store, std::uint32_t image) { return std::ranges::binary_search(store.checked, image); }

Result<void> make_folder_of(const std::string& file) {
  const auto folder = fs::path(file).parent_path();
  std::error_code code;
  if (!folder.empty()) fs::create_directories(folder, code);
  if (code) return fail("cannot make the folder", folder.string(), {}, errno_text(code.value()), "Choose another folder");
  return {};
}

Result<void> write_text(const std::string& file, const std::string& text) {
  if (auto made = make_folder_of(file); !made) return made;
  auto out = AtomicFile::create(file);
  if (!out) return tl::make_unexpected(out.error());
  out->write(text);
  return out->commit();
}

Result<void> write_coco(const std::string& file, const Pool& pool, const ClassTable& classes, const BoxStore& store, const BoxesOfImage& of) {
  if (auto made = make_folder_of(file); !made) return made;
  auto out = AtomicFile::create(file);
  if (!out) return tl::make_unexpected(out.error());
  out->write("{\"info\": {\"description\": \"boxes of a Meltpool project\"},\n\"images\": [");
  const char* between = "\n";
  for (const auto& [image, boxes] : of) {
    const ImageEntry& e = pool.images[image];
    out->write(fmt::format("{}{{\"id\": {}, \"file_name\": {}, \"width\": {}, \"height\": {}, \"complete\": {}}}", between,
                           image + 1, json_text(name_of_image(pool, image)), e.width_px, e.height_px, is_complete(store, image)));
    between = ",\n";
  }
  out->write("],\n\"categories\": [");
  between = "\n";
  for (std::size_t c = 0; c < classes.size(); ++c) {
    out->write(fmt::format("{}{{\"id\": {}, \"name\": {}}}", between, c + 1, json_text(classes[c].name)));
    between = ",\n";
  }
  out->write("],\n\"annotations\": [");
  between = "\n";
  std::size_t id = 0;
  for (const auto& [image, boxes] : of)
    for (const Box* b : boxes) {
      const BoxRect& r = b->rect;
      out->write(fmt::format("{}{{\"id\": {}, \"image_id\": {}, \"category_id\": {}, \"bbox\": [{}, {}, {}, {}], "
                             "\"area\": {}, \"iscrowd\": 0, \"score\": {}, \"source\": \"{}\", \"status\": \"{}\", "
                             "\"reviewer\": {}}}",
                             between, ++id, image + 1, b->cls + 1, r.x0, r.y0, double(r.x1) - r.x0, double(r.y1) - r.y0,
                             r.area(), b->score, name_of(b->source), name_of(b->status), json_text(b->reviewer)));
      between = ",\n";
    }
  out->write("]}\n");
  return out->commit();
}

std::string voc_text(const Pool& pool, const ClassTable& classes, std::uint32_t image, bool complete, const std::vector<const Box*>& boxes) {
  const ImageEntry& e = pool.images[image];
  pugi::xml_document document;
  auto root = document.append_child("annotation");
  const auto put = [](pugi::xml_node at, const char* name, const std::string& text) {
    at.append_child(name).text().set(text.c_str());
  };
  put(root, "filename", name_of_image(pool, image));
  auto size = root.append_child("size");
  put(size, "width", std::to_string(e.width_px));
  put(size, "height", std::to_string(e.height_px));
  put(size, "depth", "1");
  // What follows without being of the standard is for ourselves; readers pass over what they do not know.
  put(root, "complete", complete ? "1" : "0");
  for (const Box* b : boxes) {
    auto object = root.append_child("object");
    put(object, "name", classes[std::size_t(b->cls)].name);
    put(object, "difficult", "0");
    if (b->source == BoxSource::model || b->score != 1) put(object, "score", fmt::format("{}", b->score));
    put(object, "source", std::string(name_of(b->source)));
    put(object, "status", std::string(name_of(b->status)));
    if (!b->reviewer.empty()) put(object, "reviewer", b->reviewer);
    auto box = object.append_child("bndbox");
    put(box, "xmin", fmt::format("{}", double(b->rect.x0) + 1));
    put(box, "ymin", fmt::format("{}", double(b->rect.y0) + 1));
    put(box, "xmax", fmt::format("{}", double(b->rect.x1)));
    put(box, "ymax", fmt::format("{}", double(b->rect.y1)));
  }
  std::ostringstream text;
  document.save(text, "  ");
  return text.str();
}

std::string yolo_text(const Pool& pool, std::uint32_t image, const std::vector<const Box*>& boxes) {
  const double w = pool.images[image].width_px, h = pool.images[image].height_px;
  std::string text;
  for (const Box* b : boxes) {
    const BoxRect& r = b->rect;
    fmt::format_to(std::back_inserter(text), "{} {:.9g} {:.9g} {:.9g} {:.9g}\n", b->cls, (double(r.x0) + r.x1) / 2 / w,
                   (double(r.y0) + r.y1) / 2 / h, (double(r.x1) - r.x0) / w, (double(r.y1) - r.y0) / h);
  }
  return text;
}

}  // namespace

Result<BoxExport> write_boxes(const std::string& path, BoxFormat format, const Pool& pool, const ClassTable& classes,
                              const BoxStore& store, bool proposed) {
  BoxesOfImage of;
  BoxExport done;
  for (auto image : store.checked) of[image];
  for (const Box& b : store.boxes)
    if (b.status == BoxStatus::accepted || (proposed && b.status == BoxStatus::proposed)) {
      of[b.image].push_back(&b);
      ++done.boxes;
      done.proposed += b.status == BoxStatus::proposed;
    }
  done.images = of.size();
  for (const auto& [image, boxes] : of) done.incomplete += !is_complete(store, image);
  if (of.empty())
    return fail("there are no boxes to export", {}, "accepted boxes in the project", "none", "Import or draw boxes first");
  if (format == BoxFormat::coco) {
    if (auto ok = check_text_output(path); !ok) return tl::make_unexpected(ok.error());
    if (auto ok = write_coco(path, pool, classes, store, of); !ok) return tl::make_unexpected(ok.error());
    return done;
  }
  if (auto ok = check_output_folder(path, pool); !ok) return tl::make_unexpected(ok.error());
  // Names first: nothing is written where two images would share a file.
  std::map<std::string, std::uint32_t> file_of;
  for (const auto& [image, boxes] : of) {
    auto name = fs::path(name_of_image(pool, image)).replace_extension(format == BoxFormat::voc ? ".xml" : ".txt").string();
    const auto [at, first] = file_of.try_emplace(std::move(name), image);
    if (!first || (format == BoxFormat::yolo && at->first == "classes.txt"))
      return fail("two files of the export would have the same name", path + "/" + at->first, "names that differ without their endings",
                  pool.absolute_path(at->second) + " and " + pool.absolute_path(image), "Export as COCO, or rename an image");
  }
  if (format == BoxFormat::yolo) {
    std::string names;
    for (const auto& c : classes) names += c.name + "\n";
    if (auto ok = write_text(path + "/classes.txt", names); !ok) return tl::make_unexpected(ok.error());
  }
  for (const auto& [name, image] : file_of) {
    const auto& boxes = of[image];
    const auto text = format == BoxFormat::voc ? voc_text(pool, classes, image, is_complete(store, image), boxes) : yolo_text(pool, image, boxes);
    if (auto ok = write_text(path + "/" + name, text); !ok) return tl::make_unexpected(ok.error());
  }
  return done;
}

}  // namespace mp::ml
