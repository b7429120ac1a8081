// Readers of weights against files that PyTorch wrote (stored/make_files.py), hostile ones and broken ones.
#include "ml/nn/pth.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <iterator>

#include "engine/base/hash.h"
#include "ml/nn/pickle.h"

using namespace mp::ml;

namespace {

std::vector<std::uint8_t> stored(const std::string& name) {
  std::ifstream in(MP_SOURCE_DIR "/tests/ml/nn/stored/" + name, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

const NamedTensor& named(const std::vector<NamedTensor>& all, const std::string& name) {
  for (auto& t : all)
    if (t.name == name) return t;
  FAIL("no " + name);
  return all[0];
}

std::string refusal(const std::string& pickle) {
  auto r = pickle::read({reinterpret_cast<const std::uint8_t*>(pickle.data()), pickle.size()});
  REQUIRE_FALSE(r);
  return r.error().found;
}

}  // namespace

TEST_CASE("a state_dict of both of PyTorch's formats") {
  for (std::string file : {"state.pth", "state_old.pth"}) {
    INFO(file);
    auto read = read_pth(stored(file), file);
    if (!read) FAIL(read.error().message());
    CHECK(read->size() == 4);  // not num_batches_tracked
    auto& w = named(*read, "conv.weight");
    CHECK(w.shape == std::vector<std::int64_t>{2, 3, 2, 2});
    for (std::size_t i = 0; i < 24; ++i) CHECK(w.values[i] == float(i) / 8);
    CHECK(named(*read, "conv.bias").values == std::vector<float>{1.5f, -2});
    // Halves, transposed in their storage.
    auto& fc = named(*read, "fc.weight");
    CHECK(fc.shape == std::vector<std::int64_t>{3, 2});
    CHECK(fc.values == std::vector<float>{0, 3, 1, 4, 2, 5});
    CHECK(named(*read, "tail").values == std::vector<float>{6, 7, 8, 9});
  }
}

TEST_CASE("a pickle that would run code is refused by name") {
  auto read = read_pth(stored("hostile.pth"), "hostile.pth");
  REQUIRE_FALSE(read);
  CHECK(read.error().path == "hostile.pth");
  CHECK(read.error().found.find("system") != std::string::npos);
  auto script = read_pth(stored("script.pt"), "script.pt");
  REQUIRE_FALSE(script);
  CHECK(script.error().found == "a TorchScript program");
}

TEST_CASE("pickles that lead astray") {
  CHECK(refusal("") == "a pickle that ends too early");
  CHECK(refusal("cos\nsystem\n.").find("os system") != std::string::npos);
  CHECK(refusal("c__builtin__\neval\n.").find("eval") != std::string::npos);
  CHECK(refusal("0.") == "a stack that is empty");
  CHECK(refusal("(0.") == "a stack that is empty");
  CHECK(refusal("h\x05.") == "a memory that was never filled");
  CHECK(refusal("N]a.") != "");
  CHECK(refusal(std::string("\x8c\xff", 2) + "ab") == "a text that ends too early");
  CHECK(refusal(std::string(600'000, 'N')).starts_with("more than"));
  // A tuple in a tuple in a tuple ...: must end without exhausting the stack.
  std::string deep = "N" + std::string(400'000, '\x85') + ".";
  CHECK(pickle::read({reinterpret_cast<const std::uint8_t*>(deep.data()), deep.size()}));
  // A list that holds itself.
  std::string self = std::string("]q\0h\0a.", 7);
  CHECK(pickle::read({reinterpret_cast<const std::uint8_t*>(self.data()), self.size()}));
}

TEST_CASE("each of a thousand broken .pth files is refused or loaded") {
  for (std::string file : {"state.pth", "state_old.pth"}) {
    const auto good = stored(file);
    int refused = 0;
    for (std::uint64_t seed = 0; seed < 1000; ++seed) {
      auto bad = good;
      mp::Rng rng(seed);
      for (std::uint64_t k = 0; k <= rng.below(4); ++k) bad[rng.below(bad.size())] = std::uint8_t(rng.next());
      if (seed % 5 == 0) bad.resize(rng.below(bad.size()));
      auto read = read_pth(bad, file);
      if (!read) ++refused;
      if (!read) CHECK_FALSE(read.error().found.empty());
    }
    INFO(file << " " << refused);
    CHECK(refused > 100);
    CHECK(refused < 1000);
  }
}
