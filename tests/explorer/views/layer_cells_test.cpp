#include <catch2/catch.hpp>

#include <cmath>

#include "engine/ui/plots.h"
#include "explorer/views/layer_cells.h"
#include "views_fixture.h"

using namespace mp;
using namespace mp::explorer;

namespace {

/// Random predictions on 3 layers of 2 x 2 patches.
State layered_state() {
  auto s = random_state(12, 3, 5);
  auto pool = std::make_shared<ml::Pool>(*s.pool);
  pool->patch_px = 10;
  pool->images.resize(3);
  pool->layers = {{0, 1.f, 0, 2, 2}, {1, 2.f, 4, 2, 2}, {2, 3.f, 8, 2, 2}};
  for (SampleId i = 0; i < 12; ++i) {
    pool->image_of[i] = i / 4;
    pool->layer_of[i] = int(i / 4);
    pool->region[i] = {int(i % 2) * 10, int(i / 2 % 2) * 10, 10, 10};
  }
  s.pool = pool;
  s.labels.cls.assign(12, kNoClass);
  return s;
}

Rgba colour(std::uint32_t word) { return word & 0xffffffu; }
float strength(std::uint32_t word) { return float(word >> 25) / 127; }

}  // namespace

TEST_CASE("patches are tinted by class, confidence, label, score or difference, as strongly as the person wants") {
  auto s = layered_state();
  s.mosaic.strength = .5f;
  s.labels.cls[3] = 1;
  std::vector<float> difference(12, std::nanf(""));
  difference[5] = .25f;
  for (auto tint : {LayerTint::prediction, LayerTint::confidence, LayerTint::label, LayerTint::score, LayerTint::difference}) {
    s.mosaic.tint = tint;
    const auto words = patch_colours(s, difference);
    REQUIRE(words.size() == 12);
    for (SampleId i = 0; i < 12; ++i) {
      const bool none = (tint == LayerTint::label && i != 3) || (tint == LayerTint::difference && i != 5);
      if (none) {
        CHECK(words[i] == 0);
        continue;
      }
      CHECK(strength(words[i]) == Approx(.5).margin(.01));
      const Rgba expected = tint == LayerTint::prediction   ? s.classes[std::size_t(s.instant->predicted[i])].colour
                            : tint == LayerTint::label      ? s.classes[1].colour
                            : tint == LayerTint::confidence ? ui::viridis(s.instant->confidence[i])
                            : tint == LayerTint::score      ? ui::viridis(1 - s.instant->margin[i])
                                                            : ui::viridis(.25f);
      CHECK(colour(words[i]) == (expected & 0xffffffu));
    }
  }
  s.mosaic.overlay = false;
  for (auto w : patch_colours(s, difference)) CHECK(w == 0);
}

TEST_CASE("a selection stands out: marked and strong, the rest and what is filtered out dark") {
  auto s = layered_state();
  s.mosaic.tint = LayerTint::prediction;
  s.mosaic.strength = .25f;
  s.selected = Bitset(12, false);
  s.selected.set(2);
  s.n_selected = 1;
  auto words = patch_colours(s);
  CHECK((words[2] >> 24 & 1) == 1);
  CHECK(strength(words[2]) == Approx(.7).margin(.01));
  CHECK((words[3] >> 24 & 1) == 0);
  CHECK(colour(words[3]) == (rgba(14, 16, 18) & 0xffffffu));
  s.n_selected = 0;
  s.visible = Bitset(12, true);
  s.visible.set(7, false);
  words = patch_colours(s);
  CHECK(colour(words[7]) == (rgba(14, 16, 18) & 0xffffffu));
  CHECK(colour(words[6]) != colour(words[7]));
}

TEST_CASE("the difference to the layer below against slow obvious code") {
  const auto s = layered_state();
  std::mt19937 rng(3);
  std::normal_distribution<float> normal;
  std::vector<float> values(12 * 5);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = i % 5 == 4 ? 2.f : normal(rng) * float(1 + i % 5);   // the last feature never varies
  auto table = ml::make_features("test", 12, 5, values);
  table->valid[9] = 0;
  const auto d = layer_difference(*s.pool, *table);
  std::vector<double> slow(12, std::nan(""));
  std::vector<double> all;
  for (int k = 0; k < 4; ++k) CHECK(std::isnan(d[std::size_t(k)]));
  for (std::size_t i = 4; i < 12; ++i) {
    if (i == 9) continue;
    double total = 0;
    for (std::size_t k = 0; k < 4; ++k) {
      double mean = 0, square = 0;
      for (std::size_t j = 0; j < 12; ++j)
        if (j != 9) mean += values[j * 5 + k] / 11., square += double(values[j * 5 + k]) * values[j * 5 + k] / 11.;
      const double delta = values[i * 5 + k] - values[(i - 4) * 5 + k];
      total += delta * delta / (square - mean * mean);
    }
    slow[i] = std::sqrt(total / 4);
    all.push_back(slow[i]);
  }
  std::sort(all.begin(), all.end());
  const double one = all[std::size_t(double(all.size() - 1) * .98)];
  for (std::size_t i = 4; i < 12; ++i) {
    if (i == 9)
      CHECK(std::isnan(d[i]));
    else
      CHECK(d[i] == Approx(std::min(1., slow[i] / one)).epsilon(1e-4));
  }
}
