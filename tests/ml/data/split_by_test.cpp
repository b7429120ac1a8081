#include "ml/data/split_by.h"

#include <catch2/catch.hpp>
#include <set>

using namespace mp::ml;

namespace {

/// Two builds of 20 layers with 4 patches each.
Pool layered() {
  Pool p;
  p.roots = {"/a", "/b"};
  for (std::uint32_t l = 0; l < 40; ++l) {
    ImageEntry image;
    image.root = std::uint16_t(l / 20);
    image.path = "layer" + std::to_string(l % 20) + ".png";
    p.images.push_back(image);
    p.layers.push_back({l, 0, SampleId(l * 4), 2, 2});
    for (int k = 0; k < 4; ++k) {
      p.image_of.push_back(l);
      p.region.push_back({k % 2, k / 2, 1, 1});
      p.layer_of.push_back(std::int32_t(l));
      p.split.push_back(Split::pool);
      p.source_class.push_back(ClassId(k == 0));
    }
  }
  return p;
}

/// One folder, classes by turns of ten: f1 .. f60.
Pool flat() {
  Pool p;
  p.roots = {"/c"};
  for (std::uint32_t i = 0; i < 60; ++i) {
    ImageEntry image;
    image.path = "f" + std::to_string(i + 1) + ".png";
    p.images.push_back(image);
    p.image_of.push_back(i);
    p.region.push_back({0, 0, 1, 1});
    p.layer_of.push_back(-1);
    p.split.push_back(Split::pool);
    p.source_class.push_back(ClassId(i / 10 % 2));
  }
  return p;
}

std::set<SampleId> held(const std::vector<Split>& s) {
  std::set<SampleId> ids;
  for (SampleId i = 0; i < s.size(); ++i)
    if (s[i] == Split::held_out) ids.insert(i);
  return ids;
}

}  // namespace

TEST_CASE("a random split takes its share of each class and tears layers apart") {
  const auto p = layered();
  const auto s = split_by(p, {});
  REQUIRE(s);
  int by_class[2] = {};
  for (auto i : held(*s)) ++by_class[p.source_class[i]];
  CHECK(by_class[0] == 24);   // a fifth of 120
  CHECK(by_class[1] == 8);    // of 40
  CHECK(layer_leaks(p, *s).torn_layers > 10);
  CHECK(*split_by(p, {}) == *s);
  SplitChoice other;
  other.seed = 2;
  CHECK(*split_by(p, other) != *s);
}

TEST_CASE("blocks of layers stay whole, a share of each build") {
  const auto p = layered();
  SplitChoice c;
  c.by = SplitBy::layers;
  c.block_layers = 5;
  c.share = .25;
  const auto s = split_by(p, c);
  REQUIRE(s);
  const auto ids = held(*s);
  CHECK(ids.size() == 40);   // one block of five layers in each build
  const auto leaks = layer_leaks(p, *s);
  CHECK(leaks.torn_layers == 0);
  CHECK(leaks.neighbours <= 4);
  CHECK_FALSE(split_by(flat(), c));
}

TEST_CASE("whole builds are held out") {
  const auto p = layered();
  SplitChoice c;
  c.by = SplitBy::builds;
  const auto s = split_by(p, c);
  REQUIRE(s);
  const auto ids = held(*s);
  CHECK(ids.size() == 80);
  CHECK((*ids.begin() == 0 || *ids.begin() == 80));
  CHECK_FALSE(split_by(flat(), c));
}

TEST_CASE("names: a range by natural order, or a stretch of each class") {
  const auto p = flat();
  SplitChoice c;
  c.by = SplitBy::names;
  c.from = "f9.png";
  c.to = "f12.png";
  const auto range = split_by(p, c);
  REQUIRE(range);
  CHECK(held(*range) == std::set<SampleId>{8, 9, 10, 11});
  c.from = "g";
  CHECK_FALSE(split_by(p, c));
  c.from = "f0";
  c.to = "g";   // everything
  CHECK_FALSE(split_by(p, c));
  c.from = c.to = "";
  c.share = .1;
  const auto stretch = split_by(p, c);
  REQUIRE(stretch);
  CHECK(held(*stretch).size() == 6);
}
