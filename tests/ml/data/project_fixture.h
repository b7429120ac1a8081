// Temporary folders, small projects and a namespace with its own small disk for the tests of ml/data and ml/service.
#pragma once
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>
#include <string>

#include "ml/data/project.h"

namespace mp::ml::test {

class TempDir {
 public:
  TempDir() {
    std::string pattern = (std::filesystem::temp_directory_path() / "meltpool_test_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline void write_text(const std::string& path, const std::string& text) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << text;
}

inline std::string read_text(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// The value, or a failed test with the error's message.
template <class T>
T must(Result<T> result) {
  if (!result) FAIL(result.error().message());
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline NewImage whole_image(const std::string& path, const std::string& source_class = {}, int side = 10) {
  NewImage n;
  n.image.path = path;
  n.image.width_px = n.image.height_px = side;
  n.image.size_bytes = 100;
  n.image.mtime_ns = 7;
  n.regions = {{0, 0, side, side}};
  n.source_class = source_class;
  return n;
}

inline NewImage layer_image(const std::string& path, float z_mm, int cols, int rows, int patch = 8) {
  NewImage n;
  n.image.path = path;
  n.image.width_px = cols * patch;
  n.image.height_px = rows * patch;
  n.layer.emplace();
  n.layer->z_mm = z_mm;
  n.layer->cols = cols;
  n.layer->rows = rows;
  for (int y = 0; y < rows; ++y)
    for (int x = 0; x < cols; ++x) n.regions.push_back({x * patch, y * patch, patch, patch});
  return n;
}

}  // namespace mp::ml::test
