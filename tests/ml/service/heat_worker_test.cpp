// The heat worker with a fake network: sample by sample, the newest request wins, a check against boxes worked by hand.
#include "ml/service/heat_worker.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/ml/service/fixture.h"

using namespace mp::ml;
using namespace mp::ml::test;

namespace {

constexpr int kPx = 16;

/// Says class 1 of everything; its map is hot in the upper left place of four.
class FakeNetwork final : public Network {
 public:
  FakeNetwork() { spec_.classes = 2, spec_.input_px = kPx; }
  const NetworkSpec& spec() const override { return spec_; }
  std::size_t parameters() const override { return 0; }
  int feature_dim() const override { return 1; }
  float train_step(std::span<const std::uint8_t>, std::span<const ClassId>, const StepSettings&) override { return 0; }
  float contrast_step(std::span<const std::uint8_t>, float, std::uint64_t) override { return 0; }
  std::vector<float> predict(std::span<const std::uint8_t>, std::size_t n, std::vector<float>*) override {
    std::vector<float> p;
    for (std::size_t i = 0; i < n; ++i) p.insert(p.end(), {.25f, .75f});
    return p;
  }
  NetworkMaps class_maps(std::span<const std::uint8_t>, std::size_t n) override {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    NetworkMaps m{2, {}};
    for (std::size_t i = 0; i < n; ++i) m.values.insert(m.values.end(), {-1, -1, -1, -1, 3, 1, -2, 0});
    return m;
  }
  std::vector<std::uint8_t> save() const override { return {}; }
  mp::Result<void> load(std::span<const std::uint8_t>) override { return {}; }

 private:
  NetworkSpec spec_;
};

class FakeInputs final : public InputSource {
 public:
  void load(std::span<const SampleId> ids, int, std::span<std::uint8_t> out, std::span<std::uint8_t> ok) override {
    std::ranges::fill(out, std::uint8_t(ids[0]));
    std::ranges::fill(ok, std::uint8_t(ids[0] != 7));  // sample 7 cannot be read
  }
};

struct Bench {
  Desk desk;
  BoxStore boxes;
  std::atomic<int> loads{0};
  bool trained = true;
  std::vector<bool> learned = {};
  HeatWorker worker{{[this]() -> mp::Result<StoredNetwork> {
                       ++loads;
                       if (!trained) return mp::fail(kNoNetwork);
                       return StoredNetwork{"fake", {"a", "b"}, std::make_shared<FakeNetwork>(), learned};
                     },
                     [this]() -> mp::Result<StoredDetector> {
                       ++loads;
                       return mp::fail(kNoDetector);
                     },
                     [this]() -> mp::Result<BoxStore> { return boxes; },
                     [](PoolPtr) { return std::make_unique<FakeInputs>(); }},
                    desk.out, desk.activity};
  Bench() { worker.set_pool(small_pool(40, 2)); }
  std::shared_ptr<const HeatAnswer> answer() {
    if (!desk.idle()) return nullptr;
    return desk.out.heat.take();
  }
  std::shared_ptr<const HeatCheck> checked() {
    if (!desk.idle()) return nullptr;
    return desk.out.heat_check.take();
  }
};

}  // namespace

TEST_CASE("heat comes for the samples in their order, of what the network says, without negative values") {
  Bench b;
  b.worker.request({{3, 1}, HeatMethod::cam, Baseline::black, kNoClass, 5});
  const auto a = b.answer();
  REQUIRE(a);
  CHECK(a->finished);
  CHECK(a->request == 5);
  CHECK(a->network == "fake");
  REQUIRE(a->samples.size() == 2);
  CHECK(a->samples[0]->id == 3);
  CHECK(a->samples[0]->cls == 1);
  CHECK(a->samples[0]->probability == .75f);
  CHECK(a->samples[0]->map.values == std::vector<float>{3, 1, 0, 0});
  CHECK(std::isnan(a->samples[0]->error));
}

TEST_CASE("another class's heat, images that cannot be read, classes that the network does not know") {
  Bench b;
  b.worker.request({{3}, HeatMethod::cam, Baseline::black, 0, 1});
  CHECK(b.answer()->samples.at(0)->map.values == std::vector<float>(4, 0));
  b.worker.request({{7}, HeatMethod::cam, Baseline::black, 0, 2});
  const auto unread = b.answer();
  CHECK(unread->error.empty());
  CHECK(unread->samples.at(0)->map.values.empty());
  b.worker.request({{3}, HeatMethod::cam, Baseline::black, 2, 3});
  CHECK(b.answer()->error.find("train again") != std::string::npos);
  b.worker.request({{99}, HeatMethod::cam, Baseline::black, 0, 4});
  CHECK_FALSE(b.answer()->error.empty());
}

TEST_CASE("without a trained network the answer says so; a trained one is loaded when it changed") {
  Bench b;
  b.trained = false;
  b.worker.request({{0}, HeatMethod::cam, Baseline::black, kNoClass, 1});
  CHECK(b.answer()->error == kNoNetwork);
  b.trained = true;
  b.worker.request({{0}, HeatMethod::cam, Baseline::black, kNoClass, 2});
  CHECK(b.answer()->error.empty());
  const int loads = b.loads;
  b.worker.request({{1}, HeatMethod::cam, Baseline::black, kNoClass, 3});
  CHECK(b.answer()->samples.size() == 1);
  CHECK(b.loads == loads);
  b.worker.network_changed();
  b.worker.request({{1}, HeatMethod::cam, Baseline::black, kNoClass, 4});
  CHECK(b.answer()->samples.size() == 1);
  CHECK(b.loads == loads + 1);
}

TEST_CASE("the newest request wins") {
  Bench b;
  std::vector<SampleId> many;
  for (SampleId i = 0; i < 40; ++i)
    if (i != 7) many.push_back(i);
  for (int k = 0; k < 20; ++k) b.worker.request({many, HeatMethod::occlusion, Baseline::black, kNoClass, std::uint64_t(k)});
  b.worker.request({{2}, HeatMethod::cam, Baseline::black, kNoClass, 99});
  const auto a = b.answer();
  REQUIRE(a);
  CHECK(a->request == 99);
  CHECK(a->samples.size() == 1);
}

TEST_CASE("a check says pointing, energy and chance by class, and whose heat lies beside the boxes") {
  Bench b;
  // Images are 8 x 8: the upper left quarter of samples 0 and 1, the lower right one of sample 2; class 1 has heat there.
  b.boxes.boxes = {{0, {0, 0, 4, 4}, 1}, {1, {0, 0, 4, 4}, 1}, {2, {4, 4, 8, 8}, 1}};
  b.boxes.boxes.push_back({3, {0, 0, 8, 8}, 1, BoxSource::model, BoxStatus::proposed});  // nobody has looked
  b.worker.check({{}, HeatMethod::cam, Baseline::black, kNoClass, 0});
  const auto c = b.checked();
  REQUIRE(c);
  CHECK(c->finished);
  CHECK(c->error.empty());
  CHECK(c->total == 3);
  REQUIRE(c->classes.size() == 1);
  const auto& f = c->classes[0];
  CHECK(f.cls == 1);
  CHECK(f.n == 3);
  CHECK(f.pointing == Approx(2. / 3));
  CHECK(f.energy == Approx((.75 + .75 + 0) / 3));
  CHECK(f.chance == Approx(.25));
  CHECK(c->background == std::vector<SampleId>{2});
  CHECK(std::isnan(c->ig_error));
  CHECK_FALSE(c->held_out);
}

TEST_CASE("a class that the network was never shown is named, not judged") {
  Bench b;
  b.learned = {true, false};
  b.boxes.boxes = {{0, {0, 0, 4, 4}, 1}, {1, {0, 0, 4, 4}, 0}};
  b.worker.check({{}, HeatMethod::cam, Baseline::black, kNoClass, 0});
  const auto c = b.checked();
  REQUIRE(c);
  CHECK(c->unlearned == std::vector<ClassId>{1});
  REQUIRE(c->classes.size() == 1);
  CHECK(c->classes[0].cls == 0);
}

TEST_CASE("of one class only its boxes are checked; where it has none, boxes of every class count as it") {
  Bench b;
  b.boxes.boxes = {{0, {0, 0, 4, 4}, 1}, {1, {4, 4, 8, 8}, 0}};
  b.worker.check({{}, HeatMethod::cam, Baseline::black, 1, 0});
  auto c = b.checked();
  REQUIRE(c);
  CHECK(c->total == 1);
  CHECK_FALSE(c->any_box);
  CHECK(c->all.energy == Approx(.75));
  // "b" (1) is what the network learned; the boxes say what kind it is.
  b.learned = {false, true};
  b.worker.network_changed();
  b.boxes.boxes = {{0, {0, 0, 4, 4}, 2}, {0, {4, 0, 8, 4}, 3}, {1, {4, 4, 8, 8}, 2}};
  b.worker.check({{}, HeatMethod::cam, Baseline::black, 1, 0});
  c = b.checked();
  REQUIRE(c);
  CHECK(c->any_box);
  CHECK(c->total == 2);
  CHECK(c->unlearned.empty());
  REQUIRE(c->classes.size() == 1);
  CHECK(c->classes[0].cls == 1);
  CHECK(c->classes[0].energy == Approx((1 + 0) / 2.));   // the upper half holds all heat, the lower right corner none
  CHECK(c->background == std::vector<SampleId>{1});
  b.boxes.boxes.clear();
  b.worker.check({{}, HeatMethod::cam, Baseline::black, 1, 0});
  CHECK(b.checked()->total == 0);
}

TEST_CASE("where held-out samples have boxes they alone are checked; a check without boxes, and one among requests, come to their ends") {
  Bench b;
  b.worker.check({{}, HeatMethod::cam, Baseline::black, kNoClass, 0});
  CHECK(b.checked()->total == 0);
  const auto pool = small_pool(40, 2);
  const auto held_out = std::size_t(std::ranges::count(pool->split, Split::held_out));
  REQUIRE(held_out > 1);
  for (std::uint32_t i = 0; i < 40; ++i) b.boxes.boxes.push_back({i, {0, 0, 4, 4}, 1});
  b.worker.check({{}, HeatMethod::cam, Baseline::black, kNoClass, 0});
  for (std::uint64_t k = 1; k < 30; ++k) b.worker.request({{SampleId(k % 5)}, HeatMethod::cam, Baseline::black, kNoClass, k});
  const auto c = b.checked();
  REQUIRE(c);
  CHECK(c->finished);
  CHECK(c->held_out);
  CHECK(c->done == held_out);
}

TEST_CASE("without a detector its heat says so") {
  Bench b;
  HeatRequest r{{0}, HeatMethod::cam, Baseline::black, kNoClass, 1};
  r.detector = true;
  b.worker.request(r);
  CHECK(b.answer()->error == kNoDetector);
  b.worker.check(r);
  const auto c = b.checked();
  CHECK(c->error == kNoDetector);
  CHECK(c->request == 1);
}
