// See detector_heat.h.
#include "ml/service/detector_heat.h"

#include <algorithm>
#include <cmath>

#include "ml/detect/box_training.h"

namespace mp::ml {
namespace {
constexpr std::size_t kAtOnce = 8;   // tiles
constexpr float kSlack = .01f;       // of a place: a whole number of them stays one
}

Result<StoredDetector> stored_detector(Project& project) {
  auto model = load_box_model(project);
  if (!model) return tl::make_unexpected(model.error());
  if (!*model) return fail(kNoDetector);
  const auto classes = project.load_classes();
  if (!classes) return tl::make_unexpected(classes.error());
  auto class_of = classes_of(**model, *classes);
  if (!class_of) return tl::make_unexpected(class_of.error());
  return StoredDetector{std::move(**model), std::move(*class_of)};
}

std::vector<HeatMap> stitched_heat(std::span<const Region> squares, std::span<const float> scores, int side, int classes, int width_px, int height_px) {
  if (squares.empty()) return {};
  const float step = float(squares[0].w) / float(side);
  const int w = std::max(1, int(float(width_px) / step + kSlack)), h = std::max(1, int(float(height_px) / step + kSlack));
  std::vector<HeatMap> maps(std::size_t(classes), {w, h, std::vector<float>(std::size_t(w) * std::size_t(h), 0)});
  // A place of a square marks every place of the map that it covers by more than the slack.
  struct Span {
    int from, to;
  };
  const auto covered = [&](int first, int k, int size_px, int places) {
    const float scale = float(places) / float(size_px), left = (float(first) + float(k) * step) * scale;
    return Span{std::max(0, int(std::floor(left + kSlack))), std::min(places, int(std::ceil(left + step * scale - kSlack)))};   // a square may stick out
  };
  auto value = scores.begin();
  for (const auto& r : squares)
    for (auto& map : maps)
      for (int j = 0; j < side; ++j)
        for (int i = 0; i < side; ++i, ++value) {
          const auto xs = covered(r.x, i, width_px, w), ys = covered(r.y, j, height_px, h);
          for (int y = ys.from; y < ys.to; ++y)
            for (int x = xs.from; x < xs.to; ++x) {
              auto& to = map.values[std::size_t(y) * std::size_t(w) + std::size_t(x)];
              to = std::max(to, *value);
            }
        }
  return maps;
}

HeatMap heat_of_region(const HeatMap& image, int width_px, int height_px, const Region& r, int most) {
  const float sx = float(image.width) / float(std::max(1, width_px)), sy = float(image.height) / float(std::max(1, height_px));
  const int w = std::clamp(int(float(r.w) * sx), 1, most), h = std::clamp(int(float(r.h) * sy), 1, most);
  HeatMap out{w, h, std::vector<float>(std::size_t(w) * std::size_t(h), 0)};
  for (int y = 0; y < h; ++y)
    for (int x = 0; x < w; ++x) {
      const auto from = [&](int at, int first, int size, int places, float scale) { return int((float(first) + float(size) * float(at) / float(places)) * scale); };
      const int x0 = std::clamp(from(x, r.x, r.w, w, sx), 0, image.width - 1), y0 = std::clamp(from(y, r.y, r.h, h, sy), 0, image.height - 1);
      const int x1 = std::clamp(from(x + 1, r.x, r.w, w, sx), x0 + 1, image.width), y1 = std::clamp(from(y + 1, r.y, r.h, h, sy), y0 + 1, image.height);
      auto& to = out.values[std::size_t(y) * std::size_t(w) + std::size_t(x)];
      for (int j = y0; j < y1; ++j)
        for (int i = x0; i < x1; ++i) to = std::max(to, image.values[std::size_t(j) * std::size_t(image.width) + std::size_t(i)]);
    }
  return out;
}

Result<std::unique_ptr<DetectorHeat>> DetectorHeat::make(StoredDetector stored, int threads) {
  auto detector = make_detector({.name = stored.model.detector, .classes = int(stored.model.classes.size()), .input_px = stored.model.input_px, .threads = threads});
  if (!detector) return tl::make_unexpected(detector.error());
  if (auto loaded = (*detector)->load(stored.model.weights); !loaded) return tl::make_unexpected(loaded.error());
  std::unique_ptr<DetectorHeat> heat(new DetectorHeat);
  heat->stored_ = std::move(stored);
  heat->detector_ = std::move(*detector);
  return heat;
}

Result<const std::vector<HeatMap>*> DetectorHeat::of_image(const Pool& pool, std::uint32_t image, const CancelToken& cancel) {
  const auto result = [&]() -> const std::vector<HeatMap>* { return maps_.empty() ? nullptr : &maps_; };
  if (image_ == image) return result();
  image_.reset();
  maps_.clear();
  const auto& m = stored_.model;
  const auto cut = project_tiles(pool, {&image, 1}, {}, m.input_px, m.tile_px, {{}, cancel});
  if (cancel.cancelled()) return fail("cancelled");
  std::vector<Region> squares;
  std::vector<float> scores;
  for (std::size_t from = 0; from < cut.tiles.size(); from += kAtOnce) {
    const auto n = std::min(kAtOnce, cut.tiles.size() - from);
    std::vector<std::uint8_t> pixels;
    for (std::size_t k = from; k < from + n; ++k) {
      const auto& t = cut.tiles[k];
      squares.push_back({t.x, t.y, t.side, t.side});
      pixels.insert(pixels.end(), t.pixels.begin(), t.pixels.end());
    }
    const auto got = detector_->heat(pixels, n);
    if (got.empty()) return fail("the detector failed", {}, {}, detector_->last_error());
    if (cancel.cancelled()) return fail("cancelled");
    scores.insert(scores.end(), got.begin(), got.end());
  }
  const auto& e = pool.images[image];
  maps_ = stitched_heat(squares, scores, m.input_px / kDetectorStride, int(m.classes.size()), e.width_px, e.height_px);
  image_ = image;
  return result();
}

Result<std::optional<RegionHeat>> DetectorHeat::of_sample(const Pool& pool, SampleId id, ClassId cls, int most, const CancelToken& cancel) {
  const auto& class_of = stored_.class_of;
  if (cls != kNoClass && std::ranges::find(class_of, cls) == class_of.end())
    return fail("the detector does not know this class: draw boxes of it and train the detector again");
  const auto maps = of_image(pool, pool.image_of[id], cancel);
  if (!maps) return tl::make_unexpected(maps.error());
  if (!*maps) return std::nullopt;
  const auto& e = pool.image(id);
  RegionHeat heat;
  for (std::size_t k = 0; k < class_of.size(); ++k) {
    if (cls != kNoClass && class_of[k] != cls) continue;
    auto map = heat_of_region((**maps)[k], e.width_px, e.height_px, pool.region[id], most);
    const float peak = std::ranges::max(map.values);
    if (heat.cls != kNoClass && peak <= heat.probability) continue;
    heat = {class_of[k], peak, std::move(map)};
  }
  return heat;
}

}  // namespace mp::ml
