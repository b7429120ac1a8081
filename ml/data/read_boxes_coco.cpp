#include <fmt/format.h>

#include "ml/data/box_collector.h"

namespace mp::ml {

void read_coco_boxes(const CocoFile& coco, BoxCollector& collector) {
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
  std::unordered_map<std::int64_t, const std::string*> name_of_category;
  std::vector<std::string> names;
  for (const CocoCategory& c : coco.categories) {
    name_of_category.emplace(c.id, &c.name);
    names.push_back(c.name);
  }
  collector.make_classes(names, "categories");
  std::size_t number = 0, with_image = 0, crowds = 0;
  for (const CocoAnnotation& a : coco.annotations) {
    ++number;
    const std::string where = a.id >= 0 ? fmt::format("annotation {}", a.id) : fmt::format("annotation number {}", number);
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
    } else if (a.crowd) {
      ++crowds;
    } else {
      collector.add(image->second, a.x, a.y, a.x + a.w, a.y + a.h, *category->second, a.score, where,
                    {a.source.value_or(BoxSource::import), a.status.value_or(BoxStatus::accepted), a.reviewer});
    }
  }
  if (with_image) collector.problem(fmt::format("{} boxes were left out with their images", with_image));
  if (crowds) collector.problem(fmt::format("{} crowd regions (iscrowd) were left out: they are not boxes of one thing", crowds));
}

}  // namespace mp::ml
