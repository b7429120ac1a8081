// The map of boxes: like lies beside like, what comes later is placed among the others, every request is answered.
#include "ml/service/box_mapper.h"

#include <catch2/catch.hpp>
#include <cmath>

#include "tests/ml/detect/textured_images.h"
#include "tests/ml/service/fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

/// Even boxes lie on noise, odd ones on stripes.
BoxStore boxes_on(std::size_t n, std::size_t images, std::uint64_t seed) {
  Rng rng(seed);
  BoxStore store;
  for (std::size_t i = 0; i < n; ++i) {
    const float x = (i % 2 ? 84.f : 2.f) + 20 * rng.unit(), y = 60 * rng.unit();
    store.boxes.push_back({std::uint32_t(i % images), {x, y, x + 36 + 16 * rng.unit(), y + 36 + 20 * rng.unit()}, 0, BoxSource::import, BoxStatus::accepted, 1, {}});
  }
  return store;
}

/// Share of boxes whose nearest neighbour on the map shows the same.
double alike(const std::vector<float>& xy) {
  std::size_t same = 0;
  for (std::size_t i = 0; i * 2 < xy.size(); ++i) {
    std::size_t nearest = i;
    float least = 1e30f;
    for (std::size_t j = 0; j * 2 < xy.size(); ++j) {
      const float d = std::hypot(xy[2 * i] - xy[2 * j], xy[2 * i + 1] - xy[2 * j + 1]);
      if (j != i && d < least) least = d, nearest = j;
    }
    same += i % 2 == nearest % 2;
  }
  return double(same) / double(xy.size() / 2);
}

struct Bench {
  Desk desk;
  TexturedImages images{12};
  BoxMapper mapper{1, [] { return 2; }, desk.out, desk.activity};
  std::uint64_t request = 0;
  Bench() { mapper.set_pool(images.pool); }
  std::shared_ptr<const BoxMap> map(const BoxStore& store, bool again = false) {
    mapper.request({++request, std::make_shared<const BoxStore>(store), again});
    std::shared_ptr<const BoxMap> last;
    REQUIRE(eventually([&] {
      if (auto m = desk.out.box_map.take()) last = m;
      return last && last->request == request && last->finished;
    }));
    return last;
  }
};

}  // namespace

TEST_CASE("boxes that show something alike lie beside each other, few and many") {
  Bench b;
  for (std::size_t n : {12, 160}) {
    const auto map = b.map(boxes_on(n, 12, n), true);
    CHECK(map->error.empty());
    REQUIRE(map->xy.size() == 2 * n);
    CHECK(alike(map->xy) > .95);
  }
  CHECK(b.desk.idle());
}

TEST_CASE("a box that comes later is placed among the others, which stay") {
  Bench b;
  auto store = boxes_on(160, 12, 5);
  const auto before = b.map(store);
  store.boxes.push_back({3, {6, 10, 60, 60}, 0, BoxSource::person, BoxStatus::accepted, 1, "ann"});
  const auto after = b.map(store);
  REQUIRE(after->xy.size() == 322);
  CHECK(std::isfinite(after->xy[320]));
  std::size_t stayed = 0;
  for (std::size_t i = 0; i < 160; ++i) stayed += std::hypot(after->xy[2 * i] - before->xy[2 * i], after->xy[2 * i + 1] - before->xy[2 * i + 1]) < .05f;
  CHECK(stayed > 120);
  CHECK(alike({after->xy.begin(), after->xy.begin() + 320}) > .95);
}

TEST_CASE("boxes of an image that is gone have no place, and a map of none of them says why") {
  Bench b;
  std::filesystem::remove(b.images.dir() + "/0.pgm");
  const auto store = boxes_on(24, 12, 7);
  const auto map = b.map(store);
  CHECK(map->problems.size() == 1);
  for (std::size_t i = 0; i < 24; ++i) CHECK(std::isfinite(map->xy[2 * i]) == (i % 12 != 0));
  BoxStore gone;
  gone.boxes = {store.boxes[0]};
  CHECK(b.map(gone)->error.find("can be read") != std::string::npos);   // said once which image it is
  CHECK(b.map({})->error == "no box is there yet");
}

TEST_CASE("a new map reads again what could not be read") {
  Bench b;
  const auto file = b.images.dir() + "/0.pgm";
  std::filesystem::rename(file, file + ".away");
  const auto store = boxes_on(24, 12, 7);
  CHECK_FALSE(std::isfinite(b.map(store)->xy[0]));
  std::filesystem::rename(file + ".away", file);
  CHECK_FALSE(std::isfinite(b.map(store)->xy[0]));
  const auto again = b.map(store, true);
  CHECK(std::isfinite(again->xy[0]));
  CHECK(again->problems.empty());
}

TEST_CASE("a cancelled map leaves the one before; of two requests at once both end") {
  Bench b;
  const auto store = boxes_on(160, 12, 9);
  const auto before = b.map(store);
  b.mapper.request({++b.request, std::make_shared<const BoxStore>(store), true});
  b.mapper.request({++b.request, std::make_shared<const BoxStore>(store), true});
  b.mapper.cancel();
  std::shared_ptr<const BoxMap> last;
  REQUIRE(eventually([&] {
    if (auto m = b.desk.out.box_map.take()) last = m;
    return last && last->request == b.request && last->finished;
  }));
  REQUIRE(last->xy.size() == before->xy.size());
  if (last->cancelled) CHECK(last->xy == before->xy);
  CHECK(b.desk.idle());
}

TEST_CASE("a cancelled map is answered, and the next one comes") {
  Bench b;
  const auto store = boxes_on(160, 12, 9);
  b.mapper.request({++b.request, std::make_shared<const BoxStore>(store), true});
  b.mapper.cancel();
  REQUIRE(eventually([&] {
    const auto m = b.desk.out.box_map.take();
    return m && m->finished && (m->cancelled || m->xy.size() == 320);
  }));
  CHECK(b.map(store)->xy.size() == 320);
  CHECK(b.desk.idle());
}
