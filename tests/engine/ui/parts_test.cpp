// Legend rows, thumbnails, banners, toasts, tabs, splitter.
#include <catch2/catch.hpp>

#include "engine/ui/banner.h"
#include "engine/ui/legend.h"
#include "engine/ui/splitter.h"
#include "engine/ui/tabs.h"
#include "engine/ui/thumbs.h"
#include "engine/ui/widgets.h"
#include "fake.h"

using namespace test;

TEST_CASE("a legend row tells left, right and double clicks apart") {
  int left = 0, right = 0, twice = 0;
  Stage s([&] {
    auto c = ui::legend_row({.name = "scratches", .counts = "47 / 412", .share = .1f, .key = "6"});
    left += c.clicked, right += c.right_clicked, twice += c.double_clicked;
  });
  s.click("scratches");
  CHECK((left == 1 && right == 0 && twice == 0));
  for (int i = 0; i < 60; ++i) s.frame();
  s.click_at(s.ui.find("scratches")->centre(), window::MouseButton::right);
  CHECK((left == 1 && right == 1));
  s.click("scratches");
  s.click("scratches");
  CHECK(twice == 1);
}

TEST_CASE("a grid of thumbnails meets both edges of its panel and is clicked by name") {
  std::string hit;
  int n = 13;
  Stage s([&] {
    ui::ThumbGrid grid(48);
    for (int i = 0; i < n; ++i) {
      std::string name = "pick " + std::to_string(i);
      auto size = grid.next();
      if (ui::thumbnail({.name = name, .texture = 1, .badge = "0.4", .shape_colour = 0xffffffff}, size).clicked) hit = name;
    }
    grid.end();
    ui::button("Below");
  });
  s.click("pick 7");
  CHECK(hit == "pick 7");
  float x1 = 0, bottom = 0;
  for (int i = 0; i < n; ++i) {
    auto r = *s.ui.find("pick " + std::to_string(i));
    x1 = std::max(x1, r.x1);
    bottom = std::max(bottom, r.y1);
    for (int k = 0; k < i; ++k) {   // none overlap
      auto q = *s.ui.find("pick " + std::to_string(k));
      CHECK((r.x0 >= q.x1 || q.x0 >= r.x1 || r.y0 >= q.y1 || q.y0 >= r.y1));
    }
  }
  CHECK(s.ui.find("pick 0")->x0 == 36);
  CHECK(x1 == Approx(304).margin(1));
  CHECK(s.ui.find("Below")->y0 > bottom);
}

TEST_CASE("a banner acts and goes, also in a narrow panel; toasts are clicked away") {
  int retry = 0, gone = 0, away = -1;
  Stage s([&] {
    auto b = ui::banner(ui::Kind::error, "The disk is full: 12 labels are not saved yet.", "Retry");
    retry += b.action, gone += b.dismissed;
    std::vector<ui::ToastView> t{{ui::Kind::good, "ROC saved", 3}, {ui::Kind::info, "Round 4 is done", .1f}, {ui::Kind::info, "over", 0}};
    if (int k = ui::toasts(t, {0, 0, 800, 600}); k >= 0) away = k;
  });
  s.click("Retry");
  s.click("Dismiss");
  CHECK((retry == 1 && gone == 1));
  s.click_at({770, 570});
  CHECK(away == 1);
  s.click_at({770, 525});
  CHECK(away == 0);
  s.width = 600;
  s.frame();
  s.click("Retry");
  CHECK(retry == 2);
}

TEST_CASE("tabs and segments change by click and by key; the splitter stays in its range") {
  int tab = 0, segment = 0;
  float at = 300;
  const std::string_view screens[] = {"Explore", "Layers", "Evaluate"}, views[] = {"Sheet", "Layer"};
  Stage s([&] {
    ui::tabs("screens", tab, screens);
    ui::segmented("view", segment, views);
    ui::splitter("side", true, {0, 0, 800, 600}, at, 200, 500, 300);
  });
  s.click("Layers");
  CHECK(tab == 1);
  s.click("Layer");
  CHECK(segment == 1);
  auto r = *s.ui.find("side");
  s.feed({move_to(r.centre()), mouse_button(true), move_to({420, 300}), mouse_button(false)});
  CHECK(at == 420);
  r = *s.ui.find("side");
  s.feed({move_to(r.centre()), mouse_button(true), move_to({790, 300}), mouse_button(false)});
  CHECK(at == 500);
}
