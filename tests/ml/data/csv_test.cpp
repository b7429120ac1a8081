#include "ml/data/csv.h"

#include <fmt/format.h>

#include "engine/base/hash.h"
#include "tests/ml/data/project_fixture.h"
#include "tests/ml/data/small_disk.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

// Images a/1.png, a/2.png, b/1.png, "odd, \"name\"\n\xff.png" and a layer of 2 x 2 patches; three classes.
struct Sample {
  Pool pool;
  ClassTable classes{default_class(0, "scratch"), default_class(1, "rolled, in"), default_class(2, "µ pit")};
  LabelStore labels;
  Sample() {
    pool.roots = {"/data/set"};
    for (const char* path : {"a/1.png", "a/2.png", "b/1.png", "odd, \"name\"\n\xff.png"}) add(path, {0, 0, 10, 10});
    pool.layers.push_back({4, 1.25f, 4, 2, 2});
    for (int k = 0; k < 4; ++k) add("7mm_199µm.png", {k % 2 * 8, k / 2 * 8, 8, 8}, 0);
    labels.resize(pool.size());
  }
  void add(const std::string& path, Region r, int layer = -1) {
    if (pool.images.empty() || pool.images.back().path != path) pool.images.emplace_back().path = path;
    pool.image_of.push_back(std::uint32_t(pool.images.size() - 1));
    pool.region.push_back(r);
    pool.layer_of.push_back(layer);
    pool.split.push_back(Split::pool);
    pool.source_class.push_back(kNoClass);
  }
};

CsvLabels read(const std::string& text, Sample& s, bool create = false) {
  TempDir tmp;
  write_text(tmp / "l.csv", text);
  return must(read_labels_csv(tmp / "l.csv", s.pool, s.classes, create));
}

std::string refused(const std::string& text) {
  TempDir tmp;
  Sample s;
  write_text(tmp / "l.csv", text);
  auto r = read_labels_csv(tmp / "l.csv", s.pool, s.classes, false);
  REQUIRE_FALSE(r.has_value());
  return r.error().message();
}

std::vector<std::pair<int, int>> pairs(const CsvLabels& l) {
  std::vector<std::pair<int, int>> p;
  for (const auto& c : l.changes) p.emplace_back(int(c.id), int(c.cls));
  return p;
}

using Pairs = std::vector<std::pair<int, int>>;

std::vector<std::vector<std::string>> records(const std::string& text) {
  std::vector<std::vector<std::string>> all;
  std::vector<std::string> fields;
  for (std::size_t at = 0; read_csv_record(text, at, fields);) all.push_back(fields);
  return all;
}

}  // namespace

TEST_CASE("CSV fields come back as they went in") {
  CHECK(csv_field("plain") == "plain");
  CHECK(csv_field("a,b") == "\"a,b\"");
  CHECK(csv_field("say \"hi\"") == "\"say \"\"hi\"\"\"");
  const std::string_view parts[] = {",", "\"", "\n", "\r\n", "a", " ", "µ", ""};
  Rng rng(5);
  for (int trial = 0; trial < 500; ++trial) {
    std::vector<std::vector<std::string>> table;
    std::string text;
    for (int r = 0; r < 5; ++r) {
      auto& row = table.emplace_back();
      for (int c = 0; c < 3; ++c) {
        std::string field;
        for (auto n = rng.below(5); n > 0; --n) field += parts[rng.below(std::size(parts))];
        text += (c ? "," : "") + csv_field(field);
        row.push_back(field);
      }
      text += trial % 2 ? "\r\n" : "\n";
    }
    CHECK(records(text) == table);
  }
  CHECK(records("a,b") == std::vector<std::vector<std::string>>{{"a", "b"}});
  CHECK(records("").empty());
  CHECK(records("\"x\"y,z\n") == std::vector<std::vector<std::string>>{{"xy", "z"}});
}

TEST_CASE("labels are found by path, end of path, absolute path, region and id") {
  Sample s;
  CHECK(pairs(read("path,label\na/1.png,scratch\n/data/set/a/2.png,\"rolled, in\"\n", s)) == Pairs{{0, 0}, {1, 1}});
  CHECK(pairs(read("\xef\xbb\xbf" "Label,Filename\r\n µ pit ,2.png\r\n,./b/1.png\r\n", s)) == Pairs{{1, 2}, {2, -1}});
  CHECK(pairs(read("file,class\nset/a/1.png,scratch\nb\\1.png,scratch", s)) == Pairs{{0, 0}, {2, 0}});
  CHECK(pairs(read("path,label\n\"odd, \"\"name\"\"\n%FF.png\",scratch\n", s)) == Pairs{{3, 0}});
  CHECK(pairs(read("path,label\n\"odd, \"\"name\"\"\n\xff.png\",scratch\n", s)) == Pairs{{3, 0}});
  CHECK(pairs(read("path,label,x,y,w,h\n7mm_199µm.png,scratch,8,0,8,8\na/1.png,scratch,,,,\n", s)) ==
        Pairs{{5, 0}, {0, 0}});
  CHECK(pairs(read("region,path,label\n0 8 8 8,7mm_199µm.png,scratch\n8;8;8;8,7mm_199µm.png,µ pit\n", s)) ==
        Pairs{{6, 0}, {7, 2}});
  CHECK(pairs(read("id,label\n7,scratch\n", s)) == Pairs{{7, 0}});
  CHECK(pairs(read("id,path,label\n6,7mm_199µm.png,scratch\n3,a/1.png,scratch\n", s)) == Pairs{{6, 0}, {0, 0}});
  for (const auto& c : read("id,label\n7,scratch\n", s).changes) CHECK(c.source == LabelSource::csv);
}

TEST_CASE("each bad line is listed and the rest is used") {
  Sample s;
  const auto l = read(
      "path,label,region\n"
      "a/1.png,dent\n"                       // 2
      "none.png,scratch\n"                   // 3
      "1.png,scratch\n"                      // 4: two images
      "a/2.png,scratch\n"                    // 5: used
      "7mm_199µm.png,scratch\n"              // 6: four patches
      "7mm_199µm.png,scratch,1 2 3 4\n"      // 7: no such patch
      "7mm_199µm.png,scratch,1 2 3\n"        // 8: no region
      "\n"                                   // 9: nothing
      "\"odd, \"\"name\"\"\n\xff.png\",scratch\n"  // 10 and 11
      "a/2.png\n"                            // 12
      "a/2.png,\"rolled, in\"\n"             // 13
      "a/1.png,\"scratch\n",                 // 14
      s);
  CHECK(pairs(l) == Pairs{{1, 1}, {3, 0}});
  REQUIRE(l.problems.size() == 9);
  CHECK(l.problems[0] == "line 2: unknown class 'dent' (known: scratch, rolled, in, µ pit)");
  CHECK(l.problems[1] == "line 3: no image 'none.png' in the project");
  CHECK_THAT(l.problems[2], Catch::StartsWith("line 4: '1.png' could be 2 images (a/1.png, b/1.png)"));
  CHECK_THAT(l.problems[3], Catch::StartsWith("line 6: '7mm_199µm.png' has 4 patches"));
  CHECK_THAT(l.problems[4], Catch::StartsWith("line 7: ") && Catch::Contains("1 2 3 4"));
  CHECK_THAT(l.problems[5], Catch::StartsWith("line 8: '1 2 3' is no region"));
  CHECK_THAT(l.problems[6], Catch::StartsWith("line 12: ") && Catch::Contains("fewer fields"));
  CHECK_THAT(l.problems[7], Catch::StartsWith("line 13: ") && Catch::Contains("later one"));
  CHECK_THAT(l.problems[8], Catch::StartsWith("line 14: ") && Catch::Contains("not closed"));
  CHECK(s.classes.size() == 3);
}

TEST_CASE("classes are made on request") {
  Sample s;
  const auto l = read("path,label\na/1.png,dent\na/2.png, dent \nb/1.png,scratch\n", s, true);
  CHECK(pairs(l) == Pairs{{0, 3}, {1, 3}, {2, 0}});
  CHECK(l.new_classes == std::vector<std::string>{"dent"});
  CHECK(l.problems.empty());
  REQUIRE(s.classes.size() == 4);
  CHECK(s.classes[3] == default_class(3, "dent"));
}

TEST_CASE("a file that is no label file is refused") {
  CHECK_THAT(refused(""), Catch::Contains("empty file"));
  CHECK_THAT(refused("a/1.png,scratch\n"), Catch::Contains("found 'a/1.png,scratch'"));
  CHECK_THAT(refused("path;label\na/1.png;scratch\n"), Catch::Contains("commas"));
  CHECK_THAT(refused(std::string("\xff\xfep\0a\0", 6)), Catch::Contains("UTF-16"));
  CHECK_THAT(refused(std::string("path,label\n\0", 12)), Catch::Contains("binary"));
  Sample s;
  CHECK_FALSE(read_labels_csv("/nowhere/l.csv", s.pool, s.classes, false).has_value());
  TempDir tmp;
  CHECK_FALSE(read_labels_csv(tmp.path(), s.pool, s.classes, false).has_value());
}

TEST_CASE("the export can be read by people and by the label import") {
  Sample s;
  s.labels.cls[0] = 1;
  s.labels.source[0] = LabelSource::csv;
  s.labels.cls[3] = 0;
  s.labels.cls[6] = 2;
  s.pool.split[1] = Split::held_out;
  s.pool.source_class[2] = 2;
  Predictions p;
  p.n = s.pool.size();
  p.classes = 3;
  p.probability.assign(p.n * 3, 0);
  for (std::size_t i = 1; i < p.n; ++i) p.probability[i * 3 + 1] = 0.75f, p.probability[i * 3 + 2] = 0.25f;
  summarise(p);  // row 0 has no prediction
  TempDir tmp;
  const std::string file = tmp / "e.csv";
  write_text(file, "old");
  must(write_export_csv(file, s.pool, s.classes, s.labels, &p));
  const std::string text = read_text(file);
  const auto rows = records(text);
  REQUIRE(rows.size() == s.pool.size() + 1);
  CHECK(rows[0] == std::vector<std::string>{"id", "path", "region", "layer", "z_mm", "split", "label", "source",
                                            "source_label", "predicted", "confidence", "p:scratch", "p:rolled, in",
                                            "p:µ pit"});
  CHECK(rows[1] == std::vector<std::string>{"0", "a/1.png", "0 0 10 10", "", "", "pool", "rolled, in", "csv", "", "",
                                            "", "", "", ""});
  CHECK(rows[2] == std::vector<std::string>{"1", "a/2.png", "0 0 10 10", "", "", "test", "", "", "", "rolled, in",
                                            "0.75", "0", "0.75", "0.25"});
  CHECK(rows[3][8] == "µ pit");
  CHECK(rows[4][1] == "odd, \"name\"\n%FF.png");
  CHECK(rows[7] == std::vector<std::string>{"6", "7mm_199µm.png", "0 8 8 8", "0", "1.25", "pool", "µ pit", "person", "",
                                            "rolled, in", "0.75", "0", "0.75", "0.25"});
  for (const auto& entry : std::filesystem::directory_iterator(tmp.path())) CHECK(entry.path().filename() == "e.csv");

  const auto back = must(read_labels_csv(file, s.pool, s.classes, false));
  CHECK(back.problems.empty());
  LabelStore again;
  again.resize(s.pool.size());
  again.apply({1, 0, "", 0, back.changes});
  CHECK(again.cls == s.labels.cls);

  s.pool.labels_hidden = true;
  must(write_export_csv(file, s.pool, s.classes, s.labels, nullptr));
  CHECK(records(read_text(file))[0] == std::vector<std::string>{"id", "path", "region", "layer", "z_mm", "split",
                                                                "label", "source", "predicted", "confidence"});
  CHECK(read_text(file).find("µ pit,,") == std::string::npos);
}

TEST_CASE("an export that fails leaves the old file") {
  Sample s;
  CHECK_FALSE(write_export_csv("/nowhere/e.csv", s.pool, s.classes, s.labels, nullptr).has_value());
  TempDir tmp;
  CHECK_FALSE(write_export_csv(tmp.path(), s.pool, s.classes, s.labels, nullptr).has_value());
  const std::string disk = tmp / "disk";
  std::filesystem::create_directories(disk);
  for (int i = 0; i < 3000; ++i) s.add(fmt::format("image with a long name {:040}.png", i), {0, 0, 10, 10});
  s.labels.resize(s.pool.size());
  with_small_disk(disk, "100k", [&]() -> std::string {
    write_text(disk + "/e.csv", "old");
    const auto r = write_export_csv(disk + "/e.csv", s.pool, s.classes, s.labels, nullptr);
    if (r || r.error().found != "the disk is full") return r ? "wrote" : r.error().message();
    if (read_text(disk + "/e.csv") != "old") return "the old file changed";
    for (const auto& entry : std::filesystem::directory_iterator(disk))
      if (entry.path().filename() != "e.csv") return "left " + entry.path().string();
    return "";
  });
}
