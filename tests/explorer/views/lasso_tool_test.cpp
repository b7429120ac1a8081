#include "explorer/views/lasso_tool.h"

#include <catch2/catch.hpp>

#include "engine/points/point_queries.h"

using namespace mp;
using namespace mp::explorer;
using window::InputEvent;

namespace {

InputEvent move(float x, float y) {
  InputEvent e{InputEvent::Type::mouse_move};
  e.x = x;
  e.y = y;
  return e;
}

InputEvent left(bool down, window::Mods mods = {}) {
  InputEvent e{InputEvent::Type::mouse_button};
  e.button = window::MouseButton::left;
  e.down = down;
  e.mods = mods;
  return e;
}

const Rect kView{0, 0, 200, 200};

}  // namespace

TEST_CASE("an outline keeps every vertex, also those that come within one frame") {
  LassoTool tool;
  const std::vector<InputEvent> events = {move(10, 10), left(true), move(100, 10), move(100, 100), move(10, 100), left(false)};
  const auto done = tool.follow(events, kView, Tool::lasso, true);
  REQUIRE(done);
  CHECK_FALSE(done->click);
  CHECK(done->op == SelectOp::replace);
  CHECK(done->polygon_px.size() == 4);
  CHECK_FALSE(tool.active());
}

TEST_CASE("an outline may go on over several frames and outside the view") {
  LassoTool tool;
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(150, 10), left(true)}, kView, Tool::lasso, true));
  CHECK(tool.active());
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(500, 50)}, kView, Tool::lasso, false));
  const auto done = tool.follow(std::vector<InputEvent>{move(150, 150), left(false)}, kView, Tool::lasso, false);
  REQUIRE(done);
  CHECK(done->polygon_px.size() == 3);
}

TEST_CASE("Shift adds, Alt removes, a press without a move is a click, Escape gives up") {
  LassoTool tool;
  window::Mods shift, alt;
  shift.shift = true;
  alt.alt = true;
  auto drag = [&](window::Mods mods) { return tool.follow(std::vector<InputEvent>{move(10, 10), left(true, mods), move(90, 10), move(90, 90), left(false)}, kView, Tool::lasso, true); };
  CHECK(drag(shift)->op == SelectOp::add);
  CHECK(drag(alt)->op == SelectOp::remove);
  const auto click = tool.follow(std::vector<InputEvent>{move(10, 10), left(true, shift), move(11, 10), left(false)}, kView, Tool::lasso, true);
  REQUIRE(click);
  CHECK(click->click);
  CHECK(click->op == SelectOp::add);
  InputEvent escape{InputEvent::Type::key};
  escape.key = window::Key::escape;
  escape.down = true;
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(10, 10), left(true), move(90, 10), move(90, 90), escape, left(false)}, kView, Tool::lasso, true));
}

TEST_CASE("a press outside the view or under a card starts nothing") {
  LassoTool tool;
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(300, 10), left(true), move(10, 10), move(90, 90), left(false)}, kView, Tool::lasso, true));
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(20, 10), left(true), move(10, 10), move(90, 90), left(false)}, kView, Tool::lasso, false));
}
TEST_CASE("a rectangle has the corners of its drag, both modifiers intersect, the pan tool selects nothing") {
  LassoTool tool;
  window::Mods both;
  both.shift = both.alt = true;
  const auto done = tool.follow(std::vector<InputEvent>{move(10, 20), left(true, both), move(50, 30), move(90, 80), left(false)}, kView, Tool::rectangle, true);
  REQUIRE(done);
  CHECK(done->polygon_px == std::vector<Vec2>{{10, 20}, {90, 20}, {90, 80}, {10, 80}});
  CHECK(done->op == SelectOp::intersect);
  CHECK_FALSE(done->click);
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(10, 20), left(true), move(90, 80), left(false)}, kView, Tool::pan, true));
}

TEST_CASE("the pieces of a brush's way cover what is near it and nothing else") {
  const std::vector<Vec2> way{{10, 10}, {60, 10}, {60, 50}, {60, 50}};
  std::size_t wrong = 0;
  for (float y = -20; y < 80; y += 1.7f)
    for (float x = -20; x < 100; x += 1.3f) {
      bool in = false;
      for (std::size_t i = 0; i + 1 < way.size(); ++i) in |= points::inside_polygon({x, y}, brush_outline(way[i], way[i + 1], 8));
      const float d = distance_to_way({x, y}, way);
      if (std::abs(d - 8) > .2f) wrong += in != (d < 8);   // the round ends have corners
    }
  CHECK(wrong == 0);
}

