// The detector on bright squares and dark bars: it learns to find them, keeps what it learned in a file, and refuses
// nonsense.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>

#include "engine/base/hash.h"
#include "ml/nn/detector.h"

using namespace mp::ml;

namespace {

constexpr int kPx = 64;

struct Batch {
  std::vector<std::uint8_t> pixels;
  std::vector<std::vector<TrueBox>> boxes;
};

Batch shapes(int n, std::uint64_t seed) {
  Batch b;
  mp::Rng rng(seed);
  for (int i = 0; i < n; ++i) {
    const auto first = b.pixels.size();
    for (int p = 0; p < kPx * kPx; ++p) b.pixels.push_back(std::uint8_t(110 + rng.below(30)));
    const bool bar = rng.below(2);
    const int w = bar ? 36 : 18, h = bar ? 10 : 18;
    const int x = int(rng.below(std::uint32_t(kPx - w))), y = int(rng.below(std::uint32_t(kPx - h)));
    for (int v = y; v < y + h; ++v)
      for (int u = x; u < x + w; ++u) b.pixels[first + std::size_t(v * kPx + u)] = bar ? 30 : 230;
    b.boxes.push_back({{{float(x), float(y), float(x + w), float(y + h)}, ClassId(bar)}});
  }
  return b;
}

std::unique_ptr<Detector> make(int classes = 2) {
  auto d = make_detector({.classes = classes, .input_px = kPx});
  REQUIRE(d);
  return std::move(*d);
}

}  // namespace

TEST_CASE("the detector learns to find and name shapes") {
  auto d = make();
  CHECK(d->parameters() > 1'000'000);
  CHECK(d->parameters() < 2'000'000);
  for (int step = 0; step < 120; ++step) {
    const auto b = shapes(8, std::uint64_t(step));
    REQUIRE(std::isfinite(d->train_step(b.pixels, b.boxes, 2e-3f)));
  }
  const auto test = shapes(16, 999);
  const auto found = d->predict(test.pixels, 16, .05f);
  REQUIRE(found.size() == 16);
  int right = 0;
  for (std::size_t i = 0; i < 16; ++i) {
    const Detection* best = nullptr;
    for (const auto& x : found[i])
      if (!best || x.score > best->score) best = &x;
    right += best && best->cls == test.boxes[i][0].cls && iou(best->rect, test.boxes[i][0].rect) > .5f;
  }
  CHECK(right >= 13);

  // The hottest place of the class lies in the box.
  const auto heat = d->heat(test.pixels, 16);
  constexpr std::size_t side = kPx / kDetectorStride;
  REQUIRE(heat.size() == 16 * 2 * side * side);

  const auto bytes = d->save();
  auto copy = make();
  REQUIRE(copy->load(bytes));
  const auto again = copy->predict(test.pixels, 16, .05f);
  REQUIRE(again.size() == found.size());
  REQUIRE(again[0].size() == found[0].size());
  for (std::size_t k = 0; k < found[0].size(); ++k) CHECK(again[0][k].score == Approx(found[0][k].score).margin(1e-5));
  CHECK_FALSE(make(3)->load(bytes));

  // In 32 bits, whatever the processor has: the same boxes.
  auto exact = make_detector({.classes = 2, .input_px = kPx, .exact = true});
  REQUIRE(exact);
  REQUIRE((*exact)->load(bytes));
  const auto wide = (*exact)->predict(test.pixels, 16, .05f);
  REQUIRE(wide.size() == 16);
  const auto best = [](const std::vector<Detection>& list) { return *std::ranges::max_element(list, {}, &Detection::score); };
  for (std::size_t i = 0; i < 16; ++i) {
    REQUIRE(wide[i].empty() == found[i].empty());
    if (wide[i].empty()) continue;
    CHECK(best(wide[i]).score == Approx(best(found[i]).score).margin(.03));
    CHECK(std::ranges::any_of(found[i], [&](const Detection& f) { return f.cls == best(wide[i]).cls && iou(f.rect, best(wide[i]).rect) > .9f; }));
  }
}

TEST_CASE("an image without boxes is a negative and changes the weights") {
  auto d = make();
  const auto b = shapes(2, 1);
  CHECK(std::isfinite(d->train_step(b.pixels, std::vector<std::vector<TrueBox>>(2), 1e-3f)));
}

TEST_CASE("one step from the same seed gives the same loss") {
  const auto b = shapes(4, 5);
  CHECK(make()->train_step(b.pixels, b.boxes, 1e-3f) == make()->train_step(b.pixels, b.boxes, 1e-3f));
}

TEST_CASE("nonsense is refused and leaves the detector as it was") {
  CHECK_FALSE(make_detector({.classes = 0}));
  CHECK_FALSE(make_detector({.classes = 2, .input_px = 100}));
  CHECK_FALSE(make_detector({.name = "none", .classes = 2}));
  CHECK_FALSE(make_detector({.classes = 2, .device = "toaster"}));
  auto d = make();
  auto b = shapes(2, 1);
  const auto before = d->save();
  CHECK(std::isnan(d->train_step(b.pixels, std::vector<std::vector<TrueBox>>(3), 1e-3f)));
  CHECK_FALSE(d->last_error().empty());
  b.boxes[0][0].cls = 2;
  CHECK(std::isnan(d->train_step(b.pixels, b.boxes, 1e-3f)));
  b.boxes[0][0] = {{10, 10, 10, 20}, 0};
  CHECK(std::isnan(d->train_step(b.pixels, b.boxes, 1e-3f)));
  CHECK(d->predict(b.pixels, 5, .1f).empty());
  CHECK(d->save() == before);
  CHECK_FALSE(d->load(std::vector<std::uint8_t>{1, 2, 3}));
}

TEST_CASE("the published network answers with 100 boxes, learns a place that is always the same, and keeps it in a file") {
  auto made = make_detector({.name = "fixed", .classes = 2, .input_px = kPx});
  REQUIRE(made);
  auto& d = **made;
  // 896 statistics of batch norm as published; the heads' widths are not.
  CHECK(d.parameters() == 640 + 64 * 4 + 73'856 + 128 * 4 + 295'168 + 256 * 4 + 2 * 590'080 + 257 * 200 + 257 * 400);
  const auto b = shapes(8, 3);
  const std::vector<std::vector<TrueBox>> same(8, {{{8, 16, 40, 48}, 1}});
  const float before = d.loss(b.pixels, same);
  for (int i = 0; i < 150; ++i) REQUIRE(std::isfinite(d.train_step(b.pixels, same, 3e-3f)));
  CHECK(d.loss(b.pixels, same) < .1f * before);
  const auto found = d.predict(b.pixels, 8, .5f);
  REQUIRE(found.size() == 8);
  REQUIRE(found[0].size() == 1);
  CHECK(found[0][0].cls == 1);
  CHECK(iou(found[0][0].rect, same[0][0].rect) > .4f);
  CHECK(d.predict(b.pixels, 1, .0f).empty());            // other bytes than one image
  CHECK(d.heat(b.pixels, 8).empty());
  auto copy = make_detector({.name = "fixed", .classes = 2, .input_px = kPx, .seed = 9});
  REQUIRE((*copy)->load(d.save()));
  CHECK((*copy)->predict(b.pixels, 8, .5f)[0][0].score == Approx(found[0][0].score).margin(1e-5));
  CHECK_FALSE((*copy)->load(make()->save()));
  CHECK(std::isnan(d.train_step(b.pixels, std::vector<std::vector<TrueBox>>(3), 1e-3f)));
}
