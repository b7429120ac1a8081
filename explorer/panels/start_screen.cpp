// No project open: type or drop a folder, go on with a recent project, or see the demo.
#include <imgui.h>

#include <filesystem>

#include "engine/ui/item.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/panels/expand_home.h"
#include "explorer/panels/panels.h"
#include "ml/data/project.h"

namespace mp::explorer {

namespace {

struct Form {
  std::string folder;
  bool layers = false, hide = false;
  int patch = 128;
};

Form& form() {
  static Form f;
  return f;
}

void recent(const PanelContext& c) {
  for (std::size_t i = 0; i < c.state.recent_projects.size() && i < 6; ++i) {
    const auto& dir = c.state.recent_projects[i];
    const float w = ui::available_width(), h = ui::px(40);
    ImGui::PushID(int(i));
    const auto it = ui::item("##recent", "recent " + std::to_string(i + 1), {w, h});
    auto* list = ui::window_list();
    if (it.hovered) ui::fill(list, it.px, ui::theme().raised, ui::px(5));
    ui::text_at(list, ui::Font::text, {it.px.x0 + ui::px(10), it.px.y0 + ui::px(4)}, ui::theme().text, std::filesystem::path(dir).filename().string());
    ui::text_at(list, ui::Font::small, {it.px.x0 + ui::px(10), it.px.y0 + ui::px(22)}, ui::theme().text_faint, ui::text_fit_middle(ui::Font::small, dir, w - ui::px(20)));
    if (it.clicked) c.commands.push_back(cmd::OpenProject{dir});
    ImGui::PopID();
  }
}

}  // namespace

void start_screen(const PanelContext& c, Rect px) {
  const auto& t = ui::theme();
  ui::PanelOptions o;
  o.background = t.background;
  const float width = std::min(ui::px(520), px.width() - ui::px(40));
  const float left = px.centre().x - width / 2;
  if (ui::begin_panel("start ground", px, o)) {}
  ui::end_panel();
  o.padding_x = 0;
  o.padding_y = ui::px(10);
  const float top = px.y0 + std::max(ui::px(10), px.height() * .12f);
  if (ui::begin_panel("start", {left, top, left + width, px.y1}, o)) {
    ui::text("Explore, label and learn images from additive manufacturing", ui::Font::title);
    ui::spacer(ui::px(4));
    ui::hint("Open a folder of images: class folders, a flat folder, or the layers of a build. Nothing leaves this machine and the images are never written to.");
    ui::spacer(ui::px(16));
    auto& f = form();
    ui::section("Open a folder");
    ui::text_field("##Folder", f.folder, "drop a folder on the window, or type its path");
    const bool entered = ui::text_field_entered();
    ui::toggle("Layers of a build", f.layers, "Every image is a layer; it is cut into patches, and its height is read from its name");
    if (f.layers) ui::slider_int("Patch (px)", f.patch, 32, 512);
    ui::toggle("Hide source labels", f.hide, "Folder names are used as oracle and for evaluation only, and not shown");
    ui::spacer(ui::px(6));
    const auto path = expand_home(f.folder);
    std::error_code ec;
    const bool exists = !path.empty() && std::filesystem::is_directory(path, ec);
    const char* why = path.empty() ? "Type a folder first" : exists ? "" : "There is no such folder";
    if ((ui::button("Open folder", true, ui::px(140), why) || entered) && exists)
      c.commands.push_back(ml::Project::is_project(path) ? Command{cmd::OpenProject{path}} : Command{cmd::Import{path, f.layers, f.patch, f.hide, {}}});
    ui::same_line(ui::px(10));
    if (ui::button("Demo build", false, ui::px(140))) c.commands.push_back(cmd::OpenDemo{});
    if (!path.empty() && !exists) ui::hint("There is no folder “" + path + "”.");
    ui::spacer(ui::px(18));
    if (!c.state.recent_projects.empty()) {
      ui::section("Recent projects");
      recent(c);
    }
  }
  ui::end_panel();
}

}  // namespace mp::explorer
