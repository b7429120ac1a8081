#include "ml/data/layer_series.h"

#include <cmath>
#include <filesystem>

#include "tests/ml/data/project_fixture.h"

using namespace mp;
using namespace mp::ml;
using namespace mp::ml::test;

namespace {

/// Five layers of one patch, 0.2 mm apart from 1 mm on.
Pool layers() {
  Pool p;
  p.roots = {"/data"};
  for (int l = 0; l < 5; ++l) {
    p.images.emplace_back().path = "build/layer" + std::to_string(l) + ".png";
    p.layers.push_back({std::uint32_t(l), 1.f + .2f * float(l), SampleId(l), 1, 1});
  }
  return p;
}

Result<LayerSeriesList> read(const std::string& text, const Pool& pool = layers()) {
  TempDir tmp;
  write_text(tmp / "log.csv", text);
  return read_layer_series(tmp / "log.csv", pool);
}

std::string refused(const std::string& text, const Pool& pool = layers()) {
  auto r = read(text, pool);
  REQUIRE_FALSE(r.has_value());
  return r.error().message();
}

}  // namespace

TEST_CASE("columns become series by layer, by number, height or file; several lines of a layer are averaged") {
  auto r = must(read("\xef\xbb\xbflayer,oxygen (ppm),\"plate, temperature [°C]\"\r\n1,100,80\r\n2,200,\r\n2,300,82\r\n5,50,84\r\n\r\n"));
  REQUIRE(r.problems.empty());
  REQUIRE(r.all.size() == 2);
  CHECK(r.all[0].name == "oxygen");
  CHECK(r.all[0].unit == "ppm");
  CHECK(r.all[1].name == "plate, temperature");
  CHECK(r.all[1].unit == "°C");
  CHECK(r.all[0].value[0] == 100);
  CHECK(r.all[0].value[1] == 250);
  CHECK(std::isnan(r.all[0].value[2]));
  CHECK(r.all[0].min == 50);
  CHECK(r.all[0].max == 250);
  CHECK(r.all[1].value[1] == 82);
  r = must(read("z_mm,o2\n1.0,1\n1.19,2\n1.62,4\n"));
  CHECK(r.all[0].value[0] == 1);
  CHECK(r.all[0].value[1] == 2);
  CHECK(r.all[0].value[3] == 4);
  r = must(read("o2,file\n7,layer3.png\n8,build/layer4.png\n"));
  CHECK(r.all[0].value[3] == 7);
  CHECK(r.all[0].value[4] == 8);
}

TEST_CASE("lines that cannot be used are named with file, line, what was expected and found; the rest is used") {
  auto r = must(read("layer,oxygen\n1,10\n9,10\nx,11\n2,much\n3,nan\n4,1e99\n5,20\n"));
  CHECK(r.all[0].value[0] == 10);
  CHECK(r.all[0].value[4] == 20);
  REQUIRE(r.problems.size() == 5);
  CHECK(r.problems[0] == "log.csv, line 3: expected a layer from 1 to 5, found '9'");
  CHECK(r.problems[1] == "log.csv, line 4: expected a layer from 1 to 5, found 'x'");
  CHECK(r.problems[2] == "log.csv, line 5: expected a number for oxygen, found 'much'");
  r = must(read("z_mm,oxygen\n1.0,10\n7.5,11\n"));
  REQUIRE(r.problems.size() == 1);
  CHECK(r.problems[0].find("line 3: expected a height in mm of a layer (1 to 1.8") != std::string::npos);
  r = must(read("layer,oxygen\n1,10\n2,\"11\n"));
  CHECK(r.problems.at(0).find("line 3: expected a closed quoted field") != std::string::npos);
}

TEST_CASE("semicolons with decimal commas, and tabs, separate too") {
  const auto semicolons = must(read("layer;oxygen (ppm);temp\n1;10,5;80\n2;11;81,25\n"));
  REQUIRE(semicolons.all.size() == 2);
  CHECK(semicolons.all[0].value[0] == 10.5f);
  CHECK(semicolons.all[1].value[1] == 81.25f);
  CHECK(must(read("layer\toxygen\n1\t10.5\n")).all[0].value[0] == 10.5f);
}

TEST_CASE("files without what is needed are refused with a reason") {
  CHECK(refused("time,oxygen\n1,2\n").find("line 1: 'time,oxygen'") != std::string::npos);
  CHECK(refused("layer\n1\n").find("no other column") != std::string::npos);
  CHECK(refused("layer,oxygen\n").find("no line after the header") != std::string::npos);
  CHECK(refused("").find("empty") != std::string::npos);
  CHECK(refused("layer,oxygen\n1,none\n").find("found 'none'") != std::string::npos);
  CHECK(refused(std::string("layer,a\n1,\0", 11)).find("binary") != std::string::npos);
  CHECK(refused("layer,o\n1,2\n", Pool{}).find("--layers") != std::string::npos);
  auto nameless = layers();
  for (auto& l : nameless.layers) l.z_mm = std::nanf("");
  CHECK(refused("z_mm,o\n1,2\n", nameless).find("number of the layer") != std::string::npos);
  auto r = read_layer_series("/no/such.csv", layers());
  REQUIRE_FALSE(r.has_value());
  CHECK(r.error().message().find("/no/such.csv") != std::string::npos);
}

TEST_CASE("what was imported is found again in the project; the same file replaces itself") {
  TempDir tmp;
  write_text(tmp / "gas.csv", "layer,oxygen\n1,10\n");
  write_text(tmp / "heat.csv", "layer,temperature\n2,80\n");
  const auto project = (tmp / "p.mp");
  std::filesystem::create_directories(project);
  must(import_layer_series(tmp / "heat.csv", project, layers()));
  must(import_layer_series(tmp / "gas.csv", project, layers()));
  write_text(tmp / "gas.csv", "layer,oxygen\n1,11\n");
  must(import_layer_series(tmp / "gas.csv", project, layers()));
  auto stored = stored_layer_series(project, layers());
  REQUIRE(stored.all.size() == 2);
  CHECK(stored.all[0].name == "oxygen");
  CHECK(stored.all[0].value[0] == 11);
  CHECK(stored.all[1].name == "temperature");
  write_text(tmp / "bad.csv", "no,header\n");
  CHECK_FALSE(import_layer_series(tmp / "bad.csv", project, layers()).has_value());
  CHECK(stored_layer_series(project, layers()).all.size() == 2);   // nothing of it was kept
  CHECK(stored_layer_series(tmp / "nowhere", layers()).all.empty());
}
