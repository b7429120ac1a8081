// A COCO JSON file (images, categories, annotations) or a COCO results array as plain columns, read by a SAX parser
// that holds no tree. Stateless; any thread. What is kept does not depend on how deep or long the rest of the file is.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.h"
#include "ml/data/boxes.h"
#include "ml/data/problem_list.h"

namespace mp::ml {

constexpr std::uintmax_t kMaxBoxFileBytes = 100 * 1024 * 1024;  // of one annotation file
constexpr int kMaxJsonDepth = 64;

struct CocoImage {
  std::int64_t id = 0;
  std::string file_name;
  double width = 0, height = 0;  // 0: not said
  std::optional<bool> complete;  // key of our own: it lacks no box
};
struct CocoCategory {
  std::int64_t id = 0;
  std::string name;
};
struct CocoAnnotation {
  std::int64_t id = -1;  // -1: not said (results have none)
  std::int64_t image = 0, category = 0;
  double x = 0, y = 0, w = 0, h = 0;
  double score = 1;
  double area = -1;      // -1: not said
  bool crowd = false;
  std::optional<BoxSource> source;  // keys of our own; other values of the same keys say nothing
  std::optional<BoxStatus> status;
  std::string reviewer;
  std::size_t number = 0;           // place in the list, from 1
};
/// "annotation 7", or "annotation number 3" where it has no id.
std::string name_of(const CocoAnnotation& annotation);

struct CocoFile {
  std::string file;       // as it was named
  bool results = false;   // a list of detections: it knows images and categories by their ids only
  std::vector<CocoImage> images;
  std::vector<CocoCategory> categories;
  std::vector<CocoAnnotation> annotations;
  std::vector<std::int64_t> lacking;  // ids of images of which an annotation was left out
  ProblemList problems;   // "annotation 7: no category_id", "image id 3 is there twice"; the rest is used
};

/// A record with a number that is not finite (NaN, Infinity as Python writes them) is left out and named.
/// Errors (whole file): cannot read, over kMaxBoxFileBytes, no JSON (with the position and record), nested deeper than
/// kMaxJsonDepth, neither of the two forms.
Result<CocoFile> read_coco(const std::string& file);

/// Bytes of an annotation file, which must be a regular file of at most kMaxBoxFileBytes.
Result<std::vector<std::uint8_t>> read_annotation_bytes(const std::string& file, const char* expected);

}  // namespace mp::ml
