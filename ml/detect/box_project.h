// A project's images and boxes as what a detector is trained on, its weights in the project, and what it finds as
// proposals. Stateless; any thread (Project orders its own calls).
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/channel.h"
#include "ml/data/project.h"
#include "ml/detect/tiles.h"
#include "ml/detect/training.h"

namespace mp::ml {

/// Images whose boxes are complete or that have an accepted one. An image is held out if one of its samples is.
struct BoxImages {
  std::vector<std::uint32_t> train, held_out;
};
BoxImages box_images(const Pool& pool, const BoxStore& store);

/// The accepted boxes by image, of classes below `classes`.
std::vector<std::vector<TrueBox>> accepted_boxes(const Pool& pool, const BoxStore& store, int classes);

/// Side of a tile: 0 (whole images) unless an image is longer than three inputs, then two inputs.
int default_tile_px(const Pool& pool, int input_px);

struct TileHooks {
  std::function<void(std::size_t done, std::size_t total)> progress;
  CancelToken cancel;
};
struct TileSet {
  std::vector<Tile> tiles;               // Tile::image counts within `images`
  std::vector<std::string> problems;     // images that could not be read
};
/// With `boxes` (by image of the pool) tiles without a box are left out when there are 17 more of them than of the others.
TileSet project_tiles(const Pool& pool, std::span<const std::uint32_t> images, std::span<const std::vector<TrueBox>> boxes,
                      int px, int tile_px, const TileHooks& hooks);

struct BoxModel {
  std::string detector = "free";         // DetectorSpec::name
  std::vector<std::string> classes;      // names by the detector's class
  int input_px = 208, tile_px = 0;
  double threshold = .25;                // from which proposals save actions; chosen beside the training images
  double map50 = ClassDetection::kNone, saved = 0;  // on the held-out images
  std::size_t images = 0, boxes = 0;     // trained on
  std::vector<std::uint32_t> trained;    // those images and what earlier weights were trained on; rising
  std::vector<std::uint8_t> weights;
};
Result<void> save_box_model(Project& project, const BoxModel& model);
/// Empty if there is none. Errors: what is stored is no detector's.
Result<std::optional<BoxModel>> load_box_model(Project& project);

/// Boxes of `found` (by place in `images`) as proposals. Earlier proposals of a model on these images make room: their
/// ids are used again, what is left of them is rejected by kNewerDetector and may come back. A proposal that a box which
/// a person accepted or rejected covers (IoU above 0.6, same class) is not made again. class_of: the project's class of
/// each of the detector's.
constexpr const char* kNewerDetector = "a newer detector";   // Box::reviewer
std::vector<BoxChange> propose(const BoxStore& store, std::span<const std::uint32_t> images,
                               std::span<const std::vector<Detection>> found, std::span<const ClassId> class_of);

}  // namespace mp::ml
