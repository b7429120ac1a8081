// Sorting points into cells: one pass into buckets by the upper half of the Morton code, then each bucket by the lower
// half while it fits the cache. Called by the main thread.
#include "engine/points/sorted_points.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/base/simd.h"

namespace mp::points {
namespace {

constexpr int kMaxBits = 11;                // a side: four million cells
constexpr double kPointsPerCell = 8;
constexpr double kMargin = 1. / 64;         // of a cell: what rounding may move a point, many times over
constexpr std::uint32_t kSmallNode = 64;    // points: looking at each is cheaper than descending
constexpr std::size_t kLeastChunk = 1 << 16;
constexpr std::size_t kMostGone = 16;        // a larger part than 1/16 is sorted faster with all the others
constexpr std::uint32_t kNowhere = ~0u;

std::uint32_t spread(std::uint32_t v) {
  v &= 0xffff;
  v = (v | v << 8) & 0x00ff00ff;
  v = (v | v << 4) & 0x0f0f0f0f;
  v = (v | v << 2) & 0x33333333;
  return (v | v << 1) & 0x55555555;
}

struct Grid {
  double x0, y0, per_x, per_y, last;
  int bits;
};

/// Codes of n points (pairs) of at most a block; kNowhere for those that are not finite.
MP_CLONES void codes_of(const float* xy, std::size_t n, const Grid& g, std::uint32_t* out) {
  for (std::size_t i = 0; i < n; ++i) {
    float x = xy[2 * i], y = xy[2 * i + 1];
    // Not finite: the difference with itself is not zero. Clamped before the conversion, in an order that sends NaN to 0.
    double cx = (double(x) - g.x0) * g.per_x, cy = (double(y) - g.y0) * g.per_y;
    cx = cx > 0 ? cx : 0, cy = cy > 0 ? cy : 0;
    cx = cx < g.last ? cx : g.last, cy = cy < g.last ? cy : g.last;
    auto ux = std::uint32_t(std::int32_t(cx)), uy = std::uint32_t(std::int32_t(cy));
    ux = (ux | ux << 8) & 0x00ff00ff, uy = (uy | uy << 8) & 0x00ff00ff;
    ux = (ux | ux << 4) & 0x0f0f0f0f, uy = (uy | uy << 4) & 0x0f0f0f0f;
    ux = (ux | ux << 2) & 0x33333333, uy = (uy | uy << 2) & 0x33333333;
    ux = (ux | ux << 1) & 0x55555555, uy = (uy | uy << 1) & 0x55555555;
    bool finite = (x - x == 0) & (y - y == 0);
    out[i] = finite ? (ux | uy << 1) : kNowhere;
  }
}

struct Extent {
  static constexpr float kInf = std::numeric_limits<float>::infinity();
  float x0 = kInf, y0 = kInf, x1 = -kInf, y1 = -kInf;
  std::size_t finite = 0;
  void add(const Extent& o) {
    x0 = std::min(x0, o.x0), y0 = std::min(y0, o.y0), x1 = std::max(x1, o.x1), y1 = std::max(y1, o.y1);
    finite += o.finite;
  }
};

MP_CLONES Extent extent_of(const float* xy, std::size_t n) {
  constexpr int kLanes = 16;
  float low_x[kLanes], low_y[kLanes], high_x[kLanes], high_y[kLanes];
  std::uint32_t count[kLanes] = {};
  for (int k = 0; k < kLanes; ++k) low_x[k] = low_y[k] = Extent::kInf, high_x[k] = high_y[k] = -Extent::kInf;
  auto take = [&](const float* p, int k) {
    float x = p[0], y = p[1];
    bool finite = (x - x == 0) & (y - y == 0);
    float lx = finite ? x : Extent::kInf, ly = finite ? y : Extent::kInf;
    float hx = finite ? x : -Extent::kInf, hy = finite ? y : -Extent::kInf;
    low_x[k] = lx < low_x[k] ? lx : low_x[k], low_y[k] = ly < low_y[k] ? ly : low_y[k];
    high_x[k] = hx > high_x[k] ? hx : high_x[k], high_y[k] = hy > high_y[k] ? hy : high_y[k];
    count[k] += finite;
  };
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes)
    for (int k = 0; k < kLanes; ++k) take(xy + 2 * (i + std::size_t(k)), k);
  for (; i < n; ++i) take(xy + 2 * i, 0);
  Extent e;
  for (int k = 0; k < kLanes; ++k) e.add({low_x[k], low_y[k], high_x[k], high_y[k], count[k]});
  return e;
}

int chunks_for(std::size_t n, const BandWorkers& workers) {
  return int(std::clamp<std::size_t>(n / kLeastChunk, 1, std::size_t(workers.threads()) * 4));
}

}  // namespace

std::uint32_t morton_code(std::uint32_t x, std::uint32_t y) { return spread(x) | spread(y) << 1; }

void SortedPoints::set_grid(Rect bounds, std::size_t finite) {
  bounds_ = grid_ = bounds;
  double cells = std::max(1., double(finite) / kPointsPerCell);
  bits_ = std::clamp(int(std::ceil(std::log2(cells) / 2)), 0, kMaxBits);
  double side = double(1u << bits_), w = double(grid_.x1) - grid_.x0, h = double(grid_.y1) - grid_.y0;
  cells_per_x_ = w > 0 ? side / w : 0;
  cells_per_y_ = h > 0 ? side / h : 0;
}

std::uint32_t SortedPoints::code_of(float x, float y) const {
  float xy[2] = {x, y};
  std::uint32_t code = 0;
  codes_of(xy, 1, {grid_.x0, grid_.y0, cells_per_x_, cells_per_y_, double((1u << bits_) - 1), bits_}, &code);
  return code;
}

void SortedPoints::build(std::span<const float> xy, BandWorkers& workers) {
  size_ = xy.size() / 2;
  const int chunks = chunks_for(size_, workers);
  auto begin_of = [&](int c) { return size_ * std::size_t(c) / std::size_t(chunks); };
  std::vector<Extent> extents(static_cast<std::size_t>(chunks));
  workers.run(chunks, [&](int c) {
    extents[std::size_t(c)] = extent_of(xy.data() + 2 * begin_of(c), begin_of(c + 1) - begin_of(c));
  });
  Extent all;
  for (auto& e : extents) all.add(e);
  set_grid(all.finite ? Rect{all.x0, all.y0, all.x1, all.y1} : Rect{}, all.finite);
  const Grid grid{grid_.x0, grid_.y0, cells_per_x_, cells_per_y_, double((1u << bits_) - 1), bits_};
  const int low_bits = bits_;
  const std::size_t buckets = std::size_t(1) << (2 * bits_ - low_bits), low = std::size_t(1) << low_bits;

  // Into buckets, chunk by chunk, so that the caller's order is kept within a cell.
  constexpr std::size_t kBlock = 1024;
  std::vector<std::uint32_t> next(buckets * std::size_t(chunks), 0);
  workers.run(chunks, [&](int c) {
    auto* count = &next[buckets * std::size_t(c)];
    std::uint32_t codes[kBlock];
    for (std::size_t i = begin_of(c), end = begin_of(c + 1); i < end; i += kBlock) {
      auto n = std::min(kBlock, end - i);
      codes_of(xy.data() + 2 * i, n, grid, codes);
      for (std::size_t k = 0; k < n; ++k)
        if (codes[k] != kNowhere) ++count[codes[k] >> low_bits];
    }
  });
  std::vector<std::uint32_t> bucket_first(buckets + 1, 0);
  std::uint32_t sum = 0;
  for (std::size_t b = 0; b < buckets; ++b) {
    bucket_first[b] = sum;
    for (int c = 0; c < chunks; ++c) {
      auto& v = next[buckets * std::size_t(c) + b];
      auto n = v;
      v = sum;
      sum += n;
    }
  }
  bucket_first[buckets] = sum;
  x_.resize(all.finite);
  y_.resize(all.finite);
  ids_.resize(all.finite);
  workers.run(chunks, [&](int c) {
    auto* at = &next[buckets * std::size_t(c)];
    std::uint32_t codes[kBlock];
    for (std::size_t i = begin_of(c), end = begin_of(c + 1); i < end; i += kBlock) {
      auto n = std::min(kBlock, end - i);
      codes_of(xy.data() + 2 * i, n, grid, codes);
      for (std::size_t k = 0; k < n; ++k) {
        if (codes[k] == kNowhere) continue;
        const auto to = at[codes[k] >> low_bits]++;
        x_[to] = xy[2 * (i + k)], y_[to] = xy[2 * (i + k) + 1], ids_[to] = std::uint32_t(i + k);
      }
    }
  });

  // Each bucket by the lower half of the code, through a copy of the bucket: no second array of all points.
  first_.resize(buckets * low + 1);
  const int pieces = int(std::min<std::size_t>(buckets, 256));
  workers.run(pieces, [&](int p) {
    std::vector<std::uint32_t> place(low), codes, ids;
    std::vector<float> pairs;
    for (std::size_t b = buckets * std::size_t(p) / std::size_t(pieces); b < buckets * std::size_t(p + 1) / std::size_t(pieces); ++b) {
      const auto begin = bucket_first[b];
      const std::size_t n = bucket_first[b + 1] - begin;
      pairs.resize(2 * n);
      codes.resize(n);
      ids.assign(ids_.begin() + begin, ids_.begin() + std::ptrdiff_t(begin + n));
      for (std::size_t k = 0; k < n; ++k) pairs[2 * k] = x_[begin + k], pairs[2 * k + 1] = y_[begin + k];
      codes_of(pairs.data(), n, grid, codes.data());
      std::fill(place.begin(), place.end(), 0);
      for (auto code : codes) ++place[code & (low - 1)];
      auto at = begin;
      for (std::size_t k = 0; k < low; ++k) {
        const auto count = place[k];
        first_[b * low + k] = place[k] = at;
        at += count;
      }
      for (std::size_t k = 0; k < n; ++k) {
        const auto to = place[codes[k] & (low - 1)]++;
        x_[to] = pairs[2 * k], y_[to] = pairs[2 * k + 1], ids_[to] = ids[k];
      }
    }
  });
  first_.back() = std::uint32_t(all.finite);
  find_fullest();
}

bool SortedPoints::move(std::span<const float> xy, BandWorkers& workers) {
  // Points that had no place may have one now; which they are is not kept.
  if (xy.size() / 2 != size_ || left_out() || placed() < 2) {
    build(xy, workers);
    return true;
  }
  const int chunks = chunks_for(size_, workers);
  const Grid grid{grid_.x0, grid_.y0, cells_per_x_, cells_per_y_, double((1u << bits_) - 1), bits_};
  struct Part {
    Extent extent;
    std::vector<Gone> gone;
  };
  std::vector<Part> parts(static_cast<std::size_t>(chunks));
  const std::size_t cells = first_.size() - 1;
  workers.run(chunks, [&](int c) {
    constexpr std::size_t kBlock = 512;
    auto& part = parts[std::size_t(c)];
    const auto begin = std::uint32_t(placed() * std::size_t(c) / std::size_t(chunks));
    const auto end = std::uint32_t(placed() * (std::size_t(c) + 1) / std::size_t(chunks));
    auto cell = std::size_t(std::upper_bound(first_.begin(), first_.end(), begin) - first_.begin()) - 1;
    float block[2 * kBlock];
    std::uint32_t codes[kBlock];
    for (std::uint32_t i = begin; i < end; i += kBlock) {
      const auto n = std::min<std::size_t>(kBlock, end - i);
      for (std::size_t k = 0; k < n; ++k) {
        const std::size_t id = ids_[i + k];
        block[2 * k] = xy[2 * id], block[2 * k + 1] = xy[2 * id + 1];
      }
      part.extent.add(extent_of(block, n));
      codes_of(block, n, grid, codes);
      for (std::size_t k = 0; k < n; ++k) {
        const auto at = i + std::uint32_t(k);
        while (cell < cells && at >= first_[cell + 1]) ++cell;
        x_[at] = block[2 * k], y_[at] = block[2 * k + 1];
        if (codes[k] == cell) continue;
        part.gone.push_back({codes[k], ids_[at], x_[at], y_[at]});
        ids_[at] = kNowhere;
      }
    }
  });
  Extent all;
  std::size_t n_gone = 0;
  for (auto& p : parts) all.add(p.extent), n_gone += p.gone.size();
  const float w = grid_.width(), h = grid_.height();
  const bool outgrown = !all.finite || all.x0 < grid_.x0 - w / 8 || all.x1 > grid_.x1 + w / 8 || all.y0 < grid_.y0 - h / 8 ||
                        all.y1 > grid_.y1 + h / 8 || all.x1 - all.x0 < w / 2 || all.y1 - all.y0 < h / 2;
  if (outgrown || all.finite < size_ || n_gone > placed() / kMostGone) {
    build(xy, workers);
    return true;
  }
  bounds_ = {all.x0, all.y0, all.x1, all.y1};
  if (n_gone == 0) return false;
  std::vector<Gone> gone;
  gone.reserve(n_gone);
  for (auto& p : parts) gone.insert(gone.end(), p.gone.begin(), p.gone.end());
  merge(gone, workers);
  return true;
}

/// Cells keep those that stayed, in their order, and take in the newcomers by id.
void SortedPoints::merge(std::vector<Gone>& gone, BandWorkers& workers) {
  std::sort(gone.begin(), gone.end(), [](const Gone& a, const Gone& b) { return a.code != b.code ? a.code < b.code : a.id < b.id; });
  const std::size_t cells = first_.size() - 1;
  const int pieces = int(std::min<std::size_t>(cells, std::size_t(workers.threads()) * 8));
  auto cell_of = [&](int p) { return cells * std::size_t(p) / std::size_t(pieces); };
  auto newcomers = [&](std::size_t cell) {
    return std::size_t(std::lower_bound(gone.begin(), gone.end(), cell, [](const Gone& g, std::size_t c) { return g.code < c; }) - gone.begin());
  };
  std::vector<std::uint32_t> begin(std::size_t(pieces) + 1, 0);
  workers.run(pieces, [&](int p) {
    std::uint32_t n = 0;
    for (auto i = first_[cell_of(p)]; i < first_[cell_of(p + 1)]; ++i) n += ids_[i] != kNowhere;
    begin[std::size_t(p) + 1] = n + std::uint32_t(newcomers(cell_of(p + 1)) - newcomers(cell_of(p)));
  });
  for (int p = 0; p < pieces; ++p) begin[std::size_t(p) + 1] += begin[std::size_t(p)];
  std::vector<float> x(x_.size()), y(y_.size());
  std::vector<std::uint32_t> ids(ids_.size()), first(first_.size());
  workers.run(pieces, [&](int p) {
    auto to = begin[std::size_t(p)];
    auto g = newcomers(cell_of(p));
    for (auto cell = cell_of(p); cell < cell_of(p + 1); ++cell) {
      first[cell] = to;
      for (auto i = first_[cell]; i < first_[cell + 1]; ++i) {
        if (ids_[i] == kNowhere) continue;
        x[to] = x_[i], y[to] = y_[i], ids[to++] = ids_[i];
      }
      for (; g < gone.size() && gone[g].code == cell; ++g) x[to] = gone[g].x, y[to] = gone[g].y, ids[to++] = gone[g].id;
    }
  });
  first.back() = first_.back();
  x_ = std::move(x), y_ = std::move(y), ids_ = std::move(ids), first_ = std::move(first);
  find_fullest();
}

Box SortedPoints::box(int level, std::uint32_t column, std::uint32_t row) const {
  constexpr double kInf = std::numeric_limits<double>::infinity();
  const double node = double(1u << (bits_ - level)), last = double((1u << level) - 1);
  auto edge = [&](double at, double margin, double origin, double per) { return per > 0 ? origin + (at * node + margin) / per : origin; };
  Box b;
  b.x0 = column == 0 ? -kInf : edge(double(column), -kMargin, grid_.x0, cells_per_x_);
  b.y0 = row == 0 ? -kInf : edge(double(row), -kMargin, grid_.y0, cells_per_y_);
  b.x1 = double(column) == last || cells_per_x_ == 0 ? kInf : edge(double(column) + 1, kMargin, grid_.x0, cells_per_x_);
  b.y1 = double(row) == last || cells_per_y_ == 0 ? kInf : edge(double(row) + 1, kMargin, grid_.y0, cells_per_y_);
  return b;
}

void SortedPoints::find_fullest() {
  fullest_.assign(std::size_t(bits_) + 1, 0);
  std::vector<std::uint32_t> counts(first_.size() - 1);
  for (std::size_t c = 0; c < counts.size(); ++c) counts[c] = first_[c + 1] - first_[c];
  for (int level = bits_; level >= 0; --level) {
    for (auto n : counts) fullest_[std::size_t(level)] = std::max(fullest_[std::size_t(level)], n);
    if (level == 0) break;
    for (std::size_t c = 0; c < counts.size() / 4; ++c) counts[c] = counts[4 * c] + counts[4 * c + 1] + counts[4 * c + 2] + counts[4 * c + 3];
    counts.resize(counts.size() / 4);
  }
}

void SortedPoints::descend(const Box& want, int level, std::uint32_t code, std::uint32_t column, std::uint32_t row,
                           std::vector<Range>& out) const {
  const auto r = range(level, code);
  if (r.first == r.last) return;
  const Box b = box(level, column, row);
  if (b.x0 > want.x1 || b.x1 < want.x0 || b.y0 > want.y1 || b.y1 < want.y0) return;
  const bool inside = b.x0 >= want.x0 && b.x1 <= want.x1 && b.y0 >= want.y0 && b.y1 <= want.y1;
  if (inside || level == bits_ || r.last - r.first <= kSmallNode) {
    if (!out.empty() && out.back().last == r.first)
      out.back().last = r.last;
    else
      out.push_back(r);
    return;
  }
  for (std::uint32_t k = 0; k < 4; ++k) descend(want, level + 1, code << 2 | k, column << 1 | (k & 1), row << 1 | k >> 1, out);
}

void SortedPoints::ranges_in(const Box& want, std::vector<Range>& out) const {
  out.clear();
  if (!x_.empty()) descend(want, 0, 0, 0, 0, out);
}

}  // namespace mp::points
