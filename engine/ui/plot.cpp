// Plots in a window: pointer, read-out, legend clicks, export menu.
#include <cmath>
#include <limits>

#include "engine/ui/context_impl.h"
#include "engine/ui/export_menu.h"
#include "engine/ui/item.h"
#include "engine/ui/plot_draw.h"
#include "engine/ui/readout.h"
#include "engine/ui/style.h"

namespace mp::ui {
namespace {

constexpr std::size_t kReadoutRows = 12;

/// The data point nearest to the pointer on the screen.
std::optional<PlotHover> nearest_point(const PlotSpec& spec, const PlotLayout& l, const std::set<std::string>& hidden,
                                       Vec2 mouse, std::optional<std::size_t> only) {
  std::optional<PlotHover> best;
  float best_d = std::numeric_limits<float>::infinity();
  for (std::size_t k = 0; k < spec.series.size(); ++k) {
    const Series& s = spec.series[k];
    if (hidden.contains(s.name) || (only && *only != k)) continue;
    for (std::size_t i = 0; i < std::min(s.x.size(), s.y.size()); ++i) {
      if (!std::isfinite(s.x[i]) || !std::isfinite(s.y[i])) continue;
      Vec2 p = l.px(double(s.x[i]), double(s.y[i]));
      // Across counts more than along the values: one points at an x.
      float dx = p.x - mouse.x, dy = (p.y - mouse.y) * .25f, d = dx * dx + dy * dy;
      if (d < best_d) best_d = d, best = PlotHover{k, i, {s.x[i], s.y[i]}};
    }
  }
  return best;
}

void draw_hover(Painter& p, const PlotSpec& spec, const PlotLayout& l, const std::set<std::string>& hidden,
                const PlotHover& h) {
  const Ink ink = p.ink();
  const float x = l.px(double(h.value.x), l.y.min).x;
  p.line({x, l.area.y0}, {x, l.area.y1}, mix(ink.axis, ink.text, .3f), p.hairline());
  Readout out;
  out.title = (spec.x.label.empty() ? std::string("x") : spec.x.label) + " " + format_value(double(h.value.x));
  for (std::size_t k = 0; k < spec.series.size(); ++k) {
    const Series& s = spec.series[k];
    if (hidden.contains(s.name)) continue;
    std::size_t i = k == h.series ? h.index : nearest_x(s, double(h.value.x));
    if (i == std::size_t(-1)) continue;
    Vec2 at = l.px(double(s.x[i]), double(s.y[i]));
    const Rgba c = p.series_colour(s.colour);
    if (l.area.contains({std::min(at.x, l.area.x1 - 1), std::min(at.y, l.area.y1 - 1)})) {
      p.disc(at, p.px(4), ink.surface);
      p.disc(at, p.px(32) / 32 * (k == h.series ? 3.2f : 2.4f), c);
    }
    if (out.rows.size() < kReadoutRows)
      out.rows.push_back({s.name, format_on(l.y, double(s.y[i])), c, k == h.series});
    else
      ++out.more;
  }
  show_readout(out);
}

}  // namespace

std::optional<PlotHover> plot(const PlotSpec& spec, float height_px) {
  auto& m = context().impl();
  auto& hidden = m.hidden_series[spec.name];
  const Vec2 at{std::round(cursor().x), std::round(cursor().y)};
  const Rect outer{at.x, at.y, at.x + available_width(), at.y + std::round(height_px)};
  auto painter = screen_painter(window_list());
  PlotLayout l = lay_out(*painter, spec, outer, hidden);
  push_id(spec.name);
  for (const auto& e : l.legend) {
    const std::string& name = spec.series[e.series].name;
    ImGui::SetCursorScreenPos({e.px.x0, e.px.y0});
    Item it = item(name, spec.name + "/" + name, {e.px.width(), e.px.height()});
    if (it.hovered) fill(window_list(), {e.px.x0 - px(4), e.px.y0, e.px.x1 + px(4), e.px.y1}, theme().raised, px(4));
    if (it.clicked && !hidden.erase(name)) hidden.insert(name);
  }
  ImGui::SetCursorScreenPos({l.area.x0, l.area.y0});
  ItemOptions o;
  o.right_button = true;
  o.hand = false;
  Item it = item("##area", spec.name, {l.area.width(), l.area.height()}, o);
  if (it.right_clicked || it.by_key) open_popup("##export");
  std::optional<PlotHover> hover;
  std::optional<std::size_t> only;
  if (const auto held = m.held_series.find(spec.name); held != m.held_series.end()) {
    if (it.held || it.released)
      only = held->second;
    else
      m.held_series.erase(held);
  }
  if ((it.hovered || it.held) && !l.empty) hover = nearest_point(spec, l, hidden, it.mouse, only);
  if (hover && (it.held || it.released)) {
    hover->held = true;
    m.held_series.emplace(spec.name, hover->series);
  }
  draw_plot(*painter, spec, l, hidden, hover ? double(hover->value.x) : NAN);
  if (hover) draw_hover(*painter, spec, l, hidden, *hover);
  export_menu(spec.name, [&](const std::string& file) { return export_plot(spec, file); });
  ImGui::PopID();
  ImGui::SetCursorScreenPos({at.x, at.y});
  ImGui::Dummy({outer.width(), outer.height()});
  return hover;
}

std::optional<MatrixCell> confusion_matrix(const MatrixSpec& spec, float height_px) {
  auto& m = context().impl();
  const Vec2 at{std::round(cursor().x), std::round(cursor().y)};
  const Rect outer{at.x, at.y, at.x + available_width(), at.y + std::round(height_px)};
  auto painter = screen_painter(window_list());
  MatrixLayout l = lay_out(*painter, spec, outer);
  std::optional<MatrixCell> clicked;
  push_id(spec.name);
  if (is_empty(spec)) {
    draw_matrix(*painter, spec, l, {-1, -1});
  } else {
    ImGui::SetCursorScreenPos({l.cells.x0, l.cells.y0});
    ItemOptions o;
    o.right_button = o.takes_arrows = true;
    Item it = item("##cells", spec.name, {l.cells.width(), l.cells.height()}, o);
    if (it.right_clicked) open_popup("##export");
    auto& [key_row, key_column] = m.matrix_cursor[spec.name];
    key_row = std::clamp(key_row - it.dy, 0, l.n - 1);
    key_column = std::clamp(key_column + it.dx, 0, l.n - 1);
    MatrixCell hot{-1, -1};
    if (it.focused) {
      hot = {key_row, key_column};
    } else if (it.hovered) {
      hot.row = std::clamp(int((it.mouse.y - l.cells.y0) / l.cell_h), 0, l.n - 1);
      hot.column = std::clamp(int((it.mouse.x - l.cells.x0) / l.cell_w), 0, l.n - 1);
    }
    if (it.clicked && hot.row >= 0) clicked = hot;
    draw_matrix(*painter, spec, l, hot);
    if (hot.row >= 0) {
      Readout out;
      out.title = describe(spec, hot);
      if (it.focused)
        item_tooltip(it, out.title);
      else
        show_readout(out);
    }
    // Cells that hold something can be named by a script.
    for (int r = 0; r < l.n; ++r)
      for (int c = 0; c < l.n; ++c) {
        std::size_t i = std::size_t(r) * std::size_t(l.n) + std::size_t(c);
        if (i < spec.counts.size() && spec.counts[i] > 0)
          context().mark(spec.name + "/" + spec.classes[std::size_t(r)] + "/" + spec.classes[std::size_t(c)],
                         l.cell_px(r, c));
      }
  }
  export_menu(spec.name, [&](const std::string& file) { return export_matrix(spec, file); });
  ImGui::PopID();
  ImGui::SetCursorScreenPos({at.x, at.y});
  const float used = l.n > 0 ? std::ceil(l.cells.y1 - at.y) : outer.height();
  ImGui::Dummy({outer.width(), is_empty(spec) ? outer.height() : used});
  return clicked;
}

}  // namespace mp::ui
