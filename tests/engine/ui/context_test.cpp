// Context: input over frames, names, scrolling to a name, keyboard focus, fonts and draw lists.
#include <catch2/catch.hpp>

#include "engine/ui/popup.h"
#include "engine/ui/widgets.h"
#include "fake.h"

using namespace test;

TEST_CASE("a click whose press and release come in one frame is one click") {
  int clicks = 0;
  Stage s([&] { clicks += ui::button("Train"); });
  REQUIRE(s.ui.find("Train"));
  auto at = s.ui.find("Train")->centre();
  s.frame({move_to(at), mouse_button(true), mouse_button(false)});
  CHECK(s.ui.input_pending());
  CHECK(s.ui.next_frame_s() == 0);
  s.frame();
  CHECK_FALSE(s.ui.input_pending());
  CHECK(clicks == 1);
  // Two clicks and a move away, all at once: two clicks.
  s.feed({mouse_button(true), mouse_button(false), mouse_button(true), mouse_button(false), move_to({700, 500})});
  CHECK(clicks == 3);
  // A drag that ends elsewhere is none.
  s.feed({move_to(at), mouse_button(true), move_to({700, 500}), mouse_button(false)});
  CHECK(clicks == 3);
}

TEST_CASE("names: exact, then without case, then a prefix that is the only one; the first of equals") {
  Stage s([&] {
    ui::button("Train");
    ui::button("Training log");
    ui::button("Show overlap");
    ui::button("Stop##1");
    ui::button("Stop##2");
  });
  auto train = s.ui.find("Train"), log = s.ui.find("training L");
  REQUIRE(train);
  REQUIRE(log);
  CHECK(train->y0 < log->y0);
  CHECK(s.ui.find("train") == train);
  CHECK(s.ui.find("show") == s.ui.find("Show overlap"));
  CHECK_FALSE(s.ui.find("Tra"));          // two begin so
  CHECK_FALSE(s.ui.find("overlap"));
  CHECK_FALSE(s.ui.find(""));
  CHECK(s.ui.find("Stop")->y0 < 20 + 560);
  auto names = s.ui.names();
  CHECK(names == std::vector<std::string>{"Train", "Training log", "Show overlap", "Stop"});
  s.content = [] { ui::hint("nothing here"); };
  s.frame();
  CHECK_FALSE(s.ui.find("Train"));
}

TEST_CASE("a script can reach an item below the fold") {
  int clicks = 0;
  Stage s([&] {
    for (int i = 0; i < 60; ++i) ui::button("b" + std::to_string(i));
    clicks += ui::button("Last");
  });
  CHECK_FALSE(s.ui.visible("Last"));
  CHECK(s.ui.visible("b0"));
  s.ui.request_visible("last");
  s.frame();
  s.frame();
  CHECK(s.ui.visible("Last"));
  CHECK_FALSE(s.ui.visible("b0"));
  REQUIRE(s.click("Last"));
  CHECK(clicks == 1);
}

TEST_CASE("keys belong to the program until F6; the ring walks, presses and gives them back") {
  int first = 0, second = 0;
  float value = .5f;
  Stage s([&] {
    first += ui::button("First");
    ui::slider("Value", value, 0, 1);
    second += ui::button("Second");
  });
  using window::KeyChord;
  CHECK_FALSE(s.ui.wants_key(KeyChord{Key::tab, {}}));
  CHECK_FALSE(s.ui.wants_key(KeyChord{Key::space, {}}));
  CHECK_FALSE(s.ui.wants_keyboard());
  s.press(Key::space);
  s.press(Key::tab);
  CHECK(first + second == 0);
  s.press(Key::f6);
  CHECK(s.ui.wants_keyboard());
  CHECK(s.ui.wants_key(KeyChord{Key::space, {}}));
  CHECK_FALSE(s.ui.wants_key(KeyChord{Key::d1, {}}));       // classes can still be given
  CHECK_FALSE(s.ui.wants_key(KeyChord{Key::z, {.ctrl = true}}));
  s.press(Key::space);
  CHECK(first == 1);
  s.press(Key::tab);
  s.press(Key::right);
  CHECK(value == Approx(.51f));
  s.press(Key::page_up);
  CHECK(value == Approx(.61f));
  s.press(Key::end);
  CHECK(value == 1.f);
  s.press(Key::home);
  CHECK(value == 0.f);
  s.press(Key::tab);
  s.press(Key::enter);
  CHECK(second == 1);
  s.press(Key::tab);                                         // around
  s.press(Key::enter);
  CHECK(first == 2);
  s.press(Key::tab, {.shift = true});
  s.press(Key::enter);
  CHECK(second == 2);
  s.press(Key::escape);
  CHECK_FALSE(s.ui.wants_keyboard());
  s.press(Key::f6);
  CHECK(s.ui.wants_keyboard());
  s.click_at({790, 590});                                    // the mouse takes over
  CHECK_FALSE(s.ui.wants_keyboard());
}

TEST_CASE("text goes to the focused field, Tab leaves it, copies reach the clipboard") {
  std::string a, b = "two";
  bool entered = false;
  Stage s([&] {
    ui::text_field("Name", a, "class name");
    entered = entered || ui::text_field_entered();
    ui::text_field("Other", b);
  });
  std::string copied;
  s.ui.set_clipboard([&](const std::string& t) { copied = t; }, [] { return std::string("pasted µ"); });
  s.feed({typed("lost")});
  CHECK(a.empty());
  s.click("Name");
  CHECK(s.ui.wants_keyboard());
  CHECK(s.ui.wants_key({Key::d1, {}}));
  s.feed({typed("po"), typed("re µm")});
  CHECK(a == "pore µm");
  s.press(Key::backspace);
  CHECK(a == "pore µ");
  s.press(Key::tab);
  s.frame();
  s.feed({key(Key::ctrl, true, {.ctrl = true}), key(Key::a, true, {.ctrl = true}), key(Key::a, false, {.ctrl = true})});
  s.press(Key::c, {.ctrl = true});
  CHECK(copied == "two");
  s.press(Key::v, {.ctrl = true});
  s.feed({key(Key::ctrl, false)});
  CHECK(b == "pasted µ");
  CHECK_FALSE(entered);
  s.click("Name");
  s.press(Key::enter);
  CHECK(entered);
}

TEST_CASE("the view's pixels are the view's, widgets and popups take the pointer") {
  FakeRenderer r;
  ui::Context ui(r, 1);
  bool over = false;
  auto frame = [&](std::vector<InputEvent> e) {
    ui.begin_frame(e, 800, 600, .016f);
    over = ui::begin_view("scatter", {200, 0, 800, 600});
    ui::end_view();
    ui::begin_panel("side", {0, 0, 200, 600});
    ui::button("Train");
    ui::end_panel();
    ui::begin_overlay("card", {300, 20});
    ui::text("a card");
    ui::end_overlay();
    ui.end_frame();
  };
  for (int i = 0; i < 3; ++i) frame({move_to({600, 400})});
  CHECK(over);
  CHECK_FALSE(ui.wants_mouse());
  CHECK(ui.find("scatter") == Rect{200, 0, 800, 600});
  for (int i = 0; i < 2; ++i) frame({move_to({310, 30})});
  CHECK_FALSE(over);
  CHECK(ui.wants_mouse());
  for (int i = 0; i < 2; ++i) frame({move_to({50, 400})});
  CHECK(ui.wants_mouse());
  // A click into the view does not lift it over the card.
  frame({move_to({600, 400}), mouse_button(true)});
  frame({mouse_button(false)});
  for (int i = 0; i < 2; ++i) frame({move_to({310, 30})});
  CHECK_FALSE(over);
}

TEST_CASE("scale rebuilds the fonts, one texture at a time; draw lists are whole") {
  Stage s([&] {
    ui::section("Query", "12 picks");
    ui::hint("→ ▾ ● × µ ± ≥ … – ✓ ⇥ ∞ α");
  });
  CHECK(s.renderer.textures.size() == 1);
  float h1 = ui::text_size(ui::Font::text, "Ag").y, w1 = ui::text_size(ui::Font::mono, "0123456789").x;
  s.ui.set_scale(2);
  s.frame();
  CHECK(s.ui.scale() == 2);
  CHECK(s.renderer.textures.size() == 1);
  CHECK(ui::text_size(ui::Font::text, "Ag").y == Approx(2 * h1).margin(1));
  CHECK(ui::text_size(ui::Font::mono, "0123456789").x == Approx(2 * w1).epsilon(.01));
  s.ui.set_scale(9);
  s.frame();
  CHECK(s.ui.scale() == 3);
  CHECK(ui::px(8) == 24);
  // Every index of every command lies inside the vertices.
  s.ui.begin_frame({}, 800, 600, .016f);
  ui::begin_panel("p", {0, 0, 800, 600});
  for (int i = 0; i < 400; ++i) ui::row("a row of text, number " + std::to_string(i), "1234567890 1234567890");
  ui::end_panel();
  auto lists = s.ui.end_frame();
  REQUIRE_FALSE(lists.empty());
  for (const auto& l : lists)
    for (const auto& c : l.commands) {
      CHECK(c.texture != 0);
      REQUIRE(c.index_offset + c.count <= l.indices.size());
      std::size_t most = 0;
      for (auto i : l.indices.subspan(c.index_offset, c.count)) most = std::max<std::size_t>(most, i);
      CHECK(most + c.vertex_offset < l.vertices.size());
      CHECK(c.clip_px.width() > 0);
    }
}

TEST_CASE("layout text survives a session") {
  Stage s([] {});
  std::string ini = s.ui.save_layout();
  s.ui.load_layout(ini);
  CHECK(s.ui.save_layout() == ini);
}
