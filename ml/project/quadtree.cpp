#include "ml/project/quadtree.h"

#include <algorithm>
#include <numeric>

namespace mp::ml {
namespace {

constexpr int kLevels = 16;
constexpr std::uint32_t kLeaf = 8;  // rows

// Every second bit of a code is a bit of x, the others are of y: rows in order of codes are in order of the cells.
std::uint32_t spread(std::uint32_t v) {
  v = (v | (v << 8)) & 0x00ff00ffu;
  v = (v | (v << 4)) & 0x0f0f0f0fu;
  v = (v | (v << 2)) & 0x33333333u;
  return (v | (v << 1)) & 0x55555555u;
}

}  // namespace

QuadTree::QuadTree(const std::vector<float>& xy) {
  const std::size_t n = xy.size() / 2;
  float lo_x = xy[0], hi_x = xy[0], lo_y = xy[1], hi_y = xy[1];
  for (std::size_t i = 0; i < n; ++i) {
    lo_x = std::min(lo_x, xy[2 * i]);
    hi_x = std::max(hi_x, xy[2 * i]);
    lo_y = std::min(lo_y, xy[2 * i + 1]);
    hi_y = std::max(hi_y, xy[2 * i + 1]);
  }
  side_ = std::max({hi_x - lo_x, hi_y - lo_y, 1e-20f});
  const float unit = 65535.0f / side_;
  std::vector<std::uint32_t> code(n);
  for (std::size_t i = 0; i < n; ++i)
    code[i] = spread(std::min(65535u, std::uint32_t((xy[2 * i] - lo_x) * unit))) |
              spread(std::min(65535u, std::uint32_t((xy[2 * i + 1] - lo_y) * unit))) << 1;
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), 0u);
  std::sort(order_.begin(), order_.end(),
            [&](auto a, auto b) { return code[a] < code[b] || (code[a] == code[b] && a < b); });
  code_.resize(n);
  at_.resize(2 * n);
  place_.resize(n);
  for (std::uint32_t p = 0; p < n; ++p) {
    code_[p] = code[order_[p]];
    at_[2 * p] = xy[2 * std::size_t(order_[p])];
    at_[2 * p + 1] = xy[2 * std::size_t(order_[p]) + 1];
    place_[order_[p]] = p;
  }
  split(0, std::uint32_t(n), 0);
}

void QuadTree::split(std::uint32_t begin, std::uint32_t end, int level) {
  const auto self = nodes_.size();
  double x = 0, y = 0;
  for (std::uint32_t p = begin; p < end; ++p) {
    x += at_[2 * std::size_t(p)];
    y += at_[2 * std::size_t(p) + 1];
  }
  const double count = end - begin, width = double(side_) / double(1u << level);
  nodes_.push_back({float(x / count), float(y / count), float(width * width), begin, end, 0});
  if (end - begin > kLeaf && level < kLevels) {
    const int shift = 2 * (kLevels - 1 - level);
    for (std::uint32_t from = begin; from < end;) {
      const auto cell = code_[from] >> shift;
      std::uint32_t to = from;
      while (to < end && code_[to] >> shift == cell) ++to;
      split(from, to, level + 1);
      from = to;
    }
  }
  nodes_[self].next = std::uint32_t(nodes_.size());
}

QuadTree::Push QuadTree::push(std::uint32_t i, float theta) const {
  const std::uint32_t place = place_[i];
  const float px = at_[2 * std::size_t(place)], py = at_[2 * std::size_t(place) + 1], theta2 = theta * theta;
  Push sum;
  for (std::uint32_t at = 0; at < nodes_.size();) {
    const Node& node = nodes_[at];
    const bool inside = place >= node.begin && place < node.end;
    const float dx = px - node.x, dy = py - node.y, d2 = dx * dx + dy * dy;
    if (!inside && node.width2 < theta2 * d2) {
      const float q = 1 / (1 + d2), count = float(node.end - node.begin);
      sum.x += count * q * q * dx;
      sum.y += count * q * q * dy;
      sum.q += count * q;
      at = node.next;
    } else if (node.next == at + 1) {
      for (std::uint32_t p = node.begin; p < node.end; ++p) {
        if (p == place) continue;
        const float ex = px - at_[2 * std::size_t(p)], ey = py - at_[2 * std::size_t(p) + 1];
        const float q = 1 / (1 + ex * ex + ey * ey);
        sum.x += q * q * ex;
        sum.y += q * q * ey;
        sum.q += q;
      }
      at = node.next;
    } else {
      ++at;
    }
  }
  return sum;
}

}  // namespace mp::ml
