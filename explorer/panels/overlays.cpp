// Keys, settings and left-out files over the window; import progress, banners and toasts over the views.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <string>
#include <vector>

#include "engine/ui/banner.h"
#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/popup.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

ui::Kind kind_of(Banner::Kind k) {
  switch (k) {
    case Banner::Kind::good: return ui::Kind::good;
    case Banner::Kind::warning: return ui::Kind::warning;
    case Banner::Kind::error: return ui::Kind::error;
    case Banner::Kind::info: break;
  }
  return ui::Kind::info;
}

constexpr Rgba kClear = 0x00010101;   // a panel without ground

}  // namespace

void banners_and_toasts(const PanelContext& c, Rect px) {
  const auto& s = c.state;
  // Under each other below the cards of the view; a banner's height is known once it has been drawn.
  static std::map<std::string, float> heights;
  const float width = std::min(px.width() - ui::px(24), ui::px(640)), x = std::round(px.centre().x - width / 2);
  float y = px.y0 + ui::px(54);
  for (const auto& b : s.banners) {
    auto& height = heights.try_emplace(b.key, ui::px(48)).first->second;
    ui::PanelOptions o;
    o.background = kClear;
    o.padding_x = o.padding_y = 0;
    o.scroll = false;
    // Windows lie in the order in which they first appeared: a banner that is older than a screen's panes would lie below.
    if (ui::begin_panel("banner " + b.key + " " + std::to_string(int(s.screen)), {x, y, x + width, y + height}, o)) {
      const float top = ui::cursor().y;
      ui::fill(ui::window_list(), {x, y, x + width, y + height}, ui::theme().panel, ui::px(6));
      const auto click = ui::banner(kind_of(b.kind), b.text, b.action);
      height = ImGui::GetItemRectMax().y - top;
      if (click.action && b.key == "save") c.commands.push_back(cmd::RetrySave{});
      if (click.action && b.key == "bad") c.commands.push_back(cmd::ToggleBad{});
      if (click.dismissed) c.commands.push_back(cmd::DismissBanner{b.key});
    }
    ui::end_panel();
    y += height + ui::px(8);
  }
  std::vector<ui::ToastView> toasts;
  for (const auto& t : s.toasts) toasts.push_back({kind_of(t.kind), t.text, float(t.until_s - s.time_s)});
  ui::toasts(toasts, px);
}

void import_progress(const PanelContext& c, Rect px) {
  const auto& p = c.state.import.progress;
  const float width = std::min(px.width() - ui::px(32), ui::px(420));
  ui::begin_overlay("##import", {px.centre().x, px.y1 - ui::px(70)}, {.5f, 1}, width);
  char detail[120];
  const auto eta = p.eta_s >= 0 ? ", " + ui::format_duration(p.eta_s) + " left" : std::string();
  std::snprintf(detail, sizeof detail, "%zu / %zu files%s", p.files_done, p.files_total, eta.c_str());
  ui::progress("Importing", p.files_total ? float(p.files_done) / float(p.files_total) : 0, p.files_total ? detail : "looking for images …");
  ui::spacer(ui::px(4));
  ui::text(ui::format_count(p.samples) + " samples" + (p.bad ? ", " + ui::format_count(p.bad) + " files left out" : ""), ui::Font::small, ui::theme().text_dim);
  ui::same_line();
  ui::align_right(ui::px(90));
  if (ui::button("Cancel import", false, ui::px(110))) c.commands.push_back(cmd::CancelImport{});
  ui::end_overlay();
}

void bad_files_overlay(const PanelContext& c, Rect) {
  bool open = true;
  if (ui::begin_modal("Files that were left out or changed", open, ui::px(720))) {
    ui::hint(std::to_string(c.state.bad.size()) + " files. The rest of the folder was imported. Mend or remove these and import the folder again.");
    ui::spacer(ui::px(8));
    ImGui::BeginChild("##bad list", {0, std::min(ui::px(360), ui::px(54) * float(std::max<std::size_t>(1, c.state.bad.size())))});
    const float width = ui::available_width();
    ImGuiListClipper clipper;
    clipper.Begin(int(c.state.bad.size()));
    while (clipper.Step())
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        const auto& b = c.state.bad[std::size_t(i)];
        ImGui::BeginGroup();   // one item for the clipper
        ui::text(ui::text_fit_middle(ui::Font::mono, b.path, width - ui::px(12)), ui::Font::mono);
        ui::text(ui::text_fit(ui::Font::small, b.reason, width - ui::px(12)), ui::Font::small, ui::theme().text_dim);
        ui::tooltip(b.reason);
        ImGui::EndGroup();
      }
    ImGui::EndChild();
    ui::end_modal();
  }
  if (!open) c.commands.push_back(cmd::ToggleBad{});
}

void settings_overlay(const PanelContext& c, Rect) {
  const auto& s = c.state;
  bool open = true;
  if (ui::begin_modal("Settings", open, ui::px(440))) {
    float scale = s.ui_scale;
    if (ui::slider("Interface scale", scale, .75f, 3)) c.commands.push_back(cmd::SetScale{std::round(scale * 20) / 20});
    ui::spacer(ui::px(8));
    ui::section("Background training");
    auto t = s.training.settings;
    bool changed = false;
    changed |= ui::slider_int("Input (px)", t.input_px, 32, 256);
    changed |= ui::slider_int("Batch size", t.batch, 2, 128);
    float exponent = std::log10(t.learning_rate);
    if (ui::slider("Learning rate (log10)", exponent, -5, -1)) {
      t.learning_rate = std::pow(10.f, exponent);
      changed = true;
    }
    changed |= ui::slider_int("Folds", t.folds, 2, 10);
    if (changed) c.commands.push_back(cmd::SetTraining{t});
    ui::spacer(ui::px(8));
    ui::section("This session");
    ui::row("Device", ui::text_fit(ui::Font::mono, s.device, ui::px(280)));
    ui::row("Seed", std::to_string(s.seed));
    ui::row("Author of labels", s.author);
    if (s.has_project()) ui::row("Project", ui::text_fit_middle(ui::Font::mono, s.project_dir, ui::px(280)));
    ui::spacer(ui::px(10));
    if (s.has_project() && ui::button("Close project", false, ui::px(130))) c.commands.push_back(cmd::CloseProject{});
    ui::end_modal();
  }
  if (!open) c.commands.push_back(cmd::ToggleSettings{});
}

}  // namespace mp::explorer
