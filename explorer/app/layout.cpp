#include "explorer/app/layout.h"

#include <nlohmann/json.hpp>

#include "engine/ui/panel.h"
#include "engine/ui/splitter.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/app/user_folders.h"
#include "explorer/model/box_state.h"
#include "explorer/model/heat_state.h"

namespace mp::explorer {

namespace {

constexpr float kTopBar = 40, kStatusLine = 28, kMinCentre = 320, kMinColumn = 200, kStrip = 36;

/// A scrolling column of panels; each panel's section title draws the line above itself.
template <class F>
void column(const char* name, Rect r, bool line_right, F&& body) {
  ui::PanelOptions o;
  o.right = line_right;
  o.left = !line_right;
  if (ui::begin_panel(name, r, o)) body();
  ui::end_panel();
}

void left_column(const PanelContext& c, Rect r) {
  column("left", r, true, [&] {
    classes_panel(c);
    query_panel(c);
    loop_panel(c);
    filters_panel(c);
  });
}

void right_column(const PanelContext& c, Rect r) {
  column("right", r, false, [&] {
    if (c.state.inspected || c.state.current_pick() || c.state.hovered) {
      inspect_panel(c);
    }
    values_panel(c);
    selection_panel(c);
    training_panel(c);
    reasons_panel(c);
    map_panel(c);
    evaluation_panel(c);
  });
}

void left_boxes_column(const PanelContext& c, Rect r) {
  column("left", r, true, [&] { boxes_panel(c); });
}

void right_boxes_column(const PanelContext& c, Rect r) {
  column("right", r, false, [&] {
    box_panel(c);
    // Who looks at heat reads its figures without scrolling.
    if (c.state.heat->on) reasons_panel(c);
    detector_panel(c);
    if (!c.state.heat->on) reasons_panel(c);
  });
}

/// What is left of a column that does not fit: a button that opens it in place of the other one.
void strip(const char* name, Rect r, int side, LayoutSizes& sizes) {
  ui::PanelOptions o;
  o.right = side < 0;
  o.left = side > 0;
  o.padding_x = ui::px(4);
  if (ui::begin_panel(name, r, o)) {
    if (ui::button(side < 0 ? "»" : "«", false, r.width() - ui::px(8))) sizes.open = side;
    ui::tooltip(side < 0 ? "Classes, query and filters" : "Selection, training and evaluation");
  }
  ui::end_panel();
}

}  // namespace

LayoutSizes load_layout_sizes() {
  LayoutSizes s;
  const auto j = nlohmann::json::parse(load_user_setting("layout"), nullptr, false);
  if (!j.is_object()) return s;
  try {
    s.left = j.value("left", s.left);
    s.right = j.value("right", s.right);
    s.lower_share = j.value("lower_share", s.lower_share);
    s.box_map_share = j.value("box_map_share", s.box_map_share);
  } catch (const nlohmann::json::exception&) {
    s = {};
  }
  return s;
}

void save_layout_sizes(const LayoutSizes& s) {
  save_user_setting("layout", nlohmann::json{{"left", s.left}, {"right", s.right}, {"lower_share", s.lower_share}, {"box_map_share", s.box_map_share}}.dump());
}

void build_window(const PanelContext& c, LayoutSizes& sizes, LayoutViews views, const ViewFrame& frame, int w_px, int h_px) {
  const float w = float(w_px), h = float(h_px);
  const float top = ui::px(kTopBar), status = ui::px(kStatusLine);
  top_bar(c, {0, 0, w, top});
  status_line(c, {0, h - status, w, h});
  const Rect body{0, top, w, h - status};
  const bool boxes_shown = c.state.has_project() && c.state.screen == Screen::boxes;
  if (!c.state.has_project() || c.state.screen != Screen::explore) views.scatter.hide();
  if (!boxes_shown || !c.state.boxes->map.on) views.box_map.hide();

  if (!c.state.has_project()) {
    start_screen(c, body);
  } else {
    // Columns shrink before the scatter does. On a narrow window one of them is open, the other is a strip.
    const auto width = [&](float wanted, float share) { return std::max(std::min(ui::px(wanted), w * share), ui::px(kMinColumn)); };
    float left = width(sizes.left, .3f), right = width(sizes.right, .4f);
    const bool narrow = w - left - right < ui::px(kMinCentre);
    if (narrow) {
      const float most = std::max(0.f, w * .62f - ui::px(kStrip));
      left = sizes.open < 0 ? std::min(left, most) : ui::px(kStrip);
      right = sizes.open > 0 ? std::min(right, most) : ui::px(kStrip);
    }
    const Rect centre{left, body.y0, w - right, body.y1};
    const bool columns = c.state.screen == Screen::explore || c.state.screen == Screen::layers || c.state.screen == Screen::boxes || c.state.screen == Screen::build;
    const bool boxes = c.state.screen == Screen::boxes;
    if (columns) {
      const Rect left_px{0, body.y0, left, body.y1}, right_px{w - right, body.y0, w, body.y1};
      if (narrow && sizes.open >= 0) strip("left strip", left_px, -1, sizes);
      else if (boxes) left_boxes_column(c, left_px);
      else left_column(c, left_px);
      if (narrow && sizes.open <= 0) strip("right strip", right_px, 1, sizes);
      else if (boxes) right_boxes_column(c, right_px);
      else right_column(c, right_px);
      ViewFrame f = frame;
      if (c.state.screen == Screen::explore) {
        const float split = centre.y1 - std::clamp(sizes.lower_share, .1f, .8f) * centre.height();
        f.px = {centre.x0, centre.y0, centre.x1, split};
        views.scatter.draw(c.state, c.commands, f);
        f.px = {centre.x0, split, centre.x1, centre.y1};
        views.mosaic.draw(c.state, c.commands, f);
        float y = split;
        if (ui::splitter("splitter:lower", false, centre, y, centre.y0 + centre.height() * .2f, centre.y0 + centre.height() * .9f))
          sizes.lower_share = std::clamp((centre.y1 - y) / centre.height(), .1f, .8f);
      } else if (boxes) {
        const bool map = c.state.boxes->map.on;
        const float split = map ? centre.y0 + std::clamp(sizes.box_map_share, .2f, .8f) * centre.height() : centre.y0;
        if (map) {
          f.px = {centre.x0, centre.y0, centre.x1, split};
          views.box_map.draw(c.state, c.commands, f);
        }
        f.px = {centre.x0, split, centre.x1, centre.y1};
        views.boxes.draw(c.state, c.commands, f);
        float y = split;
        if (map && ui::splitter("splitter:box map", false, centre, y, centre.y0 + centre.height() * .2f, centre.y0 + centre.height() * .8f))
          sizes.box_map_share = (y - centre.y0) / centre.height();
      } else {
        f.px = centre;
        (c.state.screen == Screen::build ? views.build : views.mosaic).draw(c.state, c.commands, f);
      }
      float x = left;
      if (!narrow && ui::splitter("splitter:left", true, body, x, ui::px(kMinColumn), std::max(ui::px(kMinColumn), w * .3f)))
        sizes.left = std::clamp(x / ui::px(1), kMinColumn, 600.f);
      x = w - right;
      if (!narrow && ui::splitter("splitter:right", true, body, x, std::min(w * .6f, w - ui::px(kMinColumn)), w - ui::px(kMinColumn)))
        sizes.right = std::clamp((w - x) / ui::px(1), kMinColumn, 800.f);
    } else if (c.state.screen == Screen::evaluate) {
      evaluate_screen(c, body);
    } else {
      history_screen(c, body);
    }
    if (c.state.import.running) import_progress(c, columns ? centre : body);
    banners_and_toasts(c, columns ? centre : body);
  }
  if (!c.state.has_project()) banners_and_toasts(c, body);
  const Rect screen{0, 0, w, h};
  if (c.state.show_help) help_overlay(c, screen);
  if (c.state.show_settings) settings_overlay(c, screen);
  if (c.state.show_bad) bad_files_overlay(c, screen);
}

}  // namespace mp::explorer
