// A list of faults stays short, counts all, and shows each kind.
#include "ml/data/problem_list.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

using namespace mp::ml;
using Lines = std::vector<std::string>;

TEST_CASE("problems of a kind are counted together, whatever their numbers and names are") {
  ProblemList list;
  CHECK(list.empty());
  for (int i = 0; i < 5000; ++i) list.add(fmt::format("annotation {}: box {} -1.5 to 2e3 4 has no size", i, i));
  list.add("image 3: no image 'a.png' in the project");
  list.add("b.xml: no image 'b c: 7.png' in the project");
  CHECK(list.size() == 5002);
  CHECK(list.brief(2) == Lines{"annotation 0: box 0 -1.5 to 2e3 4 has no size", "annotation 1: box 1 -1.5 to 2e3 4 has no size", "and 4998 more like it",
                               "image 3: no image 'a.png' in the project", "b.xml: no image 'b c: 7.png' in the project"});
  const auto lines = list.lines();  // a kind that comes late is there nevertheless
  REQUIRE(lines.size() == kMaxProblems + 2);
  CHECK(lines[kMaxProblems] == "image 3: no image 'a.png' in the project");
  CHECK(lines.back() == "and 4001 more");
}

TEST_CASE("one more of a kind is shown and not counted") {
  ProblemList list;
  for (int i = 0; i < 4; ++i) list.add(fmt::format("annotation {}: no bbox", i));
  CHECK(list.brief(3) == list.lines());
}

TEST_CASE("a list within a list keeps its counts, and kinds without end do not grow") {
  ProblemList inner, outer;
  for (int i = 0; i < 3000; ++i) inner.add(fmt::format("annotation {}: no category_id", i));
  outer.add(inner, "a.json: ");
  outer.add(inner, "b.json: ");
  CHECK(outer.size() == 6000);
  CHECK(outer.brief(1) == Lines{"a.json: annotation 0: no category_id", "and 5999 more like it"});
  CHECK(outer.lines().size() <= kMaxProblems + 1);
  ProblemList many;
  for (int i = 0; i < 5000; ++i) many.add(fmt::format("x: {}", std::string(std::size_t(i % 500 + 1), char('a' + i % 26))));
  CHECK(many.size() == 5000);
  CHECK(many.brief(1).size() <= 100);
  CHECK(many.lines().size() <= kMaxProblems + 100);
}
