#include "explorer/app/dropped.h"

#include <filesystem>

#include "ml/data/boxes_io.h"
#include "ml/data/decode.h"
#include "ml/data/project.h"
#include "ml/data/scan.h"

namespace mp::explorer {

namespace fs = std::filesystem;

namespace {

bool holds_boxes(const std::string& path, const State& s) {
  if (!s.has_project()) return false;
  if (path.ends_with(".json") || path.ends_with(".xml")) return true;
  if (s.screen != Screen::boxes) return false;
  std::error_code ec;
  if (fs::exists(path + "/classes.txt", ec)) return true;
  return ml::guess_box_format(path) == ml::BoxFormat::voc;   // texts alone may be anybody's
}

/// Images that state heights in their names are a build.
bool looks_like_layers(const std::string& folder) {
  std::error_code ec;
  int images = 0, heights = 0;
  for (fs::directory_iterator it(folder, ec), end; !ec && it != end && images < 50; it.increment(ec)) {
    const auto name = it->path().filename().string();
    if (!ml::has_image_extension(name)) continue;
    ++images;
    heights += ml::height_mm_from_name(name).has_value();
  }
  return images > 0 && heights == images;
}

}  // namespace

Command command_of_drop(const std::string& path, const State& s) {
  if (path.ends_with(".csv")) return cmd::ImportSeries{path};
  if (ml::Project::is_project(path)) return cmd::OpenProject{path};
  if (holds_boxes(path, s)) return cmd::ImportBoxes{path};
  return cmd::Import{path, looks_like_layers(path)};
}

}  // namespace mp::explorer
