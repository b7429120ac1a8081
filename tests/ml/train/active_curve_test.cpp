// The active learning loop on drawn textures.
#include "ml/train/active_curve.h"

#include <catch2/catch.hpp>
#include <numeric>
#include <set>

#include "tests/ml/train/textures.h"

using namespace mp::ml;

TEST_CASE("the loop labels as asked, learns and repeats itself") {
  Textures inputs;
  std::vector<ClassId> truth;
  for (int i = 0; i < 150; ++i) truth.push_back(ClassId(i % 3));
  std::vector<SampleId> pool(90), test(60);
  std::iota(pool.begin(), pool.end(), 0);
  std::iota(test.begin(), test.end(), 90);
  ActiveCurveSettings settings;
  settings.train.input_px = 32;
  settings.train.epochs = 3;
  settings.train.learning_rate = 2e-3f;
  settings.train.folds = 1;
  settings.label_counts = {6, 12, 18};
  for (bool warm : {false, true}) {
    settings.warm_start = warm;
    int points = 0;
    ActiveCurveHooks hooks;
    hooks.on_point = [&](const ActiveCurvePoint& p) { CHECK(p.labels == 6 * ++points); };
    auto curve = active_curve(settings, 3, truth, pool, {}, test, inputs, hooks);
    if (!curve) FAIL(curve.error().message());
    REQUIRE(curve->points.size() == 3);
    CHECK(points == 3);
    CHECK(std::set(curve->labelled.begin(), curve->labelled.end()).size() == 18);
    for (auto id : curve->labelled) CHECK(id < 90);  // never the test part
    CHECK(curve->points[2].test.accuracy > 0.8);
    int right = 0;
    for (std::size_t i = 0; i < test.size(); ++i) right += curve->predicted_test[i] == truth[test[i]];
    CHECK(right / 60.0 == Approx(curve->points[2].test.accuracy));
    if (!warm) CHECK(active_curve(settings, 3, truth, pool, {}, test, inputs, {})->labelled == curve->labelled);
  }
}

TEST_CASE("what is labelled does not depend on the test part") {
  Textures inputs;
  std::vector<ClassId> truth;
  for (int i = 0; i < 150; ++i) truth.push_back(ClassId(i % 3));
  std::vector<SampleId> pool(60), test(90);
  std::iota(pool.begin(), pool.end(), 0);
  std::iota(test.begin(), test.end(), 60);
  ActiveCurveSettings settings;
  settings.train.input_px = 32;
  settings.train.epochs = 1;
  settings.train.folds = 1;
  settings.strategy = "k-center";
  settings.label_counts = {6, 18};
  const auto all = active_curve(settings, 3, truth, pool, {}, test, inputs, {});
  const auto one = active_curve(settings, 3, truth, pool, {}, std::span(test).first(1), inputs, {});
  REQUIRE(all);
  REQUIRE(one);
  CHECK(all->labelled == one->labelled);

  // BALD asks passes of the network; one without dropout has none.
  settings.strategy = "bald";
  settings.train.network = "gapc";
  const auto doubted = active_curve(settings, 3, truth, pool, {}, test, inputs, {});
  if (!doubted) FAIL(doubted.error().message());
  CHECK(doubted->labelled.size() == 18);
  settings.train.network = "bn-gapc";
  const auto none = active_curve(settings, 3, truth, pool, {}, test, inputs, {});
  REQUIRE_FALSE(none);
  CHECK(none.error().message().find("dropout") != std::string::npos);
}

TEST_CASE("curves that cannot be measured are errors; cancel ends the loop") {
  Textures inputs;
  std::vector<ClassId> truth{0, 1, 2, 0, 1, 2};
  std::vector<SampleId> pool{0, 1, 2, 3}, test{4, 5};
  ActiveCurveSettings settings;
  settings.train.input_px = 32;
  settings.train.epochs = 1;
  for (std::vector<int> counts : {std::vector<int>{}, {3, 3}, {3, 5}, {1, 3}}) {
    settings.label_counts = counts;
    CHECK_FALSE(active_curve(settings, 3, truth, pool, {}, test, inputs, {}));
  }
  settings.label_counts = {3, 4};
  settings.strategy = "oracle";
  CHECK_FALSE(active_curve(settings, 3, truth, pool, {}, test, inputs, {}));
  truth[5] = kNoClass;
  CHECK_FALSE(active_curve(settings, 3, truth, pool, {}, test, inputs, {}));
  truth[5] = 2;
  ActiveCurveHooks hooks;
  hooks.train.cancel.cancel();
  auto stopped = active_curve(settings, 3, truth, pool, {}, test, inputs, hooks);
  REQUIRE(stopped);
  CHECK(stopped->stopped);
  CHECK(stopped->points.empty());
}
