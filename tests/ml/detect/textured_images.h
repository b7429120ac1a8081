// Images whose boxes differ in their texture, written for a test. Test code only.
#pragma once
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "engine/base/hash.h"
#include "ml/data/pool.h"

namespace mp::ml::test {

/// `n` images of 160 x 120: noise at the left, stripes at the right. Removed with it.
class TexturedImages {
 public:
  explicit TexturedImages(int n) : dir_((std::filesystem::temp_directory_path() / ("mp-textured-" + std::to_string(getpid()))).string()) {
    std::filesystem::create_directories(dir_);
    pool = std::make_shared<Pool>();
    pool->roots = {dir_};
    for (int i = 0; i < n; ++i) {
      const auto name = std::to_string(i) + ".pgm";
      Rng rng(std::uint64_t(i) + 1);
      std::string text = "P5 160 120 255\n";
      for (int y = 0; y < 120; ++y)
        for (int x = 0; x < 160; ++x) text.push_back(char(x < 80 ? 40 + int(rng.unit() * 180) : (x + y * (i % 3)) / 4 % 2 ? 200 : 60));
      std::ofstream(dir_ + "/" + name, std::ios::binary) << text;
      pool->images.push_back({0, name, 160, 120});
      pool->image_of.push_back(std::uint32_t(i));
      pool->region.push_back({0, 0, 160, 120});
      pool->split.push_back(Split::pool);
      pool->layer_of.push_back(-1);
      pool->source_class.push_back(kNoClass);
    }
  }
  ~TexturedImages() { std::filesystem::remove_all(dir_); }

  std::shared_ptr<Pool> pool;
  const std::string& dir() const { return dir_; }

 private:
  std::string dir_;
};

}  // namespace mp::ml::test
