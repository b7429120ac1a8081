// Images of a folder with their boxes in memory, for benchmarks: no project, no caches.
#pragma once
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/classes.h"
#include "ml/data/pool.h"
#include "ml/detect/tiles.h"

namespace mp::explorer::cli {

struct BoxFolder {
  ml::Pool pool;                         // a sample an image
  ml::ClassTable classes;                // those of boxes
  std::vector<std::string> folder_classes;  // by source_class of the pool
  std::vector<std::vector<ml::TrueBox>> boxes;  // by image
  std::vector<std::uint32_t> train, test;       // images
  std::size_t unread = 0;                // images without annotations, and files that cannot be read
  std::vector<std::string> problems;
};

/// `boxes`: a COCO file or a folder of VOC or YOLO files; empty: derived_coco_boxes_train.json with _test.json, or
/// annotations_voc, in the folder. With a file for the test that is the split, else a fifth by class folder and `seed`.
Result<BoxFolder> load_box_folder(const std::string& folder, std::string boxes, std::string test_boxes, std::uint64_t seed);

/// Tiles of these images; a file that cannot be decoded is an error. Tile::image counts within `images`.
Result<std::vector<ml::Tile>> load_tiles(const BoxFolder& data, std::span<const std::uint32_t> images, int px, int tile_px);

}  // namespace mp::explorer::cli
