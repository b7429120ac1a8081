#include <catch2/catch.hpp>

#include "engine/base/bitset.h"
#include "engine/base/error.h"
#include "engine/base/math.h"

TEST_CASE("an error's message holds what is known and nothing else") {
  mp::Error e{"cannot read the image", "a b.png", "a PNG", "text", "remove it"};
  CHECK(e.message() == "a b.png: cannot read the image; expected a PNG; found text. remove it");
  CHECK(mp::Error{"disk full"}.message() == "disk full");
}

TEST_CASE("a bitset counts, grows and combines") {
  mp::Bitset a(70), b(70);
  a.set(0);
  a.set(69);
  b.set(69);
  CHECK(a.count() == 2);
  CHECK((mp::Bitset(a) &= b).count() == 1);
  CHECK(mp::Bitset(a).subtract(b).test(0));
  a.resize(200, true);
  CHECK(a.count() == 132);
  CHECK_FALSE(a.test(1));
  a.fill();
  CHECK(a.count() == 200);
}

TEST_CASE("the camera's two directions are inverse") {
  mp::Camera2 c{{3, -2}, 42};
  auto w = c.world_from_px(c.px_from_world({1.5f, 7}, {1280, 800}), {1280, 800});
  CHECK(w.x == Approx(1.5f));
  CHECK(w.y == Approx(7));
}
