// See coco_evaluation.h.
#include "ml/detect/coco_evaluation.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <unordered_map>

#include "engine/base/counted.h"

namespace mp::ml {

Result<CocoEvaluation> evaluate_coco(const CocoFile& truth, const CocoFile& detections, const DetectionOptions& options) {
  if (truth.images.empty() || truth.categories.empty())
    return fail("nothing to compare the detections with", {}, "images and categories in the file of true boxes",
                fmt::format("{} images, {} categories", truth.images.size(), truth.categories.size()));
  if (truth.categories.size() > std::size_t(kMaxClasses))
    return fail("too many categories in the file of true boxes", {}, fmt::format("at most {}", kMaxClasses),
                std::to_string(truth.categories.size()));
  CocoEvaluation out;
  const auto prefix = [](const CocoFile& file, const char* what) { return (file.file.empty() ? what : file.file) + ": "; };
  const std::string of_truth = prefix(truth, "true boxes"), of_found = prefix(detections, "detections");
  out.problems.add(truth.problems, of_truth);
  out.problems.add(detections.problems, of_found);
  std::unordered_map<std::int64_t, std::uint32_t> image_of;
  std::unordered_map<std::int64_t, ClassId> class_of;
  // By rising id, as COCOeval: equal scores of several images stay in that order.
  std::vector<std::int64_t> ids;
  for (const auto& i : truth.images) ids.push_back(i.id);
  std::ranges::sort(ids);
  for (auto id : ids) image_of.emplace(id, std::uint32_t(image_of.size()));
  for (const auto& c : truth.categories) {
    class_of.emplace(c.id, ClassId(class_of.size()));
    out.classes.push_back(c.name);
  }
  const auto boxes_of = [&](const CocoFile& file, const std::string& before, bool true_ones) {
    std::vector<ScoredBox> boxes;
    std::size_t undecided = 0;
    for (const auto& a : file.annotations) {
      if (true_ones && a.status.value_or(BoxStatus::accepted) != BoxStatus::accepted) {
        ++undecided;
        continue;
      }
      const auto problem = [&](const std::string& why) { out.problems.add(before + name_of(a) + ": " + why); };
      const auto image = image_of.find(a.image);
      const auto cls = class_of.find(a.category);
      const bool sized = a.w > 0 && a.h > 0 && std::isfinite(a.x + a.y + a.w + a.h);
      if (image == image_of.end())
        problem(fmt::format("the true boxes know no image {}", a.image));
      else if (cls == class_of.end())
        problem(fmt::format("the true boxes know no category {}", a.category));
      else if (!sized || !std::isfinite(a.score))
        problem("a box without a size or a score that is no number");
      else
        boxes.push_back({image->second, cls->second, a.x, a.y, a.w, a.h, a.score, a.area, a.crowd});
    }
    if (undecided) out.problems.add(fmt::format("{}{} of status proposed or rejected left out: no true boxes", before, counted(undecided, "box", "boxes")));
    return boxes;
  };
  const auto wanted = boxes_of(truth, of_truth, true), found = boxes_of(detections, of_found, false);
  out.result = evaluate_detections(wanted, found, image_of.size(), int(class_of.size()), options);
  return out;
}

}  // namespace mp::ml
