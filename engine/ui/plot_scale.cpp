// Ranges, ticks, reduction.
#include "engine/ui/plot_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/ui/widgets.h"

namespace mp::ui {
namespace {

constexpr double kLeastLog = 1e-12;   // what a logarithmic axis can show

std::string tick_label(double v, double step) {
  if (std::abs(v) < step * 1e-6) v = 0;
  double a = std::abs(v);
  if (a >= 1e6 && step >= 1e5) return fmt::format("{:g}M", v / 1e6);
  if (a >= 1e4 && step >= 1e2) return fmt::format("{:g}k", v / 1e3);
  int decimals = std::clamp(int(std::ceil(-std::log10(step) - 1e-9)), 0, 8);
  if (decimals > 4) return fmt::format("{:.0e}", v);
  return fmt::format("{:.{}f}", v, decimals);
}

}  // namespace

float Scale::unit(double v) const {
  if (log) {
    double a = std::log10(std::max(min, kLeastLog)), b = std::log10(std::max(max, kLeastLog));
    return v < kLeastLog || b <= a ? 0.f : float((std::log10(v) - a) / (b - a));
  }
  return max > min ? float((v - min) / (max - min)) : 0.f;
}

double Scale::value(float u) const {
  if (!log) return min + (max - min) * double(u);
  double a = std::log10(std::max(min, kLeastLog)), b = std::log10(std::max(max, kLeastLog));
  return std::pow(10., a + (b - a) * double(u));
}

double nice_step(double range, int count) {
  if (!(range > 0) || count < 1) return 1;
  double raw = range / count, power = std::pow(10., std::floor(std::log10(raw))), part = raw / power;
  // The nearest of 1, 2, 5, 10 on a logarithmic scale.
  double nice = part < 1.414 ? 1 : part < 3.162 ? 2 : part < 7.071 ? 5 : 10;
  return nice * power;
}

Scale fit_scale(const Axis& axis, std::span<const Series> series, bool is_x, int count) {
  Scale s{axis.min, axis.max, axis.log};
  if (!axis.fit) {
    if (!(s.max > s.min)) s.max = s.min + 1;
    return s;
  }
  double low = std::numeric_limits<double>::infinity(), high = -low;
  for (const auto& one : series) {
    std::size_t n = std::min(one.x.size(), one.y.size());
    for (std::size_t i = 0; i < n; ++i) {
      if (!std::isfinite(one.x[i]) || !std::isfinite(one.y[i])) continue;
      double v = is_x ? double(one.x[i]) : double(one.y[i]);
      if (axis.log && v < kLeastLog) continue;
      low = std::min(low, v);
      high = std::max(high, v);
      if (is_x || axis.log) continue;
      if (i < one.low.size() && std::isfinite(one.low[i])) low = std::min(low, double(one.low[i]));
      if (i < one.high.size() && std::isfinite(one.high[i])) high = std::max(high, double(one.high[i]));
    }
  }
  if (!(high >= low)) {
    if (!(s.max > s.min)) s.max = s.min + 1;
    if (s.log && s.min <= 0) s.min = s.max / 1000;
    return s;
  }
  // An axis without a range of its own (min == max, or a logarithmic one from zero) takes the data's alone.
  const bool own = axis.max > axis.min && !(axis.log && axis.min <= 0);
  s.min = own ? std::min(low, double(axis.min)) : low;
  s.max = own ? std::max(high, double(axis.max)) : high;
  if (s.log) {
    if (!(s.max > s.min)) s.min /= 2, s.max *= 2;
    if (!is_x) s.min /= 1.1, s.max *= 1.1;
    return s;
  }
  if (!(s.max > s.min)) {
    double pad = s.max == 0 ? 1 : std::abs(s.max) * .1;
    if (is_x)
      s.max += pad;
    else
      s.min -= pad, s.max += pad;
  }
  if (!is_x) {
    double step = nice_step(s.max - s.min, count);
    s.min = std::floor(s.min / step + 1e-6) * step;
    s.max = std::ceil(s.max / step - 1e-6) * step;
  }
  return s;
}

std::vector<Tick> ticks(const Scale& s, int count) {
  std::vector<Tick> out;
  if (s.log) {
    double a = std::log10(std::max(s.min, kLeastLog)), b = std::log10(std::max(s.max, kLeastLog));
    double decades = b - a;
    int every = std::max(1, int(std::ceil(decades / std::max(3, count))));
    for (int e = int(std::floor(a)); e <= int(std::ceil(b)) && out.size() < 64; ++e) {
      if (decades >= 1.5 && e % every != 0) continue;
      for (int m : {1, 2, 5}) {
        if (m > 1 && decades >= 1.5) continue;
        double v = m * std::pow(10., e);
        if (v < s.min * (1 - 1e-9) || v > s.max * (1 + 1e-9)) continue;
        out.push_back({v, std::abs(e) > 3 ? fmt::format("1e{}", e) : fmt::format("{:g}", v)});
      }
    }
    return out;
  }
  double step = nice_step(s.max - s.min, count);
  double first = std::ceil(s.min / step - 1e-6);
  for (int k = 0; k < 64; ++k) {
    double v = (first + k) * step;
    if (v > s.max + step * 1e-6) break;
    out.push_back({v, tick_label(v, step)});
  }
  return out;
}

std::string format_on(const Scale& s, double v) {
  if (!std::isfinite(v)) return "–";
  double range = std::max(std::abs(s.max), std::abs(s.min));
  if (s.log || range < .05 || range >= 1000) return format_value(v);
  int decimals = range < 2 ? 3 : range < 20 ? 2 : 1;
  std::string text = fmt::format("{:.{}f}", std::abs(v), decimals);
  return v < 0 ? "−" + text : text;
}

std::vector<float> smoothed(std::span<const float> y, int n) {
  std::vector<float> out(y.size());
  const auto half = std::ptrdiff_t(n / 2), size = std::ptrdiff_t(y.size());
  double sum = 0;
  std::ptrdiff_t count = 0, from = 0, to = 0;   // [from, to) is in the sum
  for (std::ptrdiff_t i = 0; i < size; ++i) {
    for (; to < std::min(size, i + half + 1); ++to)
      if (std::isfinite(y[std::size_t(to)])) sum += double(y[std::size_t(to)]), ++count;
    for (; from < i - half; ++from)
      if (std::isfinite(y[std::size_t(from)])) sum -= double(y[std::size_t(from)]), --count;
    const auto k = std::size_t(i);
    out[k] = std::isfinite(y[k]) ? float(sum / double(std::max<std::ptrdiff_t>(1, count))) : y[k];
  }
  return out;
}

std::vector<Vec2> reduce_columns(std::span<const Vec2> px) {
  std::vector<Vec2> out;
  if (px.size() < 8) return {px.begin(), px.end()};
  for (std::size_t i = 1; i < px.size(); ++i)
    if (px[i].x < px[i - 1].x) return {px.begin(), px.end()};
  for (std::size_t i = 0; i < px.size();) {
    const float column = std::floor(px[i].x);
    std::size_t low = i, high = i, end = i;
    for (; end < px.size() && std::floor(px[end].x) == column; ++end) {
      if (px[end].y < px[low].y) low = end;
      if (px[end].y > px[high].y) high = end;
    }
    std::size_t keep[4] = {i, std::min(low, high), std::max(low, high), end - 1};
    for (std::size_t k = 0; k < 4; ++k)
      if (k == 0 || keep[k] != keep[k - 1]) out.push_back(px[keep[k]]);
    i = end;
  }
  return out;
}

std::size_t nearest_x(const Series& s, double x) {
  std::size_t best = std::size_t(-1), n = std::min(s.x.size(), s.y.size());
  double distance = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < n; ++i) {
    if (!std::isfinite(s.x[i]) || !std::isfinite(s.y[i])) continue;
    double d = std::abs(double(s.x[i]) - x);
    if (d < distance) distance = d, best = i;
  }
  return best;
}

std::string format_value(double v) {
  if (!std::isfinite(v)) return "–";
  double a = std::abs(v);
  std::string s;
  if (a >= 1e7) return fmt::format("{:.3e}", v);
  if (a >= 1000 || (a >= 1 && v == std::round(v))) {
    s = format_count(std::size_t(std::llround(a)));
    return v < 0 ? "−" + s : s;
  }
  if (a == 0) return "0";
  s = a >= 100 ? fmt::format("{:.1f}", a) : a >= 10 ? fmt::format("{:.2f}", a) : a >= .001 ? fmt::format("{:.3f}", a)
                                                                                            : fmt::format("{:.1e}", a);
  return v < 0 ? "−" + s : s;
}

}  // namespace mp::ui
