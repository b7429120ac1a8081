#include "ml/data/classes.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <fmt/format.h>
#include <set>

#include "engine/base/hash.h"
#include "ml/data/utf8.h"

using namespace mp;
using namespace mp::ml;

TEST_CASE("class colours are the drawing's, and neighbours differ in colour and shape") {
  CHECK(default_class(0, "a").colour == 0xffe9b456u);  // sky blue 56b4e9 as ABGR
  CHECK(default_class(1, "a").colour == 0xff009fe6u);
  CHECK(default_class(5, "a").colour == 0xff005ed5u);
  std::set<std::uint32_t> colours;
  for (int i = 0; i < 100; ++i) {
    const ClassInfo a = default_class(i, "a"), b = default_class(i + 1, "b");
    CHECK(a.shape < 8);
    CHECK(a.shape != b.shape);
    colours.insert(a.colour);
    CHECK(a.colour >> 24 == 0xff);
    if (i >= 8) {  // equal lightness: relative luminance stays in a narrow band
      double y = 0;
      const double weight[] = {0.2126, 0.7152, 0.0722};
      for (int k = 0; k < 3; ++k) y += weight[k] * std::pow((a.colour >> (8 * k) & 0xff) / 255.0, 2.2);
      CHECK(y > 0.33);
      CHECK(y < 0.52);
    }
  }
  CHECK(colours.size() == 100);
}

TEST_CASE("class names are cleaned and checked") {
  CHECK(clean_class_name("  rolled-in scale\t\r\n") == "rolled-in scale");
  CHECK(clean_class_name(" \n ").empty());
  CHECK(clean_class_name("Überhöhung µ") == "Überhöhung µ");
  CHECK(clean_class_name("100%41") == "100%41");
  CHECK(clean_class_name("a\xff" "b\nc") == "a%FFb%0Ac");
  for (const char* name : {"a\xff" "b\nc", "x\x01", "100%41"}) {
    const std::string once = clean_class_name(name);
    CHECK(clean_class_name(once) == once);
  }
  CHECK(check_classes({{"a"}, {"b"}}).has_value());
  CHECK_FALSE(check_classes({{"a"}, {"a"}}).has_value());
  CHECK_FALSE(check_classes({{"a"}, {""}}).has_value());
  CHECK_FALSE(check_classes({{" a"}}).has_value());
  CHECK_FALSE(check_classes({{"\xff"}}).has_value());
  ClassTable many;
  for (int i = 0; i < kMaxClasses; ++i) many.push_back(default_class(i, fmt::format("{}", i)));
  CHECK(check_classes(many).has_value());
  many.push_back(default_class(0, "one more"));
  CHECK_FALSE(check_classes(many).has_value());
  CHECK(find_class(many, "999") == ClassId(999));
  CHECK_FALSE(find_class(many, "none").has_value());
}

TEST_CASE("any bytes survive percent-encoding as valid UTF-8") {
  Rng rng(7);
  const std::string_view parts[] = {"%", "41", "%41", "µ", "a", "/", "\xff", "\xc3", "\xed\xa0\x80", "\xf0\x9f\x94\xa5",
                                    "\xc0\xaf", "\n", "%zz", "%2", "\xe2\x82"};
  for (int trial = 0; trial < 3000; ++trial) {
    std::string bytes;
    for (auto n = rng.below(8); n > 0; --n) bytes += parts[rng.below(std::size(parts))];
    const bool controls = rng.below(2) == 1;
    const std::string text = percent_encode(bytes, controls);
    CHECK(is_utf8(text));
    CHECK(percent_decode(text) == bytes);
    if (controls) CHECK(text.find('\n') == std::string::npos);
  }
  CHECK(percent_encode("100 % µ") == "100 % µ");
  CHECK_FALSE(is_utf8("\xed\xa0\x80"));
  CHECK_FALSE(is_utf8("\xc0\xaf"));
  CHECK_FALSE(is_utf8("\xf4\x90\x80\x80"));
  CHECK(is_utf8("\xf4\x8f\xbf\xbf"));
}
