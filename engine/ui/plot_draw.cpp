// Lines, axes, legend.
#include "engine/ui/plot_draw.h"

#include <algorithm>
#include <cmath>

#include "engine/ui/style.h"

namespace mp::ui {
namespace {

std::size_t count_of(const Series& s) { return std::min(s.x.size(), s.y.size()); }

/// What the legend shows: the value at x, else the series' own word, else its last value.
std::string legend_value(const Series& s, const Scale& scale, double at) {
  std::size_t n = count_of(s);
  if (std::isfinite(at)) {
    std::size_t i = nearest_x(s, at);
    return i == std::size_t(-1) ? std::string() : format_on(scale, double(s.y[i]));
  }
  if (!s.value.empty()) return s.value;
  while (n > 0 && !std::isfinite(s.y[n - 1])) --n;
  return n ? format_on(scale, double(s.y[n - 1])) : std::string();
}

/// Pixel points of each unbroken run of a series.
template <class F>
void each_run(const Series& s, std::span<const float> y, const PlotLayout& l, F&& f) {
  std::vector<Vec2> run;
  auto flush = [&] {
    if (!run.empty()) f(run);
    run.clear();
  };
  for (std::size_t i = 0; i < count_of(s); ++i) {
    if (!std::isfinite(s.x[i]) || !std::isfinite(y[i])) {
      flush();
      continue;
    }
    Vec2 p = l.px(double(s.x[i]), double(y[i]));
    // A point far outside would cost precision in the rasteriser.
    p.y = std::clamp(p.y, l.area.y0 - 4 * l.area.height(), l.area.y1 + 4 * l.area.height());
    if (s.step && !run.empty()) run.push_back({p.x, run.back().y});
    run.push_back(p);
  }
  flush();
}

/// Points at least `gap` apart in x, the last one kept.
std::vector<Vec2> thinned(const std::vector<Vec2>& run, float gap) {
  std::vector<Vec2> out;
  for (std::size_t i = 0; i < run.size(); ++i)
    if (out.empty() || i + 1 == run.size() || std::abs(run[i].x - out.back().x) >= gap) out.push_back(run[i]);
  return out;
}

/// A line. One with several points in each column of pixels is drawn by columns: as bars if it jumps up and down (the
/// same picture with an eighth of the triangles), else as a softened line with one point a column.
void draw_line(Painter& p, const std::vector<Vec2>& run, Rgba c, float width) {
  const bool sorted = std::is_sorted(run.begin(), run.end(), [](Vec2 a, Vec2 b) { return a.x < b.x; });
  if (!p.pixels() || !sorted || run.size() < 16 || float(run.size()) < 2.5f * (run.back().x - run.front().x)) {
    p.polyline(reduce_columns(run), c, width);
    return;
  }
  std::vector<Rect> bars;
  std::vector<Vec2> line;
  float before = run.front().y, height = 0;   // the line comes from `before`
  for (std::size_t i = 0; i < run.size();) {
    const float column = std::floor(run[i].x);
    Vec2 low = run[i], high = run[i];
    for (; i < run.size() && std::floor(run[i].x) == column; ++i) {
      if (run[i].y < low.y) low = run[i];
      if (run[i].y > high.y) high = run[i];
    }
    if (high.y - low.y < 1) {
      line.push_back({(low.x + high.x) / 2, (low.y + high.y) / 2});
    } else {
      line.push_back(low.x < high.x ? low : high);
      line.push_back(low.x < high.x ? high : low);
    }
    height += high.y - low.y;
    bars.push_back({column, std::min(low.y, before) - width / 2, column + 1, std::max(high.y, before) + width / 2});
    before = run[i - 1].y;
  }
  if (height < 2 * float(bars.size())) {
    p.polyline(line, c, width);
    return;
  }
  for (const auto& bar : bars) p.fill(bar, c);
}

void draw_series(Painter& p, const Series& s, const PlotLayout& l) {
  const Rgba c = p.series_colour(s.colour);
  const float width = p.px(16) / 16 * 1.6f;   // px() rounds; lines may be finer
  if (s.low.size() >= count_of(s) && s.high.size() >= count_of(s)) {
    std::vector<Vec2> upper, lower;
    for (std::size_t i = 0; i < count_of(s); ++i) {
      if (!std::isfinite(s.x[i]) || !std::isfinite(s.low[i]) || !std::isfinite(s.high[i])) continue;
      upper.push_back(l.px(double(s.x[i]), double(s.high[i])));
      lower.push_back(l.px(double(s.x[i]), double(s.low[i])));
    }
    p.band(upper, lower, with_alpha(c, 48));
  }
  std::vector<float> mean;
  if (s.smooth > 1) {
    each_run(s, s.y, l, [&](const std::vector<Vec2>& run) {
      draw_line(p, run, mix(p.ink().surface, c, .3f), p.hairline());
    });
    mean = smoothed(std::span(s.y).first(count_of(s)), s.smooth);
  }
  each_run(s, mean.empty() ? std::span<const float>(s.y) : std::span<const float>(mean), l,
           [&](const std::vector<Vec2>& run) {
    if (s.dashed)
      p.dashed(reduce_columns(run), c, width, p.px(5), p.px(4));
    else if (!mean.empty())
      p.polyline(thinned(run, p.px(2)), c, width);   // smooth: few points do
    else
      draw_line(p, run, c, width);
    // Markers, but not a caterpillar of them; a lone point always shows.
    if (s.points ? float(run.size()) * p.px(7) < l.area.width() * 1.5f : run.size() == 1)
      for (auto at : run) {
        p.disc(at, p.px(32) / 32 * 3.2f, c);
        p.disc(at, p.px(32) / 32 * 1.5f, p.ink().surface);
      }
  });
}

/// Entries flow into rows from the left, in a third of the height at most; a y label leads them. Returns where the plot may begin.
float lay_out_legend(Painter& p, const PlotSpec& spec, PlotLayout& l, float line) {
  const Rect& outer = l.outer;
  const int most_rows = std::max(3, int(outer.height() / 3 / (line + p.px(3))));
  float x = outer.x0, top = outer.y0;
  l.rows = 0;
  if (!spec.y.label.empty()) {
    x += p.measure(Font::small, spec.y.label).x + p.px(16);
    l.rows = 1;
  }
  if (spec.legend && !l.empty)
    for (std::size_t i = 0; i < spec.series.size(); ++i) {
      const Series& s = spec.series[i];
      if (s.name.empty()) continue;
      // Room for other values too, so that the entries do not jump while the pointer moves.
      const float value = std::max(p.measure(Font::mono_small, legend_value(s, l.y, NAN)).x,
                                   p.measure(Font::mono_small, format_on(l.y, l.y.max)).x);
      const float w = std::min(p.px(14) + p.measure(Font::small, s.name).x + p.px(5) + value, outer.width());
      if (l.rows == 0) l.rows = 1;
      if (x > outer.x0 && x + w > outer.x1) {
        if (l.rows == most_rows) break;
        ++l.rows;
        x = outer.x0;
        top += line + p.px(3);
      }
      l.legend.push_back({i, {x, top, x + w, top + line}});
      x += w + p.px(14);
    }
  return l.rows ? top + line + p.px(9) : top;
}

}  // namespace

PlotLayout lay_out(Painter& p, const PlotSpec& spec, Rect outer, const std::set<std::string>& hidden) {
  PlotLayout l;
  l.outer = outer;
  std::vector<Series> shown;
  for (const auto& s : spec.series) {
    bool points = false;
    for (std::size_t i = 0; i < count_of(s) && !points; ++i) points = std::isfinite(s.x[i]) && std::isfinite(s.y[i]);
    l.empty = l.empty && !points;
    if (!hidden.contains(s.name)) shown.push_back(s);
  }
  const float small = p.measure(Font::small, "A").y, mono = p.measure(Font::mono_small, "0").y;
  l.x = fit_scale(spec.x, shown, true, 4);
  l.y = fit_scale(spec.y, shown, false, 4);   // for the legend's numbers; again below, for the room that is left
  const float top = lay_out_legend(p, spec, l, small) + (l.rows ? 0 : std::ceil(mono / 2));   // half a label sticks out
  float bottom = outer.y1 - mono - p.px(5) - (spec.x.label.empty() ? 0 : small + p.px(1));
  const int y_count = std::clamp(int((bottom - top) / p.px(26)), 2, 6);
  l.y = fit_scale(spec.y, shown, false, y_count);
  l.y_ticks = ticks(l.y, y_count);
  float left = 0;
  for (const auto& t : l.y_ticks) left = std::max(left, p.measure(Font::mono_small, t.label).x);
  const int x_count = std::clamp(int((outer.width() - left) / p.px(56)), 2, 10);
  l.x_ticks = ticks(l.x, x_count);
  float right = p.px(3);
  if (!l.x_ticks.empty()) {
    // The last label is centred on its tick and must not be cut.
    float half = p.measure(Font::mono_small, l.x_ticks.back().label).x / 2;
    right = std::max(right, half - (1 - l.x.unit(l.x_ticks.back().value)) * (outer.width() - left));
  }
  l.area = {std::round(outer.x0 + left + p.px(8)), std::round(top), std::round(outer.x1 - right), std::round(bottom)};
  l.area.x1 = std::max(l.area.x1, l.area.x0 + 8);
  l.area.y1 = std::max(l.area.y1, l.area.y0 + 8);
  return l;
}

void draw_plot(Painter& p, const PlotSpec& spec, const PlotLayout& l, const std::set<std::string>& hidden,
               double value_at) {
  const Ink ink = p.ink();
  const Rect& a = l.area;
  const float mono = p.measure(Font::mono_small, "0").y;
  // Grid and labels; the bottom line is the axis.
  for (const auto& t : l.y_ticks) {
    float y = a.y1 - l.y.unit(t.value) * a.height();
    p.line({a.x0, y}, {a.x1, y}, y > a.y1 - 1 ? ink.axis : ink.grid, p.hairline());
    Vec2 s = p.measure(Font::mono_small, t.label);
    p.text(Font::mono_small, {a.x0 - p.px(8) - s.x, y - s.y / 2}, ink.faint, t.label);
  }
  if (l.y_ticks.empty() || l.y.unit(l.y_ticks.front().value) > .001f)
    p.line({a.x0, a.y1}, {a.x1, a.y1}, ink.axis, p.hairline());
  float free_from = -1e9f;
  for (const auto& t : l.x_ticks) {
    float x = a.x0 + l.x.unit(t.value) * a.width();
    p.line({x, a.y1}, {x, a.y1 + p.px(3)}, ink.axis, p.hairline());
    Vec2 s = p.measure(Font::mono_small, t.label);
    float at = std::max(x - s.x / 2, a.x0 - p.px(8));
    if (at < free_from) continue;
    p.text(Font::mono_small, {at, a.y1 + p.px(5)}, ink.faint, t.label);
    free_from = at + s.x + p.px(8);
  }
  if (!spec.x.label.empty()) {
    Vec2 s = p.measure(Font::small, spec.x.label);
    p.text(Font::small, {a.x1 - s.x, a.y1 + p.px(5) + mono + p.px(1)}, ink.dim, spec.x.label);
  }
  if (!spec.y.label.empty()) p.text(Font::small, {l.outer.x0, l.outer.y0}, ink.dim, spec.y.label);
  if (spec.diagonal) {
    Vec2 d[2] = {l.px(l.x.min, l.y.min), l.px(l.x.max, l.y.max)};
    p.dashed(d, ink.faint, p.hairline(), p.px(4), p.px(4));
  }
  if (l.empty) {
    std::string what = p.fit(Font::small, spec.empty.empty() ? "No data yet" : spec.empty, a.width() - p.px(16));
    Vec2 s = p.measure(Font::small, what);
    Vec2 at{a.centre().x - s.x / 2, a.centre().y - s.y / 2};
    p.fill({at.x - p.px(6), at.y - p.px(2), at.x + s.x + p.px(6), at.y + s.y + p.px(2)}, ink.surface);
    p.text(Font::small, at, ink.dim, what);
    return;
  }
  const float slack = p.px(5);   // a line or marker on the edge stays whole
  p.clip({a.x0 - slack, a.y0 - slack, a.x1 + slack, a.y1 + slack});
  for (const auto& s : spec.series)
    if (!hidden.contains(s.name)) draw_series(p, s, l);
  p.unclip();
  for (const auto& e : l.legend) {
    const Series& s = spec.series[e.series];
    const bool off = hidden.contains(s.name);
    const float cy = e.px.centre().y, w = p.px(10);
    const Rgba c = off ? ink.faint : p.series_colour(s.colour);
    const float h = std::max(2.f, p.px(2));
    if (s.dashed) {
      p.fill({e.px.x0, cy - h / 2, e.px.x0 + w * .4f, cy + h / 2}, c);
      p.fill({e.px.x0 + w * .6f, cy - h / 2, e.px.x0 + w, cy + h / 2}, c);
    } else {
      p.fill({e.px.x0, cy - h / 2, e.px.x0 + w, cy + h / 2}, c);
    }
    std::string v = off ? std::string() : legend_value(s, l.y, value_at);
    Vec2 vs = p.measure(Font::mono_small, v);
    std::string name = p.fit(Font::small, s.name, e.px.width() - p.px(14) - vs.x - p.px(4));
    p.text(Font::small, {e.px.x0 + p.px(14), e.px.y0}, off ? ink.faint : ink.dim, name);
    float vx = e.px.x0 + p.px(14) + p.measure(Font::small, name).x + p.px(5);
    p.text(Font::mono_small, {vx, cy - vs.y / 2}, ink.text, v);
  }
}

}  // namespace mp::ui
