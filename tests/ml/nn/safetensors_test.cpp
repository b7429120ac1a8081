// The weight file reader: round trip, hand-made bad files, mutated bytes.
#include "ml/nn/safetensors.h"

#include <catch2/catch.hpp>
#include <cstring>

#include "engine/base/hash.h"
#include "ml/nn/weights.h"

using namespace mp::ml;

namespace {

std::vector<std::uint8_t> file_of(std::string header, std::size_t data_bytes) {
  std::uint64_t n = header.size();
  std::vector<std::uint8_t> f(8 + n + data_bytes);
  std::memcpy(f.data(), &n, 8);
  std::memcpy(f.data() + 8, header.data(), n);
  return f;
}

}  // namespace

TEST_CASE("tensors survive a round trip") {
  std::vector<NamedTensor> tensors{{"a", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"b \"x\"", {1}, {-7.5f}}, {"none", {0, 4}, {}}};
  auto bytes = write_safetensors(tensors, {{"network", "gapc"}});
  auto file = read_safetensors(bytes);
  REQUIRE(file);
  REQUIRE(file->tensors.size() == 3);
  CHECK(file->metadata.at("network") == "gapc");
  for (auto& t : tensors) {
    auto* v = file->find(t.name);
    REQUIRE(v);
    CHECK(v->shape == t.shape);
    CHECK(floats_of(*v) == t.values);
  }
}

TEST_CASE("a file by the format's description is read, and bad ones are refused") {
  const std::string good = R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})";
  REQUIRE(read_safetensors(file_of(good, 8)));
  auto refused = [](std::string header, std::size_t bytes) { return !read_safetensors(file_of(header, bytes)); };
  CHECK(refused(good, 7));                                                                     // truncated
  CHECK(refused(good, 9));                                                                     // a rest
  CHECK(refused(good.substr(0, good.size() - 1), 8));                                          // no JSON
  CHECK(refused("[1,2]", 0));                                                                  // no object
  CHECK(refused(R"({"x":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}})", 8));              // shape against bytes
  CHECK(refused(R"({"x":{"dtype":"F31","shape":[2],"data_offsets":[0,8]}})", 8));              // type
  CHECK(refused(R"({"x":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8));
  CHECK(refused(R"({"x":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8));
  CHECK(refused(R"({"x":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}})", 0));  // 2^64 wraps
  CHECK(refused(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                   "y":{"dtype":"F32","shape":[1],"data_offsets":[2,6]}})", 6));               // overlap
  CHECK(refused(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})", 8));              // gap
  CHECK(refused(R"({"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},
                   "x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", 4));               // twice
  CHECK(refused(std::string(100'000, '[') + std::string(100'000, ']'), 0));                    // deep
  CHECK_FALSE(read_safetensors({}));
  auto huge = file_of(good, 8);
  std::memset(huge.data(), 0xff, 8);
  CHECK_FALSE(read_safetensors(huge));
}

TEST_CASE("1,000 mutated weight files are refused or loaded, none crashes") {
  auto net = *place(gapc(), 32, 3);
  NetworkSpec spec{.classes = 3, .input_px = 32};
  auto bytes = pack_weights(net, spec, initial_weights(net, 1));
  REQUIRE(unpack_weights(net, spec, bytes));
  std::uint64_t header = 0;
  std::memcpy(&header, bytes.data(), 8);
  mp::Rng rng(7);
  int loaded = 0, refused = 0;
  for (int i = 0; i < 1000; ++i) {
    auto m = bytes;
    int changes = 1 + int(rng.below(4));
    for (int k = 0; k < changes; ++k) {
      // Mostly the header, where the traps are.
      auto at = rng.below(5) ? rng.below(std::uint32_t(8 + header)) : rng.below(std::uint32_t(m.size()));
      m[at] = std::uint8_t(rng.next());
    }
    if (rng.below(4) == 0) m.resize(rng.below(std::uint32_t(m.size())));
    (unpack_weights(net, spec, m) ? loaded : refused)++;
  }
  CHECK(loaded + refused == 1000);
  CHECK(loaded > 0);
  CHECK(refused > 500);
}

TEST_CASE("weights of another network are refused with a list") {
  NetworkSpec six{.classes = 6, .input_px = 100}, three{.classes = 3, .input_px = 100};
  auto net = *place(gapc(), 100, 6), other = *place(gapc(), 100, 3);
  auto bytes = pack_weights(net, six, initial_weights(net, 1));
  auto fewer = unpack_weights(other, three, bytes);
  REQUIRE_FALSE(fewer);
  CHECK(fewer.error().found.find("fc1.weight is 6x64, not 3x64") != std::string::npos);
  NetworkSpec bn{.name = "bn-gapc", .classes = 6, .input_px = 100};
  auto wrong = unpack_weights(*place(bn_gapc(), 100, 6), bn, bytes);
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().found.find("network \"gapc\"") != std::string::npos);
  CHECK(wrong.error().found.find("bn1.weight is missing") != std::string::npos);
}

TEST_CASE("a model goes on when a class is added") {
  NetworkSpec old_spec{.classes = 3, .input_px = 100}, new_spec{.classes = 4, .input_px = 100};
  auto old_net = *place(gapc(), 100, 3), new_net = *place(gapc(), 100, 4);
  auto old_weights = initial_weights(old_net, 1), fresh = initial_weights(new_net, 2);
  auto bytes = transfer_weights(pack_weights(old_net, old_spec, old_weights), pack_weights(new_net, new_spec, fresh));
  REQUIRE(bytes);
  auto w = unpack_weights(new_net, new_spec, *bytes);
  REQUIRE(w);
  CHECK((*w)[0] == old_weights[0]);
  std::size_t classifier = 8;
  REQUIRE(new_net.parameters[classifier].name == "fc1.weight");
  CHECK(std::equal(old_weights[classifier].begin(), old_weights[classifier].end(), (*w)[classifier].begin()));
  CHECK(std::equal((*w)[classifier].begin() + 3 * 64, (*w)[classifier].end(), fresh[classifier].begin() + 3 * 64));
}
