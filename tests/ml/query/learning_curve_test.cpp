#include "ml/query/learning_curve.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <set>

#include "engine/base/hash.h"
#include "ml/data/decode.h"
#include "ml/features/texture.h"
#include "ml/head/parallel.h"

using namespace mp;
using namespace mp::ml;
namespace fs = std::filesystem;

namespace {

struct Set {
  FeaturesPtr features;
  std::vector<ClassId> truth;
  int classes = 0;
};

Set blobs(std::size_t n, int classes, float spread) {
  Rng rng(6);
  const std::size_t d = 20;
  std::vector<float> centre(std::size_t(classes) * d), v(n * d);
  for (float& c : centre) c = rng.normal() * spread;
  Set s;
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t cls = i * std::size_t(classes) / n;  // one class after the other, as in sorted folders
    s.truth.push_back(ClassId(cls));
    for (std::size_t k = 0; k < d; ++k) v[i * d + k] = centre[cls * d + k] + rng.normal();
  }
  s.features = make_features("blobs", n, d, v);
  s.classes = classes;
  return s;
}

}  // namespace

TEST_CASE("splits are stratified, disjoint, repeatable and differ from seed to seed") {
  const Set s = blobs(300, 3, 1);
  CurveOptions o;
  o.pool_fraction = .6f;
  const auto a = split_for(s.truth, s.features->valid, 3, o, 1);
  CHECK(a.pool.size() == 180);
  CHECK(a.test.size() == 60);
  for (SampleId id : a.test) CHECK_FALSE(std::binary_search(a.pool.begin(), a.pool.end(), id));
  for (int c = 0; c < 3; ++c)
    CHECK(std::count_if(a.test.begin(), a.test.end(), [&](SampleId id) { return s.truth[id] == c; }) == 20);
  CHECK(split_for(s.truth, s.features->valid, 3, o, 1).test == a.test);
  CHECK(split_for(s.truth, s.features->valid, 3, o, 2).test != a.test);
  o.blocks = true;
  const auto b = split_for(s.truth, s.features->valid, 3, o, 1);
  for (int c = 0; c < 3; ++c) {  // one stretch of the class's 100 ids, perhaps around its end
    int starts = 0;
    for (SampleId id : b.test)
      if (s.truth[id] == c)
        starts +=
            !std::binary_search(b.test.begin(), b.test.end(), SampleId(c * 100) + (id - SampleId(c * 100) + 99) % 100);
    CHECK(starts == 1);
  }
}

TEST_CASE("a curve reports its counts, rises, repeats, and never trains on or queries the test part") {
  const Set s = blobs(600, 4, 1.2f);
  CurveOptions o;
  o.cold_labels = 8;
  o.batch = 5;
  o.label_counts = {8, 20, 33};
  o.seeds = 3;
  std::map<int, int> seen;
  auto watch = [&](const CurvePoint& p) {
    ++seen[p.labels];
    CHECK(int(p.labelled.size()) == p.labels);
    std::set<SampleId> distinct;
    for (const auto& l : p.labelled) {
      CHECK_FALSE(std::binary_search(p.test.begin(), p.test.end(), l.id));
      CHECK(l.cls == s.truth[l.id]);
      distinct.insert(l.id);
    }
    CHECK(distinct.size() == p.labelled.size());
  };
  const auto a = learning_curve(s.features, s.truth, 4, o, watch);
  REQUIRE(a);
  CHECK(seen == std::map<int, int>{{8, 3}, {20, 3}, {33, 3}});
  REQUIRE(a->rows.size() == 3);
  CHECK(a->rows[2].mean > a->rows[0].mean);
  CHECK(a->rows[2].mean > .9);
  CHECK(a->predictions.size() == 3 * 600);
  // Anyone can recompute the last accuracy from the predictions.
  for (int seed = 0; seed < 3; ++seed) {
    double right = 0, n = 0;
    for (const auto& p : a->predictions)
      if (p.seed == std::uint64_t(seed) + 1 && p.split == Split::held_out) {
        ++n;
        right += p.truth == p.predicted;
      }
    CHECK(right / n == Approx(a->rows[2].accuracy[std::size_t(seed)]));
  }
  const auto b = learning_curve(s.features, s.truth, 4, o);
  for (std::size_t r = 0; r < 3; ++r) CHECK(a->rows[r].accuracy == b->rows[r].accuracy);
  for (auto cold : {ColdStart::typiclust, ColdStart::per_class, ColdStart::random}) {
    o.cold_start = cold;
    o.cold_labels = cold == ColdStart::per_class ? 2 : 8;
    const auto c = learning_curve(s.features, s.truth, 4, o);
    REQUIRE(c);
    CHECK(c->rows[0].labels == 8);
  }
}

TEST_CASE("wrong answers are wrong in the share asked for, and errors are said") {
  const Set s = blobs(500, 5, 2);
  CurveOptions o;
  o.cold_start = ColdStart::random;
  o.cold_labels = 300;
  o.label_counts = {300};
  o.seeds = 1;
  o.wrong_labels = .2f;
  int wrong = 0;
  REQUIRE(learning_curve(s.features, s.truth, 5, o, [&](const CurvePoint& p) {
    for (const auto& l : p.labelled) wrong += l.cls != s.truth[l.id];
  }));
  CHECK(wrong == Approx(60).margin(25));
  o.label_counts = {450};
  CHECK_FALSE(learning_curve(s.features, s.truth, 5, o));  // beyond the pool
  o.label_counts = {};
  CHECK_FALSE(learning_curve(s.features, s.truth, 5, o));
  o.label_counts = {300};
  o.strategy = "nonsense";
  CHECK(learning_curve(s.features, s.truth, 5, o));  // reached without a query
  o.cold_labels = 10;
  CHECK_FALSE(learning_curve(s.features, s.truth, 5, o));
  CancelToken cancel;
  cancel.cancel();
  o.strategy = "margin";
  CHECK_FALSE(learning_curve(s.features, s.truth, 5, o, {}, cancel));
  CHECK_FALSE(learning_curve(s.features, std::span(s.truth).first(3), 5, o));
}

TEST_CASE("steel defects: 12 medoids and margin queries of 6 reach 97 % with 60 labels") {
#ifdef MP_SANITIZED
  WARN("skipped: a claim about accuracy, which a sanitizer build only slows down");
  return;
#endif
  const char* given = std::getenv("MELTPOOL_TEST_DATA");
  const fs::path root = (given ? fs::path(given) : fs::path(MP_SOURCE_DIR) / "../shared/data") / "neu/images";
  if (!fs::is_directory(root)) {
    WARN("skipped: no images at " << root.string());
    return;
  }
  std::vector<fs::path> folders, files;
  for (const auto& e : fs::directory_iterator(root))
    if (e.is_directory()) folders.push_back(e.path());
  std::sort(folders.begin(), folders.end());
  Set s;
  s.classes = int(folders.size());
  for (std::size_t c = 0; c < folders.size(); ++c) {
    const std::size_t first = files.size();
    for (const auto& e : fs::directory_iterator(folders[c])) files.push_back(e.path());
    std::sort(files.begin() + long(first), files.end());
    s.truth.resize(files.size(), ClassId(c));
  }
  std::vector<float> values(files.size() * kTextureDim);
  std::vector<TextureExtractor> extractor(2);
  std::atomic<int> bad{0};
  parallel_blocks(files.size(), 32, 2, [&](std::size_t begin, std::size_t end, std::size_t w) {
    for (std::size_t i = begin; i < end; ++i) {
      const auto image = decode_file(files[i].string());
      if (image)
        extractor[w].compute(image->grey, std::span<float, kTextureDim>(values.data() + i * kTextureDim, kTextureDim));
      else
        ++bad;
    }
  });
  REQUIRE(bad == 0);
  REQUIRE(files.size() == 1800);
  s.features = make_features(kTextureExtractor, files.size(), kTextureDim, std::move(values));
  CurveOptions o;
  o.label_counts = {12, 60};
  o.seeds = 2;
  for (auto strategy : {"margin", "msd"}) {
    o.strategy = strategy;
    const auto curve = learning_curve(s.features, s.truth, s.classes, o);
    REQUIRE(curve);
    INFO(strategy << ": " << curve->rows[0].mean << " with 12 labels, " << curve->rows[1].mean << " with 60");
    CHECK(curve->rows[1].mean > .97);
  }
}
