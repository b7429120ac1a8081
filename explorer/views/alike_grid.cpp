#include "explorer/views/alike_grid.h"

#include <algorithm>
#include <cmath>

namespace mp::explorer {

namespace {

struct Item {
  float x, y;
  std::uint32_t id;
};

struct Grid {
  std::size_t columns, cells;
  std::vector<std::uint32_t>& out;

  /// Cells that exist of columns c0 .. c1 - 1, rows r0 .. r1 - 1: the last row may end early.
  std::size_t count(std::size_t c0, std::size_t c1, std::size_t r0, std::size_t r1) const {
    const std::size_t full = cells / columns, rest = cells % columns;
    const std::size_t whole = r0 < full ? std::min(r1, full) - r0 : 0;
    const bool last = rest && r0 <= full && r1 > full;
    return whole * (c1 - c0) + (last && rest > c0 ? std::min(c1, rest) - c0 : 0);
  }

  void fill(std::span<Item> items, std::size_t c0, std::size_t c1, std::size_t r0, std::size_t r1) {
    if (items.empty()) return;
    const std::size_t w = c1 - c0, h = r1 - r0;
    if (w == 1 && h == 1) {
      out[r0 * columns + c0] = items[0].id;
      return;
    }
    const bool across = w >= h;
    const std::size_t middle = across ? c0 + w / 2 : r0 + h / 2;
    const auto k = across ? count(c0, middle, r0, r1) : count(c0, c1, r0, middle);
    // Ties go by id, so that the same map gives the same grid.
    if (k < items.size())
      std::nth_element(items.begin(), items.begin() + std::ptrdiff_t(k), items.end(), [across](const Item& a, const Item& b) {
        const float va = across ? a.x : -a.y, vb = across ? b.x : -b.y;
        return va != vb ? va < vb : a.id < b.id;
      });
    const auto first = items.subspan(0, k), rest = items.subspan(k);
    if (across) {
      fill(first, c0, middle, r0, r1);
      fill(rest, middle, c1, r0, r1);
    } else {
      fill(first, c0, c1, r0, middle);
      fill(rest, c0, c1, middle, r1);
    }
  }
};

}  // namespace

std::vector<std::uint32_t> alike_grid(std::span<const float> xy, const Bitset& visible, int columns) {
  std::vector<Item> items;
  std::vector<std::uint32_t> nowhere;
  visible.for_each([&](std::size_t i) {
    if (i * 2 + 1 < xy.size() && std::isfinite(xy[2 * i]) && std::isfinite(xy[2 * i + 1]))
      items.push_back({xy[2 * i], xy[2 * i + 1], std::uint32_t(i)});
    else
      nowhere.push_back(std::uint32_t(i));
  });
  std::vector<std::uint32_t> cells(items.size());
  if (!items.empty() && columns > 0) {
    const auto w = std::size_t(columns);
    Grid{w, items.size(), cells}.fill(items, 0, w, 0, (items.size() + w - 1) / w);
  }
  cells.insert(cells.end(), nowhere.begin(), nowhere.end());
  return cells;
}

}  // namespace mp::explorer
