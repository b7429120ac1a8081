// Every widget and plot on one screen, as the program arranges them. Tests only.
#pragma once
#include <cmath>

#include "engine/base/hash.h"
#include "engine/ui/banner.h"
#include "engine/ui/histogram.h"
#include "engine/ui/legend.h"
#include "engine/ui/panel.h"
#include "engine/ui/plots.h"
#include "engine/ui/popup.h"
#include "engine/ui/splitter.h"
#include "engine/ui/tabs.h"
#include "engine/ui/thumbs.h"
#include "engine/ui/widgets.h"

namespace test {
using namespace mp;

struct ClassLook {
  std::string_view name, counts, key;
  Rgba colour;
  float share;
};
inline constexpr ClassLook kClasses[] = {
    {"crazing", "3/303", "1", rgba(86, 180, 233), .76f},      {"inclusion", "5/304", "2", rgba(230, 159, 0), .76f},
    {"patches", "6/297", "3", rgba(0, 158, 115), .74f},       {"pitted surface", "13/305", "4", rgba(240, 228, 66), .77f},
    {"rolled-in scale", "3/300", "5", rgba(204, 121, 167), .75f}, {"scratches", "6/291", "6", rgba(213, 94, 0), .73f}};

struct Gallery {
  int screen = 0, colour_by = 0, map = 0, strategy = 1, segment = 0, batch = 12, selected = 1;
  float trust = .97f, ask = .62f, left_w = 0;
  bool overlay = true, oracle = false;
  std::string search, name = "pore µm";
  std::vector<float> bins;
  ui::PlotSpec training, roc, gain, empty, lr;
  ui::MatrixSpec matrix, big;

  Gallery() {
    Rng rng(7);
    std::vector<float> conf;
    for (int i = 0; i < 4000; ++i) conf.push_back(1 - std::abs(rng.normal()) * .12f);
    bins = ui::bin_values(conf, 60, 0, 1);
    ui::Series loss{.name = "loss", .colour = rgba(255, 140, 43), .smooth = 100}, acc{.name = "val accuracy", .colour = rgba(86, 180, 233)};
    for (int i = 0; i < 4000; ++i) {
      float e = float(i) / 100;
      loss.x.push_back(e);
      loss.y.push_back(.22f + .6f * std::exp(-e / 14) + rng.normal() * .05f);
    }
    for (int e = 0; e <= 40; ++e) {
      acc.x.push_back(float(e));
      acc.y.push_back(.98f - .48f * std::exp(-float(e) / 6) + rng.normal() * .006f);
    }
    training = {.name = "Training", .x = {.label = "epoch"}, .y = {.label = ""}, .series = {loss, acc}};
    roc = {.name = "ROC", .x = {.label = "false positive rate", .fit = false}, .y = {.label = "", .fit = false},
           .diagonal = true};
    for (int c = 0; c < 6; ++c) {
      ui::Series s{.name = std::string(kClasses[c].name), .colour = kClasses[c].colour};
      float k = 12 + 14 * float(c);
      for (int i = 0; i <= 60; ++i) {
        float x = std::pow(float(i) / 60, 2.f);
        s.x.push_back(x);
        s.y.push_back(std::min(1.f, 1 - std::exp(-k * x)));
      }
      s.step = true;
      s.value = "0.99" + std::to_string(4 + c);
      roc.series.push_back(s);
    }
    gain = {.name = "Gain per label", .x = {.label = "labels", .min = 12, .max = 36}, .y = {.label = "accuracy (%)", .min = 80, .max = 100}};
    gain.series.push_back({.name = "margin", .colour = rgba(255, 140, 43), .x = {12, 18, 24, 30, 36}, .y = {84.2f, 91.5f, 93.8f, 96.2f, 98.1f}, .points = true, .low = {82, 89.5f, 92.4f, 95.2f, 97.6f}, .high = {86.3f, 93.1f, 95, 97.1f, 98.7f}});
    gain.series.push_back({.name = "random", .colour = rgba(154, 160, 166), .x = {12, 18, 24, 30, 36}, .y = {84.2f, 88.1f, 90.3f, 91.9f, 93.0f}, .points = true, .dashed = true});
    lr = {.name = "Learning rate", .x = {.label = "step"}, .y = {.label = "learning rate", .min = 0, .max = 0, .log = true}};
    ui::Series rate{.name = "cosine", .colour = rgba(0, 158, 115)};
    for (int i = 0; i < 2000; ++i) rate.x.push_back(float(i)), rate.y.push_back(1e-5f + 3e-3f * .5f * (1 + std::cos(float(i) / 2000 * 3.14f)));
    lr.series = {rate};
    empty = {.name = "Accuracy", .x = {.label = "labels"}, .y = {.label = "accuracy"}, .empty = "Label two classes to see it"};
    matrix = {.name = "Confusion"};
    for (auto& c : kClasses) matrix.classes.emplace_back(c.name), matrix.colours.push_back(c.colour);
    matrix.counts = {57, 0, 0, 0, 0, 0, 0, 62, 0, 0, 0, 0, 1, 0, 56, 0, 0, 0, 0, 1, 0, 63, 0, 0, 0, 0, 0, 0, 49, 0, 0, 3, 0, 1, 0, 67};
    big = {.name = "Twenty"};
    for (int r = 0; r < 20; ++r) {
      big.classes.push_back("class " + std::to_string(r + 1));
      big.colours.push_back(ui::viridis(float(r) / 19));
      for (int c = 0; c < 20; ++c) big.counts.push_back(r == c ? 40 + int(rng.below(60)) : rng.below(9) == 0 ? int(rng.below(12)) : 0);
    }
  }

  void draw(float w, float h) {
    using namespace ui;
    const float bar = px(40), foot = px(28), left = px(272), right = px(376);
    begin_panel("top", {0, 0, w, bar}, {.bottom = true, .scroll = false});
    bar_text("Meltpool", Font::text_bold);
    same_line(px(20));
    bar_text("neu-steel.meltpool", Font::text, theme().text_dim);
    same_line(px(20));
    const std::string_view screens[] = {"Explore", "Layers", "Evaluate", "History"};
    tabs("screens", screen, screens);
    same_line();
    align_right(text_size(Font::mono_small, "● saved, rev 214").x);
    bar_text("● saved, rev 214", Font::mono_small, theme().good);
    end_panel();
    begin_view("scatter", {left, bar, w - right, h - foot});
    end_view();
    draw_left({0, bar, left, h - foot});
    draw_right({w - right, bar, w, h - foot});
    draw_middle({left, bar, w - right, h - foot});
    begin_panel("status", {0, h - foot, w, h}, {.top = true, .scroll = false});
    const std::pair<const char*, Rgba> items[] = {{"1,800 samples", theme().text}, {"36 labelled", theme().text}, {"round 4", theme().text},
                                                  {"label → cloud 41 ms", theme().good}, {"frame 7.9 ms", theme().text}};
    for (auto& [text, colour] : items) {
      bar_text(text, Font::mono_small, colour);
      same_line(px(24));
    }
    align_right(text_size(Font::mono_small, "llvmpipe · Vulkan 1.3").x);
    bar_text("llvmpipe · Vulkan 1.3", Font::mono_small, theme().text_dim);
    end_panel();
  }

  void draw_left(Rect r) {
    using namespace ui;
    begin_panel("left", r, {.right = true});
    section("Classes", "labelled / predicted");
    for (int c = 0; c < 6; ++c)
      legend_row({.name = kClasses[c].name, .shape = unsigned(c), .colour = kClasses[c].colour, .counts = kClasses[c].counts,
                  .share = kClasses[c].share * .2f, .share_dim = kClasses[c].share, .key = kClasses[c].key, .selected = c == selected, .off = c == 4});
    section("Query", "12 picks");
    const std::string_view strategies[] = {"random", "margin + diversity", "entropy"};
    combo("Strategy", strategy, strategies);
    slider_int("Batch", batch, 1, 48);
    ThumbGrid grid(px(36));
    for (int i = 0; i < 12; ++i) {
      Vec2 size = grid.next();
      thumbnail({.name = "pick " + std::to_string(i + 1), .texture = 0, .border = i % 3 ? 0 : kClasses[i % 6].colour, .selected = i == 2, .dimmed = i < 2}, size);
    }
    grid.end();
    const float half = std::floor((content_width() - px(8)) / 2);
    button("Label next ⇥", true, half);
    same_line();
    button("Show overlap", false, half);
    section("Self-training", "round 4");
    slider("Trust above", trust, 0, 1);
    row("1,204 to the model", "66.9 %");
    toggle("Ask an oracle", oracle, "Uses the source labels");
    button("Accept round", false, half);
    same_line();
    button("Revoke", false, half, "No round was accepted yet");
    section("Gain per label", "target 99 %");
    plot(gain, px(150));
    hint("about 14 more labels to 99 %");
    end_panel();
  }

  void draw_right(Rect r) {
    using namespace ui;
    begin_panel("right", r, {.left = true});
    section("Training", "2,190 img/s");
    plot(training, px(150));
    section("ROC, held-out", "AUC 0.999");
    plot(roc, px(190));
    section("Confusion", "354 of 360 right");
    confusion_matrix(matrix, px(240));
    section("Pick 3 of 12", "margin 0.04");
    for (int c = 0; c < 4; ++c) share_row(kClasses[c + 1].name, kClasses[c + 1].colour, .5f / float(c * c + 1), "0." + std::to_string(48 - c * 12));
    end_panel();
  }

  void draw_middle(Rect r) {
    using namespace ui;
    const std::string_view modes[] = {"prediction × confidence", "confidence", "margin"};
    begin_overlay("colour card", {r.x0 + px(16), r.y0 + px(16)});
    combo_chip("Colour", colour_by, modes);
    end_overlay();
    begin_overlay("count card", {r.x1 - px(16), r.y0 + px(16)}, {1, 0});
    text("175 selected", Font::text_bold);
    end_overlay();
    begin_overlay("scale card", {r.x1 - px(16), r.y1 - px(16)}, {1, 1});
    colour_bar("confidence", viridis, "0.17", "1.00", px(160));
    end_overlay();
    begin_panel("cards", {r.x0 + px(16), r.y0 + px(64), r.x1 - px(16), r.y1 - px(90)}, {.background = theme().panel});
    banner(Kind::error, "The disk is full: 12 labels are not saved yet. Nothing is lost while the program runs.", "Retry");
    banner(Kind::info, "Importing 56,896 patches from 889 layers.", "Cancel", false);
    progress("Computing features", .64f, format_eta(54, .64));
    search_field("##find", search, "Search file names");
    text_field("Class name", name);
    const std::string_view views[] = {"Contact sheet", "One layer"};
    segmented("mosaic", segment, views);
    toggle("Overlay predictions", overlay);
    Threshold th[] = {{"Ask below", &ask}, {"Trust above", &trust}};
    histogram({.name = "Confidence", .bins = bins, .label = "confidence", .keep_between = false}, th, px(96));
    plot(lr, px(120));
    plot(empty, px(110));
    confusion_matrix(big, px(300));
    end_panel();
  }
};

}  // namespace test
