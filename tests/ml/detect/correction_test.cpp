// What corrections cost, worked by hand.
#include <catch2/catch.hpp>

#include "ml/detect/correction.h"

using namespace mp::ml;

namespace {

ScoredBox box(std::uint32_t image, int cls, double x, double score = 1) { return {image, ClassId(cls), x, 0, 10, 10, score}; }

}  // namespace

TEST_CASE("accepting, naming another class, deleting and drawing are counted") {
  const ScoredBox truth[] = {box(0, 0, 0), box(0, 1, 50), box(1, 0, 0), box(1, 0, 100)};
  const ScoredBox found[] = {box(0, 0, 1, .9),     // 9 of 11: fits
                             box(0, 0, 50, .8),    // fits, of another class
                             box(0, 0, 0, .7),     // the same thing again: deleted
                             box(1, 0, 5, .6),     // IoU 1/3: deleted
                             box(1, 0, 100, .1)};  // below the threshold
  const auto a = simulate_correction(truth, found, 2, .5);
  CHECK(a.accepted == 1);
  CHECK(a.relabelled == 1);
  CHECK(a.deleted == 2);
  CHECK(a.drawn == 2);
  CHECK(a.total() == 8);
  CHECK(a.drawing_all() == 8);
  CHECK(a.saved() == 0);
  const auto all = simulate_correction(truth, found, 2, 0);
  CHECK(all.saved() == Approx(1 - 7. / 8));
}

TEST_CASE("the threshold is where the gain is greatest; without gain nothing is offered") {
  const ScoredBox truth[] = {box(0, 0, 0), box(0, 0, 50), box(0, 0, 100)};
  const ScoredBox found[] = {box(0, 0, 0, .9), box(0, 0, 200, .8), box(0, 0, 50, .7), box(0, 0, 100, .6), box(0, 0, 300, .5)};
  CHECK(offer_threshold(truth, found, 1) == .6);
  const ScoredBox wrong[] = {box(0, 0, 200, .9), box(0, 0, 0, .8)};
  CHECK(offer_threshold(truth, wrong, 1) > 1);
  CHECK(offer_threshold({}, {}, 0) > 1);
}

TEST_CASE("a threshold is chosen on the images that it is not measured on") {
  // Even images: scores tell. Odd images: they mislead, so the even ones' threshold costs there.
  std::vector<ScoredBox> truth, found;
  for (std::uint32_t i = 0; i < 10; ++i) {
    truth.push_back(box(i, 0, 0));
    found.push_back(box(i, 0, i % 2 ? 200 : 0, .9));
  }
  const auto a = cross_checked_actions(truth, found, 10);
  CHECK(a.accepted == 0);   // odd images offer nothing to the even ones
  CHECK(a.deleted == 5);    // even ones offer everything to the odd ones
  CHECK(a.saved() == Approx(1 - 25. / 20));
}
