// Widgets: what a person does to them and what they say.
#include <catch2/catch.hpp>

#include "engine/ui/popup.h"
#include "engine/ui/widgets.h"
#include "fake.h"

using namespace test;

TEST_CASE("a disabled button does nothing and says why") {
  int clicks = 0;
  Stage s([&] { clicks += ui::button("Train", true, -1, "Label at least two classes first"); });
  std::size_t quiet = s.last_vertices;
  s.click("Train");
  CHECK(clicks == 0);
  CHECK(s.ui.next_frame_s() > 0);              // a tooltip is due
  for (int i = 0; i < 3; ++i) s.frame({}, .3f);
  CHECK(s.last_vertices > quiet);              // and there
  CHECK(s.ui.next_frame_s() < 0);
}

TEST_CASE("toggle, slider and integer slider follow the mouse") {
  bool on = false;
  float v = .25f;
  int n = 3;
  Stage s([&] {
    ui::toggle("Overlay", on);
    ui::slider("Trust above", v, 0, 1);
    ui::slider_int("Batch", n, 1, 21);
  });
  s.click("Overlay");
  CHECK(on);
  s.click("overlay");
  CHECK_FALSE(on);
  s.click("Trust above");
  CHECK(v == Approx(.5f).margin(.01));
  auto r = *s.ui.find("Trust above");
  s.feed({move_to({r.centre().x, r.centre().y}), mouse_button(true), move_to({r.x1 + 50, r.centre().y}), mouse_button(false)});
  CHECK(v == 1.f);
  s.click("Batch");
  CHECK(n == 11);
}

TEST_CASE("combo opens, lists, chooses; its items are named label/item") {
  int index = 0;
  std::vector<std::string_view> items{"random", "margin", "entropy"};
  int changes = 0;
  Stage s([&] { changes += ui::combo("Strategy", index, items); });
  CHECK_FALSE(s.ui.find("Strategy/margin"));
  s.click("Strategy");
  s.frame();
  REQUIRE(s.ui.find("Strategy/margin"));
  CHECK(s.ui.wants_mouse());
  s.click("Strategy/margin");
  s.frame();
  CHECK(index == 1);
  CHECK(changes == 1);
  CHECK_FALSE(s.ui.find("Strategy/margin"));
  // By keys: down to the next without opening; or open, walk, choose.
  s.press(Key::f6);
  s.press(Key::down);
  CHECK(index == 2);
  s.press(Key::enter);
  s.frame();
  REQUIRE(s.ui.find("Strategy/random"));
  s.press(Key::up);
  s.press(Key::up);
  s.press(Key::enter);
  s.frame();
  CHECK(index == 0);
  s.press(Key::enter);
  s.frame();
  REQUIRE(s.ui.find("Strategy/random"));
  s.press(Key::escape);
  s.frame();
  CHECK_FALSE(s.ui.find("Strategy/random"));
  CHECK(s.ui.wants_keyboard());   // the ring is back on the box
}

TEST_CASE("search clears, a question is answered by mouse or keys") {
  std::string text = "scratch";
  bool asking = false;
  ui::Answer answer = ui::Answer::none;
  Stage s([&] {
    ui::search_field("##find", text);
    if (ui::button("Delete")) asking = true;
    if (asking) {
      auto a = ui::confirm("Delete class", "175 labels will be removed.", "Remove", "Keep", true);
      if (a != ui::Answer::none) answer = a, asking = false;
    }
  });
  s.click("find/clear");
  CHECK(text.empty());
  s.click("Delete");
  s.frame();
  s.frame();
  REQUIRE(s.ui.find("Remove"));
  s.click("Keep");
  CHECK(answer == ui::Answer::no);
  s.frame();
  s.click("Delete");
  s.frame();
  s.frame();
  s.click("Remove");
  CHECK(answer == ui::Answer::yes);
  answer = ui::Answer::none;
  s.click("Delete");
  s.frame();
  s.press(Key::escape);
  CHECK(answer == ui::Answer::no);
}

TEST_CASE("numbers are written for people") {
  CHECK(ui::format_count(0) == "0");
  CHECK(ui::format_count(999) == "999");
  CHECK(ui::format_count(56896) == "56,896");
  CHECK(ui::format_count(1234567) == "1,234,567");
  CHECK(ui::format_duration(.0412) == "41 ms");
  CHECK(ui::format_duration(.0032) == "3.2 ms");
  CHECK(ui::format_duration(.9999) == "1.0 s");
  CHECK(ui::format_duration(3.21) == "3.2 s");
  CHECK(ui::format_duration(59.99) == "1 min 0 s");
  CHECK(ui::format_duration(130) == "2 min 10 s");
  CHECK(ui::format_duration(3900) == "1 h 05 min");
  CHECK(ui::format_duration(-1) == "–");
  CHECK(ui::format_eta(10, .5) == "50 %, 10.0 s left");
}

TEST_CASE("text is shortened to its room, never inside a character") {
  Stage s([] {});
  std::string name = "rolled-in scale µµµµµµµµ";
  for (float w = 20; w < 220; w += 3) {
    std::string t = ui::text_fit(ui::Font::text, name, w), m = ui::text_fit_middle(ui::Font::text, name, w);
    for (const auto& x : {t, m}) {
      if (x != "…") CHECK(ui::text_size(ui::Font::text, x).x <= w + .5f);
      for (std::size_t i = 0; i < x.size(); ++i)   // every lead byte has its tail
        if ((static_cast<unsigned char>(x[i]) & 0xe0) == 0xc0) CHECK((static_cast<unsigned char>(x[i + 1]) & 0xc0) == 0x80);
    }
  }
  CHECK(ui::text_fit(ui::Font::text, name, 1000) == name);
}
