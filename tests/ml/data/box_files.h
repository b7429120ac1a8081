// Small pools and COCO texts that the tests of boxes write. Test code only.
#pragma once
#include <fmt/format.h>

#include "ml/data/boxes_io.h"
#include "ml/data/coco_file.h"
#include "tests/ml/data/project_fixture.h"

namespace mp::ml::test {

inline Pool pool_of(std::initializer_list<const char*> names, int w = 100, int h = 80) {
  Pool pool;
  pool.roots = {"/data"};
  for (const char* name : names) {
    ImageEntry e;
    e.path = name;
    e.width_px = w;
    e.height_px = h;
    pool.images.push_back(e);
    pool.image_of.push_back(std::uint32_t(pool.images.size() - 1));
    pool.region.push_back({0, 0, w, h});
  }
  return pool;
}

inline std::string coco(const std::string& images, const std::string& annotations,
                 const std::string& categories = R"({"id": 1, "name": "hole"}, {"id": 2, "name": "streak"})") {
  return fmt::format(R"({{"annotations": [{}], "images": [{}], "info": {{"a": [[1]]}}, "categories": [{}]}})", annotations, images, categories);
}

inline std::string all(const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& l : lines) text += l + "\n";
  return text;
}

inline std::string all(const ProblemList& problems) { return all(problems.lines()); }

}  // namespace mp::ml::test
