#include <catch2/catch.hpp>

#include "engine/window/input_event.h"

using namespace mp::window;

TEST_CASE("every key's text names the same key again") {
  for (int k = 1; k < int(Key::count_); ++k)
    for (int m = 0; m < 8; ++m) {
      KeyChord chord{Key(k), {(m & 1) != 0, (m & 2) != 0, (m & 4) != 0}};
      auto text = to_text(chord);
      INFO(text);
      REQUIRE_FALSE(text.empty());
      auto back = parse_chord(text);
      REQUIRE(back);
      CHECK(*back == chord);
    }
}

TEST_CASE("chords are read as people write them") {
  CHECK(*parse_chord("Ctrl+Shift+Z") == KeyChord{Key::z, {true, true, false}});
  CHECK(*parse_chord("ctrl+z") == KeyChord{Key::z, {true, false, false}});
  CHECK(*parse_chord("?") == KeyChord{Key::slash, {false, true, false}});
  CHECK(*parse_chord("1") == KeyChord{Key::d1, {}});
  CHECK(*parse_chord("F12") == KeyChord{Key::f12, {}});
  CHECK(*parse_chord("Space") == KeyChord{Key::space, {}});
  CHECK(*parse_chord("escape") == KeyChord{Key::escape, {}});
  CHECK(*parse_chord("Ctrl++") == KeyChord{Key::equal, {true, true, false}});
  CHECK(*parse_chord("!") == KeyChord{Key::d1, {false, true, false}});
  for (auto bad : {"", "Hyper+Z", "Ctrl+", "F13", "F0", "ab", "Ctrl+Ctrl", "é"}) {
    INFO(bad);
    if (std::string(bad) == "Ctrl+Ctrl")
      CHECK(parse_chord(bad));  // the modifier key itself, held with itself
    else
      CHECK_FALSE(parse_chord(bad));
  }
  CHECK(to_text({Key::slash, {false, true, false}}) == "?");
  CHECK(to_text({Key::z, {true, true, false}}) == "Ctrl+Shift+Z");
  CHECK(to_text({}).empty());
}
