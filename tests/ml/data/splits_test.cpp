#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <map>
#include <set>

#include "engine/base/hash.h"
#include "ml/data/project.h"

#include <catch2/catch.hpp>

using namespace mp;
using namespace mp::ml;

namespace {

Pool whole_pool(const std::vector<std::pair<std::string, ClassId>>& files) {
  Pool pool;
  pool.roots = {"/data"};
  for (const auto& [path, cls] : files) {
    pool.image_of.push_back(std::uint32_t(pool.images.size()));
    pool.images.emplace_back().path = path;
    pool.region.push_back({0, 0, 10, 10});
    pool.layer_of.push_back(-1);
    pool.source_class.push_back(cls);
    pool.split.push_back(Split::pool);
  }
  return pool;
}

// Layers in random import order; class of a patch by `cls(layer, patch)`.
template <class F>
Pool layered_pool(int layers, int patches, std::uint64_t order_seed, F cls, const std::string& root = "/build") {
  Pool pool;
  pool.roots = {root};
  pool.patch_px = 8;
  std::vector<int> order(static_cast<std::size_t>(layers));
  for (int i = 0; i < layers; ++i) order[std::size_t(i)] = i;
  Rng rng(order_seed);
  if (order_seed) rng.shuffle(order);
  pool.layers.resize(order.size());
  for (int l : order) {
    LayerEntry& e = pool.layers[std::size_t(l)];
    e.image = std::uint32_t(pool.images.size());
    e.z_mm = float(l);
    e.first_sample = SampleId(pool.size());
    e.cols = patches;
    e.rows = 1;
    pool.images.emplace_back().path = fmt::format("{}mm.png", l);
    for (int p = 0; p < patches; ++p) {
      pool.image_of.push_back(e.image);
      pool.region.push_back({p * 8, 0, 8, 8});
      pool.layer_of.push_back(l);
      pool.source_class.push_back(cls(l, p));
      pool.split.push_back(Split::pool);
    }
  }
  return pool;
}

std::map<std::pair<std::string, int>, Split> by_path(const Pool& pool, const std::vector<Split>& splits) {
  std::map<std::pair<std::string, int>, Split> m;
  for (SampleId id = 0; id < pool.size(); ++id) m[{pool.image(id).path, pool.region[id].x}] = splits[id];
  return m;
}

}  // namespace

TEST_CASE("a stratified fifth of the images with source labels is held out, the same in any import order") {
  Rng rng(11);
  std::vector<std::pair<std::string, ClassId>> files;
  for (int i = 0; i < 1500; ++i) files.emplace_back(fmt::format("dir/{}.png", i), ClassId(int(rng.below(100)) % 7 - 1));
  for (int i = 0; i < 3; ++i) files.emplace_back(fmt::format("rare {}.png", i), 9);
  const Pool pool = whole_pool(files);
  const auto splits = assign_splits(pool, 0.2, 1);
  std::map<ClassId, std::pair<int, int>> counts;  // held out, all
  for (SampleId id = 0; id < pool.size(); ++id) {
    auto& c = counts[pool.source_class[id]];
    c.first += splits[id] == Split::held_out;
    ++c.second;
  }
  CHECK(counts[kNoClass].second > 50);
  for (const auto& [cls, c] : counts) {
    INFO("class " << cls);
    if (cls == kNoClass)
      CHECK(c.first == 0);
    else
      CHECK(std::abs(c.first - 0.2 * c.second) <= 1);
  }
  rng.shuffle(files);
  const Pool other = whole_pool(files);
  CHECK(by_path(pool, splits) == by_path(other, assign_splits(other, 0.2, 1)));
  CHECK(by_path(pool, splits) != by_path(pool, assign_splits(pool, 0.2, 2)));
}

TEST_CASE("files of one name in two folders do not depend on the folders' order") {
  Pool pool = whole_pool({{"1.png", 0}, {"2.png", 0}, {"3.png", 0}, {"1.png", 0}, {"2.png", 0}, {"3.png", 0}});
  pool.roots = {"/a", "/b"};
  for (int i = 3; i < 6; ++i) pool.images[std::size_t(i)].root = 1;
  Pool other = pool;
  other.roots = {"/b", "/a"};
  const auto x = assign_splits(pool, 0.5, 1), y = assign_splits(other, 0.5, 1);
  CHECK(std::count(x.begin(), x.end(), Split::held_out) == 3);
  for (int i = 0; i < 3; ++i) {
    CHECK(x[std::size_t(i)] == y[std::size_t(i + 3)]);
    CHECK(x[std::size_t(i + 3)] == y[std::size_t(i)]);
  }
}

TEST_CASE("without source labels all is pool") {
  const Pool pool = layered_pool(40, 4, 0, [](int, int) { return kNoClass; });
  for (Split s : assign_splits(pool, 0.2, 1)) CHECK(s == Split::pool);
}

TEST_CASE("layers are held out in whole blocks of neighbours") {
  const int layers = GENERATE(2, 7, 10, 60, 95, 889);
  // Class 0 everywhere, class 1 in the lower half, class 2 in a few places, some patches without class.
  const auto cls = [&](int l, int p) -> ClassId {
    if (p == 3) return kNoClass;
    if (p == 2 && l % 9 == 0) return 2;
    return p == 1 && l < layers / 2 ? 1 : 0;
  };
  const Pool pool = layered_pool(layers, 5, 0, cls);
  const auto splits = assign_splits(pool, 0.2, 1);
  std::vector<int> held(std::size_t(layers), -1);
  for (SampleId id = 0; id < pool.size(); ++id) {
    if (pool.source_class[id] == kNoClass) {
      CHECK(splits[id] == Split::pool);
      continue;
    }
    int& h = held[std::size_t(pool.layer_of[id])];
    const int s = splits[id] == Split::held_out;
    CHECK((h == -1 || h == s));  // a layer is on one side
    h = s;
  }
  // Runs of one kind are multiples of the block length; there are at least 10 possible blocks, or a layer each.
  const int length = std::clamp(layers / 10, 1, 50);
  int n_held = 0;
  for (int l = 0; l < layers; ++l) {
    n_held += held[std::size_t(l)];
    if (l > 0 && held[std::size_t(l)] != held[std::size_t(l - 1)]) CHECK(l % length == 0);
  }
  const int blocks = layers / length;
  CHECK(blocks >= std::min(layers, 10));
  const int take = std::max(1, int(std::lround(blocks * 0.2)));
  CHECK(n_held >= take * length);
  CHECK(n_held < take * length + length);  // the last block may be longer

  const Pool shuffled = layered_pool(layers, 5, 99, cls);
  CHECK(by_path(pool, splits) == by_path(shuffled, assign_splits(shuffled, 0.2, 1)));
}

TEST_CASE("blocks are chosen so that every class is on both sides where that is possible") {
  // Class 1 is in layers 0..29, class 2 in 60..89 of 100.
  const Pool pool = layered_pool(100, 2, 5, [](int l, int p) -> ClassId {
    return p == 0 ? ClassId(0) : l < 30 ? ClassId(1) : l >= 60 && l < 90 ? ClassId(2) : ClassId(0);
  });
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    std::map<ClassId, std::set<Split>> sides;
    const auto splits = assign_splits(pool, 0.2, seed);
    for (SampleId id = 0; id < pool.size(); ++id) sides[pool.source_class[id]].insert(splits[id]);
    for (const auto& [cls, s] : sides) CHECK(s.size() == 2);
  }
}
