// Boxes: which are shown (class, score, status), what waits for a person; the box at hand and what correcting has saved.
#include <imgui.h>

#include <algorithm>
#include <cstdio>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/text.h"
#include "engine/ui/widgets.h"
#include "explorer/model/box_state.h"
#include "explorer/panels/expand_home.h"
#include "explorer/panels/panels.h"
#include "explorer/views/box_marks.h"

namespace mp::explorer {

namespace {

/// Boxes of each class in the shown states; counted again when something changed.
const std::vector<std::size_t>& counts_by_class(const State& s) {
  static std::vector<std::size_t> counts;
  static const BoxState* of = nullptr;
  static std::uint64_t look = ~0ull;
  const auto& b = *s.boxes;
  if (of == &b && look == b.look && counts.size() == s.classes.size()) return counts;
  of = &b;
  look = b.look;
  counts.assign(s.classes.size(), 0);
  auto all = b.filters;
  all.class_off.clear();
  for (const auto& box : b.store.boxes) {
    const bool status = box.status == ml::BoxStatus::proposed ? all.proposed : box.status == ml::BoxStatus::accepted ? all.accepted : all.deleted;
    if (status && box.score >= all.score_min && box.cls >= 0 && std::size_t(box.cls) < counts.size()) ++counts[std::size_t(box.cls)];
  }
  return counts;
}

cmd::SetBoxFilters as_command(const BoxFilters& f) { return {f.class_off, f.score_min, f.proposed, f.accepted, f.deleted}; }

void classes(const PanelContext& c) {
  const auto& s = c.state;
  const auto& b = *s.boxes;
  const auto& counts = counts_by_class(s);
  const std::size_t most = counts.empty() ? 0 : *std::ranges::max_element(counts);
  ui::section("Classes", "boxes");
  for (std::size_t k = 0; k < s.classes.size(); ++k) {
    const auto n = ui::format_count(counts[k]), key = k < 10 ? std::to_string((k + 1) % 10) : std::string();
    const auto tip = "Click hides or shows the boxes of this class; its key names the box at hand, or the next that is drawn";
    ui::LegendRow r;
    r.name = s.classes[k].name;
    r.shape = s.classes[k].shape;
    r.colour = s.classes[k].colour;
    r.counts = n;
    r.key = key;
    r.keep_key_room = true;
    r.off = k < b.filters.class_off.size() && b.filters.class_off[k];
    r.selected = std::size_t(b.draw_class) == k;
    r.share = most && s.classes.size() <= 12 ? float(counts[k]) / float(most) : -1;
    r.tooltip = tip;
    ImGui::PushID(int(k));
    if (ui::legend_row(r).clicked) {
      auto f = b.filters;
      f.class_off.resize(s.classes.size());
      f.class_off[k] = !f.class_off[k];
      c.commands.push_back(as_command(f));
    }
    const auto a = ImGui::GetItemRectMin(), z = ImGui::GetItemRectMax();
    ui::context().mark("box class " + s.classes[k].name, {a.x, a.y, z.x, z.y});
    ImGui::PopID();
  }
  ui::spacer(ui::px(4));
  static bool adding = false;   // how the panel looks, and the text typed so far
  static std::string name;
  if (adding) {
    ui::text_field("##New box class", name, "name of the new class");
    if (ui::text_field_entered()) {
      c.commands.push_back(cmd::AddClass{name});
      name.clear();
      adding = false;
    }
  } else if (ui::button("Add class##boxes", false, -1, s.read_only ? "The project is read-only" : "")) {
    adding = true;
  }
}

/// Other programs' files in and out.
void files(const PanelContext& c) {
  static constexpr std::string_view formats[] = {"coco", "voc", "yolo", "crops"}, titles[] = {"COCO", "Pascal VOC", "YOLO", "a picture each"};
  static constexpr std::string_view tips[] = {"One JSON file", "A folder with an XML file an image", "A folder with a text an image, and classes.txt", "A folder with a picture a box, which can be opened as a project of boxes"};
  const auto& s = c.state;
  const auto& b = *s.boxes;
  static std::string path;   // typed so far, and how the panel looks
  static int format = 0;
  static bool proposed = false;
  ui::section("Box files", b.files_working);
  ui::text_field("##Boxes from", path, "COCO, VOC or YOLO files");
  const bool entered = ui::text_field_entered();
  std::string why = s.read_only ? "Read-only" : !b.files_working.empty() ? b.files_working + " …" : "";
  if ((ui::button("Import boxes", false, -1, path.empty() && why.empty() ? "Type a path first, or drop the file on the window" : why) || entered) && !path.empty() && why.empty())
    c.commands.push_back(cmd::ImportBoxes{expand_home(path), {}, proposed});
  ui::tooltip("Boxes of images of this project; what is there already is not doubled. One step to undo");
  ui::toggle("They are proposals", proposed, "A model made them: they wait for a person's yes or no");
  ui::combo("Export as", format, titles, tips);
  if (ui::button("Export boxes", false, -1, b.count[1] == 0 ? "No accepted box yet" : why)) c.commands.push_back(cmd::ExportBoxes{{}, std::string(formats[std::size_t(format)]), false});
  ui::tooltip("The accepted boxes, into the project's folder exports");
}

}  // namespace

void boxes_panel(const PanelContext& c) {
  const auto& s = c.state;
  const auto& b = *s.boxes;
  const auto all = b.store.boxes.size();
  ui::section("Boxes", all ? ui::format_count(b.count[0] + b.count[1]) : "");
  if (!all) {
    ui::hint(s.classes.empty() ? "No boxes yet. Add a class below, then drag on the picture to draw one." : "No boxes yet. Drag on the picture to draw one; a class key names it.");
    ui::hint("Or bring some in below, or drop a COCO or VOC file on the window.");
  } else {
    if (ui::button("Next doubtful", true, -1, b.count[0] ? "" : "No proposal waits: the detector at the right makes some")) c.commands.push_back(cmd::NextBox{1});
    ui::tooltip("The proposal whose score is nearest to the middle (Tab)");
    if (ui::button("Accept all in this picture", false, -1, s.read_only ? "Read-only" : b.count[0] ? "" : "No proposal waits")) c.commands.push_back(cmd::AcceptBoxes{});
    ui::tooltip("All proposals that are shown in this picture, once the wrong ones are gone: one action (Shift+Space)");
    if (ui::button("Delete the rest in this picture", false, -1, s.read_only ? "Read-only" : b.count[0] ? "" : "No proposal waits")) c.commands.push_back(cmd::DeleteBoxes{});
    ui::tooltip("All proposals that still wait in this picture, once the right ones are accepted: one action (Shift+Delete)");
    ui::spacer(ui::px(6));
    auto f = b.filters;
    bool changed = false;
    bool* on[] = {&f.proposed, &f.accepted, &f.deleted};
    for (std::size_t k = 0; k < 3; ++k) changed |= ui::toggle(std::string(title_of(ml::BoxStatus(k))) + "  " + ui::format_count(b.count[k]) + "##" + std::string(title_of(ml::BoxStatus(k))), *on[k], k == 0 ? "Made by the detector or imported as such: nobody has looked yet" : k == 1 ? "Drawn, imported or confirmed" : "Kept, so that they can come back: click one and press Space");
    changed |= ui::slider("Score from", f.score_min, 0, 1);
    bool pictures = b.on_pictures;
    if (ui::toggle("On layers and pictures", pictures, "Also in the mosaic and at the inspected sample (V)")) c.commands.push_back(cmd::ShowBoxes{pictures});
    if (b.map.working) {
      char detail[64];
      const auto* news = b.map.news.get();
      const auto eta = news && news->eta_s >= 1 ? ", " + ui::format_duration(news->eta_s) + " left" : std::string();
      std::snprintf(detail, sizeof detail, "%.0f %%%s", news ? 100 * news->share : 0., eta.c_str());
      ui::progress(news && news->what == "placing boxes" ? "Placing boxes" : "Reading boxes", news ? float(news->share) : 0, detail);
      if (ui::button("Cancel##box map", false, -1)) c.commands.push_back(cmd::CancelBoxMap{});
      ui::tooltip("The last finished map stays");
    } else if (b.map.on) {
      if (ui::button("New map##boxes", false, -1)) c.commands.push_back(cmd::MapBoxesAgain{});
      ui::tooltip("From nothing, with all boxes of now; by itself the map only follows what changes");
    } else {
      if (ui::button("Map of the boxes", false, -1)) c.commands.push_back(cmd::ShowBoxMap{});
      ui::tooltip("All boxes as points, those beside each other that show something alike: select, name, accept or delete many at once (M)");
    }
    if (f.any() && ui::button("Show all boxes", false, -1)) {
      f = {};
      changed = true;
    }
    if (changed) c.commands.push_back(as_command(f));
  }
  classes(c);
  files(c);
}

/// Instead of the box at hand: what is done now is done to all of these.
static void selected_boxes(const PanelContext& c) {
  const auto& s = c.state;
  const auto& b = *s.boxes;
  std::vector<std::size_t> of_class(s.classes.size());
  std::size_t waiting = 0, deleted = 0;
  b.selected.for_each([&](std::size_t id) {
    const auto& box = b.at(BoxId(id));
    if (box.cls >= 0 && std::size_t(box.cls) < of_class.size()) ++of_class[std::size_t(box.cls)];
    waiting += box.status == ml::BoxStatus::proposed;
    deleted += box.status == ml::BoxStatus::rejected;
  });
  ui::section("Selected boxes", ui::format_count(b.n_selected));
  for (std::size_t k = 0; k < of_class.size(); ++k)
    if (of_class[k]) ui::row(s.classes[k].name, ui::format_count(of_class[k]), s.classes[k].colour);
  if (waiting) ui::row("Proposals", ui::format_count(waiting), ui::theme().warn);
  if (deleted) ui::row("Deleted", ui::format_count(deleted), ui::theme().text_faint);
  const float half = (ui::available_width() - ui::px(8)) / 2;
  const char* why = s.read_only ? "Read-only" : "";
  if (ui::button("Accept##selected", waiting > 0, half, waiting + deleted ? why : "None of them waits")) c.commands.push_back(cmd::AcceptBox{});
  ui::tooltip("Space: all of them are right as they are; one action");
  ui::same_line(ui::px(8));
  if (ui::button("Delete##selected", false, half, why)) c.commands.push_back(cmd::DeleteBox{});
  ui::tooltip("Delete: nothing is there; one action for all of them, and one step to undo");
  ui::hint("A class key names all of them. Esc lets them go.");
}

void box_panel(const PanelContext& c) {
  const auto& s = c.state;
  const auto& b = *s.boxes;
  if (b.n_selected)
    selected_boxes(c);
  else
    ui::section("Box", b.held() ? std::to_string(*b.current) : "");
  if (b.n_selected) {
    // said above
  } else if (!b.held()) {
    ui::hint("Click a box, or press Tab for the next doubtful one. Drag draws, the arrows move, Shift and arrows resize.");
  } else {
    const auto& box = b.at(*b.current);
    char text[64];
    const bool known = box.cls >= 0 && std::size_t(box.cls) < s.classes.size();
    ui::row("Class", known ? s.classes[std::size_t(box.cls)].name : "?", known ? s.classes[std::size_t(box.cls)].colour : 0);
    const auto& t = ui::theme();
    ui::row("Status", title_of(box.status), box.status == ml::BoxStatus::proposed ? t.warn : box.status == ml::BoxStatus::accepted ? t.good : t.text_faint);
    std::snprintf(text, sizeof text, "model, score %.2f", double(box.score));
    ui::row("Source", box.source == ml::BoxSource::model ? std::string(text) : std::string(ml::name_of(box.source)));
    if (!box.reviewer.empty()) ui::row("Reviewed by", box.reviewer);
    std::snprintf(text, sizeof text, "%.0f, %.0f   %.0f × %.0f px", double(box.rect.x0), double(box.rect.y0), double(box.rect.width()), double(box.rect.height()));
    ui::row("Place", text);
    const float half = (ui::available_width() - ui::px(8)) / 2;
    const char* why = s.read_only ? "Read-only" : "";
    if (ui::button("Accept##box", box.status == ml::BoxStatus::proposed, half, box.status == ml::BoxStatus::accepted ? "It is accepted" : why)) c.commands.push_back(cmd::AcceptBox{});
    ui::tooltip("Space: it is right as it is");
    ui::same_line(ui::px(8));
    if (ui::button("Delete##box", false, half, box.status == ml::BoxStatus::rejected ? "It is deleted" : why)) c.commands.push_back(cmd::DeleteBox{});
    ui::tooltip("Delete: nothing is there");
  }
  const auto& a = b.actions;
  if (!a.total()) return;
  char text[80];
  ui::section("Your actions", ui::format_count(std::size_t(a.total())));
  std::snprintf(text, sizeof text, "%ld / %ld", a.accepted, a.deleted);
  ui::row("Accepted / deleted", text);
  std::snprintf(text, sizeof text, "%ld / %ld", a.relabelled, a.adjusted);
  ui::row("Renamed / moved", text);
  std::snprintf(text, sizeof text, "%ld", a.drawn);
  ui::row("Drawn (two each)", text);
  if (a.boxes > 0) {
    std::snprintf(text, sizeof text, "%.0f %% of %ld", 100 * a.saved(), 2 * a.boxes);
    ui::row("Saved against drawing", text, a.saved() > 0 ? ui::theme().good : a.saved() < 0 ? ui::theme().warn : 0);
    ui::tooltip("Drawing a box is two actions (place it, name it); accepting, deleting, renaming or moving a proposal is one, and so is accepting or deleting all of a picture at once");
  }
}

}  // namespace mp::explorer
