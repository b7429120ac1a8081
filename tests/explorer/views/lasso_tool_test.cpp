#include "explorer/views/lasso_tool.h"

#include <catch2/catch.hpp>

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
  const auto done = tool.follow(events, kView, true);
  REQUIRE(done);
  CHECK_FALSE(done->click);
  CHECK(done->op == SelectOp::replace);
  CHECK(done->polygon_px.size() == 4);
  CHECK_FALSE(tool.active());
}

TEST_CASE("an outline may go on over several frames and outside the view") {
  LassoTool tool;
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(150, 10), left(true)}, kView, true));
  CHECK(tool.active());
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(500, 50)}, kView, false));
  const auto done = tool.follow(std::vector<InputEvent>{move(150, 150), left(false)}, kView, false);
  REQUIRE(done);
  CHECK(done->polygon_px.size() == 3);
}

TEST_CASE("Shift adds, Alt removes, a press without a move is a click, Escape gives up") {
  LassoTool tool;
  window::Mods shift, alt;
  shift.shift = true;
  alt.alt = true;
  auto drag = [&](window::Mods mods) { return tool.follow(std::vector<InputEvent>{move(10, 10), left(true, mods), move(90, 10), move(90, 90), left(false)}, kView, true); };
  CHECK(drag(shift)->op == SelectOp::add);
  CHECK(drag(alt)->op == SelectOp::remove);
  const auto click = tool.follow(std::vector<InputEvent>{move(10, 10), left(true, shift), move(11, 10), left(false)}, kView, true);
  REQUIRE(click);
  CHECK(click->click);
  CHECK(click->op == SelectOp::add);
  InputEvent escape{InputEvent::Type::key};
  escape.key = window::Key::escape;
  escape.down = true;
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(10, 10), left(true), move(90, 10), move(90, 90), escape, left(false)}, kView, true));
}

TEST_CASE("a press outside the view or under a card starts nothing") {
  LassoTool tool;
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(300, 10), left(true), move(10, 10), move(90, 90), left(false)}, kView, true));
  CHECK_FALSE(tool.follow(std::vector<InputEvent>{move(20, 10), left(true), move(10, 10), move(90, 90), left(false)}, kView, false));
}
