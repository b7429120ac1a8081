// What the readers of boxes share: finds the image a name means, checks each box against it, makes classes. Used by
// read_boxes_*.cpp only, on one thread.
#pragma once
#include <map>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "ml/data/boxes_io.h"
#include "ml/data/coco_file.h"
#include "ml/data/sample_finder.h"

namespace mp::ml {

/// What a file says of a box beside its place.
struct BoxOrigin {
  BoxSource source = BoxSource::import;
  BoxStatus status = BoxStatus::accepted;
  std::string reviewer;
};

class BoxCollector {
 public:
  BoxCollector(const Pool& pool, ClassTable& classes, BoxImport& out);

  /// Hands over which images the source spoke of. Errors: none that fits the project.
  Result<void> finish(const std::string& path);
  /// `where` names the file or record in problems. Empty: the name is refused or no single image has it, which was noted
  /// (unless `quiet`: then only refused names are).
  std::optional<std::uint32_t> image(const std::string& name, const std::string& where, bool quiet = false);
  /// The image whose path without its ending is `stem` or ends in it.
  std::optional<std::uint32_t> image_of_stem(const std::string& stem, const std::string& where);
  /// False if the stated size is another one, which was noted. 0: not stated.
  bool size_fits(std::uint32_t image, double width, double height, const std::string& where);
  /// The file speaks of it; whether it lacks no box, if that is said.
  void speaks_of(std::uint32_t image, std::optional<bool> complete = {}) { complete_[image] = complete; }
  /// A box of it was left out: what is there is not taken for background.
  void lacks_box(std::uint32_t image) { complete_[image] = false; }
  /// Makes these classes, also where no box has them.
  void make_classes(const std::vector<std::string>& names, const std::string& where);
  void add(std::uint32_t image, double x0, double y0, double x1, double y1, const std::string& cls, double score,
           const std::string& where, BoxOrigin origin = {});
  void problem(std::string text) { out_.problems.add(std::move(text)); }

 private:
  std::optional<ClassId> class_of(const std::string& name, const std::string& where);
  bool add_box(std::uint32_t image, double x0, double y0, double x1, double y1, const std::string& cls, double score,
               const std::string& where, BoxOrigin origin);

  const Pool& pool_;
  ClassTable& classes_;
  BoxImport& out_;
  SampleFinder finder_;
  std::size_t unknown_ = 0, other_size_ = 0;  // names without an image of the project, images of another size
  std::unordered_map<std::string, ClassId> class_of_;
  std::unordered_map<std::string, std::vector<std::uint32_t>> by_stem_;  // last part without ending -> images
  std::map<std::uint32_t, std::optional<bool>> complete_;  // of the images that the file speaks of
};

/// Why a file name in somebody's annotations is not looked for; empty if it is harmless.
std::string unsafe_name(std::string_view name);

/// Errors: no images in it.
Result<void> read_coco_boxes(const CocoFile& coco, BoxCollector& collector);
Result<void> read_voc_boxes(const std::string& path, BoxCollector& collector);
Result<void> read_yolo_boxes(const std::string& path, const Pool& pool, BoxCollector& collector);
/// Files with this ending below a folder, in natural order; the path itself if it is a file.
Result<std::vector<std::string>> annotation_files(const std::string& path, std::string_view ending);

}  // namespace mp::ml
