// Morton order by two radix passes over 16-bit digits. Pure functions; any thread.
#include "engine/draw/morton.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace mp::draw {
namespace {

std::uint32_t spread(std::uint32_t v) {
  v &= 0xffff;
  v = (v | v << 8) & 0x00ff00ff;
  v = (v | v << 4) & 0x0f0f0f0f;
  v = (v | v << 2) & 0x33333333;
  return (v | v << 1) & 0x55555555;
}

struct Keyed {
  std::uint32_t code, id;
};

void radix_pass(const std::vector<Keyed>& from, std::vector<Keyed>& to, int shift) {
  std::vector<std::uint32_t> first(1 << 16, 0);
  for (auto& k : from) ++first[k.code >> shift & 0xffff];
  std::uint32_t sum = 0;
  for (auto& f : first) sum += std::exchange(f, sum);
  for (auto& k : from) to[first[k.code >> shift & 0xffff]++] = k;
}

}  // namespace

std::uint32_t morton_code(std::uint32_t x, std::uint32_t y) {
  return spread(x) | spread(y) << 1;
}

std::vector<std::uint32_t> morton_order(std::span<const float> xy) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  float x0 = kInf, y0 = kInf, x1 = -kInf, y1 = -kInf;
  std::vector<Keyed> keyed;
  keyed.reserve(xy.size() / 2);
  for (std::size_t i = 0; i + 1 < xy.size(); i += 2) {
    if (!std::isfinite(xy[i]) || !std::isfinite(xy[i + 1])) continue;
    x0 = std::min(x0, xy[i]), x1 = std::max(x1, xy[i]);
    y0 = std::min(y0, xy[i + 1]), y1 = std::max(y1, xy[i + 1]);
    keyed.push_back({0, std::uint32_t(i / 2)});
  }
  // In double: the range of two finite floats may not be one.
  double sx = x1 > x0 ? 65535. / (double(x1) - x0) : 0, sy = y1 > y0 ? 65535. / (double(y1) - y0) : 0;
  for (auto& k : keyed)
    k.code = morton_code(std::uint32_t((double(xy[k.id * 2ull]) - x0) * sx),
                         std::uint32_t((double(xy[k.id * 2ull + 1]) - y0) * sy));
  std::vector<std::uint32_t> order(keyed.size());
  if (keyed.size() < 4096) {
    std::stable_sort(keyed.begin(), keyed.end(), [](auto& a, auto& b) { return a.code < b.code; });
  } else {
    std::vector<Keyed> other(keyed.size());
    radix_pass(keyed, other, 0);
    radix_pass(other, keyed, 16);
  }
  for (std::size_t i = 0; i < keyed.size(); ++i) order[i] = keyed[i].id;
  return order;
}

}  // namespace mp::draw
