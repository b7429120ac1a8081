#include "explorer/views/scatter_overlay.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <numeric>

#include "engine/ui/item.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/plots.h"
#include "engine/ui/text.h"
#include "engine/ui/ui.h"
#include "engine/ui/widgets.h"
#include "explorer/views/class_counts.h"
#include "explorer/views/heat_overlay.h"
#include "explorer/views/point_styles.h"

namespace mp::explorer {

namespace {

constexpr double kRest_s = .15;     // of the pointer on a sample until its file is read

void pill(Rect r) {
  auto& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled({r.x0, r.y0}, {r.x1, r.y1}, with_alpha(ui::theme().panel, 235), ui::px(5));
  list.AddRect({r.x0, r.y0}, {r.x1, r.y1}, ui::theme().line, ui::px(5));
}

float text_width(std::string_view s) { return ImGui::CalcTextSize(s.data(), s.data() + s.size()).x; }

void text_at(Vec2 p, Rgba colour, std::string_view s) {
  ImGui::GetWindowDrawList()->AddText({std::floor(p.x), std::floor(p.y)}, colour, s.data(), s.data() + s.size());
}

void selection_summary(const State& s, Rect view) {
  if (!s.n_selected) return;
  const auto& counts = class_counts(s);
  const auto &in = counts.selected, &all = counts.predicted;
  std::vector<std::size_t> order(s.classes.size());
  std::iota(order.begin(), order.end(), 0u);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return in[a] > in[b]; });
  const auto count = ui::format_count(s.n_selected) + " selected";
  struct Part { std::size_t cls; std::string text; float width; };
  std::vector<Part> parts;
  ui::push_font(ui::Font::text_bold);
  float width = text_width(count) + ui::px(24);
  ui::pop_font();
  ui::push_font(ui::Font::mono_small);
  for (auto c : order) {
    if (!in[c] || parts.size() == 4) break;
    auto t = std::to_string(in[c]) + "/" + std::to_string(all[c]);
    const float w = text_width(t) + ui::px(28);
    if (width + w > view.width() * .55f) break;
    width += w;
    parts.push_back({c, std::move(t), w});
  }
  ui::pop_font();
  const Rect r{view.x1 - ui::px(12) - width, view.y0 + ui::px(10), view.x1 - ui::px(12), view.y0 + ui::px(38)};
  pill(r);
  float x = r.x0 + ui::px(12);
  const float y = r.y0 + ui::px(7);
  ui::push_font(ui::Font::text_bold);
  text_at({x, y - ui::px(1)}, ui::theme().text, count);
  x += text_width(count) + ui::px(12);
  ui::pop_font();
  ui::push_font(ui::Font::mono_small);
  for (const auto& part : parts) {
    const auto& cls = s.classes[part.cls];
    ui::marker({x + ui::px(5), r.y0 + ui::px(14)}, ui::px(4.5f), cls.shape, cls.colour);
    text_at({x + ui::px(14), y + ui::px(1)}, ui::theme().text_dim, part.text);
    x += part.width;
  }
  ui::pop_font();
}

void latency_pill(const State& s, Rect view) {
  std::string ms, rest;
  if (s.latency.changed_at_ms >= 0) {
    rest = "retraining …";
  } else if (s.latency.last_ms >= 0) {
    ms = ui::format_duration(s.latency.last_ms / 1000);
    rest = "label → retrained → recoloured";
  } else if (s.n_labelled() == 0 && s.samples()) {
    rest = "Drag around a cluster, then press 1 to label it  ·  Tab asks for good first samples";
  } else {
    return;
  }
  ui::push_font(ui::Font::mono_small);
  const float ms_width = ms.empty() ? 0 : text_width(ms) + ui::px(7);
  ui::pop_font();
  ui::push_font(ui::Font::small);
  const float width = ms_width + text_width(rest) + ui::px(20);
  const Rect r{view.x0 + ui::px(12), view.y1 - ui::px(36), view.x0 + ui::px(12) + width, view.y1 - ui::px(10)};
  if (r.x1 < view.x1) {
    pill(r);
    text_at({r.x0 + ui::px(10) + ms_width, r.y0 + ui::px(6)}, ui::theme().text_dim, rest);
  }
  ui::pop_font();
  if (!ms.empty() && r.x1 < view.x1) {
    ui::push_font(ui::Font::mono_small);
    text_at({r.x0 + ui::px(10), r.y0 + ui::px(7)}, ui::theme().good, ms);
    ui::pop_font();
  }
}

/// The cloud shows the past, or is being made. True: there is something to say.
bool past_pill(const State& s, Rect view) {
  std::string text;
  const auto& t = s.timeline;
  if (t.shown) {
    text = "Round " + std::to_string(t.shown->index + 1) + " of " + std::to_string(t.rounds()) + ", " + std::to_string(t.shown->info.labels) + " labels";
    if (t.shown->info.accuracy >= 0) {
      char accuracy[24];
      std::snprintf(accuracy, sizeof accuracy, ", %.1f %%", double(t.shown->info.accuracy) * 100);
      text += accuracy;
    }
    text += t.playing ? "  \u00b7  P pauses" : "  \u00b7  , and . step, Esc comes back to now";
  } else if (s.map.running && s.map.what != "following") {
    char share[32];
    std::snprintf(share, sizeof share, "  %.0f %%", s.map.share * 100);
    text = "Making the map" + std::string(share);
  } else {
    return false;
  }
  ui::push_font(ui::Font::small);
  const Rect r{view.x0 + ui::px(12), view.y1 - ui::px(36), view.x0 + ui::px(32) + text_width(text), view.y1 - ui::px(10)};
  if (r.x1 < view.x1) {
    pill(r);
    text_at({r.x0 + ui::px(10), r.y0 + ui::px(6)}, t.shown ? ui::theme().accent : ui::theme().text_dim, text);
  }
  ui::pop_font();
  return true;
}

/// Above the other pill: points that cannot be drawn are not passed over in silence.
void nowhere_pill(Rect view, std::size_t n) {
  const auto text = ui::format_count(n) + (n == 1 ? " sample has" : " samples have") + " no place on the map: without features, or not finite";
  ui::push_font(ui::Font::small);
  const Rect r{view.x0 + ui::px(12), view.y1 - ui::px(68), view.x0 + ui::px(32) + text_width(text), view.y1 - ui::px(42)};
  if (r.x1 < view.x1 && r.y0 > view.y0 + ui::px(60)) {
    pill(r);
    text_at({r.x0 + ui::px(10), r.y0 + ui::px(6)}, ui::theme().warn, text);
  }
  ui::pop_font();
}

}  // namespace

void scatter_pills(const State& s, Rect view, std::size_t without_place) {
  if (without_place && !s.import.running && !s.map.running) nowhere_pill(view, without_place);
  if (!past_pill(s, view)) latency_pill(s, view);
  selection_summary(s, view);
}

void score_legend(const State& s, Rect view, const char* id) {
  const bool score = colours_by_score(s.colour_by), layer = s.colour_by == ColourBy::layer && s.pool->layered();
  const bool split = s.colour_by == ColourBy::split, origin = s.colour_by == ColourBy::label_origin;
  const bool round = s.colour_by == ColourBy::round, flips = s.colour_by == ColourBy::flips;
  const bool strength = s.colour_by == ColourBy::prediction && s.instant && s.instant->labelled;
  const float width = ui::px(164);
  if ((!score && !layer && !strength && !split && !origin && !round && !flips) || view.width() < width * 2) return;
  ui::begin_overlay(id, {view.x1 - ui::px(12), view.y1 - ui::px(10)}, {1, 1}, width);
  const float w = ui::available_width();
  if (origin) {
    for (int k = 0; k < 5; ++k) {
      const auto at = ui::cursor();
      ui::marker({at.x + ui::px(5), at.y + ui::line_height(ui::Font::small) / 2}, ui::px(4), 0, origin_colour(ml::LabelSource(k)));
      ui::text_at(ui::window_list(), ui::Font::small, {at.x + ui::px(14), at.y}, ui::theme().text_dim, ml::name_of(ml::LabelSource(k)));
      ImGui::Dummy({w, ui::line_height(ui::Font::small)});
    }
  } else if (split) {
    const auto at = ui::cursor();
    const float y = at.y + ui::line_height(ui::Font::small) / 2;
    auto* list = ui::window_list();
    ui::marker({at.x + ui::px(5), y}, ui::px(4), 0, rgba(86, 180, 233));
    ui::text_at(list, ui::Font::small, {at.x + ui::px(14), at.y}, ui::theme().text_dim, "pool");
    ui::marker({at.x + w / 2 + ui::px(5), y}, ui::px(4), 0, rgba(230, 159, 0));
    ui::text_at(list, ui::Font::small, {at.x + w / 2 + ui::px(14), at.y}, ui::theme().text_dim, "held out");
    ImGui::Dummy({w, ui::line_height(ui::Font::small)});
  } else {
    char lo[16] = "0.00", hi[16] = "1.00";
    if (strength) std::snprintf(lo, sizeof lo, "%.2f", s.classes.empty() ? 0. : 1. / double(s.classes.size()));
    if (layer) {
      std::snprintf(lo, sizeof lo, "1");
      std::snprintf(hi, sizeof hi, "%zu", s.pool->layers.size());
    }
    if (round) std::snprintf(lo, sizeof lo, "0");
    if (round) std::snprintf(hi, sizeof hi, "%d", std::max(s.loop.round, 1));
    if (flips) std::snprintf(lo, sizeof lo, "0");
    if (flips) std::snprintf(hi, sizeof hi, "4+");
    auto grey = [](float t) { return rgba(unsigned(60 + 195 * t), unsigned(60 + 195 * t), unsigned(60 + 195 * t)); };
    ui::colour_bar(strength ? "confidence" : name_of(s.colour_by), strength ? +grey : layer || round ? &ui::cividis : &ui::viridis, lo, hi, w);
  }
  ui::end_overlay();
}

void scatter_controls(const State& s, Commands& commands, Rect view, bool of_map) {
  static constexpr std::string_view names[] = {"prediction × confidence", "confidence", "margin", "entropy", "label", "source label", "layer", "split", "label source", "labelling round", "label flips"};
  static constexpr std::string_view tips[] = {"Predicted class; confidence is the strength of the colour",
                                              "Largest probability",
                                              "Largest minus second largest probability",
                                              "Entropy of the probabilities, 0 to 1",
                                              "Labels given by people",
                                              "Labels of the source folders",
                                              "Height of the layer in the build",
                                              "Pool or held-out test part",
                                              "Who gave the label: a person, the oracle, a file or the model",
                                              "When the label was given",
                                              "How often the label changed from one class to another"};
  static constexpr std::string_view tools[] = {"lasso", "pan", "rectangle", "brush"};
  static constexpr std::string_view tool_tips[] = {"Drag selects; Shift adds, Alt removes, both intersect; right drag pans (L)", "Drag pans (H)", "Drag selects a rectangle, with the same keys (X)", "Drag selects what the brush passes, with the same keys (B)"};
  static constexpr std::string_view pictures[] = {"off", "typical"};
  static constexpr std::string_view picture_tips[] = {"Points only (I)", "Typical samples of each predicted class at their cluster (I)"};
  // Cards beside each other; those without room wait for a wider view.
  float x = view.x0 + ui::px(12);
  auto card = [&](const char* id, std::string_view label, int& index, std::span<const std::string_view> items, std::span<const std::string_view> item_tips) {
    const float width = ui::text_size(ui::Font::text, label).x + ui::text_size(ui::Font::text_bold, items[std::size_t(index)]).x + ui::px(50);
    if (x + width > view.x1 - ui::px(12)) return false;
    ui::begin_overlay(id, {x, view.y0 + ui::px(10)}, {0, 0}, width);
    const bool changed = ui::combo_chip(label, index, items, item_tips);
    ui::end_overlay();
    x += width + ui::px(8);
    return changed;
  };
  static constexpr std::string_view lines[] = {"off", "on"};
  static constexpr std::string_view line_tips[] = {"No lines (D)", "Lines around the densest 20, 40, 60, 80 and 95 % of what is shown (D)"};
  int by = int(s.colour_by), tool = int(s.tool), shown = s.show_pictures, contours = s.show_contours;
  if (card(of_map ? "##scatter colour" : "##build colour", "Colour", by, names, tips)) commands.push_back(cmd::SetColourBy{ColourBy(by)});
  if (s.n_selected && view.width() < ui::px(1000)) return;   // the selection's counts need the room
  if (card(of_map ? "##scatter tool" : "##build tool", "Tool", tool, tools, tool_tips)) commands.push_back(cmd::SetTool{Tool(tool)});
  if (of_map && s.predictions() && s.predictions()->labelled && card("##scatter pictures", "Pictures", shown, pictures, picture_tips)) commands.push_back(cmd::ShowPictures{shown != 0});
  if (of_map && card("##scatter lines", "Density", contours, lines, line_tips)) commands.push_back(cmd::ShowContours{contours != 0});
}

std::string prediction_text(const State& s, SampleId id) {
  const auto* p = s.predictions();
  if (!p || id >= p->n || !p->labelled || p->predicted[id] < 0 || std::size_t(p->predicted[id]) >= s.classes.size()) return "no prediction yet";
  char text[96];
  std::snprintf(text, sizeof text, "  %.2f   margin %.2f", double(p->confidence[id]), double(p->margin[id]));
  return s.classes[std::size_t(p->predicted[id])].name + text;
}

void sample_tooltip(const State& s, Pictures& pictures, SampleId id, Rect keep_clear) {
  const auto& t = ui::theme();
  // A pointer that sweeps over the cloud must not have a file decoded for every point.
  static SampleId rests_on = 0;
  static double since_s = -1;
  if (since_s < 0 || rests_on != id || s.time_s < since_s) {
    rests_on = id;
    since_s = s.time_s;
  }
  const bool rests = s.time_s - since_s > kRest_s;
  // Beside what it speaks of, on the side with more room: never over it.
  const auto screen = ImGui::GetIO().DisplaySize;
  const float gap = ui::px(14);
  const bool left = keep_clear.x1 + gap + ui::px(440) > screen.x && keep_clear.x0 > screen.x - keep_clear.x1;
  const bool up = keep_clear.centre().y > screen.y * .6f;
  ImGui::SetNextWindowPos({left ? keep_clear.x0 - gap : keep_clear.x1 + gap, up ? keep_clear.y1 : keep_clear.y0}, ImGuiCond_Always, {left ? 1.f : 0.f, up ? 1.f : 0.f});
  const auto thumb = rests ? picture(pictures, s, id) : thumbnail(pictures, s, id);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui::px(8), ui::px(8)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, ui::px(6));
  ImGui::BeginTooltip();
  if (thumb.texture) {
    const float h = ui::px(128), w = std::clamp(h * thumb.aspect, ui::px(32), ui::px(256));
    const auto at = ui::cursor();
    ImGui::Image(reinterpret_cast<ImTextureID>(thumb.texture), {w, h}, {thumb.uv.x0, thumb.uv.y0}, {thumb.uv.x1, thumb.uv.y1});
    draw_sample_heat(s, ImGui::GetWindowDrawList(), id, {at.x, at.y, at.x + w, at.y + h});
    ImGui::SameLine(0, ui::px(10));
  }
  ImGui::BeginGroup();
  const auto* p = s.predictions();
  if (p && id < p->n && p->labelled && p->classes > 0) {
    std::vector<int> order(std::size_t(std::min<int>(p->classes, int(s.classes.size()))));
    std::iota(order.begin(), order.end(), 0);
    const float* row = p->probability.data() + std::size_t(id) * std::size_t(p->classes);
    const auto shown = std::min<std::size_t>(order.size(), 4);
    std::partial_sort(order.begin(), order.begin() + long(shown), order.end(), [&](int a, int b) { return row[a] != row[b] ? row[a] > row[b] : a < b; });
    order.resize(shown);
    auto* list = ImGui::GetWindowDrawList();
    const float w = ui::px(170), line = ui::line_height(ui::Font::small);
    for (int c : order) {
      const auto at = ui::cursor();
      const auto& cls = s.classes[std::size_t(c)];
      char v[16];
      std::snprintf(v, sizeof v, "%.2f", double(row[c]));
      const auto size = ui::text_size(ui::Font::mono_small, v);
      ui::text_at(list, ui::Font::small, at, t.text, ui::text_fit(ui::Font::small, cls.name, w - size.x - ui::px(8)));
      ui::text_at(list, ui::Font::mono_small, {at.x + w - size.x, at.y}, t.text, v);
      const float y = at.y + line + ui::px(1);
      ui::fill(list, {at.x, y, at.x + w, y + ui::px(2)}, t.line);
      ui::fill(list, {at.x, y, at.x + w * row[c], y + ui::px(2)}, cls.colour);
      ImGui::Dummy({w, line + ui::px(1)});
    }
  } else {
    ui::push_font(ui::Font::small);
    ImGui::TextUnformatted("no prediction yet");
    ui::pop_font();
  }
  ui::push_font(ui::Font::small);
  ImGui::PushStyleColor(ImGuiCol_Text, t.text_dim);
  if (s.labels.labelled(id)) {
    const auto c = std::size_t(s.labels.cls[id]);
    const auto by = ml::name_of(s.labels.source[id]);
    ImGui::Text("labelled %s (%.*s)", c < s.classes.size() ? s.classes[c].name.c_str() : "?", int(by.size()), by.data());
  }
  if (const int l = s.pool->layer_of[id]; l >= 0) {
    const auto& layer = s.pool->layers[std::size_t(l)];
    if (layer.z_mm == layer.z_mm)
      ImGui::Text("layer %d  z %.3f mm", l + 1, double(layer.z_mm));
    else
      ImGui::Text("layer %d", l + 1);
  }
  const auto& path = s.pool->image(id).path;
  const auto name = path.size() > 40 ? "…" + path.substr(path.size() - 38) : path;
  ImGui::TextUnformatted(name.c_str());
  ImGui::PopStyleColor();
  if (thumb.broken) {
    const auto bad = std::ranges::find(s.bad, path, &ml::BadFile::path);
    ImGui::PushStyleColor(ImGuiCol_Text, t.warn);
    ImGui::PushTextWrapPos(ImGui::GetCursorPosX() + ui::px(230));
    ImGui::TextUnformatted(bad == s.bad.end() ? "the file cannot be read" : bad->reason.c_str());
    ImGui::PopTextWrapPos();
    ImGui::PopStyleColor();
  }
  ui::pop_font();
  ImGui::EndGroup();
  ImGui::EndTooltip();
  ImGui::PopStyleVar(2);
}

}  // namespace mp::explorer
