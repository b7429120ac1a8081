// Learning without labels: the loss falls, the bytes fit the network, runs repeat; too small pools and cancelling.
#include "ml/train/pretrain.h"

#include <catch2/catch.hpp>
#include <numeric>

#include "tests/ml/train/textures.h"

using namespace mp::ml;

TEST_CASE("pretraining lowers its loss and gives a network's weights") {
  Textures inputs;
  inputs.broken = {5};
  std::vector<SampleId> pool(48);
  std::iota(pool.begin(), pool.end(), SampleId(0));
  TrainSettings s;
  s.network = "bn-gapc";
  s.input_px = 32;
  std::vector<float> losses;
  TrainHooks hooks;
  hooks.on_step = [&](const StepReport& r) { losses.push_back(r.loss); };
  CHECK(*pretrain(s, 3, pool, inputs, hooks) == nullptr);   // not asked for
  s.pretrain = 8;
  auto pretrained = pretrain(s, 3, pool, inputs, hooks);
  if (!pretrained) FAIL(pretrained.error().message());
  const auto bytes = (*pretrained)->save();
  REQUIRE(losses.size() == 8);
  CHECK(losses.back() < losses.front());
  auto net = make_network(*network_spec(s, 3));
  REQUIRE(net);
  CHECK((*net)->load(bytes));
  CHECK((*pretrain(s, 3, pool, inputs, {}))->save() == bytes);
  s.pretrain = 1;

  auto few = pretrain(s, 3, std::vector<SampleId>{5, 6}, inputs, {});
  REQUIRE_FALSE(few);
  CHECK(few.error().found == "fewer that can be read");
  TrainHooks cancelled;
  cancelled.cancel.cancel();
  CHECK(pretrain(s, 3, pool, inputs, cancelled));
}
