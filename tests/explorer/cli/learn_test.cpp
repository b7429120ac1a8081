// bench learn beyond its rows, and the subcommands of the labelling loop, by running the program.
#include <catch2/catch.hpp>
#include <set>
#include <sstream>

#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

namespace {

std::vector<json> rows(const std::string& out) {
  std::istringstream in(out);
  std::vector<json> r;
  for (std::string line; std::getline(in, line);) r.push_back(json::parse(line));
  return r;
}

}  // namespace

TEST_CASE("bench learn: measures, corrupted tests, CSV, curves, labels needed; finished seeds are not run again") {
  Folder home;
  write_classes(home / "images", 15);
  const std::vector<std::string> args = {"bench", "learn", "--data", home / "images", "--labels", "6,12", "--strategies", "margin,random", "--json", "--corrupt", "noise10,brightness25", "--needed", "0.3", "--resume", home / "r.jsonl", "--csv", home / "c.csv", "--svg", home / "c.svg"};
  auto with = [&](const char* seeds) {
    auto a = args;
    a.insert(a.end(), {"--seeds", seeds});
    return rows(expect(0, home, a).out);
  };
  const auto first = with("1");
  std::set<std::string> tested, needed;
  for (const auto& r : first) {
    if (r["name"] == "learn.labels_needed") {
      needed.insert(r["measure"]);
      continue;
    }
    tested.insert(r["tested_on"]);
    for (const char* key : {"precision", "recall", "macro_f1", "auc", "pr_auc", "ece", "accuracy_ci95"}) CHECK(r.contains(key));
  }
  CHECK(tested == std::set<std::string>{"clean", "noise10", "brightness25"});
  CHECK(needed.contains("accuracy"));
  CHECK(read_csv(home / "c.csv").size() == 1 + 2 * 2 * 3);
  CHECK(contains(read_file(home / "c.svg"), "<svg"));
  const auto kept = read_file(home / "r.jsonl");
  write_file(home / "r.jsonl", kept + "{\"run\": \"cut of");   // a crash in the middle of a line
  const auto second = with("2");
  for (const auto& r : second)
    if (r["name"] == "learn.accuracy") CHECK(r["seeds"] == 2);
  CHECK(read_file(home / "r.jsonl").starts_with(kept));
  write_file(home / "labels.csv", "id,class\n1,a\n");   // a person's file is not written into
  auto foreign = args;
  std::ranges::replace(foreign, home / "r.jsonl", home / "labels.csv");
  CHECK(contains(run(home, foreign).err, "labels.csv: this file holds something else"));
  CHECK(read_file(home / "labels.csv") == "id,class\n1,a\n");
  CHECK(run(home, {"bench", "learn", "--data", home / "images", "--corrupt", "fog"}).status == 2);
  CHECK(run(home, {"bench", "learn", "--data", home / "images", "--labels", "100%"}).status == 2);
  CHECK(run(home, {"bench", "learn", "--data", home / "images", "--labels", "500"}).status == 1);   // beyond the pool
  CHECK(contains(run(home, {"bench", "learn", "--data", home / "images", "--protocol", "pseudo"}).err, "too few images"));
}

TEST_CASE("bench learn with networks: all measures, labels needed, seeds that are kept for the same settings only") {
  Folder home;
  write_classes(home / "images", 10);
  auto with = [&](std::vector<std::string> more) {
    std::vector<std::string> a = {"bench", "learn", "--data", home / "images", "--network", "gapc", "--labels", "6,12", "--epochs", "1", "--input", "32", "--json", "--resume", home / "r.jsonl"};
    a.insert(a.end(), more.begin(), more.end());
    return run(home, a);
  };
  const auto first = with({"--seeds", "1", "--needed", "0.01", "--csv", home / "c.csv"});
  REQUIRE(first.status == 0);
  bool needed = false;
  for (const auto& r : rows(first.out)) {
    if (r["name"] == "learn.labels_needed") needed = true;
    else
      for (const char* key : {"precision", "recall", "macro_f1", "auc", "pr_auc", "ece", "accuracy_ci95", "validation", "seconds"}) CHECK(r.contains(key));
  }
  CHECK(needed);
  CHECK(read_csv(home / "c.csv").size() == 3);
  const auto kept = read_file(home / "r.jsonl");
  write_file(home / "r.jsonl", kept + "{\"run\": \"cut of");   // a crash in the middle of a line
  for (const auto& r : rows(with({"--seeds", "2"}).out)) CHECK(r["seeds"] == 2);
  const auto behind = read_file(home / "r.jsonl");
  for (const auto& r : rows(with({"--seeds", "2"}).out)) CHECK(r["seeds"] == 2);
  CHECK(read_file(home / "r.jsonl") == behind);                 // nothing ran again: the line after the cut one is whole
  for (const auto& r : rows(with({"--seeds", "1", "--lr", "0.002"}).out)) CHECK(r["seeds"] == 1);   // other settings, other figures
  CHECK(read_file(home / "r.jsonl").size() > behind.size());

  for (std::vector<std::string> idle : {std::vector<std::string>{"--noise-labels", "0.1"}, {"--cold-start", "random"}, {"--groups", "none"}, {"--per-class", "3"}, {"--copies"}, {"--protocol", "neu44"}}) {
    const auto r = with(idle);
    INFO(idle.front() << r.err);
    CHECK(r.status == 2);
    CHECK(contains(r.err, "would do nothing"));
  }
  CHECK(run(home, {"bench", "learn", "--data", home / "images", "--network", "gapc", "--protocol", "student", "--predictions", home / "p.csv"}).status == 2);
  const auto instant = run(home, {"bench", "learn", "--data", home / "images", "--epochs", "3"});
  CHECK(instant.status == 2);
  CHECK(contains(instant.err, "--epochs"));

  const std::vector<std::string> student = {"bench", "learn", "--data", home / "images", "--network", "gapc", "--protocol", "student", "--labels", "6", "--epochs", "1", "--input", "32", "--json", "--seeds", "1", "--noise-labels", "0.2", "--resume", home / "s.jsonl"};
  const auto taught = rows(expect(0, home, student).out);
  REQUIRE(taught.size() == 1);
  CHECK(taught[0].contains("teacher_accuracy"));
  CHECK(rows(expect(0, home, student).out) == taught);
}

TEST_CASE("bench learn never tears a layer, with networks neither; a measure without a value is kept as that") {
  Folder home;
  std::string coco;
  for (int i = 0; i < 8; ++i) {
    write_file(home / ("layers/l" + std::to_string(i) + ".pgm"), pgm(texture(i % 3, std::uint64_t(i + 1), 96, 96), 96, 96));
    coco += std::string(i ? "," : "") + R"({"id":)" + std::to_string(i) + R"(,"file_name":"l)" + std::to_string(i) + R"(.pgm","width":96,"height":96})";
  }
  write_file(home / "b.json", R"({"images":[)" + coco + R"(],"annotations":[{"id":1,"image_id":0,"category_id":1,"bbox":[2,2,40,40]},{"id":2,"image_id":1,"category_id":1,"bbox":[2,2,40,40]}],"categories":[{"id":1,"name":"streak"}]})");
  std::vector<std::string> a = {"bench", "learn", "--data", home / "layers", "--boxes", home / "b.json", "--patch", "24", "--network", "gapc", "--epochs", "1", "--input", "32", "--test-share", "0.3", "--strategy", "random", "--json"};
  auto with = [&](std::vector<std::string> more) {
    more.insert(more.begin(), a.begin(), a.end());
    return rows(expect(0, home, more).out);
  };
  with({"--labels", "6", "--seeds", "2", "--predictions", home / "p.csv"});
  std::map<std::string, int> patches;
  const auto csv = read_csv(home / "p.csv");
  for (std::size_t i = 1; i < csv.size(); ++i) ++patches[csv[i][0] + csv[i][1]];
  for (const auto& [layer, n] : patches) CHECK(n == 16);
  CHECK(patches.size() >= 4);
  const auto once = with({"--labels", "6", "--seeds", "2", "--resume", home / "r.jsonl"});
  CHECK(with({"--labels", "6", "--seeds", "2", "--resume", home / "r.jsonl"}) == once);
  a[7] = "16";   // the published protocol begins with 36 labels
  CHECK(with({"--protocol", "neu44", "--per-class", "20", "--seeds", "1"}).size() == 2);
}

TEST_CASE("query by BALD asks a trained network with dropout and says where there is none") {
  Folder home;
  const auto p = make_project(home, 12);
  CHECK(expect(0, home, {"query", p, "--strategy", "bald", "-k", "3", "--json"}).parsed()["picks"].size() == 3);   // nothing labelled: medoids
  for (const auto& [cls, first] : std::map<std::string, int>{{"dots", 0}, {"stripes", 12}})
    for (int i = first; i < first + 5; ++i) expect(0, home, {"label", p, "--id", std::to_string(i), "--class", cls});
  CHECK(contains(expect(1, home, {"query", p, "--strategy", "bald"}).err, "no network"));
  for (const char* network : {"gapc", "bn-gapc"}) expect(0, home, {"train", p, "--network", network, "--epochs", "1", "--input", "32", "--min-steps", "2"});
  CHECK(contains(expect(1, home, {"query", p, "--strategy", "bald"}).err, "dropout"));
  const auto by = [&](const char* seed) { return expect(0, home, {"query", p, "--strategy", "bald,margin", "--network", "gapc", "-k", "3", "--seed", seed, "--json"}).parsed()["picks"]["bald"]; };
  CHECK(by("1").size() == 3);
  CHECK(by("1") == by("1"));
}

TEST_CASE("query compares strategies, lists and splits say what they find") {
  Folder home;
  const auto p = make_project(home, 12);
  CHECK(run(home, {"query", p, "--strategy", "margin,nonsense"}).status == 2);
  const auto j = expect(0, home, {"query", p, "--strategy", "random,medoids,k-center", "-k", "5", "--json"}).parsed();
  CHECK(j["picks"]["random"].size() == 5);
  CHECK(j["overlap"].size() == 3);
  CHECK(expect(0, home, {"query", p, "--strategy", "random", "-k", "1000", "--json"}).parsed()["picks"].size() < 1000);   // k larger than the pool

  fs::copy_file(home / "images/dots/dots_0.pgm", home / "images/dots/dots_again.pgm");
  expect(0, home, {"import", home / "images", "--project", p});
  const auto twice = expect(0, home, {"lists", p, "--what", "exact-duplicates", "--json"}).parsed();
  REQUIRE(twice["groups"].size() == 1);
  CHECK(twice["samples"].size() == 2);
  expect(0, home, {"label", p, "--from-source"});
  CHECK(expect(0, home, {"lists", p, "--json"}).parsed()["samples"].is_array());
  CHECK(run(home, {"lists", p, "--what", "nonsense"}).status == 2);

  const auto before = status(home, p)["held_out"];
  const auto dry = expect(0, home, {"split", p, "--share", "0.5", "--dry-run", "--json"}).parsed();
  CHECK(dry["saved"] == false);
  CHECK(status(home, p)["held_out"] == before);
  const auto names = expect(0, home, {"split", p, "--by", "names", "--from", "dots_0.pgm", "--to", "dots_3.pgm", "--json"}).parsed();
  CHECK(names["held_out"] == 4);
  CHECK(names["straddling_groups"].get<int>() >= 1);   // dots_0 and its copy
  CHECK(status(home, p)["held_out"] == 4);
  CHECK(contains(run(home, {"split", p, "--by", "layers"}).err, "no layers"));
  CHECK(contains(run(home, {"split", p, "--by", "builds"}).err, "one build"));
}

TEST_CASE("bench query answers for every strategy") {
  Folder home;
  const auto r = rows(expect(0, home, {"bench", "query", "--points", "2000", "--dims", "8", "--repeats", "1", "--json"}).out);
  std::set<std::string> names;
  for (const auto& row : r) {
    names.insert(row["strategy"]);
    CHECK(row["name"] == "query.ms");
  }
  CHECK(names.size() == 11);
}

}  // namespace mp::explorer::cli::test
