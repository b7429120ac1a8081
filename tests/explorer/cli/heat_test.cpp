// Explanations and layer maps by the real program: files, tables, wrong requests.
#include "ml/data/decode.h"
#include "tests/explorer/cli/program.h"

namespace mp::explorer::cli::test {

TEST_CASE("explain: pictures and a table of a trained network, by every method; wrong requests are named") {
  Folder home;
  const auto p = make_project(home);
  const auto none = run(home, {"explain", p, "--out", home / "none"});
  CHECK(none.status == 1);
  CHECK(contains(none.err, "no network"));
  expect(0, home, {"label", p, "--from-source"});
  expect(0, home, {"train", p, "--network", "gapc", "--epochs", "1", "--input", "32", "--min-steps", "3", "--threads", "1"});
  for (const char* method : {"cam", "grad-cam", "ig", "occlusion"}) {
    INFO(method);
    const auto out = home / method;
    const auto r = run(home, {"explain", p, "--method", method, "--out", out, "--ids", "0,5", "--class", "grain", "--json"});
    INFO(r.err);
    REQUIRE(r.status == 0);
    CHECK(r.parsed()["samples"] == 2);
    CHECK(read_file(out + "/sample_5.png").starts_with("\x89PNG"));
    const auto rows = read_csv(out + "/heat.csv");
    REQUIRE(rows.size() == 3);
    CHECK(rows[1][0] == "0");
    CHECK(rows[1][3] == "grain");
    CHECK(rows[1][7].empty() == (std::string(method) != "ig"));   // completeness error
    CHECK(rows[1][8].empty());                                    // no boxes
  }
  CHECK(expect(0, home, {"explain", p, "--out", home / "few", "--limit", "7", "--json"}).parsed()["samples"] == 7);
  CHECK(run(home, {"explain", p, "--out", home / "x", "--ids", "9999"}).status == 1);
  CHECK(run(home, {"explain", p, "--out", home / "x", "--class", "nothing"}).status == 1);
  CHECK(run(home, {"explain", p, "--out", home / "x", "--method", "lime"}).status == 2);
  const auto guide = run(home, {"train", p, "--network", "gapc", "--epochs", "1", "--guide", "1"});
  CHECK(guide.status == 1);
  CHECK(contains(guide.err, "boxes"));
  CHECK(contains(run(home, {"train", p, "--network", "trc", "--guide", "1"}).err, "global pooling"));
  CHECK(contains(run(home, {"layer-maps", p, "--out", home / "x"}).err, "layers"));
}

TEST_CASE("layer maps: a picture a layer, cells and shares, the layers before as a prior, overlapping patches of a network") {
  Folder home;
  for (int layer = 0; layer < 3; ++layer) {
    // Left half stripes, right half grain.
    const auto left = texture(0, std::uint64_t(layer), 64, 64), right = texture(1, std::uint64_t(layer), 64, 64);
    std::string both;
    for (int y = 0; y < 64; ++y) both += left.substr(std::size_t(y) * 64, 32) + right.substr(std::size_t(y) * 64, 32);
    write_file(home / "build/" + std::to_string(layer + 1) + "mm.pgm", pgm(both, 64, 64));
  }
  const auto p = home / "p";
  expect(0, home, {"import", home / "build", "--project", p, "--layers", "--patch", "32"});
  const auto unlabelled = run(home, {"layer-maps", p, "--out", home / "none"});
  CHECK(unlabelled.status == 1);
  CHECK(contains(unlabelled.err, "label"));
  write_file(home / "labels.csv", "id,label\n0,stripes\n1,grain\n2,stripes\n3,grain\n4,stripes\n5,grain\n");
  expect(0, home, {"label", p, "--csv", home / "labels.csv", "--create-classes"});
  const auto r = expect(0, home, {"layer-maps", p, "--out", home / "maps", "--json"});
  CHECK(r.parsed()["layers"] == 3);
  CHECK(read_file(home / "maps/layer_0003.png").starts_with("\x89PNG"));
  const auto cells = read_csv(home / "maps/cells.csv");
  REQUIRE(cells.size() == 13);
  CHECK(cells[1][0] == "1");
  CHECK(cells[1][6] == "stripes");
  CHECK(cells[2][6] == "grain");
  CHECK(read_csv(home / "maps/layers.csv").size() == 4);
  CHECK(read_csv(home / "maps/legend.csv").size() == 3);
  // Nothing of the layers before: the first layer stays, later ones differ from the smoothed.
  expect(0, home, {"layer-maps", p, "--out", home / "alone", "--prior", "0"});
  CHECK(read_csv(home / "alone/cells.csv")[1] == cells[1]);
  expect(0, home, {"train", p, "--network", "gapc", "--epochs", "1", "--input", "32", "--min-steps", "3", "--threads", "1"});
  expect(0, home, {"layer-maps", p, "--out", home / "net", "--network", "gapc", "--overlap", "0.5"});
  CHECK(read_csv(home / "net/cells.csv").size() == 1 + 3 * 16);
  // Steps of 24 px: the last patch ends with the layer, no cell stays without a class.
  expect(0, home, {"layer-maps", p, "--out", home / "rim", "--network", "gapc", "--overlap", "0.25"});
  const auto rim = read_csv(home / "rim/cells.csv");
  CHECK(rim.size() == 1 + 3 * 9);
  for (const auto& row : rim) CHECK_FALSE(row[6].empty());
  CHECK(run(home, {"layer-maps", p, "--out", home / "x", "--prior", "2"}).status == 2);
  CHECK(run(home, {"layer-maps", p, "--out", home / "x", "--network", "resnet18"}).status == 1);
}

namespace {

json play(const Folder& home, const std::string& project, const std::string& script) {
  write_file(home / "s.jsonl", script);
  expect(0, home, {"explore", project, "--headless", "--size", "1100x900", "--script", home / "s.jsonl", "--state", home / "s.json", "--screenshot", home / "s.png"}, {{"MELTPOOL_VALIDATION", "1"}});
  auto s = json::parse(read_file(home / "s.json"));
  CHECK(s["validation_messages"] == 0);
  return s;
}

std::string command(const std::string& fields) { return "{\"command\": {" + fields + "}}\n"; }

const std::string kIdle = "{\"wait\": \"idle\", \"timeout_s\": 60}\n", kShown = "{\"wait\": \"frames\", \"n\": 4}\n";

/// How many pixels of the middle of the window have a colour.
std::size_t coloured(const std::string& png) {
  const auto image = ml::decode_file(png);
  REQUIRE(image);
  const int w = image->grey.width_px, h = image->grey.height_px;
  REQUIRE(image->colour.pixels.size() == std::size_t(w) * std::size_t(h) * 4);
  std::size_t n = 0;
  for (int y = h / 4; y < h * 3 / 4; ++y)
    for (int x = w / 3; x < w * 2 / 3; ++x) {
      const auto* p = image->colour.pixels.data() + 4 * (std::size_t(y) * std::size_t(w) + std::size_t(x));
      n += p[0] > p[2] + 40;
    }
  return n;
}

}  // namespace

TEST_CASE("heat in the window: it waits for a network, follows the training, and is checked against boxes") {
  Folder home;
  const auto p = make_project(home);
  expect(0, home, {"label", p, "--from-source"});
  // Boxes on the dots (class 2), a quarter of each picture.
  json boxes = {{"images", json::array()}, {"categories", {{{"id", 1}, {"name", "dots"}}}}, {"annotations", json::array()}};
  for (int i = 0; i < 20; ++i) {
    boxes["images"].push_back({{"id", i + 1}, {"file_name", "dots_" + std::to_string(i) + ".pgm"}});
    boxes["annotations"].push_back({{"id", i + 1}, {"image_id", i + 1}, {"category_id", 1}, {"bbox", {0, 0, 24, 24}}});
  }
  write_file(home / "b.json", boxes.dump());
  expect(0, home, {"import-boxes", home / "b.json", "-p", p});

  const auto none = play(home, p, kIdle + command("\"type\": \"inspect\", \"id\": 3") + "{\"key\": \"E\"}\n" + kIdle)["heat"];
  CHECK(none["on"] == true);
  CHECK(none["error"] == "no network");
  CHECK(none["shown"] == 0);

  // The heat that was waited for comes with the network, without another key.
  const auto shown = play(home, p, kIdle + command("\"type\": \"inspect\", \"id\": 3") + "{\"key\": \"E\"}\n" + kIdle +
                                       command(R"("type": "set_training", "network": "gapc", "epochs": 1, "input_px": 64, "min_steps": 9)") + command("\"type\": \"train\"") +
                                       "{\"wait\": \"round\", \"timeout_s\": 120}\n" + command("\"type\": \"stop_training\"") + "{\"wait\": \"trained\", \"timeout_s\": 120}\n" + kIdle + kShown + kIdle)["heat"];
  INFO(shown.dump());
  CHECK(shown["error"] == "");
  CHECK(shown["network"] == "gapc");
  CHECK(shown["shown"].get<int>() > 20);   // the inspected one, and what the wall shows

  const std::string check = kIdle + "{\"key\": \"E\"}\n" + kIdle + command("\"type\": \"check_heat\"") + kIdle + kShown;
  const auto s = play(home, p, check + command("\"type\": \"select_list\", \"name\": \"background\"") + kShown);
  const auto c = s["heat"]["check"];
  INFO(c.dump());
  CHECK(c["error"] == "");
  CHECK(c["n"] == 4);   // the held-out ones alone
  CHECK(c["chance"].get<double>() == Approx(.25));
  CHECK(c["energy"].get<double>() >= 0);
  CHECK(c["energy"].get<double>() <= 1);
  CHECK(s["selected"] == c["background"]);
  CHECK_FALSE(c.contains("ig_error"));
  const auto ig = play(home, p, kIdle + command("\"type\": \"set_heat\", \"method\": \"ig\", \"baseline\": \"blurred\"") + command("\"type\": \"check_heat\"") + kIdle + kShown)["heat"];
  CHECK(ig["method"] == "ig");
  REQUIRE(ig.contains("check"));
  CHECK(ig["check"]["ig_error"].get<double>() > 0);
  // Nobody drew a box of "grain": boxes of every class count as it, here and in the table.
  const auto grain = play(home, p, kIdle + command("\"type\": \"set_heat\", \"method\": \"ig\", \"class\": 1") + command("\"type\": \"check_heat\"") + kIdle + kShown)["heat"];
  CHECK(grain["check"]["any_box"] == true);
  CHECK(grain["check"]["n"] == 4);
  const auto table = expect(0, home, {"explain", p, "--out", home / "grain", "--class", "grain", "--limit", "0", "--json"}).parsed();
  CHECK(table["any_box"] == true);
  CHECK(table["checked"] == 20);
  CHECK(expect(0, home, {"explain", p, "--out", home / "dots", "--class", "dots", "--limit", "0", "--json"}).parsed()["any_box"] == false);
  // The method is kept with the project; Shift+E goes on to the next.
  CHECK(play(home, p, kIdle + "{\"key\": \"Shift+E\"}\n" + kIdle)["heat"]["method"] == "occlusion");
}

TEST_CASE("heat lies over the picture with boxes, and the whole layer; layer maps are written from the window") {
  Folder home;
  for (int layer = 0; layer < 3; ++layer) write_file(home / ("build/" + std::to_string(layer + 1) + "mm.pgm"), pgm(texture(layer, std::uint64_t(layer), 64, 64), 64, 64));
  const auto p = home / "p";
  expect(0, home, {"import", home / "build", "--project", p, "--layers", "--patch", "32"});
  const auto unlabelled = play(home, p, kIdle + command("\"type\": \"export_layer_maps\"") + kShown);
  CHECK_FALSE(fs::exists(p + "/exports/layer-maps"));
  std::string labels = "id,label\n";
  for (int id = 0; id < 12; ++id) labels += std::to_string(id) + (id % 2 ? ",left\n" : ",right\n");
  write_file(home / "labels.csv", labels);
  expect(0, home, {"label", p, "--csv", home / "labels.csv", "--create-classes"});
  expect(0, home, {"train", p, "--network", "gapc", "--epochs", "1", "--input", "32", "--min-steps", "3", "--threads", "1"});

  const std::string boxes = kIdle + "{\"key\": \"F5\"}\n" + kIdle + kShown;
  play(home, p, boxes);
  const auto before = coloured(home / "s.png");
  const auto s = play(home, p, boxes + command(R"("type": "set_heat", "method": "occlusion", "strength": 1)") + kIdle + kShown + kIdle + kShown);
  CHECK(s["heat"]["shown"] == 4);   // the patches of the layer
  CHECK(coloured(home / "s.png") > before + 2000);
  play(home, p, boxes + command(R"("type": "set_heat", "method": "occlusion", "strength": 0)") + kIdle + kShown + kIdle + kShown);
  CHECK(coloured(home / "s.png") == before);

  // The same over the current layer of the mosaic, in place of its tint.
  const std::string layers = kIdle + "{\"key\": \"F2\"}\n{\"key\": \"M\"}\n" + command("\"type\": \"set_layer\", \"layer\": 1") + kIdle + kShown;
  play(home, p, layers + command(R"("type": "set_heat", "on": false)") + kShown);
  const auto tinted = coloured(home / "s.png");
  play(home, p, layers + command(R"("type": "set_heat", "method": "occlusion", "strength": 0)") + kIdle + kShown + kIdle + kShown);
  const auto bare = coloured(home / "s.png");
  CHECK(bare < tinted);
  const auto l = play(home, p, layers + command(R"("type": "set_heat", "method": "occlusion", "strength": 1)") + kIdle + kShown + kIdle + kShown);
  CHECK(l["heat"]["shown"] == 4);
  CHECK(coloured(home / "s.png") > bare + 2000);

  play(home, p, kIdle + command("\"type\": \"export_layer_maps\", \"prior\": 0.5") + kIdle + kShown + kIdle);
  CHECK(read_file(p + "/exports/layer-maps/layer_0003.png").starts_with("\x89PNG"));
  CHECK(read_csv(p + "/exports/layer-maps/cells.csv").size() == 13);
}

}  // namespace mp::explorer::cli::test
