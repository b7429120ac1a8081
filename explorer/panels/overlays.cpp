// Keys, settings and left-out files over the window; import progress, banners and toasts over the views.
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/popup.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/panels.h"

namespace mp::explorer {

namespace {

Rgba kind_colour(Banner::Kind k) {
  const auto& t = ui::theme();
  switch (k) {
    case Banner::Kind::good: return t.good;
    case Banner::Kind::warning: return t.warn;
    case Banner::Kind::error: return t.bad;
    case Banner::Kind::info: break;
  }
  return t.info;
}

void banner(const PanelContext& c, const Banner& b, Rect view, float& y) {
  const auto& t = ui::theme();
  const float width = std::min(view.width() - ui::px(32), ui::px(640));
  const float buttons = b.action.empty() ? ui::px(34) : ui::px(134);
  const float x = view.centre().x - width / 2;
  ui::begin_overlay("##banner " + b.key, {x, y}, {0, 0}, width);
  const auto at = ui::cursor();
  ui::fill(ui::window_list(), {at.x - ui::px(4), at.y, at.x - ui::px(1), at.y + ui::px(26)}, kind_colour(b.kind), ui::px(1));
  ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + width - buttons - ui::px(30));
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + ui::px(8));
  ImGui::BeginGroup();
  ui::spacer(ui::px(4));
  ImGui::PushStyleColor(ImGuiCol_Text, t.text);
  ImGui::TextUnformatted(b.text.c_str());
  ImGui::PopStyleColor();
  ImGui::EndGroup();
  ImGui::PopTextWrapPos();
  ui::same_line();
  ui::align_right(buttons);
  if (!b.action.empty()) {
    if (ui::button(b.action, false, ui::px(92))) {
      if (b.key == "save") c.commands.push_back(cmd::RetrySave{});
      if (b.key == "bad") c.commands.push_back(cmd::ToggleBad{});
    }
    ui::same_line(ui::px(6));
  }
  if (ui::button("×##" + b.key, false, ui::px(28))) c.commands.push_back(cmd::DismissBanner{b.key});
  y += ImGui::GetWindowHeight() + ui::px(8);
  ui::end_overlay();
}

}  // namespace

void banners_and_toasts(const PanelContext& c, Rect px) {
  const auto& s = c.state;
  float y = px.y0 + ui::px(50);
  for (const auto& b : s.banners) banner(c, b, px, y);
  // Toasts rise from the bottom; the newest is lowest.
  auto* list = ImGui::GetForegroundDrawList();
  float ty = px.y1 - ui::px(60);
  for (auto it = s.toasts.rbegin(); it != s.toasts.rend(); ++it) {
    if (it->until_s < s.time_s) continue;
    const auto text = ui::text_fit(ui::Font::text, it->text, px.width() - ui::px(80));
    const auto size = ui::text_size(ui::Font::text, text);
    const Rect r{px.centre().x - size.x / 2 - ui::px(16), ty - ui::px(30), px.centre().x + size.x / 2 + ui::px(16), ty};
    ui::fill(list, r, ui::theme().raised, ui::px(6));
    ui::frame(list, r, ui::border_colour(), ui::px(6));
    ui::fill(list, {r.x0 + ui::px(6), r.y0 + ui::px(8), r.x0 + ui::px(8), r.y1 - ui::px(8)}, kind_colour(it->kind), ui::px(1));
    ui::text_at(list, ui::Font::text, {r.x0 + ui::px(16), r.centre().y - size.y / 2}, ui::theme().text, text);
    ty -= ui::px(36);
  }
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
    ImGui::BeginChild("##bad list", {0, ui::px(360)});
    const float width = ui::available_width();
    ImGuiListClipper clipper;
    clipper.Begin(int(c.state.bad.size()), ui::px(42));
    while (clipper.Step())
      for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
        const auto& b = c.state.bad[std::size_t(i)];
        ui::text(ui::text_fit_middle(ui::Font::mono, b.path, width - ui::px(12)), ui::Font::mono);
        ui::text(ui::text_fit(ui::Font::small, b.reason, width - ui::px(12)), ui::Font::small, ui::theme().text_dim);
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
