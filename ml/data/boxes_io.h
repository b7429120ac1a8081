// Boxes in and out of other programs' files: COCO JSON, Pascal VOC (XML), YOLO (text). Stateless; any thread.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/classes.h"
#include "ml/data/pool.h"
#include "ml/data/problem_list.h"

namespace mp::ml {

enum class BoxFormat { coco, voc, yolo };
std::optional<BoxFormat> box_format(std::string_view name);  // "coco", "voc", "yolo"
constexpr std::string_view name_of(BoxFormat f) {
  constexpr std::string_view names[] = {"coco", "voc", "yolo"};
  return names[std::size_t(f)];
}
std::optional<BoxSource> box_source(std::string_view name);  // as name_of gives them
std::optional<BoxStatus> box_status(std::string_view name);
/// By what is there: a file by its first character or else its ending, a folder by the endings in it (.xml, .txt).
std::optional<BoxFormat> guess_box_format(const std::string& path);

struct BoxImport {
  std::vector<Box> boxes;               // source import, status accepted unless the file says otherwise
  std::vector<std::uint32_t> images;    // sorted: those that the file speaks of, also without a box (negatives)
  std::vector<std::uint32_t> complete;  // sorted: those of them that lack no box, as far as the file says and was read
  std::vector<std::string> new_classes;
  ProblemList problems;                 // what was left out and why; the rest is used
  ProblemList notes;                    // what was used otherwise than it stands: cut to the image
};

/// Boxes of the pool's images; makes classes that are not there yet, also those without a box. Status, source, reviewer
/// and completeness are read where write_boxes puts them; an image with a proposal that does not say is not complete, nor
/// is one of which a box was left out. A box that lies partly outside its image is cut
/// to it and noted. Left out, and named: unknown images, names with ../ or from the root of the disk, another size of
/// the image, boxes outside the image or without a size, unknown categories, ids that are there twice.
/// A list of COCO results names images and categories by the ids of `images`, a COCO file.
/// Errors (whole source): cannot read, too large, not of this format, no image in it fits the project.
Result<BoxImport> read_boxes(const std::string& path, BoxFormat format, const Pool& pool, ClassTable& classes,
                             const std::string& images = {});

struct BoxExport {
  std::size_t boxes = 0, images = 0;
  std::size_t proposed = 0, incomplete = 0;  // of these boxes and images
};
/// The accepted boxes, with `proposed` also those that wait, of the checked images and of those with such boxes.
/// coco: one file. voc, yolo: a folder (made if it is not there) with a file an image; yolo also classes.txt.
/// coco and voc also say status, source, reviewer and whether an image lacks no box; yolo has no place for that.
/// Errors: cannot write, two images would share a file, an image or other data is where the file would be, the folder is
/// one of source images.
Result<BoxExport> write_boxes(const std::string& path, BoxFormat format, const Pool& pool, const ClassTable& classes,
                              const BoxStore& boxes, bool proposed);

}  // namespace mp::ml
