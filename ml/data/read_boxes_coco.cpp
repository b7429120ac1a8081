#include <fmt/format.h>
#include <fmt/ranges.h>

#include "engine/base/counted.h"
#include "ml/data/box_collector.h"

namespace mp::ml {

Result<void> read_coco_boxes(const CocoFile& coco, BoxCollector& collector) {
  if (coco.images.empty() && coco.results)
    return fail("a list of COCO results does not name its images", coco.file, "COCO JSON with images, categories and annotations",
                counted(coco.annotations.size(), "detection") + " with the ids of images",
                "Say with --images TRUTH.json which images and categories they are: they come in as proposals. evaluate-boxes measures them");
  if (coco.images.empty()) {
    const auto causes = coco.problems.brief(1);
    return fail("the file names no image", coco.file, "\"images\": [{\"id\": 1, \"file_name\": \"a.png\"}, ...]",
                fmt::format("{} without images{}{}", counted(coco.annotations.size(), "annotation"), causes.empty() ? "" : "; ", fmt::join(causes, "; ")),
                "Add the images that the annotations mean");
  }
  std::unordered_map<std::int64_t, std::uint32_t> image_of;
  std::unordered_set<std::int64_t> left_out;
  std::unordered_map<std::uint32_t, std::int64_t> first_id;
  for (const CocoImage& i : coco.images) {
    const std::string where = fmt::format("image {}", i.id);
    const auto image = collector.image(i.file_name, where);
    bool use = image && collector.size_fits(*image, i.width, i.height, where);
    if (use && !first_id.try_emplace(*image, i.id).second) {
      collector.problem(fmt::format("{}: the same file as image {}", where, first_id[*image]));
      use = false;
    }
    if (!use) {
      left_out.insert(i.id);
      continue;
    }
    image_of.emplace(i.id, *image);
    collector.speaks_of(*image, i.complete);
  }
  for (const auto id : coco.lacking)
    if (const auto at = image_of.find(id); at != image_of.end()) collector.lacks_box(at->second);
  std::unordered_map<std::int64_t, const std::string*> name_of_category;
  std::vector<std::string> names;
  for (const CocoCategory& c : coco.categories) {
    name_of_category.emplace(c.id, &c.name);
    names.push_back(c.name);
  }
  collector.make_classes(names, "categories");
  std::size_t with_image = 0, crowds = 0;
  for (const CocoAnnotation& a : coco.annotations) {
    const std::string where = name_of(a);
    const auto image = image_of.find(a.image);
    if (image == image_of.end()) {
      // An image that was left out has been named already: once, not once a box.
      if (left_out.contains(a.image))
        ++with_image;
      else
        collector.problem(fmt::format("{}: there is no image {} in the file", where, a.image));
      continue;
    }
    const auto category = name_of_category.find(a.category);
    if (category == name_of_category.end()) {
      collector.problem(fmt::format("{}: there is no category {} in the file", where, a.category));
      collector.lacks_box(image->second);
    } else if (a.crowd) {
      ++crowds;
      collector.lacks_box(image->second);
    } else {
      collector.add(image->second, a.x, a.y, a.x + a.w, a.y + a.h, *category->second, a.score, where,
                    {a.source.value_or(BoxSource::import), a.status.value_or(BoxStatus::accepted), a.reviewer});
    }
  }
  if (with_image) collector.problem(fmt::format("{} left out with their images", counted(with_image, "box was", "boxes were")));
  if (crowds) collector.problem(fmt::format("{} (iscrowd) left out: not boxes of one thing", counted(crowds, "crowd region")));
  return {};
}

}  // namespace mp::ml
