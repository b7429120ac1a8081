// Manifests: there and back, the hash of the data, files that are none. Sweeps: axes, grids, random subsets.
#include "ml/train/manifest.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <set>

#include "ml/train/sweep.h"
#include "tests/ml/train/textures.h"

using namespace mp::ml;

TEST_CASE("a manifest keeps all that a run is made of") {
  Textures inputs;
  Manifest m;
  m.settings.network = "bn-gapc";
  m.settings.learning_rate = 3.3e-4f;
  m.settings.seed = 1ull << 60;
  m.settings.pretrain = 3;
  m.classes = {"a", "b \"quoted\""};
  m.train = {{0, 0}, {1, 1}};
  m.validation = {{7, 1}};
  m.data = data_hash(m.train, m.validation, 32, inputs);
  const auto path = (std::filesystem::temp_directory_path() / ("manifest_" + std::to_string(getpid()) + ".json")).string();
  std::ofstream(path) << manifest_json(m);
  auto back = read_manifest(path);
  if (!back) FAIL(back.error().message());
  CHECK(settings_toml(back->settings) == settings_toml(m.settings));
  CHECK(back->settings.pretrain == 3);
  CHECK(back->classes == m.classes);
  REQUIRE(back->train.size() == 2);
  CHECK(back->train[1].id == 1);
  CHECK(back->train[1].cls == 1);
  CHECK(back->validation.size() == 1);
  CHECK(back->data == m.data);
  CHECK(back->versions == m.versions);

  // Another label, another image, another side: another hash.
  CHECK(data_hash(m.train, m.validation, 33, inputs) != m.data);
  m.train[0].cls = 1;
  CHECK(data_hash(m.train, m.validation, 32, inputs) != m.data);
  m.train[0] = {3, 0};
  CHECK(data_hash(m.train, m.validation, 32, inputs) != m.data);

  for (std::string text : {"", "{}", "[1]", "{\"manifest\": 2}", "{\"manifest\": 1, \"settings\": {\"epochs\": \"many\"}}"}) {
    std::ofstream(path) << text;
    CHECK_FALSE(read_manifest(path));
  }
  std::filesystem::remove(path);
  CHECK_FALSE(read_manifest(path));
}

TEST_CASE("a sweep goes over all combinations, or some") {
  auto rate = parse_sweep_axis("learning_rate=0.01,0.001,1e-4"), batch = parse_sweep_axis("batch=8,16");
  REQUIRE(rate);
  REQUIRE(batch);
  const std::vector<SweepAxis> axes{*rate, *batch};
  auto all = sweep_runs({}, axes, 0, 1);
  REQUIRE(all);
  REQUIRE(all->size() == 6);
  CHECK((*all)[1].learning_rate == 0.01f);
  CHECK((*all)[1].batch == 16);
  CHECK((*all)[5].learning_rate == 1e-4f);
  auto some = sweep_runs({}, axes, 4, 1);
  REQUIRE(some);
  std::set<std::string> different;
  for (auto& s : *some) different.insert(settings_toml(s));
  CHECK(different.size() == 4);
  CHECK(sweep_runs({}, axes, 100, 1)->size() == 6);
  for (std::string wrong : {"", "luck=1", "batch", "batch=", "batch=many", "batch=8x", "balance=1", "epochs=1.5"}) {
    INFO(wrong);
    CHECK_FALSE(parse_sweep_axis(wrong));
  }
  const std::vector<SweepAxis> bad{{"optimiser", {"adam", "luck"}}};
  CHECK_FALSE(sweep_runs({}, bad, 0, 1));
  TrainSettings s;
  REQUIRE(set_setting(s, "balance", "true"));
  CHECK(setting_text(s, "balance") == "true");
  CHECK(setting_text(s, "learning_rate") == "0.001");
}
