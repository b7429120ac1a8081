// Explanations and layer maps by the real program: files, tables, wrong requests.
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
  CHECK(run(home, {"layer-maps", p, "--out", home / "x", "--prior", "2"}).status == 2);
  CHECK(run(home, {"layer-maps", p, "--out", home / "x", "--network", "resnet18"}).status == 1);
}

}  // namespace mp::explorer::cli::test
