// See occlusion.h.
#include "ml/explain/occlusion.h"

#include <algorithm>
#include <numeric>

namespace mp::ml {
namespace {

constexpr std::size_t kAtOnce = 64;

/// Where squares begin along one side: every `step`, and a last one that ends with the image.
std::vector<int> starts(int px, int window, int step) {
  std::vector<int> s;
  for (int at = 0; at + window < px; at += step) s.push_back(at);
  s.push_back(px - window);
  return s;
}

}  // namespace

int occlusion_window_px(int px) { return std::max(2, px / 8); }

std::optional<HeatMap> occlude(std::span<const std::uint8_t> image, int px, ClassId cls, const PredictImages& predict,
                               const CancelToken& cancel) {
  const int window = occlusion_window_px(px);
  const auto at = starts(px, window, window / 2);
  const auto grey = std::uint8_t(std::accumulate(image.begin(), image.end(), std::size_t(0)) / image.size());
  const auto whole = predict(image, 1);
  const std::size_t classes = whole.size();
  if (std::size_t(cls) >= classes) return {};
  HeatMap map{px, px, std::vector<float>(image.size(), 0.f)};
  std::vector<float> covered(image.size(), 0.f);
  std::vector<std::uint8_t> hidden;
  const std::size_t places = at.size() * at.size();
  for (std::size_t from = 0; from < places; from += kAtOnce) {
    if (cancel.cancelled()) return {};
    const auto n = std::min(kAtOnce, places - from);
    hidden.clear();
    const auto corner = [&](std::size_t k) { return std::pair(at[(from + k) % at.size()], at[(from + k) / at.size()]); };
    for (std::size_t k = 0; k < n; ++k) {
      hidden.insert(hidden.end(), image.begin(), image.end());
      const auto [x, y] = corner(k);
      for (int row = y; row < y + window; ++row)
        std::fill_n(hidden.begin() + std::ptrdiff_t(k * image.size()) + row * px + x, window, grey);
    }
    const auto p = predict(hidden, n);
    if (p.size() != n * classes) return {};
    for (std::size_t k = 0; k < n; ++k) {
      const float lost = whole[std::size_t(cls)] - p[k * classes + std::size_t(cls)];
      const auto [x, y] = corner(k);
      for (int row = y; row < y + window; ++row)
        for (int col = x; col < x + window; ++col) {
          map.values[std::size_t(row * px + col)] += lost;
          covered[std::size_t(row * px + col)] += 1;
        }
    }
  }
  for (std::size_t i = 0; i < map.values.size(); ++i) map.values[i] /= covered[i];
  return map;
}

}  // namespace mp::ml
