#include "ml/service/round_history.h"

#include <catch2/catch.hpp>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <unistd.h>

#include "engine/base/hash.h"

using namespace mp;
using namespace mp::ml;
namespace fs = std::filesystem;

namespace {

struct File {
  std::string path = (fs::temp_directory_path() / ("mp_rounds_" + std::to_string(::getpid()))).string();
  File() { clear(); }
  ~File() { clear(); }
  void clear() const {
    fs::remove(path);
    fs::remove(path + ".damaged");
  }
};

struct Made {
  RoundInfo info;
  std::vector<float> xy;
  Predictions p;
};

/// A cloud that moves a little every round.
Made made(std::size_t n, int round) {
  Rng rng(7);
  Made m;
  m.info.label_revision = std::uint64_t(round);
  m.info.labels = 12 * round;
  m.info.accuracy = .5f + .01f * float(round);
  m.info.loss = round % 2 ? .25f : -1;
  m.info.network = round % 3 == 0;
  m.info.method = "umap";
  m.xy.resize(2 * n);
  for (auto& v : m.xy) v = rng.normal() + .01f * float(round);
  m.p.n = n;
  for (std::size_t i = 0; i < n; ++i) {
    m.p.predicted.push_back(ClassId((int(i) + round) % 300 - 1));
    m.p.confidence.push_back(float(i % 100) / 99);
  }
  return m;
}

void check(const RoundHistory& h, std::size_t index, const Made& m) {
  const auto r = h.load(index);
  REQUIRE(r);
  CHECK(r->info.label_revision == m.info.label_revision);
  CHECK(r->info.labels == m.info.labels);
  CHECK(r->info.accuracy == m.info.accuracy);
  CHECK(r->info.loss == m.info.loss);
  CHECK(r->info.network == m.info.network);
  CHECK(r->info.method == "umap");
  REQUIRE(r->xy.size() == m.xy.size());
  float off = 0, unsure = 0;
  for (std::size_t i = 0; i < m.xy.size(); ++i) off = std::max(off, std::abs(r->xy[i] - m.xy[i]));
  for (std::size_t i = 0; i < m.p.n; ++i) unsure = std::max(unsure, std::abs(r->confidence[i] - m.p.confidence[i]));
  CHECK(off < 4e-4f);     // a box of about 12 in 65535 steps
  CHECK(unsure < .0021f);
  CHECK(r->predicted == m.p.predicted);
}

}  // namespace

TEST_CASE("round history: every round comes back, now and after opening again, beyond the key rounds") {
  File f;
  auto h = RoundHistory::open(f.path, false);
  REQUIRE(h);
  CHECK(h->rounds().empty());
  for (int r = 0; r < 40; ++r) {
    const auto m = made(500, r);
    REQUIRE(h->add(m.info, m.xy, m.p));
  }
  for (int r : {0, 1, 15, 16, 17, 39}) check(*h, std::size_t(r), made(500, r));
  auto again = RoundHistory::open(f.path, false);
  REQUIRE(again);
  REQUIRE(again->rounds().size() == 40);
  for (int r : {39, 5, 31}) check(*again, std::size_t(r), made(500, r));
  // It goes on from there, with more samples and with a cloud that has grown.
  auto more = made(600, 40);
  for (auto& v : more.xy) v *= 1.5f;
  REQUIRE(again->add(more.info, more.xy, more.p));
  const auto r = again->load(40);
  REQUIRE(r);
  CHECK(r->xy.size() == 1200);
  CHECK(std::abs(r->xy[77] - more.xy[77]) < 6e-4f);
  CHECK(!again->load(41));
  CHECK(again->rounds().size() == 41);
}

TEST_CASE("round history: a trail is where the sample was in each round that knows it") {
  File f;
  auto h = RoundHistory::open(f.path, false);
  REQUIRE(h);
  for (int r = 0; r < 20; ++r) {
    const auto m = made(r < 5 ? 50 : 80, r);
    REQUIRE(h->add(m.info, m.xy, m.p));
  }
  const auto old = h->trail(10), young = h->trail(70), none = h->trail(80);
  REQUIRE((old && young && none));
  CHECK(old->at.size() == 20);
  CHECK(young->at.size() == 15);
  CHECK(none->at.empty());
  for (std::size_t r = 0; r < 15; ++r) CHECK(std::abs(young->at[r].x - made(80, int(r) + 5).xy[140]) < 4e-4f);
}

TEST_CASE("round history: what a crash cut off is left out and written over; damage ends it, never the program") {
  File f;
  {
    auto h = RoundHistory::open(f.path, false);
    for (int r = 0; r < 6; ++r) {
      const auto m = made(100, r);
      REQUIRE(h->add(m.info, m.xy, m.p));
    }
  }
  const auto whole = fs::file_size(f.path);
  fs::resize_file(f.path, whole - 20);
  auto h = RoundHistory::open(f.path, false);
  REQUIRE(h);
  CHECK(h->rounds().size() == 5);
  const auto m = made(100, 9);
  REQUIRE(h->add(m.info, m.xy, m.p));
  h = RoundHistory::open(f.path, false);
  REQUIRE(h->rounds().size() == 6);
  check(*h, 5, m);
  check(*h, 4, made(100, 4));

  std::string bytes(std::istreambuf_iterator<char>(std::ifstream(f.path, std::ios::binary).rdbuf()), {});
  Rng rng(3);
  for (int k = 0; k < 300; ++k) {
    auto broken = bytes;
    broken[rng.below(std::uint32_t(broken.size()))] ^= char(1 << rng.below(8));
    std::ofstream(f.path, std::ios::binary | std::ios::trunc) << broken;
    auto b = RoundHistory::open(f.path, false);
    if (!b) continue;
    CHECK(b->rounds().size() < 6);
    for (std::size_t i = 0; i < b->rounds().size(); ++i) CHECK(b->load(i));
  }
}

TEST_CASE("round history: damage in the middle is said and the file kept as it was; a cut tail is not worth a word") {
  File f;
  {
    auto h = RoundHistory::open(f.path, false);
    for (int r = 0; r < 4; ++r) {
      const auto m = made(100, r);
      REQUIRE(h->add(m.info, m.xy, m.p));
    }
  }
  std::string bytes(std::istreambuf_iterator<char>(std::ifstream(f.path, std::ios::binary).rdbuf()), {});
  std::ofstream(f.path, std::ios::binary | std::ios::trunc) << bytes.substr(0, bytes.size() - 5);
  CHECK(RoundHistory::open(f.path, false)->notice().empty());
  CHECK_FALSE(fs::exists(f.path + ".damaged"));
  bytes[bytes.size() / 2] ^= 1;
  std::ofstream(f.path, std::ios::binary | std::ios::trunc) << bytes;
  CHECK(RoundHistory::open(f.path, true)->notice().find("damaged") != std::string::npos);
  CHECK_FALSE(fs::exists(f.path + ".damaged"));   // nothing is written where only reading is allowed
  auto h = RoundHistory::open(f.path, false);
  CHECK(h->notice().find(f.path + ".damaged") != std::string::npos);
  CHECK(h->rounds().size() < 4);
  CHECK(fs::file_size(f.path + ".damaged") == bytes.size());
  fs::remove(f.path + ".damaged");
}

TEST_CASE("round history: places that are not finite, no samples, read-only") {
  File f;
  auto h = RoundHistory::open(f.path, false);
  auto m = made(10, 1);
  m.xy[4] = std::numeric_limits<float>::quiet_NaN();
  m.xy[9] = std::numeric_limits<float>::infinity();
  REQUIRE(h->add(m.info, m.xy, m.p));
  CHECK(std::isfinite(h->load(0)->xy[4]));
  CHECK(std::abs(h->load(0)->xy[6] - m.xy[6]) < 1e-3f);
  const auto none = made(0, 2);
  REQUIRE(h->add(none.info, none.xy, none.p));
  CHECK(h->load(1)->xy.empty());
  auto locked = RoundHistory::open(f.path, true);
  REQUIRE(locked->add(m.info, m.xy, m.p));
  CHECK(locked->rounds().size() == 2);
  CHECK(RoundHistory::open(f.path, true)->rounds().size() == 2);
}

TEST_CASE("round history: thinned, every other of the older half is gone and the rest is as it was") {
  File f;
  auto h = RoundHistory::open(f.path, false);
  for (int r = 0; r < 20; ++r) {
    const auto m = made(300, r);
    REQUIRE(h->add(m.info, m.xy, m.p));
  }
  const auto before = h->bytes();
  REQUIRE(h->thin());
  REQUIRE(h->rounds().size() == 15);
  CHECK(h->bytes() < before);
  CHECK(fs::file_size(f.path) == h->bytes());
  for (int r : {0, 2, 8, 10, 11, 19}) check(*h, std::size_t(r < 10 ? r / 2 : r - 5), made(300, r));
  auto next = made(300, 20);
  REQUIRE(h->add(next.info, next.xy, next.p));
  check(*RoundHistory::open(f.path, false), 15, next);
}
