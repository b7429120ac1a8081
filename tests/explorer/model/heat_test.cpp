// Heat: what its commands change and ask for, what a person is told of its figures.
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "explorer/model/command_check.h"
#include "explorer/model/command_json.h"
#include "explorer/model/heat_state.h"
#include "tests/explorer/model/fixture.h"

using namespace mp::explorer;
using namespace mp::explorer::test;

TEST_CASE("another method or class forgets the heat that is shown, another strength does not") {
  Run run;
  auto& h = *run.s.heat;
  h.shown[3] = std::make_shared<const mp::ml::SampleHeat>(mp::ml::SampleHeat{3});
  run(cmd::SetHeat{true, "cam", "mean", kNoClass, .2f});
  CHECK(h.of(3));
  CHECK(h.strength == .2f);
  run(cmd::SetHeat{false, "cam", "mean", kNoClass, .2f});
  CHECK_FALSE(h.of(3));   // off
  run(cmd::SetHeat{true, "ig", "mean", 1, 3});
  CHECK(h.shown.empty());
  CHECK(h.strength == 1);
}

TEST_CASE("commands of heat have names for scripts, and wrong ones are refused") {
  const auto parsed = command_from_json(nlohmann::json{{"type", "set_heat"}, {"method", "ig"}, {"baseline", "blurred"}, {"class", 1}, {"strength", .5}});
  INFO((parsed ? std::string() : parsed.error().message()));
  REQUIRE(parsed);
  const auto& c = std::get<cmd::SetHeat>(*parsed);
  CHECK(c.method == "ig");
  CHECK(c.cls == 1);
  Run run;
  CHECK(why_impossible(run.s, c).empty());
  CHECK_FALSE(why_impossible(run.s, cmd::SetHeat{true, "lime"}).empty());
  CHECK_FALSE(why_impossible(run.s, cmd::SetHeat{true, "cam", "white"}).empty());
  CHECK_FALSE(why_impossible(run.s, cmd::SetHeat{true, "cam", "mean", 9}).empty());
  CHECK(why_impossible(run.s, cmd::SetHeat{}).empty());
}

TEST_CASE("the list of samples read beside their boxes is the check's") {
  Run run;
  run(cmd::SelectList{"background"});
  CHECK(run.selected().empty());
  run(cmd::CheckHeat{});
  CHECK(run.e.check_heat);
  auto check = std::make_shared<mp::ml::HeatCheck>();
  check->background = {2, 7};
  run.s.heat->check = check;
  run(cmd::SelectList{"background"});
  CHECK(run.selected() == Ids{2, 7});
}

TEST_CASE("figures are judged against chance and against unevenness") {
  mp::ml::HeatFigures f;
  f.chance = .4, f.deviation_energy = .6;
  f.energy = .42;
  CHECK(verdict(f) == HeatVerdict::background);
  f.energy = .55;
  CHECK(verdict(f) == HeatVerdict::no_better_than_unevenness);
  f.energy = .7;
  CHECK(verdict(f) == HeatVerdict::believable);
}

TEST_CASE("layer maps need layers and a model") {
  Run run;
  run(cmd::ExportLayerMaps{.5f});
  CHECK_FALSE(run.e.layer_maps);
  CHECK_FALSE(run.s.toasts.empty());
  run(cmd::CancelLayerMaps{});
  CHECK(run.e.cancel_layer_maps);
}
