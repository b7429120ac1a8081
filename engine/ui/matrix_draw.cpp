// Confusion matrix: cells, counts, names.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "engine/ui/plot_draw.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

int at(const MatrixSpec& s, int n, int r, int c) {
  std::size_t i = std::size_t(r) * std::size_t(n) + std::size_t(c);
  return i < s.counts.size() ? s.counts[i] : 0;
}
long row_sum(const MatrixSpec& s, int n, int r) {
  long sum = 0;
  for (int c = 0; c < n; ++c) sum += at(s, n, r, c);
  return sum;
}

}  // namespace

bool is_empty(const MatrixSpec& s) {
  return s.classes.empty() || std::all_of(s.counts.begin(), s.counts.end(), [](int v) { return v == 0; });
}

std::string describe(const MatrixSpec& s, MatrixCell m) {
  int n = int(s.classes.size());
  long sum = row_sum(s, n, m.row);
  int v = at(s, n, m.row, m.column);
  std::string out = fmt::format("true {} → predicted {}: {} of {}", s.classes[std::size_t(m.row)],
                                s.classes[std::size_t(m.column)], v, sum);
  if (sum > 0) out += fmt::format(" ({:.1f} %)", 100. * v / double(sum));
  return out;
}

Rect MatrixLayout::cell_px(int row, int column) const {
  // Gaps between cells come from rounding edges, so that every edge is crisp.
  auto x = [&](int k) { return std::round(cells.x0 + cell_w * float(k)); };
  auto y = [&](int k) { return std::round(cells.y0 + cell_h * float(k)); };
  float gap = cell_h >= 8 ? 1.f : 0.f;
  return {x(column), y(row), x(column + 1) - gap, y(row + 1) - gap};
}

MatrixLayout lay_out(Painter& p, const MatrixSpec& s, Rect outer) {
  MatrixLayout l;
  l.outer = outer;
  l.n = int(s.classes.size());
  if (l.n == 0) {
    l.cells = outer;
    return l;
  }
  const float n = float(l.n), line = p.measure(Font::small, "A").y;
  const float strip = s.colours.empty() ? 0 : p.px(6);
  float widest = 0;
  for (const auto& c : s.classes) widest = std::max(widest, p.measure(Font::small, c).x);
  // Names where they leave room for the cells: rows at the left, columns above, upright where the cells are narrow.
  const float level_top = line + p.px(5);
  l.left = std::min(widest, outer.width() * .34f) + p.px(8);
  if ((outer.height() - level_top - strip) / n < line * .72f || outer.width() < p.px(150)) l.left = 0;
  const float room = (outer.width() - l.left - strip) / n;
  const float level_w = std::min(room, (outer.height() - level_top - strip) / n * 2);
  if (level_w >= std::min(widest, p.measure(Font::small, "abcdefg…").x) + p.px(4)) {
    l.top = level_top;
  } else if (l.left > 0 && outer.height() >= p.px(200)) {
    l.top = std::min(widest, outer.height() * .38f) + p.px(8);
    l.upright_names = true;
  }
  l.cell_h = (outer.height() - l.top - strip) / n;
  l.cell_w = std::min(room, l.cell_h * 2);
  l.cell_h = std::min(l.cell_h, l.cell_w * 1.25f);
  const float x0 = std::round(outer.x0 + l.left + strip), y0 = std::round(outer.y0 + l.top + strip);
  l.cells = {x0, y0, x0 + l.cell_w * n, y0 + l.cell_h * n};
  return l;
}

void draw_matrix(Painter& p, const MatrixSpec& s, const MatrixLayout& l, MatrixCell hot) {
  const Ink ink = p.ink();
  if (is_empty(s)) {
    std::string what = p.fit(Font::small, s.empty.empty() ? "No data yet" : s.empty, l.outer.width() - p.px(16));
    Vec2 size = p.measure(Font::small, what);
    p.text(Font::small, {l.outer.centre().x - size.x / 2, l.outer.centre().y - size.y / 2}, ink.dim, what);
    return;
  }
  const float line = p.measure(Font::small, "A").y;
  const float strip = p.px(3);
  if (l.left > 0 && l.top > 0) {   // which side is which, in the free corner
    const float right = l.outer.x0 + l.left - p.px(8), low = l.outer.y0 + l.top - p.px(6);
    const bool two = l.top > 2 * line + p.px(6);
    auto right_aligned = [&](std::string_view t, float y) {
      const float w = p.measure(Font::small, t).x;
      if (w <= l.left - p.px(4)) p.text(Font::small, {right - w, y}, ink.faint, t);
    };
    if (two) right_aligned("predicted →", low - 2 * line);
    right_aligned(two ? "true ↓" : "true ↓ pred. →", low - line);
  }
  for (int r = 0; r < l.n; ++r) {
    const long sum = row_sum(s, l.n, r);
    const Rect first = l.cell_px(r, 0), last = l.cell_px(r, l.n - 1);
    if (l.left > 0) {
      std::string name = p.fit(Font::small, s.classes[std::size_t(r)], l.left - p.px(8));
      Vec2 size = p.measure(Font::small, name);
      float x = l.outer.x0 + l.left - p.px(8) - size.x;
      p.text(Font::small, {x, first.centre().y - size.y / 2}, hot.row == r ? ink.text : ink.dim, name);
    }
    if (l.top > 0) {
      const Rect column = l.cell_px(0, r);
      const Rgba c = hot.row >= 0 && hot.column == r ? ink.text : ink.dim;
      const float y = l.outer.y0 + l.top - p.px(6);
      if (l.upright_names) {
        std::string name = p.fit(Font::small, s.classes[std::size_t(r)], l.top - p.px(8));
        p.text_up(Font::small, {column.centre().x - line / 2, y}, c, name);
      } else {
        std::string name = p.fit(Font::small, s.classes[std::size_t(r)], l.cell_w - p.px(3));
        p.text(Font::small, {column.centre().x - p.measure(Font::small, name).x / 2, y - line}, c, name);
      }
    }
    if (std::size_t(r) < s.colours.size()) {
      const Rgba c = p.series_colour(s.colours[std::size_t(r)]);
      p.fill({l.cells.x0 - strip - p.px(2), first.y0, l.cells.x0 - p.px(2), first.y1}, c);
      const Rect column = l.cell_px(0, r);
      p.fill({column.x0, l.cells.y0 - strip - p.px(2), column.x1, l.cells.y0 - p.px(2)}, c);
    }
    // One rectangle for the row's empty cells, the others over it.
    p.fill({first.x0, first.y0, last.x1, last.y1}, ink.cell);
    for (int c = 0; c < l.n; ++c) {
      const Rect box = l.cell_px(r, c);
      const int v = at(s, l.n, r, c);
      const float share = sum > 0 ? float(v) / float(sum) : 0;
      // Errors start at a visible tint: three of sixty must not be overlooked. The root separates small shares.
      Rgba back = ink.cell;
      if (v > 0 && r == c) back = mix(ink.cell, ink.right, .12f + .88f * share);
      if (v > 0 && r != c) back = mix(ink.cell, ink.wrong, .26f + .7f * std::sqrt(share));
      if (v > 0) p.fill(box, back);
      if (v == 0) continue;
      std::string text = std::to_string(v);
      Vec2 size = p.measure(Font::mono_small, text);
      if (size.x + 2 <= box.width() && size.y * .75f <= l.cell_h)
        p.text(Font::mono_small, {box.centre().x - size.x / 2, box.centre().y - size.y / 2}, ink_on(back), text);
    }
    // Column lines of the empty cells, so that positions can be counted.
    if (l.cell_h >= 8)
      for (int c = 1; c < l.n; ++c) {
        const Rect box = l.cell_px(r, c);
        p.line({box.x0 - 1, box.y0}, {box.x0 - 1, box.y1}, ink.surface, 1);
      }
  }
  if (hot.row >= 0) {
    const Rect b = l.cell_px(hot.row, hot.column);
    const float w = std::max(1.f, p.hairline());
    p.line({b.x0 - w, b.y0 - w}, {b.x1 + w, b.y0 - w}, ink.text, w);
    p.line({b.x0 - w, b.y1}, {b.x1 + w, b.y1}, ink.text, w);
    p.line({b.x0 - w, b.y0}, {b.x0 - w, b.y1}, ink.text, w);
    p.line({b.x1, b.y0}, {b.x1, b.y1}, ink.text, w);
  }
}

}  // namespace mp::ui
