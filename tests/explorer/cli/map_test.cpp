// The map of the real program: it unfolds, follows the labels the same way every time, is kept, and its history plays.
#include <catch2/catch.hpp>

#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

namespace {

const Environment kValidated = {{"MELTPOOL_VALIDATION", "1"}};

json state_after(const Folder& home, const std::string& project, const std::string& script, const std::string& name) {
  write_file(home / (name + ".jsonl"), script);
  expect(0, home, {"explore", project, "--headless", "--size", "960x640", "--script", home / (name + ".jsonl"), "--state", home / (name + ".json"), "--screenshot", home / (name + ".png")}, kValidated);
  auto j = json::parse(read_file(home / (name + ".json")), nullptr, false);
  REQUIRE(j.is_object());
  return j;
}

const char* kSession =
    "{\"wait\": \"idle\", \"timeout_s\": 60}\n"
    "{\"command\": {\"type\": \"query\", \"oracle\": true}}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n"
    "{\"command\": {\"type\": \"query\", \"oracle\": true}}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n"
    "{\"command\": {\"type\": \"inspect\", \"id\": 7}}\n{\"key\": \"R\"}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n";

}  // namespace

TEST_CASE("the map follows the labels to the same picture every time, keeps its rounds and comes back as it was") {
  Folder home;
  const auto p = make_project(home, 50);   // enough for neighbourhoods
  fs::copy(p, home / "q", fs::copy_options::recursive);
  const auto first = state_after(home, p, kSession, "first"), second = state_after(home, home / "q", kSession, "second");
  CHECK(first["map"]["method"] == "umap");
  CHECK(first["map"]["rounds"] == 2);
  CHECK(first["map"]["checksum"] == second["map"]["checksum"]);
  // Opened again: the same places, no new round; then its history plays to the end, and it is made by another method.
  const auto again = state_after(home, p, "{\"wait\": \"idle\", \"timeout_s\": 60}\n", "again");
  CHECK(again["map"]["checksum"] == first["map"]["checksum"]);
  CHECK(again["map"]["rounds"] == 2);
  const auto past = state_after(home, p, "{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"key\": \",\"}\n{\"key\": \",\"}\n{\"wait\": 1}\n", "past");
  CHECK(past["map"]["shown_round"] == 0);
  const auto played = state_after(home, p, "{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"key\": \"P\"}\n{\"wait\": 4}\n", "played");
  CHECK(played["map"]["shown_round"] == -1);
  const auto frozen = state_after(home, p, "{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"key\": \"K\"}\n{\"command\": {\"type\": \"query\", \"oracle\": true}}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n", "frozen");
  CHECK(frozen["map"]["checksum"] == first["map"]["checksum"]);
  CHECK(frozen["map"]["rounds"] == 3);
  CHECK(frozen["map"]["follows"] == false);
  const auto other = state_after(home, p, "{\"wait\": \"idle\", \"timeout_s\": 60}\n{\"command\": {\"type\": \"set_map\", \"method\": \"tsne\"}}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n", "other");
  CHECK(other["map"]["method"] == "tsne");
  CHECK(other["validation_messages"] == 0);
}

TEST_CASE("the map follows a network that is shown, and its next round") {
  if (!fs::exists(std::string(MP_BINARY_DIR) + "/meltpool_networks.so")) {
    WARN("the network module is not built: skipped");
    return;
  }
  Folder home;
  const auto p = make_project(home, 50);
  const std::string trained =
      "{\"wait\": \"idle\", \"timeout_s\": 60}\n"
      "{\"command\": {\"type\": \"query\", \"oracle\": true}}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n"
      "{\"command\": {\"type\": \"set_training\", \"epochs\": 2, \"input_px\": 48}}\n"
      "{\"command\": {\"type\": \"train\"}}\n{\"wait\": \"trained\", \"timeout_s\": 120}\n";
  const auto before = state_after(home, p, trained, "before");
  CHECK(before["training"]["error"] == "");
  const std::string shown = "{\"command\": {\"type\": \"show_network\", \"on\": true}}\n{\"wait\": \"idle\", \"timeout_s\": 60}\n";
  const auto once = state_after(home, p, trained + shown, "once");
  CHECK(once["map"]["checksum"] != before["map"]["checksum"]);
  const auto next = "{\"command\": {\"type\": \"query\", \"oracle\": true}}\n{\"wait\": \"trained\", \"timeout_s\": 120}\n";
  const auto twice = state_after(home, p, trained + shown + next, "twice");
  CHECK(int(twice["map"]["rounds"]) > int(once["map"]["rounds"]));
}

TEST_CASE("a script that asks for a map or round that is not there says so") {
  Folder home;
  const auto p = make_project(home, 4);
  write_file(home / "s.jsonl", "{\"wait\": \"idle\"}\n{\"command\": {\"type\": \"set_map\", \"method\": \"isomap\"}}\n{\"command\": {\"type\": \"show_round\", \"round\": 3}}\n");
  const auto r = run(home, {"explore", p, "--headless", "--size", "320x240", "--script", home / "s.jsonl"});
  CHECK(r.status == 1);
  CHECK(contains(r.err, "isomap"));
  CHECK(contains(r.err, "no round 3"));
}

TEST_CASE("a damaged history is said once and begins anew; the labels are there") {
  Folder home;
  const auto p = make_project(home, 6);
  write_file(p + "/rounds", "these are no rounds");
  const auto s = state_after(home, p, kSession, "s");
  CHECK(s["labelled"] == 15);   // all but the held-out ones
  CHECK(s["map"]["rounds"].get<int>() >= 1);
}

}  // namespace mp::explorer::cli::test
