// Subcommands of the real program: import, status, label, export, predict, query, train, bench; their exit statuses.
#include <limits>
#include <set>

#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

TEST_CASE("usage: help, version, and wrong usage is status 2") {
  Folder home;
  CHECK(contains(expect(0, home, {"--version"}).out, "meltpool 0."));
  const auto help = expect(0, home, {"--help"}).out;
  for (const char* name : {"demo", "explore", "import", "status", "train", "query", "label", "export", "project", "predict", "bench"}) {
    INFO(name);
    CHECK(contains(help, name));
    CHECK(contains(expect(0, home, {name, "--help"}).out, "--"));
  }
  for (const auto& a : std::vector<std::vector<std::string>>{{"nonsense"}, {"import"}, {"import", "x"}, {"status"}, {"status", "p", "--nonsense"}, {"label", "p"}, {"label", "p", "--id", "0"}, {"label", "p", "--id", "zero", "--class", "a"},
                                                             {"label", "p", "--csv", "f", "--from-source"}, {"query", "p", "-k", "0"}, {"export", "p"}, {"explore", "p", "--size", "big"}, {"explore", "p", "--headless", "--size", "0x5"},
                                                             {"train", "p", "--epochs", "0"}, {"bench", "learn", "--data", "d", "--labels", "many"}, {"bench", "learn", "--data", "d", "--strategy", "luck"}}) {
    const auto r = run(home, a);
    INFO(a.front() << " " << a.back() << ": " << r.out << r.err);
    CHECK(r.status == 2);
    CHECK_FALSE(r.err.empty());
  }
  for (const auto& a : std::vector<std::vector<std::string>>{{"status", home / "nothing"}, {"import", home / "nothing", "--project", home / "p"}, {"explore", home / "nothing", "--headless"}, {"label", home / "nothing", "--from-source"},
                                                             {"bench", "learn", "--data", home / "nothing"}, {"predict", home / "nothing", "--model", home / "nothing", "--csv", home / "f.csv"}}) {
    const auto r = run(home, a);
    INFO(a[0] << ": " << r.out << r.err);
    CHECK(r.status == 1);
    CHECK(contains(r.err, "nothing"));
    CHECK(r.err.starts_with("meltpool: "));
  }
  CHECK_FALSE(fs::exists(home / "p"));
}

TEST_CASE("a map as CSV: of a project, supervised, of a file of features") {
  Folder home;
  const auto p = make_project(home);
  const auto map = home / "map.csv";
  const auto done = json::parse(expect(0, home, {"project", p, "--csv", map, "--epochs", "30", "--json"}).out);
  CHECK(done["rows"] == 60);
  CHECK(done["left_out"] == 0);
  const auto text = read_file(map);
  CHECK(text.starts_with("id,path,region,x,y\n0,"));
  CHECK(std::count(text.begin(), text.end(), '\n') == 61);
  expect(0, home, {"label", p, "--from-source"});
  for (const auto& a : std::vector<std::vector<std::string>>{{"--supervised"}, {"--method", "tsne"}, {"--method", "pca"}}) {
    std::vector<std::string> args{"project", p, "--csv", map, "--epochs", "30"};
    args.insert(args.end(), a.begin(), a.end());
    expect(0, home, args);
    CHECK(read_file(map) != text);
  }
  std::vector<float> rows(40 * 3);
  for (std::size_t i = 0; i < rows.size(); ++i) rows[i] = i % 3 == 1 ? 4.f : std::sin(float(i));
  rows[3 * 7] = std::numeric_limits<float>::quiet_NaN();
  write_file(home / "rows.f32", {reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float)});
  const auto left = json::parse(expect(0, home, {"project", "--data", home / "rows.f32", "--dim", "3", "--csv", map, "--epochs", "30", "--json"}).out);
  CHECK(left["left_out"] == 1);
  CHECK(left["constant_features"] == json::array({1}));
  CHECK(contains(read_file(map), "\n7,,\n"));
  CHECK(run(home, {"project", "--data", home / "rows.f32", "--dim", "7", "--csv", map}).status == 1);
  CHECK(run(home, {"project", p}).status == 2);
  CHECK(run(home, {"project", p, "--csv", map, "--supervised", "--method", "pca"}).status == 2);
}

TEST_CASE("class folders: import, status, labels, export, predict, query") {
  Folder home;
  const auto p = make_project(home);
  auto s = status(home, p);
  CHECK(s["samples"] == 60);
  CHECK(s["layers"] == 0);
  CHECK(s["bad"] == json::array());
  CHECK(s["labels"] == json::object());
  CHECK(s["source_labels"] == json({{"stripes", 20}, {"grain", 20}, {"dots", 20}}));
  CHECK(s["held_out"] == 12);
  // A second import of the same folder changes nothing.
  expect(0, home, {"import", home / "images", "--project", p});
  CHECK(status(home, p)["samples"] == 60);

  // One by one.
  CHECK(contains(run(home, {"label", p, "--id", "0", "--class", "unheard-of"}).err, "unheard-of"));
  CHECK(run(home, {"label", p, "--id", "0", "--class", "unheard-of"}).status == 1);
  expect(0, home, {"label", p, "--id", "0", "--id", "1", "--class", "dots"});
  CHECK(status(home, p)["labels"] == json({{"dots", 2}}));
  expect(0, home, {"label", p, "--id", "1", "--class", ""});
  CHECK(status(home, p)["labels"] == json({{"dots", 1}}));
  CHECK(run(home, {"label", p, "--id", "60", "--class", "dots"}).status == 1);
  CHECK(run(home, {"label", p, "--id", "2", "--id", "60", "--class", "dots"}).status == 3);
  expect(0, home, {"label", p, "--id", "3", "--class", "new", "--create-classes"});
  CHECK(status(home, p)["labels"] == json({{"dots", 2}, {"new", 1}}));
  expect(0, home, {"label", p, "--id", "3", "--id", "2", "--id", "0", "--class", ""});

  // By CSV: what cannot be used is listed with its line, the rest goes in.
  write_file(home / "l.csv", "path,label\nstripes/stripes_1.pgm,stripes\ngrain/grain_2.pgm,grain\ndots/dots_3.pgm,craters\nno/such.pgm,dots\n");
  const auto csv = expect(3, home, {"label", p, "--csv", home / "l.csv"});
  CHECK(contains(csv.err, "craters"));
  CHECK(contains(csv.err, "no/such.pgm"));
  CHECK(status(home, p)["labels"] == json({{"stripes", 1}, {"grain", 1}}));
  write_file(home / "bad.csv", "file;class\nx\n");
  CHECK(run(home, {"label", p, "--csv", home / "bad.csv"}).status == 1);
  CHECK(run(home, {"label", p, "--csv", home / "none.csv"}).status == 1);

  // From the source: the pool, never the held-out fifth.
  expect(0, home, {"label", p, "--from-source"});
  s = status(home, p);
  int labelled = 0;
  for (const auto& [name, n] : s["labels"].items()) labelled += n.get<int>();
  CHECK(labelled == 48);
  const auto evaluated = expect(0, home, {"status", p, "--json", "--evaluate"}).parsed();
  CHECK(evaluated["evaluation"]["n"] == 12);
  CHECK(evaluated["evaluation"]["accuracy"].get<double>() > .9);

  expect(0, home, {"export", p, "--csv", home / "e.csv"});
  const auto rows = read_csv(home / "e.csv");
  REQUIRE(rows.size() == 61);
  std::map<std::string, std::size_t> column;
  for (std::size_t i = 0; i < rows[0].size(); ++i) column[rows[0][i]] = i;
  for (const char* name : {"path", "region", "layer", "z_mm", "split", "label", "source", "predicted", "p:stripes", "p:grain", "p:dots"}) {
    INFO(name);
    CHECK(column.contains(name));
  }
  int held_out = 0, right = 0;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    const auto& r = rows[i];
    REQUIRE(r.size() == rows[0].size());
    const bool test = r[column["split"]] == "test";
    held_out += test;
    CHECK(r[column["label"]].empty() == test);
    double sum = 0;
    for (const auto& [name, at] : column)
      if (name.starts_with("p:")) sum += std::stod(r[at]);
    CHECK(sum == Approx(1).margin(1e-3));
    right += test && r[column["path"]].starts_with(r[column["predicted"]]);
  }
  CHECK(held_out == 12);
  CHECK(right / 12. == Approx(evaluated["evaluation"]["accuracy"].get<double>()));

  write_classes(home / "new", 4);
  for (auto& f : fs::recursive_directory_iterator(home / "new"))
    if (f.is_regular_file()) write_file(f.path(), pgm(texture(f.path().filename().string()[0] == 's' ? 0 : f.path().filename().string()[0] == 'g' ? 1 : 2, 777), 48, 48));
  expect(0, home, {"predict", home / "new", "--model", p, "--csv", home / "n.csv"});
  const auto predicted = read_csv(home / "n.csv");
  REQUIRE(predicted.size() == 13);
  for (std::size_t i = 1; i < predicted.size(); ++i) CHECK(predicted[i][0].starts_with(predicted[i][2]));
  write_file(home / "new/broken.png", "not an image");
  CHECK(contains(expect(3, home, {"predict", home / "new", "--model", p, "--csv", home / "n.csv"}).err, "broken.png"));

  // Every sample of the pool is labelled: nothing is left to ask.
  CHECK(expect(0, home, {"query", p, "--json"}).parsed()["picks"].empty());
}

TEST_CASE("every query strategy answers with k unlabelled samples of the pool, the same twice") {
  Folder home;
  const auto p = make_project(home);
  expect(0, home, {"label", p, "--id", "0", "--id", "1", "--id", "2", "--class", "dots"});
  expect(0, home, {"label", p, "--id", "20", "--id", "21", "--class", "grain"});
  expect(0, home, {"export", p, "--csv", home / "e.csv"});
  std::set<int> held_out;
  const auto rows = read_csv(home / "e.csv");
  for (std::size_t i = 1; i < rows.size(); ++i)
    for (const auto& cell : rows[i])
      if (cell == "test") held_out.insert(int(i - 1));
  CHECK(held_out.size() == 12);
  for (const char* strategy : {"random", "least-confidence", "margin", "entropy", "msd", "kls", "badge", "k-center", "typiclust", "medoids"}) {
    INFO(strategy);
    const auto j = expect(0, home, {"query", p, "--strategy", strategy, "-k", "5", "--json"}).parsed();
    CHECK(j["strategy"] == strategy);
    std::set<int> ids;
    for (const auto& one : j["picks"]) {
      const int id = one["id"];
      ids.insert(id);
      CHECK_FALSE(held_out.contains(id));
      CHECK((id > 2 && id != 20 && id != 21));
    }
    CHECK(ids.size() == 5);
    if (std::string(strategy) == "random" || std::string(strategy) == "badge") CHECK(expect(0, home, {"query", p, "--strategy", strategy, "-k", "5", "--json"}).parsed() == j);
  }
  const auto unknown = run(home, {"query", p, "--strategy", "luck"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "margin"));
}

TEST_CASE("a flat folder has no source labels; hidden labels serve as oracle only") {
  Folder home;
  for (int i = 0; i < 12; ++i) write_file(home / "flat/" + std::to_string(i) + ".pgm", pgm(texture(i % 3, std::uint64_t(i)), 48, 48));
  expect(0, home, {"import", home / "flat", "--project", home / "f"});
  auto s = status(home, home / "f");
  CHECK(s["samples"] == 12);
  CHECK(s["source_labels"] == json::object());
  CHECK(contains(run(home, {"label", home / "f", "--from-source"}).err, "no source labels"));
  CHECK(run(home, {"predict", home / "flat", "--model", home / "f", "--csv", home / "n.csv"}).status == 1);   // no model yet
  expect(0, home, {"query", home / "f", "-k", "3"});   // before any label: the cold start serves
  expect(0, home, {"export", home / "f", "--csv", home / "e.csv"});
  CHECK(read_csv(home / "e.csv").size() == 13);

  const auto p = make_project(home, 6, {"--hide-labels"});
  s = status(home, p);
  CHECK(s["labels_hidden"] == true);
  CHECK(s["classes"].size() == 3);
  CHECK(s["labels"] == json::object());
}

TEST_CASE("layers are cut into patches and ordered by the height in their names") {
  Folder home;
  for (const auto& [name, kind] : {std::pair("7mm_199µm.pgm", 0), std::pair("13mm_649um.pgm", 1), std::pair("2mm_5µm.pgm", 2)}) write_file(home / "build/" + name, pgm(texture(kind, 4, 100, 70), 100, 70));
  expect(0, home, {"import", home / "build", "--project", home / "p", "--layers", "--patch", "32"});
  const auto s = status(home, home / "p");
  CHECK(s["layers"] == 3);
  CHECK(s["samples"] == 3 * 3 * 2);
  expect(0, home, {"export", home / "p", "--csv", home / "e.csv"});
  const auto rows = read_csv(home / "e.csv");
  std::map<std::string, std::string> height;
  std::size_t z = 0, path = 0;
  for (std::size_t i = 0; i < rows[0].size(); ++i) (rows[0][i] == "z_mm" ? z : rows[0][i] == "path" ? path : z) = rows[0][i] == "z_mm" || rows[0][i] == "path" ? i : z;
  for (std::size_t i = 1; i < rows.size(); ++i) height[rows[i][path]] = rows[i][z];
  CHECK(height.size() == 3);
  std::set<double> heights;
  for (const auto& [name, text] : height) heights.insert(std::round(std::stod(text) * 1000));
  CHECK(heights == std::set<double>{2005, 7199, 13649});
}

TEST_CASE("training a network for two epochs leaves weights and metrics") {
  Folder home;
  if (!fs::exists(std::string(MP_BINARY_DIR) + "/meltpool_networks.so")) {
    WARN("the network module is not built: skipped");
    return;
  }
  const auto p = make_project(home, 10);
  const auto none = run(home, {"train", p, "--epochs", "2"});
  CHECK(none.status == 1);
  CHECK_FALSE(none.err.empty());
  expect(0, home, {"label", p, "--from-source"});
  const auto j = expect(0, home, {"train", p, "--network", "gapc", "--epochs", "2", "--input", "48", "--csv", home / "m.csv", "--json"}).parsed();
  CHECK(j["labels"] == 24);
  CHECK(j["n"] == 6);
  CHECK(fs::file_size(j["weights"].get<std::string>()) > 100'000);
  CHECK(read_csv(home / "m.csv").size() == 3);
  const auto unknown = run(home, {"train", p, "--network", "resnet-9000", "--epochs", "2"});
  CHECK(unknown.status == 2);
  CHECK(contains(unknown.err, "resnet-9000"));
}

TEST_CASE("bench scatter and lasso print their rows, in the window too, and no selection is wrong") {
  Folder home;
  std::set<std::string> names;
  for (const auto& a : std::vector<std::vector<std::string>>{{"scatter"}, {"scatter", "--ui"}, {"scatter", "--ui", "--build"}, {"lasso"}}) {
    auto args = a;
    args.insert(args.begin(), "bench");
    args.insert(args.end(), {"--points", "3000", "--width", "640", "--height", "400", "--json"});
    std::istringstream lines(expect(0, home, args).out);
    for (std::string line; std::getline(lines, line);) {
      const auto j = json::parse(line);
      INFO(line);
      CHECK(j["points"] == 3000);
      CHECK(j["value"].get<double>() >= 0);
      CHECK_FALSE(j["device"].get<std::string>().empty());
      if (j["name"] == "lasso.compute_ms") {
        CHECK(j["wrong"] == 0);
        CHECK(j["selected"].get<double>() == Approx(600).margin(60));
      }
      names.insert(j["name"]);
    }
  }
  CHECK(names == std::set<std::string>{"scatter.first_frame_ms", "scatter.full_ms", "scatter.pan_ms", "scatter.pick_us", "scatter.filter_ms", "scatter.move_ms", "scatter.peak_mb", "lasso.compute_ms", "lasso.redraw_ms", "build.turn_ms", "build.cut_ms"});
  CHECK(run(home, {"bench", "scatter", "--points", "0"}).status == 2);
  if (double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGESIZE)) < 100e9) {   // it would take 144 GB
    const auto much = run(home, {"bench", "scatter", "--points", "2000000000"});
    CHECK(much.status == 1);
    CHECK(contains(much.err, "not enough memory"));
  }
}

TEST_CASE("bench learn prints rows that can be recomputed from its predictions") {
  Folder home;
  write_classes(home / "images", 15);
  const auto r = expect(0, home, {"bench", "learn", "--data", home / "images", "--labels", "6,12", "--seeds", "2", "--strategy", "margin", "--json", "--predictions", home / "p.csv"});
  std::istringstream in(r.out);
  std::vector<json> rows;
  for (std::string line; std::getline(in, line);) rows.push_back(json::parse(line));
  REQUIRE(rows.size() == 2);
  for (const auto& row : rows)
    for (const char* key : {"name", "value", "unit", "n", "device", "network", "strategy", "labels", "accuracy_mean", "accuracy_std", "seeds"}) {
      INFO(key);
      CHECK(row.contains(key));
    }
  CHECK(rows[0]["labels"] == 6);
  CHECK(rows[1]["labels"] == 12);
  std::map<std::string, std::pair<int, int>> by_seed;
  const auto csv = read_csv(home / "p.csv");
  REQUIRE(csv[0] == std::vector<std::string>{"seed", "path", "split", "true", "predicted"});
  for (std::size_t i = 1; i < csv.size(); ++i)
    if (csv[i][2] == "test") {
      auto& [right, n] = by_seed[csv[i][0]];
      right += csv[i][3] == csv[i][4];
      ++n;
      CHECK(csv[i][1].starts_with(csv[i][3]));
    }
  REQUIRE(by_seed.size() == 2);
  double mean = 0;
  for (const auto& [seed, counts] : by_seed) mean += double(counts.first) / counts.second / 2;
  CHECK(mean == Approx(rows[1]["accuracy_mean"].get<double>()).margin(1e-9));
}

}  // namespace mp::explorer::cli::test
