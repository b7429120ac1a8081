// Files of weights from elsewhere: Keras' .h5 through the module, and starting a network from a file.
#include "ml/nn/weight_file.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>

#include "engine/base/hash.h"
#include "ml/nn/network.h"
#include "ml/nn/weights.h"

using namespace mp::ml;

namespace {

const std::string kStored = MP_SOURCE_DIR "/tests/ml/nn/stored/";

const NamedTensor& named(const std::vector<NamedTensor>& all, const std::string& name) {
  for (auto& t : all)
    if (t.name == name) return t;
  FAIL("no " + name);
  return all[0];
}

std::vector<NamedTensor> tensors_of(const PlacedNetwork& net, std::uint64_t seed) {
  std::vector<NamedTensor> all;
  for (auto& p : net.parameters) all.push_back({p.name, p.shape, initial_values(p, seed)});
  return all;
}

}  // namespace

TEST_CASE("Keras' kernels come out x in x height x width") {
  auto read = read_weight_file(kStored + "notop.h5", false);
  if (!read) FAIL(read.error().message());
  CHECK(read->size() == 4);
  auto& w = named(*read, "block1_conv1.weight");
  CHECK(w.shape == std::vector<std::int64_t>{2, 1, 3, 3});
  for (int o = 0; o < 2; ++o)
    for (int k = 0; k < 9; ++k) CHECK(w.values[std::size_t(o * 9 + k)] == float(k * 2 + o));
  CHECK(named(*read, "block1_conv1.bias").values == std::vector<float>{0.5f, -1});
  auto& dense = named(*read, "dense.weight");
  CHECK(dense.shape == std::vector<std::int64_t>{2, 3});
  CHECK(dense.values == std::vector<float>{0, 2, 4, 1, 3, 5});
  auto elsewhere = read_weight_file(kStored + "elsewhere.h5", false);
  REQUIRE_FALSE(elsewhere);
  CHECK(elsewhere.error().found.find("another file") != std::string::npos);
}

TEST_CASE("each of a thousand broken .h5 files is refused or loaded") {
  std::ifstream in(kStored + "notop.h5", std::ios::binary);
  const std::vector<std::uint8_t> good{std::istreambuf_iterator<char>(in), {}};
  REQUIRE(good.size() > 1000);
  REQUIRE(read_keras(kStored + "notop.h5"));  // the module is loaded before the children are made
  const auto file = std::filesystem::temp_directory_path() / ("broken_" + std::to_string(getpid()) + ".h5");
  struct Progress {
    int at, refused, loaded;
  };
  auto* progress = static_cast<Progress*>(mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0));
  REQUIRE(progress != MAP_FAILED);
  int ended = 0;
  // HDF5 itself may crash on a broken file: like the program's helper, a process of its own reads it.
  while (progress->at < 1000 && ended < 1000) {
    const pid_t child = fork();
    if (child == 0) {
      const rlimit time{60, 60}, core{0, 0};
      setrlimit(RLIMIT_CPU, &time);
      setrlimit(RLIMIT_CORE, &core);
      std::signal(SIGSEGV, SIG_DFL);
      std::signal(SIGABRT, SIG_DFL);
      while (progress->at < 1000) {
        mp::Rng rng(std::uint64_t(progress->at++));
        auto bad = good;
        for (std::uint32_t k = 0, n = 1 + rng.below(6); k < n; ++k) bad[rng.below(std::uint32_t(bad.size()))] = std::uint8_t(rng.next());
        if (progress->at % 5 == 0) bad.resize(rng.below(std::uint32_t(bad.size())));
        std::ofstream(file, std::ios::binary).write(reinterpret_cast<const char*>(bad.data()), std::streamsize(bad.size()));
        ++(read_keras(file.string()) ? progress->loaded : progress->refused);
      }
      _exit(0);
    }
    REQUIRE(child > 0);
    int status = 0;
    waitpid(child, &status, 0);
    ended += !WIFEXITED(status);
    if (WIFEXITED(status)) break;
  }
  std::filesystem::remove(file);
  INFO(progress->loaded << " loaded, " << progress->refused << " refused, " << ended << " ended the process that read them");
  CHECK(progress->loaded + progress->refused + ended == 1000);
  CHECK(progress->loaded > 0);
  CHECK(progress->refused > 0);
  munmap(progress, sizeof(Progress));
}

TEST_CASE("a network starts from a file: the backbone must fit, the head may differ") {
  const auto net = *place(vgg16(), 48, 3), other = *place(vgg16(), 48, 5);
  NetworkSpec spec{.name = "vgg16", .classes = 3, .input_px = 48};
  const auto own = initial_weights(net, 1);
  const auto bytes = pack_weights(net, spec, own);
  auto file = tensors_of(other, 2);
  file.push_back({"extra", {1}, {0}});
  auto started = start_from(net, bytes, file, "w.pth");
  if (!started) FAIL(started.error().message());
  CHECK(started->tensors == net.parameters.size() - 2);  // without the last dense layer
  CHECK(started->left_alone.find("fc3.weight is 5x256, not 3x256") != std::string::npos);
  CHECK(started->left_alone.find("\"extra\" is unknown") != std::string::npos);
  auto loaded = unpack_weights(net, spec, started->bytes);
  REQUIRE(loaded);
  CHECK((*loaded)[0] == file[0].values);
  CHECK(loaded->back() == own.back());

  // "notop": no dense layer at all.
  std::erase_if(file, [](auto& t) { return t.name.starts_with("fc"); });
  CHECK(start_from(net, bytes, file, "w.pth"));
  file[0].values[3] = std::numeric_limits<float>::quiet_NaN();
  file[1].shape = {7};
  std::erase_if(file, [](auto& t) { return t.name == "block5_conv3.bias"; });
  auto refused = start_from(net, bytes, file, "w.pth");
  REQUIRE_FALSE(refused);
  for (auto* text : {"block1_conv1.weight has values that are not finite", "block1_conv1.bias is 7, not 64", "block5_conv3.bias is missing"})
    CHECK(refused.error().found.find(text) != std::string::npos);
  auto none = start_from(*place(gapc(), 48, 3), pack_weights(*place(gapc(), 48, 3), {.name = "gapc", .classes = 3, .input_px = 48}, initial_weights(*place(gapc(), 48, 3), 1)), file, "w.pth");
  CHECK_FALSE(none);
}
