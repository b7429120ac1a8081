// Exports never take the place of an image, of other data, or lie among the source images.
#include "ml/data/output_path.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace mp::ml;
namespace fs = std::filesystem;

TEST_CASE("a text file may replace a text file, nothing else") {
  const auto dir = fs::temp_directory_path() / ("mp-output-" + std::to_string(getpid()));
  fs::create_directories(dir);
  const auto with = [&](const std::string& name, const std::string& bytes) {
    std::ofstream(dir / name, std::ios::binary) << bytes;
    return (dir / name).string();
  };
  CHECK(check_text_output((dir / "new.json").string()));
  CHECK(check_text_output(with("old.json", "{\"images\": []}")));
  CHECK(check_text_output(with("empty.csv", "")));
  CHECK(check_text_output(with("umlaut.csv", std::string(4095, 'a') + "\xc3\xbc" + "x")));   // cut in the middle of a character
  CHECK_FALSE(check_text_output(with("image.jpg", "\xff\xd8\xff\xe0")));
  CHECK_FALSE(check_text_output(with("plain.pgm", "P2 1 1 255 7")));                         // text, but an image
  CHECK_FALSE(check_text_output(with("project.sqlite", std::string("SQLite format 3\0abc", 19))));
  fs::remove_all(dir);
}

TEST_CASE("a folder of source images and all below it are not written to") {
  const auto dir = fs::temp_directory_path() / ("mp-output-" + std::to_string(getpid()));
  fs::create_directories(dir / "images" / "a");
  Pool pool;
  pool.roots = {(dir / "images").string()};
  CHECK_FALSE(check_output_folder((dir / "images").string(), pool));
  CHECK_FALSE(check_output_folder((dir / "images" / "a" / "new").string(), pool));
  CHECK_FALSE(check_output_folder((dir / "other" / ".." / "images").string(), pool));
  CHECK(check_output_folder((dir / "images-voc").string(), pool));
  CHECK(check_output_folder(dir.string(), pool));
  fs::remove_all(dir);
}
