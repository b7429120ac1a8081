#include "explorer/cli/box_report.h"

#include <cmath>
#include <cstdio>

#include "engine/base/counted.h"

namespace mp::explorer::cli {

namespace {

// Not a number has no place in JSON: where there is nothing to say, null.
nlohmann::json number(double v) { return std::isnan(v) ? nlohmann::json() : nlohmann::json(v); }

std::string percent(double v) {
  if (std::isnan(v)) return "-";
  char text[16];
  std::snprintf(text, sizeof text, "%.3f", v);
  return text;
}

}  // namespace

nlohmann::json detection_json(const ml::DetectionEvaluation& e, const std::vector<std::string>& classes, double threshold) {
  nlohmann::json by_class = nlohmann::json::array(), confusion = nlohmann::json::array();
  const std::size_t side = classes.size() + 1;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& d = e.by_class[c];
    by_class.push_back({{"class", classes[c]}, {"boxes", d.boxes}, {"ap50", number(d.ap50)}, {"ap", number(d.ap)}, {"precision", d.precision}, {"recall", d.recall}, {"f1", d.f1}});
  }
  for (std::size_t r = 0; r < side; ++r) confusion.push_back(std::vector<std::size_t>(e.confusion.begin() + std::ptrdiff_t(r * side), e.confusion.begin() + std::ptrdiff_t((r + 1) * side)));
  return {{"images", e.images}, {"boxes", e.boxes}, {"detections", e.detections}, {"map50", number(e.map50)}, {"map50_low", number(e.map50_low)}, {"map50_high", number(e.map50_high)},
          {"map75", number(e.map75)}, {"map", number(e.map)}, {"recall100", number(e.recall100)},
          {"map_small", number(e.map_by_size[0])}, {"map_medium", number(e.map_by_size[1])}, {"map_large", number(e.map_by_size[2])},
          {"threshold", threshold}, {"precision", e.precision}, {"recall", e.recall}, {"f1", e.f1}, {"classes", by_class}, {"confusion", confusion}};
}

void print_detection(bool json, const ml::DetectionEvaluation& e, const std::vector<std::string>& classes, double threshold,
                     const std::vector<std::string>& problems) {
  if (json) {
    auto j = detection_json(e, classes, threshold);
    j["problems"] = problems;
    std::printf("%s\n", j.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
    return;
  }
  std::printf("%s, %s on %s\n", counted(e.detections, "detection").c_str(), counted(e.boxes, "box", "boxes").c_str(), counted(e.images, "image").c_str());
  std::printf("mAP@0.5 %s", percent(e.map50).c_str());
  if (!std::isnan(e.map50_low)) std::printf(" (95 %%: %.3f to %.3f)", e.map50_low, e.map50_high);
  std::printf(", @0.75 %s, @0.5:0.95 %s\n", percent(e.map75).c_str(), percent(e.map).c_str());
  std::printf("by size: below 32 px %s, to 96 px %s, above %s\n", percent(e.map_by_size[0]).c_str(), percent(e.map_by_size[1]).c_str(), percent(e.map_by_size[2]).c_str());
  std::printf("from score %.2f: precision %.3f, recall %.3f, F1 %.3f\n\n", threshold, e.precision, e.recall, e.f1);
  std::printf("%-24s %7s %7s %9s %9s %7s %7s\n", "class", "boxes", "AP@0.5", "@.5:.95", "precision", "recall", "F1");
  for (std::size_t c = 0; c < classes.size(); ++c) {
    const auto& d = e.by_class[c];
    std::printf("%-24s %7zu %7s %9s %9.3f %7.3f %7.3f\n", classes[c].c_str(), d.boxes, percent(d.ap50).c_str(), percent(d.ap).c_str(), d.precision, d.recall, d.f1);
  }
  std::printf("\nconfusion (row: truth, column: detected)\n%-24s", "");
  for (const auto& c : classes) std::printf(" %9.9s", c.c_str());
  std::printf(" %9s\n", "missed");
  const std::size_t side = classes.size() + 1;
  for (std::size_t r = 0; r < side; ++r) {
    std::printf("%-24s", r + 1 < side ? classes[r].c_str() : "background");
    for (std::size_t c = 0; c < side; ++c)
      if (r + 1 < side || c + 1 < side) std::printf(" %9zu", e.confusion[r * side + c]);
    std::printf("\n");
  }
}

}  // namespace mp::explorer::cli
