// What an import finds in folders of all kinds, heights from names, and the order of layers.
#include "ml/data/scan.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "engine/base/hash.h"

using namespace mp::ml;
namespace fs = std::filesystem;

namespace {

/// A folder that goes when the test ends.
class Folder {
 public:
  Folder() {
    static int count = 0;
    dir_ = fs::temp_directory_path() / ("mp_scan_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    fs::create_directories(dir_);
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(dir_, ignored);
  }
  void touch(const std::string& relative) const {
    fs::create_directories((dir_ / relative).parent_path());
    std::ofstream(dir_ / relative) << "x";
  }
  std::string path() const { return fs::canonical(dir_); }

 private:
  fs::path dir_;
};

std::vector<std::string> paths(const ScanReport& r) {
  std::vector<std::string> out;
  for (auto& f : r.files) out.push_back(f.path);
  return out;
}
using Paths = std::vector<std::string>;

}  // namespace

TEST_CASE("Heights stated in names", "[scan]") {
  const auto is = [](const char* name, double mm) {
    INFO(name);
    const auto z = height_mm_from_name(name);
    REQUIRE(z);
    CHECK(*z == Approx(mm).epsilon(1e-12));
  };
  is("7mm_199\xc2\xb5m.png", 7.199);
  is("7mm_199\xce\xbcm.png", 7.199);
  is("7mm_199\xb5m.png", 7.199);
  is("13mm_649um.png", 13.649);
  is("3mm_0\xc2\xb5m.png", 3.0);
  is("9mm_50um", 9.05);
  is("0mm_050um.png", .05);
  is("5.25mm.png", 5.25);
  is("5,25mm.png", 5.25);
  is("layer z=12.5 mm.tif", 12.5);
  is("650um.png", .65);
  is("part 30mm z 7mm_199um.png", 7.199);
  is("a/b 9mm/7mm_1um.png", 7.001);
  for (const char* none : {"layer_00012.png", "converted_ 0008.jpg", "5mmol.png", "mm.png", "7m.png", "", "12umbra.png",
                           "12345678901mm.png"}) {
    INFO(none);
    CHECK_FALSE(height_mm_from_name(none));
  }
}

TEST_CASE("Natural order is a strict order", "[scan]") {
  CHECK(natural_less("layer 9", "layer 10"));
  CHECK_FALSE(natural_less("layer 10", "layer 9"));
  CHECK(natural_less("a2b10", "a2b11"));
  CHECK(natural_less("a", "a1"));
  CHECK(natural_less("007", "8"));
  CHECK(natural_less("99999999999999999999998", "99999999999999999999999"));
  CHECK(natural_less("a01", "a1") != natural_less("a1", "a01"));
  mp::Rng rng(1);
  std::vector<std::string> names;
  for (int i = 0; i < 60; ++i) {
    std::string s;
    for (int k = int(rng.below(6)); k >= 0; --k) s += "01a9_"[rng.below(5)];
    names.push_back(s);
  }
  for (auto& a : names)
    for (auto& b : names) {
      CHECK(natural_less(a, b) + natural_less(b, a) == (a != b));
      for (auto& c : names)
        if (natural_less(a, b) && natural_less(b, c) && !natural_less(a, c)) FAIL(a << " " << b << " " << c);
    }
}

TEST_CASE("Class folders", "[scan]") {
  Folder f;
  f.touch("zebra/x10.png");
  f.touch("zebra/x9.png");
  f.touch("zebra/deep/er/y.JPG");
  f.touch("iron sheet \xc2\xb5/1.tif");
  f.touch("empty class/readme.txt");
  f.touch(".hidden/1.png");
  f.touch("zebra/.x.png");
  f.touch("notes.txt");
  auto r = scan_folder(f.path(), {});
  REQUIRE(r);
  CHECK(r->class_folders);
  CHECK(r->class_names == Paths{"iron sheet \xc2\xb5", "zebra"});
  CHECK(paths(*r) == Paths{"iron sheet \xc2\xb5/1.tif", "zebra/deep/er/y.JPG", "zebra/x9.png", "zebra/x10.png"});
  CHECK(r->files[1].source_class == "zebra");
  CHECK(r->ignored == 4);
  CHECK(r->bad.empty());
  CHECK(r->root == f.path());
  f.touch("direct.png");  // joins without a class
  r = scan_folder(f.path() + "/", {});
  REQUIRE(r);
  CHECK(r->files.size() == 5);
  CHECK(r->files[0].path == "direct.png");
  CHECK(r->files[0].source_class == "");
}

TEST_CASE("Odd names, links, pipes and unreadable things", "[scan]") {
  Folder f;
  const Paths odd = {"with blank.png", "line\nbreak.png", "latin\xb5.png", std::string(246, 'n') + ".png"};
  for (auto& n : odd) f.touch("c/" + n);
  fs::create_directory_symlink(f.path(), f.path() + "/c/loop");
  fs::create_directory_symlink(".", f.path() + "/c/self");
  fs::create_symlink("nowhere.png", f.path() + "/c/dangling.png");
  fs::create_symlink("with blank.png", f.path() + "/c/link.png");
  REQUIRE(::mkfifo((f.path() + "/c/pipe.png").c_str(), 0600) == 0);
  auto r = scan_folder(f.path(), {});
  REQUIRE(r);
  Paths found = paths(*r), expected = {"c/link.png"};
  for (auto& n : odd) expected.push_back("c/" + n);
  std::sort(found.begin(), found.end());
  std::sort(expected.begin(), expected.end());
  CHECK(found == expected);
  REQUIRE(r->bad.size() == 2);
  for (auto& b : r->bad) CHECK((b.path == "c/dangling.png" || b.path == "c/pipe.png"));
  if (::geteuid() != 0) {  // root reads everything
    f.touch("locked/a.png");
    fs::permissions(f.path() + "/locked", fs::perms::none);
    auto s = scan_folder(f.path(), {});
    REQUIRE(s);
    CHECK(s->bad.size() == 3);
    fs::permissions(f.path() + "/locked", fs::perms::owner_all);
  }
}

TEST_CASE("Folders that cannot be imported say what was there", "[scan]") {
  Folder f;
  auto r = scan_folder(f.path(), {});
  REQUIRE_FALSE(r);
  CHECK(r.error().found == "an empty folder");
  CHECK(r.error().path == f.path());
  CHECK(r.error().expected.find("one subfolder a class") != std::string::npos);
  f.touch("a.txt");
  f.touch("b.txt");
  f.touch("sub/c.csv");
  r = scan_folder(f.path(), {});
  REQUIRE_FALSE(r);
  CHECK(r.error().found == "3 other files (.txt 2, .csv 1), 1 folder");
  CHECK(scan_folder(f.path() + "/none", {}).error().found == "No such file or directory");
  CHECK(scan_folder(f.path() + "/a.txt", {}).error().found == "a file");
}

TEST_CASE("Layers by height, number or natural order", "[scan]") {
  const ScanOptions layers{true, 128};
  Folder f;
  SECTION("heights") {
    for (const char* n : {"10mm_0um.png", "9mm_950um.png", "9mm_1000um.png", "2.5mm.png"}) f.touch(n);
    f.touch("truth.csv");
    f.touch("below/1mm.png");
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"2.5mm.png", "9mm_950um.png", "9mm_1000um.png", "10mm_0um.png"});
    CHECK(*r->files[1].z_mm == Approx(9.95));
    CHECK_FALSE(r->files[0].order);
    CHECK(r->truth_csv == f.path() + "/truth.csv");
    CHECK(r->ignored == 1);
    CHECK_FALSE(r->class_folders);
  }
  SECTION("a foreign name among heights comes last and says why; the others keep theirs") {
    for (const char* n : {"10mm_0um.png", "reference.png", "9mm_950um.png"}) f.touch(n);
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"9mm_950um.png", "10mm_0um.png", "reference.png"});
    CHECK(*r->files[0].z_mm == Approx(9.95));
    CHECK(r->files[0].note.empty());
    CHECK_FALSE(r->files[2].z_mm);
    CHECK(r->files[2].note.find("no height") != std::string::npos);
  }
  SECTION("a single name with a height among many without is no height") {
    for (const char* n : {"a_1.png", "a_2.png", "scale 5mm_3.png"}) f.touch(n);
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"a_1.png", "a_2.png", "scale 5mm_3.png"});
    for (const auto& file : r->files) CHECK_FALSE(file.z_mm);
  }
  SECTION("numbers") {
    for (const char* n : {"b_10.png", "a_9.png", "c_11.png"}) f.touch(n);
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"a_9.png", "b_10.png", "c_11.png"});
    CHECK(r->files[0].order == 9);
    CHECK_FALSE(r->files[0].z_mm);
  }
  SECTION("the layer thickness in every name is no height") {
    for (const char* n : {"50um_layer_2.png", "50um_layer_10.png", "50um_layer_1.png"}) f.touch(n);
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"50um_layer_1.png", "50um_layer_2.png", "50um_layer_10.png"});
    CHECK(r->files[2].order == 10);
    CHECK_FALSE(r->files[2].z_mm);
  }
  SECTION("date and time: one series in natural order") {
    for (const char* n : {"P_20210914_141239.jpg", "P_20210909_233308.jpg"}) f.touch(n);
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"P_20210909_233308.jpg", "P_20210914_141239.jpg"});
  }
  SECTION("one subfolder level where the folder itself has none") {
    for (const char* n : {"build/l2.png", "build/l1.png", "build/deeper/l0.png"}) f.touch(n);
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"build/l1.png", "build/l2.png"});
  }
  SECTION("no numbers at all") {
    for (const char* n : {"top.png", "bottom.png"}) f.touch(n);
    auto r = scan_folder(f.path(), layers);
    REQUIRE(r);
    CHECK(paths(*r) == Paths{"bottom.png", "top.png"});
    CHECK_FALSE(r->files[0].order);
  }
}

TEST_CASE("Real folders", "[scan]") {
  const char* set = std::getenv("MELTPOOL_TEST_DATA");
  const std::string data = set ? set : MP_SOURCE_DIR "/../shared/data";
  if (!fs::exists(data + "/neu/images")) {
    WARN("skipped, not there: " << data);
    return;
  }
  auto neu = scan_folder(data + "/neu/images", {});
  REQUIRE(neu);
  CHECK(neu->files.size() == 1800);
  CHECK(neu->class_names.size() == 6);
  CHECK(neu->bad.empty());
  auto slm = scan_folder(data + "/slm_cnn/layers", {true, 128});
  REQUIRE(slm);
  REQUIRE(slm->files.size() == 6);
  const double z[] = {3, 3.269, 4.5, 7.199, 9.05, 13.649};
  for (int i = 0; i < 6; ++i) CHECK(*slm->files[std::size_t(i)].z_mm == Approx(z[i]));
  auto build = scan_folder(data + "/lpbf_pblm_recoating/Powder Uneven_With_Scratch", {true, 128});
  REQUIRE(build);
  REQUIRE(build->files.size() == 889);
  for (int i = 0; i < 889; ++i) CHECK(build->files[std::size_t(i)].order == i);
}
