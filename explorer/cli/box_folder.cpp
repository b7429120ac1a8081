#include "explorer/cli/box_folder.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "ml/data/boxes_io.h"
#include "ml/data/decode.h"
#include "ml/data/project.h"
#include "ml/data/scan.h"

namespace mp::explorer::cli {

namespace fs = std::filesystem;

namespace {

Result<std::vector<std::uint32_t>> add_boxes(BoxFolder& data, const std::string& path) {
  const auto format = ml::guess_box_format(path);
  if (!format) return fail("cannot tell the format of the boxes", path, "a .json file, or a folder of .xml or .txt files");
  auto read = ml::read_boxes(path, *format, data.pool, data.classes);
  if (!read) return tl::make_unexpected(read.error());
  for (const auto& b : read->boxes)
    if (b.status == ml::BoxStatus::accepted) data.boxes[b.image].push_back({b.rect, b.cls});
  const auto problems = read->problems.lines();
  data.problems.insert(data.problems.end(), problems.begin(), problems.end());
  return std::move(read->complete);
}

}  // namespace

Result<BoxFolder> load_box_folder(const std::string& folder, std::string boxes, std::string test_boxes, std::uint64_t seed) {
  if (boxes.empty()) {
    const std::string train = folder + "/derived_coco_boxes_train.json", test = folder + "/derived_coco_boxes_test.json", voc = folder + "/annotations_voc";
    if (fs::exists(train) && fs::exists(test)) {
      boxes = train;
      test_boxes = test;
    } else if (fs::exists(voc)) {
      boxes = voc;
    } else {
      return fail("no boxes beside the images", folder, "derived_coco_boxes_train.json and _test.json, or annotations_voc", "neither", "Name the file or folder with --boxes");
    }
  }
  const std::string images = fs::is_directory(folder + "/images") ? folder + "/images" : folder;
  auto scan = ml::scan_folder(images, {});
  if (!scan) return tl::make_unexpected(scan.error());
  BoxFolder data;
  data.unread = scan->bad.size();
  data.pool.roots = {scan->root};
  data.folder_classes = scan->class_names;
  for (const auto& file : scan->files) {
    const auto bytes = ml::read_file(scan->root + "/" + file.path);
    const auto header = bytes ? ml::probe_image(*bytes, file.path) : tl::make_unexpected(bytes.error());
    if (!header) {
      ++data.unread;
      data.problems.push_back(header.error().message());
      continue;
    }
    data.pool.images.push_back({0, file.path, header->width_px, header->height_px});
    data.pool.image_of.push_back(std::uint32_t(data.pool.image_of.size()));
    data.pool.region.push_back({0, 0, header->width_px, header->height_px});
    const auto at = std::ranges::find(scan->class_names, file.source_class);
    data.pool.source_class.push_back(at == scan->class_names.end() ? ml::kNoClass : ml::ClassId(at - scan->class_names.begin()));
    data.pool.layer_of.push_back(-1);
    data.pool.split.push_back(ml::Split::pool);
  }
  data.boxes.resize(data.pool.images.size());
  auto known = add_boxes(data, boxes);
  if (!known) return tl::make_unexpected(known.error());
  if (!test_boxes.empty()) {
    auto test = add_boxes(data, test_boxes);
    if (!test) return tl::make_unexpected(test.error());
    data.train = std::move(*known);
    // An image of both files would be trained on and measured.
    const std::set<std::uint32_t> seen(data.train.begin(), data.train.end());
    for (auto i : *test)
      if (!seen.contains(i)) data.test.push_back(i);
  } else {
    // An image outside class folders is of the class that covers most of it.
    for (auto i : *known) {
      if (data.pool.source_class[i] != ml::kNoClass) continue;
      std::map<ml::ClassId, float> area;
      for (const auto& b : data.boxes[i]) area[b.cls] += b.rect.area();
      const auto most = std::ranges::max_element(area, {}, [](const auto& a) { return a.second; });
      data.pool.source_class[i] = ml::ClassId(data.folder_classes.size()) + (most == area.end() ? 0 : most->first + 1);
    }
    const auto splits = ml::assign_splits(data.pool, .2, seed);
    for (auto i : *known) (splits[i] == ml::Split::held_out ? data.test : data.train).push_back(i);
  }
  data.unread += data.pool.images.size() - data.train.size() - data.test.size();
  return data;
}

Result<std::vector<ml::Tile>> load_tiles(const BoxFolder& data, std::span<const std::uint32_t> images, int px, int tile_px) {
  std::vector<ml::Tile> tiles;
  for (std::uint32_t i = 0; i < images.size(); ++i) {
    const auto image = ml::decode_file(data.pool.absolute_path(images[i]));
    if (!image) return tl::make_unexpected(image.error());
    for (const auto& square : ml::tile_squares(image->grey.width_px, image->grey.height_px, tile_px)) {
      tiles.push_back(ml::cut_tile(image->grey, square, px, data.boxes[images[i]]));
      tiles.back().image = i;
    }
  }
  return tiles;
}

}  // namespace mp::explorer::cli
