#include "ml/metrics/stop_hint.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>
#include <vector>

#include "ml/metrics/student.h"

namespace mp::ml {
namespace {
constexpr std::size_t kRecent = 8;
}  // namespace

std::optional<StopHint> stop_hint(std::span<const CurvePointXY> curve, double target) {
  std::map<double, double> by_labels;
  for (const auto& p : curve)
    if (std::isfinite(p.labels) && std::isfinite(p.accuracy)) by_labels[p.labels] = p.accuracy;
  std::vector<std::pair<double, double>> recent(by_labels.begin(), by_labels.end());
  if (recent.size() > kRecent) recent.erase(recent.begin(), recent.end() - std::ptrdiff_t(kRecent));
  const double n = double(recent.size());
  if (n < 3) return std::nullopt;   // two points lie on a line whatever they are: nothing says how sure it is
  double mx = 0, my = 0, sxx = 0, sxy = 0, rest = 0;
  for (const auto& [x, y] : recent) mx += x / n, my += y / n;
  for (const auto& [x, y] : recent) sxx += (x - mx) * (x - mx), sxy += (x - mx) * (y - my);
  StopHint h;
  h.gain = sxy / sxx;
  for (const auto& [x, y] : recent) {
    const double r = y - my - h.gain * (x - mx);
    rest += r * r;
  }
  h.half_band = student_95(recent.size() - 2) * std::sqrt(rest / (n - 2) / sxx);
  h.accuracy = my + h.gain * (recent.back().first - mx);
  h.reached = recent.back().second >= target;
  if (!h.reached && h.gain > 0) h.labels_to_target = std::max(0., (target - h.accuracy) / h.gain);
  return h;
}

}  // namespace mp::ml
