// See box_crops.h.
#include "explorer/app/box_crops.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

#include "engine/video/video_writer.h"
#include "ml/data/atomic_file.h"
#include "ml/data/csv.h"
#include "ml/data/decode.h"
#include "ml/data/output_path.h"
#include "ml/detect/box_features.h"

namespace mp::explorer {

namespace fs = std::filesystem;

namespace {

/// A class's name as the name of a folder.
std::string folder_name(std::string name) {
  std::ranges::replace(name, '/', '_');
  return name.empty() || name.front() == '.' ? "_" + name : name;
}

}  // namespace

Result<BoxCrops> write_box_crops(const std::string& folder, const ml::Pool& pool, const ml::ClassTable& classes, const ml::BoxStore& store, bool proposed, const CancelToken& cancel) {
  if (auto ok = ml::check_output_folder(folder, pool); !ok) return tl::make_unexpected(ok.error());
  std::error_code ec;
  if (fs::exists(folder, ec) && !fs::is_empty(folder, ec)) return fail("cannot write pictures of boxes here", folder, "a folder that is empty or not there yet", "other files", "Name another folder");
  std::vector<std::vector<ml::BoxId>> of_image(pool.images.size());
  for (ml::BoxId id = 0; id < store.boxes.size(); ++id) {
    const auto& b = store.boxes[id];
    const bool wanted = b.status == ml::BoxStatus::accepted || (proposed && b.status == ml::BoxStatus::proposed);
    if (wanted && b.image < of_image.size() && b.cls >= 0 && std::size_t(b.cls) < classes.size()) of_image[b.image].push_back(id);
  }
  if (std::ranges::all_of(of_image, &std::vector<ml::BoxId>::empty)) return fail("there is no box to make a picture of", folder, proposed ? "accepted or proposed boxes" : "accepted boxes", "none");
  BoxCrops out;
  std::string table = "picture,box,path,x,y,w,h,class,source,status,score\n";
  for (std::uint32_t i = 0; i < of_image.size(); ++i) {
    if (of_image[i].empty()) continue;
    if (cancel.cancelled()) return fail("cancelled", folder);
    const auto image = ml::decode_file(pool.absolute_path(i));
    if (!image) {
      out.problems.push_back(image.error().message());
      continue;
    }
    const auto& grey = image->grey;
    ++out.images;
    for (const auto id : of_image[i]) {
      const auto& b = store.boxes[id];
      const auto region = ml::box_region(b.rect, grey.width_px, grey.height_px);
      std::vector<std::uint8_t> rgba;
      rgba.reserve(std::size_t(region.w) * std::size_t(region.h) * 4);
      for (int y = region.y; y < region.y + region.h; ++y)
        for (int x = region.x; x < region.x + region.w; ++x) {
          const auto v = std::uint8_t(std::clamp(grey.at(x, y) + .5f, 0.f, 255.f));
          rgba.insert(rgba.end(), {v, v, v, 255});
        }
      const auto& name = classes[std::size_t(b.cls)].name;
      const std::string dir = folder_name(name), picture = fmt::format("{}/{}_{}.png", dir, fs::path(pool.images[i].path).stem().string(), id);
      fs::create_directories(folder + "/" + dir, ec);
      if (ec) return fail("cannot make the folder", folder + "/" + dir, "a folder that can be written", ec.message());
      if (auto ok = video::write_png(folder + "/" + picture, region.w, region.h, rgba); !ok) return tl::make_unexpected(ok.error());
      table += fmt::format("{},{},{},{:g},{:g},{:g},{:g},{},{},{},{:.4f}\n", ml::csv_field(picture), id, ml::csv_field(pool.images[i].path), b.rect.x0, b.rect.y0, b.rect.width(), b.rect.height(), ml::csv_field(name),
                           ml::name_of(b.source), ml::name_of(b.status), b.score);
      ++out.boxes;
    }
  }
  if (!out.boxes && !out.problems.empty()) return fail("no image with boxes could be read", folder, {}, out.problems.front());
  auto file = ml::AtomicFile::create(folder + "/boxes.csv");
  if (!file) return tl::make_unexpected(file.error());
  file->write(table);
  if (auto ok = file->commit(); !ok) return tl::make_unexpected(ok.error());
  return out;
}

}  // namespace mp::explorer
